//! How a provider is spoken to: where in the request what stands, where in the answer, what its words mean. A preset is one of these, and an
//! admin can write one. Places in JSON are JSON pointers (`/response_result/0/message_id`); words may end with `*`.

use std::collections::BTreeMap;

use postoffice_protocol::messages::{MessageReason, MessageState};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpMapping {
    /// The request that hands a message over.
    pub send: RequestMapping,
    /// Its answer.
    pub answer: AnswerMapping,
    /// Delivery reports.
    #[serde(default)]
    pub report: ReportMapping,
    /// What the words in reports and look-ups mean.
    #[serde(default)]
    pub statuses: StatusWords,
    /// Asking what became of a message, where the provider can be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_up: Option<LookUpMapping>,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// A form: texts and numbers of one level.
    Form,
}

/// A request. Placeholders: `{account} {secret} {basic} {from} {phone} {phone_digits} {text} {reference} {ttn} {reports_url}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestMapping {
    /// `POST`, `GET` or `PUT`.
    #[serde(default = "post")]
    pub method: String,
    /// The address; what stands for a placeholder is encoded.
    pub url: String,
    /// Header lines.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How the body is written.
    #[serde(default)]
    pub encoding: Encoding,
    /// The body.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
}

fn post() -> String {
    "POST".to_owned()
}

/// What an answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerMapping {
    /// Where the provider's id of the message stands.
    pub gateway_id: String,
    /// Where its code stands; the first of these places that has one counts.
    pub codes: Vec<String>,
    /// Statuses that mean *taken* when there is no code.
    pub accepted_statuses: Vec<u16>,
    /// Codes that mean *taken*.
    pub accepted: Vec<String>,
    /// No such number.
    pub bad_number: Vec<String>,
    /// The text is too long.
    pub too_long: Vec<String>,
    /// This message will never be taken.
    pub rejected: Vec<String>,
    /// Credentials, sender or credit: nothing will be taken until somebody mends it.
    pub pause: Vec<String>,
    /// Busy.
    pub retry: Vec<String>,
}

/// Where in a report what stands. A report whose address has our `id` in it needs no id here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportMapping {
    /// The list, when several come at once; empty: the body is one report.
    pub items: String,
    /// Our reference.
    pub reference: String,
    /// The provider's id.
    pub gateway_id: String,
    /// The word for what happened.
    pub status: String,
}

/// What a provider's words mean; what is in no list is noted and not followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusWords {
    /// The operator took it.
    pub accepted: Vec<String>,
    /// The phone got it.
    pub delivered: Vec<String>,
    /// The network could not deliver it.
    pub undelivered: Vec<String>,
    /// The operator refused it.
    pub rejected: Vec<String>,
    /// The phone was away for too long.
    pub expired: Vec<String>,
    /// There is no such number.
    pub bad_number: Vec<String>,
}

/// Asking what became of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookUpMapping {
    /// `GET` or `POST`.
    #[serde(default = "get")]
    pub method: String,
    /// The address.
    pub url: String,
    /// Header lines.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How the body is written.
    #[serde(default)]
    pub encoding: Encoding,
    /// The body.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// The list in the answer; empty: the answer is one message.
    #[serde(default)]
    pub items: String,
    /// What must stand where, for it to be ours: place → text with placeholders.
    pub matches: BTreeMap<String, String>,
    /// The provider's id.
    #[serde(default)]
    pub gateway_id: String,
    /// The word for what happened.
    pub status: String,
    /// Words that mean *taken*, besides those of `statuses`.
    #[serde(default)]
    pub taken: Vec<String>,
}

fn get() -> String {
    "GET".to_owned()
}

impl LookUpMapping {
    /// The request.
    pub(super) fn request(&self) -> RequestMapping {
        RequestMapping {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            encoding: self.encoding,
            body: self.body.clone(),
        }
    }
}

impl StatusWords {
    /// What a word says; `None`: nothing that we follow.
    pub(super) fn meaning(&self, word: &str) -> Option<(MessageState, Option<MessageReason>)> {
        let failed = |reason| (MessageState::Failed, Some(reason));
        [
            (&self.delivered, (MessageState::Delivered, None)),
            (&self.bad_number, failed(MessageReason::BadNumber)),
            (&self.rejected, failed(MessageReason::Rejected)),
            (&self.expired, failed(MessageReason::Expired)),
            (&self.undelivered, failed(MessageReason::Undelivered)),
            (&self.accepted, (MessageState::Accepted, None)),
        ]
        .into_iter()
        .find_map(|(words, meaning)| is_one_of(word, words).then_some(meaning))
    }
}

/// Whether a word is in a list, in whatever case.
pub(super) fn is_one_of(word: &str, list: &[String]) -> bool {
    let word = word.to_lowercase();
    list.iter().map(|known| known.to_lowercase()).any(|known| match known.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == known,
    })
}

/// The text or number at a place; `None`: there is neither, or the place is not set.
pub(super) fn word_at(json: &Value, place: &str) -> Option<String> {
    if place.is_empty() {
        return None;
    }
    match json.pointer(place)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
