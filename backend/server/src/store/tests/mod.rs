//! The store against its promises, on a real file.

mod guards;
mod list;
mod messages;
mod open;
mod outbox;
mod people;
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
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Answer, Claim, Done, Guard, OrderWork, Store, WorkKind};
use crate::{
    system::SystemEntropy,
    test_office::{HandClock, TestStore, branch, draft},
};

/// A store in a temp folder, and who works with it.
struct Desk {
    store: Store,
    clock: Arc<HandClock>,
    folder: TempDir,
}

impl Desk {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let TestStore { store, clock, .. } = TestStore::open(&folder).await;
        Self { store, clock, folder }
    }

    fn work(&self, kind: WorkKind) -> OrderWork {
        OrderWork {
            command_id: CommandId(uuid_v7(self.clock.as_ref(), &SystemEntropy)),
            session: session(1),
            actor: actor(Role::Supervisor),
            request_id: "request".to_owned(),
            now: self.clock.now(),
            kind,
        }
    }

    fn create(&self, draft: &OrderDraft) -> OrderWork {
        let order = Box::new(draft.validate().unwrap());
        self.work(WorkKind::Create { order, branch: branch(), tariff: Tariff::current() })
    }

    fn decide(&self, ttn: Ttn, command: OrderCommand, guard: Guard) -> OrderWork {
        self.work(WorkKind::Decide { ttn, command, guard })
    }

    async fn register(&self, draft: &OrderDraft) -> Order {
        done(self.store.submit(self.create(draft)).await.unwrap()).order
    }

    async fn registered(&self) -> Order {
        self.register(&draft()).await
    }

    /// What a relay would publish now.
    async fn to_publish(&self) -> Vec<(u64, Uuid)> {
        let Claim::Batch(batch) = self.store.claim_batch(Uuid::from_u128(1), 10_000, 1_000).await.unwrap() else {
            panic!("leads")
        };
        batch.events.into_iter().map(|numbered| (numbered.publish_seq, numbered.event.event_id)).collect()
    }

    /// A connection past the store, for looking inside and for damage.
    async fn behind_its_back(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.folder.path().join("postoffice.db")).connect().await.unwrap()
    }
}

fn session(number: u128) -> SessionId {
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

fn done(answer: Answer) -> Done {
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
