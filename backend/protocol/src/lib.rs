//! What is said between desktop, server and SMS sender.
//!
//! - [`frame`]: JSON-RPC 2.0 frames and how an incoming one is read (`docs/PROTOCOL.md` is the prose)
//! - [`call`]: every method, once: name, parameters, result
//! - [`session`], [`orders`], [`locks`], [`messages`], [`templates`]: the parameters and results by subject
//! - [`events`]: what the server says without being asked
//! - [`problem`]: every refusal, as a code
//! - [`stream`]: the two Redis streams between server and SMS sender
//! - [`desktop`]: what the window and its Rust core say to each other
//!
//! TypeScript is generated from these types into `ui/src/protocol/`; nothing on the wire is declared twice.

pub mod call;
pub mod desktop;
pub mod events;
pub mod frame;
pub mod locks;
pub mod messages;
pub mod orders;
pub mod problem;
pub mod session;
pub mod stream;
pub mod templates;

/// Version of the protocol. A desktop and a server with different majors refuse each other with `version_mismatch`.
pub const PROTOCOL_VERSION: u32 = 1;

/// Path of the WebSocket on the server.
pub const WS_PATH: &str = "/ws";
