//! What Kannel's status codes mean.
//!
//! | status | meaning | class |
//! |---|---|---|
//! | 202; 200 with `0:` or `3:` | taken, or queued because no SMSC is connected | accepted |
//! | 400 about the number | no such number | permanent `bad_number` |
//! | 413 | too long | permanent `too_long` |
//! | other 4xx | this message will never be taken | permanent `rejected` |
//! | 401, 402, 403, 404, 405, 3xx | credentials, credit, address | pause the channel |
//! | 408, 429, 503 | busy; `Retry-After` is heeded | retry, whole channel |
//! | 200 with other words, other 5xx | neither yes nor no: somebody in between may have handed it on | lost |

use http::{HeaderMap, StatusCode};
use postoffice_protocol::messages::MessageReason;

use super::{Answer, retry_after::retry_after};

/// The class of an answer. `words`: the body, as far as it came.
pub(super) fn of(status: StatusCode, headers: &HeaderMap, words: &str) -> Answer {
    match status.as_u16() {
        202 => Answer::Accepted(None),
        200 if words.starts_with("0:") || words.starts_with("3:") => Answer::Accepted(None),
        400 if words.to_ascii_lowercase().contains("number") || words.to_ascii_lowercase().contains("receiver") => {
            Answer::Permanent(MessageReason::BadNumber)
        }
        413 => Answer::Permanent(MessageReason::TooLong),
        401..=405 | 300..=399 => Answer::PauseChannel,
        408 | 429 | 503 => Answer::Retry { after: retry_after(headers) },
        400..=499 => Answer::Permanent(MessageReason::Rejected),
        _ => Answer::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class() {
        let busy = |after| Answer::Retry { after };
        for (status, words, expected) in [
            (202, "0: Accepted for delivery", Answer::Accepted(None)),
            (202, "3: Queued for later delivery", Answer::Accepted(None)),
            (202, "", Answer::Accepted(None)),
            (200, "0: Accepted for delivery", Answer::Accepted(None)),
            (200, "<html>Please sign in</html>", Answer::Lost),
            (400, "Missing receiver number, rejected", Answer::Permanent(MessageReason::BadNumber)),
            (400, "Sender missing and no global set, rejected", Answer::Permanent(MessageReason::Rejected)),
            (403, "Authorization failed for sendsms", Answer::PauseChannel),
            (402, "", Answer::PauseChannel),
            (404, "", Answer::PauseChannel),
            (301, "", Answer::PauseChannel),
            (413, "", Answer::Permanent(MessageReason::TooLong)),
            (429, "", busy(None)),
            (503, "Temporal failure, try again later.", busy(None)),
            (500, "", Answer::Lost),
            (502, "", Answer::Lost),
        ] {
            assert_eq!(
                of(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), words),
                expected,
                "{status} {words}"
            );
        }
    }
}
