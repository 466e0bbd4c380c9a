//! What must hold, whoever died.

use std::collections::{BTreeMap, HashMap, HashSet, btree_map::Entry};

use super::{
    clerk::Told,
    evidence::{Event, Evidence},
    network::recognises,
};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// What a clerk was told is not there.
    Lost(u32, Told),
    /// An order, or a message about the same thing, that is there twice or that nobody asked for.
    Doubled(String),
    /// A command was refused although it had to be done.
    Refused(String),
    /// A message, or an event, without an outcome.
    NoOutcome(String),
    /// A customer got a message twice from an operator that delivers each reference once.
    ToldTwice(String),
    /// The gateway got a message again that it had taken, and Redis had lost nothing.
    SentTwice(String),
    /// It is said to be accepted or delivered, and the gateway never had it.
    NeverSent(String),
    /// It ended `unknown` although no call of it was under way when somebody was killed.
    Unknown(String),
    /// It ended `failed` although the gateway takes everything.
    Failed(String),
    /// A customer was told of a later event before an earlier one.
    OutOfOrder(String),
    /// A publish number that is missing or stands there twice, in SQL or in the stream, or an entry that is not the event of its number.
    Number(i64),
}

/// Which messages may end `unknown`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Doubt {
    /// None: nobody was killed who calls the gateway.
    #[default]
    None,
    /// Those whose own call was under way when a sender was killed, at step 14 or 15: the gateway was asked, and the answer is not written down.
    OfCalls,
    /// Any: a call may be under way in a process that lives, or the gateway lies, or what was known is lost.
    Any,
}

/// What is allowed, because of what was done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowed {
    /// Which messages may end `unknown`.
    pub unknown: Doubt,
    /// Redis lost data: the stream has holes.
    pub redis_lost: bool,
    /// Redis lost all of it: an operator that recognises nothing may get a message again.
    pub called_again: bool,
    /// Events may go again under another number, behind later ones of their order.
    pub again: bool,
}

/// The verdict.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What went wrong.
    pub wrong: Vec<Wrong>,
    /// Messages.
    pub messages: u64,
    /// Messages that ended `unknown`.
    pub unknown: u64,
    /// Of these unknown ones, how many the gateway had never had.
    pub unknown_unsent: u64,
    /// Calls for a message that the gateway had taken before, where the operator recognises none.
    pub again_other: u64,
    /// The same where it does; the customer notices nothing.
    pub again_recognised: u64,
    /// Messages that came to the gateway behind a later one of their order after they were said to be `unknown`: a frozen process may have its call
    /// on the way, and nobody can call it back. Whoever says `unknown` says that it may still come.
    pub unknown_late: u64,
}

/// States of a message in SQL.
const QUEUED: i64 = 0;
const FAILED: i64 = 3;
const UNKNOWN: i64 = 4;
/// Status of an order that was handed over.
const COMPLETED: i64 = 3;

/// Judges.
pub fn judge(seen: &Evidence, allowed: Allowed) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.wrong.extend(seen.refused.iter().cloned().map(Wrong::Refused));
    orders(seen, &mut verdict);
    messages(seen, allowed, &mut verdict);
    if !allowed.again {
        sequence(seen, allowed, &mut verdict);
    }
    numbers(seen, allowed, &mut verdict);
    verdict
}

impl Verdict {
    /// How many of a kind went wrong.
    pub fn count(&self, kind: impl Fn(&Wrong) -> bool) -> u64 {
        u64::try_from(self.wrong.iter().filter(|wrong| kind(wrong)).count()).unwrap_or(u64::MAX)
    }
}

/// Everything acknowledged is there, once, and nothing else.
fn orders(seen: &Evidence, verdict: &mut Verdict) {
    let mut told_of: HashMap<(&str, &str), u32> = HashMap::new();
    for event in &seen.events {
        if let Some(notice) = &event.notice {
            *told_of.entry((&event.ttn, notice)).or_default() += 1;
        }
    }
    let stored: HashMap<&str, (u32, i64)> =
        seen.orders.iter().map(|(number, ttn, status)| (ttn.as_str(), (*number, *status))).collect();
    for (number, (ttn, told)) in &seen.told {
        let ttn = ttn.to_string();
        let has = |notice| told_of.contains_key(&(ttn.as_str(), notice));
        let there = match (stored.get(ttn.as_str()), told) {
            (None, _) => false,
            (Some(_), Told::Registered) => has("accepted"),
            (Some(_), Told::Arrived) => has("arrived"),
            (Some((_, status)), Told::Completed) => *status == COMPLETED && has("completed"),
        };
        if !there {
            verdict.wrong.push(Wrong::Lost(*number, *told));
        }
    }
    for (number, ttn, _) in &seen.orders {
        if seen.told.get(number).is_none_or(|(told, _)| told.to_string() != *ttn) {
            verdict.wrong.push(Wrong::Doubled(format!("order {number}, {ttn}")));
        }
    }
    let twice = told_of.iter().filter(|(_, times)| **times > 1);
    verdict.wrong.extend(twice.map(|((ttn, notice), _)| Wrong::Doubled(format!("{ttn} {notice}"))));
}

