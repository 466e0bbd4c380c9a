//! The gateway and the phones behind it. What it does with a number is decided by the number: an even one belongs to an operator that
//! recognises our reference and delivers a message once, and reports; an odd one to an operator that does neither.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use postoffice_sms_sender::testing::{Reaction, Received, ScriptedGateway, report};
use tokio::{sync::Notify, time::sleep};

use crate::faults::dice::Dice;

/// A report is brought again for so long, as real gateways do.
const REPORT_TRIES: u32 = 100;
const REPORT_AGAIN: Duration = Duration::from_millis(100);
/// Longer than any call waits for its answer.
const TOO_MUCH: usize = 10 * 1024 * 1024;

/// A message that the gateway took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Our reference.
    pub event_id: String,
    /// To whom.
    pub to: String,
    /// What.
    pub text: String,
}

/// Whether the operator of this number recognises a repeated reference.
pub fn recognises(to: &str) -> bool {
    to.bytes().last().is_some_and(|digit| digit % 2 == 0)
}

/// How well the gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// It answers each call after a while.
    Good,
    /// Every other call meets a fault.
    Bad,
}

#[derive(Default)]
struct Book {
    taken: Mutex<Vec<Taken>>,
    reports_under_way: AtomicU64,
    faults: AtomicU64,
}

/// The gateway with its operators.
pub struct Network {
    gateway: ScriptedGateway,
    book: Arc<Book>,
}

impl Network {
    /// Starts it.
    pub async fn start(manners: Manners, dice: Dice) -> Self {
        let book = Arc::new(Book::default());
        let (script, dice) = (Arc::clone(&book), Mutex::new(dice));
        let gateway = ScriptedGateway::start(move |_, message| {
            let mut dice = dice.lock().unwrap_or_else(PoisonError::into_inner);
            if manners == Manners::Bad && dice.percent(50) {
                script.misbehave(message, &mut dice)
            } else {
                script.take(message, &mut dice)
            }
        });
        Self { gateway: gateway.await, book }
    }

    /// The setting `gateway.kannel.url`.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Everything that was taken so far, in order, repeats too.
    pub fn taken(&self) -> Vec<Taken> {
        self.book.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much that is.
    pub fn count(&self) -> usize {
        self.book.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Calls that were answered badly.
    pub fn faults(&self) -> u64 {
        self.book.faults.load(Ordering::SeqCst)
    }

    /// Whether every report was brought.
    pub fn is_quiet(&self) -> bool {
        self.book.reports_under_way.load(Ordering::SeqCst) == 0
    }
}

impl Book {
    fn note(&self, message: &Received) {
        let to = message.headers.get("x-kannel-to").cloned().unwrap_or_default();
        let taken = Taken { event_id: message.event_id().to_owned(), to, text: message.text.clone() };
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
    }

    /// Takes a message, answers after a while and reports after another.
    fn take(self: &Arc<Self>, message: &Received, dice: &mut Dice) -> Reaction {
        self.note(message);
        self.report_later(message, &[8, 1], dice);
        let told = Arc::new(Notify::new());
        let (tell, after) = (Arc::clone(&told), Duration::from_millis(dice.between(0, 25)));
        tokio::spawn(async move {
            sleep(after).await;
            tell.notify_one();
        });
        Reaction::TakeWhen(told)
    }

    fn misbehave(self: &Arc<Self>, message: &Received, dice: &mut Dice) -> Reaction {
        self.faults.fetch_add(1, Ordering::SeqCst);
        let answer = |status, headers, body: &str| Reaction::Answer(status, headers, body.to_owned());
        match dice.between(0, 11) {
            // Not taken, and said so.
            0 => answer("503 Service Unavailable", "", "3: try later"),
            1 => answer("429 Too Many Requests", "", "slow down"),
            2 => answer("429 Too Many Requests", "Retry-After: 0\r\n", "slow down"),
            // Not taken, and nobody can know.
            3 => answer("500 Internal Server Error", "", "oops"),
            4 => answer("200 OK", "", "{\"error\":\"no such user\"}"),
            // Taken, and nobody can know from the answer.
            5 => self.taken_and(message, &[8, 1], dice, Reaction::Silence),
            6 => self.taken_and(message, &[1], dice, Reaction::HalfAnswer),
            7 => self.taken_and(message, &[], dice, Reaction::Cut),
            // Taken, with an answer or reports that are too much, too early, twice or out of order.
            8 => {
                let much = Reaction::Answer("202 Accepted", "", "0: Accepted for delivery\n".repeat(TOO_MUCH / 25));
                self.taken_and(message, &[8, 1], dice, much)
            }
            9 => self.taken_and(message, &[1, 8, 1, 8], dice, Reaction::Take),
            _ if recognises(message.headers.get("x-kannel-to").map_or("", String::as_str)) => {
                self.taken_and(message, &[], dice, Reaction::ReportThenTake(&[8, 1]))
            }
            _ => self.taken_and(message, &[], dice, Reaction::Take),
        }
    }

    fn taken_and(
        self: &Arc<Self>,
        message: &Received,
        masks: &'static [u32],
        dice: &mut Dice,
        then: Reaction,
    ) -> Reaction {
        self.note(message);
        self.report_later(message, masks, dice);
        then
    }

    fn report_later(self: &Arc<Self>, message: &Received, masks: &'static [u32], dice: &mut Dice) {
        if masks.is_empty() || !recognises(message.headers.get("x-kannel-to").map_or("", String::as_str)) {
            return;
        }
        let (book, message, after) = (Arc::clone(self), message.clone(), dice.between(5, 60));
        book.reports_under_way.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            for mask in masks {
                sleep(Duration::from_millis(after)).await;
                for _ in 0..REPORT_TRIES {
                    if report(&message.report_url(*mask)).await.contains(" 200 ") {
                        break;
                    }
                    sleep(REPORT_AGAIN).await;
                }
            }
            book.reports_under_way.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
