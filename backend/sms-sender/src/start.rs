//! Starting the whole sender: `start(config, listeners, sources, life)`, so that tests run the real thing on port 0. It stops with `life`:
//! nothing new is read, what is begun is finished, then the slot is given back.

use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use postoffice_runtime::{
    lifecycle::Lifecycle,
    private_redis,
    redis_link::{RedisLink, RedisLinkError},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, GatewayKind},
    config_check::{Policies, UnfitConfig, check},
    consumer::{
        Crew, read,
        slot::{Slot, SlotInUse},
        touch_held,
    },
    gateway::{
        Gateway,
        http_json::{HttpGateway, HttpSettingsError},
        kannel::{KannelGateway, KannelSettingsError},
        log::LogGateway,
        spool::SpoolGateway,
    },
    health,
    journal::form::{self, NewerJournal},
    reports,
    system::Sources,
};

/// Why the sender cannot start. Display is for the admin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings do not fit together.
    #[error(transparent)]
    Unfit(#[from] UnfitConfig),
    /// A port cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No Redis is configured and there is no data folder of a server.
    #[error("redis.url is not set, and the server's private Redis is not in {folder}: {source}")]
    NoRedis {
        /// Where it was looked for.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// The configured Redis cannot be used.
    #[error(transparent)]
    RedisLink(#[from] RedisLinkError),
    /// The gateway's settings cannot be used.
    #[error(transparent)]
    Kannel(#[from] KannelSettingsError),
    /// The provider's settings cannot be used.
    #[error(transparent)]
    Http(#[from] HttpSettingsError),
}

/// The two open ports.
pub struct Listeners {
    /// For delivery reports.
    pub reports: TcpListener,
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
        Ok(Self { reports: open(config.reports_listen).await?, admin: open(config.admin_listen).await? })
    }
}

/// A running sender.
pub struct Started {
    /// What it consists of.
    pub crew: Arc<Crew>,
    /// Where reports are taken.
    pub reports: SocketAddr,
    /// Where health and metrics answer.
    pub admin: SocketAddr,
}

/// Starts everything. Redis may come later.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub fn start(
    config: Config,
    listeners: Listeners,
    sources: Sources,
    metrics: Option<PrometheusHandle>,
    life: &Lifecycle,
) -> Result<Started, StartError> {
    start_with(config, listeners, sources, metrics, life, gateway_of)
}

/// The same with a gateway of the caller's own, made from the settings and the address where reports are taken.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub fn start_with(
    mut config: Config,
    listeners: Listeners,
    sources: Sources,
    metrics: Option<PrometheusHandle>,
    life: &Lifecycle,
    gateway: impl FnOnce(&Config, SocketAddr) -> Result<Arc<dyn Gateway>, StartError>,
) -> Result<Started, StartError> {
    check(&config)?;
    let policies = Policies::of(&config)?;
    let addressed = |listener: &TcpListener, wanted: SocketAddr| {
        listener.local_addr().map_err(|source| StartError::Listen { address: wanted, source })
    };
    let reports = addressed(&listeners.reports, config.reports_listen)?;
    let admin = addressed(&listeners.admin, config.admin_listen)?;
    let url = redis_url(&config)?;
    config.journal.calls = config.journal.calls.or_else(|| calls_of(&url));
    let link = RedisLink::parse(&url)?;
    let redis = link.connection()?;
    let lease = Duration::from_millis(config.slots.lease_ms);
    let slot = Slot::new(redis.clone(), &config.slot, lease, &sources);
    let gateway = gateway(&config, reports)?;
    tracing::info!(gateway = gateway.name(), slot = config.slot, %reports, %admin, "the SMS sender starts");

    let (crew, journal) = Crew::new(config, sources, redis, slot, gateway, policies, life);
    let crew = Arc::new(crew);
    life.spawn_servant("journal", journal.run());
    if let Some(every) = crew.gateway.fetches_reports_every() {
        life.spawn_critical("fetched reports", reports::fetch(Arc::clone(&crew), every));
    }
    life.spawn_critical("reports", answer(listeners.reports, reports::router(Arc::clone(&crew)), life.soft()));
    life.spawn_critical(
        "admin listener",
        answer(listeners.admin, health::router(Arc::clone(&crew), metrics), life.soft()),
    );
    life.spawn_critical("consumer", consume(Arc::clone(&crew), link, life.clone()));
    Ok(Started { crew, reports, admin })
}

/// Another sender is in our place.
#[derive(Debug, thiserror::Error)]
enum Displaced {
    #[error(transparent)]
    Slot(#[from] SlotInUse),
    #[error(transparent)]
    Journal(#[from] NewerJournal),
}

/// Takes the slot, then reads under its name until the stop, and gives it back when nothing is in hand any more.
async fn consume(crew: Arc<Crew>, link: RedisLink, life: Lifecycle) -> Result<(), Displaced> {
    let Some(ours) = crew.persist("the journal's form", &crew.soft, || form::mark(&crew.redis)).await else {
        return Ok(());
    };
    ours?;
    if !crew.slot.take(&crew.soft).await? {
        return Ok(());
    }
    let over = CancellationToken::new();
    let look_every = Duration::from_millis(crew.config.slots.lease_ms) / 3;
    life.spawn_critical("journal's form", form::keep(crew.redis.clone(), look_every, over.clone()));
    life.spawn_critical("slot", crew.slot.clone().keep(crew.soft.clone(), over.clone()));
    life.spawn_critical("touch", touch_held(Arc::clone(&crew)));
    let Ok(()): Result<(), Infallible> = read(Arc::clone(&crew), link).await;
    crew.nothing_held().await;
    over.cancel();
    Ok(())
}

async fn answer(listener: TcpListener, router: Router, stopping: CancellationToken) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await
}

/// Where senders of this Redis keep their books of calls: in memory, so that no call waits for a disk.
fn calls_of(redis_url: &str) -> Option<PathBuf> {
    let memory = Path::new("/dev/shm");
    // Another number after an upgrade of the compiler would only mean another folder.
    let mut hasher = DefaultHasher::new();
    redis_url.hash(&mut hasher);
    memory.is_dir().then(|| memory.join(format!("postoffice-sms-{:016x}", hasher.finish())))
}

/// The configured Redis, or the private one of a server on this machine.
fn redis_url(config: &Config) -> Result<String, StartError> {
    if let Some(url) = &config.redis.url {
        return Ok(url.clone());
    }
    let folder = config.data.join("redis");
    private_redis::address_in(&folder)
        .map_err(|source| StartError::NoRedis { folder: folder.display().to_string(), source })
}

fn gateway_of(config: &Config, reports: SocketAddr) -> Result<Arc<dyn Gateway>, StartError> {
    Ok(match config.gateway.kind {
        GatewayKind::Log => Arc::new(LogGateway),
        GatewayKind::Kannel => {
            let settings = &config.gateway.kannel;
            let url = settings.reports_url.clone().unwrap_or_else(|| format!("http://{reports}"));
            Arc::new(KannelGateway::new(settings, &url)?)
        }
        GatewayKind::Http => {
            let settings = &config.gateway.http;
            let url = settings.reports_url.clone().unwrap_or_else(|| format!("http://{reports}"));
            Arc::new(HttpGateway::new(settings, &url)?)
        }
        GatewayKind::Spool => Arc::new(SpoolGateway::new(&config.gateway.spool)),
    })
}
