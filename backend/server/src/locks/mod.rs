//! Pessimistic locks on orders: Redis excludes, SQL decides (docs/LOCKS.md is the protocol).
//!
//! One key per order, `po:lock:{<ttn>}`, its value the holder as JSON, its time to live the lease. Scripts compare the owner, so nobody
//! frees or renews what is not theirs. A lock in Redis alone is not safe (a paused holder, a Redis that lost its data): the fencing token
//! that `locks.acquire` stamps in SQL makes the write of anyone who lost the lock fail.

mod news;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    locks::{LockHolder, LockPurpose, LockView, LostLock},
    problem::{Problem, ProblemCode},
    session::SessionId,
};
use redis::{AsyncCommands, RedisError, Script, aio::ConnectionManager};

use crate::config::LockSettings;

pub use news::watch;

/// Sorted set of the orders locked for editing, by the end of their lease in milliseconds; for the snapshot only, never for deciding.
const INDEX: &str = "po:locks";

/// Redis could not be asked: no new lock, nothing renewed.
#[derive(Debug, thiserror::Error)]
pub enum LocksError {
    /// Redis does not answer or refuses to work.
    #[error("Redis is away: {0}")]
    Away(#[from] RedisError),
    /// The key holds something that is no lock of ours.
    #[error("a lock key holds something else")]
    Foreign(#[from] serde_json::Error),
}

impl LocksError {
    /// What the clerk's desktop is told.
    pub fn to_problem(&self) -> Problem {
        Problem { retry_after_ms: Some(3_000), ..Problem::new(ProblemCode::LocksUnavailable, self.to_string()) }
    }
}

/// The answer to [`Locks::acquire`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours.
    Ours {
        /// We, with the time since when.
        holder: LockHolder,
        /// False: it was ours before.
        fresh: bool,
    },
    /// Somebody else holds it.
    Busy(LockHolder),
}

/// The locks of all orders.
#[derive(Clone)]
pub struct Locks {
    redis: ConnectionManager,
    lease_ms: u64,
    renew_every_ms: u64,
    acquire: Script,
    renew: Script,
    release: Script,
}

fn key(ttn: &Ttn) -> String {
    // The braces put all keys of one order into one cluster slot.
    format!("po:lock:{{{ttn}}}")
}

impl Locks {
    /// Locks in this Redis.
    pub fn new(redis: ConnectionManager, settings: &LockSettings) -> Self {
        Self {
            redis,
            lease_ms: settings.lease_ms,
            renew_every_ms: settings.renew_every_ms,
            acquire: Script::new(include_str!("acquire.lua")),
            renew: Script::new(include_str!("renew.lua")),
            release: Script::new(include_str!("release.lua")),
        }
    }

    /// Length of a lease in milliseconds.
    pub const fn lease_ms(&self) -> u64 {
        self.lease_ms
    }

    /// How often a desktop renews, in milliseconds.
    pub const fn renew_every_ms(&self) -> u64 {
        self.renew_every_ms
    }

    /// Takes the lock for `holder` (whose `since` is set by Redis' clock), or says who has it.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn acquire(&self, ttn: &Ttn, holder: &LockHolder) -> Result<Acquired, LocksError> {
        let unset = LockHolder { since: postoffice_domain::clock::Timestamp::from_millis(0), ..holder.clone() };
        let (answer, present): (u8, String) = self
            .acquire
            .key(key(ttn))
            .arg(holder.session.to_string())
            .arg(serde_json::to_string(&unset)?)
            .arg(self.lease_ms)
            .invoke_async(&mut self.redis.clone())
            .await?;
        let present: LockHolder = serde_json::from_str(&present)?;
        if answer == 0 {
            return Ok(Acquired::Busy(present));
        }
        // Locks of short commands are over before anyone could read of them.
        if present.purpose != LockPurpose::Command {
            self.announce_held(ttn, &present).await?;
        }
        Ok(Acquired::Ours { holder: present, fresh: answer == 1 })
    }

