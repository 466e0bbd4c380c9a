//! `orders.change_location`: under the lock that the editor took when it opened; the fencing token decides.

use postoffice_domain::{location::Location, order::OrderCommand};
use postoffice_protocol::{
    orders::{Accepted, ChangeLocation},
    problem::{Problem, ProblemCode},
};

use super::accepted::{accept, lock_lost, submit};
use crate::{
    context::Context,
    store::{Done, Guard},
};

/// Accepts the change; the outcome follows.
///
/// # Errors
/// `invalid_fields`: the place or the remark cannot be read.
pub async fn handle(context: &Context, params: ChangeLocation) -> Result<Accepted, Problem> {
    let to = Location::read("", &params.city, &params.street).map_err(Problem::invalid_fields)?;
    let command = OrderCommand::change_location(to, params.note.as_deref())
        .map_err(|refusal| Problem::invalid_fields(vec![refusal.at("note")]))?;
    let (command_id, ttn) = (params.command_id, params.ttn);
    let work = change(context.clone(), params, command);
    Ok(accept(context, command_id, ttn, work))
}

async fn change(context: Context, params: ChangeLocation, command: OrderCommand) -> Result<Done, Problem> {
    // Redis is not asked whether we still hold the lock: the token in SQL decides, also while Redis is away.
    let changed = submit(&context, params.command_id, params.ttn, command, Guard::Fence(params.fence)).await;
    match changed {
        Ok(done) => {
            // Released at the end of the work. When Redis is away now, the lease ends by itself.
            if let Err(error) = context.services.locks.release(&params.ttn, context.session).await {
                tracing::warn!(%error, ttn = %params.ttn, "the lock will end with its lease");
            }
            Ok(done)
        }
        Err(problem) if problem.code == ProblemCode::LockLost => Err(lock_lost(&context, &params.ttn).await),
        // Refused by a rule: the editor stays open with its lock, the clerk corrects.
        Err(problem) => Err(problem),
    }
}
