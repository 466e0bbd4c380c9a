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
    Ok(accept(context, params.command_id, params.ttn, work).await)
}

#[cfg(test)]
mod tests {
    use postoffice_domain::{order::Status, refusal::RefusalCode};
    use postoffice_protocol::{
        locks::{AcquireLock, LockPurpose},
        orders::ChangeLocation,
    };

    use super::*;
    use crate::{
        commands::{locks::acquire, orders::change_location},
        test_office::TestOffice,
    };

    #[tokio::test]
    async fn only_what_has_arrived_is_handed_over_also_by_the_session_that_edits_it() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        handle(&clerk, CompleteOrder { command_id: office.command_id(), ttn }).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().refusal, Some(RefusalCode::NotAllowedInStatus));

        let edit = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
        let fence = acquire::handle(&clerk, edit.clone()).await.unwrap().lease.fence;
        let place = ChangeLocation {
            command_id: office.command_id(),
            ttn,
            fence,
            city: "Київ".to_owned(),
            street: "Відділення 41".to_owned(),
            note: None,
        };
        change_location::handle(&clerk, place).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        acquire::handle(&clerk, edit).await.unwrap();
        handle(&clerk, CompleteOrder { command_id: office.command_id(), ttn }).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        let order = office.services.store.details(&ttn).await.unwrap().unwrap().order;
        assert_eq!(order.status, Status::Completed);
        assert!(office.services.locks.holder(&ttn).await.unwrap().is_some(), "the session's own editor is still open");
    }
}
