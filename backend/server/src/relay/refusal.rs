//! Whether a refusal of Redis speaks of what was sent, or of Redis itself.

use redis::{ErrorKind, RedisError};

/// Answers that say how Redis is, whatever one sends. However long they last, they are held against no event.
const REDIS_ITSELF: [&str; 18] = [
    "OOM",
    "READONLY",
    "LOADING",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
    "MISCONF",
    "WRONGTYPE",
    "BUSY",
    "NOSCRIPT",
    "MASTERDOWN",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "MOVED",
    "ASK",
    "UNBLOCKED",
    "UNKILLABLE",
];

/// True only for an answer, by a Redis that works, to what was sent.
pub(super) fn is_about_what_was_sent(error: &RedisError) -> bool {
    // Timeouts and broken connections have no code; what this library itself cannot read says nothing about the event either.
    let answered = matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension);
    answered && error.code().is_some_and(|code| !REDIS_ITSELF.contains(&code))
}

/// The refusal in one line, for the row.
pub(super) fn words(error: &RedisError) -> String {
    let detail = error.detail().unwrap_or_default();
    format!("{} {detail}", error.code().unwrap_or("ERR")).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use postoffice_runtime::testing::TestRedis;

    use super::*;

    #[tokio::test]
    async fn what_redis_says_about_itself_is_held_against_no_event() {
        let redis = TestRedis::start().await;
        let mut connection = redis.connection();
        let mut refused = async |words: &[&str]| {
            let answer = redis::cmd(words[0]).arg(&words[1..]).query_async::<redis::Value>(&mut connection).await;
            is_about_what_was_sent(&answer.unwrap_err())
        };
        for code in REDIS_ITSELF {
            let script = format!("return redis.error_reply('{code} in a test')");
            assert!(!refused(&["EVAL", &script, "0"]).await, "{code}");
        }
        assert!(refused(&["EVAL", "return redis.error_reply('ERR Elements are too large to be stored')", "0"]).await);
        let gone = RedisError::from((ErrorKind::Io, "no answer in time"));
        assert!(!is_about_what_was_sent(&gone));
    }
}
