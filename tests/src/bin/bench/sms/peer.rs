//! `BullMQ`, the queue on Redis that most people would take: `tests/peers/bullmq.js`, on a Redis with the same settings.

use std::path::Path;

use postoffice_runtime::testing::TestRedis;
use tokio::process::Command;

/// Jobs of the size of our entries, added in bulk and worked off by one worker that does nothing, per second.
///
/// # Panics
/// `tests/peers` is not installed (`npm ci`), or it fails.
pub async fn bullmq(jobs: usize) -> f64 {
    let redis = TestRedis::start().await;
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let output = Command::new("node")
        .arg(peers.join("bullmq.js"))
        .arg(redis.url().trim_start_matches("unix://"))
        .arg(jobs.to_string())
        .kill_on_drop(true)
        .output()
        .await
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    said.trim().parse().unwrap_or_else(|_| panic!("BullMQ: {said}{complaint}"))
}
