//! Pessimistic locks on orders: Redis excludes, SQL decides (docs/LOCKS.md is the protocol).
//!
//! Four keys per order, all in one cluster slot (`common.lua` draws them); the lock's time to live is the lease. Every change is one script:
//! it compares the owner, so nobody frees or renews what is not theirs, uses Redis' clock, passes the lock on to whoever waits, and tells
//! every server in the same step.
//!
//! - this file: take, renew, release, take over
//! - [`line`]: wait, ask, answer, leave
//! - [`memory`]: what this server has heard, for snapshots and as a witness when Redis has lost its data
//! - [`news`]: hearing it
//!
//! A lock in Redis alone is not safe (a paused holder, a Redis that lost its data): the fencing token that `locks.acquire` stamps in SQL
//! makes the write of anyone who lost the lock fail.

mod line;
mod memory;
mod news;
#[cfg(feature = "fail-points")]
mod planted;
#[cfg(test)]
mod tests;
mod tick;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    locks::{LockAsk, LockHolder, LockParty, LockPurpose, LockView, LostLock},
    problem::{Problem, ProblemCode},
    session::SessionId,
};
use postoffice_runtime::redis_link::RedisConnection;
use redis::{RedisError, Script, ScriptInvocation};
use tokio::time::Instant;

use crate::config::LockSettings;

pub use line::{Answered, Line, Overruled};
pub use memory::Memory;
pub use news::{Published, Subscription, watch};

/// What every key of a lock begins with; the TTN in braces follows.
const KEY_PREFIX: &str = "po:lock:";
/// When a desktop should try again while Redis is away, in milliseconds.
const TRY_AGAIN_MS: u64 = 3_000;
/// Where the scripts put the time into a holder that stands as JSON, and how it stands there before.
const SINCE: &str = "\"since\":";
const SINCE_UNSET: &str = "\"since\":0";
/// How long a grant that contradicts our memory waits for the news that explains it.
const NEWS_WITHIN: Duration = Duration::from_millis(250);

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

/// What became of one lock of [`Locks::renew`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// Ours for another lease. A colleague may be asking for it.
    Ours(Option<LockAsk>),
    /// Somebody else's or nobody's.
    Lost(LostLock),
    /// Redis knows nothing of it, but we do: its lease has not run out. It may be put back ([`Locks::put_back`]) if SQL agrees.
    Vanished(LockHolder),
}

/// What `renew.lua` answers.
type RenewAnswer = (u8, Option<String>, Option<String>, Option<u64>);

/// The locks of all orders.
#[derive(Clone)]
pub struct Locks {
    redis: RedisConnection,
    settings: LockSettings,
    memory: Arc<Memory>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    acquire: Script,
    renew: Script,
    release: Script,
    restore: Script,
    take_over: Script,
    wait: Script,
    leave: Script,
    answer: Script,
}

macro_rules! script {
    ($file:literal) => {
        script($file, concat!(include_str!("common.lua"), include_str!($file)))
    };
}

/// A script as Redis takes it.
#[cfg(not(feature = "fail-points"))]
fn script(_file: &str, text: &str) -> Script {
    Script::new(text)
}

/// A script as Redis takes it, with the bug that is planted.
#[cfg(feature = "fail-points")]
fn script(file: &str, text: &str) -> Script {
    Script::new(&planted::in_script(file, text))
}

/// Key of an order's lock.
fn key(ttn: &Ttn) -> String {
    // The braces put all keys of one order into one cluster slot.
    format!("{KEY_PREFIX}{{{ttn}}}")
}

/// A purpose as it stands in the lock's value.
const fn word(purpose: LockPurpose) -> &'static str {
    match purpose {
        LockPurpose::EditPlace => "edit_place",
        LockPurpose::Reserved => "reserved",
        LockPurpose::Command => "command",
    }
}

/// A holder as the scripts take it: they put the time in.
fn unstamped(holder: &LockHolder) -> Result<String, serde_json::Error> {
    serde_json::to_string(&LockHolder { since: Timestamp::from_millis(0), ..holder.clone() })
}

/// A call of a script on the keys of one order, on behalf of a session.
fn call<'s>(script: &'s Script, ttn: &Ttn, session: SessionId) -> ScriptInvocation<'s> {
    let lock = key(ttn);
    let mut call = script.key(&lock);
    for part in ["queue", "waiting", "ask"] {
        call.key(format!("{lock}:{part}"));
    }
    call.arg(ttn.to_string()).arg(session.to_string());
    call
}

