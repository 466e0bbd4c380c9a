//! The LAN server of PostOffice: one process that keeps the orders and tells every desktop what happens to them.
//!
//! The way of one command: [`http`] (connection, upgrade) → [`ws`] (frame → call) → [`access`] (may this role?) → [`commands`] (one file
//! per command) → [`locks`] (Redis excludes) → [`store`] (SQL decides; order and outbox row in one commit) → [`relay`] (outbox → stream) →
//! [`fan_out`] (stream → every desktop through the [`hub`]). What became of an SMS comes back through [`outcomes`].
//!
//! [`serve::serve`] starts all of it; `docs/ARCHITECTURE.md` walks through it with an order.

pub mod access;
pub mod auth;
pub mod branch_id;
pub mod cli;
pub mod commands;
pub mod config;
pub mod config_check;
pub mod config_database;
pub mod context;
pub mod fan_out;
pub mod flow;
pub mod health;
pub mod http;
pub mod hub;
pub mod locks;
pub mod measures;
pub mod open_files;
pub mod outcomes;
pub mod relay;
pub mod retention;
pub mod serve;
pub mod store;
pub mod system;
#[cfg(test)]
mod test_office;
pub mod tick;
pub mod ws;
