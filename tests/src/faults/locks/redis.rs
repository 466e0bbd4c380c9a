//! A Redis to be harmed: on a port of its own, with an append-only file, with `DEBUG`, and with a clock that can be moved.

use std::{path::PathBuf, time::Duration};

use redis::{Client, FromRedisValue, RedisResult};

use crate::{
    faults::moved_clock::{MovedClock, believes},
    programs::{Running, free_port, tied},
    wait::until,
};

/// The Redis.
pub struct HarmedRedis {
    running: Option<Running>,
    port: u16,
    folder: tempfile::TempDir,
    clock: MovedClock,
}

impl HarmedRedis {
    /// Starts it.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let mut redis = Self { running: None, port: free_port(), folder, clock: MovedClock::right() };
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
            .envs(self.clock.environment());
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
            std::fs::remove_dir_all(self.data()).expect("its data can be removed");
        }
    }

    /// Folder of its append-only files.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }

    /// Makes its clock so many milliseconds fast (slow, if negative), and looks whether it believes it.
    ///
    /// # Panics
    /// It does not, or it does not answer.
    pub async fn move_clock(&self, ahead_ms: i64) {
        self.clock.set(ahead_ms);
        let (seconds, micros): (i64, i64) = self.answer(&["TIME"]).await.expect("Redis tells the time");
        believes("Redis", seconds * 1_000 + micros / 1_000, ahead_ms);
    }

    /// Sends one command on a connection of its own; whether it was answered well.
    pub async fn ask(&self, command: &[&str]) -> bool {
        self.answer::<redis::Value>(command).await.is_ok()
    }

    async fn answer<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        let client = Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut request = redis::cmd(command[0]);
        request.arg(&command[1..]);
        request.query_async(&mut connection).await
    }
}
