//! Senders for the tests: in this process, or as processes of their own.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    process::Stdio,
};

use postoffice_runtime::{config::Secret, lifecycle::Lifecycle};
pub use postoffice_sms_sender::testing::{Office, PATIENCE, TTNS, event, ttn};
use postoffice_sms_sender::{
    config::{Config, GatewayKind},
    start::{Listeners, Started, start},
    system::Sources,
    testing::ScriptedGateway,
};
use tokio::process::{Child, Command};

/// Settings for tests: fast, and towards this gateway.
pub fn settings<R>(office: &Office<R>, gateway: &ScriptedGateway) -> Config {
    let mut config = Config::default();
    config.redis.url = Some(office.url.clone());
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
        Self::start_with(config, fail_point, &[])
    }

    /// The same with more in its environment.
    pub fn start_with(config: &Config, fail_point: Option<&str>, environment: &[(&str, &str)]) -> Self {
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
            .env("POSTOFFICE_JOURNAL__MAX_TAKES", config.journal.max_takes.to_string())
            .env("POSTOFFICE_RETRY__PAUSE_MS", config.retry.pause_ms.to_string())
            .env("POSTOFFICE_GATEWAY__KIND", "kannel")
            .env("POSTOFFICE_GATEWAY__KANNEL__URL", &kannel.url)
            .env("POSTOFFICE_GATEWAY__KANNEL__PASSWORD", kannel.password.expose())
            .env("POSTOFFICE_LOG__FILTER", "error")
            .envs(environment.iter().copied())
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

    /// Waits until it has frozen itself at its step.
    pub async fn is_frozen(&self) {
        let stat = format!("/proc/{}/stat", self.0.id().expect("it runs"));
        let frozen = async {
            // Behind the name in brackets stands the state: T is stopped.
            while !std::fs::read_to_string(&stat).is_ok_and(|line| line.contains(") T ")) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, frozen).await.expect("the step is passed");
    }

    pub async fn kill(&mut self) {
        self.0.kill().await.unwrap();
    }
}

/// A port that is free now.
pub fn free_port() -> SocketAddr {
    StdListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
