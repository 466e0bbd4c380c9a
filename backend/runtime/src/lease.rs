//! A lease: something that one process at a time may do, in Redis, for internal use. (Order locks are another matter: docs/LOCKS.md.)
//!
//! ```text
//! acquire    SET key token NX PX length     nobody has it: ours
//! renew      token stands there?            PEXPIRE key length     (also: an acquire whose answer was lost)
//! release    token stands there?            DEL key
//! take over  a token known to be dead?      SET key ours PX length
//! ```
//! - The token names the holder and this very lease; whoever does not find it there changes nothing.
//! - Time is Redis' own: a lease ends `length` after the last step that Redis did, whatever our clocks say. Should Redis' clock be set back,
//!   whoever asks next cuts it to four lengths.
//! - The holder renews at a third of the length. When it cannot, it must believe the lease lost once `length` has passed *since it sent* the
//!   last renewal that succeeded.
//! - A lease in Redis alone excludes nobody who was frozen past its end, nor over a failover that lost it: what it guards compares the token
//!   in the same step (the sender's journal does) or stands in SQL.

use std::time::Duration;

use redis::{RedisResult, Script};

use crate::redis_link::RedisConnection;

/// Where a lease stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is ours.
    Ours,
    /// Nobody has it: it ran out, or Redis lost it.
    Free,
    /// It is another's.
    Other {
        /// Their token.
        token: String,
        /// Milliseconds left of it; -1: it has no end.
        left_ms: i64,
    },
}

/// One lease and our token for it.
#[derive(Clone)]
pub struct Lease {
    redis: RedisConnection,
    key: String,
    token: String,
    length: Duration,
}

impl Lease {
    /// The lease at `key`. Nothing is taken yet.
    pub fn new(redis: RedisConnection, key: String, token: String, length: Duration) -> Self {
        Self { redis, key, token, length }
    }

    /// Where it stands in Redis.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What stands there while it is ours.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Takes it if nobody has it; renews it if we do.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn acquire(&self) -> RedisResult<Standing> {
        let mut set = redis::cmd("SET");
        set.arg(&self.key).arg(&self.token).arg("NX").arg("PX").arg(self.length_ms());
        let taken: Option<String> = set.query_async(&mut self.redis.clone()).await?;
        if taken.is_some() { Ok(Standing::Ours) } else { self.renew().await }
    }

    /// Renews it, only if it is ours.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn renew(&self) -> RedisResult<Standing> {
        let (ours, token, left_ms): (bool, Option<String>, i64) = Script::new(include_str!("lease/renew.lua"))
            .key(&self.key)
            .arg(&self.token)
            .arg(self.length_ms())
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(match token {
            _ if ours => Standing::Ours,
            Some(token) => Standing::Other { token, left_ms },
            None => Standing::Free,
        })
    }

    /// Gives it back; false when it was not ours.
    ///
    /// # Errors
    /// Redis is away; it ends by itself.
    pub async fn release(&self) -> RedisResult<bool> {
        self.swap(&self.token, "").await
    }

    /// Takes it from a holder that is known to be dead; false when that one does not have it any more.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn take_over(&self, dead: &str) -> RedisResult<bool> {
        self.swap(dead, &self.token).await
    }

    async fn swap(&self, holder: &str, new: &str) -> RedisResult<bool> {
        Script::new(include_str!("lease/swap.lua"))
            .key(&self.key)
            .arg(holder)
            .arg(new)
            .arg(self.length_ms())
            .invoke_async(&mut self.redis.clone())
            .await
    }

    fn length_ms(&self) -> u64 {
        u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRedis;

    #[tokio::test]
    async fn one_at_a_time_has_it_and_only_its_token_moves_it() {
        let redis = TestRedis::start().await;
        let lease = |token: &str, ms: u64| {
            Lease::new(redis.connection(), "lease".to_owned(), token.to_owned(), Duration::from_millis(ms))
        };
        let (ours, theirs) = (lease("a", 60_000), lease("b", 60_000));
        assert_eq!(theirs.renew().await, Ok(Standing::Free));
        assert_eq!(ours.acquire().await, Ok(Standing::Ours));
        assert_eq!(ours.acquire().await, Ok(Standing::Ours), "a lost answer");
        let Ok(Standing::Other { token, left_ms }) = theirs.acquire().await else { panic!("it is taken") };
        assert_eq!(token, "a");
        assert!((50_000..=60_000).contains(&left_ms), "{left_ms}");
        assert_eq!(theirs.release().await, Ok(false));
        assert_eq!(theirs.take_over("c").await, Ok(false));
        assert_eq!(theirs.take_over("a").await, Ok(true));
        assert_eq!(ours.renew().await.map(|standing| standing == Standing::Ours), Ok(false));
        assert_eq!(theirs.release().await, Ok(true));
        assert_eq!(lease("c", 1).acquire().await, Ok(Standing::Ours));
        let free = tokio::time::timeout(Duration::from_secs(5), async {
            while ours.acquire().await != Ok(Standing::Ours) {
                tokio::task::yield_now().await;
            }
        });
        free.await.expect("it ran out by itself");
    }

    #[tokio::test]
    async fn a_clock_set_back_does_not_make_it_last_for_hours() {
        let redis = TestRedis::start().await;
        let lease = |token: &str, ms: u64| {
            Lease::new(redis.connection(), "lease".to_owned(), token.to_owned(), Duration::from_millis(ms))
        };
        assert_eq!(lease("dead", 3_600_000).acquire().await, Ok(Standing::Ours));
        let Ok(Standing::Other { left_ms, .. }) = lease("b", 1_000).acquire().await else { panic!("it is taken") };
        assert_eq!(left_ms, 4_000);
        let Ok(Standing::Other { left_ms, .. }) = lease("b", 60_000).acquire().await else { panic!("it is taken") };
        assert!(left_ms <= 4_000, "and not longer again: {left_ms}");
    }
}
