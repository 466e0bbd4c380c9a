//! Ends open sockets whose session was ended elsewhere: an account disabled by the command line, a sign-out on another node.

use std::{sync::Arc, time::Duration};

use postoffice_protocol::events::ClosingReason;
use tokio::time::{MissedTickBehavior, interval};

use crate::{context::Services, store::StoreError};

/// "Disabling reaches open sockets within a second" (docs/SECURITY.md).
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks until the process stops.
///
/// # Errors
/// Never; a store that cannot be read now is asked again.
pub async fn run(services: Arc<Services>) -> Result<(), StoreError> {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = services.stopping.cancelled() => return Ok(()),
        }
        let open = services.hub.live_sessions();
        if open.is_empty() {
            continue;
        }
        match services.store.ended_sessions(&open, services.now()).await {
            Ok(ended) => {
                for session in ended {
                    tracing::info!(%session, "ended elsewhere: closing its socket");
                    services.hub.close_session(session, ClosingReason::SessionEnded);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot look for ended sessions"),
        }
    }
}
