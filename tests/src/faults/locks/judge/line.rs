//! First come, first served, and nothing to the dead.

use std::{collections::BTreeMap, time::Duration};

use postoffice_protocol::session::SessionId;

use super::{Wrong, by_order};
use crate::faults::{
    locks::journal::{Did, Line},
    moment::Moment,
};

/// A waiter that said nothing for so long is passed over (docs/LOCKS.md).
const ALIVE: Duration = Duration::from_secs(7);
/// For the way of a message and the turn of a process.
const SLACK: Duration = Duration::from_millis(500);

/// From joining the line to the grant.
struct Stay {
    session: SessionId,
    /// Answered for the first time, that is: certainly in line.
    joined: Moment,
    /// Asked for the first time, that is: certainly not in line before.
    came: Moment,
    /// Signs of life before the end.
    signs: Vec<Moment>,
    /// The question that was answered "it is yours", or that told to leave.
    ended: Option<Moment>,
    granted: bool,
}

pub(super) fn check(lines: &[Line]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (ttn, lines) in by_order(lines) {
        let stays = stays(&lines);
        if stays.iter().any(|one| one.granted && stays.iter().any(|other| passed_over(other, one))) {
            wrong.push(Wrong::OutOfTurn(ttn));
        }
        if lines.iter().any(|line| stays.iter().any(|stay| jumped(line, stay, &stays))) {
            wrong.push(Wrong::OutOfTurn(ttn));
        }
        let died = |heard: &&Line, stay: &Stay| {
            heard.session == stay.session && stay.ended.is_none() && heard.at.sent > stay.last().after(ALIVE + SLACK)
        };
        let heard = lines.iter().filter(|line| line.did == Did::Heard);
        if heard.into_iter().any(|heard| stays.iter().any(|stay| died(heard, stay))) {
            wrong.push(Wrong::GrantedToDead(ttn));
        }
    }
    wrong
}

/// Whether `one` was served while `other`, who had been there before it came, still waited and lived on.
fn passed_over(other: &Stay, one: &Stay) -> bool {
    let Some(served) = one.ended else { return false };
    other.session != one.session
        && other.joined < one.came
        && other.ended.is_none_or(|ended| ended > served)
        && other.last() > served
}

/// Whether a lock was simply opened by somebody who did not wait, although this one did and was alive.
fn jumped(line: &Line, stay: &Stay, stays: &[Stay]) -> bool {
    let sign = stay.signs.iter().filter(|sign| **sign < line.at.sent).max();
    matches!(line.did, Did::Loaded { by_force: false, .. })
        && stays.iter().all(|own| own.session != line.session)
        && sign.is_some_and(|sign| line.at.answered < sign.after(ALIVE.saturating_sub(SLACK)))
        && stay.ended.is_none_or(|ended| ended > line.at.answered)
}

impl Stay {
    fn last(&self) -> Moment {
        self.signs.iter().max().copied().unwrap_or(self.joined)
    }
}

fn stays(lines: &[&Line]) -> Vec<Stay> {
    let mut open: BTreeMap<SessionId, Stay> = BTreeMap::new();
    let mut stays = Vec::new();
    for line in lines {
        match line.did {
            Did::Waited { granted, .. } => {
                let stay = open.entry(line.session).or_insert_with(|| Stay {
                    session: line.session,
                    joined: line.at.answered,
                    came: line.at.sent,
                    signs: Vec::new(),
                    ended: None,
                    granted: false,
                });
                if granted {
                    stay.ended = Some(line.at.sent);
                    stay.granted = true;
                    stays.extend(open.remove(&line.session));
                } else {
                    stay.signs.push(line.at.answered);
                }
            }
            Did::Left => {
                if let Some(mut stay) = open.remove(&line.session) {
                    stay.ended = Some(line.at.sent);
                    stays.push(stay);
                }
            }
            _ => {}
        }
    }
    stays.extend(open.into_values());
    stays
}
