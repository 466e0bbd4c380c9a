//! The relay by itself: a backlog from SQL to the stream, beside the bare loop.
//!
//! One operation: one event of the outbox numbered, appended to a Redis stream and marked as published. Both work in batches of 500 with two
//! commits each, on the same rows. Ours is the server's own relay and store, in this process; it also keeps its lease, appends only where the
//! stream ends as expected, and reads every event as what it is. The bare loop is SQLite's C API and a pipeline of `XADD`.

use std::{path::Path, sync::Arc, time::Instant};

use postoffice_domain::order::{CustomerNotice, Status};
use postoffice_protocol::{messages::MessageState, stream::OUTBOX_STREAM};
use postoffice_runtime::testing::TestRedis;
use postoffice_server::{
    config::RelaySettings,
    relay::{Relay, Round},
    store::{Database, SmsRules, Store, StoreConfig},
    system::{SystemClock, SystemEntropy},
};
use postoffice_sms_sender::testing::{event, ttn};
use rusqlite::params;
use uuid::Uuid;

use crate::{
    figure::{Figure, Target, number},
    loops::{open, per_second},
    place::{self, EmptyDatabase},
};

const EVENTS: usize = 60_000;
const BATCH: usize = 500;
const ROUNDS: usize = 5;

/// Measures both in turns.
pub async fn measure() -> Vec<Figure> {
    let empty = place::empty_database().await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        ours.push(on_a_backlog(&empty, async |path, redis| relay(path, redis).await).await);
        bare.push(on_a_backlog(&empty, async |path, redis| bare_loop(path, redis).await).await);
        println!("  round {round}: ours {}, bare loop {}", number(ours[round - 1]), number(bare[round - 1]));
    }
    let figure = Figure::of_rounds("relay, a backlog of 60 000, batch 500", "events/s", ours);
    vec![figure.beside("bare loop: number, XADD, mark", &bare).holding(Target::RatioAtLeast(0.5))]
}

/// Makes a backlog, lets somebody publish it, and looks whether the stream has all of it.
async fn on_a_backlog(empty: &EmptyDatabase, publish: impl AsyncFnOnce(&Path, &TestRedis) -> f64) -> f64 {
    let path = empty.copy("relay");
    fill(&path);
    let redis = TestRedis::start().await;
    let rate = publish(&path, &redis).await;
    let length: usize =
        redis::cmd("XLEN").arg(OUTBOX_STREAM).query_async(&mut redis.connection()).await.expect("Redis answers");
    assert_eq!(length, EVENTS, "everything is in the stream, once");
    place::remove(&path);
    rate
}

fn fill(path: &Path) {
    let mut database = open(path);
    let filling = database.transaction().expect("the only writer");
    {
        let mut insert = filling
            .prepare(
                "INSERT INTO integration_events (event_id, ttn, seq, kind, payload, needs_outcome, status, created_at)
                 VALUES (?1, ?2, 1, 'registered', ?3, 1, 'in_progress', 1)",
            )
            .expect("a good statement");
        for number in 0..EVENTS {
            let mut event = event(&ttn(number), 1, Some(CustomerNotice::Accepted));
            event.status_after = Some(Status::New);
            event.sms_after = Some(MessageState::Queued);
            let payload = serde_json::to_string(&event).expect("events are JSON");
            insert.execute(params![event.event_id.to_string(), event.ttn.to_string(), payload]).expect("a row");
        }
    }
    filling.commit().expect("a commit");
}

async fn relay(path: &Path, redis: &TestRedis) -> f64 {
    let config = StoreConfig {
        database: Database::File(path.to_owned()),
        group_max: 64,
        sms: SmsRules::default(),
        beside_a_server: false,
    };
    let opening = Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy));
    let (store, writer) = opening.await.expect("the database opens");
    let writing = tokio::spawn(writer.run());
    let mut relay = Relay::new(store, redis.connection(), Uuid::from_u128(1), &RelaySettings::default());
    let began = Instant::now();
    while matches!(relay.round().await.expect("Redis and the store work"), Round::Appended | Round::More) {}
    let rate = per_second(EVENTS, began);
    drop(relay);
    writing.await.expect("the writer ends").expect("the disk works");
    rate
}

async fn bare_loop(path: &Path, redis: &TestRedis) -> f64 {
    let database = open(path);
    let mut link = redis.connection();
    let mut number_them = database
        .prepare("UPDATE integration_events SET publish_seq = rowid WHERE rowid > ?1 AND rowid <= ?1 + ?2")
        .expect("a good statement");
    let mut read = database
        .prepare(
            "SELECT publish_seq, payload FROM integration_events
             WHERE status = 'in_progress' AND publish_seq IS NOT NULL ORDER BY publish_seq",
        )
        .expect("a good statement");
    let mut mark = database
        .prepare("UPDATE integration_events SET status = 'published', published_at = 1 WHERE status = 'in_progress' AND publish_seq <= ?1")
        .expect("a good statement");
    let batch = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let began = Instant::now();
    let mut last = 0_i64;
    while number_them.execute([last, batch]).expect("a commit") > 0 {
        let mut append = redis::pipe();
        {
            let mut rows = read.query([]).expect("rows");
            while let Some(row) = rows.next().expect("a row") {
                last = row.get(0).expect("a number");
                let payload: String = row.get(1).expect("a text");
                append.cmd("XADD").arg(OUTBOX_STREAM).arg(format!("{last}-0")).arg("event").arg(payload).ignore();
            }
        }
        append.query_async::<()>(&mut link).await.expect("Redis appends");
        mark.execute([last]).expect("a commit");
    }
    per_second(EVENTS, began)
}