/// Every message came to an outcome, and what is said of it is true.
fn messages(seen: &Evidence, allowed: Allowed, verdict: &mut Verdict) {
    let mut calls: HashMap<&str, u64> = HashMap::new();
    // What phones with an operator that delivers each reference once have shown.
    let mut shown: HashMap<(&str, &str), HashSet<&str>> = HashMap::new();
    for taken in &seen.taken {
        *calls.entry(&taken.event_id).or_default() += 1;
        shown.entry((&taken.to, &taken.text)).or_default().insert(&taken.event_id);
    }
    let twice = shown.iter().filter(|(_, events)| events.len() > 1);
    verdict.wrong.extend(twice.map(|((to, text), _)| Wrong::ToldTwice(format!("{to} {text}"))));
    for event in &seen.events {
        let named = || format!("{} {} {}", event.ttn, event.seq, event.notice.as_deref().unwrap_or("-"));
        if event.status != "confirmed" || event.state == Some(QUEUED) {
            verdict.wrong.push(Wrong::NoOutcome(format!("{}: {} {:?}", named(), event.status, event.state)));
        }
        let (Some(state), Some(phone)) = (event.state, event.phone.as_deref()) else { continue };
        verdict.messages += 1;
        let called = calls.get(event.event_id.as_str()).copied().unwrap_or(0);
        let recognised = recognises(phone);
        match state {
            UNKNOWN => {
                verdict.unknown += 1;
                verdict.unknown_unsent += u64::from(called == 0);
                let may_be = match allowed.unknown {
                    Doubt::None => false,
                    Doubt::OfCalls => seen.unanswered.contains(&event.event_id),
                    Doubt::Any => true,
                };
                if !may_be {
                    verdict.wrong.push(Wrong::Unknown(named()));
                }
            }
            FAILED => verdict.wrong.push(Wrong::Failed(named())),
            QUEUED => {}
            _ if called == 0 => verdict.wrong.push(Wrong::NeverSent(named())),
            _ => {}
        }
        *(if recognised { &mut verdict.again_recognised } else { &mut verdict.again_other }) +=
            called.saturating_sub(1);
        if called > 1 && !allowed.called_again {
            verdict.wrong.push(Wrong::SentTwice(named()));
        }
    }
}

/// The messages of an order reach the gateway in the order of its history.
fn sequence(seen: &Evidence, allowed: Allowed, verdict: &mut Verdict) {
    let events: HashMap<&str, &Event> = seen.events.iter().map(|event| (event.event_id.as_str(), event)).collect();
    let mut highest: HashMap<&str, i64> = HashMap::new();
    let mut met = HashSet::new();
    for taken in &seen.taken {
        let Some(event) = events.get(taken.event_id.as_str()) else { continue };
        // A repeat is counted where repeats are.
        if !met.insert(event.event_id.as_str()) {
            continue;
        }
        let before = highest.entry(&event.ttn).or_insert(0);
        if event.seq < *before && allowed.unknown != Doubt::None && event.was_unknown {
            verdict.unknown_late += 1;
        } else if event.seq < *before {
            verdict.wrong.push(Wrong::OutOfOrder(format!("{} {}, state {:?}", event.ttn, event.seq, event.state)));
        }
        *before = event.seq.max(*before);
    }
}

/// Publish numbers have no gap and no double, and the stream has each under its own. An event that went again has two, and nobody else has
/// its first.
fn numbers(seen: &Evidence, allowed: Allowed, verdict: &mut Verdict) {
    let now = seen.events.iter().filter_map(|event| Some((event.publish_seq?, event.event_id.as_str())));
    let earlier = seen.earlier.iter().map(|(number, event_id)| (*number, event_id.as_str()));
    let mut by_number: BTreeMap<i64, &str> = BTreeMap::new();
    for (number, event_id) in now.chain(earlier) {
        match by_number.entry(number) {
            Entry::Vacant(free) => drop(free.insert(event_id)),
            Entry::Occupied(_) => verdict.wrong.push(Wrong::Number(number)),
        }
    }
    if !allowed.again {
        verdict.wrong.extend(seen.earlier.iter().map(|(number, _)| Wrong::Number(*number)));
    }
    let numbered: i64 = by_number.len().try_into().unwrap_or(i64::MAX);
    let gaps = (1..=numbered).filter(|number| !by_number.contains_key(number));
    verdict.wrong.extend(gaps.map(Wrong::Number));
    let mut entries: HashSet<i64> = HashSet::new();
    for (number, event_id) in &seen.stream {
        if by_number.get(number) != Some(&event_id.as_str()) || !entries.insert(*number) {
            verdict.wrong.push(Wrong::Number(*number));
        }
    }
    if !allowed.redis_lost {
        let missing = by_number.keys().filter(|number| !entries.contains(number));
        verdict.wrong.extend(missing.map(|number| Wrong::Number(*number)));
    }
}

#[cfg(test)]
mod tests;
