//! The SMS sender: pulls the outbox stream at its own pace, hands messages to a gateway, and tells the servers what became of each.
//!
//! - [`consumer`]: from the stream to the gateway; who reads, in which order, how fast
//! - [`policy`]: the text, when it may go, what it may cost, and when to try again
//! - [`gateway`]: Kannel, providers over HTTP, gammu's spool, and the one of demo runs that prints
//! - [`journal`]: where every message stands; moves only forward
//! - [`call_book`]: whether the gateway was asked, and what it said, should the process be killed
//! - [`outcome`], [`reports`]: what the servers are told, and what the network tells us
//! - [`start`], [`cli`], [`config`], [`health`], [`held_up`]: the process
//!
//! It knows no order tables and no SQL: what it needs stands in the stream. docs/SMS.md is the promise and its limits.

pub mod call_book;
pub mod cli;
pub mod config;
pub mod config_check;
pub mod consumer;
pub mod gateway;
pub mod health;
pub mod held_up;
pub mod journal;
mod measures;
pub mod outcome;
pub mod policy;
pub mod process;
pub mod reports;
#[cfg(test)]
mod samples;
pub mod start;
pub mod system;
#[cfg(feature = "testing")]
pub mod testing;
