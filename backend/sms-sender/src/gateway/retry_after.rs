//! `Retry-After`: when a busy gateway wants to be called again.

use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};

/// Longest wait we heed: a day of silence is no flow control.
const LONGEST: Duration = Duration::from_mins(10);

/// The wait in seconds; the header's other form, a date, is not worth a clock here.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_heeded_within_reason() {
        let after = |text: &'static str| {
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, http::HeaderValue::from_static(text))]))
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("86400"), Some(LONGEST));
        assert_eq!(after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(after("-1"), None);
    }
}
