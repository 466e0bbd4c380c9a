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

#[cfg(test)]
mod tests {
    use postoffice_domain::{cargo::Quantity, order::Status, refusal::RefusalCode};
    use postoffice_protocol::{messages::MessageState, orders::Fact, problem::ProblemCode};

    use super::*;
    use crate::test_office::{TestOffice, branch, draft};

    #[tokio::test]
    async fn an_order_is_saved_with_its_history_its_event_and_its_message() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let params = CreateOrder { command_id: office.command_id(), order: draft() };
        let created = handle(&clerk, params.clone()).await.unwrap();
        assert_eq!((created.order.status, &created.order.location), (Status::New, &branch().location));
        assert_eq!(created.order.price.total_minor, 5_500 + 4_500 + 750);
        let stored = office.services.store.details(&created.order.ttn).await.unwrap().unwrap();
        assert_eq!(stored.order, created.order);
        assert!(matches!(stored.timeline[..], [ref line] if matches!(line.fact, Fact::Order { .. })));
        assert_eq!((stored.messages.len(), stored.messages[0].event_id), (1, created.event_id));
        assert_eq!(stored.messages[0].state, MessageState::Queued);
        assert_eq!(office.services.store.outbox_depth().await.unwrap(), 1);

        // Sent again: the same answer, no second order.
        assert_eq!(handle(&clerk, params.clone()).await.unwrap(), created);
        assert_eq!(office.services.store.outbox_depth().await.unwrap(), 1);
        // The same id for something else: refused, nothing done.
        let mut other = params;
        other.order.description = "Чашки".to_owned();
        assert_eq!(handle(&clerk, other).await.unwrap_err().code, ProblemCode::IdReused);
        assert_eq!(office.services.store.outbox_depth().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn every_bad_field_is_named_and_nothing_is_stored() {
        let office = TestOffice::open().await;
        let mut order = draft();
        order.recipient.phone = "044 123 45 67".to_owned();
        order.sender.name = String::new();
        order.cargo[0].weight_g = Quantity::NotWhole;
        let params = CreateOrder { command_id: office.command_id(), order };
        let problem = handle(&office.clerk("1"), params.clone()).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::InvalidFields);
        let named: Vec<(&str, RefusalCode)> =
            problem.fields.iter().map(|field| (field.field.as_str(), field.code)).collect();
        assert_eq!(
            named,
            [
                ("sender.name", RefusalCode::Empty),
                ("recipient.phone", RefusalCode::BadPhone),
                ("cargo[0].weight_g", RefusalCode::BadNumber)
            ]
        );
        assert_eq!(office.services.store.outbox_depth().await.unwrap(), 0);
        // The corrected form may come under the same id: nothing was done under it.
        handle(&office.clerk("1"), CreateOrder { order: draft(), ..params }).await.unwrap();
    }

    #[tokio::test]
    async fn registering_needs_no_redis() {
        let TestOffice { services, redis, clock, .. } = TestOffice::open().await;
        drop((redis, clock));
        let clerk = crate::test_office::session(&services, postoffice_domain::people::Role::Clerk, "1");
        let params =
            CreateOrder { command_id: postoffice_protocol::orders::CommandId(services.new_id()), order: draft() };
        handle(&clerk, params).await.unwrap();
    }
}
