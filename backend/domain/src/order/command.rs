//! What an employee may want of an order.

use serde::{Deserialize, Serialize};

use crate::{location::Location, refusal::Refusal, text::clean_text};

/// Longest reason or remark in characters.
pub const MAX_REASON: usize = 200;

/// What an employee wants of an order. Texts are clean already: build it with the constructors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderCommand {
    /// Bring it to another place.
    ChangeLocation {
        /// Where to.
        to: Location,
        /// A remark.
        note: Option<String>,
    },
    /// Give it up.
    Cancel {
        /// Why; a clerk may leave it out for a New order.
        reason: Option<String>,
    },
    /// Hand it over.
    Complete,
    /// Take it from the lists.
    Delete {
        /// Why.
        reason: String,
    },
    /// Undo a final state.
    Undo {
        /// Why.
        reason: String,
    },
}

/// Reads an optional remark or reason: empty means none.
///
/// # Errors
/// `bad_text`, `too_long`.
pub fn optional_reason(input: &str) -> Result<Option<String>, Refusal> {
    if input.trim().is_empty() { Ok(None) } else { clean_text(input, MAX_REASON).map(Some) }
}

impl OrderCommand {
    /// A cancel with an optional reason.
    ///
    /// # Errors
    /// `bad_text`, `too_long`.
    pub fn cancel(reason: &str) -> Result<Self, Refusal> {
        Ok(Self::Cancel { reason: optional_reason(reason)? })
    }

    /// A delete; the reason may still be empty here, [`super::decide`] refuses it then.
    ///
    /// # Errors
    /// `bad_text`, `too_long`.
    pub fn delete(reason: &str) -> Result<Self, Refusal> {
        Ok(Self::Delete { reason: optional_reason(reason)?.unwrap_or_default() })
    }

    /// An undo; the reason may still be empty here, [`super::decide`] refuses it then.
    ///
    /// # Errors
    /// `bad_text`, `too_long`.
    pub fn undo(reason: &str) -> Result<Self, Refusal> {
        Ok(Self::Undo { reason: optional_reason(reason)?.unwrap_or_default() })
    }

    /// A change of place with an optional remark.
    ///
    /// # Errors
    /// `bad_text`, `too_long` of the remark.
    pub fn change_location(to: Location, note: Option<&str>) -> Result<Self, Refusal> {
        Ok(Self::ChangeLocation { to, note: note.map_or(Ok(None), optional_reason)? })
    }
}
