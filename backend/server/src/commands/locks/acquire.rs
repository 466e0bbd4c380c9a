//! `locks.acquire`: the lock first, then the order is loaded under it and stamped with the next fencing token.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    locks::{AcquireLock, Lease, LockGranted, LockHolder, LockPurpose, LockView},
    orders::OrderDetails,
    problem::{Problem, ProblemCode},
};
use tokio::time::Instant;

use crate::{
    commands::orders::{accepted::holder, get::shown},
    context::Context,
    locks::Acquired,
};

/// Takes the lock and loads the order.
///
/// # Errors
/// `order_locked` with the holder, `locks_unavailable`, `not_found`; the store's own. Nothing is left locked then that was not before.
pub async fn handle(context: &Context, params: AcquireLock) -> Result<LockGranted, Problem> {
    if params.purpose != LockPurpose::EditPlace {
        return Err(Problem::new(
            ProblemCode::BadRequest,
            "purpose: what a clerk does, not what the server does itself",
        ));
    }
    let locks = &context.services.locks;
    let us = holder(context, params.purpose);
    let (present, fresh) = match locks.acquire(&params.ttn, &us).await.map_err(|error| error.to_problem())? {
        Acquired::Ours { holder, fresh } => (holder, fresh),
        Acquired::Busy(holder) => return Err(Problem::locked(holder)),
    };
    let loaded = match stranger(context, &params.ttn, fresh).await {
        Ok(()) => load(context, &params.ttn, present).await,
        Err(problem) => Err(problem),
    };
    if loaded.is_err()
        && fresh
        && let Err(error) = locks.release(&params.ttn, context.session).await
    {
        tracing::warn!(%error, ttn = %params.ttn, "the lock will end with its lease");
    }
    loaded
}

/// For one lease after Redis lost its data: whoever SQL knows to be at work on the order gets it, nobody else.
///
/// # Errors
/// `locks_unavailable` with when to try again.
pub(in crate::commands) async fn stranger(context: &Context, ttn: &Ttn, fresh: bool) -> Result<(), Problem> {
    let services = &context.services;
    let memory = services.locks.memory();
    if !fresh || !memory.is_without_past(Instant::now()) {
        return Ok(());
    }
    let at_work = services.store.at_work(ttn).await.map_err(|error| error.to_problem())?;
    let other = at_work.filter(|session| *session != context.session);
    let Some(left) = other.and_then(|other| memory.may_be_forgotten_for(ttn, other, Instant::now())) else {
        return Ok(());
    };
    let retry_after_ms = u64::try_from(left.as_millis()).ok();
    let problem =
        Problem::new(ProblemCode::LocksUnavailable, "Redis lost its data; somebody may be at work on the order");
    Err(Problem { retry_after_ms, ..problem })
}

async fn load(context: &Context, ttn: &Ttn, present: LockHolder) -> Result<LockGranted, Problem> {
    let stamped = context.services.store.load_for_edit(*ttn, context.session).await;
    let Some((stored, fence)) = stamped.map_err(|error| error.to_problem())? else {
        return Err(Problem::new(ProblemCode::NotFound, "no such order"));
    };
    Ok(granted(context, ttn, present, fence, shown(context, stored)))
}

/// The lease, and the order as it is under it.
pub(super) fn granted(
    context: &Context,
    ttn: &Ttn,
    present: LockHolder,
    fence: u64,
    order: OrderDetails,
) -> LockGranted {
    let locks = &context.services.locks;
    let (lease_ms, renew_every_ms) = (locks.lease_ms(), locks.renew_every_ms());
    let lock = Some(LockView { ttn: *ttn, holder: present, expires_in_ms: lease_ms });
    let lease = Lease { ttn: *ttn, fence, lease_ms, renew_every_ms };
    LockGranted { lease, order: OrderDetails { lock, ..order } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{commands::orders::get, test_office::TestOffice};

    fn edit(ttn: Ttn) -> AcquireLock {
        AcquireLock { ttn, purpose: LockPurpose::EditPlace }
    }

    #[tokio::test]
    async fn of_two_clerks_one_edits_and_the_other_sees_who() {
        let office = TestOffice::open().await;
        let (one, two) = (office.clerk("1"), office.clerk("2"));
        let ttn = office.register(&one).await.ttn;
        let (first, second) = tokio::join!(handle(&one, edit(ttn)), handle(&two, edit(ttn)));
        let (granted, refused, winner) = match (first, second) {
            (Ok(granted), Err(refused)) => (granted, refused, &one),
            (Err(refused), Ok(granted)) => (granted, refused, &two),
            both => panic!("{both:?}"),
        };
        assert_eq!((granted.lease.ttn, granted.lease.fence), (ttn, 1));
        assert_eq!((granted.lease.lease_ms, granted.lease.renew_every_ms), (30_000, 10_000));
        assert_eq!(granted.order.lock.map(|lock| lock.holder.session), Some(winner.session));
        assert_eq!(refused.code, ProblemCode::OrderLocked);
        let holder = refused.holder.unwrap();
        assert_eq!((holder.session, holder.name), (winner.session, winner.actor.name.clone()));
    }

    #[tokio::test]
    async fn asked_again_it_is_the_same_lock_with_a_newer_token() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let ttn = office.register(&clerk).await.ttn;
        let first = handle(&clerk, edit(ttn)).await.unwrap();
        let again = handle(&clerk, edit(ttn)).await.unwrap();
        assert!(again.lease.fence > first.lease.fence);
        let since = |granted: LockGranted| granted.order.lock.unwrap().holder.since;
        assert_eq!(since(again), since(first));
    }

    #[tokio::test]
    async fn an_order_that_is_not_there_leaves_no_lock() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let ttn = Ttn::draw(&crate::system::SystemEntropy);
        assert_eq!(handle(&clerk, edit(ttn)).await.unwrap_err().code, ProblemCode::NotFound);
        assert_eq!(office.services.locks.holder(&ttn).await.unwrap(), None);
    }

    #[tokio::test]
    async fn locks_of_commands_are_not_given_out() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let ttn = office.register(&clerk).await.ttn;
        let asked = AcquireLock { ttn, purpose: LockPurpose::Command };
        assert_eq!(handle(&clerk, asked).await.unwrap_err().code, ProblemCode::BadRequest);
    }

    #[tokio::test]
    async fn without_redis_nobody_edits_but_everybody_reads() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let ttn = office.register(&clerk).await.ttn;
        let TestOffice { redis, .. } = office;
        drop(redis);
        let problem = handle(&clerk, edit(ttn)).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::LocksUnavailable);
        get::handle(&clerk, postoffice_protocol::orders::GetOrder { ttn }).await.unwrap();
    }
}
