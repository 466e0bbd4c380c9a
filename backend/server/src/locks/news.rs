//! Who edits what, told to every desktop: the scripts publish each change in Redis, each server passes it on to its own sockets.
//!
//! The first change goes out at once; what follows within 20 ms goes together ([`super::tick`]), so that fan-out costs per tick, not per change
//! and desktop. What is told to one session never waits.
//!
//! A message may be lost; nobody decides by it. A desktop drops a lock from view when its lease ends, and after a break of the subscription
//! every server sends the snapshot.

use std::{convert::Infallible, sync::Arc, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::{LockNews, ServerNotice},
    frame::write_notice,
    locks::{LockTold, LockView},
    session::SessionId,
};
use postoffice_runtime::redis_link::{self, RedisLink};
use redis::AsyncCommands;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::{
    KEY_PREFIX, Locks, LocksError, key,
    tick::{Gathered, in_frames},
    view,
};
use crate::context::Services;

/// Channel on which the scripts publish (`common.lua`).
const CHANNEL: &str = "po:locks:news";
/// Made once by the first server that finds it missing; a Redis without it has lost its data.
const EPOCH: &str = "po:locks:epoch";
const PAUSE: Duration = Duration::from_millis(500);
/// Keys looked at in one step of the walk over all locks.
const STEP: usize = 1_000;

/// What the scripts publish.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Published {
    /// For every desktop.
    News(LockNews),
    /// For one session, wherever it is.
    Told {
        /// Which.
        session: SessionId,
        /// What.
        told: LockTold,
    },
}

/// Hears what the scripts publish.
pub struct Subscription(redis_link::Subscription);

impl Subscription {
    /// Begins to listen.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn open(redis: &RedisLink) -> Result<Self, LocksError> {
        Ok(Self(redis.subscribe(CHANNEL).await?))
    }

    /// The next thing published. What cannot be read is passed over.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn next(&mut self) -> Result<Published, LocksError> {
        loop {
            let message = self.0.next().await?;
            match serde_json::from_slice(message.get_payload_bytes()) {
                Ok(published) => return Ok(published),
                Err(error) => tracing::warn!(%error, "unreadable lock news"),
            }
        }
    }
}

/// Passes lock news on to this server's sockets until the process stops.
///
/// # Errors
/// Never: Redis being away is waited out.
pub async fn watch(services: Arc<Services>) -> Result<(), LocksError> {
    while !services.stopping.is_cancelled() {
        tokio::select! {
            () = services.stopping.cancelled() => break,
            ended = subscribed(&services) => {
                let Err(error) = ended;
                tracing::debug!(%error, "no lock news for now");
            }
        }
        tokio::select! {
            () = services.stopping.cancelled() => break,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    Ok(())
}

async fn subscribed(services: &Arc<Services>) -> Result<Infallible, LocksError> {
    let locks = &services.locks;
    let mut subscription = Subscription::open(&services.redis_link).await?;
    // Subscribed first, then the snapshot: what happens in between is seen twice, not never.
    locks.look_around(&services.new_id().to_string()).await?;
    let held = locks.memory().snapshot(Instant::now());
    broadcast(services, LockNews { snapshot: true, held, freed: Vec::new() });
    let (mut gathered, mut next_tick) = (Gathered::default(), Instant::now());
    loop {
        tokio::select! {
            published = subscription.next() => match published? {
                Published::News(news) => {
                    let now = Instant::now();
                    locks.memory().hear(&news, now);
                    gathered.add(news, now);
                }
                Published::Told { session, told } => tell(services, session, told),
            },
            () = sleep_until(next_tick), if !gathered.is_empty() => {
                let now = Instant::now();
                broadcast(services, gathered.take(now));
                locks.memory().forget_ended(now);
                next_tick = services.hub.next_tick();
            }
        }
    }
}

fn broadcast(services: &Services, news: LockNews) {
    for part in in_frames(news) {
        services.hub.broadcast(&write_notice(&ServerNotice::Locks(part)).into());
    }
}

/// Tells a session that sits here. A grant to one that has just left us goes to the next in line at once.
fn tell(services: &Arc<Services>, session: SessionId, told: LockTold) {
    let granted = match &told {
        LockTold::Granted { ttn } => Some(*ttn),
        _ => None,
    };
    let frame = write_notice(&ServerNotice::LockTold(told));
    if services.hub.to_session(session, frame.into()) {
        return;
    }
    if let Some(ttn) = granted
        && services.hub.has_just_left(session)
    {
        let services_then = Arc::clone(services);
        services.tasks.spawn(async move {
            if let Err(error) = services_then.locks.leave(&ttn, session).await {
                tracing::debug!(%error, %ttn, "the grant to a session that left ends by itself");
            }
        });
    }
}

impl Locks {
    /// Reads everything that Redis holds into the memory, and whether Redis still has its past. `fresh` is an epoch to write when there is none.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn look_around(&self, fresh: &str) -> Result<(), LocksError> {
        let mut redis = self.redis.clone();
        let made: bool = redis.set_nx(EPOCH, fresh).await?;
        let epoch: String = redis.get(EPOCH).await?;
        let held = self.walk().await?;
        let now = Instant::now();
        let past = self.memory.epoch(epoch, made, Duration::from_millis(self.settings.lease_ms), now);
        self.memory.begin(&held, past, now);
        Ok(())
    }

    /// Every lock held for editing now.
    async fn walk(&self) -> Result<Vec<LockView>, LocksError> {
        let mut redis = self.redis.clone();
        let pattern = format!("{KEY_PREFIX}{{*}}");
        let mut held = Vec::new();
        for name in redis.scan(&pattern, STEP).await? {
            held.extend(self.shown(&name).await);
        }
        Ok(held)
    }

    /// The lock under a key of the walk, if it is one that is shown. One foreign key must not hide the other locks.
    async fn shown(&self, name: &str) -> Option<LockView> {
        let ttn = Ttn::parse(name.strip_prefix(KEY_PREFIX)?.trim_matches(['{', '}'])).ok()?;
        let mut redis = self.redis.clone();
        let read: Result<(Option<String>, i64), _> =
            redis::pipe().get(key(&ttn)).pttl(key(&ttn)).query_async(&mut redis).await;
        match read
            .map_err(LocksError::from)
            .and_then(|(value, left)| value.map(|value| view(ttn, &value, left)).transpose())
        {
            Ok(lock) => lock.filter(|lock| lock.holder.purpose != postoffice_protocol::locks::LockPurpose::Command),
            Err(error) => {
                tracing::error!(%ttn, %error, "a lock key holds something else; it is not shown");
                None
            }
        }
    }
}
