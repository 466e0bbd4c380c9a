//! What a desktop missed while it was away.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use postoffice_protocol::{problem::Problem, session::Replay, stream::OUTBOX_STREAM};
use postoffice_runtime::{planted, stream::Entry};
use redis::{AsyncCommands, RedisError, streams::StreamRangeReply};
use tokio::time::{sleep_until, timeout};

use super::{
    frames::{encoded, frames, is_whole, read},
    recent::EncodedChange,
    shared::SharedReplay,
};
use crate::{context::Services, store::Numbered};

/// Longest gap that is replayed; a snapshot is cheaper beyond.
const MAX_REPLAY: u64 = 5_000;
/// How long a desktop that has seen more than this server has told waits for it.
const CATCH_UP: Duration = Duration::from_secs(2);

/// What a desktop that comes back gets.
#[derive(Debug)]
pub struct ReplayPlan {
    /// For the answer.
    pub replay: Replay,
    /// Where the replay ends: what the hub had told when the socket was bound.
    pub until: u64,
    /// What was missed.
    pub missed: Missed,
}

/// Frames that a socket has not been told, in order. The same bytes for all who missed the same, kept until they are written, for those who come
/// back meanwhile.
#[derive(Debug, Default)]
pub struct Missed(Vec<SharedReplay>);

impl Missed {
    /// The frames.
    pub fn frames(&self) -> impl Iterator<Item = &Utf8Bytes> {
        self.0.iter().flat_map(SharedReplay::frames)
    }
}

/// Waits, for a moment, until this server has told what a desktop has heard already, from another server that was a tick ahead.
///
/// # Errors
/// The store could not.
pub async fn caught_up_with(services: &Services, since: u64) -> Result<(), Problem> {
    if since <= services.hub.sequence() {
        return Ok(());
    }
    let numbered = services.store.last_numbered().await.map_err(|error| error.to_problem())?;
    if since > numbered {
        // From another history: there is nothing to wait for.
        return Ok(());
    }
    let waiting = async {
        while services.hub.sequence() < since {
            sleep_until(services.hub.next_tick()).await;
        }
    };
    if timeout(CATCH_UP, waiting).await.is_err() {
        tracing::warn!(since, told = services.hub.sequence(), "a desktop has heard more than this server has told");
    }
    Ok(())
}

/// What a desktop missed: everything after `since` up to what the hub has told when `bind` binds its socket. Complete or not at all: when one
/// number is missing, the desktop is told to load a snapshot.
///
/// What this server has told lately it still has as it was told. What is older is read and encoded before the socket is bound.
///
/// # Errors
/// The store could not.
pub async fn replay(services: &Services, since: u64, bind: impl FnOnce() -> u64) -> Result<ReplayPlan, Problem> {
    let (told, kept_after) = (services.hub.sequence(), services.recent.after());
    let mut missed = Missed::default();
    let mut from = since;
    let mut is_whole = true;
    if since < kept_after && told.saturating_sub(since) <= MAX_REPLAY {
        (from, is_whole) = (kept_after, missed.add(services, since, kept_after).await?);
    }
    let until = bind();
    match until.checked_sub(since).filter(|count| is_whole && *count <= MAX_REPLAY) {
        Some(count) if missed.add(services, from, until).await? => {
            Ok(ReplayPlan { replay: Replay::Follows { missed: count }, until, missed })
        }
        _ => Ok(ReplayPlan { replay: Replay::ResyncRequired, until, missed: Missed::default() }),
    }
}

/// What was told after `reached`, up to `told`, while a replay was written. Nothing: it is too much by now, or not kept any more.
///
/// # Errors
/// The store could not.
pub async fn told_meanwhile(services: &Services, reached: u64, told: u64) -> Result<Option<Missed>, Problem> {
    let mut missed = Missed::default();
    let is_near = told.saturating_sub(reached) <= MAX_REPLAY;
    Ok((is_near && missed.add(services, reached, told).await?).then_some(missed))
}

impl Missed {
    /// Adds what comes after `since` up to `until`; false: one of the numbers is not kept any more.
    async fn add(&mut self, services: &Services, since: u64, until: u64) -> Result<bool, Problem> {
        if since == until {
            return Ok(true);
        }
        // When a node goes down, all its desktops come back at once and have missed the same: it is encoded for all of them together.
        let shared = services.replays.of(since, until);
        let is_whole = shared.load(|| stretch(services, since, until)).await?;
        self.0.push(shared);
        Ok(is_whole)
    }
}

/// The frames of a stretch, or nothing when one of its numbers is not kept any more. What was not told lately is looked for in the stream, which
/// costs the database nothing; what that does not have any more, or while Redis is away, comes from SQL.
async fn stretch(services: &Services, since: u64, until: u64) -> Result<Option<Arc<[Utf8Bytes]>>, Problem> {
    let mut changes = match services.recent.between(since, until) {
        Some(changes) => changes,
        None => match stored(services, since, until).await? {
            Some(changes) => changes,
            None => return Ok(None),
        },
    };
    if planted!("resume.replay_off_by_one") {
        changes.remove(0);
    }
    Ok(Some(frames(&changes).into_iter().map(|(frame, _)| frame).collect()))
}

async fn stored(services: &Services, since: u64, until: u64) -> Result<Option<Vec<EncodedChange>>, Problem> {
    let Some(missed) = until.checked_sub(since).and_then(|missed| usize::try_from(missed).ok()) else {
        return Ok(None);
    };
    let whole = |events: &[Numbered]| events.len() == missed && is_whole(since, events);
    let mut events = in_stream(services, since, until).await.unwrap_or_else(|error| {
        tracing::info!(%error, "the replay comes from the database");
        Vec::new()
    });
    if !whole(&events) {
        let stored = services.store.numbered_between(since, until, missed).await;
        events = stored.map_err(|error| error.to_problem())?;
    }
    if !whole(&events) {
        return Ok(None);
    }
    Ok(Some(encoded(&services.store, &events).await.map_err(|error| error.to_problem())?))
}

async fn in_stream(services: &Services, since: u64, until: u64) -> Result<Vec<Numbered>, RedisError> {
    let range: StreamRangeReply =
        services.redis.clone().xrange(OUTBOX_STREAM, format!("({since}-0"), format!("{until}-0")).await?;
    Ok(range.ids.into_iter().map(Entry::from).filter_map(|entry| read(&entry)).collect())
}
