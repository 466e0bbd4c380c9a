//! A Redis to be harmed: on a port of its own, with an append-only file, and with `DEBUG`.

use std::{path::PathBuf, time::Duration};

use redis::Client;

use crate::programs::{Running, free_port, tied};

const STARTS: u32 = 6;
const ONE_START: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The Redis.
pub struct HarmedRedis {
    running: Option<Running>,
    port: u16,
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl HarmedRedis {
    /// Starts it.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start() -> Self {
        Self::start_in(Vec::new()).await
    }

    /// Starts it in this environment.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_in(environment: Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let mut redis = Self { running: None, port: free_port(), folder, environment };
        redis.start_again().await;
        redis
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it again with what is in its folder.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_again(&mut self) {
        let mut command = tied("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "everysec", "--enable-debug-command", "local", "--dir"])
            .arg(self.folder.path())
            .envs(self.environment.iter().cloned());
        // Its port may be somebody's outgoing one for a moment, and a library that moves its clock may get stuck at the start.
        for _ in 0..STARTS {
            self.running = Some(Running::start(&mut command, &self.folder.path().join("redis.log")));
            let answers = async {
                while !self.ask(&["PING"]).await {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            };
            if tokio::time::timeout(ONE_START, answers).await.is_ok() {
                return;
            }
        }
        panic!("Redis does not start: {}", self.folder.path().join("redis.log").display());
    }

    /// Its process.
    ///
    /// # Panics
    /// It was killed.
    pub fn process(&mut self) -> &mut Running {
        self.running.as_mut().expect("Redis runs")
    }

    /// Kills it as a power cut would; `keep`: with what it had written, else empty when it comes back.
    ///
    /// # Panics
    /// It cannot be killed, or its data cannot be removed.
    pub fn kill(&mut self, keep: bool) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
        if !keep {
            let data: PathBuf = self.folder.path().join("appendonlydir");
            std::fs::remove_dir_all(data).expect("its data can be removed");
        }
    }

    /// Seconds since 1970, as it believes.
    ///
    /// # Panics
    /// It does not answer.
    pub async fn clock(&self) -> i64 {
        let told = self
            .answer(&["TIME"])
            .await
            .and_then(|value| redis::from_redis_value::<(i64, i64)>(value).map_err(Into::into));
        told.expect("Redis tells the time").0
    }

    /// Sends one command on a connection of its own; whether it was answered well.
    pub async fn ask(&self, command: &[&str]) -> bool {
        self.answer(command).await.is_ok()
    }

    async fn answer(&self, command: &[&str]) -> redis::RedisResult<redis::Value> {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        let client = Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut request = redis::cmd(command[0]);
        request.arg(&command[1..]);
        request.query_async::<redis::Value>(&mut connection).await
    }
}
