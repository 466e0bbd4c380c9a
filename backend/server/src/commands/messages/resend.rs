//! `messages.resend`: sends a message that did not arrive once more, as a new one.

use postoffice_domain::message::MessageCommand;
use postoffice_protocol::{
    messages::{MessageDone, OnMessage},
    problem::Problem,
};

use super::deal::deal;
use crate::context::Context;

/// Gives the new message.
///
/// # Errors
/// `not_found`, `refused` (`message_not_a_problem` with where it is, `message_replaced`, `message_told`, `deleted`, `not_your_branch`),
/// `id_reused`; the store's own.
pub async fn handle(context: &Context, params: OnMessage) -> Result<MessageDone, Problem> {
    deal(context, params.command_id, params.event_id, MessageCommand::Resend).await
}
