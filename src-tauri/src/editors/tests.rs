use std::{sync::Arc, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::CoreEvent,
    locks::{LockLoss, LockTold, LocksRenewed, LostLock, TakeOverLock},
    orders::CommandId,
    problem::ProblemCode,
};
use tokio::time::Instant;

use crate::testing::{Desk, LEASE_MS, granted, holder, ttn};

fn lost(told: &[CoreEvent]) -> Option<(Ttn, ProblemCode, Option<LockLoss>)> {
    told.iter().find_map(|event| match event {
        CoreEvent::EditorLost(lost) => Some((lost.ttn, lost.problem.code, lost.how.clone())),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn an_editor_goes_read_only_a_tenth_before_its_lease_ends() {
    let mut desk = Desk::new();
    let ttn = ttn();
    let opened_at = Instant::now();
    desk.opens(ttn).await;
    // No heartbeat is answered any more.
    let told = loop {
        let told = desk.told().await;
        if lost(&told).is_some() {
            break told;
        }
    };
    assert_eq!(lost(&told), Some((ttn, ProblemCode::Offline, None)));
    let margin_left = Duration::from_millis(LEASE_MS).saturating_sub(opened_at.elapsed());
    assert!(margin_left > Duration::from_millis(2_900) && margin_left <= Duration::from_secs(3), "{margin_left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_counts_from_the_moment_its_renewal_was_sent() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    let (_, answer) = desk.next().await;
    let sent_at = Instant::now();
    // The answer takes its time.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    answer.with(&LocksRenewed { renewed: vec![ttn], lost: Vec::new(), lease_ms: 20_000, asked: Vec::new() });
    while lost(&desk.told().await).is_none() {}
    let open_for = sent_at.elapsed();
    assert!(open_for >= Duration::from_secs(18) && open_for < Duration::from_millis(18_100), "{open_for:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_a_lock_is_told_how_and_to_whom() {
    let mut desk = Desk::new();
    let (taken, gone) = (ttn(), ttn());
    desk.opens(taken).await;
    desk.opens(gone).await;
    let how = LockLoss::TakenOver { reason: "the parcel leaves now".to_owned() };
    desk.hears(LockTold::Lost { ttn: taken, holder: holder(9), how: how.clone() });
    assert_eq!(lost(&desk.told().await), Some((taken, ProblemCode::LockLost, Some(how))));
    // The other one's loss is learned from the heartbeat, which names no cause.
    let (call, answer) = desk.next().await;
    let Call::RenewLocks(renew) = call else { panic!("{call:?}") };
    assert_eq!(renew.ttns, [gone], "what is lost is renewed no more");
    let others = LostLock { ttn: gone, holder: Some(holder(9)) };
    answer.with(&LocksRenewed { renewed: Vec::new(), lost: vec![others], lease_ms: LEASE_MS, asked: Vec::new() });
    assert_eq!(lost(&desk.told().await), Some((gone, ProblemCode::LockLost, None)));
    desk.is_quiet_for(Duration::from_mins(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_was_taken_over_is_kept_like_any_other() {
    let mut desk = Desk::new();
    let ttn = ttn();
    let take =
        TakeOverLock { command_id: CommandId(uuid::Uuid::from_u128(5)), ttn, reason: "it leaves now".to_owned() };
    let core = Arc::clone(&desk.core);
    let asked = take.clone();
    let taking = tokio::spawn(async move { core.editors.take_over(&core, asked).await });
    let (call, answer) = desk.next().await;
    assert_eq!(call, Call::TakeOverLock(take));
    answer.with(&granted(ttn));
    assert_eq!(taking.await.unwrap().unwrap().lease.ttn, ttn);
    let (call, _) = desk.next().await;
    assert!(matches!(call, Call::RenewLocks(renew) if renew.ttns == [ttn]));
}
