//! What the database saw, in the order of its commits: triggers write it down in the transaction in which it happens.

use std::path::Path;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::session::SessionId;
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

/// One thing that the database saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The order.
    pub ttn: Ttn,
    /// What.
    pub what: What,
}

/// What the database saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The token or its session changed.
    Stamped {
        /// The token before.
        before: u64,
        /// The token.
        fence: u64,
        /// Whose it is; nobody's after a save.
        session: Option<SessionId>,
        /// In the same statement the place changed: the lines of [`What::Moved`] that follow belong to it.
        moved: bool,
    },
    /// A change of place stands on the timeline.
    Moved {
        /// Where to; every attempt has a street of its own.
        street: String,
    },
}

/// Begins to watch.
///
/// # Panics
/// The database cannot be opened.
pub async fn watch(database: &Path) {
    let mut database = open(database).await;
    let watch = "CREATE TABLE seen (
            number INTEGER PRIMARY KEY, ttn TEXT NOT NULL, fence_before INTEGER, fence INTEGER, session TEXT, moved INTEGER, street TEXT
        ) STRICT;
        CREATE TRIGGER seen_stamp AFTER UPDATE ON orders
            WHEN new.fence IS NOT old.fence OR new.fence_session IS NOT old.fence_session OR new.street IS NOT old.street
            BEGIN INSERT INTO seen (ttn, fence_before, fence, session, moved)
                VALUES (new.ttn, old.fence, new.fence, new.fence_session, new.street IS NOT old.street); END;
        CREATE TRIGGER seen_move AFTER INSERT ON order_events WHEN new.fact ->> '$.event.type' = 'location_changed'
            BEGIN INSERT INTO seen (ttn, street) VALUES (new.ttn, new.fact ->> '$.event.to.street'); END;";
    sqlx::raw_sql(watch).execute(&mut database).await.expect("the database can be watched");
    database.close().await.expect("the database closes");
}

/// Everything seen so far, in the order of commits.
///
/// # Panics
/// The database cannot be read.
pub async fn seen(database: &Path) -> Vec<Seen> {
    let mut database = open(database).await;
    let rows = sqlx::query("SELECT ttn, fence_before, fence, session, moved, street FROM seen ORDER BY number");
    let rows = rows.fetch_all(&mut database).await.expect("what was seen can be read");
    rows.iter()
        .map(|row| {
            let number = |name| u64::try_from(row.get::<i64, _>(name)).unwrap_or(0);
            let what = match row.get::<Option<String>, _>("street") {
                Some(street) => What::Moved { street },
                None => What::Stamped {
                    before: number("fence_before"),
                    fence: number("fence"),
                    session: row
                        .get::<Option<&str>, _>("session")
                        .map(|text| SessionId(text.parse::<Uuid>().expect("a session id"))),
                    moved: row.get("moved"),
                },
            };
            Seen { ttn: Ttn::parse(row.get("ttn")).expect("a TTN"), what }
        })
        .collect()
}

/// The place of an order as it stands.
///
/// # Panics
/// The database cannot be read.
pub async fn street(database: &Path, ttn: &Ttn) -> String {
    let mut database = open(database).await;
    let street = sqlx::query_scalar("SELECT street FROM orders WHERE ttn = ?1").bind(ttn.to_string());
    street.fetch_one(&mut database).await.expect("the order is there")
}

async fn open(database: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database).busy_timeout(std::time::Duration::from_secs(20));
    SqliteConnection::connect_with(&options).await.expect("the database opens")
}
