//! Starting and stopping the whole server: `serve(config, listeners, life)`, so that tests run the real thing on port 0.
//!
//! Order of the stop: `/health/ready` says no for the drain time; nothing new is accepted and sockets say goodbye; what is begun is finished (the life's tasks); then the last handle of
//! the store is dropped, the writer writes what is queued and ends; the private Redis stops last.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    sync::Arc,
};

use postoffice_domain::{clock::Clock, entropy::Entropy};
use postoffice_runtime::{
    lifecycle::Lifecycle,
    private_redis::{PrivateRedis, PrivateRedisError},
    redis_link::{RedisLink, RedisLinkError},
    telemetry,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Passwords, passwords::PasswordError, session_watch, setup_code},
    config::Config,
    config_database::DatabaseSettingsError,
    context::Services,
    fan_out::{self, Recent, Replays},
    flow::Flow,
    health, http,
    hub::Hub,
    locks::{self, Locks},
    outcomes, relay, retention,
    store::{Database, OpenError, Store, StoreConfig, StoreError},
};

/// Why the server cannot start. Display is for the admin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The address of the database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseSettingsError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The private Redis does not start.
    #[error(transparent)]
    PrivateRedis(#[from] PrivateRedisError),
    /// The configured Redis cannot be used.
    #[error(transparent)]
    RedisLink(#[from] RedisLinkError),
    /// The settings of password hashing are out of range.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
}

/// Where the server gets time and randomness.
#[derive(Clone)]
pub struct Sources {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The two open ports.
pub struct Listeners {
    /// For desktops.
    pub public: TcpListener,
    /// For health and metrics.
    pub admin: TcpListener,
}

impl Listeners {
    /// Opens the ports that the settings name.
    ///
    /// # Errors
    /// A port is taken or not ours to open.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let open = async |address: SocketAddr| {
            TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
        };
        Ok(Self { public: open(config.listen).await?, admin: open(config.admin_listen).await? })
    }
}

/// A running server. When the life has ended, call [`Served::finish`].
pub struct Served {
    /// What the server consists of.
    pub services: Arc<Services>,
    /// Address of Redis, for the SMS sender.
    pub redis_url: String,
    /// The one-time set-up code, when one was made at this start. It is stored only as a hash.
    pub setup_code: Option<String>,
    writer: JoinHandle<Result<(), StoreError>>,
    private_redis: Option<(CancellationToken, JoinHandle<Result<(), PrivateRedisError>>)>,
}

/// Starts everything. Ends at once with the server running; it stops with `life`.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn serve(
    config: Config,
    listeners: Listeners,
    sources: Sources,
    life: &Lifecycle,
) -> Result<Served, StartError> {
    make_data_folder(&config)?;
    let passwords = Passwords::new(&config.passwords, sources.entropy.as_ref())?;
    let settings = StoreConfig {
        database: config.database()?,
        group_max: config.store.group_max,
        sms: config.sms_rules(),
        beside_a_server: false,
    };
    let (store, writer) = Store::open(&settings, Arc::clone(&sources.clock), Arc::clone(&sources.entropy)).await?;
    let writer = tokio::spawn(writer.run());
    let (redis_url, private_redis) = redis_of(&config).await?;
    let redis_link = RedisLink::parse(&redis_url)?;
    let redis = redis_link.connection()?;
    let setup_code = first_setup_code(&store, sources.entropy.as_ref()).await?;

    let services = Arc::new(Services {
        locks: Locks::new(redis.clone(), &config.locks),
        hub: Hub::new(),
        flow: Flow::default(),
        recent: Recent::default(),
        replays: Replays::default(),
        redis,
        redis_link,
        passwords,
        clock: sources.clock,
        entropy: sources.entropy,
        config: Arc::new(config),
        tasks: life.tasks(),
        draining: life.draining(),
        stopping: life.soft(),
        store,
    });
    watch_writer(&writer, life);
    fan_out::begin(&services).await?;
    let private_redis = private_redis.map(|redis| {
        let stop = CancellationToken::new();
        (stop.clone(), tokio::spawn(redis.supervise(stop)))
    });

    life.spawn_critical("relay", relay::run(Arc::clone(&services)));
    life.spawn_critical("fan-out", fan_out::run(Arc::clone(&services)));
    life.spawn_critical("outcomes", outcomes::run(Arc::clone(&services)));
    life.spawn_critical("lock news", locks::watch(Arc::clone(&services)));
    life.spawn_critical("retention", retention::run(Arc::clone(&services)));
    life.spawn_critical("session watch", session_watch::run(Arc::clone(&services)));
    let router = http::router::router(Arc::clone(&services));
    life.spawn_critical("listener", http::listener::accept(listeners.public, router, Arc::clone(&services)));
    life.spawn_critical("admin listener", answer_admin(listeners.admin, Arc::clone(&services)));
    Ok(Served { services, redis_url, setup_code, writer, private_redis })
}

impl Served {
    /// Ends what must end last. Call it when everything that `life` tracks is over. False: something did not end well.
    pub async fn finish(self) -> bool {
        let Self { services, writer, private_redis, .. } = self;
        drop(services);
        let written = match writer.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "the store did not end well");
                false
            }
            Err(panic) => {
                tracing::error!(%panic, "the store's writer died");
                false
            }
        };
        let Some((stop, supervisor)) = private_redis else { return written };
        stop.cancel();
        match supervisor.await {
            Ok(Ok(())) => written,
            Ok(Err(error)) => {
                tracing::error!(%error, "the private Redis did not end well");
                false
            }
            Err(panic) => {
                tracing::error!(%panic, "the keeper of the private Redis died");
                false
            }
        }
    }
}

/// Makes the data folder and in it, without PostgreSQL, an empty database file (SQLite takes it as a new database), readable for nobody else:
/// its `-wal` and `-shm` files get the same mode.
///
/// # Errors
/// They cannot be made.
pub fn make_data_folder(config: &Config) -> Result<(), StartError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data)
        .map_err(|source| StartError::Folder { path: config.data.clone(), source })?;
    let Database::File(database) = config.database()? else { return Ok(()) };
    let made = File::options().create(true).append(true).mode(0o600).open(&database);
    made.map(drop).map_err(|source| StartError::Folder { path: database, source })
}

/// The configured Redis, or a private one.
async fn redis_of(config: &Config) -> Result<(String, Option<PrivateRedis>), StartError> {
    if let Some(url) = &config.redis.url {
        return Ok((url.clone(), None));
    }
    let redis = PrivateRedis::start(&config.redis_folder()).await?;
    Ok((redis.url(), Some(redis)))
}

/// Makes the one-time code when the office has no employee and no code yet.
async fn first_setup_code(store: &Store, entropy: &dyn Entropy) -> Result<Option<String>, StoreError> {
    if !store.office().await?.setup_required || store.setup_code_hash().await?.is_some() {
        return Ok(None);
    }
    let code = setup_code::new_code(entropy);
    store.set_setup_code(setup_code::code_hash(&code)).await?;
    Ok(Some(code))
}

/// A writer that ends while the server runs is a crash: nothing could be saved any more.
fn watch_writer(writer: &JoinHandle<Result<(), StoreError>>, life: &Lifecycle) {
    let ended = writer.abort_handle();
    let stopping = life.soft();
    life.spawn_critical("store writer", async move {
        while !ended.is_finished() {
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
            }
        }
        Err("the store's writer ended: nothing can be saved any more")
    });
}

async fn answer_admin(listener: TcpListener, services: Arc<Services>) -> io::Result<()> {
    let stopping = services.stopping.clone();
    let router = health::router(services, telemetry::init_metrics());
    axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await
}
