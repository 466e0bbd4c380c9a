//! Who believed to hold a lock, and who held it by right: within a lease that Redis had granted or renewed.

use std::collections::BTreeMap;

use postoffice_protocol::session::SessionId;

use super::{Evidence, Wrong, by_order};
use crate::faults::{
    locks::journal::{Did, Line},
    moment::Moment,
};

/// From when to when a session had something.
type Interval = (SessionId, Moment, Moment);

/// How often two sessions believed at the same moment that they held one lock.
pub(super) fn shared(lines: &[Line]) -> u64 {
    let mut last_sign: BTreeMap<SessionId, Moment> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.did != Did::Heard) {
        let last = last_sign.entry(line.session).or_default();
        *last = line.at.answered.max(*last);
    }
    let count: usize = by_order(lines).values().map(|lines| overlaps(&believed(lines, &last_sign)).count()).sum();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// From the answer that gave it until its clerk knew better; a clerk that was killed believes nothing after its last sign of life.
fn believed(lines: &[&Line], last_sign: &BTreeMap<SessionId, Moment>) -> Vec<Interval> {
    let mut open: BTreeMap<SessionId, Moment> = BTreeMap::new();
    let mut intervals = Vec::new();
    for line in lines {
        match line.did {
            Did::Loaded { .. } => {
                open.entry(line.session).or_insert(line.at.answered);
            }
            Did::LetGo => intervals.extend(open.remove(&line.session).map(|from| (line.session, from, line.at.sent))),
            _ => {}
        }
    }
    let alive = |session: SessionId, from: Moment| last_sign.get(&session).copied().unwrap_or(from);
    intervals.extend(open.into_iter().map(|(session, from)| (session, from, alive(session, from))));
    intervals
}

/// Pairs of intervals of two sessions with a moment in common.
fn overlaps(intervals: &[Interval]) -> impl Iterator<Item = (&Interval, &Interval)> {
    intervals.iter().enumerate().flat_map(move |(at, one)| {
        let others = intervals[at + 1..].iter();
        others.filter(move |two| one.0 != two.0 && one.1.max(two.1) < one.2.min(two.2)).map(move |two| (one, two))
    })
}

/// While nothing is wrong with Redis a lock has one holder, and nobody keeps what another one has loaded since.
pub(super) fn check(evidence: &Evidence) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (ttn, lines) in by_order(&evidence.lines) {
        if overlaps(&held(&lines, evidence.lease)).next().is_some() {
            wrong.push(Wrong::Shared(ttn));
        }
        if renewed_after_loss(&lines, evidence.lease) {
            wrong.push(Wrong::RenewedAfterLoss(ttn));
        }
    }
    wrong
}

/// From each grant or renewal until its lease ends, was given up, or was taken by force. Saving gives up, too.
fn held(lines: &[&Line], lease: u64) -> Vec<Interval> {
    let granted = lines.iter().filter(|line| matches!(line.did, Did::Loaded { .. } | Did::Renewed));
    let interval = |grant: &&Line| {
        // What was under way together with the grant may have come after it.
        let ends = lines.iter().filter(|line| line.at.answered > grant.at.sent && gives_up(line, grant.session));
        let ends = ends.map(|line| line.at.sent).min();
        let lease_ends = Moment(grant.at.sent.0 + lease - lease / 10);
        (grant.session, grant.at.answered, ends.map_or(lease_ends, |end| end.min(lease_ends)))
    };
    granted.map(interval).filter(|(_, from, to)| from < to).collect()
}

/// Whether from the sending of this line on the lock may be somebody else's than `holder`'s by right.
fn gives_up(line: &Line, holder: SessionId) -> bool {
    match line.did {
        Did::LetGo | Did::Asked { .. } | Did::Released | Did::HandedOver | Did::Left => line.session == holder,
        Did::Loaded { by_force: true, .. } | Did::Waited { asking: true, granted: true } => line.session != holder,
        _ => false,
    }
}

/// Whether somebody was told "still yours" after another one had been answered with the order. A load that took longer than a lease may have
/// been late, which is safe and known.
fn renewed_after_loss(lines: &[&Line], lease: u64) -> bool {
    let mut mine: BTreeMap<SessionId, u64> = BTreeMap::new();
    for line in lines {
        match line.did {
            Did::Loaded { fence, .. } => {
                mine.insert(line.session, fence);
            }
            Did::Renewed => {
                let Some(own) = mine.get(&line.session) else { continue };
                let newer = |other: &&&Line| {
                    matches!(other.did, Did::Loaded { fence, .. } if fence > *own)
                        && other.session != line.session
                        && other.at.answered < line.at.sent
                        && other.at.answered.0 - other.at.sent.0 < lease
                };
                if lines.iter().any(|other| newer(&other)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
