//! Real servers for the tests of other crates: Redis on a private socket, with replicas and sentinels, as a cluster; PostgreSQL. In temp folders,
//! on ports of their own, gone with the value.

mod append_only;
mod cluster;
mod node;
mod postgres;
mod programs;
mod sentinel;

use std::{path::PathBuf, time::Duration};

use crate::{
    private_redis::PrivateRedis,
    redis_link::{RedisConnection, RedisLink},
};

pub use append_only::AppendOnlyFiles;
pub use cluster::TestCluster;
pub use postgres::{TestDatabase, TestPostgres};
pub use programs::{Running, free_port, kill_process};
pub use sentinel::TestSentinel;

/// A running Redis with its temp folder.
pub struct TestRedis {
    redis: PrivateRedis,
    folder: tempfile::TempDir,
}

impl TestRedis {
    /// Starts one.
    ///
    /// # Panics
    /// `redis-server` is not installed or does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let redis = PrivateRedis::start(folder.path()).await.expect("redis-server starts");
        Self { redis, folder }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.redis.url()
    }

    /// The same, read.
    ///
    /// # Panics
    /// Never: the address is ours.
    pub fn link(&self) -> RedisLink {
        RedisLink::parse(&self.url()).expect("our own address is good")
    }

    /// A connection that reconnects by itself.
    ///
    /// # Panics
    /// Never: the address is ours.
    pub fn connection(&self) -> RedisConnection {
        self.link().connection().expect("our own address is good")
    }

    /// Kills it as `kill -9` does.
    ///
    /// # Panics
    /// It cannot be killed.
    pub async fn kill(&mut self) {
        let pid = self.redis.pid().expect("it runs").to_string();
        let killed = tokio::process::Command::new("kill").args(["-9", &pid]).status().await;
        assert!(killed.is_ok_and(|status| status.success()), "kill -9 {pid}");
    }

    /// Starts it again, with what its AOF has.
    ///
    /// # Panics
    /// It does not come back.
    pub async fn start_again(&mut self) {
        self.redis = PrivateRedis::start(self.folder.path()).await.expect("redis-server starts again");
    }

    /// Folder of its append-only files.
    pub fn append_only_folder(&self) -> PathBuf {
        self.folder.path().join("appendonlydir")
    }

    /// Kills it as `kill -9` does and starts it again with its append-only files as they were.
    ///
    /// # Panics
    /// It does not come back.
    pub async fn come_back_with(&mut self, files: &AppendOnlyFiles) {
        self.kill().await;
        files.put_back();
        self.start_again().await;
    }

    /// Kills it as `kill -9` does and starts it again, with its AOF (`keep`) or empty.
    ///
    /// # Panics
    /// It does not come back.
    pub async fn kill_and_restart(&mut self, keep: bool) {
        self.kill().await;
        if !keep {
            // The socket stays; only the data goes.
            let data = self.append_only_folder();
            tokio::time::timeout(Duration::from_secs(5), async {
                while std::fs::remove_dir_all(&data).is_err() {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .expect("the data can be removed");
        }
        self.start_again().await;
    }
}
