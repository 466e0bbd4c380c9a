//! What an error of Redis means, as a code that people can look up.

use redis::{ErrorKind, RedisError};
use serde::Serialize;

/// Why Redis does not do what it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum RedisTrouble {
    /// It does not answer.
    #[serde(rename = "redis_unreachable")]
    Unreachable,
    /// It is full (`-OOM`).
    #[serde(rename = "redis_full")]
    Full,
    /// It takes no writes: a replica, or its disk fails (`-READONLY`, `-MISCONF`).
    #[serde(rename = "redis_read_only")]
    ReadOnly,
    /// It reads its data from disk (`-LOADING`).
    #[serde(rename = "redis_loading")]
    Loading,
    /// It does not let us in (`-NOAUTH`, `-WRONGPASS`, `-NOPERM`).
    #[serde(rename = "redis_refuses_us")]
    RefusesUs,
    /// A key of ours holds something of another type.
    #[serde(rename = "redis_foreign_key")]
    ForeignKey,
    /// It refuses, for another reason: see the log.
    #[serde(rename = "redis_refuses")]
    Refuses,
}

impl RedisTrouble {
    /// What this error means.
    pub fn of(error: &RedisError) -> Self {
        match error.code() {
            Some("OOM") => Self::Full,
            Some("READONLY" | "MISCONF" | "NOREPLICAS") => Self::ReadOnly,
            Some("LOADING" | "BUSY" | "MASTERDOWN") => Self::Loading,
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => Self::RefusesUs,
            Some("WRONGTYPE") => Self::ForeignKey,
            Some(_) => Self::Refuses,
            None if error.kind() == ErrorKind::AuthenticationFailed => Self::RefusesUs,
            None => Self::Unreachable,
        }
    }
}
