//! `orders.create`: the caller waits, because the customer waits for the number.

use postoffice_domain::tariff::Tariff;
use postoffice_protocol::{
    orders::{CreateOrder, OrderCreated},
    problem::Problem,
};

use crate::{
    context::Context,
    store::{Answer, OrderWork, WorkKind},
};

/// Saves the order with its first event, its integration event and its message in one commit. Needs no Redis.
///
/// # Errors
/// `invalid_fields` with every refused field; `id_reused`; the store's own.
pub async fn handle(context: &Context, params: CreateOrder) -> Result<OrderCreated, Problem> {
    let order = params.order.validate().map_err(Problem::invalid_fields)?;
    let work = OrderWork {
        command_id: params.command_id,
        session: context.session,
        actor: context.actor.clone(),
        request_id: context.request_id.clone(),
        now: context.now(),
        kind: WorkKind::Create { order: Box::new(order), branch: context.branch.clone(), tariff: Tariff::current() },
    };
    match context.services.store.submit(work).await.map_err(|error| error.to_problem())? {
        Answer::Done(done) => {
            tracing::info!(ttn = %done.order.ttn, event_id = %done.event_id, "order registered");
            Ok(OrderCreated { order: done.order, event_id: done.event_id })
        }
        Answer::Refused(problem) => Err(*problem),
    }
}
