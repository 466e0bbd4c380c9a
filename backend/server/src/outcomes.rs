//! What became of the messages: from the senders' stream into SQL, acknowledged after the commit.

use std::{sync::Arc, time::Duration};

use postoffice_protocol::stream::{OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SERVER_GROUP};
use postoffice_runtime::stream::{Entry, Group};
use redis::{AsyncCommands, RedisError};

use crate::{context::Services, store::StoreError};

/// Name of the consumer. One node reads for all; several nodes get names of their own with the several-nodes work.
const CONSUMER: &str = "server";
const READ: usize = 256;
/// What another consumer left for so long is taken over.
const IDLE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);

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
        record(services, &mut group, claimed.entries).await?;
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
        record(services, &mut group, pending).await?;
    }
    loop {
        let new = group.next(READ).await?;
        record(services, &mut group, new).await?;
    }
}

async fn record(services: &Services, group: &mut Group, entries: Vec<Entry>) -> Result<(), OutcomesError> {
    if entries.is_empty() {
        return Ok(());
    }
    let outcomes: Vec<OutcomeEntry> = entries.iter().filter_map(read).collect();
    for outcome in &outcomes {
        tracing::info!(
            event_id = %outcome.event_id, ttn = %outcome.ttn, state = ?outcome.state, reason = ?outcome.reason,
            request_id = outcome.request_id.as_deref(), "SMS outcome"
        );
    }
    let recorded = services.store.record_outcomes(outcomes).await?;
    for unknown in &recorded.unknown {
        tracing::error!(event_id = %unknown, "an outcome of a message that we do not know; passed over");
    }
    let ids: Vec<String> = entries.into_iter().map(|entry| entry.id).collect();
    group.ack(&ids).await?;
    // One group reads this stream: what is acknowledged is of no more use.
    let _: u64 = services.redis.clone().xdel(OUTCOME_STREAM, &ids).await?;
    Ok(())
}

/// The outcome of an entry. What cannot be read is said once and acknowledged with the rest: it must not block what follows.
fn read(entry: &Entry) -> Option<OutcomeEntry> {
    let outcome = entry.fields.get(OUTCOME_FIELD).and_then(|bytes| serde_json::from_slice(bytes).ok());
    if outcome.is_none() {
        metrics::counter!("postoffice_stream_garbage_total").increment(1);
        tracing::error!(id = entry.id, "an entry of the outcome stream is not ours; passed over");
    }
    outcome
}
