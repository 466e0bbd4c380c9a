//! The relay: from the outbox in SQL to the stream in Redis, in order, without a double (docs/OUTBOX.md).
//!
//! A round marks what the last one appended and publishes what is new; [`pace`] says when there is one. One relay leads at a time, by a lease in
//! SQL; publish numbers are given in the transaction that renews it.

mod care;
mod pace;
mod refusal;
mod silent;
#[cfg(test)]
mod tests;
mod trim;

use postoffice_protocol::stream::OUTBOX_STREAM;
use postoffice_runtime::{fail_point, planted, redis_link::RedisConnection};
use redis::{RedisError, Script};
use uuid::Uuid;

use crate::{
    config::RelaySettings,
    store::{Batch, Claim, Numbered, Store, StoreError},
};

pub use pace::run;

/// Why a round of publishing did not come to its end. The next round begins where SQL stands.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Redis is away or refuses (full, read-only, wrong type of key).
    #[error("the stream cannot be written: {0}")]
    Redis(#[from] RedisError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream is ahead of SQL: SQL was restored from an older state than Redis.
    #[error(
        "the stream ends at {stream}, but only {sql} numbers were given: was the database restored? move the Redis data away"
    )]
    StreamAhead {
        /// Last number in the stream.
        stream: u64,
        /// Last number given by SQL.
        sql: u64,
    },
}

/// One relay. Several may run; only the leader publishes.
pub struct Relay {
    store: Store,
    redis: RedisConnection,
    holder: Uuid,
    lease_ms: i64,
    batch: usize,
    refused_at_most: u32,
    append: Script,
    /// Where the stream ends as far as we know.
    tail: Option<u64>,
    /// Up to here the last round has appended, and nothing is marked yet; 0: nothing.
    appended: u64,
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Another relay leads.
    NotLeader,
    /// Everything that was there is published, and marked.
    CaughtUp,
    /// Everything that was there is in the stream; the next round marks it.
    Appended,
    /// There may be more: a full batch went out, or something was set aside.
    More,
}

impl Relay {
    /// A relay known as `holder`.
    pub fn new(store: Store, redis: RedisConnection, holder: Uuid, settings: &RelaySettings) -> Self {
        Self {
            store,
            redis,
            holder,
            lease_ms: i64::try_from(settings.lease_ms).unwrap_or(i64::MAX),
            batch: settings.batch.max(1),
            refused_at_most: settings.refused_at_most,
            append: append_script(),
            tail: None,
            appended: 0,
        }
    }

    /// One round: mark what the last one appended and claim what is new, in one commit; append it.
    ///
    /// # Errors
    /// See [`RelayError`]; try again later.
    pub async fn round(&mut self) -> Result<Round, RelayError> {
        let claim = self.store.mark_and_claim(self.holder, self.appended, self.lease_ms, self.batch).await?;
        let marked = std::mem::take(&mut self.appended) > 0;
        let batch = match claim {
            Claim::NotLeader { .. } => {
                self.tail = None;
                return Ok(Round::NotLeader);
            }
            Claim::Batch(batch) => batch,
        };
        if marked {
            fail_point!("relay.after_mark");
        }
        if planted!("relay.marks_first")
            && let Some(last) = batch.events.last()
        {
            self.store.mark_published(self.holder, last.publish_seq).await?;
        }
        fail_point!("relay.after_claim");
        // What is set aside makes events of its own: its message failed.
        let more = batch.len() >= self.batch || !batch.unreadable.is_empty();
        let events = self.readable(batch).await?;
        let tail = self.known_tail().await?;
        let new: Vec<&Numbered> = events.iter().filter(|event| event.publish_seq > tail).collect();
        // Also with nothing new: a Redis that lost its data must be noticed although nobody registers anything.
        let (appended, last) = match self.append(tail, &new).await {
            Err(RelayError::Redis(error)) if !new.is_empty() && refusal::is_about_what_was_sent(&error) => {
                self.append_one_by_one(tail, &new).await?
            }
            done => done?,
        };
        if !appended {
            self.rewind(last).await?;
            return Ok(Round::More);
        }
        self.tail = Some(last);
        fail_point!("relay.after_append");
        self.appended = events.last().map_or(0, |last| last.publish_seq);
        Ok(match self.appended {
            _ if more => Round::More,
            0 => Round::CaughtUp,
            _ => Round::Appended,
        })
    }

