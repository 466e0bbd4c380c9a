//! `session.resume`: the same session on a new socket, and everything that happened since the last event it has seen.
//!
//! No hole between replay and live: the socket is bound at sequence S (`Hub::bind`) and the replay covers `since + 1 ..= S`. When it is written,
//! the socket follows (`Hub::follow`), if nothing was told since S; otherwise that is written first, and so on. A desktop that is catching up has
//! no changes in its queue: they would fill it while the replay is written, the fuller the more the server has to do, and nobody would ever be back.

use std::sync::Arc;

use postoffice_domain::people::Actor;
use postoffice_protocol::{
    problem::{Problem, ProblemCode},
    session::{Resume, Resumed},
};
use postoffice_runtime::planted;

use super::{Visitor, view};
use crate::{
    auth::{Identity, secret},
    fan_out::{self, ReplayPlan},
};

/// Binds the socket to the session of the token and prepares the replay.
///
/// # Errors
/// `unauthenticated`: no such session, or it ended.
pub async fn handle(visitor: &Visitor<'_>, params: Resume) -> Result<(Arc<Identity>, Resumed, ReplayPlan), Problem> {
    let services = visitor.services;
    let now = services.now();
    let idle_ms = i64::from(services.config.sessions.idle_minutes) * 60_000;
    let hash = secret::token_hash(&params.token);
    let found = services.store.session_by_token(&hash, now).await.map_err(|error| error.to_problem())?;
    let live = found
        .filter(|live| live.last_seen_at.plus_millis(idle_ms) > now)
        .ok_or_else(|| Problem::new(ProblemCode::Unauthenticated, "no such session, or it ended"))?;
    let actor = Actor {
        employee: live.employee,
        name: live.name,
        role: live.role,
        branch: live.branch.id.clone(),
        station: live.station,
    };
    let identity = Identity::new(live.id, actor, live.branch, live.expires_at, idle_ms, now);
    fan_out::caught_up_with(services, params.since).await?;
    let bind = || {
        let outbound = visitor.outbound.clone();
        if planted!("resume.live_before_replay") {
            return services.hub.attach(live.id, outbound);
        }
        services.hub.bind(live.id, outbound)
    };
    let plan = match fan_out::replay(services, params.since, bind).await {
        Ok(plan) => plan,
        Err(problem) => {
            services.hub.detach(live.id, visitor.outbound);
            return Err(problem);
        }
    };
    let sequence = plan.until;
    tracing::info!(session = %live.id, since = params.since, sequence, replay = ?plan.replay, "resumed");
    let resumed = Resumed { session: view(services, &identity, sequence), replay: plan.replay };
    Ok((Arc::new(identity), resumed, plan))
}
