//! Commands that are accepted at once and whose outcome comes later: no request state is kept for them.
//!
//! The task runs to its end whatever happens to the socket. Its outcome goes to the session, wherever that is now; a session that is away
//! sends the command again and gets the stored answer.

use std::future::Future;

use postoffice_domain::{order::OrderCommand, ttn::Ttn};
use postoffice_protocol::{
    events::CommandOutcome,
    locks::{LockHolder, LockPurpose},
    orders::{Accepted, CommandId},
    problem::Problem,
};
use tracing::Instrument;

use crate::{
    commands::stamped,
    context::Context,
    locks::Acquired,
    store::{Answer, Done, Guard, OrderWork, WorkKind},
};

/// Accepts a command: runs `work` to its end and reports the outcome.
pub(super) fn accept<F>(context: &Context, command_id: CommandId, ttn: Ttn, work: F) -> Accepted
where
    F: Future<Output = Result<Done, Problem>> + Send + 'static,
{
    let context = context.clone();
    let span = tracing::info_span!("command", %command_id, request_id = context.request_id);
    let tasks = context.services.tasks.clone();
    tasks.spawn(
        async move {
            let (problem, version) = match work.await {
                Ok(done) => (None, Some(done.version)),
                Err(problem) => (Some(stamped(problem, &context.request_id, context.now())), None),
            };
            context.services.hub.outcome(CommandOutcome {
                command_id,
                session: context.session,
                ttn,
                problem,
                version,
            });
        }
        .instrument(span),
    );
    Accepted { command_id }
}

/// Submits a command to the store.
pub(super) async fn submit(
    context: &Context,
    command_id: CommandId,
    ttn: Ttn,
    command: OrderCommand,
    guard: Guard,
) -> Result<Done, Problem> {
    let work = OrderWork {
        command_id,
        session: context.session,
        actor: context.actor.clone(),
        request_id: context.request_id.clone(),
        now: context.now(),
        kind: WorkKind::Decide { ttn, command, guard },
    };
    match context.services.store.submit(work).await {
        Ok(Answer::Done(done)) => Ok(*done),
        Ok(Answer::Refused(problem)) => Err(*problem),
        Err(error) => Err(error.to_problem()),
    }
}

/// Takes the lock, submits, releases: for operations that are over before anyone could edit in between.
pub(super) async fn submit_under_lock(
    context: &Context,
    command_id: CommandId,
    ttn: Ttn,
    command: OrderCommand,
) -> Result<Done, Problem> {
    let locks = &context.services.locks;
    let us = holder(context, LockPurpose::Command);
    let fresh = match locks.acquire(&ttn, &us).await.map_err(|error| error.to_problem())? {
        Acquired::Ours { fresh, .. } => fresh,
        Acquired::Busy(holder) => return Err(Problem::locked(holder)),
    };
    let done = submit(context, command_id, ttn, command, Guard::None).await;
    // The session's own open editor keeps its lock.
    if fresh && let Err(error) = locks.release(&ttn, context.session).await {
        tracing::warn!(%error, %ttn, "the lock will end with its lease");
    }
    done
}

/// This session as the holder of a lock.
pub(in crate::commands) fn holder(context: &Context, purpose: LockPurpose) -> LockHolder {
    LockHolder {
        session: context.session,
        employee: context.actor.employee,
        name: context.actor.name.clone(),
        station: context.actor.station.clone(),
        since: context.now(),
        purpose,
    }
}
