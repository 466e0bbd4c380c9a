//! What became of the messages: from the senders' stream into SQL, acknowledged after the commit.
//!
//! An outcome that was recorded and not yet acknowledged when the process died comes again; states only move forward, so it changes
//! nothing. What is no outcome is put aside with an alarm: it must not block what follows, and it is not lost.

use std::{sync::Arc, time::Duration};

use postoffice_protocol::stream::{OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SERVER_GROUP, STREAM_VERSION};
use postoffice_runtime::{
    fail_point, planted,
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

#[cfg(test)]
mod tests {
    use postoffice_domain::{order::CustomerNotice, ttn::Ttn};
    use postoffice_protocol::{
        messages::{MessageReason, MessageState},
        orders::Fact,
    };
    use uuid::Uuid;

    use super::*;
    use crate::test_office::{TestOffice, id, until};

    fn outcome(event_id: Uuid, ttn: Ttn, state: MessageState) -> OutcomeEntry {
        OutcomeEntry {
            v: STREAM_VERSION,
            event_id,
            ttn,
            state,
            reason: (state == MessageState::Failed).then_some(MessageReason::BadNumber),
            next_attempt_at: None,
            segments: Some(1),
            attempts: 1,
            at: postoffice_domain::clock::Timestamp::from_millis(1_790_000_000_500),
            request_id: Some("request-1".to_owned()),
        }
    }

    async fn send(office: &TestOffice, outcome: &OutcomeEntry) {
        let json = serde_json::to_string(outcome).unwrap();
        office.redis::<String>(&["XADD", OUTCOME_STREAM, "*", OUTCOME_FIELD, &json]).await;
    }

    async fn all_read(office: &TestOffice) {
        until("every outcome is read", async || office.redis::<u64>(&["XLEN", OUTCOME_STREAM]).await == 0).await;
    }

    async fn registered(office: &TestOffice) -> (Uuid, Ttn) {
        let order = office.register(&office.clerk("1")).await;
        office.publish().await;
        (message(office, &order.ttn).await.event_id, order.ttn)
    }

    async fn message(office: &TestOffice, ttn: &Ttn) -> postoffice_protocol::messages::MessageView {
        office.services.store.details(ttn).await.unwrap().unwrap().messages.remove(0)
    }

    async fn facts(office: &TestOffice, ttn: &Ttn) -> Vec<MessageState> {
        let timeline = office.services.store.details(ttn).await.unwrap().unwrap().timeline;
        let states = timeline.iter().rev().filter_map(|line| match &line.fact {
            Fact::Sms { state, notice: CustomerNotice::Accepted, .. } => Some(*state),
            _ => None,
        });
        states.collect()
    }

    #[tokio::test]
    async fn outcomes_stand_on_the_timeline_and_end_the_event() {
        let office = TestOffice::open().await;
        let (event_id, ttn) = registered(&office).await;
        assert_eq!(office.services.store.outbox_unconfirmed().await.unwrap(), 1);
        office.run(run(Arc::clone(&office.services)));
        send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
        send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
        // Repeats and late news change nothing.
        send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
        send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
        all_read(&office).await;
        assert_eq!(message(&office, &ttn).await.state, MessageState::Delivered);
        assert_eq!(facts(&office, &ttn).await, [MessageState::Accepted, MessageState::Delivered]);
        assert_eq!(office.services.store.outbox_unconfirmed().await.unwrap(), 0);
        assert_eq!(office.services.store.outbox_depth().await.unwrap(), 2, "both are changes for every desktop");
        office.stop().await;
    }

    #[tokio::test]
    async fn a_kill_between_record_and_acknowledge_changes_nothing_twice() {
        let office = TestOffice::open().await;
        let (event_id, ttn) = registered(&office).await;
        send(&office, &outcome(event_id, ttn, MessageState::Failed)).await;
        // The one that was killed had read it and recorded it.
        let mut killed =
            Group::open(&office.services.redis_link, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await.unwrap();
        let read: Vec<OutcomeEntry> = killed.next(10).await.unwrap().iter().filter_map(super::read).collect();
        assert_eq!(office.services.store.record_outcomes(read).await.unwrap().moved, 1);
        office.run(run(Arc::clone(&office.services)));
        all_read(&office).await;
        assert_eq!(facts(&office, &ttn).await, [MessageState::Failed]);
        office.stop().await;
    }

    #[tokio::test]
    async fn garbage_is_put_aside_once_and_the_tail_goes_on() {
        let office = TestOffice::open().await;
        let (event_id, ttn) = registered(&office).await;
        let newer = OutcomeEntry { v: STREAM_VERSION + 1, ..outcome(event_id, ttn, MessageState::Failed) };
        office.redis::<String>(&["XADD", OUTCOME_STREAM, "*", OUTCOME_FIELD, "{\"v\":"]).await;
        office.redis::<String>(&["XADD", OUTCOME_STREAM, "*", "something", "else", "and", "more"]).await;
        send(&office, &newer).await;
        send(&office, &outcome(id(99), ttn, MessageState::Delivered)).await;
        send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
        office.run(run(Arc::clone(&office.services)));
        all_read(&office).await;
        assert_eq!(facts(&office, &ttn).await, [MessageState::Delivered]);
        assert_eq!(office.redis::<u64>(&["XLEN", ASIDE]).await, 3);
        office.stop().await;
    }

    #[tokio::test]
    async fn what_was_deleted_while_it_was_pending_is_forgotten() {
        let office = TestOffice::open().await;
        let (event_id, ttn) = registered(&office).await;
        send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
        let mut killed =
            Group::open(&office.services.redis_link, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await.unwrap();
        let read = killed.next(10).await.unwrap();
        office.redis::<u64>(&["XDEL", OUTCOME_STREAM, &read[0].id]).await;
        send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
        office.run(run(Arc::clone(&office.services)));
        all_read(&office).await;
        assert_eq!(facts(&office, &ttn).await, [MessageState::Delivered]);
        assert_eq!(office.redis::<u64>(&["EXISTS", ASIDE]).await, 0);
        office.stop().await;
    }

    #[tokio::test]
    async fn a_deleted_group_and_a_foreign_key_cost_no_outcome() {
        let office = TestOffice::open().await;
        let (event_id, ttn) = registered(&office).await;
        office.run(run(Arc::clone(&office.services)));
        send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
        all_read(&office).await;
        office.redis::<u64>(&["XGROUP", "DESTROY", OUTCOME_STREAM, SERVER_GROUP]).await;
        send(&office, &outcome(event_id, ttn, MessageState::Unknown)).await;
        all_read(&office).await;
        office.redis::<()>(&["SET", OUTCOME_STREAM, "no stream"]).await;
        until("met", async || office.redis::<String>(&["INFO", "errorstats"]).await.contains("WRONGTYPE")).await;
        office.redis::<u64>(&["DEL", OUTCOME_STREAM]).await;
        send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
        all_read(&office).await;
        let states = [MessageState::Accepted, MessageState::Unknown, MessageState::Delivered];
        assert_eq!(facts(&office, &ttn).await, states);
        office.stop().await;
    }

    #[tokio::test]
    async fn outcomes_come_in_again_after_redis_was_away() {
        let mut office = TestOffice::open().await;
        let (event_id, ttn) = registered(&office).await;
        office.run(run(Arc::clone(&office.services)));
        send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
        all_read(&office).await;
        office.redis.kill_and_restart(false).await;
        send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
        all_read(&office).await;
        assert_eq!(facts(&office, &ttn).await, [MessageState::Accepted, MessageState::Delivered]);
        office.stop().await;
    }
}
