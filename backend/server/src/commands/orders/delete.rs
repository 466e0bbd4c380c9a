//! `orders.delete`: takes an order from the lists; its history stays. Takes and releases the lock inside.

use postoffice_domain::order::OrderCommand;
use postoffice_protocol::{
    orders::{Accepted, WithReason},
    problem::Problem,
};

use super::accepted::{accept, submit_under_lock};
use crate::context::Context;

/// Accepts the command; the outcome follows. `order_locked` with the holder when somebody edits the order.
///
/// # Errors
/// `invalid_fields`: the reason cannot be read.
pub async fn handle(context: &Context, params: WithReason) -> Result<Accepted, Problem> {
    let command =
        OrderCommand::delete(&params.reason).map_err(|refusal| Problem::invalid_fields(vec![refusal.at("reason")]))?;
    let within = context.clone();
    let work = async move { submit_under_lock(&within, params.command_id, params.ttn, command).await };
    Ok(accept(context, params.command_id, params.ttn, work))
}
