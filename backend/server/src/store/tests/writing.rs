//! Orders, their outbox and their outcomes: one commit, effect once, neighbours untouched.

use std::collections::BTreeSet;

use postoffice_domain::order::{CustomerNotice, Status};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OutcomeEntry, STREAM_VERSION},
};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::*;
use crate::store::{Claim, StoreError};

async fn outbox(desk: &Desk) -> Vec<(u64, Uuid)> {
    let Claim::Batch(events) = desk.store.claim_batch(Uuid::from_u128(1), 10_000, 1_000).await.unwrap() else {
        panic!("leads")
    };
    events.into_iter().map(|numbered| (numbered.publish_seq, numbered.event.event_id)).collect()
}

#[tokio::test]
async fn a_refused_command_leaves_its_neighbours_of_the_group_untouched() {
    let desk = Desk::open().await;
    let there = desk.registered().await.ttn;
    let unknown = Ttn::draw(&SystemEntropy);
    // All of these are in the queue before the writer wakes: one group.
    let works: Vec<OrderWork> = (0..60)
        .map(|number| match number % 3 {
            0 => desk.create(&draft()),
            1 => desk.decide(unknown, OrderCommand::Complete, Guard::None),
            _ => desk.decide(there, OrderCommand::Complete, Guard::None),
        })
        .collect();
    let answers = futures_util::future::join_all(works.into_iter().map(|work| desk.store.submit(work))).await;
    let mut ttns = BTreeSet::new();
    for (answer, number) in answers.into_iter().zip(0..) {
        match number % 3 {
            0 => assert!(ttns.insert(done(answer.unwrap()).order.ttn), "no TTN twice"),
            1 => assert_eq!(refused(answer.unwrap()), ProblemCode::NotFound),
            _ => assert_eq!(refused(answer.unwrap()), ProblemCode::Refused),
        }
    }
    assert_eq!((ttns.len(), desk.store.outbox_depth().await.unwrap()), (20, 21));
}

#[tokio::test]
async fn commands_of_one_group_see_what_the_ones_before_did() {
    let desk = Desk::open().await;
    let ttn = desk.registered().await.ttn;
    let works =
        [move_to("Тернопіль"), move_to("Тернопіль"), OrderCommand::cancel("відмова").unwrap(), move_to("Одеса")];
    let works = works.map(|command| desk.store.submit(desk.decide(ttn, command, Guard::None)));
    let answers = futures_util::future::join_all(works).await;
    let outcome: Vec<bool> = answers.into_iter().map(|answer| matches!(answer.unwrap(), Answer::Done(_))).collect();
    assert_eq!(outcome, [true, false, true, false], "moved, same place, canceled, final");
    let stored = desk.store.details(&ttn).await.unwrap().unwrap();
    assert_eq!(stored.order.status, Status::Canceled);
    let seqs: Vec<u32> = stored.timeline.iter().rev().map(|line| line.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4], "registered, moved, status, canceled");
    assert_eq!(stored.version, 4);
}

#[tokio::test]
async fn a_command_has_its_effect_once_also_twice_in_one_group() {
    let desk = Desk::open().await;
    let work = desk.create(&draft());
    let twice = futures_util::future::join_all([work.clone(), work.clone()].map(|work| desk.store.submit(work))).await;
    let [first, second] = twice.try_into().unwrap();
    let (first, second) = (done(first.unwrap()), done(second.unwrap()));
    assert_eq!(first, second);
    assert_eq!(done(desk.store.submit(work.clone()).await.unwrap()), first);
    assert_eq!(desk.store.answer_of(&work).await.unwrap().map(done), Some(first.clone()));
    assert_eq!(desk.store.outbox_depth().await.unwrap(), 1);

    let mut other = desk.create(&OrderDraft { description: "Чашки".to_owned(), ..draft() });
    assert_eq!(desk.store.answer_of(&other).await.unwrap(), None);
    other.command_id = work.command_id;
    assert_eq!(refused(desk.store.submit(other.clone()).await.unwrap()), ProblemCode::IdReused);
    assert_eq!(desk.store.answer_of(&other).await.unwrap().map(refused), Some(ProblemCode::IdReused));

    // A refusal is the answer too, although it would be allowed later.
    let early = desk.decide(first.order.ttn, OrderCommand::Complete, Guard::None);
    assert_eq!(refused(desk.store.submit(early.clone()).await.unwrap()), ProblemCode::Refused);
    desk.store.submit(desk.decide(first.order.ttn, move_to("Київ"), Guard::None)).await.unwrap();
    assert_eq!(refused(desk.store.submit(early).await.unwrap()), ProblemCode::Refused);
}

