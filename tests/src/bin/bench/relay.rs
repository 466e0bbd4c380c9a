//! The relay: events per second from SQL to the stream, beside the bare loop (read a batch, append it, mark it).

use std::{path::Path, time::Duration};

use postoffice_runtime::testing::TestRedis;
use postoffice_tests::office::Office;
use rusqlite::Connection;
use tokio::time::Instant;

use crate::{
    limits::{open, rate},
    report::{Figure, Report, median},
    template,
};

const EVENTS: u64 = 30_000;
const BATCH: usize = 500;
const ROUNDS: usize = 3;

/// Measures a backlog that waits when the server starts.
pub async fn measure(report: &mut Report) {
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut office = Office::start(2).await;
        office.stop_server();
        fill(&office.database());
        limit.push(bare_loop(&office.database()).await);
        ours.push(publish(&mut office).await);
    }
    let (ours, limit) = (median(ours), median(limit));
    let mut figure = Figure::new("relay, backlog of 30 000, batch 500", "1/s", ours, ROUNDS)
        .target("≥ 0.5 × limit (read, append, mark)", ours >= 0.5 * limit);
    figure.limit = Some(limit);
    report.add(figure);
}

fn fill(path: &Path) {
    let database = open(path);
    let rows = template::read(&database);
    database.execute_batch("BEGIN").expect("one writer");
    for number in 0..EVENTS {
        for row in &rows {
            let mut insert = database.prepare_cached(&row.insert).expect("a statement");
            insert.execute(rusqlite::params_from_iter(row.values(number))).expect("a row");
        }
    }
    database.execute_batch("COMMIT").expect("a commit");
}

/// The server's own relay, from its first mark to its last.
async fn publish(office: &mut Office) -> f64 {
    let database = Connection::open(office.database()).expect("the database opens");
    let waiting = || {
        let select = "SELECT count(*) FROM integration_events WHERE status = 'in_progress'";
        let count: i64 = database.query_row(select, [], |row| row.get(0)).expect("a count");
        count.unsigned_abs()
    };
    let all = waiting();
    office.spawn_server();
    let pause = Duration::from_millis(2);
    while waiting() == all {
        tokio::time::sleep(pause).await;
    }
    let (began, first) = (Instant::now(), waiting());
    while waiting() > 0 {
        tokio::time::sleep(pause).await;
    }
    rate(first, began)
}

/// What must be done at least: read a batch, append it in one pipeline, mark it in one commit. Leaves the rows as they were.
async fn bare_loop(path: &Path) -> f64 {
    let database = open(path);
    let redis = TestRedis::start().await;
    let mut link = redis.connection();
    let mut last = String::new();
    let began = Instant::now();
    let mut done = 0_u64;
    loop {
        let batch: Vec<(String, String)> = {
            let next = "SELECT event_id, payload FROM integration_events
                        WHERE status = 'in_progress' AND event_id > ?1 ORDER BY event_id LIMIT ?2";
            let mut next = database.prepare_cached(next).expect("a statement");
            let rows = next.query_map(rusqlite::params![last, i64::try_from(BATCH).unwrap_or(i64::MAX)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            });
            rows.expect("rows").map(|row| row.expect("a row")).collect()
        };
        let Some((end, _)) = batch.last().cloned() else { break };
        let mut append = redis::pipe();
        for (_, payload) in &batch {
            append.cmd("XADD").arg("bare").arg("*").arg("event").arg(payload).ignore();
        }
        append.query_async::<()>(&mut link).await.expect("Redis appends");
        let mark = "UPDATE integration_events SET attempts = attempts + 1 WHERE event_id > ?1 AND event_id <= ?2";
        database.execute(mark, rusqlite::params![last, end]).expect("a mark");
        done += batch.len() as u64;
        last = end;
    }
    rate(done, began)
}
