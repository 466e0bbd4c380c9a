//! Bugs that are planted in the server, each with the storms that must bring it to light and what it must be caught by.

use std::time::Duration;

use super::{
    SHORT,
    harm::Harm,
    judge::{Wrong, judge},
    world::{Plan, World},
};
use crate::faults::{dice::Dice, report::Outcome};

/// A planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// As `POSTOFFICE_PLANTED` names it.
    pub name: &'static str,
    /// What brings it to light, and how many storms of it.
    pub by: (Harm, u64),
    /// What it must be caught by.
    pub wrong: fn(&Wrong) -> bool,
}

const fn missed(wrong: &Wrong) -> bool {
    matches!(wrong, Wrong::Missed(..))
}

/// All of them.
pub const ALL: [Bug; 6] = [
    Bug { name: "resume.replay_off_by_one", by: (Harm::Reset, 2), wrong: missed },
    Bug {
        name: "resume.live_before_replay",
        by: (Harm::Reset, 5),
        wrong: |wrong| matches!(wrong, Wrong::OutOfOrder(_)),
    },
    Bug { name: "resume.attached_late", by: (Harm::Reset, 4), wrong: missed },
    Bug { name: "fan_out.hole_passed_over", by: (Harm::RedisEmpty, 3), wrong: missed },
    Bug { name: "fan_out.drops_last_of_tick", by: (Harm::Reset, 1), wrong: missed },
    Bug {
        name: "store.answer_not_kept",
        by: (Harm::Cut, 4),
        wrong: |wrong| matches!(wrong, Wrong::Doubled(_) | Wrong::Refused(..)),
    },
];

/// Busier than an office, so that the moment of a bug is met.
const BUSY: Plan = Plan { desktops: 16, pause: Duration::from_millis(130), planted: None };
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
    let mut world = World::build(Plan { planted: Some(bug.name), ..BUSY }, &dice).await;
    let (harm, storms) = bug.by;
    harm.inject(&mut world, storms, &mut dice).await;
    let verdict = judge(&world.settle().await, SHORT.demands);
    Outcome { holds: verdict.wrong.iter().any(bug.wrong), ..super::outcome("planted", bug.name, &verdict, seed) }
}
