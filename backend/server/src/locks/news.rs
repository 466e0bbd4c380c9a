//! Who edits what, told to every desktop: each change is published in Redis, each server passes it on to its own sockets.
//!
//! A message may be lost; nobody decides by it. A desktop drops a lock from view when its lease ends, and after a break of the subscription
//! every server sends the snapshot.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::{LockNews, ServerNotice},
    frame::write_notice,
    locks::{LockHolder, LockView},
};
use redis::AsyncCommands;

use super::{INDEX, Locks, LocksError};
use crate::context::Services;

/// Channel on which changes are published.
const CHANNEL: &str = "po:locks:news";
const PAUSE: Duration = Duration::from_millis(500);

impl Locks {
    pub(super) async fn announce_held(&self, ttn: &Ttn, holder: &LockHolder) -> Result<(), LocksError> {
        let view = LockView { ttn: *ttn, holder: holder.clone(), expires_in_ms: self.lease_ms };
        let news = LockNews { snapshot: false, held: vec![view], freed: Vec::new() };
        let mut redis = self.redis.clone();
        redis::pipe()
            .zadd(INDEX, ttn.to_string(), holder.since.millis())
            .publish(CHANNEL, serde_json::to_string(&news)?)
            .ignore()
            .query_async::<()>(&mut redis)
            .await?;
        Ok(())
    }

    pub(super) async fn announce_freed(&self, ttn: &Ttn) -> Result<(), LocksError> {
        let news = LockNews { snapshot: false, held: Vec::new(), freed: vec![*ttn] };
        let mut redis = self.redis.clone();
        let _: i64 = redis.zrem(INDEX, ttn.to_string()).await?;
        let _: i64 = redis.publish(CHANNEL, serde_json::to_string(&news)?).await?;
        Ok(())
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
                if let Err(error) = ended {
                    tracing::debug!(%error, "no lock news for now");
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

async fn subscribed(services: &Services) -> Result<(), LocksError> {
    let mut subscription = services.redis_client.get_async_pubsub().await?;
    subscription.subscribe(CHANNEL).await?;
    // Subscribed first, then the snapshot: what happens in between is seen twice, not never.
    let held = services.locks.snapshot().await?;
    broadcast(services, LockNews { snapshot: true, held, freed: Vec::new() });
    let mut messages = subscription.on_message();
    while let Some(message) = messages.next().await {
        match serde_json::from_slice::<LockNews>(message.get_payload_bytes()) {
            Ok(news) => broadcast(services, news),
            Err(error) => tracing::warn!(%error, "unreadable lock news"),
        }
    }
    Ok(())
}

fn broadcast(services: &Services, news: LockNews) {
    services.hub.broadcast(&write_notice(&ServerNotice::Locks(news)).into());
}
