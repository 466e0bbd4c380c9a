//! `orders.get`: everything about one order, also about a deleted one: its history stays.

use std::time::Duration;

use postoffice_domain::{order::actions, ttn::Ttn};
use postoffice_protocol::{
    locks::LockView,
    orders::{GetOrder, OrderDetails},
    problem::{Problem, ProblemCode},
};
use tokio::time::timeout;

use crate::{context::Context, store::StoredDetails};

/// How long a reader waits for Redis to say who edits; `events.locks` tells it later anyway.
const LOCK_WITHIN: Duration = Duration::from_millis(200);

/// Gives the order with its timeline, messages, what this employee may do, and who edits it.
///
/// # Errors
/// `not_found`; the store's own.
pub async fn handle(context: &Context, params: GetOrder) -> Result<OrderDetails, Problem> {
    let (details, lock) = tokio::join!(details(context, &params.ttn), lock(context, &params.ttn));
    Ok(OrderDetails { lock, ..details? })
}

/// The order as this employee sees it now, without who edits it.
pub(in crate::commands) async fn details(context: &Context, ttn: &Ttn) -> Result<OrderDetails, Problem> {
    let stored = context.services.store.details(ttn).await.map_err(|error| error.to_problem())?;
    let stored = stored.ok_or_else(|| Problem::new(ProblemCode::NotFound, "no such order"))?;
    Ok(shown(context, stored))
}

/// A stored order as this employee sees it, without who edits it.
pub(in crate::commands) fn shown(context: &Context, stored: StoredDetails) -> OrderDetails {
    let actions = actions(&stored.order, &context.actor, context.now());
    OrderDetails {
        order: stored.order,
        actions,
        timeline: stored.timeline,
        messages: stored.messages,
        lock: None,
        sequence: stored.sequence,
    }
}

/// Who edits it. Reading goes on without Redis: then nobody can begin to edit either.
async fn lock(context: &Context, ttn: &Ttn) -> Option<LockView> {
    match timeout(LOCK_WITHIN, context.services.locks.holder(ttn)).await {
        Ok(Ok(lock)) => lock,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no lock shown");
            None
        }
        Err(_) => {
            tracing::debug!("no lock shown: Redis is slow");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use postoffice_domain::order::Action;
    use postoffice_protocol::{
        locks::{AcquireLock, LockPurpose},
        orders::WithReason,
    };

    use super::*;
    use crate::{
        commands::{locks::acquire, orders::delete},
        test_office::TestOffice,
    };

    #[tokio::test]
    async fn an_order_with_its_actions_and_who_edits_it() {
        let office = TestOffice::open().await;
        let (clerk, other) = (office.clerk("1"), office.clerk("2"));
        let ttn = office.register(&clerk).await.ttn;
        let details = handle(&clerk, GetOrder { ttn }).await.unwrap();
        assert_eq!((details.order.ttn, details.lock), (ttn, None));
        let allowed: Vec<Action> =
            details.actions.iter().filter(|action| action.allowed).map(|action| action.action).collect();
        assert_eq!(allowed, [Action::ChangeLocation, Action::Cancel, Action::Delete]);
        acquire::handle(&other, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        let lock = handle(&clerk, GetOrder { ttn }).await.unwrap().lock.unwrap();
        assert_eq!((lock.holder.session, lock.holder.station.as_str()), (other.session, "2"));
    }

    #[tokio::test]
    async fn a_deleted_order_keeps_its_history_an_unknown_one_is_not_found() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let reason = WithReason { command_id: office.command_id(), ttn, reason: "помилка".to_owned() };
        delete::handle(&clerk, reason).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        let details = handle(&clerk, GetOrder { ttn }).await.unwrap();
        assert!(details.order.deleted_at.is_some() && details.timeline.len() == 2);
        assert!(details.actions.iter().all(|action| !action.allowed));
        let unknown = Ttn::draw(&crate::system::SystemEntropy);
        assert_eq!(handle(&clerk, GetOrder { ttn: unknown }).await.unwrap_err().code, ProblemCode::NotFound);
    }

    #[tokio::test]
    async fn reading_goes_on_without_redis() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let ttn = office.register(&clerk).await.ttn;
        let TestOffice { redis, .. } = office;
        drop(redis);
        let asked = tokio::time::Instant::now();
        assert_eq!(handle(&clerk, GetOrder { ttn }).await.unwrap().lock, None);
        assert!(asked.elapsed() < Duration::from_secs(1), "took {:?}", asked.elapsed());
    }
}
