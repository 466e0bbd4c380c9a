//! What SQLite can do with the rows of a registration, by itself and through sqlx: WAL, FULL, one writer.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, types::Value};
use sqlx::{
    ConnectOptions as _, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::time::Instant;

use crate::template::{self, Row};

/// Opens a database as the server does, for the C API.
///
/// # Panics
/// It cannot be opened.
pub fn open(path: &Path) -> Connection {
    let database = Connection::open(path).expect("the database opens");
    database.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    database.pragma_update(None, "synchronous", "FULL").expect("FULL");
    database
}

/// Orders per second through the C API, `group` of them per commit. `from` is the number of the first; the next free one comes back.
///
/// # Panics
/// A row is refused.
pub fn c_api(path: &Path, group: u64, lasting: Duration, from: u64) -> (f64, u64) {
    let database = open(path);
    let rows = template::read(&database);
    let began = Instant::now();
    let mut number = from;
    while began.elapsed() < lasting {
        database.execute_batch("BEGIN IMMEDIATE").expect("one writer");
        for _ in 0..group {
            for row in &rows {
                let mut insert = database.prepare_cached(&row.insert).expect("a statement");
                insert.execute(rusqlite::params_from_iter(row.values(number))).expect("a row");
            }
            number += 1;
        }
        database.execute_batch("COMMIT").expect("a commit");
    }
    (rate(number - from, began), number)
}

/// The same through sqlx, a statement per row.
///
/// # Panics
/// A row is refused.
pub async fn sqlx_per_row(path: &Path, group: u64, lasting: Duration, from: u64) -> (f64, u64) {
    let rows: Vec<Row> = template::read(&open(path));
    let options = SqliteConnectOptions::new().filename(path);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let mut database = options.connect().await.expect("the database opens");
    let began = Instant::now();
    let mut number = from;
    while began.elapsed() < lasting {
        let mut transaction = database.begin().await.expect("one writer");
        for _ in 0..group {
            for row in &rows {
                let mut insert = sqlx::query(sqlx::AssertSqlSafe(row.insert.clone()));
                for value in row.values(number) {
                    insert = match value {
                        Value::Null => insert.bind(None::<String>),
                        Value::Integer(integer) => insert.bind(integer),
                        Value::Real(real) => insert.bind(real),
                        Value::Text(text) => insert.bind(text),
                        Value::Blob(blob) => insert.bind(blob),
                    };
                }
                insert.execute(&mut *transaction).await.expect("a row");
            }
            number += 1;
        }
        transaction.commit().await.expect("a commit");
    }
    (rate(number - from, began), number)
}

/// Per second since `began`.
#[expect(clippy::cast_precision_loss, reason = "a count of a benchmark")]
pub fn rate(count: u64, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}
