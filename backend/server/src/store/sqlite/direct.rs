//! SQLite in the thread that asks.
//!
//! sqlx has a thread for every connection and hands each statement over to it and its rows back, one by one. A group is a dozen statements of some hundred
//! microseconds in all, a search reads two hundred rows, and each hand-over waits until somebody wakes (docs/BENCHMARKS.md). So the thread that
//! writes (ADR 0012) and those that read (ADR 0014) speak to SQLite themselves.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{
    CachedStatement, Connection, OpenFlags, Rows,
    ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE},
    types::ValueRef,
};

use crate::store::{
    error::{StoreError, unexpected},
    statement::{Query, Value},
};

/// More than there are different statements, but for searches.
const STATEMENTS: usize = 256;

/// A connection.
pub(in crate::store) struct Direct(Connection);

/// A value as SQLite gave it.
enum Cell {
    Missing,
    Number(i64),
    Text(String),
    /// Bytes, a fraction, text that is not UTF-8: nothing that we write.
    Foreign,
}

/// A row that was read.
pub(in crate::store) struct Fetched {
    names: Arc<[String]>,
    cells: Vec<Cell>,
}

impl Direct {
    /// Opens a database that is there, migrated and in WAL mode.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        // As those of sqlx: see `super::open`.
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = memory;",
        )?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self(connection))
    }

    /// Opens it for somebody who only reads.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch("PRAGMA cache_size = -32000; PRAGMA temp_store = memory;")?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self(connection))
    }

    /// Every row of an answer.
    pub fn all(&self, query: Query) -> Result<Vec<Fetched>, StoreError> {
        self.fetch(query, usize::MAX)
    }

    /// The first row, if there is one.
    pub fn optional(&self, query: Query) -> Result<Option<Fetched>, StoreError> {
        Ok(self.fetch(query, 1)?.pop())
    }

    /// Runs a statement; how many rows it wrote.
    pub fn run(&self, query: Query) -> Result<u64, rusqlite::Error> {
        let mut statement = self.bound(query)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(self.0.changes())
    }

    /// A word of transaction control.
    pub fn control(&self, word: &str) -> Result<(), StoreError> {
        Ok(self.0.prepare_cached(word)?.raw_execute().map(|_| ())?)
    }

    /// Whether a transaction is open.
    pub(super) fn is_in_transaction(&self) -> bool {
        !self.0.is_autocommit()
    }

    /// Closes it.
    ///
    /// # Errors
    /// It was not closed cleanly.
    pub fn close(self) -> Result<(), StoreError> {
        self.0.close().map_err(|(_, error)| error.into())
    }

    fn bound(&self, query: Query) -> Result<CachedStatement<'_>, rusqlite::Error> {
        let mut statement = self.0.prepare_cached(&query.sql.for_sqlite())?;
        for place in 1..=statement.parameter_count() {
            // SQLite counts `$2` by where it stands first, not by its number.
            let name = statement.parameter_name(place).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
            let value = name.and_then(|number| query.values.get(number.checked_sub(1)?));
            match value {
                Some(Value::Text(text)) => statement.raw_bind_parameter(place, text)?,
                Some(Value::Number(number)) => statement.raw_bind_parameter(place, number)?,
                Some(Value::List(texts)) => {
                    statement.raw_bind_parameter(place, serde_json::Value::from(texts.as_slice()).to_string())?;
                }
                None => return Err(rusqlite::Error::InvalidParameterCount(query.values.len(), place)),
            }
        }
        Ok(statement)
    }

    fn fetch(&self, query: Query, most: usize) -> Result<Vec<Fetched>, StoreError> {
        let mut statement = self.bound(query)?;
        let names: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = statement.raw_query();
        let mut fetched = Vec::new();
        while fetched.len() < most
            && let Some(cells) = next(&mut rows, names.len())?
        {
            fetched.push(Fetched { names: Arc::clone(&names), cells });
        }
        Ok(fetched)
    }
}

/// Whether a statement was refused because of a unique value that is there.
pub(in crate::store) fn is_taken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|refused| refused.extended_code);
    code.is_some_and(|code| [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY].contains(&code))
}

fn next(rows: &mut Rows<'_>, columns: usize) -> Result<Option<Vec<Cell>>, rusqlite::Error> {
    let Some(row) = rows.next()? else { return Ok(None) };
    let cell = |column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Null => Cell::Missing,
            ValueRef::Integer(number) => Cell::Number(number),
            ValueRef::Text(bytes) => str::from_utf8(bytes).map_or(Cell::Foreign, |text| Cell::Text(text.to_owned())),
            ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Foreign,
        })
    };
    (0..columns).map(cell).collect::<Result<_, _>>().map(Some)
}

