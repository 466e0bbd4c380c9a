//! `locks.acquire`: the lock first, then the order is loaded under it and stamped with the next fencing token.

use postoffice_protocol::{
    locks::{AcquireLock, Lease, LockGranted, LockHolder, LockPurpose, LockView},
    orders::OrderDetails,
    problem::{Problem, ProblemCode},
};

use crate::{
    commands::orders::{accepted::holder, get::details},
    context::Context,
    locks::Acquired,
};

/// Takes the lock and loads the order.
///
/// # Errors
/// `order_locked` with the holder, `locks_unavailable`, `not_found`; the store's own. Nothing is left locked then that was not before.
pub async fn handle(context: &Context, params: AcquireLock) -> Result<LockGranted, Problem> {
    if params.purpose == LockPurpose::Command {
        return Err(Problem::new(ProblemCode::BadRequest, "purpose: the server takes locks of commands itself"));
    }
    let locks = &context.services.locks;
    let us = holder(context, params.purpose);
    let (present, fresh) = match locks.acquire(&params.ttn, &us).await.map_err(|error| error.to_problem())? {
        Acquired::Ours { holder, fresh } => (holder, fresh),
        Acquired::Busy(holder) => return Err(Problem::locked(holder)),
    };
    let loaded = load(context, &params, present).await;
    if loaded.is_err()
        && fresh
        && let Err(error) = locks.release(&params.ttn, context.session).await
    {
        tracing::warn!(%error, ttn = %params.ttn, "the lock will end with its lease");
    }
    loaded
}

async fn load(context: &Context, params: &AcquireLock, present: LockHolder) -> Result<LockGranted, Problem> {
    let services = &context.services;
    let (lease_ms, renew_every_ms) = (services.locks.lease_ms(), services.locks.renew_every_ms());
    let stamped = services.store.load_for_edit(params.ttn, context.session).await;
    let Some((_, fence)) = stamped.map_err(|error| error.to_problem())? else {
        return Err(Problem::new(ProblemCode::NotFound, "no such order"));
    };
    let order = details(context, &params.ttn).await?;
    let lock = Some(LockView { ttn: params.ttn, holder: present, expires_in_ms: lease_ms });
    let lease = Lease { ttn: params.ttn, fence, lease_ms, renew_every_ms };
    Ok(LockGranted { lease, order: OrderDetails { lock, ..order } })
}
