//! The short version of `make faults`: every storm with a few faults, every script, every planted bug. The seed is printed; with
//! `SEED=…` the same choices are made again.

use std::sync::Arc;

use postoffice_tests::faults::{
    dice::Dice,
    locks::{bit, planted, run_script, scripts::Script, storm, storms},
    report::{Outcome, table},
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Stages that stand at the same time.
const AT_ONCE: usize = 4;

fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125)
}

/// Plays all of them, a few at a time; in the order in which they were given.
async fn all<F>(plays: Vec<F>) -> Vec<Outcome>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut playing = JoinSet::new();
    for (number, play) in plays.into_iter().enumerate() {
        let places = Arc::clone(&places);
        playing.spawn(async move {
            let _place = places.acquire().await.expect("nobody closes it");
            (number, play.await)
        });
    }
    let mut outcomes = playing.join_all().await;
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn report(outcomes: &[Outcome]) {
    println!("seed {}\n{}", seed(), table(outcomes));
    let bad: Vec<&Outcome> = outcomes.iter().filter(|one| !one.holds).collect();
    assert!(bad.is_empty(), "seed {}: {bad:#?}", seed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_nobody_writes_under_another() {
    let plays = (1..).zip(&storms::ALL).map(|(number, one)| async move {
        storm::run(one, one.faults.1, Dice::new(seed()).fork(number).throw()).await
    });
    let outcomes = all(plays.collect()).await;
    report(&outcomes);
    assert!(bit(&outcomes), "the faults did not bite");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_goes_as_the_protocol_says() {
    report(&all(Script::ALL.map(|script| run_script(script, seed())).into()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_bug_is_caught() {
    report(&all(planted::ALL.map(|bug| planted::run(bug, seed())).into()).await);
}
