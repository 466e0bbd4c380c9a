//! `orders.get`: everything about one order, also about a deleted one: its history stays.

use postoffice_domain::{order::actions, ttn::Ttn};
use postoffice_protocol::{
    locks::LockView,
    orders::{GetOrder, OrderDetails},
    problem::{Problem, ProblemCode},
};

use crate::context::Context;

/// Gives the order with its timeline, messages, what this employee may do, and who edits it.
///
/// # Errors
/// `not_found`; the store's own.
pub async fn handle(context: &Context, params: GetOrder) -> Result<OrderDetails, Problem> {
    // Reading goes on without Redis: then nobody can be editing with success either.
    let lock = match context.services.locks.holder(&params.ttn).await {
        Ok(lock) => lock,
        Err(error) => {
            tracing::debug!(%error, "no lock shown");
            None
        }
    };
    details(context, &params.ttn, lock).await
}

/// The order as this employee sees it now.
pub(in crate::commands) async fn details(
    context: &Context,
    ttn: &Ttn,
    lock: Option<LockView>,
) -> Result<OrderDetails, Problem> {
    let stored = context.services.store.details(ttn).await.map_err(|error| error.to_problem())?;
    let stored = stored.ok_or_else(|| Problem::new(ProblemCode::NotFound, "no such order"))?;
    let actions = actions(&stored.order, &context.actor, context.now());
    Ok(OrderDetails {
        order: stored.order,
        actions,
        timeline: stored.timeline,
        messages: stored.messages,
        lock,
        sequence: stored.sequence,
    })
}
