//! Several senders on one Redis.

use std::time::Duration;

use postoffice_protocol::messages::MessageState;
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};

use crate::office::{Office, PATIENCE, Sender, SenderProcess, settings};

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
