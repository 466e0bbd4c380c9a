//! Pessimistic locks on orders: Redis excludes, SQL decides (docs/LOCKS.md is the protocol).
//!
//! One key per order, `po:lock:{<ttn>}`, its value the holder as JSON, its time to live the lease. Every change is one script: it compares
//! the owner, so nobody frees or renews what is not theirs, uses Redis' clock, and tells every server in the same step.
//!
//! A lock in Redis alone is not safe (a paused holder, a Redis that lost its data): the fencing token that `locks.acquire` stamps in SQL
//! makes the write of anyone who lost the lock fail.

mod news;
#[cfg(test)]
mod tests;

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    locks::{LockHolder, LockPurpose, LockView, LostLock},
    problem::{Problem, ProblemCode},
    session::SessionId,
};
use redis::{AsyncCommands, RedisError, Script, aio::ConnectionManager};

use crate::config::LockSettings;

pub use news::watch;

/// What every key of a lock begins with; the TTN in braces follows.
const KEY_PREFIX: &str = "po:lock:";
/// Set of the orders locked for editing; for the snapshot only, never for deciding.
const INDEX: &str = "po:locks:held";
/// When a desktop should try again while Redis is away, in milliseconds.
const TRY_AGAIN_MS: u64 = 3_000;

/// No lock was given, renewed or freed.
#[derive(Debug, thiserror::Error)]
pub enum LocksError {
    /// Redis does not answer or refuses to work.
    #[error("Redis is away: {0}")]
    Away(#[from] RedisError),
    /// The key holds something that is no lock of ours.
    #[error("a lock key holds something else (line {} column {})", .0.line(), .0.column())]
    Foreign(#[from] serde_json::Error),
}

impl LocksError {
    /// What the clerk's desktop is told.
    pub fn to_problem(&self) -> Problem {
        Problem { retry_after_ms: Some(TRY_AGAIN_MS), ..Problem::new(ProblemCode::LocksUnavailable, self.to_string()) }
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
    snapshot: Script,
}

fn key(ttn: &Ttn) -> String {
    // The braces put all keys of one order into one cluster slot.
    format!("{KEY_PREFIX}{{{ttn}}}")
}

/// A purpose as it stands in the holder's JSON; the scripts compare it.
const fn word(purpose: LockPurpose) -> &'static str {
    match purpose {
        LockPurpose::EditPlace => "edit_place",
        LockPurpose::Command => "command",
    }
}

impl Locks {
    /// Locks in this Redis.
    pub fn new(redis: ConnectionManager, settings: &LockSettings) -> Self {
        Self {
            redis,
            lease_ms: settings.lease_ms,
            renew_every_ms: settings.renew_every_ms,
            acquire: Script::new(concat!(include_str!("announce.lua"), include_str!("acquire.lua"))),
            renew: Script::new(concat!(include_str!("announce.lua"), include_str!("renew.lua"))),
            release: Script::new(concat!(include_str!("announce.lua"), include_str!("release.lua"))),
            snapshot: Script::new(include_str!("snapshot.lua")),
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
    /// Redis is away, or the key holds something else.
    pub async fn acquire(&self, ttn: &Ttn, holder: &LockHolder) -> Result<Acquired, LocksError> {
        let unset = LockHolder { since: Timestamp::from_millis(0), ..holder.clone() };
        let (answer, present): (u8, String) = self
            .acquire
            .key(key(ttn))
            .key(INDEX)
            .arg(ttn.to_string())
            .arg(holder.session.to_string())
            .arg(serde_json::to_string(&unset)?)
            .arg(word(holder.purpose))
            .arg(self.lease_ms)
            .invoke_async(&mut self.redis.clone())
            .await?;
        let present: LockHolder = serde_json::from_str(&present)?;
        Ok(match answer {
            0 => Acquired::Busy(present),
            answer => Acquired::Ours { holder: present, fresh: answer == 1 },
        })
    }

    /// Renews the locks of a session; gives what is renewed, and what is lost with who has it now.
    ///
    /// # Errors
    /// Redis is away, or a key holds something else.
    pub async fn renew(&self, session: SessionId, ttns: &[Ttn]) -> Result<(Vec<Ttn>, Vec<LostLock>), LocksError> {
        let (mut renewed, mut lost) = (Vec::new(), Vec::new());
        for ttn in ttns {
            let (still_ours, present): (u8, Option<String>) = self
                .renew
                .key(key(ttn))
                .key(INDEX)
                .arg(ttn.to_string())
                .arg(session.to_string())
                .arg(self.lease_ms)
                .invoke_async(&mut self.redis.clone())
                .await?;
            if still_ours == 1 {
                renewed.push(*ttn);
            } else {
                let holder = present.map(|text| serde_json::from_str(&text)).transpose()?;
                lost.push(LostLock { ttn: *ttn, holder });
            }
        }
        Ok((renewed, lost))
    }

    /// Frees a lock of a session; false when it was not this session's.
    ///
    /// # Errors
    /// Redis is away; the lease will end by itself.
    pub async fn release(&self, ttn: &Ttn, session: SessionId) -> Result<bool, LocksError> {
        self.free(ttn, session, "").await
    }

    /// Frees the lock of a short command. An editor of the same session that has opened meanwhile keeps it.
    ///
    /// # Errors
    /// Redis is away; the lease will end by itself.
    pub async fn release_command(&self, ttn: &Ttn, session: SessionId) -> Result<bool, LocksError> {
        self.free(ttn, session, word(LockPurpose::Command)).await
    }

    async fn free(&self, ttn: &Ttn, session: SessionId, purpose: &str) -> Result<bool, LocksError> {
        let freed: u8 = self
            .release
            .key(key(ttn))
            .key(INDEX)
            .arg(ttn.to_string())
            .arg(session.to_string())
            .arg(purpose)
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(freed == 1)
    }

    /// Frees every editing lock of a session (sign-out).
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
    /// Redis is away, or the key holds something else.
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
        let answer: Vec<(String, String, i64)> =
            self.snapshot.key(INDEX).arg(KEY_PREFIX).invoke_async(&mut self.redis.clone()).await?;
        let mut held = Vec::with_capacity(answer.len());
        for (ttn, holder, left) in answer {
            // One foreign key must not hide the other locks.
            if let Some(Ok(lock)) = Ttn::parse(&ttn).ok().map(|ttn| view(ttn, &holder, left)) {
                held.push(lock);
            } else {
                tracing::error!(key = ttn, "a lock key holds something else; it is not shown");
            }
        }
        Ok(held)
    }

    /// How many locks are held for editing, give or take leases that have just ended. For the metrics.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn held(&self) -> Result<u64, LocksError> {
        Ok(self.redis.clone().scard(INDEX).await?)
    }
}

fn view(ttn: Ttn, holder: &str, left_ms: i64) -> Result<LockView, LocksError> {
    Ok(LockView { ttn, holder: serde_json::from_str(holder)?, expires_in_ms: u64::try_from(left_ms).unwrap_or(0) })
}
