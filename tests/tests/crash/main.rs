//! `kill -9` in the middle of the main job, on real processes: nothing acknowledged is lost, nothing is told twice.

#[cfg(test)] // so that its functions beside the tests count as test code
mod counter;
#[cfg(test)]
mod ledger;
mod others;
mod server;

use postoffice_domain::ttn::Ttn;

/// Orders of which each was answered before the next was asked for, as rounds for the ledger.
#[cfg(test)]
fn one_by_one(ttns: &[Ttn]) -> Vec<Vec<Ttn>> {
    ttns.iter().map(|ttn| vec![*ttn]).collect()
}