impl Fetched {
    /// The place of a column with this name.
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column == name)
    }

    /// Text.
    pub fn text(&self, place: Option<usize>) -> Result<&str, StoreError> {
        self.maybe_text(place)?.ok_or_else(|| unexpected("missing text"))
    }

    /// Text that may be missing.
    pub fn maybe_text(&self, place: Option<usize>) -> Result<Option<&str>, StoreError> {
        match self.cell(place)? {
            Cell::Missing => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Number(_) | Cell::Foreign => Err(unexpected("value where text should be")),
        }
    }

    /// A number.
    pub fn number(&self, place: Option<usize>) -> Result<i64, StoreError> {
        self.maybe_number(place)?.ok_or_else(|| unexpected("missing number"))
    }

    /// A number that may be missing.
    pub fn maybe_number(&self, place: Option<usize>) -> Result<Option<i64>, StoreError> {
        match self.cell(place)? {
            Cell::Missing => Ok(None),
            Cell::Number(number) => Ok(Some(*number)),
            Cell::Text(_) | Cell::Foreign => Err(unexpected("value where a number should be")),
        }
    }

    /// Yes or no.
    pub fn flag(&self, place: Option<usize>) -> Result<bool, StoreError> {
        self.number(place).map(|flag| flag != 0)
    }

    fn cell(&self, place: Option<usize>) -> Result<&Cell, StoreError> {
        place.and_then(|place| self.cells.get(place)).ok_or_else(|| unexpected("row without a column"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::statement::query;

    fn opened() -> (tempfile::TempDir, Direct) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)").unwrap();
        let direct = Direct::open(&path).unwrap();
        (folder, direct)
    }

    #[test]
    fn parameters_go_by_their_number_wherever_they_stand() {
        let (_folder, direct) = opened();
        let row = direct.optional(query("SELECT $2 AS two, $1 AS one, $2 || $1").bind("a").bind("b")).unwrap().unwrap();
        assert_eq!(row.text(row.place_of("one")).unwrap(), "a");
        assert_eq!(row.text(row.place_of("two")).unwrap(), "b");
        assert_eq!(row.text(Some(2)).unwrap(), "ba");
        assert!(matches!(row.text(row.place_of("three")), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn a_parameter_without_a_value_is_not_null() {
        let (_folder, direct) = opened();
        assert!(direct.all(query("SELECT $1, $2").bind(1_i64)).is_err());
    }

    #[test]
    fn a_key_that_is_there_is_known_from_other_refusals() {
        let (_folder, direct) = opened();
        let put = |key: i64| query("INSERT INTO t (a, b) VALUES ($1, 'x')").bind(key);
        assert_eq!(direct.run(put(1)).unwrap(), 1);
        assert!(is_taken(&direct.run(put(1)).unwrap_err()));
        assert!(!is_taken(&direct.run(query("INSERT INTO nowhere VALUES (1)")).unwrap_err()));
    }

    #[test]
    fn what_we_cannot_have_written_is_an_error_of_its_row_alone() {
        let (_folder, direct) = opened();
        let rows =
            direct.all(query("SELECT CAST(x'ff' AS TEXT) AS text, 1.5 AS number UNION ALL SELECT 'a', 1")).unwrap();
        assert!(rows[0].text(Some(0)).is_err() && rows[0].number(Some(1)).is_err());
        assert_eq!((rows[1].text(Some(0)).unwrap(), rows[1].number(Some(1)).unwrap()), ("a", 1));
        assert!(rows[1].number(Some(0)).is_err() && rows[1].text(Some(1)).is_err());
    }

    #[test]
    fn a_statement_with_rows_can_be_run_and_writes_once() {
        let (_folder, direct) = opened();
        assert_eq!(direct.run(query("INSERT INTO t (b) VALUES ('x'), ('y') RETURNING a")).unwrap(), 2);
        let row = direct.optional(query("UPDATE t SET b = 'z' RETURNING a")).unwrap();
        assert!(row.is_some());
        let changed = direct.all(query("SELECT a FROM t WHERE b = 'z'")).unwrap();
        assert_eq!(changed.len(), 2, "all of it, although only the first row was wanted");
    }
}
