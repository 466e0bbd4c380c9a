//! `locks.leave`: waits and asks no more.

use postoffice_protocol::{locks::LeaveLine, problem::Problem, session::Nothing};

use crate::context::Context;

/// Takes the session out of the line; what is kept for it goes to the next one.
///
/// # Errors
/// `locks_unavailable`: the place in the line ends by itself.
pub async fn handle(context: &Context, params: LeaveLine) -> Result<Nothing, Problem> {
    let left = context.services.locks.leave(&params.ttn, context.session).await;
    left.map(|()| Nothing {}).map_err(|error| error.to_problem())
}
