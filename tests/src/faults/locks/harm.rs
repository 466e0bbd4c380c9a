//! What is done to clerks, server and Redis.

use std::{path::Path, time::Duration};

use tokio::time::sleep;

use super::{
    divided::{DividedRedis, Side},
    journal::Did,
    stage::{LEASE, Stage},
    storm::Crew,
};
use crate::{
    desk::Desk,
    faults::{dice::Dice, moment::Moment, moved_clock::believes},
};

/// An hour.
const HOUR_MS: i64 = 3_600_000;
/// A storm without faults of ours lasts so long for each that was asked for.
const WITHOUT: Duration = Duration::from_millis(400);

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// None.
    Nothing,
    /// The clerks' computers sleep past their leases ([`super::shift::Habits::sleeps`]).
    Sleeping,
    /// A clerk process is stopped past its lease (SIGSTOP, SIGCONT).
    StopClerk,
    /// A clerk process is killed.
    KillClerk,
    /// The server is stopped past the leases.
    StopServer,
    /// The server is killed and started again.
    KillServer,
    /// Redis is killed and comes back with its append-only file, or empty.
    KillRedis {
        /// With its file.
        keep: bool,
    },
    /// Redis forgets everything.
    Flush,
    /// Redis does nothing for longer than a lease.
    FreezeRedis,
    /// Server and Redis are killed at once; Redis comes back empty. Nobody remembers the locks but SQL.
    PowerCut,
    /// One of those that can be done to any stage, by chance.
    Any,
    /// The server's wall clock jumps an hour forward or back.
    MoveClock,
    /// Redis' own clock, by which leases run, jumps forward or back: by more than a lease, by an hour.
    MoveRedisClock,
    /// The network between the primary of a Redis and everybody else is cut until the sentinels have promoted its replica
    /// ([`super::divided`]).
    CutNetwork,
}

/// What [`Harm::Any`] chooses from.
const ANY: [Harm; 8] = [
    Harm::StopClerk,
    Harm::KillClerk,
    Harm::StopServer,
    Harm::KillServer,
    Harm::KillRedis { keep: true },
    Harm::PowerCut,
    Harm::Flush,
    Harm::FreezeRedis,
];

impl Harm {
    /// Does it so many times; how often it was done.
    ///
    /// # Panics
    /// A process does not start again.
    pub async fn inject(self, stage: &mut Stage, crew: &mut Crew, faults: u64, dice: &mut Dice) -> u64 {
        if matches!(self, Self::Nothing | Self::CutNetwork) {
            sleep(WITHOUT * u32::try_from(faults).unwrap_or(u32::MAX)).await;
            return 0;
        }
        if self == Self::MoveClock {
            moves_clock(stage).await;
        }
        let mut done = 0;
        let longest = Moment::now().after(Duration::from_mins(3));
        while done < faults && Moment::now() < longest {
            sleep(between(dice, 150, 700)).await;
            let now = if self == Self::Any { *dice.one_of(&ANY) } else { self };
            done += now.once(stage, crew, done, dice).await;
        }
        if self == Self::MoveClock {
            stage.clock.set(0);
        }
        // Some work after the last one.
        sleep(between(dice, 400, 700)).await;
        done
    }

