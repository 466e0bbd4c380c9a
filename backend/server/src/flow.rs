//! How the way from the outbox to the SMS sender is: what holds it up, since when, by code. For `/health/ready`.

use std::sync::{Mutex, PoisonError};

use postoffice_domain::clock::Timestamp;
use postoffice_runtime::redis_link::RedisTrouble;
use redis::RedisError;
use serde::Serialize;

use crate::relay::RelayError;

/// What holds the messages up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// Redis does not answer.
    RedisUnreachable,
    /// Redis is full (`-OOM`).
    RedisFull,
    /// Redis takes no writes: a replica, or its disk fails (`-READONLY`, `-MISCONF`).
    RedisReadOnly,
    /// Redis reads its data from disk (`-LOADING`).
    RedisLoading,
    /// Redis does not let us in (`-NOAUTH`, `-WRONGPASS`, `-NOPERM`).
    RedisRefusesUs,
    /// A key of ours holds something of another type.
    RedisForeignKey,
    /// The stream is ahead of the database: an older database was restored.
    StreamAhead,
    /// Redis refused, for another reason: see the log.
    RedisRefuses,
    /// The database cannot be read or written.
    Store,
}

impl Hindrance {
    /// What an error of Redis means for the messages.
    pub fn of_redis(error: &RedisError) -> Self {
        match RedisTrouble::of(error) {
            RedisTrouble::Unreachable => Self::RedisUnreachable,
            RedisTrouble::Full => Self::RedisFull,
            RedisTrouble::ReadOnly => Self::RedisReadOnly,
            RedisTrouble::Loading => Self::RedisLoading,
            RedisTrouble::RefusesUs => Self::RedisRefusesUs,
            RedisTrouble::ForeignKey => Self::RedisForeignKey,
            RedisTrouble::Refuses => Self::RedisRefuses,
        }
    }

    fn of(error: &RelayError) -> Self {
        match error {
            RelayError::Redis(error) => Self::of_redis(error),
            RelayError::Store(_) => Self::Store,
            RelayError::StreamAhead { .. } => Self::StreamAhead,
        }
    }
}

/// Messages are held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeldUp {
    /// By what.
    pub why: Hindrance,
    /// Since when, in milliseconds since 1970.
    pub since: Timestamp,
}

/// What the relay last met.
#[derive(Debug, Default)]
pub struct Flow(Mutex<Option<HeldUp>>);

impl Flow {
    /// The relay came through.
    pub fn relay_works(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The relay did not come through. The first failure of a row says since when.
    pub fn relay_fails(&self, error: &RelayError, now: Timestamp) {
        let mut held_up = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = held_up.map_or(now, |before| before.since);
        *held_up = Some(HeldUp { why: Hindrance::of(error), since });
    }

    /// What holds messages up now.
    pub fn held_up(&self) -> Option<HeldUp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
