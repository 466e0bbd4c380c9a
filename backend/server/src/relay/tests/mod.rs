//! Against a real store and a real Redis: nothing lost, nothing doubled, nothing out of order.

mod clean_up;
mod poison;
mod redis_faults;
mod silent;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use postoffice_domain::people::Role;
use postoffice_protocol::stream::{IntegrationEvent, OutcomeEntry, STREAM_VERSION};
use postoffice_runtime::stream::Entry;
use redis::{AsyncCommands, streams::StreamRangeReply};
use uuid::Uuid;

use super::*;
use crate::test_office::{On, Place, TestOffice, TestStore, publish, until};

async fn stream(office: &TestOffice) -> Vec<(u64, Uuid)> {
    let reply: StreamRangeReply = office.redis.connection().xrange_all(OUTBOX_STREAM).await.unwrap();
    reply
        .ids
        .into_iter()
        .map(Entry::from)
        .map(|entry| {
            let event: IntegrationEvent = serde_json::from_slice(&entry.fields["event"]).unwrap();
            (entry.sequence().unwrap(), event.event_id)
        })
        .collect()
}

fn numbers(stream: &[(u64, Uuid)]) -> Vec<u64> {
    stream.iter().map(|(number, _)| *number).collect()
}

#[tokio::test]
async fn events_are_published_once_in_order_and_wait_for_their_outcome() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for _ in 0..5 {
        office.register(&clerk).await;
    }
    let mut relay = office.relay();
    publish(&mut relay).await;
    publish(&mut relay).await;
    assert_eq!(numbers(&stream(&office).await), [1, 2, 3, 4, 5]);
    let store = &office.services.store;
    assert_eq!((store.outbox_depth().await.unwrap(), store.outbox_unconfirmed().await.unwrap()), (0, 5));
    assert_eq!((store.last_published().await.unwrap(), store.first_unconfirmed().await.unwrap()), (5, Some(1)));
}

#[tokio::test]
async fn a_killed_relay_leaves_nothing_and_doubles_nothing_at_any_step() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    office.register(&clerk).await;
    office.register(&clerk).await;
    // Killed after the claim: numbered, not in the stream.
    let mut dead = office.relay();
    dead.store.claim_batch(dead.holder, dead.lease_ms, 10).await.unwrap();
    office.register(&clerk).await;
    assert_eq!(office.relay().round().await.unwrap(), Round::NotLeader, "the lease of the dead one is not over");
    let mut next = office.relay_at_once();
    // Killed after the append: in the stream, not marked.
    let Claim::Batch(batch) = next.store.claim_batch(next.holder, next.lease_ms, 10).await.unwrap() else { panic!() };
    let events = batch.events;
    next.append(0, &events.iter().collect::<Vec<_>>()).await.unwrap();
    // A paused leader comes back with what it once claimed: nothing fits any more.
    assert_eq!(dead.append(0, &events.iter().take(2).collect::<Vec<_>>()).await.unwrap(), (false, 3));
    assert_eq!(office.services.store.outbox_depth().await.unwrap(), 3);
    office.publish().await;
    assert_eq!(numbers(&stream(&office).await), [1, 2, 3]);
    assert_eq!(office.services.store.outbox_depth().await.unwrap(), 0);
    // And it cannot mark what another one published.
    office.register(&clerk).await;
    dead.store.mark_published(dead.holder, 4).await.unwrap();
    assert_eq!(office.services.store.outbox_depth().await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_unconfirmed_goes_again_after_redis_came_back_empty() {
    let mut office = TestOffice::open().await;
    let (clerk, supervisor) = (office.clerk("1"), office.session(Role::Supervisor, "9"));
    let mut relay = office.relay();
    let mut event_ids = Vec::new();
    for _ in 0..4 {
        event_ids.push(registered(&office, &clerk).await);
    }
    publish(&mut relay).await;
    let before = stream(&office).await;
    let outcome = |event_id: Uuid, ttn| OutcomeEntry {
        v: STREAM_VERSION,
        event_id,
        ttn,
        state: postoffice_protocol::messages::MessageState::Delivered,
        reason: None,
        next_attempt_at: None,
        segments: None,
        attempts: 1,
        at: office.services.now(),
        request_id: None,
    };
    // Two are finished: their outcomes stand in SQL, each is a change of its own (numbers 5 and 6).
    let done = event_ids[..2].iter().map(|(event_id, ttn)| outcome(*event_id, *ttn)).collect();
    office.services.store.record_outcomes(done).await.unwrap();
    publish(&mut relay).await;
    assert_eq!(numbers(&stream(&office).await), [1, 2, 3, 4, 5, 6]);

    office.redis.kill_and_restart(false).await;
    office.register(&supervisor).await;
    until("published again", async || relay.round().await.is_ok()).await;
    publish(&mut relay).await;
    let after = stream(&office).await;
    assert_eq!(numbers(&after), [3, 4, 7], "the unconfirmed ones, in order, and what is new");
    assert_eq!(after[..2], before[2..4], "under their old numbers and ids");
}

async fn registered(office: &TestOffice, clerk: &crate::context::Context) -> (Uuid, postoffice_domain::ttn::Ttn) {
    let params = postoffice_protocol::orders::CreateOrder {
        command_id: office.command_id(),
        order: crate::test_office::draft(),
    };
    let created = crate::commands::orders::create::handle(clerk, params).await.unwrap();
    (created.event_id, created.order.ttn)
}

#[tokio::test]
async fn a_flushed_redis_is_noticed_although_nobody_registers_anything() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut relay = office.relay();
    for _ in 0..3 {
        office.register(&clerk).await;
    }
    publish(&mut relay).await;
    office.redis::<()>(&["FLUSHALL"]).await;
    publish(&mut relay).await;
    assert_eq!(numbers(&stream(&office).await), [1, 2, 3]);
}

