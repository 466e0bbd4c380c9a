//! `kill -9` in the middle of the main job, on real processes: nothing acknowledged is lost, nothing is told twice.

#[cfg(test)] // so that its functions beside the tests count as test code
mod counter;
#[cfg(test)]
mod ledger;
mod others;
mod server;
