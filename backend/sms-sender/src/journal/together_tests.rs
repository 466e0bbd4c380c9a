//! Steps of many messages in one call, against a real Redis.

use postoffice_protocol::messages::{MessageReason, MessageState};

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
