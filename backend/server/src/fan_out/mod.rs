//! From the stream to every desktop of this server.
//!
//! One task tails the outbox stream. A batch of entries becomes one frame: its rows are loaded in one query, it is encoded once, its bytes
//! are shared by all sessions. The first change goes out at once; what follows within its tick goes together.
//!
//! A desktop hears of every number, in order. Redis is not the truth: when the stream has a hole (it lost its tail and only what is
//! unconfirmed was published again), the missing numbers come from SQL.

mod frames;
mod recent;
mod replay;
mod shared;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use postoffice_protocol::stream::OUTBOX_STREAM;
use postoffice_runtime::{
    planted,
    stream::{Entry, Tail},
};
use redis::{AsyncCommands, RedisError, streams::StreamRangeReply};
use tokio::time::Instant;

use crate::{
    context::Services,
    store::{Numbered, Store, StoreError},
};

pub use recent::Recent;
pub use replay::{Missed, ReplayPlan, caught_up_with, replay, told_meanwhile};
pub use shared::Replays;

/// Most events read at once.
const READ: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(300);

/// Why a read did not come to its end. Tried again.
#[derive(Debug, thiserror::Error)]
pub enum FanOutError {
    /// Redis is away.
    #[error("the stream cannot be read: {0}")]
    Redis(#[from] RedisError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says where this server begins: behind everything that is numbered. What was before, its desktops load as a snapshot or replay. Before the
/// first socket is accepted, so that nothing falls between the snapshot of a desktop and the news it hears.
///
/// # Errors
/// The store could not.
pub async fn begin(services: &Services) -> Result<(), StoreError> {
    let last = services.store.last_numbered().await?;
    services.recent.begin_at(last);
    services.hub.begin_at(last);
    Ok(())
}

/// Tells every desktop until the process stops, from where [`begin`] said.
///
/// # Errors
/// Never: Redis being away is waited out. Numbers only grow, so reading goes on where it was.
pub async fn run(services: Arc<Services>) -> Result<(), FanOutError> {
    while !services.stopping.is_cancelled() {
        tokio::select! {
            () = services.stopping.cancelled() => break,
            ended = follow(&services) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "live changes pause");
                }
            }
        }
        tokio::select! {
            () = services.stopping.cancelled() => break,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    Ok(())
}

async fn follow(services: &Services) -> Result<(), FanOutError> {
    let mut tail = Tail::open(&services.redis_link, OUTBOX_STREAM).await?;
    let mut position = services.hub.sequence();
    let mut cursor = format!("{position}-0");
    let mut next_tick = Instant::now();
    loop {
        let mut entries = tail.next(&cursor, READ).await?;
        if let Some(last) = entries.last()
            && Instant::now() < next_tick
        {
            let last = last.id.clone();
            tokio::time::sleep_until(next_tick).await;
            entries.extend(so_far(services, &last).await?);
        }
        let events = match entries.last() {
            Some(_) => without_hole(&services.store, position, &entries).await?,
            None => lost(&services.store, position).await?,
        };
        let told = if planted!("fan_out.drops_last_of_tick") && events.len() > 1 {
            position = events.last().map_or(position, |last| last.publish_seq);
            &events[..events.len() - 1]
        } else {
            &events[..]
        };
        let changes = frames::encoded(&services.store, told).await?;
        services.recent.keep(&changes);
        for (frame, last) in frames::frames(&changes) {
            services.hub.broadcast_changes(&frame, last);
            position = position.max(last);
        }
        next_tick = services.hub.next_tick();
        cursor = match entries.last() {
            // Nothing of ours in all of it: pass over it.
            Some(last) if events.is_empty() => last.id.clone(),
            _ => format!("{position}-0"),
        };
    }
}

/// What came in while the tick was waited for.
async fn so_far(services: &Services, after: &str) -> Result<Vec<Entry>, RedisError> {
    let reply: StreamRangeReply =
        services.redis.clone().xrange_count(OUTBOX_STREAM, format!("({after}"), "+", READ).await?;
    Ok(reply.ids.into_iter().map(Entry::from).collect())
}

/// The events of `entries` when they are exactly those that follow `after`; otherwise the same stretch from SQL.
async fn without_hole(store: &Store, after: u64, entries: &[Entry]) -> Result<Vec<Numbered>, StoreError> {
    let read: Vec<Numbered> = entries.iter().filter_map(frames::read).collect();
    let is_whole = frames::is_whole(after, &read) || planted!("fan_out.hole_passed_over");
    if read.len() == entries.len() && is_whole {
        return Ok(read);
    }
    let last = entries.last().and_then(Entry::sequence).unwrap_or(after);
    // An entry that is not ours may claim any number.
    let until = last.min(store.last_numbered().await?);
    tracing::warn!(after, until, "the stream has a hole or a foreign entry; the changes come from the database");
    store.numbered_between(after, until, READ).await
}

/// What was published after `after` although the stream has nothing more: Redis lost it before we read it.
async fn lost(store: &Store, after: u64) -> Result<Vec<Numbered>, StoreError> {
    let published = store.last_published().await?;
    if published <= after {
        return Ok(Vec::new());
    }
    tracing::warn!(after, published, "the stream lost its end; the changes come from the database");
    store.numbered_between(after, published, READ).await
}
