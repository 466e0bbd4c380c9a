//! What the server says without being asked.

use postoffice_domain::{clock::Timestamp, order::Status, ttn::Ttn};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    locks::{LockTold, LockView},
    messages::{MessageRow, MessageState},
    orders::{CommandId, Doer, OrderRow},
    problem::Problem,
    session::SessionId,
};

/// Every notification of the server: `method` and `params` of a JSON-RPC notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ServerNotice {
    /// Orders changed. Encoded once per batch and shared by all sessions.
    #[serde(rename = "events.changes")]
    Changes(ChangeBatch),
    /// Locks were taken or freed, or all of them after a gap.
    #[serde(rename = "events.locks")]
    Locks(LockNews),
    /// What this session alone is told about a lock.
    #[serde(rename = "events.lock_told")]
    LockTold(LockTold),
    /// A command that was `accepted` came to its end; only to the session that sent it.
    #[serde(rename = "command.outcome")]
    Outcome(Box<CommandOutcome>),
    /// The server is about to close this socket for a reason of its own.
    #[serde(rename = "session.closing")]
    Closing(Closing),
}

/// Changes of orders, in the order of their sequence, without a gap inside and to the batch before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ChangeBatch {
    /// The changes; not empty.
    pub changes: Vec<Change>,
}

/// One change of one order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct Change {
    /// Position among all changes of the company: the publish number of the outbox.
    pub sequence: u64,
    /// Id of the integration event.
    pub event_id: Uuid,
    /// The order.
    pub ttn: Ttn,
    /// What kind of change.
    pub kind: ChangeKind,
    /// Server time of the change.
    pub at: Timestamp,
    /// Who did it; absent for SMS outcomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Doer>,
    /// Status before; absent when the order did not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<Status>,
    /// Status after; absent when the order was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_after: Option<Status>,
    /// State of the last message before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_before: Option<MessageState>,
    /// State of the last message after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_after: Option<MessageState>,
    /// The row as it is when the batch is encoded (may be newer than this change); absent when the order is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<OrderRow>,
    /// The messages that it queued, moved or dealt with, as they are when the batch is encoded: what `messages.list` shows, without asking
    /// again. A resend has two, the new one and the one it replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<MessageRow>>"))]
    pub messages: Vec<MessageRow>,
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ChangeKind {
    /// A new order.
    Registered,
    /// The place changed, and the status with it where the rules say so.
    Moved,
    /// Canceled.
    Canceled,
    /// Completed.
    Completed,
    /// A final state was undone.
    Undone,
    /// Deleted from lists.
    Deleted,
    /// The lock changed hands; the order itself did not change.
    LockPassed,
    /// A message came to a new state, was tried in vain and is tried again, or an employee dealt with it.
    Sms,
}

/// Locks as they are, or what changed of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockNews {
    /// True: `held` is all there is, forget the rest.
    pub snapshot: bool,
    /// Taken or renewed.
    pub held: Vec<LockView>,
    /// Freed.
    pub freed: Vec<Ttn>,
}

/// The end of an accepted command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct CommandOutcome {
    /// Id of the command.
    pub command_id: CommandId,
    /// The session it came from.
    pub session: SessionId,
    /// The order.
    pub ttn: Ttn,
    /// Absent: done. Present: refused, nothing was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Version of the order after the command, when it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// Why the server closes the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Closing {
    /// The reason.
    pub reason: ClosingReason,
}

/// Why the server closes the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ClosingReason {
    /// The server stops or restarts; come back with jitter.
    GoingAway,
    /// The session ended (sign-out elsewhere, expiry, account disabled).
    SessionEnded,
    /// The desktop reads too slowly; reconnect and resume.
    TooSlow,
}
