//! What the engine does without us: the same rows into the same tables on the same disk, in a loop, with the server's own settings (WAL, FULL).

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params_from_iter, types::Value};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::rows::{OrderRows, TABLES};

/// Opens a database through the C API, as the server opens it through sqlx.
///
/// # Panics
/// It cannot be opened.
pub fn open(path: &Path) -> Connection {
    let database = Connection::open(path).expect("the database opens");
    for (name, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("foreign_keys", "ON"),
        ("cache_size", "-32000"),
        ("temp_store", "memory"),
    ] {
        database.pragma_update(None, name, value).expect("a known pragma");
    }
    database
}

/// Orders per second through SQLite's C API, `group` of them in a commit, for at most `lasting`.
///
/// # Panics
/// A row is refused.
pub fn c_api(path: &Path, orders: &[OrderRows], group: usize, lasting: Duration) -> f64 {
    let database = open(path);
    let mut inserts = TABLES.map(|(insert, _)| database.prepare(insert).expect("a good statement"));
    let began = Instant::now();
    let mut done = 0;
    for group in orders.chunks(group).take_while(|_| began.elapsed() < lasting) {
        database.execute_batch("BEGIN IMMEDIATE").expect("the only writer");
        for order in group {
            for (insert, row) in inserts.iter_mut().zip(order) {
                insert.execute(params_from_iter(row)).expect("a row");
            }
        }
        database.execute_batch("COMMIT").expect("a commit");
        done += group.len();
    }
    per_second(done, began)
}

/// The same through sqlx, a statement per row.
///
/// # Panics
/// A row is refused.
pub async fn sqlx_per_row(path: &Path, orders: &[OrderRows], group: usize, lasting: Duration) -> f64 {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-32000")
        .pragma("temp_store", "memory");
    let mut database = options.connect().await.expect("the database opens");
    let began = Instant::now();
    let mut done = 0;
    for group in orders.chunks(group).take_while(|_| began.elapsed() < lasting) {
        let mut transaction = database.begin_with("BEGIN IMMEDIATE").await.expect("the only writer");
        for order in group {
            for ((insert, _), row) in TABLES.iter().zip(order) {
                insert_row(&mut transaction, insert, row).await;
            }
        }
        transaction.commit().await.expect("a commit");
        done += group.len();
    }
    let rate = per_second(done, began);
    database.close().await.expect("it closes");
    rate
}

async fn insert_row(database: &mut SqliteConnection, insert: &'static str, row: &[Value]) {
    let mut query = sqlx::query(insert);
    for value in row {
        query = match value {
            Value::Null => query.bind(None::<&str>),
            Value::Integer(integer) => query.bind(integer),
            Value::Real(real) => query.bind(real),
            Value::Text(text) => query.bind(text),
            Value::Blob(blob) => query.bind(blob),
        };
    }
    query.execute(database).await.expect("a row");
}

/// So many since then, per second.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
pub fn per_second(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}
