//! The default engine: one SQLite file, one task that writes.

pub(super) mod checkpoints;
pub(super) mod direct;
pub(super) mod open;
pub(super) mod readers;
pub(super) mod writer;
