//! Clerks at work on a few orders while something is done to them, to the server or to Redis, again and again.

use std::{path::PathBuf, process::Command, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use super::{
    clerk::Role,
    harm::Harm,
    journal::{Line, printed},
    judge::{Demands, judge},
    outcome,
    shift::{Habits, Shift},
    stage::Stage,
};
use crate::{
    faults::{dice::Dice, report::Outcome},
    programs::{Running, program},
    wait::until,
};

/// A shift ends within this after it is told to: what is unanswered is sent again until it is answered.
const END_WITHIN: Duration = Duration::from_secs(60);

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
    pub processes: Vec<Running>,
    journals: Vec<PathBuf>,
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
    pub fn process(&mut self, stage: &mut Stage) -> Running {
        let shift = self.shift(stage, Role::Clerk);
        let journal = stage.office.folder().join(format!("clerk-{}.jsonl", shift.station));
        let mut command = Command::new(program("postoffice-faults"));
        command.arg("clerk").arg(serde_json::to_string(&shift).expect("a shift is JSON"));
        let running = Running::start(&mut command, &journal);
        self.journals.push(journal);
        running
    }

    /// Ends all shifts; what the processes wrote.
    async fn end(mut self) -> Vec<Line> {
        std::fs::write(&self.over, "").expect("the end can be told");
        let ended = timeout(END_WITHIN, async { while self.tasks.join_next().await.is_some() {} }).await;
        assert!(ended.is_ok(), "a clerk does not end its shift");
        for process in &mut self.processes {
            until("a clerk process to end its shift", || {
                let ended = process.has_ended();
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
    let mut dice = Dice::new(seed);
    let (server, redis) = storm.harm.environment();
    let mut stage = Stage::build(2, dice.fork(0), &server, &redis).await;
    let mut crew = Crew::begin(storm, &mut stage, seed);
    let injected = storm.harm.inject(&mut stage, &mut crew, faults, &mut dice).await;
    let lines = crew.end().await;
    let verdict = judge(&stage.evidence(lines).await, storm.demands);
    let injected = if storm.harm == Harm::Sleeping { verdict.slept } else { injected };
    Outcome { faults: injected, ..outcome("locks", storm.name, &verdict, seed) }
}
