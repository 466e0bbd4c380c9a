//! `locks.snapshot`: every lock held for editing, for a desktop that comes or comes back.

use postoffice_protocol::{locks::LockSnapshot, problem::Problem, session::Nothing};

use crate::context::Context;

/// Gives every lock held for editing.
///
/// # Errors
/// `locks_unavailable`.
pub async fn handle(context: &Context, _: Nothing) -> Result<LockSnapshot, Problem> {
    let locks = context.services.locks.snapshot().await.map_err(|error| error.to_problem())?;
    Ok(LockSnapshot { locks })
}
