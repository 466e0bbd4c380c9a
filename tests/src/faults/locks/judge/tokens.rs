//! Tokens grow, no change comes from a session after another one had loaded, and each order's history is linearizable.
//!
//! No search is needed for the last one: the database has said in which order things happened. It is checked that this order obeys real
//! time, and that every answer fits the state at some moment between question and answer.

use std::collections::{BTreeMap, HashMap, HashSet};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::session::SessionId;

use super::{Attempt, Evidence, Wrong, by_order};
use crate::faults::{
    locks::{
        journal::{Answer, Did, Line},
        witness::What,
    },
    moment::Moment,
};

/// A load as its clerk was answered.
struct Load<'a> {
    line: &'a Line,
    fence: u64,
    street: &'a str,
}

/// Something that happened to one order, as the database saw it.
enum Step<'a> {
    /// A session loaded it.
    Loaded { fence: u64, session: SessionId },
    /// A change of place.
    Moved { street: &'a str },
}

/// The steps of each order.
type Steps<'a> = BTreeMap<Ttn, Vec<Step<'a>>>;

pub(super) fn check(evidence: &Evidence, attempts: &BTreeMap<String, Attempt>) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let steps = walk(evidence, attempts, &mut wrong);
    let lines = by_order(&evidence.lines);
    for (ttn, steps) in &steps {
        let loads: Vec<Load<'_>> = lines.get(ttn).into_iter().flatten().filter_map(|line| load(line)).collect();
        wrong.extend(told_apart(*ttn, &loads, steps));
        wrong.extend(missed(*ttn, &loads, steps));
        wrong.extend(in_time(*ttn, &loads, steps, attempts));
        wrong.extend(refused_rightly(*ttn, &loads, steps, attempts));
    }
    // Loads of an order of which the database saw nothing at all.
    for (ttn, lines) in lines.iter().filter(|(ttn, _)| !steps.contains_key(ttn)) {
        wrong.extend(lines.iter().filter_map(|line| load(line)).map(|load| Wrong::TokenUnstamped(*ttn, load.fence)));
    }
    wrong
}

fn load(line: &Line) -> Option<Load<'_>> {
    match &line.did {
        Did::Loaded { fence, street, .. } => Some(Load { line, fence: *fence, street }),
        _ => None,
    }
}

/// Goes through what the database saw and looks at every change with the eyes of the guard, without trusting it.
fn walk<'a>(evidence: &'a Evidence, attempts: &BTreeMap<String, Attempt>, wrong: &mut Vec<Wrong>) -> Steps<'a> {
    let mut steps: Steps<'a> = BTreeMap::new();
    // Who loaded last, under which token. A short command counts as a load.
    let mut last: HashMap<Ttn, (u64, Option<SessionId>)> = HashMap::new();
    for seen in &evidence.seen {
        let steps = steps.entry(seen.ttn).or_default();
        let last = last.entry(seen.ttn).or_default();
        match &seen.what {
            // The changes that follow tell how it came to this.
            What::Stamped { moved: true, .. } | What::Stamped { session: None, .. } => {}
            What::Stamped { before, fence, session: Some(session), .. } => {
                if fence <= before {
                    wrong.push(Wrong::TokenNotGrown(seen.ttn, *fence));
                }
                *last = (*fence, Some(*session));
                steps.push(Step::Loaded { fence: *fence, session: *session });
            }
            What::Moved { street } => {
                steps.push(Step::Moved { street });
                let Some(attempt) = attempts.get(street) else { continue };
                let theirs = last.1.is_some_and(|session| attempt.sessions.contains(&session));
                match attempt.fence {
                    Some(fence) if theirs && last.0 == fence => {}
                    Some(_) => wrong.push(Wrong::Stale(street.clone())),
                    None if theirs => {}
                    None => *last = (last.0 + 1, attempt.sessions.first().copied()),
                }
            }
        }
    }
    steps
}

