//! Against a real store and a real Redis; desks hang on the hub.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::{ChangeKind, ServerNotice},
    frame::MAX_MESSAGE_BYTES,
    messages::MessageState,
    orders::{CreateOrder, WithReason},
    session::Replay,
    stream::{OutcomeEntry, STREAM_VERSION},
};
use uuid::Uuid;

use super::*;
use crate::{
    commands::orders::{create, delete},
    store::Claim,
    test_office::{TestOffice, draft, publish, read_notice, until},
};

fn delivered(office: &TestOffice, event_id: Uuid, ttn: Ttn) -> OutcomeEntry {
    OutcomeEntry {
        v: STREAM_VERSION,
        event_id,
        ttn,
        state: MessageState::Delivered,
        reason: None,
        next_attempt_at: None,
        segments: Some(1),
        attempts: 1,
        at: office.services.now(),
        request_id: None,
    }
}

fn sequences(missed: &Missed) -> Vec<u64> {
    let batches = missed.frames().map(|frame| read_notice(frame));
    let changes = batches.flat_map(|notice| match notice {
        ServerNotice::Changes(batch) => batch.changes,
        other => panic!("{other:?}"),
    });
    changes.map(|change| change.sequence).collect()
}

#[tokio::test]
async fn everyone_hears_every_change_with_the_row_as_it_is() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let (mut own, mut other) = (office.desk(&clerk), office.desk(&office.clerk("2")));
    office.run(run(Arc::clone(&office.services)));
    let order = office.register(&clerk).await;
    let reason = WithReason { command_id: office.command_id(), ttn: order.ttn, reason: "помилка".to_owned() };
    office.publish().await;
    let frame = other.frame().await;
    assert_eq!(own.frame().await.as_str(), frame.as_str());
    let ServerNotice::Changes(batch) = read_notice(&frame) else { panic!("{frame}") };
    let change = &batch.changes[0];
    assert_eq!((change.sequence, change.kind, change.ttn), (1, ChangeKind::Registered, order.ttn));
    assert_eq!((change.status_before, change.status_after), (None, Some(order.status)));
    assert_eq!(change.row.as_ref().map(|row| row.description.as_str()), Some("Книжки"));
    assert_eq!(change.by.as_ref().map(|by| by.station.as_str()), Some("1"));

    delete::handle(&clerk, reason).await.unwrap();
    assert_eq!(own.outcome().await.problem, None);
    office.publish().await;
    let ServerNotice::Changes(batch) = other.notice().await else { panic!("a change") };
    assert_eq!((batch.changes[0].kind, &batch.changes[0].row), (ChangeKind::Deleted, &None));
    office.stop().await;
}

#[tokio::test]
async fn what_comes_together_is_told_together() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for _ in 0..50 {
        office.register(&clerk).await;
    }
    let mut desk = office.desk(&clerk);
    office.publish().await;
    office.run(run(Arc::clone(&office.services)));
    let ServerNotice::Changes(batch) = desk.notice().await else { panic!("changes") };
    assert_eq!(batch.changes.len(), 50);
    office.stop().await;
}

#[tokio::test]
async fn long_texts_are_split_below_the_message_limit() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut order = draft();
    order.description = "書".repeat(200);
    order.recipient.city = "京".repeat(60);
    for _ in 0..120 {
        let params = CreateOrder { command_id: office.command_id(), order: order.clone() };
        create::handle(&clerk, params).await.unwrap();
    }
    office.publish().await;
    let plan = replay(&office.services, 0, || 120).await.unwrap();
    assert!(plan.missed.frames().count() > 2, "{} frames", plan.missed.frames().count());
    assert!(plan.missed.frames().all(|frame| frame.len() <= MAX_MESSAGE_BYTES));
    assert_eq!(sequences(&plan.missed), (1..=120).collect::<Vec<_>>());
}

