//! A connection to an office's database past the server, on either engine.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, ConnectOptions, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use crate::office::known_database;

/// See the module.
pub enum Past {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Past {
    /// To the database of the office in a folder.
    pub async fn the_server_of(folder: &Path) -> Self {
        if let Some(database) = known_database(folder) {
            let options: PgConnectOptions = database.superuser_url.parse().unwrap();
            return Self::Postgres(options.connect().await.unwrap());
        }
        let options = SqliteConnectOptions::new().filename(folder.join("postoffice.db"));
        Self::Sqlite(options.connect().await.unwrap())
    }

    /// Runs a statement; how many rows it wrote.
    pub async fn run(&mut self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(to) => sqlx::query(sql).execute(to).await.unwrap().rows_affected(),
            Self::Postgres(to) => sqlx::query(sql).execute(to).await.unwrap().rows_affected(),
        }
    }

    /// The number that a statement answers with.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(to) => sqlx::query_scalar(sql).fetch_one(to).await.unwrap(),
            Self::Postgres(to) => sqlx::query_scalar(sql).fetch_one(to).await.unwrap(),
        }
    }
}
