//! Commands on orders: one commit, effect once, neighbours untouched.

use std::collections::BTreeSet;

use postoffice_domain::order::Status;

use super::*;
use crate::store::StoreError;

on_both_engines! {
    a_refused_command_leaves_its_neighbours_of_the_group_untouched,
    an_order_that_cannot_be_read_leaves_its_neighbours_of_the_group_untouched,
    commands_of_one_group_see_what_the_ones_before_did,
    a_command_has_its_effect_once_also_twice_in_one_group,
    everything_is_there_after_a_restart,
}

async fn a_refused_command_leaves_its_neighbours_of_the_group_untouched(on: On) {
    let desk = Desk::open(on).await;
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

async fn an_order_that_cannot_be_read_leaves_its_neighbours_of_the_group_untouched(on: On) {
    let desk = Desk::open(on).await;
    let (damaged, good) = (desk.registered().await.ttn, desk.registered().await.ttn);
    let mut other = desk.behind_its_back().await;
    other.run("UPDATE orders SET body = '{\"ttn\":' WHERE ttn = $1", &[&damaged.to_string()]).await.unwrap();
    other.close().await;
    let cities = ["Луцьк", "Рівне", "Суми", "Полтава"];
    let works: Vec<OrderWork> = cities
        .iter()
        .flat_map(|city| {
            let moved = |ttn| desk.decide(ttn, move_to(city), Guard::None);
            [desk.create(&draft()), moved(damaged), moved(good)]
        })
        .collect();
    let answers = futures_util::future::join_all(works.iter().map(|work| desk.store.submit(work.clone()))).await;
    for (answer, number) in answers.into_iter().zip(0..) {
        match (number % 3, answer) {
            (1, Err(error)) => {
                assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
                assert_eq!(error.to_problem().code, ProblemCode::Internal);
            }
            (_, answer) => drop(done(answer.unwrap())),
        }
    }
    let stored = desk.store.details(&good).await.unwrap().unwrap();
    assert_eq!(stored.order.location.city, cities[3], "in the order in which they came");
    assert_eq!(desk.to_publish().await.len(), 2 + 4 + 4);
    // What failed left nothing behind, and what was done is done once.
    assert_eq!(desk.store.answer_of(&works[1]).await.unwrap(), None);
    assert!(desk.store.answer_of(&works[2]).await.unwrap().is_some());
    done(desk.store.submit(works[2].clone()).await.unwrap());
    assert_eq!(desk.store.details(&good).await.unwrap().unwrap().version, stored.version);
}

async fn commands_of_one_group_see_what_the_ones_before_did(on: On) {
    let desk = Desk::open(on).await;
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

async fn a_command_has_its_effect_once_also_twice_in_one_group(on: On) {
    let desk = Desk::open(on).await;
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
async fn a_locked_database_is_named_reads_go_on_and_nothing_is_half_written() {
    let desk = Desk::open(On::Sqlite).await;
    let ttn = desk.registered().await.ttn;
    let mut other = desk.behind_its_back().await;
    other.run("BEGIN IMMEDIATE", &[]).await.unwrap();
    let work = desk.create(&draft());
    let refused = desk.store.submit(work.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert_eq!(refused.to_problem().code, ProblemCode::StorageUnavailable);
    assert!(desk.store.details(&ttn).await.unwrap().is_some());
    other.run("ROLLBACK", &[]).await.unwrap();
    other.close().await;
    assert_eq!(desk.store.answer_of(&work).await.unwrap(), None);
    done(desk.store.submit(work).await.unwrap());
    assert_eq!(desk.store.outbox_depth().await.unwrap(), 2);
}

async fn everything_is_there_after_a_restart(on: On) {
    let desk = Desk::open(on).await;
    let ttn = desk.registered().await.ttn;
    desk.store.load_for_edit(ttn, session(1)).await.unwrap();
    // First the numbers: what was read tells up to which of them it is true.
    let numbered = desk.to_publish().await;
    let before = desk.store.details(&ttn).await.unwrap();
    let Desk { store, clock, place } = desk;
    drop((store, clock));
    let reopened = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        // The writer ends when the last handle is gone; until then the file is in use.
        loop {
            if let Some(store) = TestStore::try_open(&place).await {
                return store;
            }
            tokio::task::yield_now().await;
        }
    });
    let TestStore { store, clock, .. } = reopened.await.unwrap();
    assert_eq!(store.details(&ttn).await.unwrap(), before);
    assert_eq!(store.fence(&ttn).await.unwrap(), Some(1));
    assert_eq!(Desk { store, clock, place }.to_publish().await, numbered);
}