    /// Renews the locks of a session; gives what is lost and who has it now.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn renew(&self, session: SessionId, ttns: &[Ttn]) -> Result<(Vec<Ttn>, Vec<LostLock>), LocksError> {
        let (mut renewed, mut lost) = (Vec::new(), Vec::new());
        for ttn in ttns {
            let (still_ours, present): (u8, Option<String>) = self
                .renew
                .key(key(ttn))
                .arg(session.to_string())
                .arg(self.lease_ms)
                .invoke_async::<Vec<redis::Value>>(&mut self.redis.clone())
                .await
                .and_then(first_and_second)?;
            let present = present.map(|text| serde_json::from_str::<LockHolder>(&text)).transpose()?;
            if let (1, Some(holder)) = (still_ours, &present) {
                self.announce_held(ttn, holder).await?;
                renewed.push(*ttn);
            } else {
                lost.push(LostLock { ttn: *ttn, holder: present });
            }
        }
        Ok((renewed, lost))
    }

    /// Frees a lock of a session; false when it was not this session's.
    ///
    /// # Errors
    /// Redis is away; the lease will end by itself.
    pub async fn release(&self, ttn: &Ttn, session: SessionId) -> Result<bool, LocksError> {
        let freed: u8 =
            self.release.key(key(ttn)).arg(session.to_string()).invoke_async(&mut self.redis.clone()).await?;
        if freed == 1 {
            self.announce_freed(ttn).await?;
        }
        Ok(freed == 1)
    }

    /// Frees every lock of a session (sign-out).
    ///
    /// # Errors
    /// `locks_unavailable`: Redis is away; the leases will end by themselves.
    pub async fn release_all(&self, session: SessionId) -> Result<(), Problem> {
        let held = self.snapshot().await.map_err(|error| error.to_problem())?;
        for lock in held.iter().filter(|lock| lock.holder.session == session) {
            self.release(&lock.ttn, session).await.map_err(|error| error.to_problem())?;
        }
        Ok(())
    }

    /// Who holds the lock of an order now.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn holder(&self, ttn: &Ttn) -> Result<Option<LockView>, LocksError> {
        let (present, left): (Option<String>, i64) =
            redis::pipe().get(key(ttn)).pttl(key(ttn)).query_async(&mut self.redis.clone()).await?;
        present.map(|text| view(*ttn, &text, left)).transpose()
    }

    /// Every lock held for editing now.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn snapshot(&self) -> Result<Vec<LockView>, LocksError> {
        let mut redis = self.redis.clone();
        let indexed: Vec<String> = redis.zrange(INDEX, 0, -1).await?;
        let mut held = Vec::with_capacity(indexed.len());
        for text in indexed {
            let lock = match Ttn::parse(&text) {
                Ok(ttn) => self.holder(&ttn).await?,
                Err(_) => None,
            };
            match lock {
                Some(lock) => held.push(lock),
                // The lease ended and nobody said so: the index forgets it now.
                None => redis.zrem(INDEX, &text).await?,
            }
        }
        Ok(held)
    }
}

fn view(ttn: Ttn, holder: &str, left_ms: i64) -> Result<LockView, LocksError> {
    Ok(LockView { ttn, holder: serde_json::from_str(holder)?, expires_in_ms: u64::try_from(left_ms).unwrap_or(0) })
}

