//! `messages.correct_number`: sends a message that did not arrive to another number, which is the recipient's from now on.

use postoffice_domain::{
    message::MessageCommand,
    phone::{Phone, PhoneUse},
};
use postoffice_protocol::{
    messages::{CorrectNumber, MessageDone},
    problem::Problem,
};

use super::deal::deal;
use crate::context::Context;

/// Gives the new message.
///
/// # Errors
/// `invalid_fields` (`phone`); as [`super::resend::handle`], and `same_phone`.
pub async fn handle(context: &Context, params: CorrectNumber) -> Result<MessageDone, Problem> {
    let phone = Phone::parse(&params.phone, PhoneUse::SmsRecipient)
        .map_err(|refusal| Problem::invalid_fields(vec![refusal.at("phone")]))?;
    deal(context, params.command_id, params.event_id, MessageCommand::CorrectNumber { phone }).await
}
