//! The table and `target/bench.json`.

use std::{path::Path, process::Command, time::Duration};

use serde::Serialize;

/// One figure.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// What was measured; one operation is said in the name.
    pub name: &'static str,
    /// Unit of `ours`, `limit` and `peer`.
    pub unit: &'static str,
    /// Ours, the median of the rounds.
    pub ours: f64,
    /// What the engine can do at all.
    pub limit: Option<f64>,
    /// The usual way to do it.
    pub peer: Option<f64>,
    /// The target in words.
    pub target: &'static str,
    /// Whether it was reached; absent where there is none.
    pub holds: Option<bool>,
    /// How many single measurements.
    pub samples: usize,
}

impl Figure {
    /// A figure with a target of its own.
    pub fn new(name: &'static str, unit: &'static str, ours: f64, samples: usize) -> Self {
        Self { name, unit, ours, limit: None, peer: None, target: "", holds: None, samples }
    }

    /// States the target and whether it was reached.
    pub fn target(mut self, words: &'static str, holds: bool) -> Self {
        self.target = words;
        self.holds = Some(holds);
        self
    }
}

/// All figures of a run.
pub struct Report {
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Written<'a> {
    commit: String,
    machine: String,
    command: String,
    figures: &'a [Figure],
}

impl Report {
    /// An empty one; prints the head of the table.
    pub fn new() -> Self {
        println!("{:<44} {:>10} {:>10} {:>10}  {:<7} {:<9} target", "", "ours", "limit", "peer", "unit", "holds");
        Self { figures: Vec::new() }
    }

    /// Adds and prints a figure.
    pub fn add(&mut self, figure: Figure) {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
        let holds = figure.holds.map_or("–", |holds| if holds { "yes" } else { "NOT YET" });
        println!(
            "{:<44} {:>10.1} {:>10} {:>10}  {:<7} {:<9} {}",
            figure.name,
            figure.ours,
            number(figure.limit),
            number(figure.peer),
            figure.unit,
            holds,
            figure.target
        );
        self.figures.push(figure);
    }

    /// Writes `target/bench.json`.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn finish(self) {
        let said = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output();
            output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
        };
        let written = Written {
            commit: said("git", &["rev-parse", "--short", "HEAD"]),
            machine: format!("{} cores, {}", said("nproc", &[]), said("uname", &["-sr"])),
            command: "make bench".to_owned(),
            figures: &self.figures,
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
        let json = serde_json::to_string_pretty(&written).expect("figures are JSON");
        std::fs::write(&path, json).expect("target/ can be written");
        println!("{} · {} · target/bench.json", written.commit, written.machine);
    }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Percentiles of durations, exact: all of them are kept.
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Of these.
    pub fn new(mut all: Vec<Duration>) -> Self {
        all.sort();
        Self(all)
    }

    /// Milliseconds at `share` (0.5, 0.99).
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of a list"
    )]
    pub fn at(&self, share: f64) -> f64 {
        let index = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