fn first_and_second(answer: Vec<redis::Value>) -> Result<(u8, Option<String>), RedisError> {
    let mut values = answer.into_iter();
    let first = values.next().map_or(Ok(0), redis::from_redis_value)?;
    let second = values.next().map(redis::from_redis_value).transpose()?;
    Ok((first, second))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use postoffice_domain::{clock::Timestamp, people::EmployeeId};
    use postoffice_runtime::testing::TestRedis;
    use uuid::Uuid;

    use super::*;

    const TTN: &str = "7367572585563873";

    fn ttn() -> Ttn {
        // Any good number: found by trying check digits.
        (0..10).find_map(|digit| Ttn::parse(&format!("{}{digit}", &TTN[..15])).ok()).unwrap()
    }

    fn holder(session: u128) -> LockHolder {
        LockHolder {
            session: SessionId(Uuid::from_u128(session)),
            employee: EmployeeId(Uuid::from_u128(session)),
            name: "Оператор \"7\"".to_owned(),
            station: "3".to_owned(),
            since: Timestamp::from_millis(0),
            purpose: LockPurpose::EditPlace,
        }
    }

    fn locks(redis: &TestRedis, lease_ms: u64) -> Locks {
        Locks::new(redis.connection(), &LockSettings { lease_ms, renew_every_ms: lease_ms / 3 })
    }

    #[tokio::test]
    async fn one_holds_the_other_is_told_who() {
        let redis = TestRedis::start().await;
        let locks = locks(&redis, 30_000);
        let (one, two) = (holder(1), holder(2));
        let Acquired::Ours { holder: since, fresh: true } = locks.acquire(&ttn(), &one).await.unwrap() else {
            panic!("free")
        };
        assert!(since.since.millis() > 1_600_000_000_000, "Redis' clock in milliseconds: {:?}", since.since);
        assert_eq!(locks.acquire(&ttn(), &two).await.unwrap(), Acquired::Busy(since.clone()));
        // Asked again after a lost reply: the same lock.
        assert_eq!(locks.acquire(&ttn(), &one).await.unwrap(), Acquired::Ours { holder: since.clone(), fresh: false });
        assert!(!locks.release(&ttn(), two.session).await.unwrap(), "not yours to free");
        let (renewed, lost) = locks.renew(two.session, &[ttn()]).await.unwrap();
        assert_eq!((renewed.len(), lost), (0, vec![LostLock { ttn: ttn(), holder: Some(since) }]));
        assert!(locks.release(&ttn(), one.session).await.unwrap());
        assert!(matches!(locks.acquire(&ttn(), &two).await.unwrap(), Acquired::Ours { fresh: true, .. }));
    }

    #[tokio::test]
    async fn a_lease_ends_by_itself_and_is_not_in_the_snapshot_then() {
        let redis = TestRedis::start().await;
        let locks = locks(&redis, 60);
        locks.acquire(&ttn(), &holder(1)).await.unwrap();
        assert_eq!(locks.snapshot().await.unwrap().len(), 1);
        let waited = tokio::time::timeout(std::time::Duration::from_secs(5), async {
            while locks.holder(&ttn()).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        });
        waited.await.unwrap();
        assert_eq!(locks.snapshot().await.unwrap(), []);
        let (renewed, lost) = locks.renew(holder(1).session, &[ttn()]).await.unwrap();
        assert_eq!((renewed, lost), (vec![], vec![LostLock { ttn: ttn(), holder: None }]));
    }

    #[tokio::test]
    async fn of_many_at_once_exactly_one_gets_it() {
        let redis = TestRedis::start().await;
        let locks = Arc::new(locks(&redis, 30_000));
        let tries = (1..=50).map(|session| {
            let locks = Arc::clone(&locks);
            tokio::spawn(async move { locks.acquire(&ttn(), &holder(session)).await.unwrap() })
        });
        let mut ours = 0;
        for attempt in tries.collect::<Vec<_>>() {
            ours += u32::from(matches!(attempt.await.unwrap(), Acquired::Ours { fresh: true, .. }));
        }
        assert_eq!(ours, 1);
    }

    #[tokio::test]
    async fn signing_out_frees_everything_of_the_session() {
        let redis = TestRedis::start().await;
        let locks = locks(&redis, 30_000);
        locks.acquire(&ttn(), &holder(1)).await.unwrap();
        locks.release_all(holder(2).session).await.unwrap();
        assert_eq!(locks.snapshot().await.unwrap().len(), 1);
        locks.release_all(holder(1).session).await.unwrap();
        assert_eq!(locks.snapshot().await.unwrap(), []);
    }

    #[tokio::test]
    async fn without_redis_the_answer_is_locks_unavailable() {
        let redis = TestRedis::start().await;
        let locks = locks(&redis, 30_000);
        drop(redis);
        let problem = locks.acquire(&ttn(), &holder(1)).await.unwrap_err().to_problem();
        assert_eq!(problem.code, ProblemCode::LocksUnavailable);
    }
}