#[tokio::test]
async fn changes_that_redis_lost_before_they_were_read_come_from_the_database() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    let mut relay = office.relay();
    let params = CreateOrder { command_id: office.command_id(), order: draft() };
    let created = create::handle(&clerk, params).await.unwrap();
    office.register(&clerk).await;
    publish(&mut relay).await;
    // Finished: when Redis loses it, nobody publishes it again.
    let outcome = delivered(&office, created.event_id, created.order.ttn);
    office.services.store.record_outcomes(vec![outcome]).await.unwrap();
    publish(&mut relay).await;
    office.redis::<()>(&["FLUSHALL"]).await;
    office.register(&clerk).await;
    publish(&mut relay).await;
    assert_eq!(office.redis::<u64>(&["XLEN", OUTBOX_STREAM]).await, 2, "number 2 and number 4");
    office.run(run(Arc::clone(&office.services)));
    assert_eq!(desk.sequences_until(4).await, [1, 2, 3, 4]);

    // Lost at the very end, and nothing new comes to show the hole.
    let params = CreateOrder { command_id: office.command_id(), order: draft() };
    let created = create::handle(&clerk, params).await.unwrap();
    let outcome = delivered(&office, created.event_id, created.order.ttn);
    let Claim::Batch(batch) = claim(&office).await else { panic!("leads") };
    office.services.store.record_outcomes(vec![outcome]).await.unwrap();
    assert_eq!(batch.events[0].publish_seq, 5);
    assert_eq!(desk.sequences_until(5).await, [5]);
    office.stop().await;
}

/// What a relay does before it is killed.
async fn claim(office: &TestOffice) -> Claim {
    office.clock.advance(60_000);
    office.services.store.claim_batch(crate::test_office::id(7), 10_000, 10).await.unwrap()
}

#[tokio::test]
async fn foreign_entries_are_passed_over() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    let mut relay = office.relay();
    office.run(run(Arc::clone(&office.services)));
    office.register(&clerk).await;
    publish(&mut relay).await;
    office.redis::<String>(&["XADD", OUTBOX_STREAM, "1-7", "event", "garbage"]).await;
    office.redis::<String>(&["XADD", OUTBOX_STREAM, "1-8", "something", "else"]).await;
    office.register(&clerk).await;
    publish(&mut relay).await;
    assert_eq!(desk.sequences_until(2).await, [1, 2]);
    office.stop().await;
}

#[tokio::test]
async fn live_changes_go_on_where_they_were_after_redis_was_away() {
    let mut office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    office.run(run(Arc::clone(&office.services)));
    office.run(crate::relay::run(Arc::clone(&office.services)));
    office.register(&clerk).await;
    assert_eq!(desk.sequences_until(1).await, [1]);
    for (keep, last) in [(true, 3), (false, 5)] {
        office.redis.kill_and_restart(keep).await;
        office.register(&clerk).await;
        office.register(&clerk).await;
        assert_eq!(desk.sequences_until(last).await, [last - 1, last]);
    }
    office.stop().await;
}

#[tokio::test]
async fn a_desktop_that_comes_back_gets_exactly_what_it_missed() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for _ in 0..7 {
        office.register(&clerk).await;
    }
    office.publish().await;
    let services = &office.services;
    let plan = replay(services, 3, || 7).await.unwrap();
    assert_eq!((plan.replay, sequences(&plan.missed)), (Replay::Follows { missed: 4 }, vec![4, 5, 6, 7]));
    let plan = replay(services, 7, || 7).await.unwrap();
    assert_eq!((plan.replay, plan.missed.frames().count()), (Replay::Follows { missed: 0 }, 0));
    // From another history, or too long ago.
    assert_eq!(replay(services, 8, || 7).await.unwrap().replay, Replay::ResyncRequired);
    assert_eq!(replay(services, u64::MAX, || 7).await.unwrap().replay, Replay::ResyncRequired);
    assert_eq!(replay(services, 0, || 5_001).await.unwrap().replay, Replay::ResyncRequired);
    // Numbers that the database does not know.
    assert_eq!(replay(services, 5, || 9).await.unwrap().replay, Replay::ResyncRequired);
}

#[tokio::test]
async fn a_replay_needs_no_redis() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for _ in 0..4 {
        office.register(&clerk).await;
    }
    office.publish().await;
    office.redis::<()>(&["FLUSHALL"]).await;
    assert_eq!(sequences(&replay(&office.services, 1, || 4).await.unwrap().missed), [2, 3, 4]);
    let TestOffice { services, redis, .. } = office;
    drop(redis);
    assert_eq!(sequences(&replay(&services, 2, || 4).await.unwrap().missed), [3, 4]);
}

/// An office that has told four changes, and its desktops.
async fn told_four() -> TestOffice {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    office.run(run(Arc::clone(&office.services)));
    for _ in 0..4 {
        office.register(&clerk).await;
    }
    office.publish().await;
    until("they are told", async || office.services.hub.sequence() == 4).await;
    office
}

