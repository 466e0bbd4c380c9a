//! The commands, one file each: `commands/<thing>/<verb>.rs` holds the handler and its tests.
//!
//! This file only finds the handler of a call and writes its answer. `CONTRIBUTING.md` says how to add a command.

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::{
    call::Call,
    frame::{write_problem, write_result},
    problem::{Problem, ProblemCode},
};
use serde::Serialize;
use tokio::time::Instant;

use crate::{context::Context, measures};

mod bounds;
pub mod locks;
pub mod messages;
pub mod orders;
pub mod session;
pub mod templates;

/// The answer of a call.
#[derive(Debug)]
pub struct Answered {
    /// The text of the response frame.
    pub text: String,
    /// It only says "accepted"; what became of the command comes as news.
    pub outcome_follows: bool,
}

/// Answers one call of a signed-in employee, for the request `id`.
pub async fn answer(context: &Context, id: &str, call: Call) -> Answered {
    let reply = Reply { id, context, method: call.method(), began: Instant::now() };
    match call {
        Call::Describe(_) => reply.write(session::describe::handle(&context.services).await),
        Call::CreateOrder(params) => reply.write(orders::create::handle(context, params).await),
        Call::ListOrders(params) => reply.write(orders::list::handle(context, params).await),
        Call::GetOrder(params) => reply.write(orders::get::handle(context, params).await),
        Call::RecentOrders(params) => reply.write(orders::recent::handle(context, params).await),
        Call::ChangeLocation(params) => reply.accepted(orders::change_location::handle(context, params).await),
        Call::CancelOrder(params) => reply.accepted(orders::cancel::handle(context, params).await),
        Call::CompleteOrder(params) => reply.accepted(orders::complete::handle(context, params).await),
        Call::DeleteOrder(params) => reply.accepted(orders::delete::handle(context, params).await),
        Call::UndoOrder(params) => reply.accepted(orders::undo::handle(context, params).await),
        Call::SetPlaces(params) => reply.accepted(orders::set_places::handle(context, params).await),
        Call::AcquireLock(params) => reply.write(locks::acquire::handle(context, params).await),
        Call::RenewLocks(params) => reply.write(locks::renew::handle(context, params).await),
        Call::ReleaseLock(params) => reply.write(locks::release::handle(context, params).await),
        Call::WaitForLock(params) => reply.write(locks::wait::wait(context, params).await),
        Call::AskForLock(params) => reply.write(locks::wait::ask(context, params).await),
        Call::LeaveLine(params) => reply.write(locks::leave::handle(context, params).await),
        Call::AnswerAsk(params) => reply.write(locks::answer::handle(context, params).await),
        Call::TakeOverLock(params) => reply.write(locks::take_over::handle(context, params).await),
        Call::LockSnapshot(_) => reply.write(Ok(locks::snapshot::handle(context))),
        Call::ListMessages(params) => reply.write(messages::list::handle(context, params).await),
        Call::GetMessage(params) => reply.write(messages::get::handle(context, params).await),
        Call::CountMessages(params) => reply.write(messages::counts::handle(context, params).await),
        Call::ResendMessage(params) => reply.write(messages::resend::handle(context, params).await),
        Call::CorrectNumber(params) => reply.write(messages::correct_number::handle(context, params).await),
        Call::MarkTold(params) => reply.write(messages::mark_told::handle(context, params).await),
        Call::GetTemplates(params) => reply.write(templates::get::handle(context, params).await),
        Call::SetTemplate(params) => reply.write(templates::set::handle(context, params).await),
        Call::ResetTemplate(params) => reply.write(templates::reset::handle(context, params).await),
        // These change who sits behind the socket; `ws::session` calls them itself, one at a time.
        Call::SetUp(_) | Call::SignIn(_) | Call::Resume(_) | Call::SignOut(_) => reply
            .write::<()>(Err(Problem::new(ProblemCode::Forbidden, "only a socket itself changes who sits behind it"))),
    }
}

struct Reply<'a> {
    id: &'a str,
    context: &'a Context,
    method: &'static str,
    began: Instant,
}

impl Reply<'_> {
    /// The answer of a command whose outcome comes later.
    fn accepted<T: Serialize>(&self, result: Result<T, Problem>) -> Answered {
        Answered { outcome_follows: result.is_ok(), ..self.write(result) }
    }

    fn write<T: Serialize>(&self, result: Result<T, Problem>) -> Answered {
        measures::request(self.method, result.is_err(), self.began.elapsed());
        let text = match result {
            Ok(result) => write_result(self.id, &result),
            Err(problem) => {
                let problem = stamped(problem, &self.context.request_id, self.context.now());
                write_problem(Some(self.id), &problem)
            }
        };
        Answered { text, outcome_follows: false }
    }
}

/// Logs a problem and gives it the request id under which the log tells its story.
pub fn stamped(mut problem: Problem, request_id: &str, now: Timestamp) -> Problem {
    match problem.code {
        ProblemCode::Internal | ProblemCode::StorageFull | ProblemCode::StorageUnavailable => {
            tracing::error!(code = ?problem.code, "{}", problem.message);
        }
        _ => tracing::info!(code = ?problem.code, "refused: {}", problem.message),
    }
    problem.request_id = Some(request_id.to_owned());
    problem.at = Some(now);
    problem
}
