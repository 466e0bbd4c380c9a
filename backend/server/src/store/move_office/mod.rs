//! Moving an office from a SQLite file to PostgreSQL: everything, in one transaction, compared row by row before it counts.

mod tables;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ColumnIndex, Connection as _, Decode, PgConnection, Row, SqliteConnection, Type};

use super::{
    connection::Connection,
    hex::hex,
    open::OpenError,
    postgres::{address::PostgresAddress, migrate, open::connect},
    search, sqlite,
};
use tables::{Kind, NUMBERED, TABLES, Table};

/// Rows of one statement.
const BATCH: usize = 500;

/// Why an office was not moved; the file is as it was, and nothing stands in PostgreSQL. Display is for the admin.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// There is no such file.
    #[error("{0} is not there: nothing to move")]
    NoFile(PathBuf),
    /// One of the two cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something is there already.
    #[error("{database} is not empty: {table} has rows. An office moves into a new database")]
    NotEmpty {
        /// The target.
        database: String,
        /// A table with rows.
        table: &'static str,
    },
    /// Reading or writing failed.
    #[error("{table}: {source}")]
    Database {
        /// At which table.
        table: &'static str,
        /// What the engine says.
        source: sqlx::Error,
    },
    /// What was read back is not what was written.
    #[error("{table}: {there} of {here} rows arrived, or some of them changed; nothing was kept")]
    Differs {
        /// At which table.
        table: &'static str,
        /// Rows in the file.
        here: u64,
        /// Rows in PostgreSQL.
        there: u64,
    },
}

/// A table that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTable {
    /// Which.
    pub name: &'static str,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 over all of them, the same on both sides.
    pub checksum: String,
}

/// One value, from either engine.
#[derive(Debug, PartialEq, Eq)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

/// Count and check sum of rows.
#[derive(Default)]
struct Sum {
    rows: u64,
    digest: Sha256,
}

impl Sum {
    fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            match value {
                Value::Text(Some(text)) => {
                    self.digest.update([1]);
                    self.digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                    self.digest.update(text);
                }
                Value::Number(Some(number)) => {
                    self.digest.update([2]);
                    self.digest.update(number.to_be_bytes());
                }
                Value::Text(None) | Value::Number(None) => self.digest.update([0]),
            }
        }
    }

    fn end(self) -> (u64, String) {
        (self.rows, hex(&self.digest.finalize()))
    }
}

/// Moves the office in `file` to the empty database `to`, which is signed in to as the owner of its tables. `server` is how servers will sign in.
/// `told` hears of every table that has arrived.
///
/// # Errors
/// See [`MoveError`].
pub async fn move_office(
    file: &Path,
    to: &PostgresAddress,
    server: &PostgresAddress,
    mut told: impl FnMut(&MovedTable),
) -> Result<(), MoveError> {
    if !File::open(file).is_ok_and(|file| file.metadata().is_ok_and(|data| data.is_file() && data.len() > 0)) {
        return Err(MoveError::NoFile(file.to_owned()));
    }
    // Also keeps a server from starting on the file meanwhile, and brings it to the newest version.
    let mut from = sqlite::open::open(file, false).await?;
    migrate(to, server).await?;
    let unreachable =
        |error: sqlx::Error| OpenError::Unreachable { database: to.to_string(), message: error.to_string() };
    let mut target = connect(to.options()).await.map_err(unreachable)?;
    let mut transaction = target.begin().await.map_err(unreachable)?;
    empty(&mut transaction, to).await?;
    for table in TABLES {
        let here = copy(table, &mut from.beside, &mut transaction).await?;
        let there = sum_of(table, &mut transaction).await?;
        if here != there {
            return Err(MoveError::Differs { table: table.name, here: here.0, there: there.0 });
        }
        told(&MovedTable { name: table.name, rows: here.0, checksum: here.1 });
    }
    finish(&mut transaction).await.map_err(|source| MoveError::Database { table: "relay_lease", source })?;
    let put = search::put_all(&mut Connection::Postgres(&mut transaction)).await;
    put.map_err(|error| OpenError::NotUsable { database: to.to_string(), message: error.to_string() })?;
    transaction.commit().await.map_err(unreachable)?;
    // Only for its plans; it also does that by itself, later.
    if let Err(error) = sqlx::raw_sql("ANALYZE").execute(&mut target).await {
        tracing::warn!(%error, "PostgreSQL was not told how much there is");
    }
    target.close().await.map_err(unreachable)?;
    Ok(())
}

