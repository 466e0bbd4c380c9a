//! The lock suite: histories of clerks on a few orders, under faults. The promise that is put to the test is docs/LOCKS.md: **no change from
//! a session after another one had loaded**, tokens strictly increasing, each order linearizable, nothing acknowledged lost or done twice.
//!
//! - [`stage`]: server, SQLite, [`redis`] and short leases
//! - [`clerk`], [`shift`]: who works there, [`journal`] what they were told
//! - [`witness`]: what the database saw
//! - [`storm`], [`harm`]: by chance; [`scripts`]: by plan
//! - [`judge`]: what must hold
//! - [`planted`]: bugs that must be caught

pub mod clerk;
pub mod divided;
pub mod harm;
pub mod journal;
pub mod judge;
pub mod planted;
pub mod redis;
pub mod scripts;
pub mod shift;
pub mod stage;
pub mod storm;
pub mod storms;
pub mod witness;

use self::{
    judge::{Verdict, Wrong, judge},
    scripts::Script,
    stage::Stage,
};
use super::{dice::Dice, report::Outcome};

/// How many findings of one scenario are named.
const NAMED: usize = 5;

/// Plays a script on a server without bugs and judges it.
///
/// # Panics
/// It cannot be played.
pub async fn run_script(script: Script, seed: u64) -> Outcome {
    let mut stage = Stage::build(1, Dice::new(seed), &[]).await;
    let ttn = stage.ttns[0];
    script.play(&mut stage, ttn).await;
    let verdict = judge(&stage.evidence(Vec::new()).await, scripts::DEMANDS);
    Outcome { faults: verdict.slept, ..outcome("locks", script.name(), &verdict, seed) }
}

/// The line of the report for a verdict.
fn outcome(suite: &str, scenario: &str, verdict: &Verdict, seed: u64) -> Outcome {
    Outcome {
        suite: suite.to_owned(),
        scenario: scenario.to_owned(),
        engine: "sqlite".to_owned(),
        faults: 0,
        operations: verdict.operations,
        lost: verdict.count(|wrong| matches!(wrong, Wrong::Lost(_))),
        doubled: verdict
            .count(|wrong| matches!(wrong, Wrong::Doubled(..) | Wrong::DoneThoughRefused(_) | Wrong::Unasked(_))),
        stale: verdict.count(|wrong| matches!(wrong, Wrong::Stale(_))),
        missed: verdict.count(|wrong| matches!(wrong, Wrong::Missed(..))),
        unknown: verdict.unknown,
        counted: vec![
            ("both believed".to_owned(), verdict.beliefs),
            ("passed on".to_owned(), verdict.passed),
            ("waited".to_owned(), verdict.waits),
            ("refused".to_owned(), verdict.refused),
        ],
        holds: verdict.wrong.is_empty(),
        found: verdict.wrong.iter().take(NAMED).map(|wrong| format!("{wrong:?}")).collect(),
        seed,
    }
}

/// Whether the faults bit: somewhere two clerks believed at the same moment that they held one lock.
pub fn bit(outcomes: &[Outcome]) -> bool {
    outcomes.iter().flat_map(|one| &one.counted).any(|(name, count)| name == "both believed" && *count > 0)
}
