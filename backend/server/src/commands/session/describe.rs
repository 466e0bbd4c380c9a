//! `session.describe`: what anyone on the LAN may know before signing in.

use postoffice_protocol::{PROTOCOL_VERSION, problem::Problem, session::Office};

use crate::context::Services;

/// Describes the office.
///
/// # Errors
/// The store cannot be read.
pub async fn handle(services: &Services) -> Result<Office, Problem> {
    let office = services.store.office().await.map_err(|error| error.to_problem())?;
    Ok(Office {
        name: office.name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL_VERSION,
        setup_required: office.setup_required,
        branches: office.branches,
        stations_live: u32::try_from(services.hub.sessions_live()).unwrap_or(u32::MAX),
        now: services.now(),
    })
}
