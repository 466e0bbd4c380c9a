//! The parts of a change of place, and nothing else: two Redis round trips and two SQL transactions of the server's own store, by as many workers
//! at once. No socket, no timeline read, no relay, nobody who is told.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use postoffice_domain::{
    clock::Clock,
    location::Location,
    order::OrderCommand,
    people::{Actor, BranchId, Role},
    ttn::Ttn,
};
use postoffice_protocol::session::SessionId;
use postoffice_runtime::testing::TestRedis;
use postoffice_server::{
    store::{Answer, Database, Guard, OrderWork, SmsRules, Store, StoreConfig, StoreError, WorkKind},
    system::{SystemClock, SystemEntropy},
};
use postoffice_tests::desk::command_id;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use super::{
    change::place,
    holder,
    raw::{RawLocks, client},
};
use crate::{latency::Latency, loops::per_second};

/// Ids of the commands; those in the database already are below.
const FIRST_COMMAND: u32 = 1_000_000;

/// A store and a Redis of their own.
pub struct Parts {
    store: Store,
    writing: JoinHandle<Result<(), StoreError>>,
    locks: RawLocks,
    _redis: TestRedis,
}

impl Parts {
    /// On a database that holds the orders.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open(database: &Path) -> Self {
        let config = StoreConfig {
            database: Database::File(database.to_owned()),
            group_max: 64,
            sms: SmsRules::default(),
            beside_a_server: false,
        };
        let opening = Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy));
        let (store, writer) = opening.await.expect("the database opens");
        let redis = TestRedis::start().await;
        let locks = RawLocks::open(&client(&redis)).await;
        Self { store, writing: tokio::spawn(writer.run()), locks, _redis: redis }
    }

    /// Every worker does it again and again on its own orders; changes per second.
    ///
    /// # Panics
    /// One of them does not work.
    pub async fn round(&self, shares: &[Vec<Ttn>], lasting: Duration, times: &mut Latency) -> f64 {
        let began = Instant::now();
        let end = began + lasting;
        let mut working = JoinSet::new();
        for (number, orders) in shares.iter().cloned().enumerate() {
            let mut worker =
                Worker { store: self.store.clone(), locks: self.locks.clone(), session: holder(number).session };
            working.spawn(async move {
                let mut times = Latency::none();
                for ttn in orders.iter().cycle() {
                    let began = Instant::now();
                    if began >= end {
                        break;
                    }
                    worker.change(*ttn).await;
                    times.add(began.elapsed());
                }
                times
            });
        }
        let mut all = Latency::none();
        working.join_all().await.iter().for_each(|times| all.join(times));
        times.join(&all);
        per_second(usize::try_from(all.count()).unwrap_or(0), began.into_std())
    }

    /// Ends it.
    ///
    /// # Panics
    /// The disk failed.
    pub async fn close(self) {
        drop(self.store);
        self.writing.await.expect("the writer ends").expect("the disk works");
    }
}

struct Worker {
    store: Store,
    locks: RawLocks,
    session: SessionId,
}

impl Worker {
    async fn change(&mut self, ttn: Ttn) {
        static NEXT: AtomicU32 = AtomicU32::new(FIRST_COMMAND);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (key, owner) = (format!("raw:{ttn}"), self.session.to_string());
        self.locks.take(&key, &owner).await;
        let loaded = self.store.load_for_edit(ttn, self.session).await.expect("the store works");
        let (_, fence) = loaded.expect("the order is there");
        let (city, street) = place(number);
        let to = Location::read("", city, &street).expect("a good place");
        let work = OrderWork {
            command_id: command_id(u128::from(number)),
            session: self.session,
            actor: clerk(),
            request_id: "bench".to_owned(),
            now: SystemClock.now(),
            kind: WorkKind::Decide {
                ttn,
                command: OrderCommand::change_location(to, None).expect("a good command"),
                guard: Guard::Fence(fence),
            },
        };
        let answer = self.store.submit(work).await.expect("the store works");
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
        self.locks.give_back(&key, &owner).await;
    }
}

fn clerk() -> Actor {
    Actor {
        employee: holder(0).employee,
        name: "Ірина Мельник".to_owned(),
        role: Role::Clerk,
        branch: BranchId("lviv-3".to_owned()),
        station: "3".to_owned(),
    }
}
