//! Several senders on one Redis.

use std::time::Duration;

use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OUTBOX_STREAM, SENDER_GROUP},
};
use postoffice_runtime::{redis_link::RedisLink, stream::Group};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};

use crate::office::{Office, PATIENCE, Sender, SenderProcess, TTNS, settings, ttn};

#[tokio::test]
async fn a_second_process_under_the_same_name_ends_with_an_error() {
    let office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let first = Sender::start(settings(&office, &gateway)).await;
    while first.started.crew.sources.clock.now().millis() > 0 {
        let holder: Option<String> =
            redis::cmd("GET").arg("{po}:sms:slot:1").query_async(&mut office.connection.clone()).await.unwrap();
        if holder.is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut second = SenderProcess::start(&settings(&office, &gateway), None);
    let status = tokio::time::timeout(PATIENCE, second.0.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(first.stop().await);
}

/// Asks until Redis says what is wanted.
async fn form_is(office: &Office, wanted: Option<&str>) {
    let asking = async {
        loop {
            let asked =
                redis::cmd("GET").arg("{po}:sms:journal:form").query_async(&mut office.connection.clone()).await;
            if let Ok(form) = asked
                && Option::<String>::as_deref(&form) == wanted
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("the form is marked");
}

#[tokio::test]
async fn a_sender_does_not_begin_or_go_on_beside_a_newer_one() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 300;
    let mut running = SenderProcess::start(&config, None);
    form_is(&office, Some("2")).await;
    // A Redis that lost its data gets the mark again.
    redis::cmd("FLUSHALL").query_async::<()>(&mut office.connection).await.unwrap();
    form_is(&office, Some("2")).await;
    let newer = redis::cmd("SET").arg("{po}:sms:journal:form").arg(3).to_owned();
    newer.query_async::<()>(&mut office.connection).await.unwrap();
    let status = tokio::time::timeout(PATIENCE, running.0.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(1), "it goes");
    office.publish_many(1).await;
    let mut later = SenderProcess::start(&config, None);
    let status = tokio::time::timeout(PATIENCE, later.0.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(1), "it does not begin");
    assert_eq!(gateway.received(), []);
    form_is(&office, Some("3")).await;
}

#[tokio::test]
async fn two_slots_share_the_work_and_one_takes_over_what_a_dead_one_left() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 500;
    config.slots.claim_after_ms = 2_000;
    config.slot = "a".to_owned();
    // Slot b is killed with entries it has read and not begun.
    let ids = office.publish_many(40).await;
    let mut other = config.clone();
    other.slot = "b".to_owned();
    let mut dying = SenderProcess::start(&other, Some("sender.after_read"));
    assert!(dying.ended_by_fail_point().await);
    let sender = Sender::start(config).await;
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert_eq!(gateway.received().len(), 40, "none twice");
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_hand_full_of_messages_that_wait_for_those_of_a_dead_slot_takes_these_too() {
    const ORDERS: usize = 100;
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 500;
    config.slots.claim_after_ms = 2_000;
    config.pace.hold_at_most = ORDERS / 2;
    // The first message of every order is in the hands of a slot that does not come back.
    let mut ids = office.publish_many(ORDERS).await;
    let redis = RedisLink::parse(&office.url).unwrap();
    let mut dead = Group::open(&redis, OUTBOX_STREAM, SENDER_GROUP, "slot-dead").await.unwrap();
    assert_eq!(dead.next(ORDERS).await.unwrap().len(), ORDERS);
    for number in 0..ORDERS {
        ids.push(office.publish(&ttn(number), 2).await.event_id);
    }
    let sender = Sender::start(config).await;
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn two_living_slots_send_nothing_twice() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 300;
    config.slots.claim_after_ms = 900;
    let mut other = config.clone();
    other.slot = "2".to_owned();
    let (one, two) = (Sender::start(config).await, Sender::start(other).await);
    let mut ids = Vec::new();
    let until = tokio::time::Instant::now() + Duration::from_secs(2);
    while tokio::time::Instant::now() < until {
        ids.extend(office.publish_many(20).await);
    }
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    let mut sent: Vec<String> = gateway.received().iter().map(|one| one.event_id().to_owned()).collect();
    sent.sort();
    sent.dedup();
    assert_eq!((sent.len(), gateway.received().len()), (ids.len(), ids.len()));
    assert!(one.stop().await && two.stop().await);
}

/// Sends a signal to a sender.
fn signal(sender: &SenderProcess, name: &str) {
    let pid = sender.0.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().is_ok_and(|status| status.success()));
}

#[tokio::test]
async fn of_three_senders_one_is_killed_and_one_frozen_and_later_woken() {
    const FINAL: [MessageState; 2] = [MessageState::Accepted, MessageState::Unknown];
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 500;
    config.slots.claim_after_ms = 2_000;
    config.journal.proof_within_ms = 1_000;
    // Few calls at a time, so that the two are hit with messages in hand.
    config.pace.concurrency = 2;
    let sender = |name: &str| {
        let mut config = config.clone();
        name.clone_into(&mut config.slot);
        SenderProcess::start(&config, None)
    };
    let (mut living, mut dying, frozen) = (sender("a"), sender("b"), sender("c"));
    let mut ids = office.publish_many(150).await;
    gateway.wait_for(20).await;
    dying.kill().await;
    signal(&frozen, "STOP");
    ids.extend(office.publish_many(150).await);
    office.wait_for(&ids, &FINAL).await;
    office.nothing_pending().await;
    // Awake, it finds everything settled; what it still believed to hold it must not send.
    signal(&frozen, "CONT");
    ids.extend(office.publish_many(50).await);
    let news = office.wait_for(&ids, &FINAL).await;
    office.nothing_pending().await;
    let calls = gateway.received().len();
    let mut sent: Vec<String> = gateway.received().iter().map(|one| one.event_id().to_owned()).collect();
    sent.sort();
    sent.dedup();
    assert_eq!(calls, sent.len(), "none sent twice");
    let unknown = news.values().filter(|all| all.iter().all(|one| one.state != MessageState::Accepted)).count();
    assert!(sent.len() + unknown >= ids.len(), "{} sent, {unknown} unknown of {}", sent.len(), ids.len());
    assert!(unknown <= 2 * 2, "only what the killed and the frozen one had at the gateway: {unknown}");
    living.kill().await;
}

#[tokio::test]
async fn a_sender_that_was_frozen_between_intent_and_call_does_not_call_when_it_wakes() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 300;
    config.slots.claim_after_ms = 900;
    config.journal.proof_within_ms = 1_000;
    let sender = |name: &str, environment: &[(&str, &str)]| {
        let mut config = config.clone();
        name.clone_into(&mut config.slot);
        SenderProcess::start_with(&config, None, environment)
    };
    let freezes = sender("a", &[("POSTOFFICE_FREEZE_POINT", "sender.after_intent")]);
    let first = office.publish(TTNS[0], 1).await;
    freezes.is_frozen().await;
    // Another one claims the message, waits for a proof, gives it up, and goes on with the order.
    let mut other = sender("b", &[]);
    let second = office.publish(TTNS[0], 2).await;
    assert_eq!(office.ends(first.event_id, MessageState::Unknown).await, Some(MessageReason::AnswerLost));
    office.ends(second.event_id, MessageState::Accepted).await;
    signal(&freezes, "CONT");
    // Awake, it finds the message settled and says so once more: by then it would have called.
    office.told_twice(first.event_id, MessageState::Unknown).await;
    let sent: Vec<String> = gateway.received().iter().map(|one| one.event_id().to_owned()).collect();
    assert_eq!(sent, [second.event_id.to_string()], "nothing of it goes out behind the later message");
    other.kill().await;
}
