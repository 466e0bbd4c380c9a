//! What the server takes when nobody does anything.

use std::time::Duration;

use postoffice_tests::office::Office;

use crate::report::{Figure, Report};

/// Measures the server's own process; its Redis is another one.
pub async fn measure(report: &mut Report) {
    let mut office = Office::start(300).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let pid = office.server().pid();
    let pss = megabytes(pid, "Pss:");
    let figure = Figure::new("server, idle, 300 orders: memory (PSS)", "MB", pss, 1);
    report.add(figure.target("≤ 30", pss <= 30.0));
}

/// A line of `smaps_rollup`.
fn megabytes(pid: u32, line: &str) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let found = rollup.lines().find_map(|found| found.strip_prefix(line));
    let kilobytes = found.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}
