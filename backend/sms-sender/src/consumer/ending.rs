//! What follows from an answer of the gateway: the end of a message, or another attempt; and what the servers hear of it.

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::OutcomeEntry,
};
use postoffice_runtime::{fail_point, planted};

use super::{
    channel::Trouble,
    delivery::{Next, Work},
};
use crate::{gateway::Answer, journal::Standing, measures, outcome, policy::spend::Charge};

/// The end of a message that an answer is, where nothing has to be written down before it.
pub(super) const fn end_of(answer: &Answer) -> Option<(MessageState, Option<MessageReason>)> {
    match answer {
        Answer::Accepted(None) => Some((MessageState::Accepted, None)),
        Answer::Delivered => Some((MessageState::Delivered, None)),
        Answer::Permanent(reason) => Some((MessageState::Failed, Some(*reason))),
        Answer::Accepted(Some(_)) | Answer::PauseChannel | Answer::Retry { .. } | Answer::Lost => None,
    }
}

impl Work<'_> {
    /// What follows from an answer. The channel hears of it first, so that the next message knows.
    pub(super) async fn follow(&self, answer: Answer, standing: &Standing, charge: &Charge) -> Option<Next> {
        let channel = &self.crew.channel;
        match answer {
            Answer::Accepted(gateway_id) => {
                channel.works();
                self.accepted(gateway_id.as_deref(), standing).await
            }
            Answer::Delivered => {
                channel.works();
                self.settle(MessageState::Delivered, None, standing).await
            }
            Answer::Permanent(reason) => {
                channel.works();
                self.settle(MessageState::Failed, Some(reason), standing).await
            }
            Answer::PauseChannel => {
                channel.fails(Trouble::Refuses);
                self.release(MessageReason::ChannelPaused, standing, charge).await
            }
            Answer::Retry { after } => {
                channel.fails(Trouble::Away(after));
                self.release(MessageReason::GatewayUnavailable, standing, charge).await
            }
            Answer::Lost if planted!("sender.sends_again") => {
                self.release(MessageReason::GatewayUnavailable, standing, charge).await
            }
            // Never sent again by us, whatever the journal says by then: Redis may lose it while we wait.
            Answer::Lost => {
                channel.fails(Trouble::OneMessage);
                Some(Next::Prove(Box::new(standing.clone())))
            }
        }
    }

    /// Where reports name the gateway's own id, that id is written down first: a report for an id that nobody knows helps nobody.
    pub(super) async fn accepted(&self, gateway_id: Option<&str>, standing: &Standing) -> Option<Next> {
        let crew = self.crew;
        let parked = match gateway_id {
            Some(id) => {
                crew.persist("gateway's id", &crew.hard, || crew.journal.link(id, self.delivery.event_id)).await?
            }
            None => None,
        };
        let (state, reason) = parked.unwrap_or((MessageState::Accepted, None));
        self.settle(state, reason, standing).await
    }

    /// The gateway did not take it: free to be tried again, and the servers hear of the attempt.
    async fn release(&self, reason: MessageReason, standing: &Standing, charge: &Charge) -> Option<Next> {
        let crew = self.crew;
        let pause = i64::try_from(crew.channel.opens_in().as_millis()).unwrap_or(i64::MAX);
        let told = self.news_of_wait(reason, Some(self.now().plus_millis(pause)), standing);
        let release = || crew.journal.release(self.hand, charge, &told);
        crew.persist("release", &crew.hard, release).await?;
        Some(Next::LookAgain)
    }

    /// Tells the servers that the message waits, and for what.
    pub(super) async fn tell_wait(
        &self,
        reason: MessageReason,
        until: Option<Timestamp>,
        standing: &Standing,
    ) -> Option<()> {
        let crew = self.crew;
        let told = self.news_of_wait(reason, until, standing);
        crew.persist("news of a wait", &crew.soft, || crew.journal.wait(&told)).await?;
        Some(())
    }

    pub(super) async fn fail(&self, reason: MessageReason, standing: &Standing) -> Option<Next> {
        self.settle(MessageState::Failed, Some(reason), standing).await
    }

    fn subject(&self) -> outcome::Subject<'_> {
        let it = self.delivery;
        outcome::Subject { event_id: it.event_id, ttn: it.ttn, request_id: it.request_id.as_deref() }
    }

    pub(super) fn news(&self, state: MessageState, reason: Option<MessageReason>, standing: &Standing) -> OutcomeEntry {
        outcome::of_standing(self.subject(), state, reason, standing, self.now())
    }

    fn news_of_wait(&self, reason: MessageReason, until: Option<Timestamp>, standing: &Standing) -> OutcomeEntry {
        outcome::of_wait(self.subject(), reason, until, standing, self.now())
    }

    pub(super) async fn settle(
        &self,
        state: MessageState,
        reason: Option<MessageReason>,
        standing: &Standing,
    ) -> Option<Next> {
        let crew = self.crew;
        let news = self.news(state, reason, standing);
        fail_point!("sender.before_ack");
        let settle = || crew.journal.settle(&news, Some(&self.delivery.entry));
        let moved = crew.persist("outcome", &crew.hard, settle).await?;
        // One script persists the result, acknowledges the entry and tells the servers: these two steps are one.
        fail_point!("sender.after_journal");
        fail_point!("sender.after_ack");
        Self::log_settled(moved, &news);
        Some(Next::Ended)
    }

    pub(super) fn log_settled(moved: bool, news: &OutcomeEntry) {
        if moved {
            let (state, reason) = (news.state, news.reason);
            tracing::info!(?state, ?reason, attempts = news.attempts, "settled");
            measures::moved(state, reason);
        }
    }

    /// The servers published an event again whose message is settled: they do not know, so they are told again.
    pub(super) async fn tell_again(&self, state: MessageState, standing: &Standing) -> Option<Next> {
        let crew = self.crew;
        let news = self.news(state, standing.reason, standing);
        tracing::info!(?state, "settled before; told again");
        let repeat = || crew.journal.repeat(&news, &self.delivery.entry);
        crew.persist("outcome again", &crew.soft, repeat).await?;
        Some(Next::Ended)
    }
}
