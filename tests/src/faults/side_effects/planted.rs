//! Bugs that are planted in server and sender, each with what must bring it to light and what it must be caught by.

use std::time::Duration;

use super::{
    claiming,
    harm::Harm,
    judge::{Allowed, Doubt, Wrong, judge},
    senders,
    steps::{self, Step},
    world::{Plan, World},
};
use crate::faults::{dice::Dice, report::Outcome};

/// What brings a bug to light.
#[derive(Clone, Copy)]
pub enum By {
    /// So many kills at a step of [`steps::ALL`], by its fail point.
    Kills(&'static str, u64),
    /// So many times a harm.
    Harm(Harm, u64),
    /// So many senders, and so many rounds of [`senders`].
    Senders(usize, u64),
    /// What a dead sender left ([`claiming`]).
    Claiming,
}

/// A planted bug.
#[derive(Clone, Copy)]
pub struct Bug {
    /// As `POSTOFFICE_PLANTED` names it.
    pub name: &'static str,
    /// What brings it to light.
    pub by: By,
    /// What it must be caught by.
    pub wrong: fn(&Wrong) -> bool,
}

/// All of them.
pub const ALL: [Bug; 15] = [
    Bug {
        name: "relay.marks_first",
        by: By::Kills("relay.after_claim", 10),
        wrong: |wrong| matches!(wrong, Wrong::Number(_)),
    },
    Bug {
        name: "relay.no_replay",
        by: By::Harm(Harm::EmptiedUnread, 2),
        wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)),
    },
    Bug {
        name: "relay.compares_nothing",
        // Without a broken connection, after which the relay looks where the stream ends in any case.
        by: By::Harm(Harm::FlushedUnread, 2),
        wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)),
    },
    Bug {
        name: "relay.numbers_apart",
        by: By::Kills("relay.numbered", 10),
        wrong: |wrong| matches!(wrong, Wrong::Number(_)),
    },
    Bug {
        name: "relay.no_reconciler",
        by: By::Harm(Harm::Forgotten, 1),
        wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)),
    },
    Bug {
        name: "outcomes.acknowledged_first",
        by: By::Kills("outcomes.before_record", 10),
        wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)),
    },
    Bug {
        name: "store.answer_not_kept",
        by: By::Kills("store.after_commit", 10),
        wrong: |wrong| matches!(wrong, Wrong::Doubled(_)),
    },
    Bug {
        name: "sender.acknowledges_first",
        by: By::Kills("sender.after_intent", 6),
        wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)),
    },
    Bug {
        name: "sender.pending_unread",
        by: By::Kills("sender.after_intent", 6),
        wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)),
    },
    Bug {
        name: "sender.no_intent",
        by: By::Kills("sender.after_send", 6),
        wrong: |wrong| matches!(wrong, Wrong::SentTwice(_)),
    },
    Bug {
        name: "sender.sends_again",
        by: By::Harm(Harm::BadAnswers, 40),
        wrong: |wrong| matches!(wrong, Wrong::SentTwice(_)),
    },
    Bug {
        name: "sender.asks_unwritten",
        by: By::Kills("sender.after_send", 6),
        wrong: |wrong| matches!(wrong, Wrong::SentTwice(_)),
    },
    Bug { name: "sender.intent_unchecked", by: By::Senders(3, 3), wrong: |wrong| matches!(wrong, Wrong::SentTwice(_)) },
    Bug { name: "sender.cursor_forgotten", by: By::Claiming, wrong: |wrong| matches!(wrong, Wrong::NoOutcome(_)) },
    Bug {
        name: "sender.no_turns",
        by: By::Harm(Harm::KillSender, 12),
        wrong: |wrong| matches!(wrong, Wrong::OutOfOrder(_)),
    },
];

/// On a machine that is busy with other things a play may miss its moment; a bug that is never caught in so many plays is not caught.
const PLAYS: u64 = 3;
/// What has no outcome after this has none. Without a bug all have theirs within two seconds.
const PATIENCE: Duration = Duration::from_secs(8);

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
    let planted = Some(bug.name);
    let verdict = match bug.by {
        By::Harm(harm, times) => {
            let mut world = World::build(Plan { planted, ..harm.plan() }, &dice).await;
            harm.inject(&mut world, times, &mut dice).await;
            judge(&world.settle(PATIENCE).await, harm.allows())
        }
        By::Kills(point, times) => {
            let mut world = World::build(Plan { planted, ..Plan::USUAL }, &dice).await;
            world.kill_at(&step(point), times, &mut dice).await;
            judge(&world.settle(PATIENCE).await, Allowed { unknown: Doubt::Any, ..Allowed::default() })
        }
        By::Senders(count, rounds) => senders::verdict_with(bug.name, count, rounds, seed).await,
        By::Claiming => claiming::verdict_with(bug.name).await,
    };
    Outcome {
        holds: verdict.wrong.iter().any(bug.wrong),
        ..super::outcome("planted", bug.name, Plan::USUAL.engine, &verdict, seed)
    }
}

/// The step of a fail point; one of the server's that is none of the eighteen has a step of its own.
fn step(point: &'static str) -> Step {
    let known = steps::ALL.into_iter().find(|step| step.point == point);
    known.unwrap_or(Step { name: point, point, who: steps::Who::Server, passes: 4, in_doubt: Doubt::Any })
}
