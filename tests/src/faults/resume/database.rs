//! Looking into the database past the server, whichever engine it is.

use std::{path::PathBuf, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

const PUBLISHED: &str =
    "SELECT count(*) FILTER (WHERE publish_seq IS NULL), coalesce(max(publish_seq), 0) FROM integration_events";
const ORDERS: &str = "SELECT description, ttn FROM orders WHERE description LIKE 'Кераміка, крихке %'";
const MOVES_ON_SQLITE: &str =
    "SELECT ttn, fact ->> '$.event.to.street' FROM order_events WHERE fact ->> '$.event.type' = 'location_changed'";
const MOVES_ON_POSTGRES: &str = "SELECT ttn, fact::jsonb #>> '{event,to,street}' FROM order_events
     WHERE fact::jsonb #>> '{event,type}' = 'location_changed'";

/// Where it is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, as its superuser signs in.
    Server(String),
}

enum Connected {
    File(SqliteConnection),
    Server(PgConnection),
}

/// One statement, as each engine reads it.
async fn ask<T>(connected: &mut Connected, [sqlite, postgres]: [&'static str; 2]) -> Result<Vec<T>, sqlx::Error>
where
    T: Send
        + Unpin
        + for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    match connected {
        Connected::File(file) => sqlx::query_as(sqlite).fetch_all(file).await,
        Connected::Server(server) => sqlx::query_as(postgres).fetch_all(server).await,
    }
}

/// What an office wrote down about the commands of a shift.
pub struct Written {
    /// The last publish number.
    pub last: u64,
    /// Orders: number in the description, TTN.
    pub orders: Vec<(u32, String)>,
    /// Changes of place: TTN, number of the street.
    pub moves: Vec<(String, u32)>,
}

impl Database {
    async fn open(&self) -> Result<Connected, sqlx::Error> {
        Ok(match self {
            Self::File(path) => {
                let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(20));
                Connected::File(options.connect().await?)
            }
            Self::Server(url) => Connected::Server(url.parse::<PgConnectOptions>()?.connect().await?),
        })
    }

    /// Events that have no number yet, and the last number.
    pub async fn published(&self) -> (i64, u64) {
        let asked = async {
            let mut connected = self.open().await?;
            let numbers: Vec<(i64, i64)> = ask(&mut connected, [PUBLISHED; 2]).await?;
            connected.close().await?;
            numbers.first().copied().ok_or(sqlx::Error::RowNotFound)
        };
        // A database that cannot be read now is not quiet.
        let (unpublished, last) = asked.await.unwrap_or((1, 0));
        (unpublished, u64::try_from(last).unwrap_or(0))
    }

    /// Everything that the judge wants to know.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn written(&self) -> Result<Written, sqlx::Error> {
        let mut connected = self.open().await?;
        let numbers: Vec<(i64, i64)> = ask(&mut connected, [PUBLISHED; 2]).await?;
        let orders: Vec<(String, String)> = ask(&mut connected, [ORDERS; 2]).await?;
        let moves: Vec<(String, String)> = ask(&mut connected, [MOVES_ON_SQLITE, MOVES_ON_POSTGRES]).await?;
        connected.close().await?;
        let number = |text: &str| text.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
        Ok(Written {
            last: numbers.first().and_then(|(_, last)| u64::try_from(*last).ok()).unwrap_or(0),
            orders: orders.into_iter().map(|(text, ttn)| (number(&text), ttn)).collect(),
            moves: moves.into_iter().map(|(ttn, street)| (ttn, number(&street))).collect(),
        })
    }
}

impl Connected {
    async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::File(file) => file.close().await,
            Self::Server(server) => server.close().await,
        }
    }
}
