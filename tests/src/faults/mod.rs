//! What `make faults` injects and judges. A suite is a list of scenarios on real processes; each leaves evidence that a judge reads, and one
//! line of the report.
//!
//! - [`report`]: the lines, the table, `target/faults.json`
//! - [`database`]: the two engines, and looking into them past the server
//! - [`dice`]: chance that can be repeated from its seed
//! - [`moment`]: one clock for all processes of a run
//! - [`moved_clock`]: a wall clock that is wrong, for programs under test
//! - [`locks`]: the lock suite and its planted bugs
//! - [`side_effects`]: the suite from the frame to the SMS, and its planted bugs
//! - [`resume`]: the suite of broken connections, and its planted bugs
//!
//! A new suite is a module beside [`locks`] that gives [`report::Outcome`]s, and a line in `tests/src/bin/faults/main.rs`.

pub mod database;
pub mod dice;
pub mod locks;
pub mod moment;
pub mod moved_clock;
pub mod report;
pub mod resume;
pub mod side_effects;
