//! One `redis-server` on a port, with its settings on the command line.

use std::{path::Path, process::Command, time::Duration};

use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisResult};

use super::Running;

/// How long anything may take before a test fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Where a node listens.
pub(super) const HOST: &str = "127.0.0.1";

/// Starts a server on `port` with its data in `folder`; `settings` are words of its command line.
pub(super) fn start(folder: &Path, port: u16, settings: &[&str]) -> Running {
    std::fs::create_dir_all(folder).expect("a folder for its data");
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", HOST, "--dir"])
        .arg(folder)
        .args(["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"])
        .args(settings);
    Running::start(&mut command, &folder.join("redis.log"))
}

/// One command on a connection of its own, as a person would send it.
pub(super) async fn ask<T: FromRedisValue>(port: u16, words: &[&str]) -> RedisResult<T> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(1)))
        .set_response_timeout(Some(Duration::from_secs(2)));
    let client = Client::open((HOST, port))?;
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let (name, arguments) = words.split_first().expect("a command has a name");
    redis::cmd(name).arg(arguments).query_async(&mut connection).await
}

/// A number or word of `INFO section`.
pub(super) async fn info(port: u16, section: &str, name: &str) -> Option<String> {
    let text: String = ask(port, &["INFO", section]).await.ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|value| value.trim().to_owned())
}

/// Waits until `reached` holds.
pub(super) async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !reached().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}");
}
