//! `orders.complete`: hands an order over. Takes and releases the lock inside.

use postoffice_domain::order::OrderCommand;
use postoffice_protocol::{
    orders::{Accepted, CompleteOrder},
    problem::Problem,
};

use super::accepted::{accept, submit_under_lock};
use crate::context::Context;

/// Accepts the command; the outcome follows. `order_locked` with the holder when somebody edits the order.
///
/// # Errors
/// None before the outcome.
pub async fn handle(context: &Context, params: CompleteOrder) -> Result<Accepted, Problem> {
    let within = context.clone();
    let work = async move { submit_under_lock(&within, params.command_id, params.ttn, OrderCommand::Complete).await };
    Ok(accept(context, params.command_id, params.ttn, work))
}
