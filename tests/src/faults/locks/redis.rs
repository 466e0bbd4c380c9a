//! A Redis to be harmed: on a port of its own, with an append-only file, and with `DEBUG`.

use std::{path::PathBuf, time::Duration};

use redis::Client;

use crate::{
    programs::{Running, free_port, tied},
    wait::until,
};

/// The Redis.
pub struct HarmedRedis {
    running: Option<Running>,
    port: u16,
    folder: tempfile::TempDir,
}

impl HarmedRedis {
    /// Starts it.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let mut redis = Self { running: None, port: free_port(), folder };
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
            .arg(self.folder.path());
        self.running = Some(Running::start(&mut command, &self.folder.path().join("redis.log")));
        until("Redis to answer", || async { self.ask(&["PING"]).await.then_some(()) }).await;
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

    /// Sends one command on a connection of its own; whether it was answered well.
    pub async fn ask(&self, command: &[&str]) -> bool {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        let asked = async {
            let client = Client::open(self.url())?;
            let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            let mut request = redis::cmd(command[0]);
            request.arg(&command[1..]);
            request.query_async::<redis::Value>(&mut connection).await
        };
        asked.await.is_ok()
    }
}
