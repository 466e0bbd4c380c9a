//! The relay: from the outbox in SQL to the stream in Redis, in order, without a double (docs/OUTBOX.md).
//!
//! Woken after every commit; looks by itself once a second, which also notices a Redis that lost its data. One relay leads at a time, by
//! a lease in SQL; publish numbers are given in the transaction that renews it.

#[cfg(test)]
mod tests;
mod trim;

use std::{sync::Arc, time::Duration};

use postoffice_protocol::stream::OUTBOX_STREAM;
use postoffice_runtime::{fail_point, redis_link::RedisConnection};
use redis::{RedisError, Script};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    context::Services,
    store::{Claim, Numbered, Store, StoreError},
};

/// Shortest time between two rounds that were not full. A round is two commits, and every commit of ours is one that clerks wait for: a busy
/// office publishes a few events at once instead of each alone. An event that comes alone goes out at once.
const PACE: Duration = Duration::from_millis(5);
/// First and longest pause while Redis or the store is away; jitter is added.
const FIRST_PAUSE_MS: u64 = 100;
const LONGEST_PAUSE_MS: u64 = 3_000;

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
    append: Script,
    /// Where the stream ends as far as we know.
    tail: Option<u64>,
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Another relay leads.
    NotLeader,
    /// Everything that was there is published.
    CaughtUp,
    /// A full batch went out; there may be more.
    More,
}

impl Relay {
    /// A relay known as `holder`.
    pub fn new(store: Store, redis: RedisConnection, holder: Uuid, lease_ms: u64, batch: usize) -> Self {
        Self {
            store,
            redis,
            holder,
            lease_ms: i64::try_from(lease_ms).unwrap_or(i64::MAX),
            batch: batch.max(1),
            append: Script::new(include_str!("append.lua")),
            tail: None,
        }
    }

    /// One round: claim, append, mark.
    ///
    /// # Errors
    /// See [`RelayError`]; try again later.
    pub async fn round(&mut self) -> Result<Round, RelayError> {
        let events = match self.store.claim_batch(self.holder, self.lease_ms, self.batch).await? {
            Claim::NotLeader { .. } => {
                self.tail = None;
                return Ok(Round::NotLeader);
            }
            Claim::Batch(events) => events,
        };
        fail_point!("relay.after_claim");
        let tail = self.known_tail().await?;
        let new: Vec<&Numbered> = events.iter().filter(|event| event.publish_seq > tail).collect();
        // Also with nothing new: a Redis that lost its data must be noticed although nobody registers anything.
        let (appended, last) = self.append(tail, &new).await?;
        if !appended {
            self.rewind(last).await?;
            return Ok(Round::More);
        }
        self.tail = Some(last);
        fail_point!("relay.after_append");
        if let Some(last) = events.last() {
            self.store.mark_published(self.holder, last.publish_seq).await?;
        }
        fail_point!("relay.after_mark");
        Ok(if events.len() >= self.batch { Round::More } else { Round::CaughtUp })
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
            let again = self.store.unconfirmed_after(tail, self.batch).await?;
            if again.is_empty() {
                break;
            }
            let (appended, ends_at) = self.append(tail, &again.iter().collect::<Vec<_>>()).await?;
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
            call.arg(numbered.publish_seq.to_string()).arg(event);
        }
        let (appended, last): (u8, String) = call.invoke_async(&mut self.redis).await?;
        let last = last.parse().map_err(|_| StoreError::Corrupt("stream id is no number".to_owned()))?;
        Ok((appended == 1, last))
    }
}

/// Publishes until the process stops.
///
/// # Errors
/// Never: what fails is tried again.
pub async fn run(services: Arc<Services>) -> Result<(), RelayError> {
    let settings = &services.config.relay;
    let poll = Duration::from_millis(settings.poll_every_ms);
    let mut relay = Relay::new(
        services.store.clone(),
        services.redis.clone(),
        services.new_id(),
        settings.lease_ms,
        settings.batch,
    );
    let wake = services.store.outbox_wake();
    let mut pause = FIRST_PAUSE_MS;
    let mut trimmer = trim::Trimmer::new();
    while !services.stopping.is_cancelled() {
        let next_round = Instant::now() + PACE;
        // Registered before the round, so that a commit during it is not missed.
        let woken = wake.notified();
        let wait = match relay.round().await {
            Ok(Round::More) => continue,
            Ok(Round::CaughtUp) => {
                pause = FIRST_PAUSE_MS;
                if let Err(error) = trimmer.maybe_trim(&services).await {
                    tracing::debug!(%error, "the stream was not trimmed");
                }
                poll
            }
            Ok(Round::NotLeader) => poll,
            Err(error) => {
                relay.tail = None;
                metrics::counter!("postoffice_relay_failures_total").increment(1);
                tracing::warn!(%error, pause_ms = pause, "publishing failed; trying again");
                let jittered = jitter(&services, pause);
                pause = (pause * 2).min(LONGEST_PAUSE_MS);
                tokio::select! {
                    () = services.stopping.cancelled() => break,
                    () = tokio::time::sleep(jittered) => continue,
                }
            }
        };
        tokio::select! {
            () = services.stopping.cancelled() => break,
            () = woken => tokio::time::sleep_until(next_round).await,
            () = tokio::time::sleep(wait) => {}
        }
    }
    Ok(())
}

/// Between half and all of `pause_ms`, so that nodes do not come back in step.
fn jitter(services: &Services, pause_ms: u64) -> Duration {
    let mut random = [0_u8];
    services.entropy.fill(&mut random);
    Duration::from_millis(pause_ms / 2 + pause_ms * u64::from(random[0]) / 512)
}
