//! One call of the gateway: permitted, its intent written down, made.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use postoffice_domain::clock::Timestamp;
use postoffice_protocol::messages::MessageReason;
use postoffice_runtime::{fail_point, planted};
use tokio::time::Instant;

use super::{
    admission::Admitted,
    channel::Trouble,
    crew::Crew,
    delivery::{Next, SOON, Work},
};
use crate::{
    call_book::Call,
    gateway::{Answer, Message},
    journal::{Begun, Intent, Named, Standing},
    measures,
    policy::{spend::Charge, text::FitText},
};

/// A call that is permitted. Its place in the book of calls and among the calls is kept until it is dropped.
pub(super) struct Attempt {
    /// Where the message stands before it.
    standing: Standing,
    number: u32,
    deadline: Timestamp,
    charge: Charge,
    message: Message,
    call: Call,
    admitted: Admitted,
}

/// A call that is under way, with what came of it; `None`: the process stops.
pub(super) type UnderWay = BoxFuture<'static, (Box<Attempt>, Option<Answer>)>;

impl Attempt {
    /// Where the message stands after it.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            attempts: self.number,
            deadline: Some(self.deadline),
            segments: Some(self.message.text.segments),
            ..self.standing.clone()
        }
    }

    /// What is written down before it.
    pub(super) fn intent<'a>(&'a self, message: Named<'a>, hand: &'a str) -> Intent<'a> {
        Intent {
            message,
            hand,
            since: self.standing.since,
            attempt: self.number,
            deadline: self.deadline,
            segments: self.message.text.segments,
            charge: &self.charge,
        }
    }

    /// It will not be made now: the channel need not wait for its answer.
    fn gives_its_pass_back(&mut self) {
        self.admitted.pass = None;
    }

    /// Makes the call. Its intent is written down.
    pub(super) async fn made(self: Box<Self>, crew: Arc<Crew>) -> (Box<Self>, Option<Answer>) {
        let answer = self.make(&crew).await;
        (self, answer)
    }

    async fn make(&self, crew: &Crew) -> Option<Answer> {
        let begun = Instant::now();
        fail_point!("sender.before_call");
        // Nothing may come between the two.
        if !planted!("sender.asks_unwritten")
            && let Err(error) = self.call.asks()
        {
            tracing::error!(%error, "the book of calls cannot be written; the gateway is not asked");
            return Some(Answer::Retry { after: None });
        }
        let answer = tokio::select! {
            answer = crew.gateway.send(&self.message) => answer,
            () = crew.hard.cancelled() => return None,
        };
        self.call.heard(&answer);
        measures::called(crew.gateway.name(), word(&answer), begun.elapsed());
        fail_point!("sender.after_answer");
        Some(answer)
    }
}

impl Work<'_> {
    /// A call that is permitted now; the book of calls says that it is about to be made.
    pub(super) fn attempt_of(&self, text: FitText, admitted: Admitted, standing: &Standing) -> Box<Attempt> {
        let it = self.delivery;
        let number = standing.attempts.saturating_add(1);
        Box::new(Attempt {
            number,
            deadline: self.proof_until(),
            charge: self.crew.spend_cap.charge(text.segments, self.now()),
            call: self.crew.book.intend(it.event_id, self.hand, number),
            message: self.message(text),
            admitted,
            standing: standing.clone(),
        })
    }

    /// Whether an intent that was asked for then is still good for its call. This process may have been frozen between the two, and once
    /// the proof's deadline is over others may have given the message up and gone on with its order.
    pub(super) fn may_still_call(&self, asked: Instant) -> bool {
        let config = &self.crew.config;
        let holds = Duration::from_millis(config.slots.lease_ms.min(config.journal.proof_within_ms / 2));
        asked.elapsed() < holds
    }

    /// Writes the intent down, makes the call, and does what follows.
    pub(super) async fn hand_over(&self, mut attempt: Box<Attempt>) -> Option<Next> {
        let crew = self.crew;
        let begin = async || {
            let asked = Instant::now();
            let no_intent = planted!("sender.no_intent");
            let outcome = if no_intent {
                Begun::Yes
            } else {
                crew.journal.begin(&attempt.intent(self.named(), self.hand)).await?
            };
            Ok((outcome, asked))
        };
        let (outcome, asked) = crew.persist("intent", &crew.soft, begin).await?;
        match outcome {
            Begun::Yes => {}
            Begun::SpendCap => {
                crew.channel.fails(Trouble::Spent);
                attempt.gives_its_pass_back();
                // Waiting is told of messages that have a journal.
                self.claim(false).await?;
                let renewed_at = crew.spend_cap.renewed_at(self.now());
                self.tell_wait(MessageReason::SpendCap, renewed_at, &attempt.standing).await?;
                return Some(Next::LookAgain);
            }
            Begun::NoSlot => {
                attempt.gives_its_pass_back();
                crew.unless_stopping(tokio::time::sleep(SOON)).await?;
                return Some(Next::LookAgain);
            }
            Begun::Elsewhere => return Some(Next::LookAgain),
        }
        fail_point!("sender.after_intent");
        if !self.may_still_call(asked) {
            return self.take_back(attempt).await;
        }
        let (attempt, answer) = attempt.made(Arc::clone(crew)).await;
        self.answered(attempt, answer?).await
    }

    /// Takes an intent back that is too old for its call.
    pub(super) async fn take_back(&self, mut attempt: Box<Attempt>) -> Option<Next> {
        let crew = self.crew;
        tracing::warn!("too late after the intent for the call; the gateway is not asked");
        attempt.gives_its_pass_back();
        let (number, charge) = (attempt.number, &attempt.charge);
        let retract = || crew.journal.retract(self.delivery.event_id, self.hand, number, charge);
        crew.persist("retraction", &crew.soft, retract).await?;
        Some(Next::LookAgain)
    }

    /// What follows from a call that was made.
    pub(super) async fn answered(&self, attempt: Box<Attempt>, answer: Answer) -> Option<Next> {
        self.follow(answer, &attempt.standing(), &attempt.charge).await
    }

    /// The message as the gateway gets it.
    pub(super) fn message(&self, text: FitText) -> Message {
        let it = self.delivery;
        Message { event_id: it.event_id, ttn: it.ttn, phone: it.notify.phone.clone(), text }
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
