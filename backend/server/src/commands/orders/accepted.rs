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
    problem::{Problem, ProblemCode},
};
use tracing::Instrument;

use crate::{
    commands::{locks::acquire::stranger, stamped},
    context::Context,
    locks::Acquired,
    store::{Decided, Guard, OrderWork, StoreError, WorkKind},
};

/// Accepts a command: runs `work` to its end and reports the outcome.
pub(super) async fn accept<F>(context: &Context, command_id: CommandId, ttn: Ttn, work: F) -> Accepted
where
    F: Future<Output = Decided> + Send + 'static,
{
    let context = context.clone();
    let span = tracing::info_span!("command", %command_id, request_id = context.request_id);
    let tasks = context.services.tasks.clone();
    tasks.spawn(
        async move {
            let (problem, version) = match work.await {
                Ok(done) => {
                    tracing::info!(%ttn, version = done.version, "done");
                    (None, Some(done.version))
                }
                Err(problem) => (Some(stamped(*problem, &context.request_id, context.now())), None),
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
) -> Decided {
    let answer = context.services.store.submit(work(context, command_id, ttn, command, guard)).await;
    answer.map_err(|error| refusal(&error))?.into()
}

/// Takes the lock, submits, releases: for operations that are over before anyone could edit in between.
pub(super) async fn submit_under_lock(
    context: &Context,
    command_id: CommandId,
    ttn: Ttn,
    command: OrderCommand,
) -> Decided {
    let services = &context.services;
    let locked = match services.locks.acquire(&ttn, &holder(context, LockPurpose::Command)).await {
        Ok(Acquired::Ours { fresh, .. }) => match stranger(context, &ttn, fresh).await {
            Ok(()) => Ok(fresh),
            Err(problem) => {
                release(context, &ttn).await;
                Err(problem)
            }
        },
        Ok(Acquired::Busy(holder)) => Err(Problem::locked(holder)),
        Err(error) => Err(error.to_problem()),
    };
    let fresh = match locked {
        Ok(fresh) => fresh,
        // Sent again after a lost answer: it was done, whoever has the lock by now.
        Err(problem) => {
            let asked = work(context, command_id, ttn, command, Guard::None);
            let known = services.store.answer_of(&asked).await.map_err(|error| refusal(&error))?;
            return known.map_or(Err(Box::new(problem)), Decided::from);
        }
    };
    let decided = decide(context, command_id, ttn, command).await;
    // The session's own open editor keeps its lock.
    if fresh {
        release(context, &ttn).await;
    }
    decided
}

async fn release(context: &Context, ttn: &Ttn) {
    if let Err(error) = context.services.locks.release_command(ttn, context.session).await {
        tracing::warn!(%error, %ttn, "the lock will end with its lease");
    }
}

/// Decides and writes in one step, unless somebody has loaded the order for edit since: then our lease had run out.
async fn decide(context: &Context, command_id: CommandId, ttn: Ttn, command: OrderCommand) -> Decided {
    let fence = context.services.store.fence(&ttn).await.map_err(|error| refusal(&error))?;
    let decided = submit(context, command_id, ttn, command, Guard::Unmoved(fence.unwrap_or(0))).await;
    match decided {
        Err(problem) if problem.code == ProblemCode::LockLost => Err(lock_lost(context, &ttn).await),
        decided => decided,
    }
}

/// `lock_lost` with who has the lock now, as far as Redis can say.
pub(super) async fn lock_lost(context: &Context, ttn: &Ttn) -> Box<Problem> {
    let present = match context.services.locks.holder(ttn).await {
        Ok(lock) => lock.map(|lock| lock.holder),
        Err(error) => {
            tracing::debug!(%error, "nobody knows who has the lock");
            None
        }
    };
    Box::new(Problem::lock_lost(present.filter(|holder| holder.session != context.session)))
}

fn work(context: &Context, command_id: CommandId, ttn: Ttn, command: OrderCommand, guard: Guard) -> OrderWork {
    OrderWork {
        command_id,
        session: context.session,
        actor: context.actor.clone(),
        request_id: context.request_id.clone(),
        now: context.now(),
        kind: WorkKind::Decide { ttn, command, guard },
    }
}

fn refusal(error: &StoreError) -> Box<Problem> {
    Box::new(error.to_problem())
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
