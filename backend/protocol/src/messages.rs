//! SMS messages as the clerk sees them.

use postoffice_domain::{
    clock::Timestamp, language::Language, message::MessageActionState, order::CustomerNotice, phone::Phone,
    sms_text::SmsSize, ttn::Ttn,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use postoffice_domain::message::MessageState;

use crate::orders::{CommandId, Doer};

/// Why a message failed, is unknown or waits. Codes, not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum MessageReason {
    /// The gateway or network says the number cannot be reached.
    BadNumber,
    /// The operator rejected the message.
    Rejected,
    /// The operator gave up before the phone was reachable.
    Expired,
    /// The network reported that it could not deliver.
    Undelivered,
    /// The gateway refused our credentials or has no credit; the channel is paused.
    ChannelPaused,
    /// The gateway cannot be reached or is busy; tried again.
    GatewayUnavailable,
    /// The answer was lost after the request was written, and no report came in time.
    AnswerLost,
    /// The text does not fit the allowed number of segments; it was not sent.
    TooLong,
    /// The event in the stream could not be read; it was put aside.
    BadEvent,
    /// Customers are not woken: it goes when the quiet hours are over.
    QuietHours,
    /// What may be spent on a day is spent: it goes on the next one.
    SpendCap,
}

/// One message of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct MessageView {
    /// The integration event that caused it; also the gateway's client reference.
    pub event_id: Uuid,
    /// What it tells the customer.
    pub notice: CustomerNotice,
    /// To whom.
    pub phone: Phone,
    /// In which language.
    pub language: Language,
    /// Where it is.
    pub state: MessageState,
    /// Why, when there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<MessageReason>,
    /// The text; absent once it was forgotten (`retention.sms_text_days`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Number of SMS segments of the text; absent before it was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u16>,
    /// How often the gateway was called.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When the gateway took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// When it came to its final state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// After this it is not sent any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it is tried again, after an attempt that did not go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// The message that this one was sent instead of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uuid>,
    /// The message that was sent instead of this one; it is no problem any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Uuid>,
    /// When an employee wrote down that the customer was told by voice; it is no problem any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// Who wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_by: Option<Doer>,
}

/// A message in the list of all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MessageRow {
    /// The order.
    pub ttn: Ttn,
    /// Name of the recipient.
    pub recipient_name: String,
    /// City of the recipient.
    pub recipient_city: String,
    /// The message.
    pub message: MessageView,
}

/// One thing that happened to a message at the gateway. An attempt that was taken and then delivered has two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct MessageAttempt {
    /// Which call of the gateway, from 1; 0 where it was never called.
    pub attempt: u32,
    /// What became of it; `queued`: it did not go through and is tried again.
    pub state: MessageState,
    /// When, by the clock of the sender.
    pub at: Timestamp,
    /// Why, when there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<MessageReason>,
    /// When it was to be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
}

/// Which messages a list shows. A failed or unknown message that was dealt with stays under its tab, after those that were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum MessageTab {
    /// All.
    All,
    /// Failed or unknown, and nobody has dealt with it: what [`MessageCounts::problems`] counts.
    Problems,
    /// Queued.
    Waiting,
    /// Accepted.
    Accepted,
    /// Delivered.
    Delivered,
    /// Failed.
    Failed,
    /// Unknown.
    Unknown,
}

/// `messages.list`: problems that nobody dealt with first (unknown, then failed, the oldest first), then waiting (the oldest first), accepted,
/// delivered, and what was dealt with (the newest first).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct ListMessages {
    /// Which tab.
    pub tab: MessageTab,
    /// Leaves out what was queued before, unless it still waits or is a problem that nobody dealt with. For "today": the midnight of the
    /// desktop. Absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Part of a TTN, phone, name or city, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// `next` of the page before, for the same tab, `since` and search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Rows wanted, 1 to 200.
    pub limit: u16,
}

/// Result of `messages.list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct MessagePage {
    /// The rows.
    pub rows: Vec<MessageRow>,
    /// Cursor of the next page; absent: this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Counts of all tabs under the same `since` and search; only with the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<MessageCounts>,
    /// Sequence of the last change that this page reflects.
    pub sequence: u64,
    /// Server time of the page.
    pub as_of: Timestamp,
}

/// How many messages are where. `all` is the sum of the five after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct MessageCounts {
    /// All.
    pub all: u64,
    /// Queued.
    pub waiting: u64,
    /// Accepted.
    pub accepted: u64,
    /// Delivered.
    pub delivered: u64,
    /// Failed, dealt with or not.
    pub failed: u64,
    /// Unknown, dealt with or not.
    pub unknown: u64,
    /// Failed or unknown and not dealt with.
    pub problems: u64,
    /// When the oldest of those that wait was queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_waiting_at: Option<Timestamp>,
}

/// `messages.counts`: for the status bar and the badge, without any rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct CountMessages {
    /// As in `messages.list`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Result of `messages.counts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MessagesCounted {
    /// The counts.
    pub counts: MessageCounts,
    /// Sequence of the last change that they reflect.
    pub sequence: u64,
    /// Server time.
    pub as_of: Timestamp,
}

/// `messages.get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GetMessage {
    /// The message.
    pub event_id: Uuid,
}

/// Result of `messages.get`: everything about one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct MessageDetails {
    /// The row.
    pub row: MessageRow,
    /// What was tried, the latest first.
    pub attempts: Vec<MessageAttempt>,
    /// What this employee may do, and why not.
    pub actions: Vec<MessageActionState>,
    /// What the text takes; absent when the text is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<SmsSize>,
    /// Sequence of the last change that this reflects.
    pub sequence: u64,
}

/// `messages.resend`, `messages.mark_told`: answered when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OnMessage {
    /// Id of this command.
    pub command_id: CommandId,
    /// The message.
    pub event_id: Uuid,
}

/// `messages.correct_number`: sends it to another number, which the order's recipient gets too. Answered when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CorrectNumber {
    /// Id of this command.
    pub command_id: CommandId,
    /// The message.
    pub event_id: Uuid,
    /// The right number, as typed.
    pub phone: String,
}

/// Result of `messages.resend`, `messages.correct_number` and `messages.mark_told`. The same answer to the same command id, however often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MessageDone {
    /// The message that goes out now; after `mark_told` the one that was told.
    pub row: MessageRow,
}

/// What an employee did about a message that did not arrive, for the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum MessageAct {
    /// Sent once more.
    Resent {
        /// The new message.
        new_event_id: Uuid,
    },
    /// Sent to another number, which is the recipient's from now on.
    NumberCorrected {
        /// The new message.
        new_event_id: Uuid,
        /// Last four digits of the number before.
        from_last4: String,
        /// Last four digits of the new one.
        to_last4: String,
    },
    /// The customer was told by voice.
    Told {},
}