    /// Marks what it has appended and ends its lease: the next one finds nothing to do and need not wait.
    async fn retire(&mut self) -> Result<(), RelayError> {
        if self.appended > 0 {
            self.store.mark_published(self.holder, self.appended).await?;
        }
        Ok(self.store.end_lease(self.holder).await?)
    }

    /// The events of a batch; rows that cannot be read are set aside, so that they hold up nobody.
    async fn readable(&self, batch: Batch) -> Result<Vec<Numbered>, StoreError> {
        if !batch.unreadable.is_empty() {
            self.store.bury_unreadable(batch.unreadable).await?;
        }
        Ok(batch.events)
    }

    /// A batch was refused although Redis works: finds out which event it is about. What comes before that one goes out; it is counted, and
    /// passed over once it was refused often enough.
    async fn append_one_by_one(&mut self, mut tail: u64, events: &[&Numbered]) -> Result<(bool, u64), RelayError> {
        for event in events {
            match self.append(tail, &[event]).await {
                Ok((true, last)) => tail = last,
                Ok(ends_elsewhere) => return Ok(ends_elsewhere),
                Err(RelayError::Redis(error)) if refusal::is_about_what_was_sent(&error) => {
                    let words = refusal::words(&error);
                    if self.store.refused_by_redis(event.publish_seq, words, self.refused_at_most).await? {
                        continue;
                    }
                    self.store.mark_published(self.holder, tail).await?;
                    self.tail = Some(tail);
                    return Err(RelayError::Redis(error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok((true, tail))
    }

    /// Where the stream ends. Asked once; afterwards the append script notices when it is wrong.
    async fn known_tail(&mut self) -> Result<u64, RelayError> {
        if let Some(tail) = self.tail {
            return Ok(tail);
        }
        // No stream ends at this number, so nothing is appended and the answer is where it ends.
        let (_, last) = self.append(u64::MAX, &[]).await?;
        self.rewind(last).await?;
        Ok(self.tail.unwrap_or(last))
    }

    /// The stream ends at `last`. Everything unconfirmed above goes again, in order, and then it ends where SQL does.
    async fn rewind(&mut self, last: u64) -> Result<(), RelayError> {
        let given = self.store.last_numbered().await?;
        if last > given {
            return Err(RelayError::StreamAhead { stream: last, sql: given });
        }
        if self.tail.is_some_and(|tail| tail > last) {
            tracing::warn!(stream = last, ?self.tail, "Redis lost the end of the stream; publishing again what is unconfirmed");
        }
        let mut tail = last;
        self.tail = None;
        loop {
            let batch = self.store.unconfirmed_after(tail, self.batch).await?;
            if batch.is_empty() || planted!("relay.no_replay") {
                break;
            }
            let again = self.readable(batch).await?;
            let again: Vec<&Numbered> = again.iter().collect();
            let (appended, ends_at) = match self.append(tail, &again).await {
                Err(RelayError::Redis(error)) if refusal::is_about_what_was_sent(&error) => {
                    self.append_one_by_one(tail, &again).await?
                }
                done => done?,
            };
            tail = ends_at;
            if !appended && ends_at > given {
                return Err(RelayError::StreamAhead { stream: ends_at, sql: given });
            }
        }
        self.tail = Some(tail);
        Ok(())
    }

    async fn append(&mut self, expected: u64, events: &[&Numbered]) -> Result<(bool, u64), RelayError> {
        let mut call = self.append.key(OUTBOX_STREAM);
        call.arg(expected.to_string());
        for numbered in events {
            let event = serde_json::to_string(&numbered.event).map_err(StoreError::from)?;
            call.arg(numbered.publish_seq.to_string()).arg(event).arg(if numbered.repeat { "1" } else { "" });
        }
        let (appended, last): (u8, String) = call.invoke_async(&mut self.redis).await?;
        let last = last.parse().map_err(|_| StoreError::Corrupt("stream id is no number".to_owned()))?;
        Ok((appended == 1, last))
    }
}

fn append_script() -> Script {
    let script = include_str!("append.lua");
    if planted!("relay.compares_nothing") {
        return Script::new(&script.replace("last ~= ARGV[1]", "ARGV[1] == '18446744073709551615'"));
    }
    Script::new(script)
}
