//! `messages.mark_told`: the customer was told by voice; the message is no problem any more.

use postoffice_domain::message::MessageCommand;
use postoffice_protocol::{
    messages::{MessageDone, OnMessage},
    problem::Problem,
};

use super::deal::deal;
use crate::context::Context;

/// Gives the message as it is now.
///
/// # Errors
/// As [`super::resend::handle`], without `deleted`: who was told was told.
pub async fn handle(context: &Context, params: OnMessage) -> Result<MessageDone, Problem> {
    deal(context, params.command_id, params.event_id, MessageCommand::MarkTold).await
}
