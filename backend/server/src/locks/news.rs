//! Who edits what, told to every desktop: the scripts publish each change in Redis, each server passes it on to its own sockets.
//!
//! A message may be lost; nobody decides by it. A desktop drops a lock from view when its lease ends, and after a break of the subscription
//! every server sends the snapshot.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use postoffice_protocol::{
    events::{LockNews, ServerNotice},
    frame::write_notice,
};

use super::LocksError;
use crate::context::Services;

/// Channel on which the scripts publish (`announce.lua`).
const CHANNEL: &str = "po:locks:news";
const PAUSE: Duration = Duration::from_millis(500);

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