/// Nothing may be there, and no server may begin to work there meanwhile.
async fn empty(target: &mut PgConnection, to: &PostgresAddress) -> Result<(), MoveError> {
    let failed = |table| move |source| MoveError::Database { table, source };
    sqlx::raw_sql("LOCK TABLE relay_lease, employees, orders IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *target)
        .await
        .map_err(failed("relay_lease"))?;
    sqlx::raw_sql("DELETE FROM relay_lease WHERE next_seq = 1")
        .execute(&mut *target)
        .await
        .map_err(failed("relay_lease"))?;
    for table in TABLES {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table.name);
        let there: bool =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *target).await.map_err(failed(table.name))?;
        if there {
            return Err(MoveError::NotEmpty { database: to.to_string(), table: table.name });
        }
    }
    Ok(())
}

/// Copies a table; count and check sum of what was read.
async fn copy(table: &Table, from: &mut SqliteConnection, to: &mut PgConnection) -> Result<(u64, String), MoveError> {
    let failed = |source| MoveError::Database { table: table.name, source };
    let (mut sum, mut batch) = (Sum::default(), Vec::with_capacity(BATCH));
    let mut rows = sqlx::query(AssertSqlSafe(table.rows_of_sqlite())).fetch(from);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let row = values(table, &row).map_err(failed)?;
        sum.add(&row);
        batch.push(row);
        if batch.len() == BATCH {
            insert(table, &mut batch, to).await.map_err(failed)?;
        }
    }
    insert(table, &mut batch, to).await.map_err(failed)?;
    Ok(sum.end())
}

async fn insert(table: &Table, batch: &mut Vec<Vec<Value>>, to: &mut PgConnection) -> Result<(), sqlx::Error> {
    let rows: Vec<serde_json::Value> = batch.drain(..).map(|row| row.into_iter().map(json).collect()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let rows = serde_json::Value::from(rows).to_string();
    sqlx::query(AssertSqlSafe(table.insert_on_postgres())).bind(rows).execute(to).await?;
    Ok(())
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.into(),
        Value::Number(number) => number.into(),
    }
}

/// Count and check sum of what arrived.
async fn sum_of(table: &Table, there: &mut PgConnection) -> Result<(u64, String), MoveError> {
    let failed = |source| MoveError::Database { table: table.name, source };
    let mut sum = Sum::default();
    let mut rows = sqlx::query(AssertSqlSafe(table.rows_of_postgres())).fetch(there);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        sum.add(&values(table, &row).map_err(failed)?);
    }
    Ok(sum.end())
}

fn values<R: Row>(table: &Table, row: &R) -> Result<Vec<Value>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    for<'r> Option<String>: Decode<'r, R::Database>,
    for<'r> Option<i64>: Decode<'r, R::Database>,
    Option<String>: Type<R::Database>,
    Option<i64>: Type<R::Database>,
{
    let value = |(place, (_, kind)): (usize, &(&str, Kind))| match kind {
        Kind::Text => row.try_get(place).map(Value::Text),
        Kind::Number | Kind::Flag => row.try_get(place).map(Value::Number),
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// Numbers go on where they ended; whoever led the relay is gone.
async fn finish(target: &mut PgConnection) -> Result<(), sqlx::Error> {
    for (table, column) in NUMBERED {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table} HAVING max({column}) IS NOT NULL"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *target).await?;
    }
    sqlx::raw_sql("UPDATE relay_lease SET until = 0").execute(target).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