    /// Does it once; how often it was done by that.
    async fn once(self, stage: &mut Stage, crew: &mut Crew, done: u64, dice: &mut Dice) -> u64 {
        match self {
            Self::Nothing | Self::CutNetwork | Self::Any => 0,
            Self::Sleeping => slept(stage) - done,
            Self::StopClerk => stop_clerks(crew, dice).await,
            Self::KillClerk => kill_clerk(stage, crew, dice).await,
            Self::StopServer => {
                stage.office.server().signal("STOP");
                sleep(past_lease(dice)).await;
                stage.office.server().signal("CONT");
                1
            }
            Self::KillServer => {
                stage.office.server().kill();
                stage.office.start_server().await;
                1
            }
            Self::KillRedis { keep } => {
                stage.redis().kill(keep);
                sleep(between(dice, 0, 400)).await;
                stage.redis().start_again().await;
                1
            }
            Self::PowerCut => {
                stage.office.server().kill();
                stage.redis().kill(false);
                stage.redis().start_again().await;
                stage.office.start_server().await;
                1
            }
            Self::Flush => u64::from(stage.redis().ask(&["FLUSHALL"]).await),
            Self::FreezeRedis => {
                let seconds = past_lease(dice).as_secs_f64().to_string();
                u64::from(stage.redis().ask(&["DEBUG", "SLEEP", &seconds]).await)
            }
            Self::MoveClock => {
                stage.clock.set(*dice.one_of(&[HOUR_MS, -HOUR_MS, 0]));
                1
            }
            Self::MoveRedisClock => {
                let lease = i64::try_from(past_lease(dice).as_millis()).unwrap_or(i64::MAX);
                // One after the other, so that also a short run has each step, in both directions.
                let steps = [lease, 0, HOUR_MS, 0, -lease, -HOUR_MS, HOUR_MS, -lease];
                let at = usize::try_from(done).unwrap_or(0) % steps.len();
                stage.redis().move_clock(steps[at]).await;
                1
            }
        }
    }
}

/// Cuts the network so many times.
pub async fn cut_network(redis: &DividedRedis, faults: u64, dice: &mut Dice) -> u64 {
    for number in 0..faults {
        sleep(between(dice, 500, 1_500)).await;
        let side = if number % 2 == 0 { Side::PrimaryAndOffice } else { Side::Primary };
        redis.cut_off_primary(side, past_lease(dice)).await;
    }
    sleep(between(dice, 400, 700)).await;
    faults
}

/// Between one and two leases.
fn past_lease(dice: &mut Dice) -> Duration {
    let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
    between(dice, lease + 100, lease * 3 / 2)
}

fn between(dice: &mut Dice, low: u64, high: u64) -> Duration {
    Duration::from_millis(dice.between(low, high))
}

fn slept(stage: &Stage) -> u64 {
    let lines = stage.journal.lines();
    u64::try_from(lines.iter().filter(|line| line.did == Did::Slept).count()).unwrap_or(u64::MAX)
}

/// Stops some of the clerk processes for the same time.
async fn stop_clerks(crew: &mut Crew, dice: &mut Dice) -> u64 {
    let mut stopped = Vec::new();
    for process in &mut crew.processes {
        if dice.percent(60) {
            process.running.signal("STOP");
            stopped.push(process);
        }
        // Each in another moment of its work.
        sleep(between(dice, 5, 60)).await;
    }
    sleep(past_lease(dice)).await;
    for process in &mut stopped {
        process.running.signal("CONT");
    }
    u64::try_from(stopped.len()).unwrap_or(u64::MAX)
}

/// Kills one clerk process, half of the time while a save of it is under way; another clerk sits down.
async fn kill_clerk(stage: &mut Stage, crew: &mut Crew, dice: &mut Dice) -> u64 {
    let at = usize::try_from(dice.throw()).unwrap_or(0) % crew.processes.len();
    let process = &mut crew.processes[at];
    if dice.percent(50) {
        let patience = Moment::now().after(LEASE);
        let saves = |journal: &Path| {
            let text = std::fs::read_to_string(journal).unwrap_or_default();
            text.lines().next_back().is_some_and(|line| line.contains(r#"{"Asked":"#))
        };
        while !saves(&process.journal) && Moment::now() < patience {
            sleep(Duration::from_millis(1)).await;
        }
    }
    process.running.kill();
    crew.processes[at] = crew.process(stage);
    1
}

/// Moves the server's clock once and looks whether it believes it.
async fn moves_clock(stage: &Stage) {
    stage.clock.set(HOUR_MS);
    let desk = Desk::signed_in(&stage.office.address(), "clerk12", "2").await;
    believes("the server", desk.session.expect("it is signed in").now.millis(), HOUR_MS);
    stage.clock.set(0);
}
