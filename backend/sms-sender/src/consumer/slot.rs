//! A slot: the name under which one sender process reads the outbox, guarded by a lease in Redis.
//!
//! Pending entries belong to a consumer *name*, so the name must be stable over restarts, and two processes must never share it. Who holds
//! the lease is written into it: machine, process and when that started, so that a sender restarted on the same machine after `kill -9` need not
//! wait for the lease to run out, and a second one beside a living first is refused at once. Intents are only written while the lease is ours
//! (`journal/begin.lua` compares), so a process that was frozen past its lease cannot send.

use std::time::Duration;

use postoffice_runtime::{
    lease::{Lease, Standing},
    redis_link::RedisConnection,
};
use redis::RedisResult;
use tokio_util::sync::CancellationToken;

use crate::{
    process::{is_alive_here, this_process},
    system::Sources,
};

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The slot is another process's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the slot {slot} is in use by {holder}; give this sender another name (setting `slot`) or stop the other one")]
pub struct SlotInUse {
    /// Name of the slot.
    pub slot: String,
    /// Who holds it.
    pub holder: String,
}

/// One slot and our token for it.
#[derive(Clone)]
pub struct Slot {
    name: String,
    lease: Lease,
}

impl Slot {
    /// The slot `name`. Nothing is taken yet.
    pub fn new(redis: RedisConnection, name: &str, lease: Duration, sources: &Sources) -> Self {
        let token = format!("{}:{}", this_process(), sources.name());
        Self { name: name.to_owned(), lease: Lease::new(redis, format!("{{po}}:sms:slot:{name}"), token, lease) }
    }

    /// Key of the lease.
    pub fn key(&self) -> &str {
        self.lease.key()
    }

    /// What stands in the lease while it is ours.
    pub fn token(&self) -> &str {
        self.lease.token()
    }

    /// Name of the consumer in the group.
    pub fn consumer(&self) -> String {
        format!("slot-{}", self.name)
    }

