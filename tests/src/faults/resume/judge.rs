//! What must hold: every desktop was told every change once and in order, and every command was carried out once and ended as its desktop
//! was told.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use postoffice_domain::ttn::Ttn;

use super::{
    journal::{Command, Journal, Told, What},
    written::{Written, written},
};
use crate::faults::database::Database;

/// All that is left when all is quiet.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What the desktops lived through.
    pub journals: Vec<Journal>,
    /// The last publish number.
    pub last: u64,
    /// Orders: number in the description, TTN.
    pub orders: Vec<(u32, String)>,
    /// Changes of place that stand on timelines: TTN, number of the street.
    pub moves: Vec<(String, u32)>,
    /// Most resident memory of the server, in MB.
    pub peak_mb: u64,
    /// Sockets that the server closed with 1013. Counted there: a reader that takes nothing does not see the code either.
    pub too_slow: u64,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// A desktop was never told of these, from and to.
    Missed(u64, u64),
    /// A desktop was told of this after a later one.
    OutOfOrder(u64),
    /// A desktop was told of this twice.
    Twice(u64),
    /// A desktop that could have been told what it missed had to load everything.
    Resync,
    /// A session was not known any more.
    Stranger,
    /// A command never came to its end.
    Unanswered(What),
    /// A command was refused for good.
    Refused(What, String),
    /// A command came to two ends.
    Contradicted(What, Vec<Told>),
    /// Told as done, and not there.
    Lost(What),
    /// There twice, or not as told.
    Doubled(String),
    /// The server took more memory than it may, in MB.
    Memory(u64),
    /// One in a hundred came back later than it may.
    Late(Duration),
}

/// What must hold besides.
#[derive(Debug, Clone, Copy)]
pub struct Demands {
    /// 99 of 100 come back within this.
    pub back_within: Duration,
    /// The server takes at most this, in MB.
    pub memory_mb: u64,
}

/// The verdict.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What went wrong.
    pub wrong: Vec<Wrong>,
    /// Commands that came to their end.
    pub ended: u64,
    /// Commands that were sent again.
    pub again: u64,
    /// Changes that desktops were told.
    pub changes: u64,
    /// Times that a desktop came back.
    pub returns: u64,
    /// 99 of 100 came back within this.
    pub p99: Duration,
    /// Sockets closed because their desktops read too slowly.
    pub too_slow: u64,
    /// Most memory of the server, in MB.
    pub peak_mb: u64,
}

impl Verdict {
    /// How many of a kind went wrong.
    pub fn count(&self, kind: impl Fn(&Wrong) -> bool) -> u64 {
        u64::try_from(self.wrong.iter().filter(|wrong| kind(wrong)).count()).unwrap_or(u64::MAX)
    }
}

impl Evidence {
    /// Reads what the database holds.
    ///
    /// # Panics
    /// It cannot be read.
    pub async fn gather(journals: Vec<Journal>, database: &Database, peak_mb: u64, too_slow: u64) -> Self {
        let Written { last, orders, moves } = written(database).await.expect("the database can be read");
        Self { journals, last, orders, moves, peak_mb, too_slow }
    }
}

/// Judges.
pub fn judge(seen: &Evidence, demands: Demands) -> Verdict {
    let mut verdict = Verdict { peak_mb: seen.peak_mb, too_slow: seen.too_slow, ..Verdict::default() };
    for journal in &seen.journals {
        changes(journal, seen.last, &mut verdict);
        verdict.wrong.extend((0..journal.resyncs).map(|_| Wrong::Resync));
        verdict.wrong.extend((0..journal.strangers).map(|_| Wrong::Stranger));
    }
    commands(seen, &mut verdict);
    let mut returns: Vec<Duration> = seen.journals.iter().flat_map(|journal| journal.returns.iter().copied()).collect();
    returns.sort_unstable();
    verdict.returns = u64::try_from(returns.len()).unwrap_or(u64::MAX);
    verdict.p99 = returns.get(returns.len().saturating_sub(1) * 99 / 100).copied().unwrap_or_default();
    if verdict.p99 > demands.back_within {
        verdict.wrong.push(Wrong::Late(verdict.p99));
    }
    if verdict.peak_mb > demands.memory_mb {
        verdict.wrong.push(Wrong::Memory(verdict.peak_mb));
    }
    verdict
}

