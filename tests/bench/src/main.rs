//! `make bench`: our figures, each beside the limit it is held against, measured in the same run on the same machine.
//!
//! `postoffice-bench [create|relay|live|sms|window|memory]`. Prints what it measures, then a table; writes `bench.json` beside the folder of
//! the program. What every figure means and how it is measured stands at the top of its file; the published table is docs/BENCHMARKS.md.
//! It measures the programs as a customer gets them: release build, default settings (but see [`place`]), real Redis and SQLite.

mod create;
mod figure;
mod latency;
mod machine;
mod place;

use std::process::ExitCode;

use figure::{Figure, Report};

/// What can be asked for alone, in the order in which all are measured.
const ALL: [&str; 1] = ["create"];

#[tokio::main]
async fn main() -> ExitCode {
    let only = std::env::args().nth(1).filter(|only| !only.is_empty());
    if let Some(only) = &only
        && !ALL.contains(&only.as_str())
    {
        eprintln!("no figure {only:?}; there are: {}", ALL.join(", "));
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing; use `make bench`");
        return ExitCode::from(2);
    }
    let mut report = Report::begin(only.as_deref());
    for name in ALL.into_iter().filter(|name| only.as_deref().is_none_or(|only| only == *name)) {
        println!("\n\x1b[1m{name}\x1b[0m");
        let figures: Vec<Figure> = match name {
            "create" => create::measure().await,
            other => unreachable!("{other} is not in the list"),
        };
        report.add(figures);
    }
    report.finish();
    ExitCode::SUCCESS
}
