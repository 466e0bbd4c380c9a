//! Orders: creating, listing, reading and changing them.

use postoffice_domain::{
    clock::Timestamp,
    location::Location,
    order::{ActionState, CustomerNotice, Order, OrderDraft, OrderEventKind, Status},
    people::BranchId,
    ttn::Ttn,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    locks::{LockPassed, LockView},
    messages::{MessageAct, MessageReason, MessageState, MessageView},
};

/// Client-made id (`UUIDv7`) of a command. Same id + same content = the stored answer, effect once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct CommandId(pub Uuid);

impl std::fmt::Display for CommandId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// `orders.create`: request/response, the caller waits for the TTN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CreateOrder {
    /// Id of this command.
    pub command_id: CommandId,
    /// The order as the clerk typed it.
    pub order: OrderDraft,
}

/// Result of `orders.create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderCreated {
    /// The order as saved.
    pub order: Order,
    /// Integration event that will become the SMS; `sms` changes name it.
    pub event_id: Uuid,
}

/// Where a row's text is compared and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum SortKey {
    /// By TTN.
    Ttn,
    /// By status in life-cycle order.
    Status,
    /// By description, folded.
    Description,
    /// By current city, then street, folded.
    Location,
    /// By time of the last change.
    Updated,
}

/// Direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A tab of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum OrderTab {
    /// Every order.
    All,
    /// Status New.
    New,
    /// Status Delivering.
    Delivering,
    /// Status Delivered.
    Delivered,
    /// Status Completed.
    Completed,
    /// Status Canceled.
    Canceled,
    /// A view, not a status: the last SMS failed or is unknown and the order is not final.
    Problem,
}

/// Whose orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum OrderScope {
    /// Registered at the session's branch.
    MyBranch,
    /// Of the whole company.
    AllBranches,
}

/// `orders.list`: one page, keyset-paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct ListOrders {
    /// Which tab.
    pub tab: OrderTab,
    /// Whose orders.
    pub scope: OrderScope,
    /// Sorted by.
    pub sort: SortKey,
    /// In which direction.
    pub direction: Direction,
    /// Part of a TTN or tail of a phone, from four digits on; beginnings of words of description, cities and names. At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only with a search: among orders that are older than those that a page looked at ([`Older::before`]). From the newest order on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// `next` of the page before; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Rows wanted, 1 to 200.
    pub limit: u16,
}

/// How far back a search looked. Read leniently, as the page it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Older {
    /// Give it as `before` to search among older orders; opaque.
    pub before: u64,
    /// When the oldest order was registered that was looked at.
    pub since: Timestamp,
}

/// Result of `orders.list`. Read leniently: a newer server may say more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct OrderPage {
    /// The rows.
    pub rows: Vec<OrderRow>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Counts per tab for the same scope and search; only on the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<OrderCounts>,
    /// Only with a search: older orders than those that it looked at may fit too. Rows and counts are of these, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<Older>,
    /// Sequence of the last event that the page reflects.
    pub sequence: u64,
    /// Ids of events that the counts hold although they have no sequence yet: their changes, told later, are counted already. At most 1 000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<Uuid>>"))]
    pub ahead: Vec<Uuid>,
}

/// How many orders each tab holds, and what the status bar shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderCounts {
    /// All.
    pub all: u64,
    /// New.
    pub new: u64,
    /// Delivering.
    pub delivering: u64,
    /// Delivered.
    pub delivered: u64,
    /// Completed.
    pub completed: u64,
    /// Canceled.
    pub canceled: u64,
    /// Problem (a view over the others).
    pub problem: u64,
    /// Messages of these orders that are queued (not yet with the gateway).
    pub sms_waiting: u64,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct OrderRow {
    /// The order.
    pub ttn: Ttn,
    /// Its status.
    pub status: Status,
    /// What is inside.
    pub description: String,
    /// Where it is.
    pub location: Location,
    /// Where it goes.
    pub recipient_city: String,
    /// Where it was registered.
    pub branch: BranchId,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// State of its last message; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<MessageState>,
    /// Number of its events so far; a higher one is newer.
    pub version: u32,
}

