//! What became of messages, as the SMS senders report it: into messages, timeline, order, and out again to every desktop.

use postoffice_domain::{
    clock::Timestamp,
    entropy::{Entropy, uuid_v7_at},
    ttn::Ttn,
};
use postoffice_protocol::{
    events::ChangeKind,
    messages::{MessageState, MessageView},
    orders::Fact,
    stream::{IntegrationEvent, OutcomeEntry, STREAM_VERSION},
};
use uuid::Uuid;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    integration_events, message_attempts, messages, order_rows, orders, timeline,
    together::Together,
};

/// What [`super::Store::record_outcomes`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedOutcomes {
    /// Outcomes that moved a message forward.
    pub moved: usize,
    /// Outcomes that say that a message waits for its next attempt.
    pub waiting: usize,
    /// Repeats and late news that changed nothing.
    pub repeated: usize,
    /// Outcomes of messages we do not know.
    pub unknown: Vec<Uuid>,
}

/// Records outcomes in the order given.
pub(super) async fn record(
    connection: &mut Connection<'_>,
    outcomes: &[OutcomeEntry],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<RecordedOutcomes, StoreError> {
    let mut recorded = RecordedOutcomes::default();
    for outcome in outcomes {
        let Some((ttn, message)) = messages::get(connection, outcome.event_id).await? else {
            recorded.unknown.push(outcome.event_id);
            continue;
        };
        // The sender has brought it so far that nothing needs to be published again. Not while it will be tried again: should Redis lose the
        // event now, it must go once more.
        if outcome.state != MessageState::Queued {
            integration_events::confirm(connection, outcome.event_id, now).await?;
        }
        message_attempts::note(connection, outcome).await?;
        let moves = message.state.may_become(outcome.state);
        if !moves && !tells_of_a_wait(&message, outcome) {
            recorded.repeated += 1;
            continue;
        }
        if moves {
            apply(connection, ttn, message, outcome, (now, entropy)).await?;
        } else {
            // The timeline tells what became of a message, not how often it was tried.
            write(connection, ttn, &waiting(message, outcome), outcome, false, (now, entropy)).await?;
        }
        recorded.moved += usize::from(moves);
        recorded.waiting += usize::from(!moves);
    }
    Ok(recorded)
}

/// Brings a message to the state that `outcome` says: message, order, timeline, and an event so that every desktop hears of it.
pub(super) async fn apply(
    connection: &mut Connection<'_>,
    ttn: Ttn,
    message: MessageView,
    outcome: &OutcomeEntry,
    told: (Timestamp, &dyn Entropy),
) -> Result<(), StoreError> {
    write(connection, ttn, &moved(message, outcome), outcome, true, told).await
}

async fn write(
    connection: &mut Connection<'_>,
    ttn: Ttn,
    message: &MessageView,
    outcome: &OutcomeEntry,
    on_timeline: bool,
    (now, entropy): (Timestamp, &dyn Entropy),
) -> Result<(), StoreError> {
    messages::update(connection, message).await?;
    let mut stored = orders::get(connection, &ttn).await?.ok_or_else(|| unexpected("message without order"))?;
    let sms_before = stored.sms_state;
    (stored.sms_state, stored.sms_told) = messages::latest_state(connection, &ttn).await?;
    stored.timeline_seq += u32::from(on_timeline);
    stored.event_seq += 1;
    order_rows::update(connection, &[&stored]).await?;
    let mut writes = Together::on(connection);
    if on_timeline {
        timeline::insert(&mut writes, &[line(&stored, message, now)]).await?;
    }
    let event = IntegrationEvent {
        v: STREAM_VERSION,
        event_id: uuid_v7_at(now, entropy),
        kind: ChangeKind::Sms,
        ttn,
        seq: stored.event_seq,
        at: now,
        by: None,
        status_before: Some(stored.order.status),
        status_after: stored.order.deleted_at.is_none().then_some(stored.order.status),
        sms_before,
        sms_after: stored.sms_state,
        message: Some(message.event_id),
        notify: None,
        request_id: outcome.request_id.clone(),
    };
    integration_events::insert(&mut writes, &[event]).await?;
    writes.end().await
}

fn moved(message: MessageView, outcome: &OutcomeEntry) -> MessageView {
    let accepted = !matches!(outcome.state, MessageState::Failed | MessageState::Queued);
    MessageView {
        state: outcome.state,
        reason: outcome.reason,
        segments: outcome.segments.or(message.segments),
        attempts: outcome.attempts.max(message.attempts),
        accepted_at: message.accepted_at.or_else(|| accepted.then_some(outcome.at)),
        finished_at: outcome.state.is_final().then_some(outcome.at),
        next_attempt_at: None,
        ..message
    }
}

/// Whether an outcome says something new about a message that is tried again.
fn tells_of_a_wait(message: &MessageView, outcome: &OutcomeEntry) -> bool {
    let both_wait = message.state == MessageState::Queued && outcome.state == MessageState::Queued;
    let known = (message.attempts, message.reason, message.next_attempt_at);
    let said = (outcome.attempts, outcome.reason, outcome.next_attempt_at);
    both_wait && outcome.attempts >= message.attempts && known != said
}

fn waiting(message: MessageView, outcome: &OutcomeEntry) -> MessageView {
    MessageView {
        reason: outcome.reason,
        attempts: outcome.attempts,
        next_attempt_at: outcome.next_attempt_at,
        ..message
    }
}

fn line(stored: &orders::StoredOrder, message: &MessageView, now: Timestamp) -> timeline::Line {
    timeline::Line {
        ttn: stored.order.ttn,
        seq: stored.timeline_seq,
        at: now,
        by: None,
        fact: Fact::Sms {
            event_id: message.event_id,
            notice: message.notice,
            state: message.state,
            reason: message.reason,
            segments: message.segments,
            attempts: message.attempts,
            after_ms: u64::try_from(now.millis_since(message.queued_at)).unwrap_or(0),
        },
    }
}