#[tokio::test]
async fn what_was_told_lately_is_told_again_as_it_was() {
    let office = told_four().await;
    // Neither the stream nor the database is asked.
    office.redis::<()>(&["FLUSHALL"]).await;
    let mut behind = office.behind_its_back().await;
    behind.run("UPDATE orders SET description = 'Зошити'", &[]).await.unwrap();
    let plan = replay(&office.services, 2, || 4).await.unwrap();
    assert_eq!((plan.replay, sequences(&plan.missed)), (Replay::Follows { missed: 2 }, vec![3, 4]));
    assert!(plan.missed.frames().all(|frame| frame.contains("Книжки") && !frame.contains("Зошити")));
    drop(plan);
    // Told before this server began: from the database, as it is.
    office.services.recent.begin_at(4);
    let plan = replay(&office.services, 2, || 4).await.unwrap();
    assert_eq!((plan.replay, sequences(&plan.missed)), (Replay::Follows { missed: 2 }, vec![3, 4]));
    assert!(plan.missed.frames().all(|frame| frame.contains("Зошити")));
    behind.close().await;
    office.stop().await;
}

/// While it is read, nothing waits in the socket's queue: with a server that has much to do the queue would be full when the replay is written.
#[tokio::test]
async fn what_is_older_is_read_before_the_socket_is_bound() {
    let office = told_four().await;
    let services = &office.services;
    let kept = services.recent.between(3, 4).unwrap();
    services.recent.begin_at(3);
    services.recent.keep(&kept);
    let mut read_before = Vec::new();
    let bind = || {
        read_before.extend(services.replays.of(1, 3).frames().cloned());
        4
    };
    let plan = replay(services, 1, bind).await.unwrap();
    assert_eq!((plan.replay, sequences(&plan.missed)), (Replay::Follows { missed: 3 }, vec![2, 3, 4]));
    assert_eq!(read_before.len(), 1, "2 and 3");
    assert_eq!(plan.missed.frames().next(), read_before.first());
    assert_eq!(plan.until, 4);
    // Too much came meanwhile.
    let plan = replay(services, 1, || 5_002).await.unwrap();
    assert_eq!((plan.replay, plan.missed.frames().count(), plan.until), (Replay::ResyncRequired, 0, 5_002));
    // The same while a replay is written, and what the database does not know.
    assert!(told_meanwhile(services, 1, 5_002).await.unwrap().is_none());
    assert!(told_meanwhile(services, 3, 6).await.unwrap().is_none());
    assert_eq!(sequences(&told_meanwhile(services, 2, 4).await.unwrap().unwrap()), [3, 4]);
    office.stop().await;
}

#[tokio::test]
async fn a_desktop_that_has_heard_more_than_this_server_has_told_waits_for_it() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for _ in 0..3 {
        office.register(&clerk).await;
    }
    office.publish().await;
    assert_eq!(office.services.hub.sequence(), 0, "it has not read yet");
    let waiting = tokio::spawn({
        let services = Arc::clone(&office.services);
        async move {
            caught_up_with(&services, 3).await.unwrap();
            services.hub.sequence()
        }
    });
    office.run(run(Arc::clone(&office.services)));
    assert_eq!(waiting.await.unwrap(), 3);
    // From another history: nobody will ever tell it.
    caught_up_with(&office.services, 4).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn nothing_falls_between_replay_and_live() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    office.run(run(Arc::clone(&office.services)));
    office.run(crate::relay::run(Arc::clone(&office.services)));
    let registering = {
        let (clerk, ids) = (clerk.clone(), (0..200).map(|_| office.command_id()).collect::<Vec<_>>());
        tokio::spawn(async move {
            for command_id in ids {
                create::handle(&clerk, CreateOrder { command_id, order: draft() }).await.unwrap();
            }
        })
    };
    for back in 1..=5 {
        until("some are told", async || office.services.hub.sequence() >= back * 30).await;
        let returning = office.clerk("2");
        let (outbound, waiting) = crate::ws::outbound::queue(1_000);
        let since = office.services.hub.sequence().saturating_sub(20);
        let (hub, session) = (&office.services.hub, returning.session);
        let plan = replay(&office.services, since, || hub.bind(session, outbound.clone())).await.unwrap();
        let (mut heard, mut reached) = (sequences(&plan.missed), plan.until);
        while let Err(told) = hub.follow(session, &outbound, reached) {
            let missed = told_meanwhile(&office.services, reached, told).await.unwrap().expect("it is near");
            heard.extend(sequences(&missed));
            reached = told;
        }
        let mut desk = crate::test_office::Desk(waiting);
        heard.extend(desk.sequences_until(reached + 5).await);
        let expected: Vec<u64> = (since + 1..).take(heard.len()).collect();
        assert_eq!(heard, expected);
    }
    registering.await.unwrap();
    office.stop().await;
}
