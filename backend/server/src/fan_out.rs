//! From the stream to every desktop of this server.
//!
//! One task tails the outbox stream. A batch of entries becomes one frame: its rows are loaded in one query, it is encoded once, its bytes
//! are shared by all sessions. The first change goes out at once; what follows within 20 ms goes together.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::{Change, ChangeBatch, ServerNotice},
    frame::write_notice,
    problem::{Problem, ProblemCode},
    session::Replay,
    stream::{EVENT_FIELD, IntegrationEvent, OUTBOX_STREAM},
};
use postoffice_runtime::stream::{Entry, Tail, last_generated_id};
use redis::{AsyncCommands, RedisError, streams::StreamRangeReply};
use tokio::time::Instant;

use crate::{
    context::Services,
    store::{Store, StoreError},
};

/// Shortest time between two batches.
const TICK: Duration = Duration::from_millis(20);
/// Most changes in one frame: some 40 KiB.
const CHANGES_PER_FRAME: usize = 100;
/// Most events read at once.
const READ: usize = 1_000;
/// Longest gap that is replayed; a snapshot is cheaper beyond.
const MAX_REPLAY: u64 = 5_000;
const PAUSE: Duration = Duration::from_millis(300);

/// Why a read did not come to its end. Tried again.
#[derive(Debug, thiserror::Error)]
pub enum FanOutError {
    /// Redis is away.
    #[error("the stream cannot be read: {0}")]
    Redis(#[from] RedisError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a desktop that comes back gets.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayPlan {
    /// For the answer.
    pub replay: Replay,
    /// To send after the answer, before anything live.
    pub frames: Vec<Utf8Bytes>,
}

/// Tells every desktop until the process stops.
///
/// # Errors
/// Never: Redis being away is waited out. Numbers only grow, so reading goes on where it was.
pub async fn run(services: Arc<Services>) -> Result<(), FanOutError> {
    let mut position: Option<u64> = None;
    while !services.stopping.is_cancelled() {
        tokio::select! {
            () = services.stopping.cancelled() => break,
            ended = follow(&services, &mut position) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "live changes pause");
                }
            }
        }
        tokio::select! {
            () = services.stopping.cancelled() => break,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    Ok(())
}

async fn follow(services: &Services, position: &mut Option<u64>) -> Result<(), FanOutError> {
    let mut tail = Tail::open(&services.redis_client, OUTBOX_STREAM).await?;
    let mut after = match *position {
        Some(after) => after,
        None => {
            let begin = first_position(services).await?;
            services.hub.begin_at(begin);
            begin
        }
    };
    *position = Some(after);
    let mut last_sent = Instant::now() - TICK;
    loop {
        let mut entries = tail.next(&format!("{after}-0"), READ).await?;
        if entries.is_empty() {
            continue;
        }
        let due = last_sent + TICK;
        if Instant::now() < due {
            tokio::time::sleep_until(due).await;
            let from = entries.last().map_or(after, |entry| entry.sequence().unwrap_or(after));
            entries.extend(so_far(services, from).await?);
        }
        for part in entries.chunks(CHANGES_PER_FRAME) {
            let last = part.iter().rev().find_map(Entry::sequence).unwrap_or(after);
            if let Some(frame) = frame(&services.store, part).await? {
                services.hub.broadcast_changes(&frame, last);
            }
            after = last;
            *position = Some(after);
        }
        last_sent = Instant::now();
    }
}

/// Where a server that just started begins: the end of the stream. What was before, its desktops load as a snapshot.
async fn first_position(services: &Services) -> Result<u64, FanOutError> {
    let last = last_generated_id(&mut services.redis.clone(), OUTBOX_STREAM).await?;
    let in_stream = last.split_once('-').and_then(|(head, _)| head.parse().ok()).unwrap_or(0);
    Ok(in_stream)
}

/// What came in while the tick was waited for.
async fn so_far(services: &Services, after: u64) -> Result<Vec<Entry>, FanOutError> {
    let reply: StreamRangeReply =
        services.redis.clone().xrange_count(OUTBOX_STREAM, format!("({after}-0"), "+", READ).await?;
    Ok(reply.ids.into_iter().map(Entry::from).collect())
}

/// One frame for these entries; `None` when none of them can be read.
async fn frame(store: &Store, entries: &[Entry]) -> Result<Option<Utf8Bytes>, StoreError> {
    let events: Vec<(u64, IntegrationEvent)> = entries.iter().filter_map(read).collect();
    let mut ttns: Vec<Ttn> = events.iter().map(|(_, event)| event.ttn).collect();
    ttns.sort_unstable();
    ttns.dedup();
    let rows = store.rows(&ttns).await?;
    let changes: Vec<Change> = events
        .into_iter()
        .map(|(sequence, event)| Change {
            sequence,
            event_id: event.event_id,
            ttn: event.ttn,
            kind: event.kind,
            at: event.at,
            by: event.by,
            status_before: event.status_before,
            status_after: event.status_after,
            sms_before: event.sms_before,
            sms_after: event.sms_after,
            row: rows.get(&event.ttn).cloned(),
        })
        .collect();
    if changes.is_empty() {
        return Ok(None);
    }
    Ok(Some(write_notice(&ServerNotice::Changes(ChangeBatch { changes })).into()))
}

/// The event of an entry; what is not one of ours is said once and passed over.
fn read(entry: &Entry) -> Option<(u64, IntegrationEvent)> {
    let event = entry.fields.get(EVENT_FIELD).and_then(|bytes| serde_json::from_slice(bytes).ok());
    match (entry.sequence(), event) {
        (Some(sequence), Some(event)) => Some((sequence, event)),
        _ => {
            metrics::counter!("postoffice_stream_garbage_total").increment(1);
            tracing::error!(id = entry.id, "an entry of the outbox stream is not ours; passed over");
            None
        }
    }
}

/// What a desktop missed: everything after `since` up to `until` (what the hub had broadcast when its socket was attached). Complete or
/// not at all: when one number is missing, the desktop is told to load a snapshot.
///
/// # Errors
/// The store could not. Redis being away is answered with `ResyncRequired`: SQL has the truth.
pub async fn replay(services: &Services, since: u64, until: u64) -> Result<ReplayPlan, Problem> {
    let resync = ReplayPlan { replay: Replay::ResyncRequired, frames: Vec::new() };
    if since > until || until - since > MAX_REPLAY {
        return Ok(resync);
    }
    let missed = until - since;
    if missed == 0 {
        return Ok(ReplayPlan { replay: Replay::Follows { missed }, frames: Vec::new() });
    }
    let range: Result<StreamRangeReply, RedisError> =
        services.redis.clone().xrange(OUTBOX_STREAM, format!("({since}-0"), format!("{until}-0")).await;
    let entries: Vec<Entry> = match range {
        Ok(range) => range.ids.into_iter().map(Entry::from).collect(),
        Err(error) => {
            tracing::info!(%error, "no replay without Redis");
            return Ok(resync);
        }
    };
    if u64::try_from(entries.len()) != Ok(missed) {
        return Ok(resync);
    }
    let mut frames = Vec::new();
    for part in entries.chunks(CHANGES_PER_FRAME) {
        let frame = frame(&services.store, part)
            .await
            .map_err(|error| Problem::new(ProblemCode::StorageUnavailable, error.to_string()))?;
        frames.extend(frame);
    }
    Ok(ReplayPlan { replay: Replay::Follows { missed }, frames })
}
