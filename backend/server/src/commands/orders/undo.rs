//! `orders.undo`: undoes a final state, as a new event. Takes and releases the lock inside.

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
        OrderCommand::undo(&params.reason).map_err(|refusal| Problem::invalid_fields(vec![refusal.at("reason")]))?;
    let within = context.clone();
    let work = async move { submit_under_lock(&within, params.command_id, params.ttn, command).await };
    Ok(accept(context, params.command_id, params.ttn, work).await)
}

#[cfg(test)]
mod tests {
    use postoffice_domain::{
        order::{Status, UNDO_WINDOW_MS},
        people::Role,
        refusal::RefusalCode,
    };

    use super::*;
    use crate::{commands::orders::cancel, test_office::TestOffice};

    #[tokio::test]
    async fn a_supervisor_undoes_a_final_state_for_a_while() {
        let office = TestOffice::open().await;
        let (clerk, supervisor) = (office.clerk("1"), office.session(Role::Supervisor, "9"));
        let (mut desk, mut supervisors) = (office.desk(&clerk), office.desk(&supervisor));
        let ttn = office.register(&clerk).await.ttn;
        let reason = |reason: &str| WithReason { command_id: office.command_id(), ttn, reason: reason.to_owned() };
        for (late, refusal) in [(false, None), (true, Some(RefusalCode::UndoExpired))] {
            cancel::handle(&clerk, reason("")).await.unwrap();
            assert_eq!(desk.outcome().await.problem, None);
            if late {
                office.clock.advance(UNDO_WINDOW_MS + 1);
            }
            handle(&supervisor, reason("передумали")).await.unwrap();
            assert_eq!(supervisors.outcome().await.problem.and_then(|problem| problem.refusal), refusal);
        }
        let order = office.services.store.details(&ttn).await.unwrap().unwrap().order;
        assert_eq!(order.status, Status::Canceled);
    }
}
