//! What an answer means: the provider's code where we know it, otherwise the status.

use http::{HeaderMap, StatusCode};
use postoffice_protocol::messages::MessageReason;
use serde_json::Value;

use super::{
    super::{Answer, retry_after::retry_after},
    mapping::{AnswerMapping, is_one_of, word_at},
};

/// Longest id of a provider that we keep.
const LONGEST_ID: usize = 128;

/// The class of an answer. `body`: `None` when it did not come whole, is very long or is not JSON.
pub(super) fn of(mapping: &AnswerMapping, status: StatusCode, headers: &HeaderMap, body: Option<&Value>) -> Answer {
    let code = body.and_then(|body| mapping.codes.iter().find_map(|place| word_at(body, place)));
    let is = |list: &[String]| code.as_deref().is_some_and(|code| is_one_of(code, list));
    if is(&mapping.bad_number) {
        return Answer::Permanent(MessageReason::BadNumber);
    }
    if is(&mapping.too_long) {
        return Answer::Permanent(MessageReason::TooLong);
    }
    if is(&mapping.pause) {
        return Answer::PauseChannel;
    }
    if is(&mapping.retry) {
        return Answer::Retry { after: retry_after(headers) };
    }
    if is(&mapping.rejected) {
        return Answer::Permanent(MessageReason::Rejected);
    }
    let silent_yes = code.is_none() && mapping.accepted_statuses.contains(&status.as_u16());
    if status.is_success() && (is(&mapping.accepted) || silent_yes) {
        let id = body.and_then(|body| word_at(body, &mapping.gateway_id)).filter(|id| id.len() <= LONGEST_ID);
        return Answer::Accepted(id);
    }
    match status.as_u16() {
        413 => Answer::Permanent(MessageReason::TooLong),
        401..=405 | 300..=399 => Answer::PauseChannel,
        408 | 429 | 503 => Answer::Retry { after: retry_after(headers) },
        400..=499 => Answer::Permanent(MessageReason::Rejected),
        // A 2xx that says neither yes nor no, and a server that broke in the middle: it may have been handed on.
        _ => Answer::Lost,
    }
}
