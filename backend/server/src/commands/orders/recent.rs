//! `orders.recent`: the last five of this station.

use postoffice_protocol::{orders::RecentOrders, problem::Problem, session::Nothing};

use crate::context::Context;

const FIVE: u16 = 5;

/// Gives the last five orders registered at this station.
///
/// # Errors
/// The store's own.
pub async fn handle(context: &Context, _: Nothing) -> Result<RecentOrders, Problem> {
    let store = &context.services.store;
    let rows = store.recent(&context.branch.id, &context.actor.station, FIVE).await;
    Ok(RecentOrders { rows: rows.map_err(|error| error.to_problem())? })
}
