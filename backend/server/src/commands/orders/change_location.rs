//! `orders.change_location`: under the lock that the editor took when it opened; the fencing token decides.

use postoffice_domain::{location::Location, order::OrderCommand};
use postoffice_protocol::{
    orders::{Accepted, ChangeLocation},
    problem::{Problem, ProblemCode},
};

use super::accepted::{accept, lock_lost, submit};
use crate::{
    context::Context,
    store::{Decided, Guard},
};

/// Accepts the change; the outcome follows.
///
/// # Errors
/// `invalid_fields`: the place or the remark cannot be read.
pub async fn handle(context: &Context, params: ChangeLocation) -> Result<Accepted, Problem> {
    let to = Location::read("", &params.city, &params.street).map_err(Problem::invalid_fields)?;
    let command = OrderCommand::change_location(to, params.note.as_deref())
        .map_err(|refusal| Problem::invalid_fields(vec![refusal.at("note")]))?;
    let (command_id, ttn) = (params.command_id, params.ttn);
    let work = change(context.clone(), params, command);
    Ok(accept(context, command_id, ttn, work).await)
}

async fn change(context: Context, params: ChangeLocation, command: OrderCommand) -> Decided {
    // Redis is not asked whether we still hold the lock: the token in SQL decides, also while Redis is away.
    let changed = submit(&context, params.command_id, params.ttn, command, Guard::Fence(params.fence)).await;
    match changed {
        Ok(done) => {
            // Released at the end of the work. When Redis is away now, the lease ends by itself.
            if let Err(error) = context.services.locks.release(&params.ttn, context.session).await {
                tracing::warn!(%error, ttn = %params.ttn, "the lock will end with its lease");
            }
            Ok(done)
        }
        Err(problem) if problem.code == ProblemCode::LockLost => Err(lock_lost(&context, &params.ttn).await),
        // Refused by a rule: the editor stays open with its lock, the clerk corrects.
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use postoffice_domain::{order::Status, refusal::RefusalCode, ttn::Ttn};
    use postoffice_protocol::locks::{AcquireLock, LockPurpose};

    use super::*;
    use crate::{
        commands::{
            locks::acquire,
            orders::{cancel, delete},
        },
        test_office::TestOffice,
    };

    async fn fence(context: &Context, ttn: Ttn) -> u64 {
        let asked = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
        acquire::handle(context, asked).await.unwrap().lease.fence
    }

    fn to(office: &TestOffice, ttn: Ttn, fence: u64, city: &str, street: &str) -> ChangeLocation {
        let command_id = office.command_id();
        ChangeLocation { command_id, ttn, fence, city: city.to_owned(), street: street.to_owned(), note: None }
    }

    async fn place(office: &TestOffice, ttn: Ttn) -> (Status, String) {
        let order = office.services.store.details(&ttn).await.unwrap().unwrap().order;
        (order.status, order.location.city)
    }

    #[tokio::test]
    async fn under_the_lock_it_is_saved_and_the_lock_given_back() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let fence = fence(&clerk, ttn).await;
        let params = to(&office, ttn, fence, "Тернопіль", "Сортувальний центр");
        handle(&clerk, params.clone()).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        assert_eq!(place(&office, ttn).await, (Status::Delivering, "Тернопіль".to_owned()));
        assert_eq!(office.services.locks.holder(&ttn).await.unwrap(), None);
        // Sent again after a lost answer: the same answer, once on the timeline.
        handle(&clerk, params).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        assert_eq!(
            office.services.store.details(&ttn).await.unwrap().unwrap().timeline.len(),
            3,
            "registered, moved, status"
        );
    }

    #[tokio::test]
    async fn a_rule_that_says_no_leaves_the_editor_its_lock() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let fence = fence(&clerk, ttn).await;
        handle(&clerk, to(&office, ttn, fence, "ЛЬВІВ", "городоцька, 12")).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().refusal, Some(RefusalCode::SamePlace));
        assert!(office.services.locks.holder(&ttn).await.unwrap().is_some());
        handle(&clerk, to(&office, ttn, fence, "Тернопіль", "Сортувальний центр")).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        let bad = handle(&clerk, to(&office, ttn, fence, "", "x\u{0}")).await.unwrap_err();
        let fields: Vec<&str> = bad.fields.iter().map(|refusal| refusal.field.as_str()).collect();
        assert_eq!(fields, ["city", "street"]);
    }

    #[tokio::test]
    async fn who_lost_the_lock_cannot_save_once_another_has_loaded() {
        let office = TestOffice::open().await;
        let (paused, next) = (office.clerk("1"), office.clerk("2"));
        let (mut desk, mut other) = (office.desk(&paused), office.desk(&next));
        let ttn = office.register(&paused).await.ttn;
        let old = fence(&paused, ttn).await;
        office.forget_locks(&paused, ttn).await;
        let new = fence(&next, ttn).await;
        assert!(new > old);
        handle(&paused, to(&office, ttn, old, "Одеса", "Відділення 12")).await.unwrap();
        let problem = desk.outcome().await.problem.unwrap();
        assert_eq!((problem.code, problem.holder.unwrap().session), (ProblemCode::LockLost, next.session));
        // Nor with the token of the other.
        handle(&paused, to(&office, ttn, new, "Одеса", "Відділення 12")).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().code, ProblemCode::LockLost);
        handle(&next, to(&office, ttn, new, "Київ", "Відділення 41")).await.unwrap();
        assert_eq!(other.outcome().await.problem, None);
        assert_eq!(place(&office, ttn).await, (Status::Delivered, "Київ".to_owned()));
    }

    #[tokio::test]
    async fn who_lost_the_lock_and_nobody_came_can_still_save_even_without_redis() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let fence = fence(&clerk, ttn).await;
        let params = to(&office, ttn, fence, "Київ", "Відділення 41");
        let TestOffice { services, redis, .. } = office;
        drop(redis);
        handle(&clerk, params).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        assert_eq!(services.store.details(&ttn).await.unwrap().unwrap().order.status, Status::Delivered);
    }

    #[tokio::test]
    async fn a_short_command_of_another_session_ends_a_stale_editor() {
        let office = TestOffice::open().await;
        let (paused, next) = (office.clerk("1"), office.clerk("2"));
        let (mut desk, mut other) = (office.desk(&paused), office.desk(&next));
        let ttn = office.register(&paused).await.ttn;
        let old = fence(&paused, ttn).await;
        office.forget_locks(&paused, ttn).await;
        let reason = postoffice_protocol::orders::WithReason {
            command_id: office.command_id(),
            ttn,
            reason: "відмова".to_owned(),
        };
        cancel::handle(&next, reason).await.unwrap();
        assert_eq!(other.outcome().await.problem, None);
        handle(&paused, to(&office, ttn, old, "Одеса", "Відділення 12")).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().code, ProblemCode::LockLost);
    }

    #[tokio::test]
    async fn zero_foreign_and_unknown_tokens_are_refused() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        for fence in [0, 1, u64::MAX] {
            handle(&clerk, to(&office, ttn, fence, "Одеса", "Відділення 12")).await.unwrap();
            assert_eq!(desk.outcome().await.problem.unwrap().code, ProblemCode::LockLost, "{fence}");
        }
        let reason = postoffice_protocol::orders::WithReason {
            command_id: office.command_id(),
            ttn,
            reason: "помилка".to_owned(),
        };
        let fence = fence(&clerk, ttn).await;
        delete::handle(&clerk, reason).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        handle(&clerk, to(&office, ttn, fence, "Одеса", "Відділення 12")).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().refusal, Some(RefusalCode::Deleted));
    }
}
