//! Outcomes against a real store and a real Redis: each is recorded once, whatever is killed, deleted or in the way.

use postoffice_domain::{order::CustomerNotice, ttn::Ttn};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    orders::Fact,
};
use uuid::Uuid;

use super::*;
use crate::test_office::{TestOffice, id, until};

fn outcome(event_id: Uuid, ttn: Ttn, state: MessageState) -> OutcomeEntry {
    OutcomeEntry {
        v: STREAM_VERSION,
        event_id,
        ttn,
        state,
        reason: (state == MessageState::Failed).then_some(MessageReason::BadNumber),
        next_attempt_at: None,
        segments: Some(1),
        attempts: 1,
        at: postoffice_domain::clock::Timestamp::from_millis(1_790_000_000_500),
        request_id: Some("request-1".to_owned()),
    }
}

async fn send(office: &TestOffice, outcome: &OutcomeEntry) {
    send_together(office, &[line(outcome)]).await;
}

async fn send_together(office: &TestOffice, lines: &[String]) {
    office.redis::<String>(&["XADD", OUTCOME_STREAM, "*", OUTCOME_FIELD, &lines.join("\n")]).await;
}

fn line(outcome: &OutcomeEntry) -> String {
    serde_json::to_string(outcome).unwrap()
}

async fn all_read(office: &TestOffice) {
    until("every outcome is read", async || office.redis::<u64>(&["XLEN", OUTCOME_STREAM]).await == 0).await;
}

async fn registered(office: &TestOffice) -> (Uuid, Ttn) {
    let order = office.register(&office.clerk("1")).await;
    office.publish().await;
    (message(office, &order.ttn).await.event_id, order.ttn)
}

async fn message(office: &TestOffice, ttn: &Ttn) -> postoffice_protocol::messages::MessageView {
    office.services.store.details(ttn).await.unwrap().unwrap().messages.remove(0)
}

async fn facts(office: &TestOffice, ttn: &Ttn) -> Vec<MessageState> {
    let timeline = office.services.store.details(ttn).await.unwrap().unwrap().timeline;
    let states = timeline.iter().rev().filter_map(|line| match &line.fact {
        Fact::Sms { state, notice: CustomerNotice::Accepted, .. } => Some(*state),
        _ => None,
    });
    states.collect()
}

#[tokio::test]
async fn outcomes_stand_on_the_timeline_and_end_the_event() {
    let office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office).await;
    assert_eq!(office.services.store.outbox_unconfirmed().await.unwrap(), 1);
    office.run(run(Arc::clone(&office.services)));
    send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
    send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
    // Repeats and late news change nothing.
    send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
    send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
    all_read(&office).await;
    assert_eq!(message(&office, &ttn).await.state, MessageState::Delivered);
    assert_eq!(facts(&office, &ttn).await, [MessageState::Accepted, MessageState::Delivered]);
    assert_eq!(office.services.store.outbox_unconfirmed().await.unwrap(), 0);
    assert_eq!(office.services.store.outbox_depth().await.unwrap(), 2, "both are changes for every desktop");
    office.stop().await;
}

#[tokio::test]
async fn a_kill_between_record_and_acknowledge_changes_nothing_twice() {
    let office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office).await;
    send(&office, &outcome(event_id, ttn, MessageState::Failed)).await;
    // The one that was killed had read it and recorded it.
    let mut killed = Group::open(&office.services.redis_link, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await.unwrap();
    let read = killed.next(10).await.unwrap().into_iter().flat_map(|entry| super::read(entry).outcomes).collect();
    assert_eq!(office.services.store.record_outcomes(read).await.unwrap().moved, 1);
    office.run(run(Arc::clone(&office.services)));
    all_read(&office).await;
    assert_eq!(facts(&office, &ttn).await, [MessageState::Failed]);
    office.stop().await;
}

#[tokio::test]
async fn garbage_is_put_aside_once_and_the_tail_goes_on() {
    let office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office).await;
    let newer = OutcomeEntry { v: STREAM_VERSION + 1, ..outcome(event_id, ttn, MessageState::Failed) };
    office.redis::<String>(&["XADD", OUTCOME_STREAM, "*", OUTCOME_FIELD, "{\"v\":"]).await;
    office.redis::<String>(&["XADD", OUTCOME_STREAM, "*", "something", "else", "and", "more"]).await;
    send(&office, &newer).await;
    send(&office, &outcome(id(99), ttn, MessageState::Delivered)).await;
    send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
    office.run(run(Arc::clone(&office.services)));
    all_read(&office).await;
    assert_eq!(facts(&office, &ttn).await, [MessageState::Delivered]);
    assert_eq!(office.redis::<u64>(&["XLEN", ASIDE]).await, 3);
    office.stop().await;
}

