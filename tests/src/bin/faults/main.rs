//! `make faults`: injects faults into a running PostOffice and judges what is left. docs/RELIABILITY.md tells what came out and what it means.
//!
//! `postoffice-faults [ONLY [SEED]]`: ONLY is a suite (`locks`, `side_effects`, `resume`, `planted`), a suite and a part of the name of scenarios
//! (`side_effects/two senders`), or empty. Prints what it does, then a table; writes
//! `target/faults.json`. Ends with 1 when anything does not hold.
//! `postoffice-faults clerk SHIFT`: one clerk of a storm, as a process of its own.
//! `postoffice-faults apart STORM FAULTS SEED`: one storm, in a network namespace that this process was started in.

mod run;

use std::process::ExitCode;

use postoffice_tests::faults::locks::{journal::Journal, shift::Shift, storm, storms};

/// What can be asked for alone, in the order in which all are run.
const SUITES: [&str; 4] = ["locks", "side_effects", "resume", "planted"];

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let only = arguments.next().filter(|only| !only.is_empty());
    if only.as_deref() == Some("clerk") {
        return clerk(arguments.next().as_deref().unwrap_or_default()).await;
    }
    if only.as_deref() == Some("apart") {
        return apart(&arguments.collect::<Vec<_>>()).await;
    }
    let only = run::Only::of(only.as_deref());
    if let Some(suite) = only.suite()
        && !SUITES.contains(&suite)
    {
        eprintln!("no suite {suite:?}; there are: {}", SUITES.join(", "));
        return ExitCode::from(2);
    }
    let seed = arguments.next().filter(|seed| !seed.is_empty()).map_or(Ok(run::fresh_seed()), |seed| seed.parse());
    let Ok(seed) = seed else {
        eprintln!("the seed is a number");
        return ExitCode::from(2);
    };
    run::suites(&only, seed).await
}

async fn clerk(shift: &str) -> ExitCode {
    let Ok(shift) = serde_json::from_str::<Shift>(shift) else {
        eprintln!("a clerk is started by a storm");
        return ExitCode::from(2);
    };
    shift.work(Journal::Printed).await;
    ExitCode::SUCCESS
}

async fn apart(arguments: &[String]) -> ExitCode {
    let [name, faults, seed] = arguments else { return ExitCode::from(2) };
    let found = storms::ALL.iter().find(|storm| storm.name == name);
    let (Some(found), Ok(faults), Ok(seed)) = (found, faults.parse(), seed.parse()) else { return ExitCode::from(2) };
    storm::run_here(found, faults, seed).await;
    ExitCode::SUCCESS
}
