//! The WebSocket: from the upgrade to the close frame.

pub mod close;
pub mod outbound;
pub mod patience;
pub mod session;
mod wire;
