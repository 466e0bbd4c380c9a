//! What is done to clerks, server and Redis.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use postoffice_domain::clock::Clock;
use postoffice_server::system::SystemClock;
use tokio::time::sleep;

use super::{
    divided::{DividedRedis, Side},
    journal::Did,
    stage::{LEASE, Stage},
    storm::Crew,
};
use crate::{
    desk::Desk,
    faults::{dice::Dice, moment::Moment},
};

/// The library of Debian's package `faketime`, below a folder of the machine's kind.
const FAKETIME: &str = "faketime/libfaketimeMT.so.1";
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

/// Environment variables.
type Environment = Vec<(&'static str, String)>;

impl Harm {
    /// Environment that the server needs for it.
    pub fn environment(self) -> Environment {
        if self != Self::MoveClock {
            return Vec::new();
        }
        let file = clock_file();
        set_clock(&file, "+0");
        vec![
            ("LD_PRELOAD", faketime()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_string_lossy().into_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    /// Takes away what [`Harm::environment`] left behind.
    ///
    /// # Panics
    /// It cannot be removed.
    pub fn clean_up(self) {
        if self == Self::MoveClock {
            std::fs::remove_file(clock_file()).expect("the clock's file can be removed");
        }
    }

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
            set_clock(&clock_file(), "+0");
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
                set_clock(&clock_file(), dice.one_of::<&str>(&["+3600s", "-3600s", "+0"]));
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

fn faketime() -> String {
    let folders = std::fs::read_dir("/usr/lib").expect("a folder of libraries").flatten();
    let found = folders.map(|folder| folder.path().join(FAKETIME)).find(|library| library.exists());
    found.expect("the package faketime is installed (make set-up)").to_string_lossy().into_owned()
}

/// Moves the clock once and looks whether the server believes it: else all its moves would be none.
async fn moves_clock(stage: &Stage) {
    let hour = 3_600_000;
    set_clock(&clock_file(), "+3600s");
    let desk = Desk::signed_in(&stage.office.address(), "clerk12", "2").await;
    let server = desk.session.expect("it is signed in").now.millis();
    let ahead = server - SystemClock.now().millis();
    assert!(
        (hour - 60_000..hour + 60_000).contains(&ahead),
        "the server's clock is {ahead} ms ahead instead of an hour"
    );
    set_clock(&clock_file(), "+0");
}

/// The file in which the server's wall clock is told how wrong it is.
fn clock_file() -> PathBuf {
    std::env::temp_dir().join(format!("postoffice-clock-{}", std::process::id()))
}

fn set_clock(file: &Path, offset: &str) {
    // Beside it and then renamed: it is read at any moment.
    let fresh = file.with_extension("fresh");
    std::fs::write(&fresh, offset)
        .and_then(|()| std::fs::rename(&fresh, file))
        .expect("the clock's file can be written");
}
