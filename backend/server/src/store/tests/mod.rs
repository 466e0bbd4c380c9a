//! The store against its promises. Every test that is not about one engine runs on both.

/// Makes of every function `async fn name(on: On)` a test on SQLite and one on PostgreSQL.
macro_rules! on_both_engines {
    ($($name:ident,)+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::test_office::On::Sqlite).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::test_office::On::Postgres).await;
            })+
        }
    };
}

mod guards;
mod list;
mod long_lists;
mod messages;
mod open;
mod outbox;
pub(super) mod people;
mod postgres;
mod search;
mod writing;

use std::sync::Arc;

use postoffice_domain::{
    clock::Clock,
    entropy::uuid_v7,
    location::Location,
    order::{Order, OrderCommand, OrderDraft},
    people::{Actor, EmployeeId, Role},
    tariff::Tariff,
    ttn::Ttn,
};
use postoffice_protocol::{orders::CommandId, problem::ProblemCode, session::SessionId};
use uuid::Uuid;

use super::{Answer, Behind, Claim, Database, Done, Guard, OrderWork, PostgresAddress, Store, WorkKind};
use crate::{
    system::SystemEntropy,
    test_office::{HandClock, On, Place, TestStore, branch, draft},
};

/// A store at a place of its own, and who works with it.
pub(super) struct Desk {
    pub store: Store,
    pub clock: Arc<HandClock>,
    pub place: Place,
}

impl Desk {
    pub async fn open(on: On) -> Self {
        let place = Place::new(on);
        let TestStore { store, clock, .. } = TestStore::open(&place).await;
        Self { store, clock, place }
    }

    pub fn work(&self, kind: WorkKind) -> OrderWork {
        OrderWork {
            command_id: CommandId(uuid_v7(self.clock.as_ref(), &SystemEntropy)),
            session: session(1),
            actor: actor(Role::Supervisor),
            request_id: "request".to_owned(),
            now: self.clock.now(),
            kind,
        }
    }

    pub fn create(&self, draft: &OrderDraft) -> OrderWork {
        let order = Box::new(draft.validate().unwrap());
        self.work(WorkKind::Create { order, branch: branch(), tariff: Tariff::current() })
    }

    pub fn decide(&self, ttn: Ttn, command: OrderCommand, guard: Guard) -> OrderWork {
        self.work(WorkKind::Decide { ttn, command, guard })
    }

    pub async fn register(&self, draft: &OrderDraft) -> Order {
        done(self.store.submit(self.create(draft)).await.unwrap()).order
    }

    pub async fn registered(&self) -> Order {
        self.register(&draft()).await
    }

    /// What a relay would publish now.
    pub async fn to_publish(&self) -> Vec<(u64, Uuid)> {
        let Claim::Batch(batch) = self.store.claim_batch(Uuid::from_u128(1), 10_000, 1_000).await.unwrap() else {
            panic!("leads")
        };
        batch.events.into_iter().map(|numbered| (numbered.publish_seq, numbered.event.event_id)).collect()
    }

    /// A connection past the store, for looking inside and for damage.
    pub async fn behind_its_back(&self) -> Behind {
        Behind::the_back_of(&self.place).await
    }
}

pub(super) fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

fn actor(role: Role) -> Actor {
    Actor {
        employee: EmployeeId(Uuid::from_u128(7)),
        name: "Олена Ковальчук".to_owned(),
        role,
        branch: branch().id,
        station: "2".to_owned(),
    }
}

fn move_to(city: &str) -> OrderCommand {
    let to = Location::read("", city, "Сортувальний центр").unwrap();
    OrderCommand::change_location(to, None).unwrap()
}

pub(super) fn done(answer: Answer) -> Done {
    match answer {
        Answer::Done(done) => *done,
        Answer::Refused(problem) => panic!("refused: {problem}"),
    }
}

fn refused(answer: Answer) -> ProblemCode {
    match answer {
        Answer::Done(done) => panic!("done: {done:?}"),
        Answer::Refused(problem) => problem.code,
    }
}

/// A store on PostgreSQL, with the rights of a server.
pub(super) async fn open_at(server: &PostgresAddress) -> TestStore {
    let database = Database::Postgres { server: server.clone(), owner: None };
    TestStore::open_with(database).await
}
