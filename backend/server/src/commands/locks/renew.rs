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

#[cfg(test)]
mod tests {
    use postoffice_domain::ttn::Ttn;
    use postoffice_protocol::{
        locks::{AcquireLock, LockPurpose, LostLock},
        problem::ProblemCode,
    };

    use super::*;
    use crate::{commands::locks::acquire, system::SystemEntropy, test_office::TestOffice};

    #[tokio::test]
    async fn what_is_ours_is_renewed_what_is_not_is_named_with_its_holder() {
        let office = TestOffice::open().await;
        let (clerk, other) = (office.clerk("1"), office.clerk("2"));
        let (ours, theirs) = (office.register(&clerk).await.ttn, office.register(&clerk).await.ttn);
        let nobodys = Ttn::draw(&SystemEntropy);
        for (context, ttn) in [(&clerk, ours), (&other, theirs)] {
            acquire::handle(context, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        }
        let renewed = handle(&clerk, RenewLocks { ttns: vec![ours, theirs, nobodys] }).await.unwrap();
        assert_eq!((renewed.renewed, renewed.lease_ms), (vec![ours], 30_000));
        let [lost, gone] = &renewed.lost[..] else { panic!("{:?}", renewed.lost) };
        assert_eq!((lost.ttn, lost.holder.as_ref().map(|holder| holder.session)), (theirs, Some(other.session)));
        assert_eq!(gone, &LostLock { ttn: nobodys, holder: None });
    }

    #[tokio::test]
    async fn more_than_fifty_are_refused() {
        let office = TestOffice::open().await;
        let ttns = vec![Ttn::draw(&SystemEntropy); MAX_LOCKS + 1];
        let problem = handle(&office.clerk("1"), RenewLocks { ttns }).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].detail.max), (ProblemCode::InvalidFields, Some(50)));
    }
}
