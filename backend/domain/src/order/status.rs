//! The five statuses of an order.

use serde::{Deserialize, Serialize};

/// Status of an order, ordered by life cycle. *Problem* in lists is a view, never a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Status {
    /// Registered, still where it was registered.
    New,
    /// On its way.
    Delivering,
    /// At the recipient's place.
    Delivered,
    /// Handed over. Final.
    Completed,
    /// Given up. Final.
    Canceled,
}

impl Status {
    /// All statuses in the order of the life cycle.
    pub const ALL: [Self; 5] = [Self::New, Self::Delivering, Self::Delivered, Self::Completed, Self::Canceled];

    /// Whether nothing but an undo changes the order any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Canceled)
    }
}
