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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_office::TestOffice;

    #[tokio::test]
    async fn the_last_five_of_this_station_newest_first() {
        let office = TestOffice::open().await;
        let (here, there) = (office.clerk("1"), office.clerk("2"));
        let mut registered = Vec::new();
        for _ in 0..6 {
            office.clock.advance(1_000);
            registered.push(office.register(&here).await.ttn);
            office.register(&there).await;
        }
        let rows = handle(&here, Nothing {}).await.unwrap().rows;
        let expected: Vec<_> = registered.into_iter().rev().take(5).collect();
        assert_eq!(rows.iter().map(|row| row.ttn).collect::<Vec<_>>(), expected);
    }
}
