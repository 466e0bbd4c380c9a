//! `locks.release`: on save, Esc, sign-out, window close.

use postoffice_protocol::{locks::ReleaseLock, problem::Problem, session::Nothing};

use crate::context::Context;

/// Frees the lock if it is this session's.
///
/// # Errors
/// `locks_unavailable`: the lease will end by itself.
pub async fn handle(context: &Context, params: ReleaseLock) -> Result<Nothing, Problem> {
    let freed = context.services.locks.release(&params.ttn, context.session).await;
    freed.map(|_| Nothing {}).map_err(|error| error.to_problem())
}
