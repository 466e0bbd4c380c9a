//! An order as it is, and how an event changes it.

use serde::{Deserialize, Serialize};

use super::{OrderEvent, OrderEventKind, Status};
use crate::{
    cargo::CargoItem,
    clock::Timestamp,
    language::Language,
    location::Location,
    party::Party,
    people::{BranchId, EmployeeId},
    phone::Phone,
    tariff::Price,
    ttn::Ttn,
};

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Payer {
    /// The sender, now.
    Sender,
    /// The recipient, on hand-over.
    Recipient,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct Order {
    /// Its number.
    pub ttn: Ttn,
    /// Its status.
    pub status: Status,
    /// Who sends.
    pub sender: Party,
    /// Who receives, and where.
    pub recipient: Party,
    /// What is inside; for employees only.
    pub description: String,
    /// Who pays.
    pub payer: Payer,
    /// Language of the recipient's messages.
    pub language: Language,
    /// The boxes, numbered from 1.
    pub cargo: Vec<CargoItem>,
    /// The price at registration.
    pub price: Price,
    /// Where it was registered.
    pub origin: Location,
    /// Where it is.
    pub location: Location,
    /// Branch that registered it.
    pub branch: BranchId,
    /// Employee who registered it.
    pub registered_by: EmployeeId,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it came to a final state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_at: Option<Timestamp>,
    /// The status an undo returns to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before_final: Option<Status>,
    /// When it was deleted from lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Number of its events so far.
    pub version: u32,
}

impl Order {
    /// Applies an event that [`super::decide`] made from this very state.
    pub fn apply(&mut self, event: &OrderEvent) {
        self.version += 1;
        self.updated_at = event.at;
        match &event.kind {
            OrderEventKind::Registered { .. } => {}
            OrderEventKind::LocationChanged { to, .. } => self.location = to.clone(),
            OrderEventKind::StatusChanged { to, .. } => self.status = *to,
            OrderEventKind::Canceled { from, .. } => self.finish(Status::Canceled, *from, event.at),
            OrderEventKind::Completed { from } => self.finish(Status::Completed, *from, event.at),
            OrderEventKind::Deleted { .. } => self.deleted_at = Some(event.at),
            OrderEventKind::Undone { to, .. } => {
                self.status = *to;
                self.final_at = None;
                self.status_before_final = None;
            }
        }
    }

    /// The recipient has another number, as [`crate::message::decide`] allowed.
    pub fn correct_recipient_phone(&mut self, phone: Phone, at: Timestamp) {
        self.version += 1;
        self.updated_at = at;
        self.recipient.phone = phone;
    }

    fn finish(&mut self, status: Status, from: Status, at: Timestamp) {
        self.status = status;
        self.final_at = Some(at);
        self.status_before_final = Some(from);
    }
}
