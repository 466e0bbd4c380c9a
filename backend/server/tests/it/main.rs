//! The whole server over real sockets, with a real private Redis and a real database file for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its fixtures")]

mod bad_input;
mod cli;
mod coming_back;
mod connections;
mod desk;
mod failover;
mod frames;
mod locks;
mod messages;
mod nodes;
mod office;
mod orders;
mod past;
mod postgres_tls;
mod proxied;
mod sign_in;
mod stop;
