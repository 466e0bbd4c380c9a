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
    Ok(accept(context, params.command_id, params.ttn, work).await)
}

#[cfg(test)]
mod tests {
    use postoffice_domain::refusal::RefusalCode;

    use super::*;
    use crate::test_office::TestOffice;

    #[tokio::test]
    async fn with_a_reason_it_leaves_the_lists_and_nothing_else_can_be_done() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let reason = |reason: &str| WithReason { command_id: office.command_id(), ttn, reason: reason.to_owned() };
        handle(&clerk, reason(" ")).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().refusal, Some(RefusalCode::ReasonRequired));
        handle(&clerk, reason("помилка")).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        assert!(office.services.store.rows(&[ttn]).await.unwrap().is_empty());
        handle(&clerk, reason("ще раз")).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().refusal, Some(RefusalCode::Deleted));
    }
}
