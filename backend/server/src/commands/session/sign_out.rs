//! `session.sign_out`: ends the session and frees its locks.

use postoffice_protocol::{problem::Problem, session::Nothing};

use crate::context::Context;

/// Ends the session. The socket stays open, signed out; `ws::session` unbinds it.
///
/// # Errors
/// The store's. Locks that cannot be freed now end with their lease.
pub async fn handle(context: &Context) -> Result<Nothing, Problem> {
    let services = &context.services;
    services.store.end_session(context.session).await.map_err(|error| error.to_problem())?;
    if let Err(problem) = services.locks.release_all(context.session).await {
        tracing::warn!(session = %context.session, %problem, "locks of a signed-out session are left to their lease");
    }
    tracing::info!(session = %context.session, "signed out");
    Ok(Nothing {})
}
