//! A connection past the store, for tests that look inside or do damage.

use postoffice_runtime::testing::TestDatabase;
use sqlx::{
    ConnectOptions, Connection as _, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use super::{
    connection::Connection,
    error::StoreError,
    statement::{Query, query},
};
use crate::test_office::Place;

/// See the module.
pub(crate) enum Behind {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Behind {
    /// Connects; to PostgreSQL as its superuser.
    pub async fn the_back_of(place: &Place) -> Self {
        match place {
            Place::Folder(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join("postoffice.db"));
                Self::Sqlite(options.connect().await.unwrap())
            }
            Place::Database(TestDatabase { superuser_url, .. }) => {
                let options: PgConnectOptions = superuser_url.parse().unwrap();
                Self::Postgres(options.connect().await.unwrap())
            }
        }
    }

    /// Lends it.
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    /// Runs a statement that both engines read; texts are its parameters.
    pub async fn run(&mut self, sql: &str, texts: &[&str]) -> Result<u64, StoreError> {
        statement(sql, texts).run(&mut self.connection()).await
    }

    /// Lets go.
    pub async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}

fn statement(sql: &str, texts: &[&str]) -> Query {
    texts.iter().fold(query(sql.to_owned()), |statement, text| statement.bind(*text))
}
