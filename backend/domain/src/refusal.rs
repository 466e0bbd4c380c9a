//! Why something is refused: a code for programs and the values a sentence about it needs. Never the refused content itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{message::MessageState, order::Status, people::Role};

/// A rule that said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum RefusalCode {
    /// A character that has no place in a text of ours (control, bidi, zero-width, NUL …); `position` says where.
    BadText,
    /// Not a whole number between `min` and `max`.
    BadNumber,
    /// Not a phone number we can use; `reason` says why.
    BadPhone,
    /// Not a TTN.
    BadTtn,
    /// Something must be written here.
    Empty,
    /// Longer than `max` characters.
    TooLong,
    /// More than `max` of them.
    TooMany,
    /// An order needs at least one cargo item.
    NoCargo,
    /// The status (`status`) does not allow it.
    NotAllowedInStatus,
    /// Needs at least the role `role`.
    RoleTooLow,
    /// A reason must be given.
    ReasonRequired,
    /// Completed and canceled orders do not change any more.
    FinalState,
    /// The order is at that place already.
    SamePlace,
    /// A final state can be undone for 15 minutes only.
    UndoExpired,
    /// The order was deleted.
    Deleted,
    /// The order belongs to another branch.
    NotYourBranch,
    /// The message (`message` says where it is) did not fail and is not unknown: there is nothing to do about it.
    MessageNotAProblem,
    /// A newer message took its place.
    MessageReplaced,
    /// The customer was told by voice.
    MessageTold,
    /// That is the number it went to.
    SamePhone,
    /// A placeholder of a text is not one we know; `position` says where it begins.
    UnknownPlaceholder,
    /// The text must hold the TTN.
    TtnMissing,
    /// The text takes `actual` SMS segments, `max` are allowed.
    TooManySegments,
}

/// Values for the sentence about a refusal. All optional; which are set follows from the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct RefusalDetail {
    /// Position of the offending character, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// Smallest allowed value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest allowed value or length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The value that was too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<i64>,
    /// Where the message is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageState>,
    /// The order's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The role that would be allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// A finer reason, for phones: see [`crate::phone::PhoneRefusal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A rule that said no, with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Refusal {
    /// Which rule.
    pub code: RefusalCode,
    /// Values for the sentence.
    pub detail: RefusalDetail,
}

impl Refusal {
    /// A refusal without values.
    pub fn new(code: RefusalCode) -> Self {
        Self { code, detail: RefusalDetail::default() }
    }

    /// The status does not allow it.
    pub fn in_status(code: RefusalCode, status: Status) -> Self {
        Self { code, detail: RefusalDetail { status: Some(status), ..RefusalDetail::default() } }
    }

    /// Needs a higher role.
    pub fn needs_role(role: Role) -> Self {
        Self { code: RefusalCode::RoleTooLow, detail: RefusalDetail { role: Some(role), ..RefusalDetail::default() } }
    }

    /// The same refusal, tied to a field.
    pub fn at(self, field: impl Into<String>) -> FieldRefusal {
        FieldRefusal { field: field.into(), code: self.code, detail: self.detail }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.code)?;
        if let Some(status) = self.detail.status {
            write!(f, " status={status:?}")?;
        }
        if let Some(message) = self.detail.message {
            write!(f, " message={message:?}")?;
        }
        if let Some(role) = self.detail.role {
            write!(f, " needs={role:?}")?;
        }
        if let Some(reason) = &self.detail.reason {
            write!(f, " reason={reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// A refusal tied to a field of a form, for example `recipient.phone` or `cargo[1].weight_g`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FieldRefusal {
    /// Path of the field.
    pub field: String,
    /// Which rule.
    pub code: RefusalCode,
    /// Values for the sentence.
    pub detail: RefusalDetail,
}
