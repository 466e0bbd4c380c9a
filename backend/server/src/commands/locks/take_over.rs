//! `locks.take_over`: a supervisor takes the lock, with a reason.

use postoffice_domain::{
    order::optional_reason,
    refusal::{Refusal, RefusalCode},
};
use postoffice_protocol::{
    locks::{LockGranted, LockParty, LockPassed, LockPurpose, TakeOverLock},
    problem::{Problem, ProblemCode},
};

use super::acquire::granted;
use crate::{
    commands::orders::{accepted::holder, get::details},
    context::Context,
    store::{Passing, PassingWritten},
};

/// Takes the lock in Redis, which tells the loser in the same step; then one commit stamps the next fencing token and writes timeline and
/// audit; then the order is loaded. Asked again under the same id, it is written once.
///
/// # Errors
/// `invalid_fields` (no reason, or one that cannot be read), `locks_unavailable`, `not_found`, `id_reused`; the store's own.
pub async fn handle(context: &Context, params: TakeOverLock) -> Result<LockGranted, Problem> {
    let invalid = |refusal: Refusal| Problem::invalid_fields(vec![refusal.at("reason")]);
    let reason = optional_reason(&params.reason).map_err(invalid)?;
    let reason = reason.ok_or_else(|| invalid(Refusal::new(RefusalCode::Empty)))?;
    let us = holder(context, LockPurpose::EditPlace);
    let services = &context.services;
    let taken = services.locks.take_over(&params.ttn, &us, &reason).await;
    let (present, former) = taken.map_err(|error| error.to_problem())?;
    let written = services
        .store
        .write_passing(Passing {
            ttn: params.ttn,
            actor: context.actor.clone(),
            now: context.now(),
            request_id: context.request_id.clone(),
            event: LockPassed::TakenOver { from: former.as_ref().map(LockParty::from), reason },
            taken: Some((params.command_id, context.session)),
        })
        .await;
    let problem = match written {
        Ok(PassingWritten::Done { fence: Some(fence) }) => {
            let order = details(context, &params.ttn).await?;
            return Ok(granted(context, &params.ttn, present, fence, order));
        }
        Ok(PassingWritten::IdReused) => {
            Problem::new(ProblemCode::IdReused, "the command id was used for another command")
        }
        Ok(PassingWritten::Done { fence: None } | PassingWritten::NotFound) => {
            Problem::new(ProblemCode::NotFound, "no such order")
        }
        Err(error) => error.to_problem(),
    };
    // Nothing was loaded: the lock is of no use to us.
    if let Err(error) = services.locks.release(&params.ttn, context.session).await {
        tracing::warn!(%error, ttn = %params.ttn, "the lock will end with its lease");
    }
    Err(problem)
}