/// `orders.get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GetOrder {
    /// The order.
    pub ttn: Ttn,
}

/// Everything about one order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct OrderDetails {
    /// The order.
    pub order: Order,
    /// What this employee may do now, and why not.
    pub actions: Vec<ActionState>,
    /// Newest first.
    pub timeline: Vec<TimelineEntry>,
    /// Newest first.
    pub messages: Vec<MessageView>,
    /// Who edits it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockView>,
    /// Sequence of the last event that this answer reflects.
    pub sequence: u64,
}

/// One line of an order's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct TimelineEntry {
    /// Position in the order's history, from 1.
    pub seq: u32,
    /// Server time.
    pub at: Timestamp,
    /// Who did it; absent for what happened by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Doer>,
    /// What happened.
    pub fact: Fact,
}

/// Who did something, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Doer {
    /// Full name.
    pub name: String,
    /// Branch worked at.
    pub branch: BranchId,
    /// Workstation.
    pub station: String,
}

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Fact {
    /// An employee changed it.
    Order {
        /// The domain event.
        event: OrderEventKind,
    },
    /// The lock changed hands.
    Lock {
        /// How.
        event: LockPassed,
    },
    /// A message came to a new state.
    Sms {
        /// Which message.
        event_id: Uuid,
        /// What it tells.
        notice: CustomerNotice,
        /// The state it came to.
        state: MessageState,
        /// Why, when there is something to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        reason: Option<MessageReason>,
        /// Segments of its text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        segments: Option<u16>,
        /// Calls of the gateway so far.
        attempts: u32,
        /// Milliseconds since it was queued.
        after_ms: u64,
    },
    /// An employee dealt with a message that did not arrive.
    Message {
        /// Which message.
        event_id: Uuid,
        /// What it tells.
        notice: CustomerNotice,
        /// What was done.
        act: MessageAct,
    },
}

/// `orders.change_location`: accepted, then an outcome event. The lock must be held and `fence` be its token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct ChangeLocation {
    /// Id of this command.
    pub command_id: CommandId,
    /// The order.
    pub ttn: Ttn,
    /// Fencing token from the lease.
    pub fence: u64,
    /// New city, as typed.
    pub city: String,
    /// New street and house, or branch, as typed.
    pub street: String,
    /// A remark for the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `orders.cancel`, `orders.delete`: accepted, then an outcome event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct WithReason {
    /// Id of this command.
    pub command_id: CommandId,
    /// The order.
    pub ttn: Ttn,
    /// Why; may be empty only where the rule allows it (a clerk cancelling a New order).
    pub reason: String,
}

/// `orders.complete`: accepted, then an outcome event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CompleteOrder {
    /// Id of this command.
    pub command_id: CommandId,
    /// The order.
    pub ttn: Ttn,
}

/// The server took the command over; its outcome follows as `command.outcome`, even on another socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Accepted {
    /// Id of the command.
    pub command_id: CommandId,
}

/// `orders.recent`: the last five registered at this station, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecentOrders {
    /// At most five.
    pub rows: Vec<OrderRow>,
}

/// `orders.set_places`: one place for many orders, as scanned. Each takes and releases its lock inside and has an outcome of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct SetPlaces {
    /// The orders, 1 to 50, each with a command id of its own.
    pub items: Vec<PlaceItem>,
    /// City.
    pub city: String,
    /// Street and house, or branch.
    pub street: String,
    /// Remark, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One order of `orders.set_places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlaceItem {
    /// Client-made id of the change of this order.
    pub command_id: CommandId,
    /// The order.
    pub ttn: Ttn,
}

/// Result of `orders.set_places`: all were accepted; an outcome follows for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AllAccepted {
    /// The command ids, as they were given.
    pub command_ids: Vec<CommandId>,
}
