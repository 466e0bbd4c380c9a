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
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    error::{StoreError, unexpected},
    integration_events, message_state, messages, orders, timeline,
};

/// What [`super::Store::record_outcomes`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedOutcomes {
    /// Outcomes that moved a message forward.
    pub moved: usize,
    /// Repeats and late news that changed nothing.
    pub repeated: usize,
    /// Outcomes of messages we do not know.
    pub unknown: Vec<Uuid>,
}

/// Records outcomes in the order given.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    outcomes: &[OutcomeEntry],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<RecordedOutcomes, StoreError> {
    let mut recorded = RecordedOutcomes::default();
    for outcome in outcomes {
        let Some((ttn, message)) = messages::get(&mut *connection, outcome.event_id).await? else {
            recorded.unknown.push(outcome.event_id);
            continue;
        };
        // The sender has brought it so far that nothing needs to be published again. Not while it will be tried again: should Redis lose the
        // event now, it must go once more.
        if outcome.state != MessageState::Queued {
            integration_events::confirm(connection, outcome.event_id, now).await?;
        }
        if !message_state::may_follow(message.state, outcome.state) {
            recorded.repeated += 1;
            continue;
        }
        apply(connection, ttn, message, outcome, (now, entropy)).await?;
        recorded.moved += 1;
    }
    Ok(recorded)
}

/// Brings a message to the state that `outcome` says: message, order, timeline, and an event so that every desktop hears of it.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    ttn: Ttn,
    message: MessageView,
    outcome: &OutcomeEntry,
    (now, entropy): (Timestamp, &dyn Entropy),
) -> Result<(), StoreError> {
    let message = moved(message, outcome);
    messages::update(connection, &message).await?;
    let mut stored = orders::get(&mut *connection, &ttn).await?.ok_or_else(|| unexpected("message without order"))?;
    let sms_before = stored.sms_state;
    stored.sms_state = messages::latest_state(connection, &ttn).await?;
    stored.timeline_seq += 1;
    stored.event_seq += 1;
    orders::update(connection, &[&stored]).await?;
    timeline::insert(connection, &[line(&stored, &message, now)]).await?;
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
        notify: None,
        request_id: outcome.request_id.clone(),
    };
    integration_events::insert(connection, &[event]).await
}

fn moved(message: MessageView, outcome: &OutcomeEntry) -> MessageView {
    let accepted = !matches!(outcome.state, MessageState::Failed | MessageState::Queued);
    MessageView {
        state: outcome.state,
        reason: outcome.reason,
        text: outcome.text.clone().or(message.text),
        segments: outcome.segments.or(message.segments),
        attempts: outcome.attempts.max(message.attempts),
        accepted_at: message.accepted_at.or_else(|| accepted.then_some(outcome.at)),
        finished_at: message_state::is_final(outcome.state).then_some(outcome.at),
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