#[tokio::test]
async fn what_was_deleted_while_it_was_pending_is_forgotten() {
    let office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office).await;
    send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
    let mut killed = Group::open(&office.services.redis_link, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await.unwrap();
    let read = killed.next(10).await.unwrap();
    office.redis::<u64>(&["XDEL", OUTCOME_STREAM, &read[0].id]).await;
    send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
    office.run(run(Arc::clone(&office.services)));
    all_read(&office).await;
    assert_eq!(facts(&office, &ttn).await, [MessageState::Delivered]);
    assert_eq!(office.redis::<u64>(&["EXISTS", ASIDE]).await, 0);
    office.stop().await;
}

#[tokio::test]
async fn a_deleted_group_and_a_foreign_key_cost_no_outcome() {
    let office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office).await;
    office.run(run(Arc::clone(&office.services)));
    send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
    all_read(&office).await;
    office.redis::<u64>(&["XGROUP", "DESTROY", OUTCOME_STREAM, SERVER_GROUP]).await;
    send(&office, &outcome(event_id, ttn, MessageState::Unknown)).await;
    all_read(&office).await;
    office.redis::<()>(&["SET", OUTCOME_STREAM, "no stream"]).await;
    until("met", async || office.redis::<String>(&["INFO", "errorstats"]).await.contains("WRONGTYPE")).await;
    office.redis::<u64>(&["DEL", OUTCOME_STREAM]).await;
    send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
    all_read(&office).await;
    let states = [MessageState::Accepted, MessageState::Unknown, MessageState::Delivered];
    assert_eq!(facts(&office, &ttn).await, states);
    office.stop().await;
}

#[tokio::test]
async fn outcomes_come_in_again_after_redis_was_away() {
    let mut office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office).await;
    office.run(run(Arc::clone(&office.services)));
    send(&office, &outcome(event_id, ttn, MessageState::Accepted)).await;
    all_read(&office).await;
    office.redis.kill_and_restart(false).await;
    send(&office, &outcome(event_id, ttn, MessageState::Delivered)).await;
    all_read(&office).await;
    assert_eq!(facts(&office, &ttn).await, [MessageState::Accepted, MessageState::Delivered]);
    office.stop().await;
}

#[tokio::test]
async fn an_entry_of_many_outcomes_is_recorded_as_a_whole_and_its_garbage_put_aside() {
    let office = TestOffice::open().await;
    let (first, second) = (registered(&office).await, registered(&office).await);
    let of = |(event_id, ttn): (Uuid, Ttn), state| line(&outcome(event_id, ttn, state));
    let lines = [
        of(first, MessageState::Accepted),
        "{\"v\":".to_owned(),
        of(second, MessageState::Failed),
        String::new(),
        of(first, MessageState::Delivered),
    ];
    send_together(&office, &lines).await;
    // More than go into one commit, in one entry and in several.
    send_together(&office, &vec![of(second, MessageState::Failed); AT_ONCE + 1]).await;
    for _ in 0..3 {
        send_together(&office, &vec![of(second, MessageState::Failed); AT_ONCE / 2]).await;
    }
    // One was killed when it had recorded them and acknowledged nothing.
    let mut killed = Group::open(&office.services.redis_link, OUTCOME_STREAM, SERVER_GROUP, CONSUMER).await.unwrap();
    let entry = killed.next(1).await.unwrap().remove(0);
    assert_eq!(office.services.store.record_outcomes(super::read(entry).outcomes).await.unwrap().moved, 3);
    office.run(run(Arc::clone(&office.services)));
    all_read(&office).await;
    assert_eq!(facts(&office, &first.1).await, [MessageState::Accepted, MessageState::Delivered]);
    assert_eq!(facts(&office, &second.1).await, [MessageState::Failed]);
    let aside: redis::streams::StreamRangeReply = office.redis(&["XRANGE", ASIDE, "-", "+"]).await;
    let kept: Vec<String> = aside.ids.iter().map(|entry| entry.get(OUTCOME_FIELD).unwrap()).collect();
    assert_eq!(kept, ["{\"v\":\n"], "the bad lines, once");
    office.stop().await;
}
