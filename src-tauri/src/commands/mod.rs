//! The commands of the window. Thin: each is a line into the core, or a rule of the domain. `docs/CONTRIBUTING` says how to add one.
#![expect(clippy::let_underscore_must_use, reason = "tauri::command writes `let _` around async commands")]

pub mod drafts;
pub mod editing;
pub mod link;
pub mod orders;
pub mod rules;
pub mod session;
