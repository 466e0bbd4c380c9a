//! Running suites: progress, table, JSON, verdict.

use std::{future::Future, path::PathBuf, pin::Pin, process::ExitCode};

use futures_util::{StreamExt, stream};
use postoffice_tests::faults::{
    database::Engine,
    dice::Dice,
    locks::{bit, planted, run_script, scripts::Script, storm, storms},
    moment::Moment,
    report::{self, Outcome},
    resume,
    side_effects::{self, claiming, harm, outage, senders, steps},
};

/// A scenario with its name.
type Play = (String, Pin<Box<dyn Future<Output = Outcome> + Send>>);

/// What is wanted: everything, a suite, or scenarios of one.
pub struct Only {
    suite: Option<String>,
    part: String,
}

impl Only {
    /// `suite`, `suite/part of a name`, or nothing.
    pub fn of(text: Option<&str>) -> Self {
        let (suite, part) = text.map_or((None, ""), |text| {
            let (suite, part) = text.split_once('/').unwrap_or((text, ""));
            (Some(suite.to_owned()), part)
        });
        Self { suite, part: part.to_owned() }
    }

    /// The one suite.
    pub fn suite(&self) -> Option<&str> {
        self.suite.as_deref()
    }

    fn has(&self, suite: &str) -> bool {
        self.suite().is_none_or(|only| only == suite)
    }

    fn names(&self, scenario: &str) -> bool {
        scenario.contains(&self.part)
    }
}

/// A seed that no run before had.
pub fn fresh_seed() -> u64 {
    Dice::new(Moment::now().0).between(1, 1_000_000)
}

/// Runs all suites, or one.
pub async fn suites(only: &Only, seed: u64) -> ExitCode {
    println!("seed {seed}");
    let mut outcomes = Vec::new();
    let mut holds = true;
    if only.has("locks") {
        let locks = locks(only, seed).await;
        println!("\n{}", report::table(&locks));
        holds &= locks.iter().all(|one| one.holds);
        // One scenario alone may have nothing to bite.
        if only.part.is_empty() && !bit(&locks) {
            println!("never did two clerks believe that they held one lock: the faults did not bite");
            holds = false;
        }
        outcomes.extend(locks);
    }
    if only.has("side_effects") {
        let side_effects = side_effects(only, seed).await;
        println!("\n{}", report::table(&side_effects));
        holds &= side_effects.iter().all(|one| one.holds);
        outcomes.extend(side_effects);
    }
    if only.has("resume") {
        let resume = resume(only, seed).await;
        println!("\n{}", report::table(&resume));
        holds &= resume.iter().all(|one| one.holds);
        outcomes.extend(resume);
    }
    if only.has("planted") {
        let planted = planted_bugs(only, seed).await;
        let caught = planted.iter().filter(|one| one.holds).count();
        println!("\n{caught} of {} planted bugs caught\n", planted.len());
        holds &= caught == planted.len();
        outcomes.extend(planted);
    }
    let path =
        PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("faults.json");
    match report::write(&path, &outcomes) {
        Ok(()) => println!("{}", path.display()),
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            holds = false;
        }
    }
    println!("{}", if holds { "Everything holds." } else { "SOMETHING DOES NOT HOLD." });
    ExitCode::from(u8::from(!holds))
}

fn begin(suite: &str, scenario: &str, expected: &str) -> Moment {
    println!("\x1b[1m{suite}: {scenario}\x1b[0m  ({expected})");
    Moment::now()
}

fn end(outcome: &Outcome, began: Moment) {
    let Outcome { faults, operations, holds, found, .. } = outcome;
    let seconds = (Moment::now().0 - began.0) / 1_000_000;
    let holds_or_not = if *holds { "holds" } else { "DOES NOT HOLD" };
    println!("  {faults} faults, {operations} operations in {seconds} s: {holds_or_not}");
    if !holds {
        for one in found {
            println!("  {one}");
        }
    }
}

