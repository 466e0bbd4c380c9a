//! A sender in this process, and a stream filled for it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use postoffice_domain::order::CustomerNotice;
use postoffice_protocol::stream::{EVENT_FIELD, OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, outcome_lines};
use postoffice_runtime::{lifecycle::Lifecycle, redis_link::RedisConnection, testing::TestRedis};
use postoffice_sms_sender::{
    config::Config,
    gateway::Gateway,
    start::{Listeners, StartError, start_with},
    system::Sources,
    testing::{event, ttn},
};
use redis::{
    AsyncCommands, RedisResult,
    streams::{StreamId, StreamInfoGroup, StreamInfoGroupsReply, StreamRangeReply},
};
use tokio::time::sleep;

/// Entries of one pipeline.
pub const BATCH: usize = 500;

const LOOK_EVERY: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_mins(2);

/// Events of different orders, each with one SMS, as they stand in the stream.
pub fn events(count: usize) -> Vec<String> {
    let each = |number| {
        let event = event(&ttn(number), 1, Some(CustomerNotice::Accepted));
        serde_json::to_string(&event).expect("events are JSON")
    };
    (0..count).map(each).collect()
}

/// Appends events after number `last`, in one pipeline.
pub async fn append(redis: &mut RedisConnection, last: usize, events: &[String]) {
    let mut pipeline = redis::pipe();
    for (number, event) in (last + 1..).zip(events) {
        pipeline.cmd("XADD").arg(OUTBOX_STREAM).arg(format!("{number}-0")).arg(EVENT_FIELD).arg(event).ignore();
    }
    pipeline.query_async::<()>(redis).await.expect("Redis appends");
}

/// Appends all events, a batch after the other.
pub async fn append_all(mut redis: RedisConnection, events: &[String]) {
    for (number, batch) in events.chunks(BATCH).enumerate() {
        append(&mut redis, number * BATCH, batch).await;
    }
}

/// Events that the group has read and acknowledged: each was told in the step that acknowledged it. They are numbered from 1.
pub async fn settled(redis: &mut RedisConnection) -> usize {
    // The sender makes the group.
    let groups: RedisResult<StreamInfoGroupsReply> = redis.xinfo_groups(OUTBOX_STREAM).await;
    let settled = |group: &StreamInfoGroup| {
        let read: usize = group.last_delivered_id.split('-').next()?.parse().ok()?;
        Some(read - group.pending)
    };
    groups.ok().and_then(|all| all.groups.first().and_then(settled)).unwrap_or(0)
}

/// Waits until so many are settled.
pub async fn all_settled(redis: &TestRedis, events: usize) {
    let mut connection = redis.connection();
    let waiting = async {
        while settled(&mut connection).await < events {
            sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("every message comes to its end");
}

/// Outcomes that were told.
pub async fn told(redis: &TestRedis) -> usize {
    let entries: StreamRangeReply = redis.connection().xrange_all(OUTCOME_STREAM).await.expect("Redis answers");
    let lines = |entry: &StreamId| {
        let field: Vec<u8> = entry.get(OUTCOME_FIELD).expect("outcomes");
        outcome_lines(&field).count()
    };
    entries.ids.iter().map(lines).sum()
}

/// Settings for as much as goes: no pace of an operator's contract. Everything else is the default.
pub fn unpaced(redis: &TestRedis, concurrency: usize) -> Config {
    let mut config = Config::default();
    config.redis.url = Some(redis.url());
    config.reports_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.admin_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.pace.per_second = 10_000_000.0;
    config.pace.burst = 1_000_000;
    config.pace.concurrency = concurrency;
    config.pace.hold_at_most = 4 * concurrency.max(500);
    config
}

/// Runs a sender as long as `work` takes.
pub async fn while_sending<T>(
    config: Config,
    gateway: impl FnOnce(&Config, SocketAddr) -> Result<Arc<dyn Gateway>, StartError>,
    work: impl Future<Output = T>,
) -> T {
    let life = Lifecycle::new();
    let listeners = Listeners::open(&config).await.expect("free ports");
    start_with(config, listeners, Sources::of_the_system(), None, &life, gateway).expect("the sender starts");
    let done = work.await;
    life.stop();
    life.run_to_end(PATIENCE).await.expect("the sender stops");
    done
}
