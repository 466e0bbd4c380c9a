//! `locks.answer`: the holder's answer to a colleague who asks for the lock.

use postoffice_protocol::{
    locks::{AnswerAsk, AskAnswered, LockParty, LockPassed},
    problem::Problem,
};

use super::passing;
use crate::{context::Context, locks::Answered};

/// Hands the lock over, or keeps it for a while.
///
/// # Errors
/// `locks_unavailable`: nothing was answered.
pub async fn handle(context: &Context, params: AnswerAsk) -> Result<AskAnswered, Problem> {
    let locks = &context.services.locks;
    let answered = locks.answer(&params.ttn, context.session, params.answer).await;
    let holder = match answered.map_err(|error| error.to_problem())? {
        Answered::HandedOver { to, asked_at } => {
            let event = LockPassed::HandedOver { to: LockParty::from(&to), asked_at, by_silence: params.by_silence };
            passing::write(context, params.ttn, event).await;
            Some(to)
        }
        Answered::Kept | Answered::Over => None,
    };
    Ok(AskAnswered { holder })
}
