//! Every acknowledged change is there exactly once, no refused one is.

use std::collections::{BTreeMap, HashMap};

use super::{Attempt, Evidence, Wrong};
use crate::faults::locks::{journal::Answer, witness::What};

pub(super) fn check(evidence: &Evidence, attempts: &BTreeMap<String, Attempt>) -> Vec<Wrong> {
    let mut there: HashMap<&str, usize> = HashMap::new();
    let mut last = HashMap::new();
    for seen in &evidence.seen {
        if let What::Moved { street } = &seen.what {
            *there.entry(street).or_default() += 1;
            last.insert(seen.ttn, street);
        }
    }
    let mut wrong = Vec::new();
    for (street, times) in &there {
        if !attempts.contains_key(*street) {
            wrong.push(Wrong::Unasked((*street).to_owned()));
        }
        if *times > 1 {
            wrong.push(Wrong::Doubled((*street).to_owned(), *times));
        }
    }
    for attempt in attempts.values() {
        let street = || attempt.street.clone();
        let is_there = there.contains_key(attempt.street.as_str());
        let refused = attempt.answers.iter().any(|(answer, _)| *answer != Answer::Done);
        if attempt.done() && !is_there {
            wrong.push(Wrong::Lost(street()));
        }
        if attempt.done() && refused {
            wrong.push(Wrong::TwoAnswers(street()));
        } else if refused && is_there {
            wrong.push(Wrong::DoneThoughRefused(street()));
        }
    }
    let elsewhere =
        last.iter().filter(|(ttn, street)| evidence.places.get(*ttn).is_some_and(|place| place != **street));
    wrong.extend(elsewhere.map(|(ttn, _)| Wrong::Elsewhere(*ttn)));
    wrong
}
