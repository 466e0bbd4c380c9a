//! The engine for several servers at once: a PostgreSQL database.

pub mod address;
pub(super) mod lent;
mod listen;
pub(super) mod open;
pub(super) mod upkeep;
pub(super) mod writer;

pub use open::migrate;

/// Where a server that added to the outbox tells the others.
const CHANNEL: &str = "postoffice_outbox";
