//! The side-effect suite: clerks register, move and hand over parcels while processes are killed at each of the eighteen steps between the
//! frame and the acknowledged stream entry, Redis loses its data and the gateway lies. What is put to the test are docs/OUTBOX.md and
//! docs/SMS.md: **no acknowledged order lost, no message without an outcome, nothing sent twice that the gateway can recognise**.
//!
//! - [`world`]: server, SQLite or PostgreSQL, Redis, sender, and the [`network`] behind them
//! - [`clerk`]: who works there
//! - [`steps`]: where processes die; [`halfway`]: a frame of which half arrives; [`harm`]: by chance, Redis, and a bad gateway
//! - [`senders`]: several senders beside each other; [`claiming`]: what a dead one left; [`outage`]: Redis away for long
//! - [`evidence`], [`judge`]: what is left, and what must hold
//! - [`planted`]: bugs that must be caught

mod account;
pub mod claiming;
pub mod clerk;
pub mod evidence;
pub mod halfway;
pub mod harm;
pub mod judge;
pub mod network;
pub mod outage;
pub mod planted;
pub mod senders;
pub mod steps;
pub mod world;

use std::time::Duration;

use self::{
    harm::Harm,
    judge::{Allowed, Verdict, Wrong, judge},
    steps::{Step, Who},
    world::{Plan, World},
};
use super::{database::Engine, dice::Dice, report::Outcome};

/// How many findings of one scenario are named.
const NAMED: usize = 5;
/// Calls of the gateway at the same time, where that does not matter.
const CALLS: u32 = 4;
/// What has no outcome when nothing has moved for so long has none.
const PATIENCE: Duration = Duration::from_secs(20);

/// Kills the process of a step so many times at it, and judges what is left.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn run_step(step: &Step, engine: Engine, kills: u64, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let plan = Plan { engine, cable: step.who == Who::ServerHalfway, calls: 1, ..Plan::USUAL };
    let mut world = World::build(plan, &dice).await;
    let died = world.kill_at(step, kills, &mut dice).await;
    let left = world.settle(PATIENCE).await;
    let verdict = judge(&left, Allowed { unknown: step.in_doubt, ..Allowed::default() });
    let mut outcome = Outcome { faults: died, ..outcome("side_effects", step.name, engine, &verdict, seed) };
    outcome.operations = left.operations;
    if died < kills {
        outcome.holds = false;
        outcome.found.push(format!("it died only {died} of {kills} times"));
    }
    outcome
}

/// Does a harm so many times and judges what is left.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn run_harm(harm: Harm, engine: Engine, faults: u64, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let mut world = World::build(Plan { engine, ..harm.plan() }, &dice).await;
    let done = harm.inject(&mut world, faults, &mut dice).await;
    let left = world.settle(PATIENCE).await;
    let verdict = judge(&left, harm.allows());
    let mut outcome = Outcome { faults: done, ..outcome("side_effects", harm.name(), engine, &verdict, seed) };
    outcome.operations = left.operations;
    outcome
}

/// The line of the report for a verdict.
fn outcome(suite: &str, scenario: &str, engine: Engine, verdict: &Verdict, seed: u64) -> Outcome {
    let doubled = |wrong: &Wrong| matches!(wrong, Wrong::Doubled(_) | Wrong::ToldTwice(_) | Wrong::Refused(_));
    Outcome {
        suite: suite.to_owned(),
        scenario: scenario.to_owned(),
        engine: engine.name().to_owned(),
        lost: verdict.count(|wrong| matches!(wrong, Wrong::Lost(..) | Wrong::NeverSent(_))),
        doubled: verdict.count(doubled),
        missed: verdict.count(|wrong| matches!(wrong, Wrong::NoOutcome(_))),
        unknown: verdict.unknown,
        counted: vec![
            ("messages".to_owned(), verdict.messages),
            ("unsent".to_owned(), verdict.unknown_unsent),
            ("late".to_owned(), verdict.unknown_late),
            ("recognised".to_owned(), verdict.again_recognised),
            ("told twice".to_owned(), verdict.again_other),
            ("out of order".to_owned(), verdict.count(|wrong| matches!(wrong, Wrong::OutOfOrder(_)))),
            ("bad numbers".to_owned(), verdict.count(|wrong| matches!(wrong, Wrong::Number(_)))),
        ],
        holds: verdict.wrong.is_empty(),
        found: verdict.wrong.iter().take(NAMED).map(|wrong| format!("{wrong:?}")).collect(),
        seed,
        ..Outcome::default()
    }
}
