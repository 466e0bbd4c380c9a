//! Several senders beside each other, each with more in hand than it can hand over at once: again and again one is frozen past the lease of its slot and another one is killed. Those
//! that are left claim what the two had in hand. Half of the time somebody who thinks that the frozen one is dead starts a successor under its
//! name, and it wakes up beside that.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    account,
    evidence::Evidence,
    judge::{Allowed, Doubt, Verdict, judge},
    outcome,
    world::{Plan, World},
};
use crate::{
    faults::{dice::Dice, report::Outcome},
    programs::Running,
};

const LEASE_MS: u64 = 400;
/// The shortest that the settings allow.
const CLAIM_AFTER_MS: u64 = 3 * LEASE_MS;
/// What has no outcome when nothing has moved for so long has none.
const PATIENCE: Duration = Duration::from_secs(20);
/// It looks at its lease every third of it, and then it stops as a sender stops, with what it has at the gateway.
const GIVES_UP_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How many stand side by side, and how often one is frozen and one is killed in a full run and in a short one.
pub const ALL: [(usize, u64, u64); 2] = [(2, 20, 3), (3, 20, 3)];

/// Its name in the report.
///
/// # Panics
/// It is none of [`ALL`].
pub const fn name(count: usize) -> &'static str {
    match count {
        2 => "two senders, one frozen, one killed",
        3 => "three senders, one frozen, one killed",
        _ => panic!("none of ALL"),
    }
}

/// What may come of it: a call may have been under way, also of one that lives on. Nothing more: Redis keeps its data.
pub const ALLOWED: Allowed = Allowed { unknown: Doubt::Any, redis_lost: false, called_again: false, again: false };

/// A sender and its name.
struct Sender {
    slot: String,
    running: Running,
}

/// Those who work.
struct Crew {
    url: String,
    working: Vec<Sender>,
}

/// Plays it so many rounds and judges it.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn run(count: usize, rounds: u64, seed: u64) -> Outcome {
    let (left, faults) = play(count, rounds, None, seed).await;
    let verdict = judge(&left, ALLOWED);
    let outcome = Outcome { faults, ..outcome("side_effects", name(count), Plan::USUAL.engine, &verdict, seed) };
    Outcome { operations: left.operations, ..outcome }
}

/// The same with a planted bug.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn verdict_with(planted: &'static str, count: usize, rounds: u64, seed: u64) -> Verdict {
    let (left, _) = play(count, rounds, Some(planted), seed).await;
    judge(&left, ALLOWED)
}

async fn play(count: usize, rounds: u64, planted: Option<&'static str>, seed: u64) -> (Evidence, u64) {
    let mut dice = Dice::new(seed);
    let mut world = World::build(Plan { senders_apart: true, calls: 1, planted, ..Plan::USUAL }, &dice).await;
    world.office.set_for_sender("POSTOFFICE_SLOTS__LEASE_MS", &LEASE_MS.to_string());
    world.office.set_for_sender("POSTOFFICE_SLOTS__CLAIM_AFTER_MS", &CLAIM_AFTER_MS.to_string());
    let mut crew = Crew { url: world.network.url(), working: Vec::new() };
    for number in 1..=count {
        let slot = number.to_string();
        crew.working.push(Sender { running: world.office.sender_beside(&slot, &crew.url), slot });
    }
    let mut faults = 0;
    for _ in 0..rounds {
        faults += crew.harm(&mut world, &mut dice).await;
    }
    let left = world.settle(PATIENCE).await;
    // A planted bug is meant not to hold.
    if planted.is_none() && !judge(&left, ALLOWED).wrong.is_empty() {
        let live = crew.working.iter_mut().map(|one| (one.slot.clone(), !one.running.has_ended()));
        account::print(&world, &left, &live.collect::<Vec<_>>()).await;
    }
    (left, faults)
}

impl Crew {
    /// One is frozen, one is killed and comes back, the frozen one wakes up.
    async fn harm(&mut self, world: &mut World, dice: &mut Dice) -> u64 {
        world.work_with_senders(between(dice, 60, 260)).await;
        let frozen = index(dice, self.working.len());
        self.working[frozen].running.signal("STOP");
        world.work_with_senders(between(dice, 20, 200)).await;
        let killed = (frozen + 1 + index(dice, self.working.len() - 1)) % self.working.len();
        self.working[killed].running.kill();
        // With two senders nobody works until it is back.
        world.work_with_senders(between(dice, 0, 300)).await;
        self.working[killed].running = world.office.sender_beside(&self.working[killed].slot, &self.url);
        let successor = if dice.percent(50) {
            // Before the end of its lease a successor would be refused: the frozen process still lives.
            world.work_with_senders(Duration::from_millis(LEASE_MS + 100)).await;
            Some(world.office.sender_beside(&self.working[frozen].slot, &self.url))
        } else {
            None
        };
        // Long enough for the others to claim what it has in hand.
        world.work_with_senders(between(dice, CLAIM_AFTER_MS, CLAIM_AFTER_MS * 2)).await;
        self.working[frozen].running.signal("CONT");
        if let Some(successor) = successor {
            self.one_gives_up(frozen, successor, world).await;
        }
        2
    }

    /// Two processes have one name: one of them must notice and end. Which one is a matter of who was at the lease first.
    async fn one_gives_up(&mut self, number: usize, mut successor: Running, world: &World) {
        let working = &mut self.working[number].running;
        let end = Instant::now() + GIVES_UP_WITHIN;
        loop {
            if working.has_ended() {
                *working = successor;
                return;
            }
            if successor.has_ended() {
                return;
            }
            assert!(Instant::now() < end, "two senders live under one name");
            world.work_with_senders(LOOK_EVERY).await;
        }
    }
}

fn index(dice: &mut Dice, below: usize) -> usize {
    usize::try_from(dice.throw()).unwrap_or(0) % below.max(1)
}

fn between(dice: &mut Dice, low: u64, high: u64) -> Duration {
    Duration::from_millis(dice.between(low, high))
}
