use std::{sync::Arc, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::CoreEvent,
    events::LockNews,
    locks::{AcquireLock, AskForLock, InLine, LeaveLine, LockPurpose, LockTold, LockView, WaitForLock},
    problem::ProblemCode,
};
use tokio::time::Instant;

use crate::testing::{Desk, granted, holder, ttn};

fn wait(ttn: Ttn) -> Call {
    Call::WaitForLock(WaitForLock { ttn })
}

fn ask(ttn: Ttn) -> Call {
    Call::AskForLock(AskForLock { ttn })
}

fn leave(ttn: Ttn) -> Call {
    Call::LeaveLine(LeaveLine { ttn })
}

fn waiting() -> InLine {
    InLine::Waiting { holder: holder(7), place: 1 }
}

fn asked() -> InLine {
    InLine::Asked { holder: holder(7), place: 1, answer_within_ms: 20_000 }
}

/// What the window was told of the line since it was last looked at.
async fn lines(desk: &Desk) -> Vec<Option<InLine>> {
    let told = desk.told().await.into_iter();
    told.filter_map(|event| match event {
        CoreEvent::InLine(state) => Some(state.line),
        _ => None,
    })
    .collect()
}

/// Begins to wait or ask, and is answered.
async fn stands(desk: &mut Desk, ttn: Ttn, asking: bool, answered: &InLine) {
    let core = Arc::clone(&desk.core);
    let standing = tokio::spawn(async move { core.line.stand(&core, ttn, asking).await });
    let (call, answer) = desk.next().await;
    assert_eq!(call, if asking { ask(ttn) } else { wait(ttn) });
    answer.with(answered);
    standing.await.unwrap().unwrap();
    assert_eq!(lines(desk).await, [Some(answered.clone())]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_says_so_every_three_seconds_until_it_leaves() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, false, &waiting()).await;
    for _ in 0..3 {
        let before = Instant::now();
        let (call, answer) = desk.next().await;
        assert_eq!(call, wait(ttn));
        assert!(before.elapsed() <= Duration::from_secs(3), "{:?}", before.elapsed());
        answer.with(&waiting());
    }
    let core = Arc::clone(&desk.core);
    let leaving = tokio::spawn(async move { core.line.leave(&core, ttn).await });
    let (call, answer) = desk.next().await;
    assert_eq!(call, leave(ttn));
    answer.with(&serde_json::json!({}));
    leaving.await.unwrap();
    assert_eq!(lines(&desk).await.last(), Some(&None));
    desk.is_quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_grant_is_confirmed_at_once_and_opening_ends_the_wait() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, true, &asked()).await;
    let told_at = Instant::now();
    desk.hears(LockTold::Granted { ttn });
    let (_, answer) = desk.next().await;
    assert!(told_at.elapsed() < Duration::from_millis(10), "at once: {:?}", told_at.elapsed());
    let ours = InLine::Granted { open_within_ms: 20_000 };
    answer.with(&ours);
    assert_eq!(lines(&desk).await, [Some(ours)]);
    desk.opens(ttn).await;
    assert_eq!(lines(&desk).await, [None]);
    let (call, _) = desk.next().await;
    assert!(matches!(call, Call::RenewLocks(_)), "the rest is the editor's: {call:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_window_does_not_open_goes_to_the_next_one() {
    let mut desk = Desk::new();
    let ttn = ttn();
    let ours = InLine::Granted { open_within_ms: 20_000 };
    stands(&mut desk, ttn, false, &ours).await;
    let given_at = Instant::now();
    let (call, answer) = desk.next().await;
    assert_eq!(call, leave(ttn));
    assert!(given_at.elapsed() > Duration::from_secs(19), "{:?}", given_at.elapsed());
    answer.with(&serde_json::json!({}));
    assert_eq!(lines(&desk).await, [None]);
    desk.is_quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_nobody_waits_for_any_more_is_given_back() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.hears(LockTold::Granted { ttn });
    assert_eq!(desk.next().await.0, leave(ttn));
}

#[tokio::test(start_paused = true)]
async fn after_a_keep_nobody_is_asked_again_by_itself() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, true, &asked()).await;
    desk.hears(LockTold::Kept { ttn, ask_again_in_ms: 120_000 });
    let kept = |ask_again_in_ms| Some(InLine::Kept { holder: holder(7), place: 1, ask_again_in_ms });
    assert_eq!(lines(&desk).await, [kept(120_000)]);
    let mut last = 120_000;
    loop {
        let (call, answer) = desk.next().await;
        assert_eq!(call, wait(ttn), "it only waits");
        answer.with(&waiting());
        let told = lines(&desk).await;
        match &told[..] {
            [Some(InLine::Kept { ask_again_in_ms, .. })] if *ask_again_in_ms < last => last = *ask_again_in_ms,
            [Some(InLine::Waiting { .. })] => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(last <= 3_000, "until the time was over: {last}");
}

#[tokio::test(start_paused = true)]
async fn the_question_to_one_holder_does_not_go_on_to_the_next() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, true, &asked()).await;
    let held = vec![LockView { ttn, holder: holder(9), expires_in_ms: 30_000 }];
    desk.core.line.heard(&LockNews { snapshot: false, held, freed: Vec::new() });
    assert_eq!(desk.next().await.0, wait(ttn));
}

#[tokio::test(start_paused = true)]
async fn a_broken_link_costs_no_place_and_is_said_at_once_when_it_is_back() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, true, &asked()).await;
    let (call, answer) = desk.next().await;
    assert_eq!(call, ask(ttn));
    answer.refuse(ProblemCode::Offline);
    desk.settle().await;
    let back_at = Instant::now();
    desk.core.line.all_again_soon();
    assert_eq!(desk.next().await.0, ask(ttn));
    assert!(back_at.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn who_cannot_begin_to_wait_is_told_and_does_not_wait() {
    let mut desk = Desk::new();
    let ttn = ttn();
    let core = Arc::clone(&desk.core);
    let standing = tokio::spawn(async move { core.line.stand(&core, ttn, true).await });
    desk.next().await.1.refuse(ProblemCode::LocksUnavailable);
    assert_eq!(standing.await.unwrap().unwrap_err().code, ProblemCode::LocksUnavailable);
    desk.is_quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_after_the_session_ended() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, false, &waiting()).await;
    desk.core.forget_session();
    desk.is_quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_opening_gives_nothing_back() {
    let mut desk = Desk::new();
    let ttn = ttn();
    stands(&mut desk, ttn, false, &InLine::Granted { open_within_ms: 20_000 }).await;
    // The confirmation is asked for again just before the editor opens; its answer is late.
    desk.core.line.all_again_soon();
    let (call, late) = desk.next().await;
    assert_eq!(call, wait(ttn));
    let core = Arc::clone(&desk.core);
    let opening = tokio::spawn(async move { core.editors.open(&core, ttn, LockPurpose::EditPlace).await });
    let (call, answer) = desk.next().await;
    assert_eq!(call, Call::AcquireLock(AcquireLock { ttn, purpose: LockPurpose::EditPlace }));
    answer.with(&granted(ttn));
    opening.await.unwrap().unwrap();
    late.with(&InLine::Granted { open_within_ms: 30_000 });
    desk.is_quiet_for(Duration::from_secs(9)).await;
}
