//! What the book of calls knows of a message that somebody had in hand before: a process that is dead, or we, before Redis lost its data or
//! came back as it had been a while before.

use postoffice_domain::clock::Timestamp;

use super::delivery::{Next, Work};
use crate::{
    call_book::Said,
    journal::{Stage, Standing},
};

impl Work<'_> {
    /// A message found between intent and settlement: its call was begun by somebody else, or Redis has lost how it ended.
    pub(super) async fn follow_another(&self, standing: Standing) -> Option<Next> {
        let crew = self.crew;
        // Of a later attempt than the one that stands there.
        if let Some(next) = self.follow_memory(&standing).await? {
            return Some(next);
        }
        let Some(by) = standing.by.as_deref() else { return Some(Next::Prove(Box::new(standing))) };
        let segments = standing.segments.unwrap_or(1);
        let charge = crew.spend_cap.charge(segments, self.began_at(&standing));
        match crew.book.fate(self.delivery.event_id, by, standing.attempts) {
            Said::Asked => Some(Next::Prove(Box::new(standing))),
            Said::NotAsked => {
                tracing::info!("the gateway was not asked before the sender was killed");
                let retract = || crew.journal.retract(self.delivery.event_id, by, standing.attempts, &charge);
                crew.persist("retraction", &crew.soft, retract).await?;
                Some(Next::LookAgain)
            }
            Said::Answered(answer) => {
                tracing::info!("the gateway had answered before the sender was killed, or Redis lost what followed");
                self.follow(answer, &standing, &charge).await
            }
        }
    }

    /// Whether the book has come to know, since the last look, what became of the call.
    pub(super) fn is_recalled(&self, standing: &Standing) -> bool {
        let said = |by| self.crew.book.fate(self.delivery.event_id, by, standing.attempts);
        standing.stage == Stage::Attempting && standing.by.as_deref().is_some_and(|by| said(by) != Said::Asked)
    }

    /// The journal knows nothing of a call that the book remembers: Redis has lost it. It is not made again.
    pub(super) async fn follow_memory(&self, standing: &Standing) -> Option<Option<Next>> {
        let crew = self.crew;
        let Some((attempt, said)) = crew.book.remembers(self.delivery.event_id) else { return Some(None) };
        if attempt <= standing.attempts {
            return Some(None);
        }
        let now = self.now();
        let segments = self.fitted().ok().map(|text| text.segments);
        let charge = crew.spend_cap.charge(segments.unwrap_or(1), now);
        let known = Standing { attempts: attempt, segments, deadline: Some(self.proof_until()), ..standing.clone() };
        tracing::warn!("handed over before Redis lost its data; not sent again");
        Some(match said {
            Said::NotAsked => None,
            Said::Asked => Some(Next::Prove(Box::new(known))),
            Said::Answered(answer) => Some(self.follow(answer, &known, &charge).await?),
        })
    }

    /// Until when a proof is waited for, should the answer to a call of now be lost.
    pub(super) fn proof_until(&self) -> Timestamp {
        self.now().plus_millis(self.proof_within())
    }

    fn began_at(&self, standing: &Standing) -> Timestamp {
        standing.deadline.map_or_else(|| self.now(), |deadline| deadline.plus_millis(-self.proof_within()))
    }

    fn proof_within(&self) -> i64 {
        i64::try_from(self.crew.config.journal.proof_within_ms).unwrap_or(i64::MAX)
    }
}
