//! The rules: `(state, command, actor, now) -> events or refusal`. Source: "Domain rules" in the product description (docs/DOMAIN.md).

use super::{Order, OrderCommand, OrderEvent, OrderEventKind, Status, ValidOrder, status_after_move};
use crate::{
    clock::Timestamp,
    people::{Actor, Branch, Role},
    refusal::{Refusal, RefusalCode},
    tariff::Tariff,
    ttn::Ttn,
};

/// How long a supervisor may undo a final state.
pub const UNDO_WINDOW_MS: i64 = 15 * 60 * 1000;

/// Registers an order at `branch`.
pub fn register(
    valid: ValidOrder,
    ttn: Ttn,
    branch: &Branch,
    tariff: &Tariff,
    actor: &Actor,
    now: Timestamp,
) -> (Order, Vec<OrderEvent>) {
    let price = tariff.price(&valid.cargo);
    let kind = OrderEventKind::Registered {
        total_minor: price.total_minor,
        items: u32::try_from(valid.cargo.len()).unwrap_or(u32::MAX),
        at_place: branch.location.clone(),
    };
    let order = Order {
        ttn,
        status: Status::New,
        sender: valid.sender,
        recipient: valid.recipient,
        description: valid.description,
        payer: valid.payer,
        language: valid.language,
        cargo: valid.cargo,
        price,
        origin: branch.location.clone(),
        location: branch.location.clone(),
        branch: branch.id.clone(),
        registered_by: actor.employee,
        registered_at: now,
        updated_at: now,
        final_at: None,
        status_before_final: None,
        deleted_at: None,
        version: 1,
    };
    (order, vec![OrderEvent { kind, at: now, by: actor.clone() }])
}

/// What the command would do to the order, or why not. The order itself is not touched: apply the events.
///
/// # Errors
/// The first rule that says no.
pub fn decide(
    order: &Order,
    command: &OrderCommand,
    actor: &Actor,
    now: Timestamp,
) -> Result<Vec<OrderEvent>, Refusal> {
    if order.deleted_at.is_some() {
        return Err(Refusal::new(RefusalCode::Deleted));
    }
    let kinds = match command {
        OrderCommand::ChangeLocation { to, note } => {
            may_move(order, actor)?;
            if order.location.same_place(to) {
                return Err(Refusal::new(RefusalCode::SamePlace));
            }
            let moved =
                OrderEventKind::LocationChanged { from: order.location.clone(), to: to.clone(), note: note.clone() };
            let status = status_after_move(order, to);
            let followed =
                (status != order.status).then_some(OrderEventKind::StatusChanged { from: order.status, to: status });
            std::iter::once(moved).chain(followed).collect()
        }
        OrderCommand::Cancel { reason } => {
            may_cancel(order, actor)?;
            if reason.is_none() && order.status != Status::New {
                return Err(Refusal::new(RefusalCode::ReasonRequired));
            }
            vec![OrderEventKind::Canceled { from: order.status, reason: reason.clone() }]
        }
        OrderCommand::Complete => {
            may_complete(order)?;
            vec![OrderEventKind::Completed { from: order.status }]
        }
        OrderCommand::Delete { reason } => {
            may_delete(order, actor)?;
            require_reason(reason)?;
            vec![OrderEventKind::Deleted { reason: reason.clone() }]
        }
        OrderCommand::Undo { reason } => {
            let to = may_undo(order, actor, now)?;
            require_reason(reason)?;
            vec![OrderEventKind::Undone { from: order.status, to, reason: reason.clone() }]
        }
    };
    Ok(kinds.into_iter().map(|kind| OrderEvent { kind, at: now, by: actor.clone() }).collect())
}

fn require_reason(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() { Err(Refusal::new(RefusalCode::ReasonRequired)) } else { Ok(()) }
}

fn require_role(actor: &Actor, role: Role) -> Result<(), Refusal> {
    if actor.role >= role { Ok(()) } else { Err(Refusal::needs_role(role)) }
}

/// Whether the order may be moved at all (a Delivered one moves on only by a supervisor).
pub(super) fn may_move(order: &Order, actor: &Actor) -> Result<(), Refusal> {
    match order.status {
        Status::New | Status::Delivering => Ok(()),
        Status::Delivered => require_role(actor, Role::Supervisor),
        Status::Completed | Status::Canceled => Err(Refusal::in_status(RefusalCode::FinalState, order.status)),
    }
}

/// Whether the order may be canceled.
pub(super) fn may_cancel(order: &Order, actor: &Actor) -> Result<(), Refusal> {
    match order.status {
        Status::New => Ok(()),
        Status::Delivering | Status::Delivered => require_role(actor, Role::Supervisor),
        Status::Completed | Status::Canceled => Err(Refusal::in_status(RefusalCode::FinalState, order.status)),
    }
}

/// Whether the order may be completed: only from Delivered.
pub(super) fn may_complete(order: &Order) -> Result<(), Refusal> {
    match order.status {
        Status::Delivered => Ok(()),
        Status::Completed | Status::Canceled => Err(Refusal::in_status(RefusalCode::FinalState, order.status)),
        Status::New | Status::Delivering => Err(Refusal::in_status(RefusalCode::NotAllowedInStatus, order.status)),
    }
}

/// Whether the order may be deleted: New ones of their branch by clerks, also Canceled ones by supervisors.
pub(super) fn may_delete(order: &Order, actor: &Actor) -> Result<(), Refusal> {
    match order.status {
        Status::New if actor.role >= Role::Supervisor || actor.branch == order.branch => Ok(()),
        Status::New => Err(Refusal::new(RefusalCode::NotYourBranch)),
        Status::Canceled => require_role(actor, Role::Supervisor),
        Status::Delivering | Status::Delivered | Status::Completed => {
            Err(Refusal::in_status(RefusalCode::NotAllowedInStatus, order.status))
        }
    }
}

/// Whether a final state may be undone, and the status it returns to.
pub(super) fn may_undo(order: &Order, actor: &Actor, now: Timestamp) -> Result<Status, Refusal> {
    let (Some(final_at), Some(before)) = (order.final_at, order.status_before_final) else {
        return Err(Refusal::in_status(RefusalCode::NotAllowedInStatus, order.status));
    };
    require_role(actor, Role::Supervisor)?;
    if now.millis_since(final_at) > UNDO_WINDOW_MS {
        return Err(Refusal::new(RefusalCode::UndoExpired));
    }
    Ok(before)
}