/// Every load has a token of its own, and the database gave it to this session.
fn told_apart(ttn: Ttn, loads: &[Load<'_>], steps: &[Step<'_>]) -> Vec<Wrong> {
    let given: HashSet<(u64, SessionId)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Loaded { fence, session } => Some((*fence, *session)),
            Step::Moved { .. } => None,
        })
        .collect();
    let (mut wrong, mut known) = (Vec::new(), HashSet::new());
    for load in loads {
        if !given.contains(&(load.fence, load.line.session)) {
            wrong.push(Wrong::TokenUnstamped(ttn, load.fence));
        }
        if !known.insert(load.fence) {
            wrong.push(Wrong::TokenTwice(ttn, load.fence));
        }
    }
    wrong
}

/// Every load showed at least what was written before its token was given.
fn missed(ttn: Ttn, loads: &[Load<'_>], steps: &[Step<'_>]) -> Vec<Wrong> {
    let places: HashMap<&str, usize> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match step {
            Step::Moved { street } => Some((*street, at)),
            Step::Loaded { .. } => None,
        })
        .collect();
    let stale_view = |load: &&Load<'_>| {
        let Some(loaded_at) = loaded_at(steps, load.fence) else { return false };
        let written = steps[..loaded_at].iter().rposition(|step| matches!(step, Step::Moved { .. }));
        written.is_some_and(|written| places.get(load.street).is_none_or(|shown| *shown < written))
    };
    loads.iter().filter(stale_view).map(|load| Wrong::Missed(ttn, load.fence)).collect()
}

fn loaded_at(steps: &[Step<'_>], wanted: u64) -> Option<usize> {
    steps.iter().position(|step| matches!(step, Step::Loaded { fence, .. } if *fence == wanted))
}

/// When a step was asked for and when its clerk knew of it; unknown ones fit everywhere.
fn times(
    step: &Step<'_>,
    loads: &[Load<'_>],
    attempts: &BTreeMap<String, Attempt>,
) -> (Option<Moment>, Option<Moment>) {
    match step {
        Step::Loaded { fence, .. } => {
            let load = loads.iter().find(|load| load.fence == *fence);
            (load.map(|load| load.line.at.sent), load.map(|load| load.line.at.answered))
        }
        Step::Moved { street } => {
            let attempt = attempts.get(*street);
            (attempt.map(|attempt| attempt.sent), attempt.and_then(Attempt::answered))
        }
    }
}

/// What was over before something else was asked for was committed before it.
fn in_time(ttn: Ttn, loads: &[Load<'_>], steps: &[Step<'_>], attempts: &BTreeMap<String, Attempt>) -> Option<Wrong> {
    let mut latest_sent = Moment::default();
    for step in steps {
        let (sent, answered) = times(step, loads, attempts);
        if answered.is_some_and(|answered| answered < latest_sent) {
            return Some(Wrong::OutOfTime(ttn));
        }
        latest_sent = latest_sent.max(sent.unwrap_or_default());
    }
    None
}

/// Whoever is told `lock_lost` has lost it: something that came after its load was asked for before the refusal was heard.
fn refused_rightly(
    ttn: Ttn,
    loads: &[Load<'_>],
    steps: &[Step<'_>],
    attempts: &BTreeMap<String, Attempt>,
) -> Vec<Wrong> {
    let wrongly = |attempt: &&Attempt| {
        let refused = attempt.answers.iter().find(|(answer, _)| *answer == Answer::LockLost);
        let (Some((_, refused)), Some(fence)) = (refused, attempt.fence) else { return false };
        // Another session than the one that loaded (its clerk had to sign in again) has no lock.
        let own = loads
            .iter()
            .any(|load| load.fence == fence && attempt.sessions.iter().all(|one| *one == load.line.session));
        let Some(loaded_at) = loaded_at(steps, fence).filter(|_| own) else { return false };
        let after = steps.get(loaded_at + 1);
        after.is_none_or(|step| times(step, loads, attempts).0.is_some_and(|sent| sent > *refused))
    };
    let refused = attempts.values().filter(|attempt| attempt.ttn == ttn).filter(wrongly);
    refused.map(|attempt| Wrong::RefusedForNothing(attempt.street.clone())).collect()
}
