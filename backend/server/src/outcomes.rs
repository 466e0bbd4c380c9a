//! What became of the messages: from the senders' stream into SQL, acknowledged after the commit.
//!
//! An outcome that was recorded and not yet acknowledged when the process died comes again; states only move forward, so it changes
//! nothing. What is no outcome is put aside with an alarm: it must not block what follows, and it is not lost.

use std::{sync::Arc, time::Duration};

use postoffice_protocol::stream::{OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SERVER_GROUP, STREAM_VERSION};
use postoffice_runtime::{
    fail_point,
    stream::{Entry, Group},
};
use redis::{Pipeline, RedisError};

use crate::{context::Services, store::StoreError};

/// Name of the consumer. One node reads for all; several nodes get names of their own with the several-nodes work.
const CONSUMER: &str = "server";
const READ: usize = 256;
/// What another consumer left for so long is taken over.
const IDLE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);
/// Stream of entries that are no outcomes, for a person to look at: `entry` is the id it had, the other fields are its own.
const ASIDE: &str = "po:sms:outcomes:aside";
/// Most entries kept there.
const ASIDE_MAX: usize = 1_000;

/// Why a round did not come to its end. Tried again; nothing was acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum OutcomesError {
    /// Redis is away.
    #[error("outcomes cannot be read: {0}")]
    Redis(#[from] RedisError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records outcomes until the process stops.
///
/// # Errors
/// Never: what fails is tried again.
pub async fn run(services: Arc<Services>) -> Result<(), OutcomesError> {
    while !services.stopping.is_cancelled() {
        tokio::select! {
            () = services.stopping.cancelled() => break,
            ended = consume(&services) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "SMS outcomes pause");
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

async fn consume(services: &Services) -> Result<(), OutcomesError> {
    let mut group = Group::open(&services.redis_client, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await?;
    let mut cursor = "0-0".to_owned();
    loop {
        let claimed = group.claim_idle(IDLE, &cursor, READ).await?;
        record(services, claimed.entries).await?;
        cursor = claimed.cursor;
        if cursor == "0-0" {
            break;
        }
    }
    loop {
        let pending = group.own_pending("0", READ).await?;
        if pending.is_empty() {
            break;
        }
        record(services, pending).await?;
    }
    loop {
        let new = group.next(READ).await?;
        record(services, new).await?;
    }
}

async fn record(services: &Services, entries: Vec<Entry>) -> Result<(), OutcomesError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut outcomes: Vec<OutcomeEntry> = Vec::with_capacity(entries.len());
    let mut done = redis::pipe();
    done.atomic();
    for entry in &entries {
        match read(entry) {
            Some(outcome) => outcomes.push(outcome),
            None => put_aside(&mut done, entry),
        }
        // One group reads this stream: what is acknowledged is of no more use.
        done.xack(OUTCOME_STREAM, SERVER_GROUP, &[&entry.id]).ignore().xdel(OUTCOME_STREAM, &[&entry.id]).ignore();
    }
    for outcome in &outcomes {
        tracing::info!(
            event_id = %outcome.event_id, ttn = %outcome.ttn, state = ?outcome.state, reason = ?outcome.reason,
            request_id = outcome.request_id.as_deref(), "SMS outcome"
        );
    }
    let recorded = services.store.record_outcomes(outcomes).await?;
    fail_point!("outcomes.after_record");
    for unknown in &recorded.unknown {
        tracing::error!(event_id = %unknown, "an outcome of a message that we do not know; passed over");
    }
    done.query_async::<()>(&mut services.redis.clone()).await?;
    Ok(())
}

/// The outcome of an entry; `None` when it is not one of ours or of a version we do not know.
fn read(entry: &Entry) -> Option<OutcomeEntry> {
    let outcome: Option<OutcomeEntry> =
        entry.fields.get(OUTCOME_FIELD).and_then(|bytes| serde_json::from_slice(bytes).ok());
    outcome.filter(|outcome| outcome.v == STREAM_VERSION)
}

fn put_aside(done: &mut Pipeline, entry: &Entry) {
    // No fields: it was deleted from the stream while it was pending.
    if entry.fields.is_empty() {
        return;
    }
    metrics::counter!("postoffice_stream_garbage_total", "stream" => "outcomes").increment(1);
    tracing::error!(id = entry.id, aside = ASIDE, "an entry of the outcome stream is not ours; put aside");
    let add = done.cmd("XADD").arg(ASIDE).arg("MAXLEN").arg("~").arg(ASIDE_MAX).arg("*").arg("entry").arg(&entry.id);
    for (field, value) in &entry.fields {
        add.arg(field).arg(value);
    }
    add.ignore();
}
