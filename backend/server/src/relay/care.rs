//! What the leader does when everything is published: looks for silent events, trims the stream, deletes what nobody needs.

use std::time::Duration;

use postoffice_domain::clock::Timestamp;
use postoffice_runtime::planted;
use tokio::time::Instant;

use super::{Relay, RelayError, silent::Silent, trim::trim};
use crate::{config::RelaySettings, context::Services};

const TRIM_EVERY: Duration = Duration::from_secs(30);
/// At most: who wants silent events found sooner is asked sooner.
const LOOK_FOR_SILENT_EVERY: Duration = Duration::from_secs(30);
const CLEAN_EVERY: Duration = Duration::from_hours(1);
/// Rows of one commit of the clean-up: some milliseconds.
const ROWS: usize = 500;
/// Commits of one clean-up; the rest is for the next one.
const COMMITS: usize = 200;

/// What is due when.
pub(super) struct Care {
    trim_at: Instant,
    look_every: Duration,
    look_at: Instant,
    clean_at: Instant,
    silent: Silent,
}

impl Care {
    /// The first times come later: at start there is more important work.
    pub(super) fn new(settings: &RelaySettings) -> Self {
        let now = Instant::now();
        let look_every = LOOK_FOR_SILENT_EVERY.min(Duration::from_millis(settings.silent_after_ms));
        Self {
            trim_at: now + TRIM_EVERY,
            look_every,
            look_at: now + look_every,
            clean_at: now + Duration::from_mins(2),
            silent: Silent::default(),
        }
    }

    /// Does what is due. What fails is due again next time.
    pub(super) async fn look_after(&mut self, services: &Services, relay: &Relay) {
        if Instant::now() >= self.trim_at {
            self.trim_at = Instant::now() + TRIM_EVERY;
            said("the stream was not trimmed", trim(services, services.config.relay.keep).await);
        }
        if Instant::now() >= self.look_at && !planted!("relay.no_reconciler") {
            self.look_at = Instant::now() + self.look_every;
            said("silent events were not looked for", self.silent.look(services, relay.holder).await);
        }
        if Instant::now() >= self.clean_at {
            self.clean_at = Instant::now() + CLEAN_EVERY;
            said("spent events were not deleted", clean_up(services).await);
        }
    }
}

fn said<T>(what: &str, done: Result<T, RelayError>) {
    if let Err(error) = done {
        tracing::debug!(%error, "{what}");
    }
}

/// Deletes confirmed events that are older than the settings say and that no desktop can ask for. Gives how many went.
pub(super) async fn clean_up(services: &Services) -> Result<u64, RelayError> {
    let store = &services.store;
    let up_to = store.last_numbered().await?.saturating_sub(services.config.relay.keep);
    let days = i64::from(services.config.outbox.keep_days);
    let before = Timestamp::from_millis(services.now().millis() - days * 24 * 3_600_000);
    let (mut after, mut deleted) = (0, 0);
    for _ in 0..COMMITS {
        let (went, next) = store.delete_spent((after, up_to), before, ROWS).await?;
        deleted += went;
        let Some(next) = next else { break };
        after = next;
    }
    if deleted > 0 {
        tracing::info!(deleted, "deleted confirmed events that nobody needs any more");
    }
    Ok(deleted)
}
