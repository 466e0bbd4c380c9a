use std::{sync::Arc, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::CoreEvent,
    locks::{AnswerAsk, AskAnswer, AskAnswered, LockAsk, LockLoss, LockTold, LocksRenewed},
    problem::ProblemCode,
};
use tokio::time::Instant;

use crate::testing::{Desk, LEASE_MS, holder, party, ttn};

fn ask(ttn: Ttn) -> LockAsk {
    LockAsk { ttn, by: party(8), answer_within_ms: 20_000 }
}

fn shown(told: &[CoreEvent]) -> usize {
    told.iter().filter(|event| matches!(event, CoreEvent::LockTold(LockTold::Asked { .. }))).count()
}

fn is_over(told: &[CoreEvent]) -> bool {
    told.iter().any(|event| matches!(event, CoreEvent::LockTold(LockTold::AskEnded { .. })))
}

fn lost(told: &[CoreEvent]) -> Option<LockLoss> {
    told.iter().find_map(|event| match event {
        CoreEvent::EditorLost(lost) => lost.how.clone(),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn silence_of_a_clerk_who_is_away_hands_over_at_the_end_of_the_time() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    let asked_at = Instant::now();
    desk.hears(LockTold::Asked { ask: ask(ttn) });
    assert_eq!(shown(&desk.told().await), 1);
    let (call, answer) = desk.next_but_heartbeats().await;
    assert_eq!(call, Call::AnswerAsk(AnswerAsk { ttn, answer: AskAnswer::HandOver, by_silence: true }));
    assert!(asked_at.elapsed() >= Duration::from_secs(20), "not before: {:?}", asked_at.elapsed());
    assert!(asked_at.elapsed() < Duration::from_secs(21));
    answer.with(&AskAnswered { holder: Some(holder(8)) });
    let told = desk.told().await;
    assert!(is_over(&told));
    assert_eq!(lost(&told), Some(LockLoss::HandedOver));
}

#[tokio::test(start_paused = true)]
async fn silence_of_a_clerk_who_works_keeps() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    // Before the question: that says nothing about now.
    desk.core.questions.note_activity(ttn);
    desk.hears(LockTold::Asked { ask: ask(ttn) });
    desk.core.questions.note_activity(ttn);
    let (call, answer) = desk.next_but_heartbeats().await;
    assert_eq!(call, Call::AnswerAsk(AnswerAsk { ttn, answer: AskAnswer::Keep, by_silence: true }));
    answer.with(&AskAnswered { holder: None });
    let told = desk.told().await;
    assert!(is_over(&told));
    assert_eq!(lost(&told), None, "the editor goes on");
    let (call, _) = desk.next().await;
    assert!(matches!(call, Call::RenewLocks(_)), "{call:?}");
}

#[tokio::test(start_paused = true)]
async fn work_before_the_question_is_no_answer_to_it() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    desk.core.questions.note_activity(ttn);
    desk.hears(LockTold::Asked { ask: ask(ttn) });
    let (call, _) = desk.next_but_heartbeats().await;
    assert_eq!(call, Call::AnswerAsk(AnswerAsk { ttn, answer: AskAnswer::HandOver, by_silence: true }));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_clerk_goes_out_at_once_and_only_once() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    desk.hears(LockTold::Asked { ask: ask(ttn) });
    for pressed in 0..2 {
        let core = Arc::clone(&desk.core);
        let answering = tokio::spawn(async move { core.questions.answer(&core, ttn, AskAnswer::Keep).await });
        desk.settle().await;
        if pressed == 1 {
            assert_eq!(answering.await.unwrap(), Ok(()), "the second press finds it being answered");
        }
    }
    let (call, answer) = desk.next().await;
    assert_eq!(call, Call::AnswerAsk(AnswerAsk { ttn, answer: AskAnswer::Keep, by_silence: false }));
    answer.with(&AskAnswered { holder: None });
    // The end of its time brings no second answer.
    for _ in 0..3 {
        let (call, answer) = desk.next().await;
        let Call::RenewLocks(renew) = call else { panic!("{call:?}") };
        answer.with(&LocksRenewed { renewed: renew.ttns, lost: Vec::new(), lease_ms: LEASE_MS, asked: Vec::new() });
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_did_not_arrive_can_be_given_again_until_its_time_is_over() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    desk.hears(LockTold::Asked { ask: ask(ttn) });
    let core = Arc::clone(&desk.core);
    let answering = tokio::spawn(async move { core.questions.answer(&core, ttn, AskAnswer::Keep).await });
    desk.next().await.1.refuse(ProblemCode::Offline);
    assert_eq!(answering.await.unwrap().unwrap_err().code, ProblemCode::Offline);
    assert!(!is_over(&desk.told().await), "the question stays");
    let (call, answer) = desk.next_but_heartbeats().await;
    assert!(matches!(call, Call::AnswerAsk(AnswerAsk { by_silence: true, .. })), "{call:?}");
    answer.refuse(ProblemCode::Offline);
    assert!(is_over(&desk.told().await), "its time is over");
}

#[tokio::test(start_paused = true)]
async fn a_lost_question_comes_with_the_heartbeat_and_is_shown_once() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    let with_question =
        LocksRenewed { renewed: vec![ttn], lost: Vec::new(), lease_ms: LEASE_MS, asked: vec![ask(ttn)] };
    desk.next().await.1.with(&with_question);
    assert_eq!(shown(&desk.told().await), 1);
    // The next heartbeat is under way when the clerk answers: it still carries the question.
    let (_, late) = desk.next().await;
    let core = Arc::clone(&desk.core);
    let answering = tokio::spawn(async move { core.questions.answer(&core, ttn, AskAnswer::Keep).await });
    desk.next().await.1.with(&AskAnswered { holder: None });
    answering.await.unwrap().unwrap();
    late.with(&with_question);
    assert_eq!(shown(&desk.told().await), 0, "it was answered");
    // A question that was put after that is another one.
    desk.next().await.1.with(&with_question);
    assert_eq!(shown(&desk.told().await), 1);
}

