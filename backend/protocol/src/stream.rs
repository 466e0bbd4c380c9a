//! The two Redis streams: the outbox (server → sender and every server) and the outcomes (sender → servers).
//!
//! All keys of the streams and of the senders begin with `{po}`: the braces keep them in one slot of a Redis Cluster, because scripts change
//! several of them in one step.
//!
//! Entries carry what the reader needs and no more: the outbox names the order and whom to tell, never names, places or values.

use postoffice_domain::{
    clock::Timestamp,
    language::Language,
    order::{CustomerNotice, Status},
    phone::Phone,
    ttn::Ttn,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    events::ChangeKind,
    messages::{MessageReason, MessageState},
    orders::Doer,
};

/// Stream of integration events. Entry ids are `publish_seq-0`.
pub const OUTBOX_STREAM: &str = "{po}:outbox";
/// Stream of SMS outcomes.
pub const OUTCOME_STREAM: &str = "{po}:sms:outcomes";
/// Consumer group of the SMS senders on [`OUTBOX_STREAM`].
pub const SENDER_GROUP: &str = "sms-senders";
/// Consumer group of the servers on [`OUTCOME_STREAM`].
pub const SERVER_GROUP: &str = "servers";
/// Field of an entry of [`OUTBOX_STREAM`] that holds an [`IntegrationEvent`] as JSON.
pub const EVENT_FIELD: &str = "event";
/// Field of an entry of [`OUTBOX_STREAM`] whose event was told before under another number; readers that count changes pass over it.
pub const REPEAT_FIELD: &str = "repeat";
/// Field of an entry of [`OUTCOME_STREAM`] that holds outcomes, each an [`OutcomeEntry`] as JSON in a line of its own ([`outcome_lines`]).
pub const OUTCOME_FIELD: &str = "outcome";
/// Version of the entries; a reader puts aside what it does not know.
pub const STREAM_VERSION: u32 = 1;

/// An integration event: written in the transaction of its order, published later, delivered at least once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegrationEvent {
    /// [`STREAM_VERSION`].
    pub v: u32,
    /// `UUIDv7`; the same however often it is published.
    pub event_id: Uuid,
    /// What happened.
    pub kind: ChangeKind,
    /// The order.
    pub ttn: Ttn,
    /// Position among the order's integration events, from 1.
    pub seq: u32,
    /// Server time of the change.
    pub at: Timestamp,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Doer>,
    /// Status before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<Status>,
    /// Status after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_after: Option<Status>,
    /// State of the last message before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_before: Option<MessageState>,
    /// State of the last message after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_after: Option<MessageState>,
    /// The message that the event is about, on events of kind `sms`: the one that came to a new state or that somebody dealt with. (The event
    /// that causes a message is that message's id.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Uuid>,
    /// Whom to tell what; only on events that cause an SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notify>,
    /// Request id of the command, so that one id is in all logs from window to SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Whom to tell what, in ready words: the text is written where the order is, in the transaction of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The recipient's number.
    pub phone: Phone,
    /// What the text is about; for logs, figures and the sender's rules (quiet hours), never to write a text from.
    pub notice: CustomerNotice,
    /// The language of the text.
    pub language: Language,
    /// The text. Not sent when it takes more segments than the sender allows; never cut.
    pub text: String,
    /// After this the message is of no use: an attempt is not begun any more, the outcome is `failed (expired)`.
    pub expires_at: Timestamp,
}

/// The lines of [`OUTCOME_FIELD`], each an outcome. A sender tells many outcomes in one entry; one that tells a single one writes a single line.
pub fn outcome_lines(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    // JSON has no line break within.
    field.split(|byte| *byte == b'\n')
}

/// What became of a message. The same `(event_id, state)` may come more than once; states only move forward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeEntry {
    /// [`STREAM_VERSION`].
    pub v: u32,
    /// The integration event.
    pub event_id: Uuid,
    /// The order.
    pub ttn: Ttn,
    /// The state it came to. `queued`: an attempt did not go through, `reason` says why, and it is tried again.
    pub state: MessageState,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<MessageReason>,
    /// When it is tried again; only with `queued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// Segments of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u16>,
    /// Calls of the gateway so far.
    pub attempts: u32,
    /// Time of the sender.
    pub at: Timestamp,
    /// Request id of the command that caused the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