#[tokio::test]
async fn only_the_last_who_loaded_may_write() {
    let desk = Desk::open().await;
    let ttn = desk.registered().await.ttn;
    let (_, first) = desk.store.load_for_edit(ttn, session(1)).await.unwrap().unwrap();
    let (_, second) = desk.store.load_for_edit(ttn, session(2)).await.unwrap().unwrap();
    assert!(second > first);
    for fence in [0, first, second] {
        let stale = desk.decide(ttn, move_to("Одеса"), Guard::Fence(fence));
        assert_eq!(refused(desk.store.submit(stale).await.unwrap()), ProblemCode::LockLost, "{fence}");
    }
    let mut holder = desk.decide(ttn, move_to("Київ"), Guard::Fence(second));
    holder.session = session(2);
    done(desk.store.submit(holder).await.unwrap());

    // A command without an editor: passes when nobody loaded since, and ends the editors of others, not its own.
    let stale = desk.decide(ttn, move_to("Одеса"), Guard::Unmoved(first));
    assert_eq!(refused(desk.store.submit(stale).await.unwrap()), ProblemCode::LockLost);
    done(desk.store.submit(desk.decide(ttn, move_to("Одеса"), Guard::Unmoved(second))).await.unwrap());
    let mut ended = desk.decide(ttn, move_to("Київ"), Guard::Fence(second));
    ended.session = session(2);
    assert_eq!(refused(desk.store.submit(ended).await.unwrap()), ProblemCode::LockLost);
    let (_, own) = desk.store.load_for_edit(ttn, session(1)).await.unwrap().unwrap();
    done(desk.store.submit(desk.decide(ttn, move_to("Луцьк"), Guard::Unmoved(own))).await.unwrap());
    done(desk.store.submit(desk.decide(ttn, move_to("Рівне"), Guard::Fence(own))).await.unwrap());
    assert_eq!(desk.store.fence(&ttn).await.unwrap(), Some(own));

    let unknown = Ttn::draw(&SystemEntropy);
    assert_eq!(desk.store.load_for_edit(unknown, session(1)).await.unwrap(), None);
    let mistaken = desk.registered().await.ttn;
    let delete = desk.decide(mistaken, OrderCommand::delete("помилка").unwrap(), Guard::None);
    done(desk.store.submit(delete).await.unwrap());
    assert_eq!(desk.store.load_for_edit(mistaken, session(1)).await.unwrap(), None, "deleted");
}

#[tokio::test]
async fn numbers_follow_the_order_of_commits_without_gap_whoever_leads() {
    let desk = Desk::open().await;
    let mut expected = Vec::new();
    for number in 1..=10 {
        expected.push((number, done(desk.store.submit(desk.create(&draft())).await.unwrap()).event_id));
    }
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let numbers = |claim: Claim| match claim {
        Claim::Batch(events) => events.iter().map(|numbered| numbered.publish_seq).collect::<Vec<_>>(),
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
    assert_eq!(outbox(&desk).await, expected[4..]);
    let between = desk.store.numbered_between(2, 7, 100).await.unwrap();
    assert_eq!(between.iter().map(|numbered| numbered.publish_seq).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn outcomes_only_move_forward() {
    use MessageState::{Accepted, Delivered, Failed, Queued, Unknown};

    let desk = Desk::open().await;
    let created = done(desk.store.submit(desk.create(&draft())).await.unwrap());
    outbox(&desk).await;
    let ttn = created.order.ttn;
    let outcome = |state, at: i64| OutcomeEntry {
        v: STREAM_VERSION,
        event_id: created.event_id,
        ttn,
        state,
        reason: (state == MessageState::Unknown).then_some(MessageReason::AnswerLost),
        text: Some("Посилка".to_owned()),
        segments: Some(2),
        attempts: 1,
        at: postoffice_domain::clock::Timestamp::from_millis(at),
        request_id: None,
    };
    // Late, doubled, out of order; a report that settles `unknown` counts, nothing leaves a final state after it.
    let told = [Queued, Accepted, Queued, Accepted, Unknown, Accepted, Delivered, Failed, Unknown];
    let outcomes = told.into_iter().zip(1_000..).map(|(state, at)| outcome(state, at)).collect();
    let recorded = desk.store.record_outcomes(outcomes).await.unwrap();
    assert_eq!((recorded.moved, recorded.repeated, recorded.unknown.len()), (3, 6, 0));
    let stored = desk.store.details(&ttn).await.unwrap().unwrap();
    let message = &stored.messages[0];
    assert_eq!((message.state, message.notice, message.segments), (Delivered, CustomerNotice::Accepted, Some(2)));
    assert_eq!((message.reason, message.attempts), (None, 1));
    assert_eq!(stored.timeline.len(), 4);
    assert_eq!(desk.store.rows(&[ttn]).await.unwrap()[&ttn].sms, Some(Delivered));
    let unknown = OutcomeEntry { event_id: Uuid::from_u128(5), ..outcome(Delivered, 0) };
    assert_eq!(desk.store.record_outcomes(vec![unknown]).await.unwrap().unknown, [Uuid::from_u128(5)]);
}

#[tokio::test]
async fn a_locked_database_is_named_reads_go_on_and_nothing_is_half_written() {
    let desk = Desk::open().await;
    let ttn = desk.registered().await.ttn;
    let path = desk.folder.path().join("postoffice.db");
    let mut other = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let work = desk.create(&draft());
    let refused = desk.store.submit(work.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert_eq!(refused.to_problem().code, ProblemCode::StorageUnavailable);
    assert!(desk.store.details(&ttn).await.unwrap().is_some());
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    assert_eq!(desk.store.answer_of(&work).await.unwrap(), None);
    done(desk.store.submit(work).await.unwrap());
    assert_eq!(desk.store.outbox_depth().await.unwrap(), 2);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let desk = Desk::open().await;
    let ttn = desk.registered().await.ttn;
    desk.store.load_for_edit(ttn, session(1)).await.unwrap();
    // First the numbers: what was read tells up to which of them it is true.
    let numbered = outbox(&desk).await;
    let before = desk.store.details(&ttn).await.unwrap();
    let Desk { store, clock, folder } = desk;
    drop((store, clock));
    let reopened = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        // The writer ends when the last handle is gone; until then the file is in use.
        loop {
            if let Some(store) = TestStore::try_open(&folder).await {
                return store;
            }
            tokio::task::yield_now().await;
        }
    });
    let TestStore { store, clock, .. } = reopened.await.unwrap();
    assert_eq!(store.details(&ttn).await.unwrap(), before);
    assert_eq!(store.fence(&ttn).await.unwrap(), Some(1));
    assert_eq!(outbox(&Desk { store, clock, folder }).await, numbered);
}
