//! What the servers are told about a message.

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OutcomeEntry, STREAM_VERSION},
};
use uuid::Uuid;

use crate::journal::{Found, Standing};

/// Which message, and on whose behalf.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The integration event.
    pub event_id: Uuid,
    /// The order.
    pub ttn: Ttn,
    /// Request id of the command that caused it.
    pub request_id: Option<&'a str>,
}

/// News of a message without the size of its text.
pub fn plain(
    subject: Subject<'_>,
    state: MessageState,
    reason: Option<MessageReason>,
    attempts: u32,
    at: Timestamp,
) -> OutcomeEntry {
    OutcomeEntry {
        v: STREAM_VERSION,
        event_id: subject.event_id,
        ttn: subject.ttn,
        state,
        reason,
        next_attempt_at: None,
        segments: None,
        attempts,
        at,
        request_id: subject.request_id.map(str::to_owned),
    }
}

/// News of a message as its journal has it.
pub fn of_standing(
    subject: Subject<'_>,
    state: MessageState,
    reason: Option<MessageReason>,
    standing: &Standing,
    at: Timestamp,
) -> OutcomeEntry {
    OutcomeEntry { segments: standing.segments, ..plain(subject, state, reason, standing.attempts, at) }
}

/// News of a message that waits, or of an attempt that did not go through and is made again at `next`.
pub fn of_wait(
    subject: Subject<'_>,
    reason: MessageReason,
    next: Option<Timestamp>,
    standing: &Standing,
    at: Timestamp,
) -> OutcomeEntry {
    OutcomeEntry { next_attempt_at: next, ..of_standing(subject, MessageState::Queued, Some(reason), standing, at) }
}

/// News of a message that a delivery report is about.
pub fn of_found(
    event_id: Uuid,
    found: &Found,
    state: MessageState,
    reason: Option<MessageReason>,
    at: Timestamp,
) -> OutcomeEntry {
    let subject = Subject { event_id, ttn: found.ttn, request_id: found.request_id.as_deref() };
    of_standing(subject, state, reason, &found.standing, at)
}
