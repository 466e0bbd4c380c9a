//! One message, from its entry to its end. Runs as a task of its own.
//!
//! `None` from the functions here means: the process stops, and the message is left where it stands. That is always safe: what is `claimed` was
//! not handed over, what is `attempting` will be waited for.

use std::{sync::Arc, time::Duration};

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::messages::MessageReason;
use postoffice_runtime::planted;
use tracing::{Instrument, Span};

use super::{
    attempt::{Attempt, UnderWay},
    crew::Crew,
    elsewhere::Elsewhere,
    entry::Delivery,
    held::Hold,
    lanes::Turn,
};
use crate::{
    gateway::Answer,
    journal::{Named, Stage, Standing},
    policy::text::{FitText, TooLong, fit},
};

/// How soon we look again for what others do.
pub(super) const SOON: Duration = Duration::from_millis(300);

/// A message in hand.
pub(super) struct InHand {
    pub(super) delivery: Box<Delivery>,
    /// Names this taking-up in the journal.
    pub(super) hand: String,
    /// Its place in its lane, given up before the entry is let go.
    pub(super) turn: Turn,
    pub(super) _hold: Hold,
    /// For everything that is logged about it.
    pub(super) span: Span,
    /// Whether another slot held an earlier message of the order when we read this one.
    pub(super) waits_for_others: bool,
    /// Whether it was read so often that it may be what brings the sender down.
    pub(super) suspect: bool,
}

impl InHand {
    pub(super) fn new(
        delivery: Box<Delivery>,
        hand: String,
        turn: Turn,
        hold: Hold,
        waits_for_others: bool,
        suspect: bool,
    ) -> Self {
        let request_id = delivery.request_id.as_deref().unwrap_or_default();
        // On every level: a warning must say which message it is about.
        let span = tracing::error_span!("message", event_id = %delivery.event_id, request_id);
        Self { delivery, hand, turn, _hold: hold, span, waits_for_others, suspect }
    }

    pub(super) fn named(&self) -> Named<'_> {
        let it = &*self.delivery;
        Named { event_id: it.event_id, ttn: &it.ttn, entry: &it.entry, request_id: it.request_id.as_deref() }
    }

    /// Whether nothing that is known of it now holds it up.
    pub(super) fn waits_for_nobody(&self) -> bool {
        !self.suspect && !self.waits_for_others && self.turn.has_come()
    }
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

/// How far a message has come.
pub(super) enum Reached {
    /// It was read.
    Nothing,
    /// A call is permitted; whether its intent is written down is not known.
    Permission(Box<Attempt>),
    /// Its intent is written down, and too old for the call.
    Intent(Box<Attempt>),
    /// The gateway is asked.
    Call(UnderWay),
    /// The gateway has answered.
    Answer(Box<Attempt>, Answer),
}

/// Brings a message to its end.
pub(super) async fn deliver(crew: Arc<Crew>, in_hand: InHand, reached: Reached) {
    let span = in_hand.span.clone();
    async {
        if Work::on(&crew, &in_hand).go_on(reached).await.is_none() {
            tracing::debug!("left for the next start");
        }
    }
    .instrument(span)
    .await;
}

#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) crew: &'a Arc<Crew>,
    pub(super) delivery: &'a Delivery,
    /// Names this taking-up in the journal.
    pub(super) hand: &'a str,
    in_hand: &'a InHand,
}

impl<'a> Work<'a> {
    pub(super) fn on(crew: &'a Arc<Crew>, in_hand: &'a InHand) -> Self {
        Self { crew, delivery: &in_hand.delivery, hand: &in_hand.hand, in_hand }
    }

    async fn go_on(&self, reached: Reached) -> Option<()> {
        let mut next = match reached {
            Reached::Nothing => {
                self.wait_for_turn().await?;
                if self.in_hand.suspect && self.is_put_aside().await? {
                    return Some(());
                }
                self.attempt_at_once().await?
            }
            Reached::Permission(attempt) => self.hand_over(attempt).await?,
            Reached::Intent(attempt) => self.take_back(attempt).await?,
            Reached::Call(under_way) => {
                let (attempt, answer) = under_way.await;
                self.answered(attempt, answer?).await?
            }
            Reached::Answer(attempt, answer) => self.answered(attempt, answer).await?,
        };
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

    async fn wait_for_turn(&self) -> Option<()> {
        let crew = self.crew;
        let mut others_first = self.in_hand.waits_for_others;
        loop {
            if planted!("sender.no_turns") {
                return Some(());
            }
            crew.unless_stopping(self.in_hand.turn.come()).await?;
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

    pub(super) fn named(&self) -> Named<'a> {
        self.in_hand.named()
    }

    pub(super) async fn claim(&self, suspect: bool) -> Option<Standing> {
        let crew = self.crew;
        let claim = || crew.journal.claim(self.named(), self.hand, self.now(), suspect);
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
            Some(admitted) => self.hand_over(self.attempt_of(text, admitted, &Standing::of_a_new(self.now()))).await,
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
            Ok(admitted) => self.hand_over(self.attempt_of(text, admitted, standing)).await,
            Err(reason) => self.fail(reason, standing).await,
        }
    }
}
