//! A call may have reached the gateway and its answer did not reach us: proof is waited for and, where the gateway can be asked, asked for.
//! Nothing here ever sends again: "we do not know it" may only mean "not yet".

use std::time::Duration;

use postoffice_protocol::messages::{MessageReason, MessageState};
use tokio::{sync::broadcast::error::RecvError, time::Instant};

use super::delivery::{Next, Work};
use crate::{
    gateway::Fate,
    journal::{Stage, Standing},
    measures,
    policy::text::fit,
};

/// How often we look again for what another process may have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Work<'_> {
    /// Waits for the delivery report, the gateway's own word or what the book of calls has come to know, until the deadline, then `unknown`.
    pub(super) async fn wait_for_proof(&self, standing: &Standing) -> Option<Next> {
        let crew = self.crew;
        let mut news = crew.news.subscribe();
        let deadline = standing.deadline.unwrap_or_else(|| self.now());
        tracing::warn!(attempts = standing.attempts, "the answer was lost; waiting for the delivery report");
        let mut asked = 0;
        let mut ask_at = Instant::now();
        loop {
            let find = || crew.journal.find(self.delivery.event_id);
            let found = crew.persist("look for proof", &crew.soft, find).await?;
            if let Some(found) = found
                && let Stage::Settled(state) = found.standing.stage
            {
                // A report settled it and told the servers; this only makes sure that the entry is acknowledged.
                return self.settle(state, found.standing.reason, &found.standing).await;
            }
            // Who had the message in hand may have been frozen, and be dead now.
            if self.is_recalled(standing) {
                return Some(Next::LookAgain);
            }
            let left = Duration::from_millis(u64::try_from(deadline.millis_since(self.now())).unwrap_or(0));
            // Asked at once, then less and less often, and in any case once more before we give up.
            if crew.gateway.can_look_up() && (Instant::now() >= ask_at || left.is_zero()) {
                if let Some(fate) = self.ask().await? {
                    return self.believe(fate, standing).await;
                }
                asked += 1;
                ask_at = Instant::now() + crew.retry.after(asked, &*crew.sources.entropy);
            }
            if left.is_zero() {
                return self.settle(MessageState::Unknown, Some(MessageReason::AnswerLost), standing).await;
            }
            let until_asked =
                if crew.gateway.can_look_up() { ask_at.saturating_duration_since(Instant::now()) } else { LOOK_AGAIN };
            let wait = left.min(LOOK_AGAIN).min(until_asked);
            crew.unless_stopping(async {
                let settled = async {
                    loop {
                        match news.recv().await {
                            Ok(id) if id != self.delivery.event_id => {}
                            Ok(_) | Err(RecvError::Lagged(_)) => return,
                            Err(RecvError::Closed) => std::future::pending().await,
                        }
                    }
                };
                tokio::select! {
                    () = settled => {}
                    () = tokio::time::sleep(wait) => {}
                }
            })
            .await?;
        }
    }

    /// Asks the gateway. What it knows under an id that is another message's is not ours, though number and text are the same.
    async fn ask(&self) -> Option<Option<Fate>> {
        let crew = self.crew;
        let Ok(text) = fit(&self.delivery.notify.text, usize::MAX) else { return Some(None) };
        let message = self.message(text);
        let fates = {
            let _place = crew.place_among_the_calls().await?;
            crew.unless_stopping(crew.gateway.look_up(&message)).await?
        };
        measures::looked_up(crew.gateway.name(), if fates.is_empty() { "not_found" } else { "found" });
        for fate in fates {
            let Some(id) = &fate.gateway_id else { return Some(Some(fate)) };
            let owner = crew.persist("owner of an id", &crew.soft, || crew.journal.owner_of(id)).await?;
            if owner.is_none_or(|owner| owner == self.delivery.event_id) {
                return Some(Some(fate));
            }
        }
        Some(None)
    }

    async fn believe(&self, fate: Fate, standing: &Standing) -> Option<Next> {
        tracing::info!(state = ?fate.state, "the gateway says what became of it");
        if fate.state == MessageState::Accepted {
            self.accepted(fate.gateway_id.as_deref(), standing).await
        } else {
            self.settle(fate.state, fate.reason, standing).await
        }
    }
}
