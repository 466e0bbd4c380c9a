//! `make bench`: what PostOffice does, each figure beside the limit it is held against, measured in the same run on the same machine.
//!
//! `postoffice-bench [create|postgres|lists|relay|locks|change|live|sms|window|memory]`, or a part of one (`sms/null`, `lists/sqlite`). Prints what it
//! measures, then a table; writes `target/bench.json`. How a figure is measured stands at the top of its file; what it means, and what came out: docs/BENCHMARKS.md. Measured are the programs as an
//! office gets them: release build, default settings (but see [`place`]), a real Redis and SQLite on a real disk.
//!
//! `postoffice-bench table [DOCUMENT]` prints the table of the last run once more, or puts it into a document.

mod create;
mod crowd;
mod figure;
mod latency;
mod line;
mod lists;
mod live;
mod locks;
mod loops;
mod machine;
mod memory;
mod peer;
mod place;
mod postgres;
mod relay;
mod report;
mod rows;
mod sms;
mod window;

use std::{path::PathBuf, process::ExitCode};

use report::{Report, TableError};

/// What can be asked for alone, in the order in which all are measured.
const ALL: [&str; 10] = ["create", "postgres", "lists", "relay", "locks", "change", "live", "sms", "window", "memory"];

#[tokio::main]
async fn main() -> ExitCode {
    let only = std::env::args().nth(1).filter(|only| !only.is_empty());
    if only.as_deref() == Some("table") {
        return match table(std::env::args().nth(2).map(PathBuf::from)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let (asked, part) = match only.as_deref().map(|only| only.split_once('/').unwrap_or((only, ""))) {
        Some((name, part)) => (Some(name), part),
        None => (None, ""),
    };
    if asked.is_some_and(|name| !ALL.contains(&name)) || (!part.is_empty() && !matches!(asked, Some("sms" | "lists"))) {
        eprintln!("no figure {only:?}; there are: {}", ALL.join(", "));
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        eprintln!("figures of a debug build mean nothing; use `make bench`");
        return ExitCode::from(2);
    }
    let mut report = Report::begin(only.as_deref());
    for name in ALL.into_iter().filter(|name| asked.is_none_or(|asked| asked == *name)) {
        println!("\n\x1b[1m{name}\x1b[0m");
        let figures = match name {
            "create" => create::measure().await,
            "postgres" => postgres::measure().await,
            "lists" => lists::measure(part).await,
            "relay" => relay::measure().await,
            "locks" => locks::measure().await,
            "change" => locks::change::measure().await,
            "live" => live::measure().await,
            "sms" => sms::measure(part).await,
            "window" => window::measure().await,
            _ => memory::measure().await,
        };
        report.add(figures);
    }
    report.finish();
    ExitCode::SUCCESS
}

/// Shows the last run, or writes it down.
fn table(document: Option<PathBuf>) -> Result<(), TableError> {
    let report = Report::last()?;
    if let Some(document) = document {
        return report.write_into(&document);
    }
    println!("{}", report.table());
    Ok(())
}
