//! Several servers on one database.

use std::{collections::BTreeSet, time::Duration};

use super::*;

/// A second server on the same database.
async fn beside(desk: &Desk) -> TestStore {
    open_at(&PostgresAddress::parse(&database(desk).url).unwrap()).await
}

#[tokio::test]
async fn one_command_sent_to_two_servers_happens_once() {
    let desk = Desk::open(On::Postgres).await;
    let other = beside(&desk).await;
    for number in 0..20 {
        let work = desk.create(&draft());
        let (one, two) = tokio::join!(desk.store.submit(work.clone()), other.store.submit(work.clone()));
        assert_eq!(done(one.unwrap()), done(two.unwrap()));
        happened_once(&desk, &work, number).await;
    }
}

/// Both load and move the same orders, in groups, in opposite directions: nobody waits for each other for ever, every token is given once.
#[tokio::test]
async fn two_servers_at_the_same_orders_do_not_disturb_each_other() {
    let desk = Desk::open(On::Postgres).await;
    let other = beside(&desk).await;
    let mut ttns = Vec::new();
    for _ in 0..10 {
        ttns.push(desk.registered().await.ttn);
    }
    let backwards: Vec<Ttn> = ttns.iter().rev().copied().collect();
    let mut tokens: BTreeSet<(Ttn, u64)> = BTreeSet::new();
    for round in 0..20 {
        let loads = |store: &Store, ttns: &[Ttn], who| {
            let loads: Vec<_> = ttns
                .iter()
                .map(|ttn| {
                    let (store, ttn) = (store.clone(), *ttn);
                    async move { (ttn, store.load_for_edit(ttn, session(who)).await.unwrap().unwrap().1) }
                })
                .collect();
            futures_util::future::join_all(loads)
        };
        let moves = |store: &Store, ttns: &[Ttn], city: &str| {
            let moves: Vec<_> = ttns
                .iter()
                .map(|ttn| {
                    let (store, work) = (store.clone(), desk.decide(*ttn, move_to(city), Guard::None));
                    async move { drop(done(store.submit(work).await.unwrap())) }
                })
                .collect();
            futures_util::future::join_all(moves)
        };
        let (here, there) = (format!("Луцьк {round}"), format!("Рівне {round}"));
        let (one, two, _, _) = tokio::join!(
            loads(&desk.store, &ttns, 1),
            loads(&other.store, &backwards, 2),
            moves(&desk.store, &backwards, &here),
            moves(&other.store, &ttns, &there)
        );
        for token in one.into_iter().chain(two) {
            assert!(tokens.insert(token), "given twice: {token:?}");
        }
    }
    for ttn in &ttns {
        assert_eq!(desk.store.fence(ttn).await.unwrap(), Some(40));
        let lines: Vec<u32> =
            desk.store.details(ttn).await.unwrap().unwrap().timeline.iter().map(|line| line.seq).collect();
        assert!(lines.windows(2).all(|pair| pair[0] == pair[1] + 1), "no gap, none twice: {lines:?}");
    }
    let mut behind = desk.behind_its_back().await;
    let sql = "SELECT ttn FROM (SELECT ttn, seq, lag(seq) OVER (PARTITION BY ttn ORDER BY position) AS before FROM integration_events) AS e
               WHERE before >= seq";
    assert_eq!(behind.run(sql, &[]).await.unwrap(), 0, "events of one order are written in the order of its history");
}

#[tokio::test]
async fn a_commit_wakes_the_relays_of_the_others() {
    let desk = Desk::open(On::Postgres).await;
    let other = beside(&desk).await;
    let wake = other.store.outbox_wake();
    // Listening begins by itself, a moment after opening.
    tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            desk.registered().await;
            if tokio::time::timeout(Duration::from_millis(200), wake.notified()).await.is_ok() {
                break;
            }
        }
    })
    .await
    .expect("it is told");
}

#[tokio::test]
async fn only_one_of_two_first_desktops_makes_the_admin() {
    let desk = Desk::open(On::Postgres).await;
    let other = beside(&desk).await;
    let (one, two) = tokio::join!(
        desk.store.set_up(branch(), super::super::people::employee(1, "olena")),
        other.store.set_up(branch(), super::super::people::employee(2, "taras"))
    );
    assert_eq!([one.unwrap(), two.unwrap()].into_iter().filter(|made| *made).count(), 1);
    assert_eq!(desk.store.list_employees().await.unwrap().len(), 1);
}
