//! One message, from its entry to its end. Runs as a task of its own.
//!
//! `None` from the functions here means: the process stops, and the message is left where it stands. That is always safe: what is `claimed` was
//! not handed over, what is `attempting` will be waited for.

use std::{sync::Arc, time::Duration};

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::OutcomeEntry,
};
use postoffice_runtime::{fail_point, planted};
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    admission::Admitted, channel::Trouble, crew::Crew, elsewhere::Elsewhere, entry::Delivery, held::Hold, lanes::Turn,
};
use crate::{
    call_book::Call,
    gateway::{Answer, Message},
    journal::{Begun, Intent, Named, Stage, Standing},
    measures, outcome,
    policy::{
        spend::Charge,
        text::{FitText, TooLong, fit},
    },
};

pub(super) const SOON: Duration = Duration::from_millis(300);

/// A message in hand.
pub(super) struct InHand {
    pub(super) delivery: Box<Delivery>,
    pub(super) hold: Hold,
    pub(super) turn: Turn,
    /// Whether another slot held an earlier message of the order when we read this one.
    pub(super) waits_for_others: bool,
    /// Whether it was read so often that it may be what brings the sender down.
    pub(super) suspect: bool,
}

/// What follows from an attempt.
pub(super) enum Next {
    /// The message is settled.
    Ended,
    /// Look where it stands and go on.
    LookAgain,
    /// The answer of the last call was lost: wait for a proof.
    Prove(Box<Standing>),
}

/// Brings a message to its end.
pub(super) async fn deliver(crew: Arc<Crew>, in_hand: InHand) {
    let InHand { delivery, hold, turn, waits_for_others, suspect } = in_hand;
    let request_id = delivery.request_id.as_deref().unwrap_or_default();
    // On every level: a warning must say which message it is about.
    let span = tracing::error_span!("message", event_id = %delivery.event_id, request_id);
    async {
        let work = Work { crew: &crew, delivery: &delivery, hand: crew.hands.next() };
        let ended = async {
            work.wait_for_turn(&turn, waits_for_others).await?;
            if suspect && work.is_put_aside().await? { Some(()) } else { work.to_its_end().await }
        };
        if ended.await.is_none() {
            tracing::debug!("left for the next start");
        }
    }
    .instrument(span)
    .await;
    drop(turn);
    drop(hold);
}

pub(super) struct Work<'a> {
    pub(super) crew: &'a Crew,
    pub(super) delivery: &'a Delivery,
    /// Names this taking-up in the journal.
    hand: String,
}

