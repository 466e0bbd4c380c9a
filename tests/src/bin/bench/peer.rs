//! Somebody else's program for the same purpose (`tests/peers/`), on a Redis of its own with the settings of ours.

use std::path::Path;

use postoffice_runtime::testing::TestRedis;
use serde::de::DeserializeOwned;
use tokio::process::Command;

/// Runs a script with the socket of its Redis and these arguments; what it prints, read as JSON.
///
/// # Panics
/// `tests/peers` is not installed (`npm ci`), or it fails.
pub async fn run<T: DeserializeOwned>(script: &str, arguments: &[String]) -> T {
    let redis = TestRedis::start().await;
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let output = Command::new("node")
        .arg(peers.join(script))
        .arg(redis.url().trim_start_matches("unix://"))
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("{script}: {said}{complaint}"))
}
