//! Two servers on one PostgreSQL and one Redis: what is done at one is seen at the other, and the death of one is noticed by nobody for long.

use std::{net::SocketAddr, process::Command, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::ServerNotice,
    locks::{AcquireLock, LockGranted, LockPurpose},
    orders::{CreateOrder, OrderCreated},
    problem::{Problem, ProblemCode},
};
use postoffice_runtime::testing::{Running, TestDatabase, TestPostgres, TestRedis, free_port};
use postoffice_server::{config::Config, store::Claim};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::{
    connections::get,
    desk::{Desk, PATIENCE},
    office::{LOGIN, Office, PASSWORD},
    orders::{command_id, draft, register},
};

/// How long a node's death may be noticed.
const AGAIN_WITHIN: Duration = Duration::from_secs(5);

fn on(database: &TestDatabase, redis: &TestRedis) -> impl FnOnce(&mut Config) {
    let (url, owner_url) = (database.url.clone(), database.owner_url.clone());
    let redis = redis.url();
    move |config| {
        (config.database.url, config.database.owner_url) = (Some(url), Some(owner_url));
        config.redis.url = Some(redis);
    }
}

/// A server as a process of its own, which can be killed.
struct Node {
    running: Running,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Node {
    /// Starts it with the rights of a server: the tables are there.
    async fn start(database: &TestDatabase, redis: &TestRedis) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [address, admin] = [free_port(), free_port()].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let mut command = Command::new(env!("CARGO_BIN_EXE_postoffice-server"));
        command
            .arg("serve")
            .env("POSTOFFICE_DATA", folder.path())
            .env("POSTOFFICE_LISTEN", address.to_string())
            .env("POSTOFFICE_ADMIN_LISTEN", admin.to_string())
            .env("POSTOFFICE_DATABASE__URL", &database.url)
            .env("POSTOFFICE_REDIS__URL", redis.url())
            .env("POSTOFFICE_PASSWORDS__MEMORY_KIB", "64")
            .env("POSTOFFICE_PASSWORDS__PASSES", "1");
        let log = folder.path().join("server.log");
        let running = Running::start(&mut command, &log);
        let ready = timeout(PATIENCE, async {
            loop {
                if tokio::net::TcpStream::connect(admin).await.is_ok()
                    && get(admin, "/health/ready").await.starts_with("HTTP/1.1 200")
                {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(ready.await.is_ok(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
        Self { running, address, _folder: folder }
    }

    async fn signed_in(&self) -> Desk {
        let mut desk = Desk::connect(self.address).await;
        desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
        desk
    }
}

/// Numbers of the changes that a desk hears of, up to the first one of this order.
async fn sequences_until(desk: &mut Desk, ttn: Ttn, heard: &mut Vec<u64>) {
    let mut found = false;
    while !found {
        let changes = desk.news(|notice| match notice {
            ServerNotice::Changes(batch) => Some(batch.changes),
            _ => None,
        });
        for change in changes.await {
            heard.push(change.sequence);
            found |= change.ttn == ttn;
        }
    }
}

async fn leads(office: &Office) -> bool {
    let claimed = office.served.services.store.claim_batch(Uuid::from_u128(1), 1, 1).await.unwrap();
    matches!(claimed, Claim::Batch(_))
}

#[tokio::test]
async fn what_is_done_at_one_node_is_seen_at_the_other_also_when_the_leader_is_killed() {
    let (database, redis) = (TestPostgres::shared().database(), TestRedis::start().await);
    let first = Office::set_up_with(on(&database, &redis)).await;
    first.stop().await;
    let mut node = Node::start(&database, &redis).await;
    let mut there = node.signed_in().await;
    // The node that was there first leads the relay; what it registers is published by itself.
    let mut heard_there = Vec::new();
    let ttn = register(&mut there, "Кераміка").await.order.ttn;
    sequences_until(&mut there, ttn, &mut heard_there).await;

    let office = Office::open_with(on(&database, &redis)).await;
    let mut here = office.signed_in().await;
    let mut heard = Vec::new();
    let ttn = register(&mut there, "Кераміка").await.order.ttn;
    sequences_until(&mut here, ttn, &mut heard).await;
    let own = register(&mut here, "Чашки").await.order.ttn;
    sequences_until(&mut there, own, &mut heard_there).await;
    sequences_until(&mut here, own, &mut heard).await;
    assert!(!leads(&office).await, "one relay leads, and it is the other node's");

    // A lock is one lock, whichever node it was got from.
    let acquire = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
    let granted: LockGranted = there.ask("locks.acquire", &acquire).await.unwrap();
    let refused: Result<LockGranted, Box<Problem>> = here.ask("locks.acquire", &acquire).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::OrderLocked);
    let holder = here.news(|notice| match notice {
        ServerNotice::Locks(news) => news.held.into_iter().find(|lock| lock.ttn == ttn),
        _ => None,
    });
    assert_eq!(holder.await.holder.session, granted.order.lock.unwrap().holder.session);

    let killed = Instant::now();
    node.running.kill();
    let after = register(&mut here, "Ялинка").await.order.ttn;
    sequences_until(&mut here, after, &mut heard).await;
    assert!(killed.elapsed() < AGAIN_WITHIN, "{:?}", killed.elapsed());
    let expected: Vec<u64> = (heard[0]..heard[0] + u64::try_from(heard.len()).unwrap()).collect();
    assert_eq!(heard, expected, "none missed, none twice, in order");

    // The desk that was at the dead node goes to the other one, and a third node joins.
    let third = Node::start(&database, &redis).await;
    let mut moved = third.signed_in().await;
    let ttn = register(&mut moved, "Єнот").await.order.ttn;
    sequences_until(&mut here, ttn, &mut heard).await;
    office.stop().await;
}

#[tokio::test]
async fn a_sign_out_and_a_disabled_employee_are_felt_at_every_node() {
    let (database, redis) = (TestPostgres::shared().database(), TestRedis::start().await);
    let office = Office::set_up_with(on(&database, &redis)).await;
    let node = Node::start(&database, &redis).await;
    let mut desk = node.signed_in().await;
    let employee = office.served.services.store.list_employees().await.unwrap().remove(0);
    office.served.services.store.end_sessions_of(employee.id).await.unwrap();
    let began = Instant::now();
    assert!(desk.close_code().await.is_some());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    office.stop().await;
}

#[tokio::test]
async fn without_its_database_a_server_is_sent_no_more_desktops_and_keeps_those_that_it_has() {
    let (mut postgres, redis) = (TestPostgres::start(), TestRedis::start().await);
    let office = Office::set_up_with(on(&postgres.database(), &redis)).await;
    let mut desk = office.signed_in().await;
    postgres.stop_at_once();
    assert!(get(office.admin, "/health/balance").await.starts_with("HTTP/1.1 404"));
    let order = draft("Кераміка");
    let params = CreateOrder { command_id: command_id(), order };
    let refused: Result<OrderCreated, Box<Problem>> = desk.ask("orders.create", &params).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::StorageUnavailable);
    postgres.start_again();
    let again = timeout(PATIENCE, async {
        while !get(office.admin, "/health/balance").await.starts_with("HTTP/1.1 200") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    again.await.expect("desktops may come again");
    let _: OrderCreated = desk.ask("orders.create", &params).await.unwrap();
    office.stop().await;
}