impl Locks {
    /// Locks in this Redis.
    pub fn new(redis: RedisConnection, settings: &LockSettings) -> Self {
        let scripts = Scripts {
            acquire: script!("acquire.lua"),
            renew: script!("renew.lua"),
            release: script!("release.lua"),
            restore: script!("restore.lua"),
            take_over: script!("take_over.lua"),
            wait: script!("wait.lua"),
            leave: script!("leave.lua"),
            answer: script!("answer.lua"),
        };
        Self { redis, settings: settings.clone(), memory: Arc::new(Memory::default()), scripts: Arc::new(scripts) }
    }

    /// Length of a lease in milliseconds.
    pub const fn lease_ms(&self) -> u64 {
        self.settings.lease_ms
    }

    /// How often a desktop renews, in milliseconds.
    pub const fn renew_every_ms(&self) -> u64 {
        self.settings.renew_every_ms
    }

    /// What this server has heard of locks.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Takes the lock for `holder` (whose `since` is set by Redis' clock), or says who has it.
    ///
    /// # Errors
    /// Redis is away, or the key holds something else.
    pub async fn acquire(&self, ttn: &Ttn, holder: &LockHolder) -> Result<Acquired, LocksError> {
        let acquired = self.take(ttn, holder, None).await?;
        let Acquired::Ours { holder: ours, fresh: true } = &acquired else { return Ok(acquired) };
        if let Some(remembered) = self.undone(ttn, holder.session).await? {
            return Ok(Acquired::Busy(remembered));
        }
        self.memory.note(ttn, holder.session, Instant::now());
        self.remember(ttn, ours, self.settings.lease_ms);
        Ok(acquired)
    }

    /// Redis has just given the lock to `session`. Had we heard that it is somebody else's, and no news of its release comes, then Redis has lost
    /// it, not its holder: the grant is undone and the lock put back for what is left of its lease. Gives who has it.
    async fn undone(&self, ttn: &Ttn, session: SessionId) -> Result<Option<LockHolder>, LocksError> {
        let Some(remembered) = self.memory.contradicts(ttn, session, NEWS_WITHIN).await else { return Ok(None) };
        tracing::warn!(%ttn, "Redis has lost a lock that is held; its holder keeps it");
        metrics::counter!("postoffice_locks_missing_in_redis_total").increment(1);
        let holder = &remembered.holder;
        let mut asked = call(&self.scripts.restore, ttn, session);
        asked.arg(holder.session.to_string()).arg(word(holder.purpose)).arg(serde_json::to_string(holder)?);
        asked.arg(remembered.expires_in_ms.max(1)).invoke_async::<u8>(&mut self.redis.clone()).await?;
        Ok(Some(remembered.holder))
    }

    /// Takes it for `holder`: from now on, or `since` when it is put back.
    async fn take(&self, ttn: &Ttn, holder: &LockHolder, since: Option<Timestamp>) -> Result<Acquired, LocksError> {
        let json = unstamped(holder)?;
        // The last one: a name may look like anything.
        let (head, tail) = json.rsplit_once(SINCE_UNSET).unwrap_or((&json, ""));
        let mut asked = call(&self.scripts.acquire, ttn, holder.session);
        asked.arg(format!("{head}{SINCE}")).arg(tail);
        asked.arg(since.map_or_else(String::new, |since| since.millis().to_string()));
        asked.arg(word(holder.purpose)).arg(self.settings.lease_ms).arg(self.longest_ms());
        let (answer, present): (u8, String) = asked.invoke_async(&mut self.redis.clone()).await?;
        Ok(match answer {
            0 => Acquired::Busy(serde_json::from_str(&present)?),
            1 => {
                let since = Timestamp::from_millis(serde_json::from_str(&present)?);
                Acquired::Ours { holder: LockHolder { since, ..holder.clone() }, fresh: true }
            }
            _ => Acquired::Ours { holder: serde_json::from_str(&present)?, fresh: false },
        })
    }

    /// What we have just done ourselves is known before the news of it come.
    fn remember(&self, ttn: &Ttn, holder: &LockHolder, expires_in_ms: u64) {
        if holder.purpose != LockPurpose::Command {
            self.memory.hold(&LockView { ttn: *ttn, holder: holder.clone(), expires_in_ms }, Instant::now());
        }
    }

    /// Puts a lock that Redis has lost back, with the same *since*. Only after SQL said that nobody else has loaded the order.
    ///
    /// # Errors
    /// Redis is away, or the key holds something else.
    pub async fn put_back(&self, ttn: &Ttn, holder: &LockHolder) -> Result<Acquired, LocksError> {
        let acquired = self.take(ttn, holder, Some(holder.since)).await?;
        if let Acquired::Ours { holder, .. } = &acquired {
            self.remember(ttn, holder, self.settings.lease_ms);
        }
        Ok(acquired)
    }

