//! Bugs that are planted in the server, each with the storms that must bring it to light and what it must be caught by.

use std::time::Duration;

use super::{
    SHORT,
    harm::Harm,
    judge::{Wrong, judge},
    world::{Plan, World},
};
use crate::faults::{database::Engine, dice::Dice, report::Outcome};

/// A planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// As `POSTOFFICE_PLANTED` names it.
    pub name: &'static str,
    /// Where it is.
    pub on: Engine,
    /// What brings it to light, and how many storms of it.
    pub by: (Harm, u64),
    /// What it must be caught by.
    pub wrong: fn(&Wrong) -> bool,
}

const fn missed(wrong: &Wrong) -> bool {
    matches!(wrong, Wrong::Missed(..))
}

/// All of them.
pub const ALL: [Bug; 9] = [
    Bug { name: "resume.replay_off_by_one", on: Engine::Sqlite, by: (Harm::Reset, 2), wrong: missed },
    Bug {
        name: "resume.live_before_replay",
        on: Engine::Sqlite,
        by: (Harm::Reset, 5),
        wrong: |wrong| matches!(wrong, Wrong::OutOfOrder(_)),
    },
    Bug { name: "resume.attached_late", on: Engine::Sqlite, by: (Harm::Reset, 4), wrong: missed },
    Bug { name: "fan_out.hole_passed_over", on: Engine::Sqlite, by: (Harm::RedisEmpty, 3), wrong: missed },
    Bug { name: "fan_out.drops_last_of_tick", on: Engine::Sqlite, by: (Harm::Reset, 1), wrong: missed },
    Bug {
        name: "store.answer_not_kept",
        on: Engine::Sqlite,
        by: (Harm::Cut, 4),
        wrong: |wrong| matches!(wrong, Wrong::Doubled(_) | Wrong::Refused(..)),
    },
    Bug { name: "hub.drops_frames_of_the_slow", on: Engine::Sqlite, by: (Harm::SlowReaders, 1), wrong: missed },
    Bug {
        name: "store.lost_commit_is_new_work",
        on: Engine::Postgres,
        by: (Harm::CommitCut, 8),
        wrong: |wrong| matches!(wrong, Wrong::Doubled(_)),
    },
    Bug {
        name: "store.lost_commit_is_done",
        on: Engine::Postgres,
        by: (Harm::CommitCut, 8),
        wrong: |wrong| matches!(wrong, Wrong::Lost(_)),
    },
];

/// Busier than an office, so that the moment of a bug is met.
const BUSY: Plan =
    Plan { engine: Engine::Sqlite, servers: 1, desktops: 16, pause: Duration::from_millis(130), planted: None };
/// On a machine that is busy with other things a play may miss its moment; a bug that is never caught in so many plays is not caught.
const PLAYS: u64 = 6;

/// Plays it with the bug. `holds`: it was caught.
pub async fn run(bug: Bug, seed: u64) -> Outcome {
    let mut played = 1;
    loop {
        let outcome = play(bug, seed + played).await;
        if outcome.holds || played == PLAYS {
            return Outcome { faults: played, ..outcome };
        }
        played += 1;
    }
}

async fn play(bug: Bug, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let mut world = World::build(Plan { engine: bug.on, planted: Some(bug.name), ..BUSY }, &dice).await;
    let (harm, storms) = bug.by;
    harm.inject(&mut world, storms, &mut dice).await;
    let verdict = judge(&world.settle().await, SHORT.demands);
    Outcome {
        holds: verdict.wrong.iter().any(bug.wrong),
        ..super::outcome("planted", bug.name, bug.on, &verdict, seed)
    }
}
