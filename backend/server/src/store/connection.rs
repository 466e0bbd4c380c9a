//! A connection to a database, whichever engine it is, and the readers that stand beside the writer.

use std::{borrow::Cow, io, time::Duration};

use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    error::DatabaseError, pool::PoolConnection, postgres::PgArguments, sqlite::SqliteArguments,
};
use tokio::time::timeout;

use super::{
    error::StoreError,
    postgres::lent::Lent,
    row::Row,
    sqlite::direct::{Direct, is_taken},
    statement::{Query, Value},
};

/// How long PostgreSQL may be silent about a statement. Its own limit (`statement_timeout`) is shorter: who says nothing by then is gone, whether or
/// not the network said so, and the connection with it.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

/// A connection that somebody holds, lent for some statements.
pub(super) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    /// SQLite without a thread between.
    Direct(&'c mut Direct),
    Postgres(&'c mut PgConnection),
}

type OnSqlite = sqlx::query::Query<'static, Sqlite, SqliteArguments>;
type OnPostgres = sqlx::query::Query<'static, Postgres, PgArguments>;

fn on_sqlite(query: Query) -> OnSqlite {
    let statement = match query.sql.for_sqlite() {
        Cow::Borrowed(text) => sqlx::query(text),
        Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)),
    };
    query.values.into_iter().fold(statement, |statement, value| match value {
        Value::Text(text) => statement.bind(text),
        Value::Number(number) => statement.bind(number),
        Value::List(texts) => statement.bind(serde_json::Value::from(texts).to_string()),
    })
}

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
            Self::Sqlite(on) => on_sqlite(query).fetch_all(&mut **on).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Direct(on) => on.all(query)?.into_iter().map(Row::Direct).collect(),
            Self::Postgres(on) => {
                in_time(asked(query).fetch_all(&mut **on)).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(super) async fn optional(&mut self, query: Query) -> Result<Option<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(on) => on_sqlite(query).fetch_optional(&mut **on).await?.map(Row::Sqlite),
            Self::Direct(on) => on.optional(query)?.map(Row::Direct),
            Self::Postgres(on) => in_time(asked(query).fetch_optional(&mut **on)).await?.map(Row::Postgres),
        })
    }

    pub(super) async fn run(&mut self, query: Query) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(on) => on_sqlite(query).execute(&mut **on).await?.rows_affected(),
            Self::Direct(on) => on.run(query)?,
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
                on_sqlite(query).execute(&mut **on).await.map(|ran| ran.rows_affected()).map_err(of_sqlx)
            }
            Self::Direct(on) => {
                on.run(query).map_err(|error| if is_taken(&error) { StoreError::Taken(what) } else { error.into() })
            }
            Self::Postgres(on) => {
                let ran = in_time(on_postgres(query).execute(&mut **on)).await;
                ran.map(|ran| ran.rows_affected()).map_err(of_sqlx)
            }
        }
    }

    /// A word of transaction control: `COMMIT`, `SAVEPOINT …`.
    pub(super) async fn control(&mut self, word: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(on) => sqlx::query(word).execute(&mut **on).await.map(|_| ())?,
            Self::Direct(on) => on.control(word)?,
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
            Self::Sqlite(_) | Self::Direct(_) => {
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
            Self::Sqlite(_) | Self::Direct(_) => true,
            Self::Postgres(_) => false,
        }
    }
}

/// Connections that only read.
#[derive(Clone)]
pub(super) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Readers {
    /// One of them, for one statement or for statements that need not see the same state.
    ///
    /// Waiting for one is on the heap, here and below: its 4 KB of state would be part of every request, and there is mostly one free.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Reader::Sqlite(match pool.try_acquire() {
                Some(free) => free,
                None => Box::pin(pool.acquire()).await?,
            }),
            Self::Postgres(pool) => Reader::Postgres(Lent::alone(Box::pin(pool.acquire()).await?)),
        })
    }

    /// One of them, for statements that see one state of the database.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Snapshot::Sqlite(Box::pin(pool.begin()).await?),
            Self::Postgres(pool) => {
                let mut lent = Lent::in_transaction(Box::pin(pool.acquire()).await?);
                let mut connection = Connection::Postgres(lent.connection());
                connection.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Snapshot::Postgres(lent)
            }
        })
    }
}

/// See [`Readers::reader`].
pub(super) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(Lent),
}

impl Reader {
    /// Lends it.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(pooled) => Connection::Sqlite(pooled),
            Self::Postgres(lent) => Connection::Postgres(lent.connection()),
        }
    }
}

/// See [`Readers::snapshot`].
pub(super) enum Snapshot {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Lent),
}

impl Snapshot {
    /// Lends it.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(lent) => Connection::Postgres(lent.connection()),
        }
    }

    /// Ends it; gives on what was read in it.
    pub async fn end<T>(self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
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
