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
use tokio::{sync::broadcast::error::RecvError, time::Instant};
use tracing::Instrument;

use super::{
    channel::Trouble,
    crew::Crew,
    dead_letter,
    elsewhere::Elsewhere,
    entry::{Delivery, Known},
    held::Hold,
    lanes::Turn,
};
use crate::{
    gateway::{Answer, Message},
    journal::{Begun, Intent, Stage, Standing},
    measures, outcome,
    policy::text::{FitText, compose},
};

/// How often we look again for what another process may have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_millis(300);

/// A message in hand.
pub(super) struct InHand {
    pub(super) delivery: Box<Delivery>,
    pub(super) hold: Hold,
    pub(super) turn: Turn,
    /// Whether another slot held an earlier message of the order when we read this one.
    pub(super) waits_for_others: bool,
}

/// What follows from an attempt.
enum Next {
    /// The message is settled.
    Ended,
    /// Look where it stands and go on.
    LookAgain,
    /// The answer of the last call was lost: wait for a proof.
    Prove(Box<Standing>),
}

/// Brings a message to its end.
pub(super) async fn deliver(crew: Arc<Crew>, in_hand: InHand) {
    let InHand { delivery, hold, turn, waits_for_others } = in_hand;
    let request_id = delivery.request_id.as_deref().unwrap_or_default();
    // On every level: a warning must say which message it is about.
    let span = tracing::error_span!("message", event_id = %delivery.event_id, request_id);
    async {
        let work = Work { crew: &crew, delivery: &delivery, hand: crew.sources.name() };
        if work.to_its_end(&turn, waits_for_others).await.is_none() {
            tracing::debug!("left for the next start");
        }
    }
    .instrument(span)
    .await;
    drop(turn);
    drop(hold);
}

struct Work<'a> {
    crew: &'a Crew,
    delivery: &'a Delivery,
    /// Names this taking-up in the journal.
    hand: String,
}

