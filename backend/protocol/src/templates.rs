//! The texts that customers get, as admins write them.

use postoffice_domain::{clock::Timestamp, language::Language, order::CustomerNotice, sms_text::SmsSize};
use serde::{Deserialize, Serialize};

use crate::orders::{CommandId, Doer};

/// The template of one notice in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct Template {
    /// What it tells.
    pub notice: CustomerNotice,
    /// In which language.
    pub language: Language,
    /// The text, with `{ttn}` and `{url}` where those go.
    pub text: String,
    /// The text it would have if nobody had changed it.
    pub default_text: String,
    /// What a text of it takes, with a real TTN and the configured address.
    pub size: SmsSize,
    /// When it was changed; absent: nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Who changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Doer>,
}

/// Result of `templates.get`, `templates.set` and `templates.reset`: all of them as they are now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Templates {
    /// One for every notice and language.
    pub templates: Vec<Template>,
    /// What `{url}` stands for.
    pub tracking_url: String,
    /// Most segments that a text may take (`sms.max_segments`).
    pub max_segments: u16,
}

/// `templates.set`: from the next message on. `invalid_fields` with `text` says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SetTemplate {
    /// Id of this command.
    pub command_id: CommandId,
    /// What it tells.
    pub notice: CustomerNotice,
    /// In which language.
    pub language: Language,
    /// The text.
    pub text: String,
}

/// `templates.reset`: back to the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ResetTemplate {
    /// Id of this command.
    pub command_id: CommandId,
    /// What it tells.
    pub notice: CustomerNotice,
    /// In which language.
    pub language: Language,
}
