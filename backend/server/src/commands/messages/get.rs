//! `messages.get`: everything about one message.

use postoffice_domain::{message::actions, sms_text::measure};
use postoffice_protocol::{
    messages::{GetMessage, MessageDetails},
    problem::{Problem, ProblemCode},
};

use crate::context::Context;

/// Gives the message with what was tried and what this employee may do about it.
///
/// # Errors
/// `not_found`; the store's own.
pub async fn handle(context: &Context, params: GetMessage) -> Result<MessageDetails, Problem> {
    let stored = context.services.store.message(params.event_id).await.map_err(|error| error.to_problem())?;
    let stored = stored.ok_or_else(|| Problem::new(ProblemCode::NotFound, "no such message"))?;
    let actions = actions(&stored.standing(), &stored.order, &context.actor, &context.branch);
    let size = stored.row.message.text.as_deref().map(measure);
    Ok(MessageDetails { row: stored.row, attempts: stored.attempts, actions, size, sequence: stored.sequence })
}