impl Work<'_> {
    async fn to_its_end(&self, turn: &Turn, waits_for_others: bool) -> Option<()> {
        self.wait_for_turn(turn, waits_for_others).await?;
        let mut unproven: Option<Box<Standing>> = None;
        loop {
            if let Some(standing) = unproven.take() {
                self.wait_for_proof(&standing).await?;
                return Some(());
            }
            let standing = self.claim().await?;
            let next = match standing.stage {
                Stage::Settled(state) => self.tell_again(state, &standing).await?,
                Stage::Attempting => Next::Prove(Box::new(standing)),
                Stage::Claimed if standing.takes > self.crew.config.journal.max_takes => self.put_aside().await?,
                Stage::Claimed => self.attempt(&standing).await?,
            };
            match next {
                Next::Ended => return Some(()),
                Next::LookAgain => {}
                Next::Prove(standing) => unproven = Some(standing),
            }
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
            crew.unless_stopping(tokio::time::sleep(SOON)).await?;
            let consumer = crew.slot.consumer();
            let look = || Elsewhere::look(&crew.redis, &consumer);
            let elsewhere = crew.persist("look at other slots", &crew.soft, look).await?;
            others_first = elsewhere.holds_before(&self.delivery.ttn, self.delivery.seq);
        }
    }

    fn now(&self) -> Timestamp {
        self.crew.sources.clock.now()
    }

    async fn claim(&self) -> Option<Standing> {
        let (crew, it) = (self.crew, self.delivery);
        let claim =
            || crew.journal.claim(it.event_id, &self.hand, self.now(), &it.ttn, &it.entry, it.request_id.as_deref());
        crew.persist("claim", &crew.soft, claim).await
    }

    /// One call of the gateway, with all that must come before and after it.
    async fn attempt(&self, standing: &Standing) -> Option<Next> {
        let (crew, it) = (self.crew, self.delivery);
        let text = match compose(&it.notify, &it.ttn, &crew.config.tracking_url, crew.config.text.max_segments) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, "not sent");
                return self.fail(MessageReason::TooLong, standing).await;
            }
        };
        let patience = Duration::from_mins(crew.config.retry.give_up_after_minutes);
        let waited = u64::try_from(self.now().millis_since(standing.since)).unwrap_or(0);
        let left = patience.saturating_sub(Duration::from_millis(waited));
        let admitted = crew.unless_stopping(tokio::time::timeout(left, async {
            let call = crew.calls.acquire().await;
            let pass = crew.channel.pass().await;
            crew.pace.token().await;
            (call, pass)
        }));
        let Ok((_call, pass)) = admitted.await? else {
            let reason = crew.channel.paused_because().unwrap_or(MessageReason::GatewayUnavailable);
            return self.fail(reason, standing).await;
        };
        let attempt = standing.attempts.saturating_add(1);
        let deadline = self.now().plus_millis(i64::try_from(crew.config.journal.proof_within_ms).unwrap_or(i64::MAX));
        match self.begin(&text, attempt, deadline).await? {
            Begun::Yes => {}
            Begun::NoSlot => {
                drop(pass);
                crew.unless_stopping(tokio::time::sleep(SOON)).await?;
                return Some(Next::LookAgain);
            }
            Begun::Elsewhere => return Some(Next::LookAgain),
        }
        fail_point!("sender.after_intent");
        let answer = self.call(text.clone()).await?;
        fail_point!("sender.after_answer");
        let after_call = Standing {
            attempts: attempt,
            deadline: Some(deadline),
            text: Some(text.text),
            segments: Some(text.segments),
            ..standing.clone()
        };
        self.follow(answer, &after_call).await
    }

    async fn begin(&self, text: &FitText, attempt: u32, deadline: Timestamp) -> Option<Begun> {
        let crew = self.crew;
        if planted!("sender.no_intent") {
            return Some(Begun::Yes);
        }
        let intent = Intent {
            event_id: self.delivery.event_id,
            hand: &self.hand,
            attempt,
            deadline,
            text: &text.text,
            segments: text.segments,
        };
        crew.persist("intent", &crew.soft, || crew.journal.begin(&intent)).await
    }

    async fn call(&self, text: FitText) -> Option<Answer> {
        let (crew, it) = (self.crew, self.delivery);
        let message = Message { event_id: it.event_id, ttn: it.ttn, phone: it.notify.phone.clone(), text };
        let begun = Instant::now();
        fail_point!("sender.before_call");
        let answer = tokio::select! {
            answer = crew.gateway.send(&message) => answer,
            () = crew.hard.cancelled() => return None,
        };
        measures::called(crew.gateway.name(), word(&answer), begun.elapsed());
        Some(answer)
    }

    /// What follows from an answer. The channel hears of it first, so that the next message knows.
    async fn follow(&self, answer: Answer, standing: &Standing) -> Option<Next> {
        let channel = &self.crew.channel;
        match answer {
            Answer::Accepted => {
                channel.works();
                self.settle(MessageState::Accepted, None, standing).await
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
                self.release(standing).await
            }
            Answer::Retry { after } => {
                channel.fails(Trouble::Away(after));
                self.release(standing).await
            }
            Answer::Lost if planted!("sender.sends_again") => self.release(standing).await,
            // Never sent again by us, whatever the journal says by then: Redis may lose it while we wait.
            Answer::Lost => {
                channel.fails(Trouble::OneMessage);
                Some(Next::Prove(Box::new(standing.clone())))
            }
        }
    }

    async fn release(&self, standing: &Standing) -> Option<Next> {
        let (crew, event_id) = (self.crew, self.delivery.event_id);
        let release = || crew.journal.release(event_id, &self.hand, standing.attempts);
        crew.persist("release", &crew.hard, release).await?;
        Some(Next::LookAgain)
    }

    async fn fail(&self, reason: MessageReason, standing: &Standing) -> Option<Next> {
        self.settle(MessageState::Failed, Some(reason), standing).await
    }

    fn news(&self, state: MessageState, reason: Option<MessageReason>, standing: &Standing) -> OutcomeEntry {
        let it = self.delivery;
        let subject = outcome::Subject { event_id: it.event_id, ttn: it.ttn, request_id: it.request_id.as_deref() };
        outcome::of_standing(subject, state, reason, standing, self.now())
    }

    async fn settle(&self, state: MessageState, reason: Option<MessageReason>, standing: &Standing) -> Option<Next> {
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

    /// A call may have reached the gateway: waits for the delivery report that proves it, until the deadline, then `unknown`.
    async fn wait_for_proof(&self, standing: &Standing) -> Option<()> {
        let crew = self.crew;
        let mut news = crew.news.subscribe();
        let deadline = standing.deadline.unwrap_or_else(|| self.now());
        tracing::warn!(attempts = standing.attempts, "the answer was lost; waiting for the delivery report");
        loop {
            let find = || crew.journal.find(self.delivery.event_id);
            let found = crew.persist("look for proof", &crew.soft, find).await?;
            if let Some(found) = found
                && let Stage::Settled(state) = found.standing.stage
            {
                // A report settled it and told the servers; this only makes sure that the entry is acknowledged.
                self.settle(state, found.standing.reason, &found.standing).await?;
                return Some(());
            }
            let left = u64::try_from(deadline.millis_since(self.now())).unwrap_or(0);
            if left == 0 {
                self.settle(MessageState::Unknown, Some(MessageReason::AnswerLost), standing).await?;
                return Some(());
            }
            let wait = Duration::from_millis(left).min(LOOK_AGAIN);
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

    /// Taken up again and again and never brought to an end: it brings us down, so it goes.
    async fn put_aside(&self) -> Option<Next> {
        let (crew, it) = (self.crew, self.delivery);
        let known = Known { event_id: it.event_id, ttn: it.ttn };
        let now = self.now();
        let put = || dead_letter::put_aside(&crew.redis, &it.entry, "too_many_takes", b"", Some(known), now);
        crew.persist("dead letter", &crew.soft, put).await?;
        Some(Next::Ended)
    }
}

const fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted => "accepted",
        Answer::Delivered => "delivered",
        Answer::Permanent(_) => "permanent",
        Answer::PauseChannel => "refused",
        Answer::Retry { .. } => "retry",
        Answer::Lost => "lost",
    }
}