#[tokio::test]
async fn a_stream_that_was_rolled_back_gets_its_end_again() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut relay = office.relay();
    for _ in 0..6 {
        office.register(&clerk).await;
    }
    publish(&mut relay).await;
    let whole = stream(&office).await;
    // What an AOF cut after the fourth entry leaves.
    let kept: StreamRangeReply = office.redis.connection().xrange(OUTBOX_STREAM, "-", "4-0").await.unwrap();
    office.redis::<()>(&["DEL", OUTBOX_STREAM]).await;
    for entry in kept.ids.into_iter().map(Entry::from) {
        let event = String::from_utf8(entry.fields["event"].clone()).unwrap();
        office.redis::<String>(&["XADD", OUTBOX_STREAM, &entry.id, "event", &event]).await;
    }
    office.register(&clerk).await;
    publish(&mut relay).await;
    let again = stream(&office).await;
    assert_eq!(again[..6], whole[..]);
    assert_eq!(numbers(&again), [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn batches_smaller_than_the_backlog_keep_the_order() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for _ in 0..23 {
        office.register(&clerk).await;
    }
    let services = &office.services;
    let settings = RelaySettings { batch: 5, ..RelaySettings::default() };
    let mut relay = Relay::new(services.store.clone(), services.redis.clone(), services.new_id(), &settings);
    publish(&mut relay).await;
    assert_eq!(numbers(&stream(&office).await), (1..=23).collect::<Vec<_>>());
    office.redis::<()>(&["FLUSHALL"]).await;
    publish(&mut relay).await;
    assert_eq!(numbers(&stream(&office).await), (1..=23).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_redis_that_refuses_to_write_loses_nothing() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut relay = office.relay();
    office.register(&clerk).await;
    for (refuse, permit) in [
        (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]),
        (["SET", OUTBOX_STREAM, "no", "stream"], ["DEL", OUTBOX_STREAM, "and", "nothing else"]),
    ] {
        office.redis::<redis::Value>(if refuse[0] == "SET" { &refuse[..3] } else { &refuse }).await;
        office.register(&clerk).await;
        assert!(matches!(relay.round().await, Err(RelayError::Redis(_))), "{refuse:?}");
        relay.tail = None;
        office.redis::<redis::Value>(if permit[0] == "DEL" { &permit[..2] } else { &permit }).await;
        publish(&mut relay).await;
    }
    assert_eq!(numbers(&stream(&office).await), [1, 2, 3]);
}

#[tokio::test]
async fn a_stream_that_is_ahead_of_the_database_is_refused_by_name() {
    let office = TestOffice::open().await;
    office.redis::<String>(&["XADD", OUTBOX_STREAM, "90-0", "event", "of a newer database"]).await;
    office.register(&office.clerk("1")).await;
    let refused = office.relay().round().await.unwrap_err();
    assert!(matches!(refused, RelayError::StreamAhead { stream: 90, sql: 1 }), "{refused}");
    assert_eq!(office.redis::<u64>(&["XLEN", OUTBOX_STREAM]).await, 1, "nothing was added");
}

#[tokio::test]
async fn a_server_that_was_killed_leads_again_at_once() {
    let place = Place::new(On::Sqlite);
    let first = TestStore::open(&place).await;
    let claimed = first.store.claim_batch(crate::test_office::id(1), 60_000, 10).await.unwrap();
    assert_eq!(claimed, Claim::Batch(Batch::default()));
    drop(first.store);
    first.writer.await.unwrap().unwrap();
    let second = TestStore::open(&place).await;
    let claimed = second.store.claim_batch(crate::test_office::id(2), 60_000, 10).await.unwrap();
    assert_eq!(claimed, Claim::Batch(Batch::default()));
}

#[tokio::test]
async fn a_relay_that_stops_marks_what_it_appended_and_another_leads_at_once() {
    let office = TestOffice::open().await;
    let running = tokio::spawn(run(Arc::clone(&office.services)));
    office.register(&office.clerk("1")).await;
    until("it is in the stream", async || stream(&office).await.len() == 1).await;
    office.services.stopping.cancel();
    running.await.unwrap().unwrap();
    let store = &office.services.store;
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
    let claimed = store.claim_batch(crate::test_office::id(2), 60_000, 10).await.unwrap();
    assert_eq!(claimed, Claim::Batch(Batch::default()));
}

#[tokio::test]
async fn it_is_woken_by_commits_and_not_by_its_own() {
    let office = TestOffice::open().await;
    let wake = office.services.store.outbox_wake();
    let mut relay = office.relay();
    office.register(&office.clerk("1")).await;
    tokio::time::timeout(Duration::from_secs(5), wake.notified()).await.expect("an order wakes the relay");
    publish(&mut relay).await;
    publish(&mut relay).await;
    let mut again = std::pin::pin!(wake.notified());
    assert!(!again.as_mut().enable(), "claiming and marking wake nobody");
}

#[tokio::test]
async fn over_restarts_of_every_kind_nothing_is_lost_doubled_or_out_of_order() {
    let mut office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut ids = BTreeSet::new();
    for round in 0..6 {
        for _ in 0..20 {
            ids.insert(registered(&office, &clerk).await.0);
        }
        match round % 3 {
            0 => office.redis.kill_and_restart(true).await,
            1 => office.redis.kill_and_restart(false).await,
            _ => office.redis::<()>(&["FLUSHALL"]).await,
        }
    }
    until("all in the stream", async || {
        let length: Result<usize, _> = office.redis.connection().xlen(OUTBOX_STREAM).await;
        length.is_ok_and(|length| length >= ids.len())
    })
    .await;
    let published = stream(&office).await;
    assert_eq!(numbers(&published), (1..=120).collect::<Vec<_>>());
    assert_eq!(published.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>(), ids);
    office.stop().await;
}
