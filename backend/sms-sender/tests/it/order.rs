//! Per-order sequence, and what must not hold up others.

use postoffice_protocol::messages::MessageState;
use postoffice_runtime::{redis_link::RedisLink, stream::Group};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};

use crate::office::{Office, PATIENCE, Sender, SenderProcess, TTNS, event, settings};

#[tokio::test]
async fn a_message_waits_for_the_one_before_it_and_other_orders_do_not() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|number, _| if number == 0 { Reaction::Cut } else { Reaction::Take }).await;
    let mut config = settings(&office, &gateway);
    config.journal.proof_within_ms = 1_500;
    let sender = Sender::start(config).await;
    let first = office.publish(TTNS[0], 1).await;
    gateway.wait_for(1).await;
    let second = office.publish(TTNS[0], 2).await;
    let other = office.publish(TTNS[1], 1).await;
    office.ends(other.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 2, "the second of the first order waits for a proof of the first");
    let news =
        office.wait_for(&[first.event_id, second.event_id], &[MessageState::Unknown, MessageState::Accepted]).await;
    assert_eq!(news[&first.event_id][0].state, MessageState::Unknown);
    assert_eq!(gateway.received()[2].event_id(), second.event_id.to_string());
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_message_waits_for_the_one_that_another_slot_holds() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let first = office.publish(TTNS[0], 1).await;
    // Another slot reads the first one and stays silent.
    let link = RedisLink::parse(&office.redis.url()).unwrap();
    let mut other_slot = Group::open(&link, "{po}:outbox", "sms-senders", "slot-other").await.unwrap();
    assert_eq!(other_slot.next(1).await.unwrap().len(), 1);
    let second = office.publish(TTNS[0], 2).await;
    let other = office.publish(TTNS[1], 1).await;
    let mut config = settings(&office, &gateway);
    config.slots.lease_ms = 500;
    config.slots.claim_after_ms = 1_500;
    let sender = Sender::start(config).await;
    office.ends(other.event_id, MessageState::Accepted).await;
    // When the other slot is silent for too long, its message is claimed, and then the order is kept.
    office.wait_for(&[first.event_id, second.event_id], &[MessageState::Accepted]).await;
    let sent: Vec<String> = gateway.received().iter().map(|one| one.event_id().to_owned()).collect();
    assert_eq!(sent, [other.event_id, first.event_id, second.event_id].map(|id| id.to_string()));
    assert!(sender.stop().await);
}

#[tokio::test]
async fn garbage_is_put_aside_and_the_tail_goes_on() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    office.publish_raw("event", b"{").await;
    office.publish_raw("event", &[0xff, 0xfe]).await;
    office.publish_raw("colour", b"red").await;
    office.publish_raw("event", &vec![b' '; 5_000_000]).await;
    let mut newer = event(TTNS[1], 1, None);
    newer.v = 9;
    office.publish_event(&newer).await;
    office.publish_event(&event(TTNS[0], 1, None)).await;
    let good = office.publish(TTNS[0], 2).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    office.ends(good.event_id, MessageState::Accepted).await;
    let reason = office.ends(newer.event_id, MessageState::Failed).await;
    assert_eq!(reason, Some(postoffice_protocol::messages::MessageReason::BadEvent));
    office.nothing_pending().await;
    let dead: redis::streams::StreamRangeReply =
        redis::cmd("XRANGE").arg("{po}:sms:dead").arg("-").arg("+").query_async(&mut office.connection).await.unwrap();
    let why: Vec<String> = dead.ids.iter().map(|entry| entry.get("why").unwrap()).collect();
    assert_eq!(why, ["malformed", "malformed", "no_event", "too_long", "other_version"]);
    assert!(dead.ids.iter().all(|entry| entry.get::<Vec<u8>>("content").unwrap().len() <= 1024));
    assert!(sender.stop().await);
}

/// The one that brings the sender down is put aside; those that only waited meanwhile, and were read as often, are sent.
#[tokio::test]
async fn only_the_message_that_brings_the_sender_down_is_put_aside() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let poison = office.publish(TTNS[0], 1).await;
    let good = office.publish(TTNS[0], 2).await;
    let mut config = settings(&office, &gateway);
    config.journal.max_takes = 2;
    for _ in 0..=config.journal.max_takes {
        let mut dying = SenderProcess::start(&config, Some("sender.after_read"));
        assert!(dying.ended_by_fail_point().await);
    }
    // From now on they are suspect, and the first of them brings down whoever tries it.
    for _ in 0..8 {
        let mut dying = SenderProcess::start(&config, Some("sender.suspect_tried"));
        assert!(dying.ended_by_fail_point().await);
    }
    let mut living = SenderProcess::start(&config, None);
    let reason = office.ends(poison.event_id, MessageState::Failed).await;
    assert_eq!(reason, Some(postoffice_protocol::messages::MessageReason::BadEvent));
    office.ends(good.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 1);
    living.kill().await;
}

#[tokio::test]
async fn a_backlog_drains_with_bounded_memory() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let ids = office.publish_many(2_000).await;
    let mut config = settings(&office, &gateway);
    config.pace.hold_at_most = 100;
    let sender = Sender::start(config).await;
    let crew = std::sync::Arc::clone(&sender.started.crew);
    let most = tokio::spawn(async move {
        let mut most = 0;
        while !crew.soft.is_cancelled() {
            most = most.max(crew.held_count());
            tokio::task::yield_now().await;
        }
        most
    });
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert_eq!(gateway.received().len(), 2_000);
    assert!(sender.stop().await);
    let most = tokio::time::timeout(PATIENCE, most).await.unwrap().unwrap();
    assert!(most <= 100 + 64, "{most} in hand: the limit and one batch");
}
