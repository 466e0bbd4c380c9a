//! The server on Sentinel and on a cluster: everything works, the primary dies, everything works again, nothing is lost.

use std::{collections::BTreeSet, time::Duration};

use postoffice_domain::{order::Order, ttn::Ttn};
use postoffice_protocol::{
    events::ServerNotice,
    locks::{AcquireLock, LockGranted, LockPurpose, LocksRenewed, ReleaseLock, RenewLocks},
    orders::{Accepted, ChangeLocation},
    problem::{Problem, ProblemCode},
    session::Nothing,
    stream::OUTBOX_STREAM,
};
use postoffice_runtime::{
    redis_link::RedisLink,
    stream::{Entry, Tail},
    testing::{TestCluster, TestSentinel},
};
use tokio::time::{Instant, timeout};

use crate::{
    desk::Desk,
    office::Office,
    orders::{command_id, outcome_of, register},
};

/// How long after a primary's death everything must work again.
const AGAIN_WITHIN: Duration = Duration::from_secs(15);

/// Asks until Redis is back; any other refusal is a failure.
async fn acquired(desk: &mut Desk, ttn: Ttn) -> LockGranted {
    let acquire = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
    let asking = async {
        loop {
            let answer: Result<LockGranted, Box<Problem>> = desk.ask("locks.acquire", &acquire).await;
            match answer {
                Ok(granted) => return granted,
                Err(problem) => assert_eq!(problem.code, ProblemCode::LocksUnavailable, "{problem:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(AGAIN_WITHIN, asking).await.expect("locks are given")
}

/// Waits until a desktop has heard of all these orders, from the stream.
async fn hears_of(desk: &mut Desk, mut orders: BTreeSet<Ttn>) {
    while !orders.is_empty() {
        desk.news(|notice| {
            if let ServerNotice::Changes(batch) = notice {
                for change in &batch.changes {
                    orders.remove(&change.ttn);
                }
                return Some(());
            }
            None
        })
        .await;
    }
}

/// One order from its registration to a change of place, as two desks live it.
async fn one_round(office: &Office) -> Order {
    let (mut desk, mut colleague) = (office.signed_in().await, office.signed_in().await);
    let order = register(&mut desk, "Кераміка").await.order;
    let ttn = order.ttn;
    hears_of(&mut colleague, BTreeSet::from([ttn])).await;
    let granted = acquired(&mut desk, ttn).await;
    colleague
        .news(|notice| match notice {
            ServerNotice::Locks(news) => news.held.into_iter().find(|lock| lock.ttn == ttn),
            _ => None,
        })
        .await;
    let renewed: LocksRenewed = desk.ask("locks.renew", &RenewLocks { ttns: vec![ttn] }).await.unwrap();
    assert_eq!(renewed.renewed, [ttn]);
    let change = ChangeLocation {
        command_id: command_id(),
        ttn,
        fence: granted.lease.fence,
        city: "Вінниця".to_owned(),
        street: "Сортувальний центр".to_owned(),
        note: None,
    };
    let _: Accepted = desk.ask("orders.change_location", &change).await.unwrap();
    assert_eq!(outcome_of(&mut desk, change.command_id).await.problem, None);
    hears_of(&mut colleague, BTreeSet::from([ttn])).await;
    let _: Nothing = desk.ask("locks.release", &ReleaseLock { ttn }).await.unwrap();
    acquired(&mut colleague, ttn).await;
    let _: Nothing = colleague.ask("locks.release", &ReleaseLock { ttn }).await.unwrap();
    order
}

/// Numbers in the stream of Redis as it is now.
async fn numbers_in_stream(link: &RedisLink) -> Vec<u64> {
    let mut tail = Tail::open(link, OUTBOX_STREAM).await.unwrap();
    tail.next("0-0", 1_000).await.unwrap().iter().filter_map(Entry::sequence).collect()
}

async fn goes_on(url: String, kill: impl AsyncFnOnce()) {
    let link = RedisLink::parse(&url).unwrap();
    let office = Office::set_up_with(|config| config.redis.url = Some(url)).await;
    let mut desk = office.signed_in().await;
    let mut colleague = office.signed_in().await;
    one_round(&office).await;

    let killed = Instant::now();
    kill().await;
    // SQL takes orders whatever Redis does; the outbox keeps them for the stream.
    let mut orders = BTreeSet::new();
    for number in 0..20 {
        orders.insert(register(&mut desk, &format!("Посилка {number}")).await.order.ttn);
    }
    assert!(killed.elapsed() < Duration::from_secs(5), "registering does not wait: {:?}", killed.elapsed());
    hears_of(&mut colleague, orders).await;
    one_round(&office).await;
    let took = killed.elapsed();
    assert!(took < AGAIN_WITHIN, "everything works again only after {took:?}");

    // Published again in order: the new primary has every number, also those that it had not got before its predecessor died.
    let numbers = numbers_in_stream(&link).await;
    let last = *numbers.last().unwrap();
    assert!(last >= 24, "two rounds and twenty orders");
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
    eprintln!("everything works again {took:?} after the kill");
    office.stop().await;
}

#[tokio::test]
async fn on_sentinel_everything_works_again_after_the_primary_died_and_nothing_is_lost() {
    let mut redis = TestSentinel::start().await;
    goes_on(redis.url(), async || {
        redis.kill_primary().await;
    })
    .await;
}

#[tokio::test]
async fn on_a_cluster_everything_works_again_after_the_streams_primary_died_and_nothing_is_lost() {
    let mut redis = TestCluster::start().await;
    goes_on(redis.url(), async || {
        redis.kill_primary_of(OUTBOX_STREAM).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_starts_and_takes_orders_while_no_sentinel_and_no_node_is_there() {
    for url in ["sentinel://127.0.0.1:1,127.0.0.1:2/po", "cluster://127.0.0.1:1,127.0.0.1:2"] {
        let office = Office::set_up_with(|config| config.redis.url = Some(url.to_owned())).await;
        let mut desk = office.signed_in().await;
        let ttn = register(&mut desk, "Без Redis").await.order.ttn;
        let acquire = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
        let refused: Result<LockGranted, Box<Problem>> = desk.ask("locks.acquire", &acquire).await;
        assert_eq!(refused.unwrap_err().code, ProblemCode::LocksUnavailable, "{url}");
        office.stop().await;
    }
}