impl Work<'_> {
    async fn to_its_end(&self) -> Option<()> {
        let mut next = self.attempt_at_once().await?;
        loop {
            match next {
                Next::Ended => return Some(()),
                Next::LookAgain => {}
                Next::Prove(standing) => {
                    next = self.wait_for_proof(&standing).await?;
                    continue;
                }
            }
            let standing = self.claim(false).await?;
            next = match standing.stage {
                Stage::Settled(state) => self.tell_again(state, &standing).await?,
                Stage::Attempting => self.follow_another(standing).await?,
                Stage::Claimed => match self.follow_memory(&standing).await? {
                    Some(next) => next,
                    None => self.attempt(&standing).await?,
                },
            };
        }
    }

    async fn wait_for_turn(&self, turn: &Turn, waits_for_others: bool) -> Option<()> {
        let crew = self.crew;
        let mut others_first = waits_for_others;
        loop {
            if planted!("sender.no_turns") {
                return Some(());
            }
            crew.unless_stopping(turn.come()).await?;
            if !others_first {
                return Some(());
            }
            let consumer = crew.slot.consumer();
            let look = || Elsewhere::look(crew.redis.clone(), &consumer, |entry| crew.held.has(entry));
            let find = || crew.looks.find_before(&self.delivery.ttn, self.delivery.seq, look);
            // Those who wait for another's look do not wait for it over the stop.
            others_first = crew.unless_stopping(crew.persist("look at other slots", &crew.soft, find)).await??;
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.crew.sources.clock.now()
    }

    fn named(&self) -> Named<'_> {
        let it = self.delivery;
        Named { event_id: it.event_id, ttn: &it.ttn, entry: &it.entry, request_id: it.request_id.as_deref() }
    }

    pub(super) async fn claim(&self, suspect: bool) -> Option<Standing> {
        let crew = self.crew;
        let claim = || crew.journal.claim(self.named(), &self.hand, self.now(), suspect);
        crew.persist("claim", &crew.soft, claim).await
    }

    pub(super) fn fitted(&self) -> Result<FitText, TooLong> {
        fit(&self.delivery.notify.text, self.crew.config.text.max_segments)
    }

    /// A message that nothing holds up is not looked at first: the intent says whether it stands where a new one does.
    async fn attempt_at_once(&self) -> Option<Next> {
        if self.crew.book.remembers(self.delivery.event_id).is_some() {
            return Some(Next::LookAgain);
        }
        let Ok(text) = self.fitted() else { return Some(Next::LookAgain) };
        match self.admit_soon().await {
            Some(admitted) => self.hand_over(text, admitted, &Standing::of_a_new(self.now())).await,
            None => Some(Next::LookAgain),
        }
    }

    async fn attempt(&self, standing: &Standing) -> Option<Next> {
        let text = match self.fitted() {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, "not sent");
                return self.fail(MessageReason::TooLong, standing).await;
            }
        };
        match self.admit(standing).await? {
            Ok(admitted) => self.hand_over(text, admitted, standing).await,
            Err(reason) => self.fail(reason, standing).await,
        }
    }

    /// One call of the gateway, with its intent before and what follows from it.
    async fn hand_over(&self, text: FitText, (_call, pass): Admitted<'_>, standing: &Standing) -> Option<Next> {
        let crew = self.crew;
        let attempt = standing.attempts.saturating_add(1);
        let deadline = self.proof_until();
        let charge = crew.spend_cap.charge(text.segments, self.now());
        let intent = Intent {
            message: self.named(),
            hand: &self.hand,
            since: standing.since,
            attempt,
            deadline,
            segments: text.segments,
            charge: &charge,
        };
        let call = crew.book.intend(self.delivery.event_id, &self.hand, attempt);
        let begin = async || {
            let asked = Instant::now();
            let no_intent = planted!("sender.no_intent");
            let outcome = if no_intent { Begun::Yes } else { crew.journal.begin(&intent).await? };
            Ok((outcome, asked))
        };
        let (outcome, asked) = crew.persist("intent", &crew.soft, begin).await?;
        match outcome {
            Begun::Yes => {}
            Begun::SpendCap => {
                crew.channel.fails(Trouble::Spent);
                drop(pass);
                // Waiting is told of messages that have a journal.
                self.claim(false).await?;
                self.tell_wait(MessageReason::SpendCap, crew.spend_cap.renewed_at(self.now()), standing).await?;
                return Some(Next::LookAgain);
            }
            Begun::NoSlot => {
                drop(pass);
                crew.unless_stopping(tokio::time::sleep(SOON)).await?;
                return Some(Next::LookAgain);
            }
            Begun::Elsewhere => return Some(Next::LookAgain),
        }
        fail_point!("sender.after_intent");
        if asked.elapsed() >= self.intent_holds() {
            tracing::warn!("too late after the intent for the call; the gateway is not asked");
            drop(pass);
            let retract = || crew.journal.retract(self.delivery.event_id, &self.hand, attempt, &charge);
            crew.persist("retraction", &crew.soft, retract).await?;
            return Some(Next::LookAgain);
        }
        let segments = text.segments;
        let after_call =
            Standing { attempts: attempt, deadline: Some(deadline), segments: Some(segments), ..standing.clone() };
        let answer = self.call(text, &call).await?;
        fail_point!("sender.after_answer");
        self.follow(answer, &after_call, &charge).await
    }

    /// How long after an intent was asked for its call may still be made. This process may have been frozen between the two, and once the
    /// proof's deadline is over others may have given the message up and gone on with its order.
    fn intent_holds(&self) -> Duration {
        let config = &self.crew.config;
        Duration::from_millis(config.slots.lease_ms.min(config.journal.proof_within_ms / 2))
    }

    /// The message as the gateway gets it.
    pub(super) fn message(&self, text: FitText) -> Message {
        let it = self.delivery;
        Message { event_id: it.event_id, ttn: it.ttn, phone: it.notify.phone.clone(), text }
    }

    async fn call(&self, text: FitText, call: &Call<'_>) -> Option<Answer> {
        let crew = self.crew;
        let message = self.message(text);
        let begun = Instant::now();
        fail_point!("sender.before_call");
        // Nothing may come between the two.
        if !planted!("sender.asks_unwritten")
            && let Err(error) = call.asks()
        {
            tracing::error!(%error, "the book of calls cannot be written; the gateway is not asked");
            return Some(Answer::Retry { after: None });
        }
        let answer = tokio::select! {
            answer = crew.gateway.send(&message) => answer,
            () = crew.hard.cancelled() => return None,
        };
        call.heard(&answer);
        measures::called(crew.gateway.name(), word(&answer), begun.elapsed());
        Some(answer)
    }

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
        let release = || crew.journal.release(&self.hand, charge, &told);
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

    async fn fail(&self, reason: MessageReason, standing: &Standing) -> Option<Next> {
        self.settle(MessageState::Failed, Some(reason), standing).await
    }

    fn subject(&self) -> outcome::Subject<'_> {
        let it = self.delivery;
        outcome::Subject { event_id: it.event_id, ttn: it.ttn, request_id: it.request_id.as_deref() }
    }

    fn news(&self, state: MessageState, reason: Option<MessageReason>, standing: &Standing) -> OutcomeEntry {
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
        if moved {
            tracing::info!(?state, ?reason, attempts = standing.attempts, "settled");
            measures::moved(state, reason);
        }
        Some(Next::Ended)
    }

    /// The servers published an event again whose message is settled: they do not know, so they are told again.
    async fn tell_again(&self, state: MessageState, standing: &Standing) -> Option<Next> {
        let crew = self.crew;
        let news = self.news(state, standing.reason, standing);
        tracing::info!(?state, "settled before; told again");
        let repeat = || crew.journal.repeat(&news, &self.delivery.entry);
        crew.persist("outcome again", &crew.soft, repeat).await?;
        Some(Next::Ended)
    }
}

const fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted(_) => "accepted",
        Answer::Delivered => "delivered",
        Answer::Permanent(_) => "permanent",
        Answer::PauseChannel => "refused",
        Answer::Retry { .. } => "retry",
        Answer::Lost => "lost",
    }
}
