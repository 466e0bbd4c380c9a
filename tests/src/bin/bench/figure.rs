//! A figure, and the report of a run: the table on the screen and `bench.json`.

use std::{path::PathBuf, process::Command};

use serde::Serialize;

use crate::machine::{self, Machine};

/// What a figure is compared with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// `ours / limit` is at least this.
    RatioAtLeast(f64),
    /// `ours / limit` is at most this.
    RatioAtMost(f64),
    /// `ours` is at most this.
    AtMost(f64),
    /// Nothing: the figure explains another one.
    None,
}

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured, and what one operation is.
    pub name: String,
    /// Unit of `ours` and `limit`.
    pub unit: &'static str,
    /// Our figure: the median of `samples` where there are rounds.
    pub ours: f64,
    /// What it stands beside, by name, measured in the same run.
    pub limit: Option<(String, f64)>,
    /// `ours / limit`.
    pub ratio: Option<f64>,
    /// What it has to hold.
    pub target: Target,
    /// Whether it does; absent without a target.
    pub holds: Option<bool>,
    /// Every round.
    pub samples: Vec<f64>,
}

impl Figure {
    /// A figure of its own; `samples` are the rounds.
    ///
    /// # Panics
    /// There are none.
    pub fn of_rounds(name: &str, unit: &'static str, samples: Vec<f64>) -> Self {
        let ours = median(&samples);
        Self { name: name.to_owned(), unit, ours, limit: None, ratio: None, target: Target::None, holds: None, samples }
    }

    /// A single value.
    pub fn of(name: &str, unit: &'static str, value: f64) -> Self {
        Self::of_rounds(name, unit, vec![value])
    }

    /// Puts it beside what was measured in the same run.
    #[must_use]
    pub fn beside(mut self, what: &str, samples: &[f64]) -> Self {
        let limit = median(samples);
        self.ratio = Some(self.ours / limit);
        self.limit = Some((what.to_owned(), limit));
        self
    }

    /// Says what it has to hold.
    #[must_use]
    pub fn holding(mut self, target: Target) -> Self {
        self.holds = match target {
            Target::RatioAtLeast(least) => self.ratio.map(|ratio| ratio >= least),
            Target::RatioAtMost(most) => self.ratio.map(|ratio| ratio <= most),
            Target::AtMost(most) => Some(self.ours <= most),
            Target::None => None,
        };
        self.target = target;
        self
    }

    fn line(&self) -> String {
        let limit = self.limit.as_ref().map_or(String::new(), |(what, limit)| format!("{} {what}", number(*limit)));
        let ratio = self.ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let target = match self.target {
            Target::RatioAtLeast(least) => format!("≥ {least} ×"),
            Target::RatioAtMost(most) => format!("≤ {most} ×"),
            Target::AtMost(most) => format!("≤ {} {}", number(most), self.unit),
            Target::None => String::new(),
        };
        let holds = match self.holds {
            Some(true) => "holds",
            Some(false) => "LESS",
            None => "",
        };
        let ours = format!("{} {}", number(self.ours), self.unit);
        format!("| {} | {ours} | {limit} | {ratio} | {target} | {holds} |", self.name)
    }
}

/// The middle of the samples.
///
/// # Panics
/// There are none.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    *sorted.get(sorted.len() / 2).expect("something was measured")
}

/// A number as people read it: `48 000`, `12.3`, `0.43`.
pub fn number(value: f64) -> String {
    if value.abs() >= 100.0 {
        let digits = format!("{:.0}", value.round());
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        grouped
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Everything that was measured in a run.
#[derive(Serialize)]
pub struct Report {
    commit: String,
    date: String,
    command: String,
    machine: Machine,
    figures: Vec<Figure>,
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

impl Report {
    /// Begins a run: what is measured, and on what.
    pub fn begin(only: Option<&str>) -> Self {
        let report = Self {
            commit: said("git", &["describe", "--always", "--dirty"]),
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            command: only.map_or("make bench".to_owned(), |only| format!("make bench ONLY={only}")),
            machine: machine::look(),
            figures: Vec::new(),
        };
        println!("{} at {}, {}", report.command, report.commit, report.machine);
        report
    }

    /// Adds figures and shows them.
    pub fn add(&mut self, figures: Vec<Figure>) {
        for figure in &figures {
            println!("  {}: {} {}", figure.name, number(figure.ours), figure.unit);
        }
        self.figures.extend(figures);
    }

    /// Prints the table and writes `bench.json` into the target folder.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn finish(mut self) {
        self.machine.load_after = machine::load();
        println!("\n| What | Ours | Beside | Ratio | Target | |\n|---|---|---|---|---|---|");
        for figure in &self.figures {
            println!("{}", figure.line());
        }
        let path = folder().join("bench.json");
        let json = serde_json::to_string_pretty(&self).expect("figures are JSON");
        std::fs::write(&path, json + "\n").expect("bench.json can be written");
        println!(
            "\n{} · load average {} before, {} after",
            self.date, self.machine.load_before, self.machine.load_after
        );
        println!("{}", path.display());
    }
}

/// The target folder: two up from this program (`target/release/postoffice-bench`).
fn folder() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program.ancestors().nth(2).expect("it is in a target folder").to_owned()
}
