//! The report of a run: a line per scenario, printed as a table and written as JSON.

use std::{fmt::Write as _, path::Path};

use serde::{Deserialize, Serialize};

/// One scenario of a suite, judged.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// `locks`, `side_effects`, `planted` …
    pub suite: String,
    /// Its name.
    pub scenario: String,
    /// What held the data: `sqlite` or `postgres`.
    pub engine: String,
    /// Faults injected.
    pub faults: u64,
    /// What clerks asked for and were answered.
    pub operations: u64,
    /// Acknowledged and not there.
    pub lost: u64,
    /// There twice, or there though refused.
    pub doubled: u64,
    /// Accepted from a session after another one had loaded.
    pub stale: u64,
    /// Loads that did not show what was written before them; messages and events without an outcome.
    pub missed: u64,
    /// Never answered; messages that ended `unknown`.
    pub unknown: u64,
    /// What is counted besides, with its name.
    pub counted: Vec<(String, u64)>,
    /// Everything that had to hold did.
    pub holds: bool,
    /// What did not hold; of a planted bug, what caught it.
    pub found: Vec<String>,
    /// The seed that makes the same choices again.
    pub seed: u64,
}

/// The table of a suite.
pub fn table(outcomes: &[Outcome]) -> String {
    let names: Vec<&str> =
        outcomes.first().map(|one| one.counted.iter().map(|(name, _)| name.as_str()).collect()).unwrap_or_default();
    // What `missed` means depends on the suite; only locks can be stale.
    let suite = outcomes.first().map_or("locks", |one| one.suite.as_str());
    let of_locks = !matches!(suite, "side_effects" | "resume");
    let fixed: &[&str] = match suite {
        "side_effects" => &["scenario", "engine", "faults", "operations", "lost", "doubled", "no outcome", "unknown"],
        "resume" => &["scenario", "engine", "faults", "operations", "lost", "doubled", "missed", "unanswered"],
        _ => &["scenario", "faults", "operations", "lost", "doubled", "stale", "missed", "unknown"],
    };
    let head: Vec<&str> = fixed.iter().copied().chain(names).chain(["holds"]).collect();
    let row = |one: &Outcome| {
        let stale = of_locks.then_some(one.stale);
        let numbers = [one.faults, one.operations, one.lost, one.doubled].into_iter().chain(stale);
        let numbers: Vec<u64> = numbers.chain([one.missed, one.unknown]).collect();
        let counted = one.counted.iter().map(|(_, count)| count.to_string());
        let numbers = numbers.iter().map(ToString::to_string).chain(counted);
        let holds = if one.holds { "yes" } else { "NO" };
        let engine = (!of_locks).then(|| one.engine.clone());
        std::iter::once(one.scenario.clone()).chain(engine).chain(numbers).chain([holds.to_owned()]).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> = vec![head.into_iter().map(ToOwned::to_owned).collect()];
    rows.extend(outcomes.iter().map(row));
    if outcomes.len() > 1 {
        rows.push(row(&total(outcomes)));
    }
    aligned(&rows)
}

/// The figures of one outcome, each with its name: for who does not want to wait for the table.
pub fn figures(one: &Outcome) -> String {
    let fixed = [("lost", one.lost), ("doubled", one.doubled), ("missed", one.missed), ("unknown", one.unknown)];
    let counted = one.counted.iter().map(|(name, count)| (name.as_str(), *count));
    fixed.into_iter().chain(counted).map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// All of them in one line.
fn total(outcomes: &[Outcome]) -> Outcome {
    let mut all = Outcome { scenario: "all".to_owned(), holds: true, ..Outcome::default() };
    for one in outcomes {
        all.faults += one.faults;
        all.operations += one.operations;
        all.lost += one.lost;
        all.doubled += one.doubled;
        all.stale += one.stale;
        all.missed += one.missed;
        all.unknown += one.unknown;
        all.holds &= one.holds;
        for (at, (name, count)) in one.counted.iter().enumerate() {
            match all.counted.get_mut(at) {
                // A time or a size: the largest says something, the sum nothing.
                Some((_, largest)) if name.ends_with(" ms") || name.ends_with(" MB") => {
                    *largest = (*count).max(*largest);
                }
                Some((_, sum)) => *sum += count,
                None => all.counted.push((name.clone(), *count)),
            }
        }
    }
    all
}

/// Columns under each other: the first to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let written = if column == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
            written.expect("a String takes everything");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Writes the outcomes as JSON.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, outcomes: &[Outcome]) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(outcomes)?;
    std::fs::write(path, text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_line_spoils_the_sum() {
        let good = Outcome {
            scenario: "calm".to_owned(),
            faults: 2,
            holds: true,
            counted: vec![("waits".to_owned(), 3)],
            ..Outcome::default()
        };
        let bad = Outcome { scenario: "frozen".to_owned(), stale: 1, holds: false, ..good.clone() };
        let table = table(&[good, bad]);
        let last: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(last, ["all", "4", "0", "0", "0", "1", "0", "0", "6", "NO"]);
    }
}
