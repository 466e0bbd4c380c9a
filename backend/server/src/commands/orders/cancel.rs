//! `orders.cancel`: gives an order up. Takes and releases the lock inside.

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
        OrderCommand::cancel(&params.reason).map_err(|refusal| Problem::invalid_fields(vec![refusal.at("reason")]))?;
    let within = context.clone();
    let work = async move { submit_under_lock(&within, params.command_id, params.ttn, command).await };
    Ok(accept(context, params.command_id, params.ttn, work).await)
}

#[cfg(test)]
mod tests {
    use postoffice_domain::{order::Status, refusal::RefusalCode};
    use postoffice_protocol::{
        locks::{AcquireLock, LockPurpose},
        problem::ProblemCode,
    };

    use super::*;
    use crate::{
        commands::locks::{acquire, release},
        test_office::{TestOffice, until},
    };

    fn reason(office: &TestOffice, ttn: postoffice_domain::ttn::Ttn, reason: &str) -> WithReason {
        WithReason { command_id: office.command_id(), ttn, reason: reason.to_owned() }
    }

    #[tokio::test]
    async fn accepted_at_once_then_done_and_the_lock_is_free_again() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let params = reason(&office, ttn, "");
        assert_eq!(handle(&clerk, params.clone()).await.unwrap(), Accepted { command_id: params.command_id });
        let outcome = desk.outcome().await;
        assert_eq!((outcome.command_id, outcome.ttn, outcome.session), (params.command_id, ttn, clerk.session));
        assert_eq!((outcome.problem, outcome.version), (None, Some(2)));
        let order = office.services.store.details(&ttn).await.unwrap().unwrap().order;
        assert_eq!(order.status, Status::Canceled);
        assert_eq!(office.services.locks.holder(&ttn).await.unwrap(), None);
    }

    #[tokio::test]
    async fn while_somebody_edits_it_is_refused_with_the_holder() {
        let office = TestOffice::open().await;
        let (clerk, editor) = (office.clerk("1"), office.clerk("2"));
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        acquire::handle(&editor, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        let params = reason(&office, ttn, "");
        handle(&clerk, params.clone()).await.unwrap();
        let problem = desk.outcome().await.problem.unwrap();
        assert_eq!((problem.code, problem.holder.unwrap().session), (ProblemCode::OrderLocked, editor.session));
        assert_eq!(problem.request_id.as_deref(), Some("request-1"));
        // That refusal was not the end of the command: sent again when the editor is gone, it is done.
        release::handle(&editor, postoffice_protocol::locks::ReleaseLock { ttn }).await.unwrap();
        handle(&clerk, params).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
    }

    #[tokio::test]
    async fn sent_again_after_a_lost_answer_it_gets_that_answer_whoever_edits_by_now() {
        let mut office = TestOffice::open().await;
        let (clerk, editor) = (office.clerk("1"), office.clerk("2"));
        let mut desk = office.desk(&clerk);
        let (done, refused) = (office.register(&clerk).await.ttn, office.register(&clerk).await.ttn);
        let first = reason(&office, done, "");
        let second = reason(&office, refused, "");
        handle(&clerk, reason(&office, refused, "двічі")).await.unwrap();
        desk.outcome().await;
        let mut before = Vec::new();
        for params in [&first, &second] {
            handle(&clerk, params.clone()).await.unwrap();
            before.push(desk.outcome().await);
        }
        assert_eq!(before[1].problem.as_ref().unwrap().refusal, Some(RefusalCode::FinalState));
        for ttn in [done, refused] {
            acquire::handle(&editor, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        }
        for (params, before) in [&first, &second].into_iter().zip(&before) {
            handle(&clerk, params.clone()).await.unwrap();
            let again = desk.outcome().await;
            let code = |outcome: &postoffice_protocol::events::CommandOutcome| {
                outcome.problem.as_ref().map(|problem| (problem.code, problem.refusal))
            };
            assert_eq!((again.version, code(&again)), (before.version, code(before)));
        }
        // Even without Redis.
        office.redis.kill_and_restart(false).await;
        handle(&clerk, first.clone()).await.unwrap();
        assert_eq!(desk.outcome().await.problem, None);
        // With other content it is another command.
        handle(&clerk, WithReason { reason: "інша причина".to_owned(), ..first }).await.unwrap();
        assert_eq!(desk.outcome().await.problem.unwrap().code, ProblemCode::IdReused);
    }

    #[tokio::test]
    async fn without_redis_nothing_is_changed() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut desk = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        let params = reason(&office, ttn, "");
        let TestOffice { services, redis, .. } = office;
        drop(redis);
        handle(&clerk, params).await.unwrap();
        let problem = desk.outcome().await.problem.unwrap();
        assert_eq!((problem.code, problem.retry_after_ms), (ProblemCode::LocksUnavailable, Some(3_000)));
        assert_eq!(services.store.details(&ttn).await.unwrap().unwrap().order.status, Status::New);
    }

    #[tokio::test]
    async fn an_outcome_finds_the_session_on_its_new_socket() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let old = office.desk(&clerk);
        let ttn = office.register(&clerk).await.ttn;
        handle(&clerk, reason(&office, ttn, "")).await.unwrap();
        let mut new = office.desk(&clerk);
        drop(old);
        assert_eq!(new.outcome().await.problem, None);
        until("the task is over", async || office.services.tasks.is_empty()).await;
    }

    #[tokio::test]
    async fn a_reason_with_forbidden_characters_is_refused_before_anything_is_accepted() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let ttn = office.register(&clerk).await.ttn;
        let problem = handle(&clerk, reason(&office, ttn, "a\u{202e}b")).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (ProblemCode::InvalidFields, "reason"));
        assert!(office.services.tasks.is_empty());
    }
}
