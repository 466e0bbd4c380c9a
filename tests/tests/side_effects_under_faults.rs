//! The short version of `make faults ONLY=side_effects`: every step with a few kills, every harm a few times, every planted bug. The seed is
//! printed; with `SEED=…` the same choices are made again.

use futures_util::{StreamExt, stream};
use postoffice_tests::faults::{
    database::Engine,
    report::{Outcome, table},
    side_effects::{
        claiming, harm, outage, planted, run_harm, run_step, senders,
        steps::{self, Who},
    },
};

/// Kills at each step.
const KILLS: u64 = 4;
/// Worlds that stand at the same time.
const AT_ONCE: usize = 4;

fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125)
}

async fn all<F>(plays: Vec<F>) -> Vec<Outcome>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let played = stream::iter(plays).map(|play| async { tokio::spawn(play).await.expect("it can be played") });
    played.buffered(AT_ONCE).collect().await
}

fn report(outcomes: &[Outcome]) {
    println!("seed {}\n{}", seed(), table(outcomes));
    let bad: Vec<&Outcome> = outcomes.iter().filter(|one| !one.holds).collect();
    assert!(bad.is_empty(), "seed {}: {bad:#?}", seed());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_nothing_is_lost_and_nothing_is_told_twice() {
    report(&all(steps::ALL.iter().map(|step| run_step(step, Engine::Sqlite, KILLS, seed())).collect()).await);
}

/// What the sender does is the same on both engines.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_that_is_killed_at_every_step_loses_nothing() {
    let of_server = steps::ALL.iter().filter(|step| step.who != Who::Sender);
    report(&all(of_server.map(|step| run_step(step, Engine::Postgres, KILLS, seed())).collect()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_every_message_comes_to_its_outcome() {
    report(&all(harm::ALL.map(|(harm, _, faults)| run_harm(harm, Engine::Sqlite, faults, seed())).into()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_frozen_or_dead_sender_had_in_hand_is_sent_once_by_the_others() {
    let mut outcomes = all(senders::ALL.map(|(count, _, rounds)| senders::run(count, rounds, seed())).into()).await;
    outcomes.push(claiming::run(seed()).await);
    report(&outcomes);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_accepted_while_redis_is_away() {
    report(&all(outage::ALL.map(|(outage, [_, _, short])| outage::run(outage, short, seed())).into()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_bug_is_caught() {
    report(&all(planted::ALL.map(|bug| planted::run(bug, seed())).into()).await);
}
