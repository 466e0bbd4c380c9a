//! Socket.IO with its Redis streams adapter, what most people would take to tell many clients on several nodes: `tests/peers/socketio.js`.

use serde::Deserialize;

use crate::peer;

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

/// Two servers with so many clients in all, 50 changes of `bytes` a second.
pub async fn socket_io(clients: usize, changes: u32, bytes: usize) -> SocketIo {
    peer::run("socketio.js", &[clients.to_string(), changes.to_string(), bytes.to_string()]).await
}
