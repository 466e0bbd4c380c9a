//! Locks on orders: what a cycle costs, how fast and how fairly a lock goes from one to the next, what it takes in Redis; and, as a figure of its
//! own, what a change of place under a lock costs from the desktop's side.
//!
//! - [`cycle`]: take and release, nobody else wants it
//! - [`contended`]: twenty want the same one
//! - [`held`]: memory in Redis
//! - [`change`]: lock → load → change → release, on a real server
//!
//! Beside ours stand the limit (two minimal scripts through one multiplexed connection, [`raw`]) and the crate `rslock`, each with the same
//! client library on the same kind of Redis: unix socket, AOF everysec, as the server starts its own.

pub mod change;
mod contended;
mod cycle;
mod held;
mod parts;
mod raw;
mod sharing;

use postoffice_domain::{clock::Timestamp, people::EmployeeId, ttn::Ttn};
use postoffice_protocol::{
    locks::{LockHolder, LockPurpose},
    session::SessionId,
};
use uuid::Uuid;

use crate::figure::Figure;

/// Lease of every lock here: the server's default.
const LEASE_MS: u64 = 30_000;

/// Measures.
pub async fn measure() -> Vec<Figure> {
    let mut figures = cycle::measure().await;
    figures.extend(contended::measure().await);
    figures.extend(held::measure().await);
    figures
}

/// Clerk number `number` at an open editor.
fn holder(number: usize) -> LockHolder {
    let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number as u128);
    LockHolder {
        session: SessionId(id),
        employee: EmployeeId(id),
        name: format!("Ірина Мельник {number}"),
        station: "3".to_owned(),
        since: Timestamp::from_millis(0),
        purpose: LockPurpose::EditPlace,
    }
}

/// Order number `number`.
fn ttn(number: usize) -> Ttn {
    Ttn::parse(&postoffice_sms_sender::testing::ttn(number)).expect("a good number")
}
