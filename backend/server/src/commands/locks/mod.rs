//! Commands on locks, one file each.

pub mod acquire;
pub mod answer;
pub mod leave;
mod passing;
pub mod release;
pub mod renew;
pub mod snapshot;
pub mod take_over;
#[cfg(test)]
mod tests;
pub mod wait;
