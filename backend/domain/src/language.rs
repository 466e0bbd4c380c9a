//! The languages we speak with customers and clerks.

use serde::{Deserialize, Serialize};

/// Ukrainian or English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Language {
    /// Ukrainian.
    Uk,
    /// English.
    En,
}
