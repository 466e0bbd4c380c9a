//! Bugs that are planted in the server, each with the script that must catch it and what it must be caught by. A suite that lets one of them
//! pass proves nothing. (`postoffice_runtime::planted!`, `backend/server/src/locks/planted.rs`)

use super::{
    judge::{Wrong, judge},
    scripts::{DEMANDS, Script},
    stage::Stage,
};
use crate::faults::{dice::Dice, report::Outcome};

/// A planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// As `POSTOFFICE_PLANTED` names it.
    pub name: &'static str,
    /// What catches it.
    pub script: Script,
    /// What it must be caught by.
    pub by: fn(&Wrong) -> bool,
}

/// All of them.
pub const ALL: [Bug; 12] = [
    Bug { name: "locks.release_anyones", script: Script::Asleep, by: |wrong| matches!(wrong, Wrong::Shared(_)) },
    Bug {
        name: "locks.renew_anyones",
        script: Script::Asleep,
        by: |wrong| matches!(wrong, Wrong::RenewedAfterLoss(_)),
    },
    Bug {
        name: "locks.renew_makes_again",
        script: Script::CameAndWent,
        by: |wrong| matches!(wrong, Wrong::RenewedAfterLoss(_)),
    },
    Bug { name: "locks.acquire_overwrites", script: Script::Both, by: |wrong| matches!(wrong, Wrong::Shared(_)) },
    Bug { name: "locks.acquire_jumps_line", script: Script::Jump, by: |wrong| matches!(wrong, Wrong::OutOfTurn(_)) },
    Bug { name: "locks.line_last_first", script: Script::InLine, by: |wrong| matches!(wrong, Wrong::OutOfTurn(_)) },
    Bug {
        name: "locks.grant_to_dead",
        script: Script::DeadWaiter,
        by: |wrong| matches!(wrong, Wrong::GrantedToDead(_)),
    },
    Bug { name: "store.fence_unchecked", script: Script::Asleep, by: |wrong| matches!(wrong, Wrong::Stale(_)) },
    Bug {
        name: "store.load_without_token",
        script: Script::Asleep,
        by: |wrong| matches!(wrong, Wrong::TokenNotGrown(..)),
    },
    Bug {
        name: "store.take_over_keeps_token",
        script: Script::TakeOver,
        by: |wrong| matches!(wrong, Wrong::TokenTwice(..)),
    },
    Bug {
        name: "store.short_command_unstamped",
        script: Script::ShortCommand,
        by: |wrong| matches!(wrong, Wrong::Stale(_)),
    },
    Bug { name: "store.answer_not_kept", script: Script::SentAgain, by: |wrong| matches!(wrong, Wrong::TwoAnswers(_)) },
];

/// On a machine that is busy with other things a script may miss its moment; a bug that is never caught in so many plays is not caught.
const PLAYS: u64 = 3;

/// Runs the script against a server with the bug. `holds`: it was caught.
pub async fn run(bug: Bug, seed: u64) -> Outcome {
    let mut played = 1;
    loop {
        let outcome = play(bug, seed).await;
        if outcome.holds || played == PLAYS {
            return Outcome { faults: played, ..outcome };
        }
        played += 1;
    }
}

async fn play(bug: Bug, seed: u64) -> Outcome {
    let planted = [("POSTOFFICE_PLANTED", bug.name.to_owned())];
    let mut stage = Stage::build(1, Dice::new(seed), &planted).await;
    let ttn = stage.ttns[0];
    bug.script.play(&mut stage, ttn).await;
    let verdict = judge(&stage.evidence(Vec::new()).await, DEMANDS);
    Outcome { holds: verdict.wrong.iter().any(bug.by), ..super::outcome("planted", bug.name, &verdict, seed) }
}