    /// Renews locks of a session, all at once; what became of each, in the order given.
    ///
    /// # Errors
    /// Redis is away, or a key holds something else.
    pub async fn renew(&self, session: SessionId, ttns: &[Ttn]) -> Result<Vec<Renewed>, LocksError> {
        join_all(ttns.iter().map(|ttn| self.renew_one(session, ttn))).await.into_iter().collect()
    }

    async fn renew_one(&self, session: SessionId, ttn: &Ttn) -> Result<Renewed, LocksError> {
        let mut asked = call(&self.scripts.renew, ttn, session);
        asked.arg(self.settings.lease_ms);
        let (ours, present, party, left): RenewAnswer = asked.invoke_async(&mut self.redis.clone()).await?;
        let present: Option<LockHolder> = present.map(|text| serde_json::from_str(&text)).transpose()?;
        if ours == 1 {
            let by: Option<LockParty> = party.map(|text| serde_json::from_str(&text)).transpose()?;
            let ask = by.zip(left).map(|(by, answer_within_ms)| LockAsk { ttn: *ttn, by, answer_within_ms });
            return Ok(Renewed::Ours(ask));
        }
        if present.is_none()
            && let Some(remembered) = self.memory.holder(ttn, Instant::now())
            && remembered.session == session
        {
            return Ok(Renewed::Vanished(remembered));
        }
        Ok(Renewed::Lost(LostLock { ttn: *ttn, holder: present }))
    }

    /// Frees a lock of a session, or passes it on to who waits; false when it was not this session's.
    ///
    /// # Errors
    /// Redis is away; the lease will end by itself.
    pub async fn release(&self, ttn: &Ttn, session: SessionId) -> Result<bool, LocksError> {
        let freed = self.free(ttn, session, "").await?;
        // Whatever Redis thought: this session does not hold it any more.
        self.memory.let_go(ttn, session);
        Ok(freed)
    }

    /// Frees the lock of a short command. An editor of the same session that has opened meanwhile keeps it.
    ///
    /// # Errors
    /// Redis is away; the lease will end by itself.
    pub async fn release_command(&self, ttn: &Ttn, session: SessionId) -> Result<bool, LocksError> {
        self.free(ttn, session, word(LockPurpose::Command)).await
    }

    async fn free(&self, ttn: &Ttn, session: SessionId, word: &str) -> Result<bool, LocksError> {
        let mut asked = call(&self.scripts.release, ttn, session);
        let freed: u8 = asked.arg(word).invoke_async(&mut self.redis.clone()).await?;
        Ok(freed == 1)
    }

    /// Frees every lock of a session that this server has heard of (sign-out).
    ///
    /// # Errors
    /// `locks_unavailable`: Redis is away; the leases will end by themselves.
    pub async fn release_all(&self, session: SessionId) -> Result<(), Problem> {
        let held = self.memory.snapshot(Instant::now());
        for lock in held.iter().filter(|lock| lock.holder.session == session) {
            self.release(&lock.ttn, session).await.map_err(|error| error.to_problem())?;
        }
        Ok(())
    }

    /// Takes the lock whoever has it, past everyone who waits: ours, and who had it. The former holder's desktop is told in the same step.
    ///
    /// # Errors
    /// Redis is away, or the key holds something else.
    pub async fn take_over(
        &self,
        ttn: &Ttn,
        holder: &LockHolder,
        reason: &str,
    ) -> Result<(LockHolder, Option<LockHolder>), LocksError> {
        let mut asked = call(&self.scripts.take_over, ttn, holder.session);
        asked.arg(unstamped(holder)?).arg(self.settings.lease_ms).arg(serde_json::to_string(reason)?);
        let (_, ours, former): (u8, String, Option<String>) = asked.invoke_async(&mut self.redis.clone()).await?;
        let ours: LockHolder = serde_json::from_str(&ours)?;
        let former = former.map(|text| serde_json::from_str(&text)).transpose()?;
        self.remember(ttn, &ours, self.settings.lease_ms);
        Ok((ours, former))
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
}

/// A lock's value as every desktop sees it.
fn view(ttn: Ttn, value: &str, left_ms: i64) -> Result<LockView, LocksError> {
    // `<session> <word> <holder as JSON>`; anything else is no JSON after two words either.
    let json = value.splitn(3, ' ').nth(2).unwrap_or_default();
    Ok(LockView { ttn, holder: serde_json::from_str(json)?, expires_in_ms: u64::try_from(left_ms).unwrap_or(0) })
}