#[tokio::test(start_paused = true)]
async fn a_question_ends_with_whoever_asked_and_with_the_editor() {
    let mut desk = Desk::new();
    let (left, closed, never_open) = (ttn(), ttn(), ttn());
    desk.opens(left).await;
    desk.opens(closed).await;
    for ttn in [left, closed, never_open] {
        desk.hears(LockTold::Asked { ask: ask(ttn) });
    }
    assert_eq!(shown(&desk.told().await), 2, "not about what is not open here");
    desk.hears(LockTold::AskEnded { ttn: left });
    assert!(is_over(&desk.told().await));
    let core = Arc::clone(&desk.core);
    let closing = tokio::spawn(async move { core.editors.close(&core, closed).await });
    assert!(is_over(&desk.told().await));
    let (call, answer) = desk.next_but_heartbeats().await;
    assert!(matches!(call, Call::ReleaseLock(_)), "{call:?}");
    answer.with(&serde_json::json!({}));
    closing.await.unwrap();
    // Nothing is answered about either.
    for _ in 0..3 {
        let (call, answer) = desk.next().await;
        assert!(matches!(call, Call::RenewLocks(_)), "{call:?}");
        answer.with(&LocksRenewed { renewed: vec![left], lost: Vec::new(), lease_ms: LEASE_MS, asked: Vec::new() });
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_loaded_again_hears_of_a_question_with_the_time_that_is_left() {
    let mut desk = Desk::new();
    let ttn = ttn();
    desk.opens(ttn).await;
    desk.hears(LockTold::Asked { ask: ask(ttn) });
    assert_eq!(shown(&desk.told().await), 1);
    tokio::time::advance(Duration::from_secs(5)).await;
    desk.core.questions.tell_again(&desk.core);
    let told = desk.told().await;
    let [CoreEvent::LockTold(LockTold::Asked { ask: again })] = &told[..] else { panic!("{told:?}") };
    assert_eq!((again.ttn, &again.by), (ttn, &party(8)));
    assert!((14_900..=15_000).contains(&again.answer_within_ms), "{again:?}");
    // Its end is the one it had.
    let (call, answer) = desk.next_but_heartbeats().await;
    assert_eq!(call, Call::AnswerAsk(AnswerAsk { ttn, answer: AskAnswer::HandOver, by_silence: true }));
    answer.with(&AskAnswered { holder: Some(holder(8)) });
    assert!(is_over(&desk.told().await));
    desk.core.questions.tell_again(&desk.core);
    assert!(desk.told().await.is_empty(), "there is nothing left to ask");
}
