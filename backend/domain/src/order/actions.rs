//! What an employee may do with an order now, and why not: the same rules as [`super::decide`], asked beforehand.

use serde::{Deserialize, Serialize};

use super::{
    Order, Status,
    decide::{may_cancel, may_complete, may_delete, may_move, may_undo},
};
use crate::{
    clock::Timestamp,
    location::Location,
    people::Actor,
    refusal::{Refusal, RefusalCode, RefusalDetail},
};

/// Something an employee may want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Action {
    /// Change the place.
    ChangeLocation,
    /// Hand it over.
    Complete,
    /// Give it up.
    Cancel,
    /// Take it from the lists.
    Delete,
    /// Undo a final state.
    Undo,
}

/// An action with the answer whether it is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct ActionState {
    /// Which action.
    pub action: Action,
    /// Whether it is allowed now.
    pub allowed: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalCode>,
    /// Values for the sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<RefusalDetail>,
    /// Whether a reason must be given.
    pub reason_required: bool,
}

/// Every action with its answer, in the order they are shown.
pub fn actions(order: &Order, actor: &Actor, now: Timestamp) -> Vec<ActionState> {
    let gone = || order.deleted_at.map_or(Ok(()), |_| Err(Refusal::new(RefusalCode::Deleted)));
    let state = |action, rule: Result<(), Refusal>, reason_required| {
        let refused = gone().and(rule).err();
        ActionState {
            action,
            allowed: refused.is_none(),
            refusal: refused.as_ref().map(|refusal| refusal.code),
            detail: refused.map(|refusal| refusal.detail),
            reason_required,
        }
    };
    vec![
        state(Action::ChangeLocation, may_move(order, actor), false),
        state(Action::Complete, may_complete(order), false),
        state(Action::Cancel, may_cancel(order, actor), order.status != Status::New),
        state(Action::Delete, may_delete(order, actor), true),
        state(Action::Undo, may_undo(order, actor, now).map(|_| ()), true),
    ]
}

/// The status after the order came to `place`; shown before saving, used when saving.
pub fn status_after_move(order: &Order, place: &Location) -> Status {
    if order.recipient.location.same_place(place) {
        Status::Delivered
    } else if order.status == Status::New && order.origin.same_place(place) {
        Status::New
    } else {
        Status::Delivering
    }
}
