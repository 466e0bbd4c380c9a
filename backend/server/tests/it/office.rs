//! A running office in a temp folder.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use postoffice_domain::clock::{Clock, Timestamp};
use postoffice_protocol::session::{Nothing, Password, SetUp, SignIn};
use postoffice_runtime::{
    lifecycle::Lifecycle,
    testing::{TestDatabase, TestPostgres},
};
use postoffice_server::{
    config::Config,
    serve::{Listeners, Served, Sources, serve},
    system::{SystemClock, SystemEntropy},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::timeout};

use crate::desk::{Desk, PATIENCE};

pub const LOGIN: &str = "olena";
pub const PASSWORD: &str = "три кити під мостом";

/// Real time, moved forward by hand.
#[derive(Default)]
pub struct MovableClock {
    ahead_ms: AtomicI64,
}

impl MovableClock {
    pub fn advance(&self, millis: i64) {
        self.ahead_ms.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_millis(self.ahead_ms.load(Ordering::SeqCst))
    }
}

/// A running server and its data folder.
pub struct Office {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub served: Served,
    pub clock: Arc<MovableClock>,
    pub life: Lifecycle,
    pub folder: TempDir,
}

/// Settings for tests: cheap hashing, everything else as in production. On the engine that the environment names (`TEST_ON=postgres`).
pub fn settings(folder: &TempDir) -> Config {
    let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
    config.passwords.memory_kib = 64;
    config.passwords.passes = 1;
    if std::env::var("TEST_ON").is_ok_and(|on| on == "postgres") {
        let database = database_of(folder);
        (config.database.url, config.database.owner_url) = (Some(database.url), Some(database.owner_url));
    }
    config
}

static OF_FOLDERS: Mutex<Vec<(PathBuf, TestDatabase)>> = Mutex::new(Vec::new());

/// The PostgreSQL database that belongs to a folder: a server that starts there again finds its data.
fn database_of(folder: &TempDir) -> TestDatabase {
    known_database(folder.path()).unwrap_or_else(|| {
        let database = TestPostgres::shared().database();
        OF_FOLDERS.lock().unwrap().push((folder.path().to_owned(), database.clone()));
        database
    })
}

/// The PostgreSQL database of a folder, if the office in it has one.
pub fn known_database(folder: &Path) -> Option<TestDatabase> {
    let known = OF_FOLDERS.lock().unwrap();
    known.iter().find(|(path, _)| path == folder).map(|(_, database)| database.clone())
}

/// The same for a program in that folder, as environment variables.
pub fn database_settings(folder: &Path) -> Vec<(&'static str, String)> {
    known_database(folder).map_or_else(Vec::new, |database| {
        vec![("POSTOFFICE_DATABASE__URL", database.url), ("POSTOFFICE_DATABASE__OWNER_URL", database.owner_url)]
    })
}

impl Office {
    /// Starts an office that nobody has set up.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = settings(&folder);
        change(&mut config);
        Self::open_in(folder, config).await
    }

    /// Starts a server in a folder.
    pub async fn open_in(folder: TempDir, config: Config) -> Self {
        let port = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listeners = Listeners { public: port().await, admin: port().await };
        let (address, admin) = (listeners.public.local_addr().unwrap(), listeners.admin.local_addr().unwrap());
        let clock = Arc::new(MovableClock::default());
        let sources = Sources { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let life = Lifecycle::new();
        let served = serve(config, listeners, sources, &life).await.unwrap();
        Self { address, admin, served, clock, life, folder }
    }

    /// Starts an office with its first employee.
    pub async fn set_up() -> Self {
        Self::set_up_with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn set_up_with(change: impl FnOnce(&mut Config)) -> Self {
        let office = Self::open_with(change).await;
        let mut desk = Desk::connect(office.address).await;
        let form = set_up_form(office.served.setup_code.clone().unwrap());
        desk.ask::<_, Nothing>("session.set_up", &form).await.unwrap();
        office
    }

    /// A connected desktop with nobody at it.
    pub async fn desk(&self) -> Desk {
        Desk::connect(self.address).await
    }

    /// A desktop where Olena is signed in.
    pub async fn signed_in(&self) -> Desk {
        let mut desk = self.desk().await;
        desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
        desk
    }

    /// Stops the server as a signal would, and gives the folder back.
    pub async fn stop(self) -> TempDir {
        let Self { served, life, folder, .. } = self;
        life.stop();
        life.tasks().close();
        timeout(PATIENCE, life.tasks().wait()).await.expect("everything begun comes to its end");
        assert!(served.finish().await);
        assert!(!life.has_crashed());
        folder
    }
}

/// The first desktop's form.
pub fn set_up_form(code: String) -> SetUp {
    SetUp {
        code,
        branch_name: "Львів 3".to_owned(),
        branch_city: "Львів".to_owned(),
        branch_street: "Городоцька 12".to_owned(),
        name: "Олена Ковальчук".to_owned(),
        login: LOGIN.to_owned(),
        password: Password(PASSWORD.to_owned()),
    }
}

/// A sign-in form.
pub fn sign_in_form(login: &str, password: &str, branch: &str) -> SignIn {
    SignIn {
        login: login.to_owned(),
        password: Password(password.to_owned()),
        branch: postoffice_domain::people::BranchId(branch.to_owned()),
        station: "2".to_owned(),
        language: postoffice_domain::language::Language::Uk,
    }
}