async fn locks(only: &Only, seed: u64) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (number, one) in (1..).zip(&storms::ALL).filter(|(_, one)| only.names(one.name)) {
        let began = begin("locks", one.name, one.expected);
        let outcome = storm::run(one, one.faults.0, Dice::new(seed).fork(number).throw()).await;
        end(&outcome, began);
        outcomes.push(outcome);
    }
    for script in Script::ALL.into_iter().filter(|script| only.names(script.name())) {
        let began = begin("locks", script.name(), "as the protocol says");
        let outcome = run_script(script, seed).await;
        end(&outcome, began);
        outcomes.push(outcome);
    }
    outcomes
}

/// Each step dies so often.
const KILLS: u64 = 200;
/// Scenarios of the side-effect suite that are played at the same time: most of their time is waiting for processes to start.
const AT_ONCE: usize = 4;

async fn side_effects(only: &Only, seed: u64) -> Vec<Outcome> {
    let mut plays: Vec<Play> = Vec::new();
    for engine in Engine::ALL {
        for step in &steps::ALL {
            let seed = Dice::new(seed).fork(100).throw();
            plays.push((on(engine, step.name), Box::pin(side_effects::run_step(step, engine, KILLS, seed))));
        }
        for (number, (harm, faults, _)) in (200..).zip(harm::ALL) {
            let seed = Dice::new(seed).fork(number).throw();
            plays.push((on(engine, harm.name()), Box::pin(side_effects::run_harm(harm, engine, faults, seed))));
        }
    }
    for (count, rounds, _) in senders::ALL {
        plays.push((senders::name(count).to_owned(), Box::pin(senders::run(count, rounds, seed))));
    }
    plays.push((claiming::NAME.to_owned(), Box::pin(claiming::run(seed))));
    let is_long = std::env::var("LONG").is_ok_and(|long| long == "1");
    for (outage, [usual, long, _]) in outage::ALL {
        let seconds = if is_long { long } else { usual };
        plays.push((outage::name(outage, seconds), Box::pin(outage::run(outage, seconds, seed))));
    }
    plays.retain(|(name, _)| only.names(name));
    stream::iter(plays)
        .map(|(name, play)| async move {
            let began = begin("side_effects", &name, "nothing lost, nothing without an outcome, nothing sent twice");
            let outcome = tokio::spawn(play).await.expect("a scenario can be played");
            println!("{name}: {}", report::figures(&outcome));
            end(&outcome, began);
            outcome
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

fn on(engine: Engine, scenario: &str) -> String {
    format!("{scenario} on {}", engine.name())
}

/// One after another: each has the machine's cores for its hundred desktops.
async fn resume(only: &Only, seed: u64) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (first, engine) in [(300, Engine::Sqlite), (400, Engine::Postgres)] {
        for (number, (harm, storms, _)) in (first..).zip(resume::harm::on(engine).iter().copied()) {
            let name = on(engine, harm.name());
            if !only.names(&name) {
                continue;
            }
            let began = begin("resume", &name, "nothing missed, nothing twice, every command done once");
            let outcome = resume::run(harm, engine, storms, resume::FULL, Dice::new(seed).fork(number).throw()).await;
            println!("  {}", report::figures(&outcome));
            end(&outcome, began);
            outcomes.push(outcome);
        }
    }
    outcomes
}

async fn planted_bugs(only: &Only, seed: u64) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for bug in planted::ALL.into_iter().filter(|bug| only.names(bug.name)) {
        outcomes.push(caught_or_not(bug.name, planted::run(bug, seed).await));
    }
    for bug in side_effects::planted::ALL.into_iter().filter(|bug| only.names(bug.name)) {
        outcomes.push(caught_or_not(bug.name, side_effects::planted::run(bug, seed).await));
    }
    for bug in resume::planted::ALL.into_iter().filter(|bug| only.names(bug.name)) {
        outcomes.push(caught_or_not(bug.name, resume::planted::run(bug, seed).await));
    }
    outcomes
}

fn caught_or_not(name: &str, outcome: Outcome) -> Outcome {
    let found = outcome.found.join(", ");
    println!("planted {name:<32} {} {found}", if outcome.holds { "caught by" } else { "NOT CAUGHT" });
    outcome
}
