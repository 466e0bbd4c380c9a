//! What the three commands about a message that did not arrive have in common.

use postoffice_domain::message::MessageCommand;
use postoffice_protocol::{
    messages::MessageDone,
    orders::CommandId,
    problem::{Problem, ProblemCode},
};
use uuid::Uuid;

use crate::{
    context::Context,
    store::{MessageAnswer, MessageWork},
};

/// Runs the command to its end; the same id again gets the same answer and has no second effect.
pub(super) async fn deal(
    context: &Context,
    command_id: CommandId,
    event_id: Uuid,
    command: MessageCommand,
) -> Result<MessageDone, Problem> {
    let store = &context.services.store;
    let action = command.action();
    let work = MessageWork {
        command_id,
        actor: context.actor.clone(),
        branch: context.branch.clone(),
        request_id: context.request_id.clone(),
        now: context.now(),
        event_id,
        command,
    };
    let shown = match store.submit_message(work).await.map_err(|error| error.to_problem())? {
        MessageAnswer::Done(shown) => shown,
        MessageAnswer::Refused(problem) => return Err(*problem),
    };
    tracing::info!(%event_id, ?action, message = %shown, "dealt with");
    let row = store.message_rows(&[shown]).await.map_err(|error| error.to_problem())?.remove(&shown);
    row.map(|row| MessageDone { row }).ok_or_else(|| Problem::new(ProblemCode::NotFound, "no such message"))
}
