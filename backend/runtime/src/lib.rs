//! How a process of ours lives. Knows neither the domain nor the protocol.
//!
//! - [`lifecycle`]: start, signals, soft and hard stop, a crash is a non-zero exit
//! - [`config`]: TOML + environment into one documented struct, with errors that point
//! - [`telemetry`]: logs and metrics
//! - [`redis_link`], [`private_redis`], [`stream`], [`lease`]: Redis, ours or a private child, reading its streams, and leases in it
//! - [`source`]: the real clock and the real randomness, for entry points
//! - [`fail_point!`]: named steps at which kill tests end the process
//! - [`planted!`]: named bugs that the fault suites must catch

pub mod config;
pub mod fail_point;
pub mod lease;
pub mod lifecycle;
pub mod planted;
pub mod private_redis;
pub mod redis_link;
pub mod source;
pub mod stream;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
