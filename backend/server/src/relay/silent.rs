//! Finds events that were published, need an outcome, and are neither with a sender nor on their way to one, and lets them go again.
//!
//! Age alone says nothing: a sender may be down for days. What is pending in the senders' group, or ahead of it, waits as long as it must.

use std::sync::LazyLock;

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::stream::{OUTBOX_STREAM, OUTCOME_STREAM, SENDER_GROUP};
use redis::Script;
use uuid::Uuid;

use super::RelayError;
use crate::{
    context::Services,
    store::{Repeated, StoreError},
};

/// Events of one question, and questions of one look: a look costs Redis some milliseconds at most, however long the senders are down.
const EVENTS: usize = 500;
const QUESTIONS: usize = 4;

static ASK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("silent.lua")));

/// Where the next look goes on.
#[derive(Debug, Default)]
pub(super) struct Silent {
    after: u64,
}

impl Silent {
    /// Looks at the next events that are old enough, and lets the silent ones among them go again.
    pub(super) async fn look(&mut self, services: &Services, holder: Uuid) -> Result<Repeated, RelayError> {
        let settings = &services.config.relay;
        let patience = i64::try_from(settings.silent_after_ms).unwrap_or(i64::MAX);
        let before = Timestamp::from_millis(services.now().millis().saturating_sub(patience));
        let mut all = Repeated::default();
        for _ in 0..QUESTIONS {
            let old = services.store.unanswered(self.after, before, EVENTS).await?;
            let Some(last) = old.last().copied() else {
                self.after = 0;
                break;
            };
            let silent = ask(services, &old).await?;
            if !silent.is_empty() {
                let repeated = services.store.repeat_silent(holder, silent, settings.republish_at_most).await?;
                all.again += repeated.again;
                all.dead += repeated.dead;
            }
            self.after = last;
        }
        if all.again > 0 {
            metrics::counter!("postoffice_outbox_repeated_total").increment(u64::try_from(all.again).unwrap_or(0));
        }
        Ok(all)
    }
}

async fn ask(services: &Services, numbers: &[u64]) -> Result<Vec<u64>, RelayError> {
    let mut call = ASK.key(OUTBOX_STREAM);
    call.key(OUTCOME_STREAM).arg(SENDER_GROUP).arg(numbers);
    let answer: Vec<String> = call.invoke_async(&mut services.redis.clone()).await?;
    match answer.split_first() {
        Some((told, silent)) if told == "asked" => silent
            .iter()
            .map(|number| number.parse().map_err(|_| StoreError::Corrupt("publish number".to_owned()).into()))
            .collect(),
        why => {
            tracing::debug!(?why, "which events are silent cannot be told now");
            Ok(Vec::new())
        }
    }
}
