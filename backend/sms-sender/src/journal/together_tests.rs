//! Steps of many messages in one call, against a real Redis.

use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::OutcomeEntry,
};

use super::{
    tests::{Desk, EVENT, named, news},
    *,
};

#[tokio::test]
async fn steps_of_one_call_see_those_before_them() {
    use MessageState::{Accepted, Delivered};
    let mut desk = Desk::open().await;
    desk.publish_and_read().await;
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    let told = [Accepted, Delivered, Accepted, Delivered].map(|state| news(state, None));
    let settlements = told.each_ref().map(|outcome| Settlement { outcome, entry: Some("1-0"), again: false });
    let moved = desk.journal.settle_all(&settlements).await.unwrap();
    let moved: Vec<bool> = moved.into_iter().map(Result::unwrap).collect();
    assert_eq!(moved, [true, true, false, false]);
    assert_eq!((desk.told().await, desk.pending().await), (vec![Accepted, Delivered], 0));
}

#[tokio::test]
async fn money_is_counted_for_those_of_a_call_that_it_is_counted_for() {
    let mut desk = Desk::open().await;
    let (ttn, free) = (Desk::ttn(), desk.charge.clone());
    let (dear, too_dear) = (Charge { cap: 5, ..free.clone() }, Charge { cap: 5, cost: 4, ..free.clone() });
    let intents = [(1, &free), (2, &dear), (3, &free), (4, &too_dear), (5, &free)].map(|(event, charge)| Intent {
        message: named(Uuid::from_u128(event), &ttn),
        hand: "a",
        since: Timestamp::from_millis(5),
        attempt: 1,
        deadline: Timestamp::from_millis(99),
        segments: 1,
        charge,
    });
    let begun: Vec<Begun> = desk.journal.begin_all(&intents).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(begun, [Begun::Yes, Begun::Yes, Begun::Yes, Begun::SpendCap, Begun::Yes]);
    let spent: u64 = redis::cmd("GET").arg(&free.key).query_async(&mut desk.connection).await.unwrap();
    assert_eq!(spent, 3);
    assert_eq!(desk.journal.find(Uuid::from_u128(4)).await.unwrap(), None, "nothing was begun");
}

#[tokio::test]
async fn what_is_settled_without_a_journal_leaves_a_whole_record() {
    let desk = Desk::open().await;
    assert!(desk.settle(MessageState::Failed, Some(MessageReason::Rejected)).await);
    let found = desk.journal.find(EVENT).await.unwrap().unwrap();
    assert_eq!((found.ttn, found.standing.reason), (Desk::ttn(), Some(MessageReason::Rejected)));
    assert_eq!(found.standing.stage, Stage::Settled(MessageState::Failed));
}

#[tokio::test]
async fn a_redis_that_forgot_its_scripts_learns_them_again() {
    let mut desk = Desk::open().await;
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut desk.connection).await.unwrap();
    assert_eq!(desk.begin("a", 1).await, Begun::Yes, "a repeated call");
    assert!(desk.settle(MessageState::Accepted, None).await);
}

#[tokio::test]
async fn the_outcomes_of_one_call_are_one_entry_and_steps_of_different_minutes_go_together() {
    let mut desk = Desk::open().await;
    let minutes = [1_u128, 2, 1, 3].map(|minute| minute << 96);
    let ids: Vec<Uuid> = (1..).zip(minutes).map(|(number, minute)| Uuid::from_u128(minute | number)).collect();
    let told: Vec<OutcomeEntry> =
        ids.iter().map(|id| OutcomeEntry { event_id: *id, ..news(MessageState::Delivered, None) }).collect();
    let settlements: Vec<Settlement<'_>> =
        told.iter().map(|outcome| Settlement { outcome, entry: None, again: false }).collect();
    // One is known to be there already: it is not told.
    assert!(desk.journal.settle(&told[1], None).await.unwrap());
    let moved: Vec<bool> =
        desk.journal.settle_all(&settlements).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(moved, [true, false, true, true]);
    assert_eq!(desk.told().await.len(), 4);
    let entries: u64 = redis::cmd("XLEN").arg(OUTCOME_STREAM).query_async(&mut desk.connection).await.unwrap();
    assert_eq!(entries, 2);
    for id in ids {
        assert!(desk.journal.find(id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn outcomes_that_cannot_be_told_leave_no_step_done_not_even_a_superfluous_one() {
    let mut desk = Desk::open().await;
    desk.publish_and_read().await;
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    redis::cmd("SET").arg(OUTCOME_STREAM).arg("no stream").query_async::<()>(&mut desk.connection).await.unwrap();
    let told = news(MessageState::Accepted, None);
    let twice = [Settlement { outcome: &told, entry: Some("1-0"), again: false }; 2];
    let errors: Vec<bool> =
        desk.journal.settle_all(&twice).await.unwrap().into_iter().map(|moved| moved.is_err()).collect();
    assert_eq!(errors, [true, true]);
    assert_eq!(desk.pending().await, 1);
    assert_eq!(desk.journal.find(EVENT).await.unwrap().unwrap().standing.stage, Stage::Attempting);
    redis::cmd("DEL").arg(OUTCOME_STREAM).query_async::<()>(&mut desk.connection).await.unwrap();
    let moved: Vec<bool> = desk.journal.settle_all(&twice).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!((moved, desk.told().await.len(), desk.pending().await), (vec![true, false], 1, 0));
}

#[tokio::test]
async fn something_else_under_the_key_of_a_minute_holds_up_its_messages_alone() {
    let mut desk = Desk::open().await;
    let other = OutcomeEntry { event_id: Uuid::from_u128(1 << 96), ..news(MessageState::Delivered, None) };
    redis::cmd("SET").arg(key(EVENT)).arg("x").query_async::<()>(&mut desk.connection).await.unwrap();
    let here = news(MessageState::Delivered, None);
    let both = [&here, &other].map(|outcome| Settlement { outcome, entry: None, again: false });
    let mut moved = desk.journal.settle_all(&both).await.unwrap();
    assert!(moved.pop().unwrap().unwrap());
    assert!(moved.pop().unwrap().unwrap_err().to_string().contains("WRONGTYPE"));
    assert_eq!(desk.told().await.len(), 1, "what is not written is not told");
    assert!(desk.begin_of(EVENT, "a", 1).await.unwrap_err().to_string().contains("WRONGTYPE"));
}
