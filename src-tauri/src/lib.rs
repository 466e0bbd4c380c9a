//! The desktop: one window, and behind it a Rust core that holds the socket, the session's token and all waiting commands.
//!
//! The way of a call: window → [`commands`] (thin) → [`core`] → [`connection`] (the one socket) → server. What the server says by itself
//! comes back as one Tauri event, [`window::EVENT`]. The webview never sees a token or a socket.

pub mod app;
pub mod commands;
pub mod connection;
pub mod core;
mod drafts;
pub mod editors;
mod giving;
mod instance;
mod keep;
pub mod line;
pub mod pending;
#[cfg(test)]
mod played;
pub mod questions;
mod reading;
pub mod renderer;
mod seen;
pub mod settings;
pub mod source;
#[cfg(test)]
mod testing;
mod told;
pub mod vault;
pub mod window;

pub use app::run;
