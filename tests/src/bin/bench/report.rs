//! The report of a run: `bench.json`, the table on the screen, and the table in the documentation. All from the same figures.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};

use crate::{
    figure::{Figure, HEAD, number},
    machine::{self, Machine},
};

/// Where the table stands in a document.
const BEGIN: &str = "<!-- figures: written by `make bench-docs` -->";
const END: &str = "<!-- end of figures -->";

/// Everything that was measured in a run.
#[derive(Serialize, Deserialize)]
pub struct Report {
    commit: String,
    date: String,
    command: String,
    machine: Machine,
    figures: Vec<Figure>,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// Nothing was measured, or by another version of this program.
    #[error("{0} is no report of this program ({1}); measure again with `make bench`")]
    Unreadable(PathBuf, serde_json::Error),
    /// The document does not say where.
    #[error("{0} has no place for the table: a line `{BEGIN}` and a line `{END}` below it")]
    NoPlace(PathBuf),
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
            println!("  {}: {} {}", figure.name.trim(), number(figure.ours), figure.unit);
        }
        self.figures.extend(figures);
    }

    /// Prints the table and writes `bench.json` into the target folder.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn finish(mut self) {
        self.machine.load_after = machine::load();
        println!("\n{}", self.table());
        let path = json();
        let json = serde_json::to_string_pretty(&self).expect("figures are JSON");
        fs::write(&path, json + "\n").expect("bench.json can be written");
        println!("\n{}", path.display());
    }

    /// The report of the last run.
    ///
    /// # Errors
    /// There is none that can be read.
    pub fn last() -> Result<Self, TableError> {
        let path = json();
        let text = fs::read_to_string(&path).map_err(|error| TableError::File(path.clone(), error))?;
        serde_json::from_str(&text).map_err(|error| TableError::Unreadable(path, error))
    }

    /// The figures as a Markdown table, with what a reader must know of the run.
    pub fn table(&self) -> String {
        let Self { commit, date, command, machine, figures } = self;
        let mut lines = vec![
            format!("`{command}` at commit `{commit}`, {date}. {machine}, {} after.", machine.load_after),
            String::new(),
            HEAD.to_owned(),
        ];
        lines.extend(figures.iter().map(Figure::line));
        lines.join("\n")
    }

    /// Puts the table into a document, between its two marks.
    ///
    /// # Errors
    /// The document cannot be read or written, or has no place for it.
    pub fn write_into(&self, document: &Path) -> Result<(), TableError> {
        let file = |error| TableError::File(document.to_owned(), error);
        let text = fs::read_to_string(document).map_err(file)?;
        let place = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let (before, after) = place.ok_or_else(|| TableError::NoPlace(document.to_owned()))?;
        fs::write(document, format!("{before}{BEGIN}\n{}\n{END}{after}", self.table())).map_err(file)
    }
}

/// `bench.json` in the target folder: two up from this program (`target/release/postoffice-bench`).
fn json() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program.ancestors().nth(2).expect("it is in a target folder").join("bench.json")
}
