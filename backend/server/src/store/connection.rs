//! A connection to a database, whichever engine it is, and the readers that stand beside the writer.

use std::{borrow::Cow, io, time::Duration};

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, error::DatabaseError, postgres::PgArguments};
use tokio::time::timeout;

use super::{
    error::{StoreError, unexpected},
    postgres,
    row::Row,
    sqlite::{
        self,
        direct::{Direct, is_taken},
    },
    statement::{Query, Value},
};

/// How long PostgreSQL may be silent about a statement. Its own limit (`statement_timeout`) is shorter: who says nothing by then is gone, whether or
/// not the network said so, and the connection with it.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

/// A connection that somebody holds, lent for some statements.
pub(super) enum Connection<'c> {
    Sqlite(&'c mut Direct),
    /// One of SQLite that only reads, in its thread.
    Reading(&'c mut sqlite::readers::Lent),
    Postgres(&'c mut PgConnection),
}

type OnPostgres = sqlx::query::Query<'static, Postgres, PgArguments>;

fn on_postgres(query: Query) -> OnPostgres {
    let statement = match query.sql.for_postgres() {
        Cow::Borrowed(text) => sqlx::query(text),
        Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)),
    };
    query.values.into_iter().fold(statement, |statement, value| match value {
        Value::Text(text) => statement.bind(text),
        Value::Number(number) => statement.bind(number),
        Value::List(texts) => statement.bind(texts),
    })
}

/// A question as PostgreSQL can be asked it. Its texts have no NUL, so a text with one is nowhere: it becomes another character that is in no text.
fn asked(mut query: Query) -> OnPostgres {
    for value in &mut query.values {
        if let Value::Text(Some(text)) = value
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{ffff}");
        }
    }
    on_postgres(query)
}

/// Waits for an answer of PostgreSQL, not without end.
async fn in_time<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let gone = |_| Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")));
    timeout(ANSWER_WITHIN, answer).await.unwrap_or_else(gone)
}

impl Connection<'_> {
    pub(super) async fn all(&mut self, query: Query) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(on) => on.all(query)?.into_iter().map(Row::Sqlite).collect(),
            Self::Reading(on) => on.ask(|on| on.all(query)).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Postgres(on) => {
                in_time(asked(query).fetch_all(&mut **on)).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(super) async fn optional(&mut self, query: Query) -> Result<Option<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(on) => on.optional(query)?.map(Row::Sqlite),
            Self::Reading(on) => on.ask(|on| on.optional(query)).await?.map(Row::Sqlite),
            Self::Postgres(on) => in_time(asked(query).fetch_optional(&mut **on)).await?.map(Row::Postgres),
        })
    }

    pub(super) async fn run(&mut self, query: Query) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(on) => on.run(query)?,
            Self::Reading(_) => return Err(unexpected("write by a reader")),
            Self::Postgres(on) => in_time(on_postgres(query).execute(&mut **on)).await?.rows_affected(),
        })
    }

    /// As [`Self::run`]; `what` is taken when the statement would write a unique value that is there.
    pub(super) async fn run_unless_taken(&mut self, query: Query, what: &'static str) -> Result<u64, StoreError> {
        let of_sqlx = |error: sqlx::Error| {
            let taken = error.as_database_error().is_some_and(DatabaseError::is_unique_violation);
            if taken { StoreError::Taken(what) } else { error.into() }
        };
        match self {
            Self::Sqlite(on) => {
                on.run(query).map_err(|error| if is_taken(&error) { StoreError::Taken(what) } else { error.into() })
            }
            Self::Reading(_) => Err(unexpected("write by a reader")),
            Self::Postgres(on) => {
                let ran = in_time(on_postgres(query).execute(&mut **on)).await;
                ran.map(|ran| ran.rows_affected()).map_err(of_sqlx)
            }
        }
    }

    /// A word of transaction control: `COMMIT`, `SAVEPOINT …`.
    pub(super) async fn control(&mut self, word: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(on) => on.control(word)?,
            Self::Reading(on) => on.ask(|on| on.control(word)).await?,
            Self::Postgres(on) => in_time(sqlx::raw_sql(word).execute(&mut **on)).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Releases the savepoint `step` and makes it anew, in one round trip.
    pub(super) async fn next_savepoint(&mut self) -> Result<(), StoreError> {
        if self.is_sqlite() {
            self.control("RELEASE step").await?;
            return self.control("SAVEPOINT step").await;
        }
        self.control("RELEASE step; SAVEPOINT step").await
    }

    /// Undoes everything that the transaction has written, and goes on with it.
    pub(super) async fn begin_anew(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) | Self::Reading(_) => {
                self.control("ROLLBACK").await?;
                self.control("BEGIN IMMEDIATE").await
            }
            // What stands before the savepoint says which group this is; it stays.
            Self::Postgres(_) => self.control("ROLLBACK TO SAVEPOINT begun").await,
        }
    }

    /// True when a statement that is refused leaves the transaction as it was. PostgreSQL gives the transaction up, back to a savepoint.
    pub(super) const fn survives_refusals(&self) -> bool {
        self.is_sqlite()
    }

    /// Which engine it is.
    pub(super) const fn is_sqlite(&self) -> bool {
        match self {
            Self::Sqlite(_) | Self::Reading(_) => true,
            Self::Postgres(_) => false,
        }
    }
}

/// Connections that only read.
#[derive(Clone)]
pub(super) enum Readers {
    Sqlite(sqlite::readers::Readers),
    Postgres(PgPool),
}

impl Readers {
    /// One of them, for one statement or for statements that need not see the same state.
    ///
    /// Waiting for one of PostgreSQL is on the heap, here and below: its 4 KB of state would be part of every request, and there is mostly one free.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(readers) => Reader::Sqlite(readers.lend().await?),
            Self::Postgres(pool) => Reader::Postgres(postgres::lent::Lent::alone(Box::pin(pool.acquire()).await?)),
        })
    }

    /// One of them, for statements that see one state of the database.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match self {
            Self::Sqlite(readers) => {
                let mut lent = readers.lend().await?;
                lent.begin();
                Ok(Snapshot::Sqlite(lent))
            }
            Self::Postgres(pool) => {
                let mut lent = postgres::lent::Lent::in_transaction(Box::pin(pool.acquire()).await?);
                let mut connection = Connection::Postgres(lent.connection());
                connection.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Ok(Snapshot::Postgres(lent))
            }
        }
    }
}

/// See [`Readers::reader`].
pub(super) enum Reader {
    Sqlite(sqlite::readers::Lent),
    Postgres(postgres::lent::Lent),
}

impl Reader {
    /// Lends it.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(lent) => Connection::Reading(lent),
            Self::Postgres(lent) => Connection::Postgres(lent.connection()),
        }
    }
}

/// See [`Readers::snapshot`].
pub(super) enum Snapshot {
    Sqlite(sqlite::readers::Lent),
    Postgres(postgres::lent::Lent),
}

impl Snapshot {
    /// Lends it.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(lent) => Connection::Reading(lent),
            Self::Postgres(lent) => Connection::Postgres(lent.connection()),
        }
    }

    /// Ends it; gives on what was read in it.
    pub async fn end<T>(self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            // Nobody need wait for it: it ends when it goes back.
            Self::Sqlite(_) => {}
            // It is not spoken to again.
            Self::Postgres(_) if matches!(read, Err(StoreError::Lost(_))) => {}
            Self::Postgres(mut lent) => {
                Connection::Postgres(lent.connection()).control("COMMIT").await?;
                lent.ended();
            }
        }
        read
    }
}
