//! Socket.IO with its Redis streams adapter, what most people would take to tell many clients on several nodes: `tests/peers/socketio.js`.

use std::path::Path;

use postoffice_runtime::testing::TestRedis;
use serde::Deserialize;
use tokio::process::Command;

/// How it did.
#[derive(Deserialize)]
pub struct SocketIo {
    /// Milliseconds from sending a change to a client of the other node.
    pub p50: f64,
    /// The same.
    pub p99: f64,
    /// Processor share of both servers.
    pub cores: f64,
}

/// Two servers, `clients` of them in all, 50 changes of `bytes` a second.
///
/// # Panics
/// `tests/peers` is not installed (`npm ci`), or it fails.
pub async fn socket_io(clients: usize, changes: u32, bytes: usize) -> SocketIo {
    let redis = TestRedis::start().await;
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let output = Command::new("node")
        .arg(peers.join("socketio.js"))
        .arg(redis.url().trim_start_matches("unix://"))
        .args([clients.to_string(), changes.to_string(), bytes.to_string()])
        .kill_on_drop(true)
        .output()
        .await
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("Socket.IO: {said}{complaint}"))
}
