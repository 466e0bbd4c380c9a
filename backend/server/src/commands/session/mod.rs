//! Describing the office, setting it up, signing in and out, resuming after a break.

use std::sync::Arc;

use postoffice_domain::tariff::Tariff;
use postoffice_protocol::{
    problem::{Problem, ProblemCode},
    session::Session,
};

use crate::{auth::Identity, context::Services, ws::outbound::Outbound};

pub mod describe;
pub mod resume;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;

/// A socket on which nobody is signed in yet.
pub struct Visitor<'a> {
    /// The services of the process.
    pub services: &'a Arc<Services>,
    /// Where news for this socket goes once a session is bound to it.
    pub outbound: &'a Outbound,
}

/// The session as its desktop sees it. `sequence`: of the last change broadcast before the socket was bound to the session.
fn view(services: &Services, identity: &Identity, sequence: u64) -> Session {
    Session {
        id: identity.session,
        employee: identity.actor.employee,
        name: identity.actor.name.clone(),
        role: identity.actor.role,
        branch: identity.branch.clone(),
        station: identity.actor.station.clone(),
        tariff: Tariff::current(),
        tracking_url: services.config.tracking_url.clone(),
        expires_at: identity.expires_at,
        sequence,
        now: services.now(),
    }
}

/// A fault of hashing or of our own data; the clerk is told that it is not their fault.
fn internal(error: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemCode::Internal, error.to_string())
}
