//! Clerks at work on a few orders while something is done to them, to the server or to Redis, again and again.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use super::{
    clerk::Role,
    divided::{self, DividedRedis},
    harm::{self, Harm},
    journal::{Line, printed},
    judge::{Demands, judge},
    outcome,
    shift::{Habits, Shift},
    stage::Stage,
};
use crate::{
    faults::{dice::Dice, report::Outcome},
    programs::{Running, program, tied},
    wait::until,
};

/// Orders that all clerks of a storm quarrel over.
const ORDERS: u32 = 2;
/// A shift ends within this after it is told to: what is unanswered is sent again until it is answered.
const END_WITHIN: Duration = Duration::from_mins(1);

/// A storm.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    /// Its name in the report.
    pub name: &'static str,
    /// What must come out.
    pub expected: &'static str,
    /// What is done.
    pub harm: Harm,
    /// Clerks as tasks, and as processes that can be stopped and killed.
    pub clerks: (u64, u64),
    /// How the clerks work.
    pub habits: Habits,
    /// What must hold besides safety.
    pub demands: Demands,
    /// Faults in a full run and in a short one.
    pub faults: (u64, u64),
}

/// Clerks at work.
pub struct Crew {
    seed: u64,
    habits: Habits,
    over: PathBuf,
    tasks: JoinSet<()>,
    /// Clerks in processes of their own.
    pub processes: Vec<ClerkProcess>,
    /// What the processes wrote, also those that were killed.
    journals: Vec<PathBuf>,
}

/// A clerk in a process of its own.
pub struct ClerkProcess {
    /// The process.
    pub running: Running,
    /// Where it writes its journal.
    pub journal: PathBuf,
}

impl Crew {
    fn begin(storm: &Storm, stage: &mut Stage, seed: u64) -> Self {
        let over = stage.office.folder().join("over");
        let mut crew = Self {
            seed,
            habits: storm.habits,
            over,
            tasks: JoinSet::new(),
            processes: Vec::new(),
            journals: Vec::new(),
        };
        for number in 0..storm.clerks.0 {
            let role = if number == 0 { Role::Supervisor } else { Role::Clerk };
            let (shift, journal) = (crew.shift(stage, role), stage.journal.clone());
            crew.tasks.spawn(async move { shift.work(journal).await });
        }
        for _ in 0..storm.clerks.1 {
            let process = crew.process(stage);
            crew.processes.push(process);
        }
        crew
    }

    fn shift(&self, stage: &mut Stage, role: Role) -> Shift {
        Shift {
            address: stage.office.address(),
            role,
            station: stage.station(),
            seed: self.seed,
            ttns: stage.ttns.clone(),
            habits: self.habits,
            over: self.over.clone(),
        }
    }

    /// Starts a clerk as a process.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn process(&mut self, stage: &mut Stage) -> ClerkProcess {
        let shift = self.shift(stage, Role::Clerk);
        let journal = stage.office.folder().join(format!("clerk-{}.jsonl", shift.station));
        let mut command = tied(program("postoffice-faults"));
        command.arg("clerk").arg(serde_json::to_string(&shift).expect("a shift is JSON"));
        let running = Running::start(&mut command, &journal);
        self.journals.push(journal.clone());
        ClerkProcess { running, journal }
    }

    /// Ends all shifts; what the processes wrote.
    async fn end(mut self) -> Vec<Line> {
        std::fs::write(&self.over, "").expect("the end can be told");
        let ended = timeout(END_WITHIN, async { while self.tasks.join_next().await.is_some() {} }).await;
        assert!(ended.is_ok(), "a clerk does not end its shift");
        for process in &mut self.processes {
            until("a clerk process to end its shift", || {
                let ended = process.running.has_ended();
                async move { ended.then_some(()) }
            })
            .await;
        }
        self.journals.iter().flat_map(|path| printed(path)).collect()
    }
}

/// Plays a storm with so many faults and judges it.
///
/// # Panics
/// It cannot be played: a process does not start, or does not come back.
pub async fn run(storm: &Storm, faults: u64, seed: u64) -> Outcome {
    if storm.harm == Harm::CutNetwork {
        return run_apart(storm, faults, seed).await;
    }
    let mut dice = Dice::new(seed);
    let stage = Stage::build(ORDERS, dice.fork(0), &[]).await;
    play(storm, stage, None, faults, seed, &mut dice).await
}

async fn play(
    storm: &Storm,
    mut stage: Stage,
    network: Option<&DividedRedis>,
    faults: u64,
    seed: u64,
    dice: &mut Dice,
) -> Outcome {
    let mut crew = Crew::begin(storm, &mut stage, seed);
    let injected = match network {
        Some(redis) => harm::cut_network(redis, faults, dice).await,
        None => storm.harm.inject(&mut stage, &mut crew, faults, dice).await,
    };
    let lines = crew.end().await;
    let verdict = judge(&stage.evidence(lines).await, storm.demands);
    let injected = if storm.harm == Harm::Sleeping { verdict.slept } else { injected };
    Outcome { faults: injected, ..outcome("locks", storm.name, &verdict, seed) }
}

/// Plays a storm in a process of its own, in a network of its own.
async fn run_apart(storm: &Storm, faults: u64, seed: u64) -> Outcome {
    let mut command = tokio::process::Command::from(divided::apart(&program("postoffice-faults")));
    command.args(["apart", storm.name, &faults.to_string(), &seed.to_string()]).kill_on_drop(true);
    let played = command.stderr(Stdio::inherit()).output().await.expect("a network namespace can be made");
    let printed = String::from_utf8_lossy(&played.stdout);
    let last = printed.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{}: {error}: {printed}", storm.name))
}

/// Plays a storm here, in a network namespace of our own, and prints its outcome.
///
/// # Panics
/// It cannot be played, or this is not a network namespace of our own.
pub async fn run_here(storm: &Storm, faults: u64, seed: u64) {
    let mut dice = Dice::new(seed);
    let redis = DividedRedis::start().await;
    let stage = Stage::over(&redis.url(), ORDERS, dice.fork(0), &[]).await;
    let outcome = play(storm, stage, Some(&redis), faults, seed, &mut dice).await;
    println!("{}", serde_json::to_string(&outcome).expect("an outcome is JSON"));
}
