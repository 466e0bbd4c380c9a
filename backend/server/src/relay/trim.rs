//! Keeps the outbox stream short: by MINID, never by MAXLEN, so that nothing goes that somebody still needs.
//!
//! The oldest entry that stays is the lowest of: the first unconfirmed event, the oldest entry that a group has not finished, and the
//! last `keep` entries, from which desktops replay what they missed.

use std::time::Duration;

use postoffice_protocol::stream::OUTBOX_STREAM;
use redis::{
    AsyncCommands,
    streams::{StreamInfoGroupsReply, StreamPendingReply},
};
use tokio::time::Instant;

use super::RelayError;
use crate::context::Services;

const EVERY: Duration = Duration::from_secs(30);

pub(super) struct Trimmer {
    keep: u64,
    next: Instant,
}

impl Trimmer {
    pub(super) fn new(keep: u64) -> Self {
        Self { keep, next: Instant::now() + EVERY }
    }

    /// Trims when it is time again.
    pub(super) async fn maybe_trim(&mut self, services: &Services) -> Result<(), RelayError> {
        if Instant::now() < self.next {
            return Ok(());
        }
        self.next = Instant::now() + EVERY;
        let mut redis = services.redis.clone();
        let last = services.store.last_numbered().await?;
        let mut floor = last.saturating_sub(self.keep);
        if let Some(unconfirmed) = services.store.first_unconfirmed().await? {
            floor = floor.min(unconfirmed);
        }
        let groups: StreamInfoGroupsReply = redis.xinfo_groups(OUTBOX_STREAM).await?;
        for group in groups.groups {
            floor = floor.min(number(&group.last_delivered_id) + 1);
            let pending: StreamPendingReply = redis.xpending(OUTBOX_STREAM, &group.name).await?;
            if let StreamPendingReply::Data(pending) = pending {
                floor = floor.min(number(&pending.start_id));
            }
        }
        let trimmed: u64 = redis::cmd("XTRIM")
            .arg(OUTBOX_STREAM)
            .arg("MINID")
            .arg("~")
            .arg(format!("{floor}-0"))
            .query_async(&mut redis)
            .await?;
        if trimmed > 0 {
            tracing::debug!(trimmed, floor, "trimmed the outbox stream");
        }
        Ok(())
    }
}

fn number(id: &str) -> u64 {
    id.split_once('-').and_then(|(head, _)| head.parse().ok()).unwrap_or(0)
}
