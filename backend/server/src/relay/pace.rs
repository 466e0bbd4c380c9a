//! When there is a round: after every commit, and by itself once a second, which also notices a Redis that lost its data.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Relay, RelayError, Round, care};
use crate::context::Services;

/// Shortest time between two rounds that were not full. A round is a commit, and every commit of ours is one that clerks wait for: a busy
/// office publishes a few events at once instead of each alone. An event that comes alone goes out at once.
const PACE: Duration = Duration::from_millis(5);
/// First and longest pause while Redis or the store is away; jitter is added.
const FIRST_PAUSE_MS: u64 = 100;
const LONGEST_PAUSE_MS: u64 = 3_000;

/// Publishes until the process stops.
///
/// # Errors
/// Never: what fails is tried again.
pub async fn run(services: Arc<Services>) -> Result<(), RelayError> {
    let settings = &services.config.relay;
    let poll = Duration::from_millis(settings.poll_every_ms);
    let mut relay = Relay::new(services.store.clone(), services.redis.clone(), services.new_id(), settings);
    let wake = services.store.outbox_wake();
    let mut pause = FIRST_PAUSE_MS;
    let mut care = care::Care::new(settings);
    while !services.stopping.is_cancelled() {
        let next_round = Instant::now() + PACE;
        // Registered before the round, so that a commit during it is not missed.
        let woken = wake.notified();
        let wait = match relay.round().await {
            Ok(Round::More) => continue,
            Ok(round @ (Round::CaughtUp | Round::Appended)) => {
                pause = FIRST_PAUSE_MS;
                services.flow.relay_works();
                care.look_after(&services, &relay).await;
                if round == Round::Appended { next_round.saturating_duration_since(Instant::now()) } else { poll }
            }
            Ok(Round::NotLeader) => poll,
            Err(error) => {
                relay.tail = None;
                metrics::counter!("postoffice_relay_failures_total").increment(1);
                services.flow.relay_fails(&error, services.now());
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
    if let Err(error) = relay.retire().await {
        tracing::info!(%error, "the relay goes without a word; its lease ends by itself");
    }
    Ok(())
}

/// Between half and all of `pause_ms`, so that nodes do not come back in step.
fn jitter(services: &Services, pause_ms: u64) -> Duration {
    let mut random = [0_u8];
    services.entropy.fill(&mut random);
    Duration::from_millis(pause_ms / 2 + pause_ms * u64::from(random[0]) / 512)
}
