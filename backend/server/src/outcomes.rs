//! What became of the messages: from the senders' stream into SQL, acknowledged after the commit.
//!
//! An entry tells one outcome or many, a line each. It is acknowledged when all of them are recorded: one that was recorded and not yet
//! acknowledged when the process died comes again, and states only move forward, so it changes nothing. What is no outcome is put aside with an
//! alarm: it must not block what follows, and it is not lost.

use std::{collections::HashMap, sync::Arc, time::Duration};

use postoffice_protocol::stream::{
    OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SERVER_GROUP, STREAM_VERSION, outcome_lines,
};
use postoffice_runtime::{
    fail_point, planted,
    stream::{Entry, Group},
};
use redis::{Pipeline, RedisError};

use crate::{context::Services, store::StoreError};

/// Name of the consumer. One node reads for all; several nodes get names of their own with the several-nodes work.
const CONSUMER: &str = "server";
/// Entries of one read.
const READ: usize = 256;
/// Outcomes of one commit, unless one entry has more: whoever else writes waits for it.
const AT_ONCE: usize = 256;
/// What another consumer left for so long is taken over.
const IDLE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);
/// Stream of entries that are no outcomes, for a person to look at: `entry` is the id it had, the other fields are its own.
const ASIDE: &str = "{po}:sms:outcomes:aside";
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
    let mut group = Group::open(&services.redis_link, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await?;
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

/// Records what came, so much at once as the writer can take, and acknowledges it. An entry is recorded as a whole or not at all.
async fn record(services: &Services, entries: Vec<Entry>) -> Result<(), OutcomesError> {
    let mut together: Vec<Told> = Vec::with_capacity(entries.len());
    let mut outcomes = 0;
    for told in entries.into_iter().map(read) {
        if outcomes + told.outcomes.len() > AT_ONCE && !together.is_empty() {
            record_together(services, std::mem::take(&mut together)).await?;
            outcomes = 0;
        }
        outcomes += told.outcomes.len();
        together.push(told);
    }
    if together.is_empty() { Ok(()) } else { record_together(services, together).await }
}

async fn record_together(services: &Services, together: Vec<Told>) -> Result<(), OutcomesError> {
    let mut outcomes: Vec<OutcomeEntry> = Vec::new();
    let mut done = redis::pipe();
    done.atomic();
    for Told { id, outcomes: told, garbage } in together {
        outcomes.extend(told);
        put_aside(&mut done, &id, &garbage);
        // One group reads this stream: what is acknowledged is of no more use.
        done.xack(OUTCOME_STREAM, SERVER_GROUP, &[&id]).ignore().xdel(OUTCOME_STREAM, &[&id]).ignore();
    }
    for outcome in &outcomes {
        tracing::info!(
            event_id = %outcome.event_id, ttn = %outcome.ttn, state = ?outcome.state, reason = ?outcome.reason,
            request_id = outcome.request_id.as_deref(), "SMS outcome"
        );
    }
    if planted!("outcomes.acknowledged_first") {
        done.query_async::<()>(&mut services.redis.clone()).await?;
    }
    fail_point!("outcomes.before_record");
    let recorded = services.store.record_outcomes(outcomes).await?;
    fail_point!("outcomes.after_record");
    for unknown in &recorded.unknown {
        tracing::error!(event_id = %unknown, "an outcome of a message that we do not know; passed over");
    }
    done.query_async::<()>(&mut services.redis.clone()).await?;
    Ok(())
}

/// What an entry says.
#[derive(Debug)]
struct Told {
    id: String,
    outcomes: Vec<OutcomeEntry>,
    /// The fields, when there is anything in them that is not ours; of the outcomes only the lines that are none.
    garbage: HashMap<String, Vec<u8>>,
}

fn read(entry: Entry) -> Told {
    let Entry { id, mut fields } = entry;
    let Some(lines) = fields.remove(OUTCOME_FIELD) else { return Told { id, outcomes: Vec::new(), garbage: fields } };
    let (mut outcomes, mut bad) = (Vec::new(), Vec::new());
    for line in outcome_lines(&lines) {
        match outcome(line) {
            Some(outcome) => outcomes.push(outcome),
            None => bad.push(line),
        }
    }
    if bad.is_empty() {
        fields.clear();
    } else {
        fields.insert(OUTCOME_FIELD.to_owned(), bad.join(&b'\n'));
    }
    Told { id, outcomes, garbage: fields }
}

/// `None`: it is not one of ours, or of a version we do not know.
fn outcome(line: &[u8]) -> Option<OutcomeEntry> {
    serde_json::from_slice(line).ok().filter(|outcome: &OutcomeEntry| outcome.v == STREAM_VERSION)
}

fn put_aside(done: &mut Pipeline, id: &str, garbage: &HashMap<String, Vec<u8>>) {
    // None, or no entry any more: it was deleted from the stream while it was pending.
    if garbage.is_empty() {
        return;
    }
    metrics::counter!("postoffice_stream_garbage_total", "stream" => "outcomes").increment(1);
    tracing::error!(id, aside = ASIDE, "an entry of the outcome stream is not ours, or not all of it; put aside");
    let add = done.cmd("XADD").arg(ASIDE).arg("MAXLEN").arg("~").arg(ASIDE_MAX).arg("*").arg("entry").arg(id);
    for (field, value) in garbage {
        add.arg(field).arg(value);
    }
    add.ignore();
}

#[cfg(test)]
mod tests;
