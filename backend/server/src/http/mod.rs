//! The listener: connections, their limits, and the one route that becomes a socket.
//!
//! The transport is a seam: [`connection::serve`] takes any stream of bytes, so that TLS can be put between it and the listener.

pub mod admission;
pub mod connection;
pub mod fragments;
pub mod listener;
pub mod origin;
pub mod proxy_header;
pub mod router;
