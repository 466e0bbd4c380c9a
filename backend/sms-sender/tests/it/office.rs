//! The other side of the streams: publishes as the relay does, reads outcomes as the servers do, runs senders in this process or as processes.

use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener as StdListener},
    process::Stdio,
    time::Duration,
};

use postoffice_domain::{clock::Timestamp, language::Language, order::CustomerNotice, ttn::Ttn};
use postoffice_protocol::{
    events::ChangeKind,
    messages::{MessageReason, MessageState},
    stream::{
        EVENT_FIELD, IntegrationEvent, Notify, OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry,
        SENDER_GROUP, STREAM_VERSION,
    },
};
use postoffice_runtime::{config::Secret, lifecycle::Lifecycle, stream::Tail, testing::TestRedis};
use postoffice_sms_sender::{
    config::{Config, GatewayKind},
    start::{Listeners, Started, start},
    system::Sources,
    testing::ScriptedGateway,
};
use redis::aio::ConnectionManager;
use tokio::process::{Child, Command};
use uuid::Uuid;

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const TTNS: [&str; 2] = ["8123456789012348", "8123456789012357"];

/// An office without a server.
pub struct Office {
    pub redis: TestRedis,
    pub connection: ConnectionManager,
    published: u64,
}

impl Office {
    pub async fn open() -> Self {
        let redis = TestRedis::start().await;
        let connection = redis.connection();
        Self { redis, connection, published: 0 }
    }

    /// Publishes a message of the order `ttn` and returns its event.
    pub async fn publish(&mut self, ttn: &str, seq: u32) -> IntegrationEvent {
        let event = event(ttn, seq, Some(CustomerNotice::Accepted));
        self.publish_event(&event).await;
        event
    }

