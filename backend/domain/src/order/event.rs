//! What happened to an order. Events are never edited: a correction is a new event.

use serde::{Deserialize, Serialize};

use super::Status;
use crate::{clock::Timestamp, location::Location, people::Actor};

/// Something an employee did to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// What.
    pub kind: OrderEventKind,
    /// Server time.
    pub at: Timestamp,
    /// Who, and from where.
    pub by: Actor,
}

/// What an employee did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum OrderEventKind {
    /// The order was registered.
    Registered {
        /// Price in minor units.
        total_minor: i64,
        /// Number of cargo items.
        items: u32,
        /// Where.
        at_place: Location,
    },
    /// It came to another place.
    LocationChanged {
        /// From where.
        from: Location,
        /// To where.
        to: Location,
        /// The employee's remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        note: Option<String>,
    },
    /// The status followed the place.
    StatusChanged {
        /// Before.
        from: Status,
        /// After.
        to: Status,
    },
    /// It was canceled.
    Canceled {
        /// Status before.
        from: Status,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        reason: Option<String>,
    },
    /// It was handed over.
    Completed {
        /// Status before.
        from: Status,
    },
    /// It was deleted from lists.
    Deleted {
        /// Why.
        reason: String,
    },
    /// A final state was undone.
    Undone {
        /// The final status.
        from: Status,
        /// The status it returned to.
        to: Status,
        /// Why.
        reason: String,
    },
}

/// What a customer is told by SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum CustomerNotice {
    /// The parcel was accepted; carries the TTN.
    Accepted,
    /// The parcel waits at the recipient's place.
    Arrived,
    /// The parcel was handed over.
    Completed,
}

impl OrderEventKind {
    /// What the recipient is told about it, if anything.
    pub const fn notice(&self) -> Option<CustomerNotice> {
        match self {
            Self::Registered { .. } => Some(CustomerNotice::Accepted),
            Self::StatusChanged { to: Status::Delivered, .. } => Some(CustomerNotice::Arrived),
            Self::Completed { .. } => Some(CustomerNotice::Completed),
            _ => None,
        }
    }
}
