//! `locks.renew`: the heartbeat of a desktop's core for all its open editors.

use postoffice_domain::refusal::{FieldRefusal, RefusalCode, RefusalDetail};
use postoffice_protocol::{
    locks::{LocksRenewed, RenewLocks},
    problem::Problem,
};

use crate::context::Context;

const MAX_LOCKS: usize = 50;

/// Renews the session's locks and says which are lost.
///
/// # Errors
/// `invalid_fields` (more than 50), `locks_unavailable`.
pub async fn handle(context: &Context, params: RenewLocks) -> Result<LocksRenewed, Problem> {
    if params.ttns.len() > MAX_LOCKS {
        let detail = RefusalDetail { max: i64::try_from(MAX_LOCKS).ok(), ..RefusalDetail::default() };
        let refusal = FieldRefusal { field: "ttns".to_owned(), code: RefusalCode::TooMany, detail };
        return Err(Problem::invalid_fields(vec![refusal]));
    }
    let locks = &context.services.locks;
    let (renewed, lost) = locks.renew(context.session, &params.ttns).await.map_err(|error| error.to_problem())?;
    Ok(LocksRenewed { renewed, lost, lease_ms: locks.lease_ms() })
}
