//! SMS messages as the clerk sees them.

use postoffice_domain::{clock::Timestamp, language::Language, order::CustomerNotice, phone::Phone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a message is on its way. Only moves forward; drawn in docs/SMS.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum MessageState {
    /// In the outbox or the stream; no sender has taken it.
    Queued,
    /// The gateway took it.
    Accepted,
    /// Final: the network reported delivery.
    Delivered,
    /// Final: it will not arrive; see the reason.
    Failed,
    /// Final until a person decides: the gateway's answer was lost and no report came.
    Unknown,
}

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
    /// Text as it was handed to the gateway; absent before that.
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
}
