//! What must hold, whatever was injected: what clerks were told, against what the database saw in the order of its commits.
//!
//! - [`commands`]: every acknowledged change is there exactly once, no refused one is
//! - [`tokens`]: tokens grow; **no change from a session after another one had loaded**; each order's history is linearizable: the commits
//!   are its order, it obeys real time, every answer fits the state at some moment between question and answer
//! - [`beliefs`]: how often two clerks believed that they held one lock; whether Redis ever gave one to two while nothing was wrong with it
//! - [`line`]: first come first served, nothing to the dead

mod beliefs;
mod commands;
mod line;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{orders::CommandId, session::SessionId};

use super::{
    journal::{Answer, Did, Line},
    witness::Seen,
};
use crate::faults::moment::Moment;

/// What is left of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Of all clerks.
    pub lines: Vec<Line>,
    /// By the database.
    pub seen: Vec<Seen>,
    /// Where each order is in the end.
    pub places: HashMap<Ttn, String>,
    /// Length of a lease, microseconds.
    pub lease: u64,
}

/// What must hold besides safety.
#[derive(Debug, Clone, Copy, Default)]
pub struct Demands {
    /// Nothing was done to Redis or the server: a lock has one holder at a time, and nobody renews what another one has loaded since.
    pub polite: bool,
    /// Nobody asked or took over: who waits comes in turn.
    pub in_turn: bool,
}

/// Something that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Acknowledged and not there.
    Lost(String),
    /// There so many times.
    Doubled(String, usize),
    /// There, though its clerk was told that it was refused.
    DoneThoughRefused(String),
    /// There, and nobody asked for it.
    Unasked(String),
    /// One command, two answers.
    TwoAnswers(String),
    /// The order is elsewhere than its last change says.
    Elsewhere(Ttn),
    /// Accepted from a session after another one had loaded.
    Stale(String),
    /// A load whose token is not above the one before.
    TokenNotGrown(Ttn, u64),
    /// One token for two loads.
    TokenTwice(Ttn, u64),
    /// A token that the database never gave this session.
    TokenUnstamped(Ttn, u64),
    /// A load that did not show what was written before it.
    Missed(Ttn, u64),
    /// Committed before something that was over when it was asked for.
    OutOfTime(Ttn),
    /// `lock_lost`, though nobody had loaded since.
    RefusedForNothing(String),
    /// Two sessions had the lock of an order, each within its lease.
    Shared(Ttn),
    /// Told that the lock is still theirs, though another one had loaded since.
    RenewedAfterLoss(Ttn),
    /// Given the lock before one who had waited longer.
    OutOfTurn(Ttn),
    /// Given to a waiter who had said nothing for too long.
    GrantedToDead(Ttn),
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What did not hold.
    pub wrong: Vec<Wrong>,
    /// What clerks were answered.
    pub operations: u64,
    /// Commands never answered.
    pub unknown: u64,
    /// How often two clerks believed at the same moment that they held one lock.
    pub beliefs: u64,
    /// Locks that went from clerk to clerk: handed over or taken over.
    pub passed: u64,
    /// Locks that were waited for and given.
    pub waits: u64,
    /// Computers that slept past their lease with an editor open.
    pub slept: u64,
    /// Saves that were refused because the lock was lost.
    pub refused: u64,
}

impl Verdict {
    /// How many of a kind did not hold.
    pub fn count(&self, kind: impl Fn(&Wrong) -> bool) -> u64 {
        u64::try_from(self.wrong.iter().filter(|wrong| kind(wrong)).count()).unwrap_or(u64::MAX)
    }
}

/// One command of a clerk, with all times that it was sent.
#[derive(Debug, Clone)]
struct Attempt {
    ttn: Ttn,
    street: String,
    fence: Option<u64>,
    sessions: BTreeSet<SessionId>,
    sent: Moment,
    answers: Vec<(Answer, Moment)>,
}

impl Attempt {
    fn answered(&self) -> Option<Moment> {
        self.answers.iter().map(|(_, at)| *at).min()
    }

    fn done(&self) -> bool {
        self.answers.iter().any(|(answer, _)| *answer == Answer::Done)
    }
}

/// The commands of all clerks, by the street that only they name.
fn attempts(lines: &[Line]) -> BTreeMap<String, Attempt> {
    let mut by_street: BTreeMap<String, Attempt> = BTreeMap::new();
    let mut streets: HashMap<CommandId, String> = HashMap::new();
    for line in lines {
        if let Did::Asked { command, street, fence } = &line.did {
            streets.insert(*command, street.clone());
            let attempt = by_street.entry(street.clone()).or_insert_with(|| Attempt {
                ttn: line.ttn,
                street: street.clone(),
                fence: *fence,
                sessions: BTreeSet::new(),
                sent: line.at.sent,
                answers: Vec::new(),
            });
            attempt.sent = attempt.sent.min(line.at.sent);
            attempt.sessions.insert(line.session);
        }
    }
    for line in lines {
        if let Did::Answered { command, answer } = line.did
            && let Some(attempt) = streets.get(&command).and_then(|street| by_street.get_mut(street))
        {
            attempt.answers.push((answer, line.at.answered));
        }
    }
    by_street
}

/// Judges a scenario.
pub fn judge(evidence: &Evidence, demands: Demands) -> Verdict {
    let attempts = attempts(&evidence.lines);
    let mut wrong = commands::check(evidence, &attempts);
    wrong.extend(tokens::check(evidence, &attempts));
    if demands.polite {
        wrong.extend(beliefs::check(evidence));
    }
    if demands.in_turn {
        wrong.extend(line::check(&evidence.lines));
    }
    wrong.sort();
    let count = |kind: fn(&Did) -> bool| {
        u64::try_from(evidence.lines.iter().filter(|line| kind(&line.did)).count()).unwrap_or(u64::MAX)
    };
    Verdict {
        operations: count(|did| !matches!(did, Did::LetGo | Did::Slept | Did::Asked { .. } | Did::Heard)),
        unknown: u64::try_from(attempts.values().filter(|attempt| attempt.answers.is_empty()).count())
            .unwrap_or(u64::MAX),
        beliefs: beliefs::shared(&evidence.lines),
        passed: count(|did| matches!(did, Did::HandedOver | Did::Loaded { by_force: true, .. })),
        waits: count(|did| matches!(did, Did::Waited { granted: true, .. })),
        slept: count(|did| matches!(did, Did::Slept)),
        refused: count(|did| matches!(did, Did::Answered { answer: Answer::LockLost, .. })),
        wrong,
    }
}

/// Lines of each order, in the order in which they were answered.
fn by_order(lines: &[Line]) -> BTreeMap<Ttn, Vec<&Line>> {
    let mut orders: BTreeMap<Ttn, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        orders.entry(line.ttn).or_default().push(line);
    }
    for lines in orders.values_mut() {
        lines.sort_by_key(|line| line.at.answered);
    }
    orders
}
