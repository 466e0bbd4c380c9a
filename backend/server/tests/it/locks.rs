//! Locks between desks, over real sockets: who waits, asks, leaves, and what each is told.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::ServerNotice,
    locks::{
        AcquireLock, AnswerAsk, AskAnswer, AskAnswered, AskForLock, InLine, LockGranted, LockLoss, LockPurpose,
        LockTold, ReleaseLock, TakeOverLock, WaitForLock,
    },
    session::Nothing,
};

use crate::{
    connections::get,
    desk::{Desk, PATIENCE},
    office::Office,
    orders::{command_id, register},
};

async fn edit(desk: &mut Desk, ttn: Ttn) -> LockGranted {
    desk.ask("locks.acquire", &AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap()
}

async fn waits(desk: &mut Desk, ttn: Ttn) -> InLine {
    desk.ask("locks.wait", &WaitForLock { ttn }).await.unwrap()
}

async fn told(desk: &mut Desk) -> LockTold {
    desk.news(|notice| match notice {
        ServerNotice::LockTold(told) => Some(told),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn an_asked_holder_hands_over_and_the_next_in_line_is_told_when_it_is_free() {
    let office = Office::set_up().await;
    let [mut one, mut two, mut three] = [office.signed_in().await, office.signed_in().await, office.signed_in().await];
    let ttn = register(&mut one, "Кераміка").await.order.ttn;
    edit(&mut one, ttn).await;
    assert!(matches!(waits(&mut three, ttn).await, InLine::Waiting { place: 1, .. }));
    assert!(matches!(two.ask("locks.ask", &AskForLock { ttn }).await.unwrap(), InLine::Asked { place: 2, .. }));
    assert!(
        matches!(told(&mut one).await, LockTold::Asked { ask } if ask.ttn == ttn && ask.answer_within_ms == 20_000)
    );
    let answer = AnswerAsk { ttn, answer: AskAnswer::HandOver, by_silence: false };
    let answered: AskAnswered = one.ask("locks.answer", &answer).await.unwrap();
    assert!(answered.holder.is_some());
    assert_eq!(told(&mut two).await, LockTold::Granted { ttn });
    assert!(matches!(waits(&mut two, ttn).await, InLine::Granted { .. }));
    edit(&mut two, ttn).await;
    let _: Nothing = two.ask("locks.release", &ReleaseLock { ttn }).await.unwrap();
    assert_eq!(told(&mut three).await, LockTold::Granted { ttn });
    office.stop().await;
}

#[tokio::test]
async fn a_grant_to_a_desk_that_has_gone_goes_to_the_next_at_once() {
    let office = Office::set_up().await;
    let [mut one, mut gone, mut three] = [office.signed_in().await, office.signed_in().await, office.signed_in().await];
    let ttn = register(&mut one, "Кераміка").await.order.ttn;
    edit(&mut one, ttn).await;
    assert!(matches!(waits(&mut gone, ttn).await, InLine::Waiting { place: 1, .. }));
    assert!(matches!(waits(&mut three, ttn).await, InLine::Waiting { place: 2, .. }));
    drop(gone);
    let noticed = tokio::time::timeout(PATIENCE, async {
        while !get(office.admin, "/health/ready").await.contains(r#""sessions_live":2"#) {
            tokio::task::yield_now().await;
        }
    });
    noticed.await.expect("the server notices that the desk has gone");
    let _: Nothing = one.ask("locks.release", &ReleaseLock { ttn }).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(told(&mut three).await, LockTold::Granted { ttn });
    // A grant that nobody confirms lasts three seconds; this one was given back.
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    office.stop().await;
}

#[tokio::test]
async fn a_supervisor_takes_over_and_the_loser_is_told_by_whom_and_why() {
    let office = Office::set_up().await;
    let (mut clerk, mut supervisor) = (office.signed_in().await, office.signed_in().await);
    let ttn = register(&mut clerk, "Кераміка").await.order.ttn;
    let lost = edit(&mut clerk, ttn).await.lease.fence;
    let params = TakeOverLock { command_id: command_id(), ttn, reason: "Клієнт чекає".to_owned() };
    let taken: LockGranted = supervisor.ask("locks.take_over", &params).await.unwrap();
    assert!(taken.lease.fence > lost);
    let LockTold::Lost { how: LockLoss::TakenOver { reason }, holder, .. } = told(&mut clerk).await else {
        panic!("told of the loss")
    };
    assert_eq!((reason.as_str(), holder.session), ("Клієнт чекає", taken.order.lock.unwrap().holder.session));
    office.stop().await;
}
