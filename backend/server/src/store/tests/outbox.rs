//! Integration events and what became of them: numbered in the order of commits, forward only.

use postoffice_domain::order::CustomerNotice;
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OutcomeEntry, STREAM_VERSION},
};

use super::*;

on_both_engines! {
    numbers_follow_the_order_of_commits_without_gap_whoever_leads,
    outcomes_only_move_forward,
    an_outcome_that_overtakes_the_mark_is_not_taken_back,
    the_table_refuses_what_the_states_of_an_event_forbid,
}

async fn numbers_follow_the_order_of_commits_without_gap_whoever_leads(on: On) {
    let desk = Desk::open(on).await;
    let mut expected = Vec::new();
    for number in 1..=10 {
        expected.push((number, done(desk.store.submit(desk.create(&draft())).await.unwrap()).event_id));
    }
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let numbers = |claim: Claim| match claim {
        Claim::Batch(batch) => batch.events.iter().map(|numbered| numbered.publish_seq).collect::<Vec<_>>(),
        Claim::NotLeader { .. } => panic!("leads"),
    };
    assert_eq!(numbers(desk.store.claim_batch(one, 10_000, 4).await.unwrap()), [1, 2, 3, 4]);
    assert!(matches!(desk.store.claim_batch(two, 10_000, 4).await.unwrap(), Claim::NotLeader { .. }));
    desk.clock.advance(10_001);
    // What the first one numbered comes first, nothing is numbered twice.
    assert_eq!(numbers(desk.store.claim_batch(two, 10_000, 4).await.unwrap()), [1, 2, 3, 4]);
    assert!(matches!(desk.store.claim_batch(one, 10_000, 4).await.unwrap(), Claim::NotLeader { .. }));
    desk.store.mark_published(one, 4).await.unwrap();
    assert_eq!(desk.store.last_published().await.unwrap(), 0, "only the leader marks");
    desk.store.mark_published(two, 4).await.unwrap();
    assert_eq!(desk.store.last_published().await.unwrap(), 4);
    desk.clock.advance(10_001);
    assert_eq!(desk.to_publish().await, expected[4..]);
    let between = desk.store.numbered_between(2, 7, 100).await.unwrap();
    assert_eq!(between.iter().map(|numbered| numbered.publish_seq).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
}

async fn outcomes_only_move_forward(on: On) {
    use MessageState::{Accepted, Delivered, Failed, Queued, Unknown};

    let desk = Desk::open(on).await;
    let created = done(desk.store.submit(desk.create(&draft())).await.unwrap());
    desk.to_publish().await;
    let ttn = created.order.ttn;
    let outcome = |state, at: i64| OutcomeEntry {
        v: STREAM_VERSION,
        event_id: created.event_id,
        ttn,
        state,
        reason: (state == MessageState::Unknown).then_some(MessageReason::AnswerLost),
        next_attempt_at: (state == Queued).then_some(postoffice_domain::clock::Timestamp::from_millis(5_000)),
        segments: Some(2),
        attempts: 1,
        at: postoffice_domain::clock::Timestamp::from_millis(at),
        request_id: None,
    };
    // Late, doubled, out of order; a report that settles `unknown` counts, nothing leaves a final state after it.
    let told = [Queued, Accepted, Queued, Accepted, Unknown, Accepted, Delivered, Failed, Unknown];
    let outcomes = told.into_iter().zip(1_000..).map(|(state, at)| outcome(state, at)).collect();
    let recorded = desk.store.record_outcomes(outcomes).await.unwrap();
    assert_eq!((recorded.moved, recorded.waiting, recorded.repeated, recorded.unknown.len()), (3, 1, 5, 0));
    let stored = desk.store.details(&ttn).await.unwrap().unwrap();
    let message = &stored.messages[0];
    assert_eq!((message.state, message.notice, message.segments), (Delivered, CustomerNotice::Accepted, Some(2)));
    assert_eq!((message.reason, message.attempts), (None, 1));
    assert_eq!(stored.timeline.len(), 4);
    assert_eq!(desk.store.rows(&[ttn]).await.unwrap()[&ttn].sms, Some(Delivered));
    let unknown = OutcomeEntry { event_id: Uuid::from_u128(5), ..outcome(Delivered, 0) };
    assert_eq!(desk.store.record_outcomes(vec![unknown]).await.unwrap().unknown, [Uuid::from_u128(5)]);
}

async fn an_outcome_that_overtakes_the_mark_is_not_taken_back(on: On) {
    let desk = Desk::open(on).await;
    let created = done(desk.store.submit(desk.create(&draft())).await.unwrap());
    assert_eq!(desk.to_publish().await, [(1, created.event_id)]);
    // In the stream, told, and reported on, before the relay came to marking it.
    let outcome = OutcomeEntry {
        v: STREAM_VERSION,
        event_id: created.event_id,
        ttn: created.order.ttn,
        state: MessageState::Accepted,
        reason: None,
        next_attempt_at: None,
        segments: None,
        attempts: 1,
        at: desk.clock.now(),
        request_id: None,
    };
    desk.store.record_outcomes(vec![outcome]).await.unwrap();
    desk.store.mark_published(Uuid::from_u128(1), 1).await.unwrap();
    assert_eq!(desk.store.outbox_unconfirmed().await.unwrap(), 0);
    assert_eq!(desk.store.last_published().await.unwrap(), 1);
    let left: Vec<u64> = desk.to_publish().await.into_iter().map(|(number, _)| number).collect();
    assert_eq!(left, [2], "only the change that tells desktops of the outcome");
}

async fn the_table_refuses_what_the_states_of_an_event_forbid(on: On) {
    let desk = Desk::open(on).await;
    desk.registered().await;
    desk.registered().await;
    let mut other = desk.behind_its_back().await;
    for forbidden in [
        "UPDATE integration_events SET status = 'published'",
        "UPDATE integration_events SET status = 'confirmed', confirmed_at = 1",
        "UPDATE integration_events SET status = 'confirmed', publish_seq = rowid",
        "UPDATE integration_events SET status = 'published', publish_seq = rowid, confirmed_at = 1",
        "UPDATE integration_events SET publish_seq = 1",
        "UPDATE integration_events SET status = 'lost'",
        "INSERT INTO integration_events (event_id, ttn, seq, kind, payload, needs_outcome, status, created_at)
         SELECT 'another', ttn, seq, kind, payload, needs_outcome, status, 1 FROM integration_events LIMIT 1",
    ] {
        let written = if on == On::Postgres { forbidden.replace("rowid", "position") } else { forbidden.to_owned() };
        let refused = other.run(&written, &[]).await.unwrap_err();
        // A broken CHECK or UNIQUE, and not a statement that the engine does not understand.
        assert!(refused.to_string().contains("constraint"), "{forbidden}: {refused}");
    }
    assert_eq!(desk.to_publish().await.len(), 2);
}
