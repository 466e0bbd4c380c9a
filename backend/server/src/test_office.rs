//! An office for the tests of one flow or command: a real store and a real Redis in temp folders, a clock moved by hand, no sockets. Desks
//! hang directly on the hub. Nothing runs by itself but the store's writer; a test starts the flows it is about.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use postoffice_domain::{
    cargo::{CargoItemDraft, Quantity},
    clock::{Clock, Timestamp},
    entropy::Entropy,
    language::Language,
    location::Location,
    order::{Order, OrderDraft, Payer},
    party::PartyDraft,
    people::{Actor, Branch, BranchId, EmployeeId, Role},
    ttn::Ttn,
};
use postoffice_protocol::{
    events::{CommandOutcome, ServerNotice},
    frame::ServerFrame,
    messages::MessageState,
    orders::{CommandId, CreateOrder},
    session::SessionId,
    stream::{OutcomeEntry, STREAM_VERSION},
};
use postoffice_runtime::testing::{TestDatabase, TestPostgres, TestRedis};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    auth::Passwords,
    commands::orders::create,
    config::Config,
    context::{Context, Services},
    fan_out::{self, Recent, Replays},
    flow::Flow,
    hub::Hub,
    locks::Locks,
    relay::{Relay, Round},
    store::{Behind, Database, OpenError, PostgresAddress, SmsRules, Store, StoreConfig, StoreError},
    system::SystemEntropy,
    ws::outbound::{Waiting, queue},
};

/// Longest wait for anything; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A clock moved by hand.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Numbers that look random and are the same in every run: for keys that must differ, not for secrets.
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            *byte = count.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[0];
        }
    }
}

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// A file in a temp folder.
    Sqlite,
    /// A database of the cluster of this process.
    Postgres,
}

impl On {
    /// As the environment says (`TEST_ON=postgres`), so that everything that needs an office can be run on either engine.
    pub fn of_environment() -> Self {
        match std::env::var("TEST_ON").as_deref() {
            Ok("postgres") => Self::Postgres,
            _ => Self::Sqlite,
        }
    }
}

/// Where the data of a test is; gone with the value.
pub enum Place {
    Folder(TempDir),
    Database(TestDatabase),
}

impl Place {
    /// A new one, empty.
    pub fn new(on: On) -> Self {
        match on {
            On::Sqlite => Self::Folder(tempfile::tempdir().unwrap()),
            On::Postgres => Self::Database(TestPostgres::shared().database()),
        }
    }

    /// For the settings of a store. The owner of the tables is named too.
    pub fn database(&self) -> Database {
        match self {
            Self::Folder(folder) => Database::File(folder.path().join("postoffice.db")),
            Self::Database(database) => Database::Postgres {
                server: PostgresAddress::parse(&database.url).unwrap(),
                owner: Some(PostgresAddress::parse(&database.owner_url).unwrap()),
            },
        }
    }
}

/// A store at a place of its own.
pub struct TestStore {
    pub store: Store,
    pub writer: JoinHandle<Result<(), StoreError>>,
    pub clock: Arc<HandClock>,
}

impl TestStore {
    /// Opens (or opens again) the store.
    pub async fn open(place: &Place) -> Self {
        Self::try_open(place).await.expect("nobody else has it open")
    }