    /// Takes the slot; waits while Redis is away and while the lease of a holder that may be dead runs out. `Ok(false)`: told to stop.
    ///
    /// # Errors
    /// It is in use: the holder lives, or renewed its lease while we waited.
    pub async fn take(&self, stopping: &CancellationToken) -> Result<bool, SlotInUse> {
        let mut left_before = None;
        loop {
            match self.try_take().await {
                Ok(Standing::Ours) => return Ok(true),
                Ok(Standing::Free) => {}
                Ok(Standing::Other { token, left_ms }) => {
                    if is_alive_here(&token) == Some(true) || left_before.is_some_and(|before| left_ms > before) {
                        return Err(self.in_use(&token));
                    }
                    left_before = Some(left_ms);
                }
                Err(error) => tracing::debug!(%error, "cannot take the slot yet"),
            }
            tokio::select! {
                () = stopping.cancelled() => return Ok(false),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn try_take(&self) -> RedisResult<Standing> {
        let standing = self.lease.acquire().await?;
        if let Standing::Other { token, .. } = &standing
            && is_alive_here(token) == Some(false)
            && self.lease.take_over(token).await?
        {
            tracing::info!(slot = self.name, "taken over from a process that has ended");
            return Ok(Standing::Ours);
        }
        Ok(standing)
    }

    /// Keeps the slot until `stopping`, also over a Redis that comes back empty; then gives it back.
    ///
    /// # Errors
    /// Another process took it, because we were frozen past our lease.
    pub async fn keep(self, stopping: CancellationToken, given_back_after: CancellationToken) -> Result<(), SlotInUse> {
        while !given_back_after.is_cancelled() {
            match self.lease.acquire().await {
                // Free: it ran out in the very step; the next one takes it.
                Ok(Standing::Ours | Standing::Free) => {}
                Ok(Standing::Other { token, .. }) if stopping.is_cancelled() => {
                    tracing::info!(holder = token, "the slot has a new holder");
                    return Ok(());
                }
                Ok(Standing::Other { token, .. }) => return Err(self.in_use(&token)),
                Err(error) => tracing::debug!(%error, "cannot renew the slot"),
            }
            tokio::select! {
                () = given_back_after.cancelled() => {}
                () = tokio::time::sleep(self.lease.length() / 3) => {}
            }
        }
        // Only a courtesy to the next start: the lease ends by itself.
        if let Err(error) = self.lease.release().await {
            tracing::debug!(%error, "cannot give the slot back");
        }
        Ok(())
    }

    fn in_use(&self, holder: &str) -> SlotInUse {
        let holder = match holder.split(':').nth(2) {
            Some(pid) if is_alive_here(holder).is_some() => format!("process {pid} on this machine"),
            _ => "a process on another machine".to_owned(),
        };
        SlotInUse { slot: self.name.clone(), holder }
    }
}

#[cfg(test)]
mod tests {
    use postoffice_runtime::testing::TestRedis;

    use super::*;
    use crate::process::this_machine;

    fn slot(redis: &TestRedis, lease: Duration) -> Slot {
        Slot::new(redis.connection(), "1", lease, &Sources::of_the_system())
    }

    #[tokio::test]
    async fn a_second_process_under_the_name_is_refused() {
        let redis = TestRedis::start().await;
        let stopping = CancellationToken::new();
        let first = slot(&redis, Duration::from_secs(10));
        assert_eq!(first.take(&stopping).await, Ok(true));
        let refused = slot(&redis, Duration::from_secs(10)).take(&stopping).await.unwrap_err();
        assert_eq!(refused.holder, format!("process {} on this machine", std::process::id()));
        // Given back, it is free.
        let over = CancellationToken::new();
        over.cancel();
        first.keep(stopping.clone(), over).await.unwrap();
        assert_eq!(slot(&redis, Duration::from_secs(10)).take(&stopping).await, Ok(true));
    }

    #[tokio::test]
    async fn a_dead_holder_on_this_machine_is_replaced_at_once_and_one_elsewhere_when_its_lease_ends() {
        let redis = TestRedis::start().await;
        let stopping = CancellationToken::new();
        let mut connection = redis.connection();
        let mut hold = async |token: &str, ms: u64| {
            let set = redis::cmd("SET").arg("{po}:sms:slot:1").arg(token).arg("PX").arg(ms).to_owned();
            set.query_async::<()>(&mut connection).await.unwrap();
        };
        hold(&format!("{}:1:0:dead", this_machine()), 600_000).await;
        assert_eq!(slot(&redis, Duration::from_secs(10)).take(&stopping).await, Ok(true));
        hold("another-boot:1:1:1:x", 500).await;
        assert_eq!(slot(&redis, Duration::from_secs(10)).take(&stopping).await, Ok(true));
    }

    #[tokio::test]
    async fn a_slot_lost_while_frozen_is_noticed_and_one_lost_with_redis_is_taken_again() {
        let mut redis = TestRedis::start().await;
        let stopping = CancellationToken::new();
        let ours = slot(&redis, Duration::from_millis(300));
        assert_eq!(ours.take(&stopping).await, Ok(true));
        redis.kill_and_restart(false).await;
        let keeping = tokio::spawn(ours.clone().keep(stopping.clone(), CancellationToken::new()));
        let mut connection = redis.connection();
        let back = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                let holder: RedisResult<Option<String>> =
                    redis::cmd("GET").arg(ours.key()).query_async(&mut connection).await;
                if holder.is_ok_and(|holder| holder.as_deref() == Some(ours.token())) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
        back.await.expect("taken again");
        redis::cmd("SET").arg(ours.key()).arg("elsewhere:1:1:1:x").query_async::<()>(&mut connection).await.unwrap();
        let lost = tokio::time::timeout(Duration::from_secs(5), keeping).await.unwrap().unwrap().unwrap_err();
        assert_eq!(lost.holder, "a process on another machine");
    }
}
