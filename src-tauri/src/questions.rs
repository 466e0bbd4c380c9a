//! Questions of colleagues who want a lock of ours, and their deadline. The core keeps it: a frozen window counts as a clerk who is away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::CoreEvent,
    locks::{AnswerAsk, AskAnswer, AskAnswered, LockAsk, LockLoss, LockParty, LockTold},
    problem::Problem,
};
use tokio::time::Instant;

use crate::core::Core;

struct Question {
    number: u64,
    by: LockParty,
    ends: Instant,
    /// The clerk used a key or the pointer in the editor since it came.
    active: bool,
    /// An answer is on its way.
    answering: bool,
}

#[derive(Default)]
struct Book {
    open: HashMap<Ttn, Question>,
    /// When the last question about an order was answered: a heartbeat sent before may still carry it.
    settled: HashMap<Ttn, Instant>,
    last_number: u64,
}

/// The questions that wait for an answer, one per order at most.
#[derive(Default)]
pub struct Questions(Mutex<Book>);

impl Questions {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears a question. `heartbeat` says when the renewal was sent whose answer carried it: the same question is shown once.
    pub(crate) fn hear(&self, core: &Arc<Core>, ask: LockAsk, heartbeat: Option<Instant>) {
        if !core.editors.is_open(ask.ttn) {
            return;
        }
        let ttn = ask.ttn;
        let ends = Instant::now() + Duration::from_millis(ask.answer_within_ms);
        let number = {
            let mut book = self.lock();
            if let Some(sent) = heartbeat {
                let shown = book.open.get(&ttn).is_some_and(|known| known.by == ask.by);
                let answered = book.settled.get(&ttn).is_some_and(|settled| *settled >= sent);
                if shown || answered {
                    return;
                }
            }
            book.last_number += 1;
            let number = book.last_number;
            let question = Question { number, by: ask.by.clone(), ends, active: false, answering: false };
            book.open.insert(ttn, question);
            number
        };
        core.tell(CoreEvent::LockTold(LockTold::Asked { ask }));
        let core = Arc::clone(core);
        tokio::spawn(async move {
            tokio::time::sleep_until(ends).await;
            core.questions.silence(&core, ttn, number).await;
        });
    }

    /// Tells of every question that waits, with the time that is left: a page that was loaded again knows of none.
    pub fn tell_again(&self, core: &Core) {
        let now = Instant::now();
        let left = |ends: Instant| u64::try_from(ends.saturating_duration_since(now).as_millis()).unwrap_or(u64::MAX);
        let waiting: Vec<LockAsk> = {
            let book = self.lock();
            let open = book.open.iter().filter(|(_, question)| !question.answering);
            open.map(|(ttn, question)| LockAsk {
                ttn: *ttn,
                by: question.by.clone(),
                answer_within_ms: left(question.ends),
            })
            .collect()
        };
        for ask in waiting {
            core.tell(CoreEvent::LockTold(LockTold::Asked { ask }));
        }
    }

    /// The clerk is at work in the editor.
    pub fn note_activity(&self, ttn: Ttn) {
        if let Some(question) = self.lock().open.get_mut(&ttn) {
            question.active = true;
        }
    }

    /// The clerk's answer. A question that is over needs none.
    ///
    /// # Errors
    /// It did not arrive; the question stays until its time is over.
    pub async fn answer(&self, core: &Core, ttn: Ttn, answer: AskAnswer) -> Result<(), Problem> {
        let Some(number) = self.begin(ttn, None) else { return Ok(()) };
        let given = self.give(core, ttn, AnswerAsk { ttn, answer, by_silence: false }).await;
        if given.is_err() {
            self.not_given(core, ttn, number);
        }
        given
    }

    /// Its time is over: the core answers.
    async fn silence(&self, core: &Core, ttn: Ttn, number: u64) {
        if self.begin(ttn, Some(number)).is_none() {
            return;
        }
        let active = self.lock().open.get(&ttn).is_some_and(|question| question.active);
        let answer = if active { AskAnswer::Keep } else { AskAnswer::HandOver };
        if let Err(problem) = self.give(core, ttn, AnswerAsk { ttn, answer, by_silence: true }).await {
            tracing::info!(%problem, %ttn, "a colleague's question stays without an answer");
            self.not_given(core, ttn, number);
        }
    }

    /// Marks the question as being answered; `None` if it is not there (any more) or is being answered.
    fn begin(&self, ttn: Ttn, number: Option<u64>) -> Option<u64> {
        let mut book = self.lock();
        let question = book.open.get_mut(&ttn)?;
        if question.answering || number.is_some_and(|number| number != question.number) {
            return None;
        }
        question.answering = true;
        Some(question.number)
    }

    async fn give(&self, core: &Core, ttn: Ttn, answer: AnswerAsk) -> Result<(), Problem> {
        let answered: AskAnswered = core.ask_for(Call::AnswerAsk(answer)).await?;
        self.lock().settled.insert(ttn, Instant::now());
        let us = core.session().map(|session| session.id);
        match answered.holder.filter(|holder| Some(holder.session) != us) {
            Some(holder) => {
                core.editors.lost(core, ttn, Problem::lock_lost(Some(holder)), Some(LockLoss::HandedOver));
            }
            None => self.end(core, ttn),
        }
        Ok(())
    }

    fn not_given(&self, core: &Core, ttn: Ttn, number: u64) {
        {
            let mut book = self.lock();
            let Some(question) = book.open.get_mut(&ttn).filter(|question| question.number == number) else { return };
            if question.ends > Instant::now() {
                question.answering = false;
                return;
            }
        }
        self.end(core, ttn);
    }

    /// The question is over.
    pub(crate) fn end(&self, core: &Core, ttn: Ttn) {
        if self.lock().open.remove(&ttn).is_some() {
            core.tell(CoreEvent::LockTold(LockTold::AskEnded { ttn }));
        }
    }

    /// The session is over.
    pub(crate) fn forget_all(&self) {
        let mut book = self.lock();
        book.open.clear();
        book.settled.clear();
    }
}

#[cfg(test)]
mod tests;