    /// The same; `None` while another store of this process still has it open.
    pub async fn try_open(place: &Place) -> Option<Self> {
        match Self::opened(place.database()).await {
            Ok(opened) => Some(opened),
            Err(OpenError::InUse { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens the store of a database.
    pub async fn open_with(database: Database) -> Self {
        Self::opened(database).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn opened(database: Database) -> Result<Self, OpenError> {
        let clock = Arc::new(HandClock(AtomicI64::new(1_790_000_000_000)));
        let settings = StoreConfig { database, group_max: 64, sms: SmsRules::default(), beside_a_server: false };
        let (store, writer) = Store::open(&settings, clock.clone(), Arc::new(SystemEntropy)).await?;
        Ok(Self { store, writer: tokio::spawn(writer.run()), clock })
    }
}

/// See the module.
pub struct TestOffice {
    pub services: Arc<Services>,
    pub redis: TestRedis,
    pub clock: Arc<HandClock>,
    place: Place,
}

impl TestOffice {
    pub async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    /// An office with other settings.
    pub async fn open_with(set: impl FnOnce(&mut Config)) -> Self {
        Self::open_on(On::of_environment(), set).await
    }

    /// An office on an engine.
    pub async fn open_on(on: On, set: impl FnOnce(&mut Config)) -> Self {
        let place = Place::new(on);
        let redis = TestRedis::start().await;
        let TestStore { store, clock, .. } = TestStore::open(&place).await;
        let mut config = Config::default();
        config.passwords.memory_kib = 64;
        config.passwords.passes = 1;
        set(&mut config);
        let entropy = Arc::new(CountingEntropy(AtomicU64::new(1)));
        let services = Services {
            locks: Locks::new(redis.connection(), &config.locks),
            hub: Hub::new(),
            flow: Flow::default(),
            recent: Recent::default(),
            replays: Replays::default(),
            redis: redis.connection(),
            redis_link: redis.link(),
            passwords: Passwords::new(&config.passwords, entropy.as_ref()).unwrap(),
            clock: clock.clone(),
            entropy,
            config: Arc::new(config),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            stopping: CancellationToken::new(),
            store,
        };
        let office = Self { services: Arc::new(services), redis, clock, place };
        fan_out::begin(&office.services).await.unwrap();
        office
    }

    /// A connection past the store, for looking inside and for damage.
    pub async fn behind_its_back(&self) -> Behind {
        Behind::the_back_of(&self.place).await
    }

    /// A session of a new employee at the branch Lviv 3.
    pub fn session(&self, role: Role, station: &str) -> Context {
        session(&self.services, role, station)
    }

    pub fn clerk(&self, station: &str) -> Context {
        self.session(Role::Clerk, station)
    }

    /// The desk of a session, hung on the hub.
    pub fn desk(&self, context: &Context) -> Desk {
        let (outbound, waiting) = queue(10_000);
        self.services.hub.attach(context.session, outbound);
        Desk(waiting)
    }

    pub fn command_id(&self) -> CommandId {
        CommandId(self.services.new_id())
    }

    /// Registers an order to Kyiv.
    pub async fn register(&self, context: &Context) -> Order {
        let params = CreateOrder { command_id: self.command_id(), order: draft() };
        create::handle(context, params).await.unwrap().order
    }

    /// A relay under a name of its own.
    pub fn relay(&self) -> Relay {
        let settings = &self.services.config.relay;
        let holder = self.services.new_id();
        Relay::new(self.services.store.clone(), self.services.redis.clone(), holder, settings)
    }

    /// Publishes everything there is.
    pub async fn publish(&self) {
        publish(&mut self.relay_at_once()).await;
    }

    /// A relay that leads whoever led before.
    pub fn relay_at_once(&self) -> Relay {
        self.clock.advance(i64::try_from(self.services.config.relay.lease_ms).unwrap() + 1);
        self.relay()
    }

    /// Runs a flow until the office stops.
    pub fn run<F>(&self, flow: F)
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.services.tasks.spawn(flow);
    }

    /// Stops the flows and waits for them.
    pub async fn stop(&self) {
        self.services.stopping.cancel();
        self.services.tasks.close();
        tokio::time::timeout(PATIENCE, self.services.tasks.wait()).await.expect("the flows end when they are told");
    }

    /// Redis loses its data and nobody remembers that a session holds a lock: what is left is the fencing token.
    pub async fn forget_locks(&self, session: &Context, ttn: Ttn) {
        self.redis::<()>(&["FLUSHALL"]).await;
        self.services.locks.memory().let_go(&ttn, session.session);
    }

    /// Any command on Redis.
    pub async fn redis<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let (name, arguments) = words.split_first().unwrap();
        redis::cmd(name).arg(arguments).query_async(&mut self.redis.connection()).await.unwrap()
    }
}

/// A session of a new employee at the branch Lviv 3.
pub fn session(services: &Arc<Services>, role: Role, station: &str) -> Context {
    let branch = branch();
    let actor = Actor {
        employee: EmployeeId(services.new_id()),
        name: format!("Оператор {station}"),
        role,
        branch: branch.id.clone(),
        station: station.to_owned(),
    };
    Context {
        services: Arc::clone(services),
        session: SessionId(services.new_id()),
        actor,
        branch,
        request_id: format!("request-{station}"),
    }
}

/// Rounds until there is nothing left.
pub async fn publish(relay: &mut Relay) {
    while matches!(relay.round().await.unwrap(), Round::Appended | Round::More) {}
}

/// Waits until `reached` holds.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut reached: F) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

/// A notice as a desktop reads it.
pub fn read_notice(frame: &str) -> ServerNotice {
    match ServerFrame::read(frame) {
        Ok(ServerFrame::Notice(notice)) => *notice,
        other => panic!("no notice: {other:?}"),
    }
}

/// What a desktop hears.
pub struct Desk(pub Waiting);

impl Desk {
    /// The next frame.
    pub async fn frame(&mut self) -> Utf8Bytes {
        tokio::time::timeout(PATIENCE, self.0.frames.recv()).await.expect("a frame in time").expect("the hub lives")
    }

    /// The next notice.
    pub async fn notice(&mut self) -> ServerNotice {
        read_notice(&self.frame().await)
    }

    /// The next outcome of a command; other notices are passed over.
    pub async fn outcome(&mut self) -> CommandOutcome {
        loop {
            if let ServerNotice::Outcome(outcome) = self.notice().await {
                return *outcome;
            }
        }
    }

    /// Sequences of the changes heard until `last` is among them.
    pub async fn sequences_until(&mut self, last: u64) -> Vec<u64> {
        let mut heard = Vec::new();
        while !heard.contains(&last) {
            if let ServerNotice::Changes(batch) = self.notice().await {
                heard.extend(batch.changes.iter().map(|change| change.sequence));
            }
        }
        heard
    }
}

/// What a sender reports about the last message of an order.
pub async fn told(office: &TestOffice, ttn: &Ttn, state: MessageState, attempts: u32) -> OutcomeEntry {
    let message = office.services.store.details(ttn).await.unwrap().unwrap().messages.remove(0);
    OutcomeEntry {
        v: STREAM_VERSION,
        event_id: message.event_id,
        ttn: *ttn,
        state,
        reason: None,
        next_attempt_at: None,
        segments: Some(1),
        attempts,
        at: office.services.now(),
        request_id: None,
    }
}

/// The branch where everyone works.
pub fn branch() -> Branch {
    let location = Location { city: "Львів".to_owned(), street: "Городоцька 12".to_owned() };
    Branch { id: BranchId("lviv-3".to_owned()), name: "Львів 3".to_owned(), location }
}

/// An order as a clerk types it.
pub fn draft() -> OrderDraft {
    let party = |phone: &str, name: &str, city: &str, street: &str| PartyDraft {
        phone: phone.to_owned(),
        name: name.to_owned(),
        city: city.to_owned(),
        street: street.to_owned(),
    };
    let item = CargoItemDraft {
        length_mm: Quantity::Whole(300),
        width_mm: Quantity::Whole(200),
        height_mm: Quantity::Whole(100),
        weight_g: Quantity::Whole(2_500),
        declared_minor: Quantity::Whole(150_000),
    };
    OrderDraft {
        sender: party("067 123 45 67", "Марія Бойко", "Львів", "Зелена 5"),
        recipient: party("050 765 43 21", "Іван Ткач", "Київ", "Відділення 41"),
        description: "Книжки".to_owned(),
        payer: Payer::Sender,
        language: Language::Uk,
        cargo: vec![item],
    }
}

/// A fixed id.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}