/// All of them, once, in order.
fn changes(journal: &Journal, last: u64, verdict: &mut Verdict) {
    verdict.changes += u64::try_from(journal.came.len()).unwrap_or(u64::MAX);
    let mut met: HashSet<u64> = HashSet::new();
    let mut highest = journal.since;
    for sequence in &journal.came {
        if !met.insert(*sequence) || *sequence <= journal.since {
            verdict.wrong.push(Wrong::Twice(*sequence));
        } else if *sequence < highest {
            verdict.wrong.push(Wrong::OutOfOrder(*sequence));
        }
        highest = highest.max(*sequence);
    }
    let mut hole: Option<(u64, u64)> = None;
    for sequence in journal.since + 1..=last {
        if met.contains(&sequence) {
            verdict.wrong.extend(hole.take().map(|(from, to)| Wrong::Missed(from, to)));
        } else {
            hole = Some((hole.map_or(sequence, |(from, _)| from), sequence));
        }
    }
    verdict.wrong.extend(hole.map(|(from, to)| Wrong::Missed(from, to)));
}

/// Each is carried out once and ended as told.
fn commands(seen: &Evidence, verdict: &mut Verdict) {
    let mut orders: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for (number, ttn) in &seen.orders {
        orders.entry(*number).or_default().push(ttn);
    }
    let mut moves: HashMap<(&str, u32), u32> = HashMap::new();
    for (ttn, street) in &seen.moves {
        *moves.entry((ttn, *street)).or_default() += 1;
    }
    for command in seen.journals.iter().flat_map(|journal| &journal.commands) {
        verdict.again += u64::from(command.sent.saturating_sub(1));
        let Some(told) = end(command, verdict) else { continue };
        let (ttns, times) = match &command.what {
            What::Register(number) => {
                let ttns = orders.remove(number).unwrap_or_default();
                let times = ttns.len();
                (ttns, times)
            }
            What::Move(ttn, street) => {
                let times = moves.get(&(ttn.to_string().as_str(), *street)).copied().unwrap_or(0);
                (Vec::new(), usize::try_from(times).unwrap_or(usize::MAX))
            }
        };
        let is_other = |ttn: &Ttn| ttns.iter().any(|there| *there != ttn.to_string());
        match (told, times) {
            (Told::Done(_), 0) => verdict.wrong.push(Wrong::Lost(command.what.clone())),
            (Told::Done(Some(ttn)), 1) if is_other(ttn) => {
                verdict.wrong.push(Wrong::Doubled(format!("{:?} has another number", command.what)));
            }
            (Told::Done(_), 1) | (Told::Refused(_), 0) => {}
            (told, times) => {
                verdict.wrong.push(Wrong::Doubled(format!("{:?}: {times} times, told {told:?}", command.what)));
            }
        }
    }
    // Done, and nobody was told: of commands that never came to an end, which are named above.
}

/// What a desktop was told about the end of a command, if it was told one thing.
fn end<'a>(command: &'a Command, verdict: &mut Verdict) -> Option<&'a Told> {
    let Some(first) = command.told.first() else {
        verdict.wrong.push(Wrong::Unanswered(command.what.clone()));
        return None;
    };
    verdict.ended += 1;
    if command.told.iter().any(|told| told != first) {
        verdict.wrong.push(Wrong::Contradicted(command.what.clone(), command.told.clone()));
    }
    if let Told::Refused(why) = first {
        verdict.wrong.push(Wrong::Refused(command.what.clone(), why.clone()));
    }
    Some(first)
}

#[cfg(test)]
mod tests;
