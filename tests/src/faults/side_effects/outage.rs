//! Redis answers nobody for long, or is gone for long. Parcels are registered throughout, without a pause that a clerk would notice, and
//! everything that was registered meanwhile goes out when Redis is back.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    clerk::Clerk,
    judge::{Allowed, Doubt, judge},
    outcome,
    world::{Plan, World},
};
use crate::faults::{dice::Dice, moment::Moment, report::Outcome};

/// A clerk at a counter must not wait longer than this for an order to be accepted.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How often the counter takes a parcel meanwhile.
const PARCEL_EVERY: Duration = Duration::from_millis(40);
/// What has no outcome when nothing has moved for so long has none. Redis and its clients find each other again within some seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What happens to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It stands still (SIGSTOP): connections stay open and nothing is answered.
    Frozen,
    /// It is killed and comes back with its append-only file.
    Gone,
}

/// All of them with their length in seconds in a full run, in a long one (`LONG=1`) and in a short one.
pub const ALL: [(Outage, [u64; 3]); 2] = [(Outage::Frozen, [30, 30, 4]), (Outage::Gone, [60, 600, 4])];

/// Its name in the report.
pub fn name(outage: Outage, seconds: u64) -> String {
    match outage {
        Outage::Frozen => format!("Redis frozen for {seconds} s"),
        Outage::Gone => format!("Redis gone for {seconds} s"),
    }
}

/// Plays it and judges it.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn run(outage: Outage, seconds: u64, seed: u64) -> Outcome {
    let mut world = World::build(Plan::USUAL, &Dice::new(seed)).await;
    // The others are waiting for a lock by then; this one only registers.
    let counter = tokio::spawn(Clerk::new(world.shift.clone(), "counter".to_owned()).register_only());
    world.work(Duration::from_secs(1)).await;
    match outage {
        Outage::Frozen => world.redis.process().signal("STOP"),
        Outage::Gone => world.redis.kill(true),
    }
    let (began, end) = (Moment::now(), Instant::now() + Duration::from_secs(seconds));
    while Instant::now() < end {
        world.shift.permits.add_permits(1);
        sleep(PARCEL_EVERY).await;
    }
    let ended = Moment::now();
    match outage {
        Outage::Frozen => world.redis.process().signal("CONT"),
        Outage::Gone => world.redis.start_again().await,
    }
    world.shift.over.store(true, Ordering::SeqCst);
    let left = world.settle(PATIENCE).await;
    counter.await.expect("the counter does not panic");
    let allowed = Allowed { unknown: Doubt::Any, ..Allowed::default() };
    let verdict = judge(&left, allowed);
    let (accepted, pause) = pause(&world.shift.registered_at(), began, ended);
    println!(
        "{}: {accepted} orders accepted meanwhile, the longest pause {} ms",
        name(outage, seconds),
        pause.as_millis()
    );
    let mut outcome =
        Outcome { faults: 1, ..outcome("side_effects", &name(outage, seconds), Plan::USUAL.engine, &verdict, seed) };
    outcome.operations = left.operations;
    if pause > LONGEST_PAUSE {
        outcome.holds = false;
        outcome.found.push(format!("no order was accepted for {} ms", pause.as_millis()));
    }
    outcome
}

/// How many of these moments lie between two others, and the longest time without one.
fn pause(moments: &[Moment], began: Moment, ended: Moment) -> (usize, Duration) {
    let mut within: Vec<Moment> = moments.iter().copied().filter(|at| (began..ended).contains(at)).collect();
    let accepted = within.len();
    within.extend([began, ended]);
    within.sort();
    let longest = within.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap_or(0);
    (accepted, Duration::from_micros(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_before_the_first_and_after_the_last_is_a_pause_too() {
        let at = |moments: &[u64]| moments.iter().map(|at| Moment(*at)).collect::<Vec<_>>();
        let of = |moments: &[u64]| pause(&at(moments), Moment(100), Moment(200));
        assert_eq!(of(&[]), (0, Duration::from_micros(100)));
        assert_eq!(of(&[50, 110, 150, 170, 300]), (3, Duration::from_micros(40)));
        assert_eq!(of(&[130, 140]), (2, Duration::from_micros(60)));
    }
}
