//! The resume suite: desktops work through a bad network while the server dies, connections break in every way there is, readers are slow, Redis
//! loses its stream, PostgreSQL dies, and one of two servers does. What is put to the test is docs/PROTOCOL.md: **no change missed, none out of
//! order, none twice; every command in flight carried out exactly once; everybody back soon; the server's memory bounded**.
//!
//! - [`world`]: servers, SQLite or [`postgres`], Redis, and the network before them (`crate::proxy`)
//! - [`desktop`]: who works there, [`shift`] what they share, [`journal`] what they lived through
//! - [`harm`]: what the storms do
//! - [`judge`]: what must hold, with a look at what was [`written`]
//! - [`planted`]: bugs that must be caught

pub mod desktop;
pub mod harm;
pub mod journal;
pub mod judge;
pub mod planted;
pub mod postgres;
pub mod shift;
pub mod world;
pub mod written;

use std::time::Duration;

use self::{
    harm::Harm,
    judge::{Demands, Verdict, Wrong, judge},
    world::{Plan, World},
};
use super::{database::Engine, dice::Dice, report::Outcome};

/// How many findings of one scenario are named.
const NAMED: usize = 5;

/// How large a run is, and what it must hold.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Who works.
    pub plan: Plan,
    /// What must hold besides the promises.
    pub demands: Demands,
}

/// A hundred desktops with some forty commands a second together. The server is a debug build.
pub const FULL: Size = Size {
    plan: Plan { engine: Engine::Sqlite, servers: 1, desktops: 100, pause: Duration::from_millis(800), planted: None },
    demands: Demands { back_within: Duration::from_secs(5), memory_mb: 150 },
};

/// For a machine that does other things meanwhile: fewer desktops, more patience.
pub const SHORT: Size = Size {
    plan: Plan { engine: Engine::Sqlite, servers: 1, desktops: 16, pause: Duration::from_millis(800), planted: None },
    demands: Demands { back_within: Duration::from_secs(20), memory_mb: 150 },
};

/// Injects so many storms on an engine and judges what is left.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn run(harm: Harm, engine: Engine, storms: u64, size: Size, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let mut world = World::build(Plan { engine, servers: harm.servers(), ..size.plan }, &dice).await;
    let injected = harm.inject(&mut world, storms, &mut dice).await;
    let verdict = judge(&world.settle().await, size.demands);
    let mut outcome = Outcome { faults: injected, ..outcome("resume", harm.name(), engine, &verdict, seed) };
    if injected < storms {
        outcome.holds = false;
        outcome.found.push(format!("after storm {injected} not everybody came back"));
    }
    if verdict.changes == 0 {
        outcome.holds = false;
        outcome.found.push("nobody was told anything: nothing was put to the test".to_owned());
    }
    outcome
}

/// The line of the report for a verdict.
fn outcome(suite: &str, scenario: &str, engine: Engine, verdict: &Verdict, seed: u64) -> Outcome {
    let doubled = |wrong: &Wrong| matches!(wrong, Wrong::Doubled(_) | Wrong::Contradicted(..) | Wrong::Refused(..));
    Outcome {
        suite: suite.to_owned(),
        scenario: scenario.to_owned(),
        engine: engine.name().to_owned(),
        operations: verdict.ended,
        lost: verdict.count(|wrong| matches!(wrong, Wrong::Lost(_) | Wrong::Stranger)),
        doubled: verdict.count(doubled),
        missed: verdict.count(|wrong| matches!(wrong, Wrong::Missed(..) | Wrong::Resync)),
        unknown: verdict.count(|wrong| matches!(wrong, Wrong::Unanswered(_))),
        counted: vec![
            ("out of order".to_owned(), verdict.count(|wrong| matches!(wrong, Wrong::OutOfOrder(_)))),
            ("told twice".to_owned(), verdict.count(|wrong| matches!(wrong, Wrong::Twice(_)))),
            ("changes told".to_owned(), verdict.changes),
            ("sent again".to_owned(), verdict.again),
            ("too slow".to_owned(), verdict.too_slow),
            ("returns".to_owned(), verdict.returns),
            ("p99 ms".to_owned(), u64::try_from(verdict.p99.as_millis()).unwrap_or(u64::MAX)),
            ("peak MB".to_owned(), verdict.peak_mb),
        ],
        holds: verdict.wrong.is_empty(),
        found: verdict.wrong.iter().take(NAMED).map(|wrong| format!("{wrong:?}")).collect(),
        seed,
        ..Outcome::default()
    }
}
