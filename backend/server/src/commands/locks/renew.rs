//! `locks.renew`: the heartbeat of a desktop's core for all its open editors.

use postoffice_domain::{
    refusal::{FieldRefusal, RefusalCode, RefusalDetail},
    ttn::Ttn,
};
use postoffice_protocol::{
    locks::{LockHolder, LockPurpose, LocksRenewed, LostLock, RenewLocks},
    problem::Problem,
};
use postoffice_runtime::planted;

use crate::{
    commands::orders::accepted::holder,
    context::Context,
    locks::{Acquired, Renewed},
};

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
    let answers = locks.renew(context.session, &params.ttns).await.map_err(|error| error.to_problem())?;
    let mut renewed = LocksRenewed { lease_ms: locks.lease_ms(), ..LocksRenewed::default() };
    for (ttn, answer) in params.ttns.into_iter().zip(answers) {
        match answer {
            Renewed::Lost(lost) if lost.holder.is_none() && planted!("locks.renew_makes_again") => {
                let us = holder(context, LockPurpose::EditPlace);
                locks.put_back(&ttn, &us).await.map_err(|error| error.to_problem())?;
                renewed.renewed.push(ttn);
            }
            Renewed::Ours(ask) => {
                renewed.renewed.push(ttn);
                renewed.asked.extend(ask);
            }
            Renewed::Lost(lost) => renewed.lost.push(lost),
            Renewed::Vanished(holder) => match put_back(context, ttn, &holder).await? {
                None => renewed.renewed.push(ttn),
                Some(lost) => renewed.lost.push(lost),
            },
        }
    }
    Ok(renewed)
}

/// Redis lost a lock whose lease has not run out. It comes back if SQL still knows this session, and nobody else, to be at work on the order.
async fn put_back(context: &Context, ttn: Ttn, holder: &LockHolder) -> Result<Option<LostLock>, Problem> {
    let services = &context.services;
    let at_work = services.store.at_work(&ttn).await.map_err(|error| error.to_problem())?;
    if at_work != Some(context.session) {
        return Ok(Some(LostLock { ttn, holder: None }));
    }
    tracing::info!(%ttn, "Redis lost a lock; its holder has it again");
    match services.locks.put_back(&ttn, holder).await.map_err(|error| error.to_problem())? {
        Acquired::Ours { .. } => Ok(None),
        Acquired::Busy(holder) => Ok(Some(LostLock { ttn, holder: Some(holder) })),
    }
}

#[cfg(test)]
mod tests {
    use postoffice_protocol::{locks::AcquireLock, problem::ProblemCode};

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
