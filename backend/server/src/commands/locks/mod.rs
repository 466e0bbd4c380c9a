//! Commands on locks, one file each.

pub mod acquire;
pub mod release;
pub mod renew;
pub mod snapshot;