    /// Publishes messages of as many different orders; returns their event ids.
    pub async fn publish_many(&mut self, count: usize) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for number in 0..count {
            let event = event(&ttn(number), 1, Some(CustomerNotice::Accepted));
            self.publish_event(&event).await;
            ids.push(event.event_id);
        }
        ids
    }

    pub async fn publish_event(&mut self, event: &IntegrationEvent) {
        self.publish_raw(EVENT_FIELD, serde_json::to_string(event).unwrap().as_bytes()).await;
    }

    pub async fn publish_raw(&mut self, field: &str, value: &[u8]) {
        self.published += 1;
        let mut add = redis::cmd("XADD");
        add.arg(OUTBOX_STREAM).arg(format!("{}-0", self.published)).arg(field).arg(value);
        add.query_async::<()>(&mut self.connection).await.unwrap();
    }

    /// Begins again at a publish number, as the relay does for a Redis that lost its tail.
    pub fn publish_again_from(&mut self, number: u64) {
        self.published = number - 1;
    }

    /// Waits until every one of these messages came to one of these states, and returns all news about each, in order.
    pub async fn wait_for(&self, ids: &[Uuid], states: &[MessageState]) -> HashMap<Uuid, Vec<OutcomeEntry>> {
        let mut news: HashMap<Uuid, Vec<OutcomeEntry>> = HashMap::new();
        let waiting = async {
            let mut tail = Tail::open(&self.redis.client(), OUTCOME_STREAM).await.unwrap();
            let mut after = "0-0".to_owned();
            let came = |news: &HashMap<Uuid, Vec<OutcomeEntry>>| {
                ids.iter().all(|id| news.get(id).is_some_and(|all| all.iter().any(|one| states.contains(&one.state))))
            };
            while !came(&news) {
                for entry in tail.next(&after, 100).await.unwrap() {
                    let outcome: OutcomeEntry = serde_json::from_slice(&entry.fields[OUTCOME_FIELD]).unwrap();
                    news.entry(outcome.event_id).or_default().push(outcome);
                    after = entry.id;
                }
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        assert!(in_time, "{} of {} messages have news: {news:?}", news.len(), ids.len());
        news
    }

    /// Waits for the one state of a single message and returns the reason.
    pub async fn ends(&self, id: Uuid, state: MessageState) -> Option<MessageReason> {
        let news = self.wait_for(&[id], &[state]).await;
        news[&id].iter().find(|one| one.state == state).unwrap().reason
    }

    /// Waits until no entry is pending in the group.
    pub async fn nothing_pending(&mut self) {
        let waiting = async {
            loop {
                let summary: redis::streams::StreamPendingReply = redis::cmd("XPENDING")
                    .arg(OUTBOX_STREAM)
                    .arg(SENDER_GROUP)
                    .query_async(&mut self.connection)
                    .await
                    .unwrap();
                if summary.count() == 0 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("everything is acknowledged");
    }
}

/// A TTN for a number.
pub fn ttn(number: usize) -> String {
    (0..10)
        .map(|check| format!("8{number:014}{check}"))
        .find(|text| Ttn::parse(text).is_ok())
        .expect("one of ten check digits fits")
}

/// An event; `notice`: what it tells the recipient.
pub fn event(ttn: &str, seq: u32, notice: Option<CustomerNotice>) -> IntegrationEvent {
    let language = Language::Uk;
    let phone: postoffice_domain::phone::Phone = serde_json::from_str("\"+380671234567\"").unwrap();
    let mut id = [0_u8; 16];
    postoffice_runtime::source::fill_random(&mut id);
    IntegrationEvent {
        v: STREAM_VERSION,
        event_id: uuid::Builder::from_random_bytes(id).into_uuid(),
        kind: ChangeKind::Registered,
        ttn: Ttn::parse(ttn).unwrap(),
        seq,
        at: Timestamp::from_millis(1),
        by: None,
        status_before: None,
        status_after: None,
        sms_before: None,
        sms_after: None,
        notify: notice.map(|notice| Notify { phone, language, notice }),
        request_id: Some("request-1".to_owned()),
    }
}

/// Settings for tests: fast, and towards this gateway.
pub fn settings(office: &Office, gateway: &ScriptedGateway) -> Config {
    let mut config = Config::default();
    config.redis.url = Some(office.redis.url());
    config.reports_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.admin_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.pace.per_second = 10_000.0;
    config.retry.first_ms = 20;
    config.retry.longest_ms = 200;
    config.retry.pause_ms = 100;
    config.gateway.kind = GatewayKind::Kannel;
    config.gateway.kannel.url = gateway.url();
    config.gateway.kannel.password = Secret::new("canary");
    config.gateway.kannel.answer_timeout_ms = 500;
    config
}

/// A sender in this process.
pub struct Sender {
    pub started: Started,
    pub life: Lifecycle,
}

impl Sender {
    pub async fn start(config: Config) -> Self {
        let life = Lifecycle::new();
        let listeners = Listeners::open(&config).await.unwrap();
        let started = start(config, listeners, Sources::of_the_system(), None, &life).unwrap();
        Self { started, life }
    }

    /// Stops softly and says whether everything ended well.
    pub async fn stop(self) -> bool {
        self.life.stop();
        let ended = tokio::time::timeout(PATIENCE, self.life.run_to_end(PATIENCE)).await;
        ended.expect("it stops").unwrap();
        !self.life.has_crashed()
    }
}

/// A sender as a process of its own, for killing.
pub struct SenderProcess(pub Child);

impl SenderProcess {
    pub fn start(config: &Config, fail_point: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postoffice-sms-sender"));
        let kannel = &config.gateway.kannel;
        command
            .env_clear()
            .env("POSTOFFICE_REDIS__URL", config.redis.url.as_deref().unwrap())
            .env("POSTOFFICE_SLOT", &config.slot)
            .env("POSTOFFICE_REPORTS_LISTEN", config.reports_listen.to_string())
            .env("POSTOFFICE_ADMIN_LISTEN", config.admin_listen.to_string())
            .env("POSTOFFICE_PACE__PER_SECOND", "10000.0")
            .env("POSTOFFICE_PACE__CONCURRENCY", config.pace.concurrency.to_string())
            .env("POSTOFFICE_SLOTS__LEASE_MS", config.slots.lease_ms.to_string())
            .env("POSTOFFICE_SLOTS__CLAIM_AFTER_MS", config.slots.claim_after_ms.to_string())
            .env("POSTOFFICE_JOURNAL__PROOF_WITHIN_MS", config.journal.proof_within_ms.to_string())
            .env("POSTOFFICE_GATEWAY__KIND", "kannel")
            .env("POSTOFFICE_GATEWAY__KANNEL__URL", &kannel.url)
            .env("POSTOFFICE_GATEWAY__KANNEL__PASSWORD", kannel.password.expose())
            .env("POSTOFFICE_LOG__FILTER", "error")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(fail_point) = fail_point {
            command.env("POSTOFFICE_FAIL_POINT", fail_point);
        }
        Self(command.spawn().unwrap())
    }

    /// Waits until it ended by itself. True: by a fail point (an abort).
    pub async fn ended_by_fail_point(&mut self) -> bool {
        use std::os::unix::process::ExitStatusExt;
        let status = tokio::time::timeout(PATIENCE, self.0.wait()).await.expect("the step is passed").unwrap();
        status.signal() == Some(6)
    }

    pub async fn kill(&mut self) {
        self.0.kill().await.unwrap();
    }
}

/// A port that is free now.
pub fn free_port() -> SocketAddr {
    StdListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
