//! `orders.get`: everything about one order, also about a deleted one: its history stays.

use std::time::Duration;

use postoffice_domain::{order::actions, ttn::Ttn};
use postoffice_protocol::{
    locks::LockView,
    orders::{GetOrder, OrderDetails},
    problem::{Problem, ProblemCode},
};
use tokio::time::timeout;

use crate::context::Context;

/// How long a reader waits for Redis to say who edits; `events.locks` tells it later anyway.
const LOCK_WITHIN: Duration = Duration::from_millis(200);

/// Gives the order with its timeline, messages, what this employee may do, and who edits it.
///
/// # Errors
/// `not_found`; the store's own.
pub async fn handle(context: &Context, params: GetOrder) -> Result<OrderDetails, Problem> {
    let (details, lock) = tokio::join!(details(context, &params.ttn), lock(context, &params.ttn));
    Ok(OrderDetails { lock, ..details? })
}

/// The order as this employee sees it now, without who edits it.
pub(in crate::commands) async fn details(context: &Context, ttn: &Ttn) -> Result<OrderDetails, Problem> {
    let stored = context.services.store.details(ttn).await.map_err(|error| error.to_problem())?;
    let stored = stored.ok_or_else(|| Problem::new(ProblemCode::NotFound, "no such order"))?;
    let actions = actions(&stored.order, &context.actor, context.now());
    Ok(OrderDetails {
        order: stored.order,
        actions,
        timeline: stored.timeline,
        messages: stored.messages,
        lock: None,
        sequence: stored.sequence,
    })
}

/// Who edits it. Reading goes on without Redis: then nobody can begin to edit either.
async fn lock(context: &Context, ttn: &Ttn) -> Option<LockView> {
    match timeout(LOCK_WITHIN, context.services.locks.holder(ttn)).await {
        Ok(Ok(lock)) => lock,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no lock shown");
            None
        }
        Err(_) => {
            tracing::debug!("no lock shown: Redis is slow");
            None
        }
    }
}
