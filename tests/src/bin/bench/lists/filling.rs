//! Millions of orders into a database, past the server: without indexes and triggers, which are made afterwards.

use std::path::Path;

use postoffice_runtime::testing::{TestDatabase, TestPostgres};
use rusqlite::params_from_iter;
use sqlx::{ConnectOptions, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::history::{self, COLUMNS};
use crate::loops;

/// Lines of one message of `COPY`.
const CHUNK: u64 = 2_000;

/// What the migration wrote about the orders that it found, for orders that came past the triggers.
const COUNT: &str = "INSERT INTO order_counts (branch, status, LANE orders, problems, sms_waiting)
    SELECT branch, status, ZERO count(*), count(*) FILTER (WHERE sms_state IN (3, 4) AND NOT sms_told AND status < 3),
           count(*) FILTER (WHERE sms_state = 0)
    FROM orders HINT WHERE deleted_at IS NULL GROUP BY branch, status";

/// Says how far it is, once for a million.
fn tell(number: u64) {
    if number > 0 && number.is_multiple_of(1_000_000) {
        println!("    {number} orders");
    }
}

/// Fills the tables of a SQLite file; no server is on it.
///
/// # Panics
/// They cannot be filled.
pub fn sqlite(path: &Path, total: u64) {
    let database = loops::open(path);
    // Nothing of this must survive a power cut.
    database.pragma_update(None, "synchronous", "OFF").expect("a known pragma");
    database.pragma_update(None, "journal_mode", "OFF").expect("a known pragma");
    database.pragma_update(None, "cache_size", "-1000000").expect("a known pragma");
    let parts: Vec<(String, String, String)> = database
        .prepare("SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'orders' AND type IN ('index', 'trigger') AND sql IS NOT NULL")
        .expect("a good statement")
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("it can be read")
        .collect::<Result<_, _>>()
        .expect("it can be read");
    for (kind, name, _) in &parts {
        database.execute_batch(&format!("DROP {kind} {name}")).expect("it is there");
    }
    database.execute_batch("BEGIN").expect("the only writer");
    let mut insert = database
        .prepare(&format!("INSERT INTO orders ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        .expect("a good statement");
    for number in 0..total {
        tell(number);
        insert.execute(params_from_iter(history::row(number, total).values())).expect("a row");
    }
    drop(insert);
    database.execute_batch("COMMIT").expect("a commit");
    for (_, _, sql) in &parts {
        database.execute_batch(sql).expect("it was there before");
    }
    // In the order of an index it would look up ten million rows one by one.
    database
        .execute_batch(&COUNT.replace("LANE", "").replace("ZERO", "").replace("HINT", "NOT INDEXED"))
        .expect("they can be counted");
    database.pragma_update(None, "journal_mode", "WAL").expect("a known pragma");
}

/// Fills the tables of a PostgreSQL database; what comes back is to be given to [`settle`] when the search has its terms.
///
/// # Panics
/// They cannot be filled.
pub async fn postgres(cluster: &TestPostgres, database: &TestDatabase, total: u64) -> Indexes {
    let name = database.url.rsplit('/').next().expect("an address with a database");
    let options: PgConnectOptions = database.superuser_url.parse().expect("an address");
    let mut connection = options.connect().await.expect("it is there");
    let of_orders = take_indexes(cluster, name, &mut connection, "orders").await;
    // What is sorted into GIN order by order takes many times as long as all of it at once.
    let of_search = take_indexes(cluster, name, &mut connection, "orders_search").await;
    cluster.tell(name, "ALTER TABLE orders DISABLE TRIGGER USER");
    copy(&mut connection, total).await;
    connection.close().await.expect("it closes");
    of_orders.make(cluster, name);
    cluster.tell(name, "ALTER TABLE orders ENABLE TRIGGER USER");
    cluster.tell(name, &COUNT.replace("LANE", "lane,").replace("ZERO", "0,").replace("HINT", ""));
    // Without it every batch that is put into the index of the search sorts all orders.
    cluster.tell(name, "VACUUM (ANALYZE) orders");
    of_search
}

/// How indexes are made that are not there now.
pub struct Indexes(Vec<String>);

impl Indexes {
    fn make(&self, cluster: &TestPostgres, name: &str) {
        for index in &self.0 {
            cluster.tell(name, &format!("SET maintenance_work_mem = '1GB'; {index}"));
        }
    }
}

/// Drops the indexes of a table that no constraint needs.
async fn take_indexes(cluster: &TestPostgres, name: &str, connection: &mut PgConnection, table: &str) -> Indexes {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1
         AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)",
    )
    .bind(table.to_owned())
    .fetch_all(connection)
    .await
    .expect("it can be read");
    for (index, _) in &found {
        cluster.tell(name, &format!("DROP INDEX {index}"));
    }
    Indexes(found.into_iter().map(|(_, made)| made).collect())
}

/// Makes the indexes that are left, and does what the autovacuum does in the night.
///
/// # Panics
/// It cannot.
pub fn settle(cluster: &TestPostgres, database: &TestDatabase, left: &Indexes) {
    let name = database.url.rsplit('/').next().expect("an address with a database");
    left.make(cluster, name);
    for table in ["orders", "order_counts", "orders_search"] {
        cluster.tell(name, &format!("VACUUM (ANALYZE) {table}"));
    }
    cluster.tell(name, "CHECKPOINT");
}

async fn copy(connection: &mut PgConnection, total: u64) {
    let mut sink = connection.copy_in_raw(&format!("COPY orders ({COLUMNS}) FROM STDIN")).await.expect("it begins");
    let mut number = 0;
    while number < total {
        let mut lines = String::new();
        for number in number..total.min(number + CHUNK) {
            lines.push_str(&history::row(number, total).values().join("\t"));
            lines.push('\n');
        }
        tell(number);
        sink.send(lines.into_bytes()).await.expect("it is taken");
        number += CHUNK;
    }
    sink.finish().await.expect("all of it");
}
