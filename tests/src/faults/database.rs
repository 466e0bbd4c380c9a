//! The database of a world, and looking into it past the server, whichever engine it is.

use std::{path::PathBuf, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection, SqliteConnection,
    postgres::{PgConnectOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqliteRow},
};

/// What holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file, of one server.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

impl Engine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Where it is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, as its superuser signs in.
    Server(String),
}

/// A connection to it.
pub enum Connected {
    /// Of a file.
    File(SqliteConnection),
    /// Of PostgreSQL.
    Server(PgConnection),
}

/// A row of either.
pub trait Read: Send + Unpin + for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> {}
impl<T: Send + Unpin + for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow>> Read for T {}

impl Database {
    /// Connects to it.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn open(&self) -> Result<Connected, sqlx::Error> {
        Ok(match self {
            Self::File(path) => {
                let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(20));
                Connected::File(options.connect().await?)
            }
            Self::Server(url) => Connected::Server(url.parse::<PgConnectOptions>()?.connect().await?),
        })
    }
}

impl Connected {
    /// All rows of one statement, as each engine reads it.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn ask<T: Read>(&mut self, [sqlite, postgres]: [&'static str; 2]) -> Result<Vec<T>, sqlx::Error> {
        match self {
            Self::File(file) => sqlx::query_as(sqlite).fetch_all(file).await,
            Self::Server(server) => sqlx::query_as(postgres).fetch_all(server).await,
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// It broke before.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::File(file) => file.close().await,
            Self::Server(server) => server.close().await,
        }
    }
}
