//! A connection past the store, for tests that look inside or do damage.

use postoffice_runtime::testing::TestDatabase;
use sqlx::{ConnectOptions, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{
    connection::Connection,
    error::StoreError,
    sqlite::direct::Direct,
    statement::{Query, query},
};
use crate::test_office::Place;

/// See the module.
pub(crate) struct Behind(Open);

enum Open {
    Sqlite(Direct),
    Postgres(PgConnection),
}

impl Behind {
    /// Connects; to PostgreSQL as its superuser.
    pub async fn the_back_of(place: &Place) -> Self {
        Self(match place {
            Place::Folder(folder) => Open::Sqlite(Direct::open(&folder.path().join("postoffice.db")).unwrap()),
            Place::Database(TestDatabase { superuser_url, .. }) => {
                let options: PgConnectOptions = superuser_url.parse().unwrap();
                Open::Postgres(options.connect().await.unwrap())
            }
        })
    }

    /// Lends it.
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match &mut self.0 {
            Open::Sqlite(connection) => Connection::Sqlite(connection),
            Open::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    /// Runs a statement that both engines read; texts are its parameters.
    pub async fn run(&mut self, sql: &str, texts: &[&str]) -> Result<u64, StoreError> {
        statement(sql, texts).run(&mut self.connection()).await
    }

    /// Lets go.
    pub async fn close(self) {
        match self.0 {
            Open::Sqlite(connection) => connection.close().unwrap(),
            Open::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}

fn statement(sql: &str, texts: &[&str]) -> Query {
    texts.iter().fold(query(sql.to_owned()), |statement, text| statement.bind(*text))
}
