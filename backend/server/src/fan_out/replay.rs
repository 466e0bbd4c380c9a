//! What a desktop missed while it was away.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use postoffice_protocol::{problem::Problem, session::Replay, stream::OUTBOX_STREAM};
use postoffice_runtime::{planted, stream::Entry};
use redis::{AsyncCommands, RedisError, streams::StreamRangeReply};

use super::{
    frames::{frames, is_whole, read},
    shared::SharedReplay,
};
use crate::{context::Services, store::Numbered};

/// Longest gap that is replayed; a snapshot is cheaper beyond.
const MAX_REPLAY: u64 = 5_000;

/// What a desktop that comes back gets.
#[derive(Debug)]
pub struct ReplayPlan {
    /// For the answer.
    pub replay: Replay,
    /// To send after the answer, before anything live. The same for all who missed the same.
    pub frames: Arc<[Utf8Bytes]>,
    /// Kept until it is written, for those who come back meanwhile.
    pub shared: Option<SharedReplay>,
}

impl ReplayPlan {
    fn without_frames(replay: Replay) -> Self {
        Self { replay, frames: Arc::default(), shared: None }
    }
}

/// What a desktop missed: everything after `since` up to `until` (what the hub had broadcast when its socket was attached). Complete or
/// not at all: when one number is missing, the desktop is told to load a snapshot. The stream is asked first, it costs the database
/// nothing; what it does not have any more, or while Redis is away, comes from SQL.
///
/// # Errors
/// The store could not.
pub async fn replay(services: &Services, since: u64, until: u64) -> Result<ReplayPlan, Problem> {
    let Some(missed) = until.checked_sub(since).filter(|missed| *missed <= MAX_REPLAY) else {
        return Ok(ReplayPlan::without_frames(Replay::ResyncRequired));
    };
    if missed == 0 {
        return Ok(ReplayPlan::without_frames(Replay::Follows { missed }));
    }
    // When a node goes down, all its desktops come back at once and have missed the same: it is read and encoded for all of them together.
    let shared = services.replays.of(since, until);
    Ok(match shared.get_or_load(|| encoded(services, since, until, missed)).await? {
        Some(frames) => ReplayPlan { replay: Replay::Follows { missed }, frames, shared: Some(shared) },
        None => ReplayPlan::without_frames(Replay::ResyncRequired),
    })
}

/// The frames of what was missed, or nothing when one of the numbers is not kept any more.
async fn encoded(
    services: &Services,
    since: u64,
    until: u64,
    missed: u64,
) -> Result<Option<Arc<[Utf8Bytes]>>, Problem> {
    let whole = |events: &[Numbered]| u64::try_from(events.len()) == Ok(missed) && is_whole(since, events);
    let mut events = in_stream(services, since, until).await.unwrap_or_else(|error| {
        tracing::info!(%error, "the replay comes from the database");
        Vec::new()
    });
    if !whole(&events) {
        let limit = usize::try_from(missed).unwrap_or(usize::MAX);
        let stored = services.store.numbered_between(since, until, limit).await;
        events = stored.map_err(|error| error.to_problem())?;
    }
    if !whole(&events) {
        return Ok(None);
    }
    if planted!("resume.replay_off_by_one") {
        events.remove(0);
    }
    let frames = frames(&services.store, &events).await.map_err(|error| error.to_problem())?;
    Ok(Some(frames.into_iter().map(|(frame, _)| frame).collect()))
}

async fn in_stream(services: &Services, since: u64, until: u64) -> Result<Vec<Numbered>, RedisError> {
    let range: StreamRangeReply =
        services.redis.clone().xrange(OUTBOX_STREAM, format!("({since}-0"), format!("{until}-0")).await?;
    Ok(range.ids.into_iter().map(Entry::from).filter_map(|entry| read(&entry)).collect())
}
