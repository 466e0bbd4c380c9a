//! Entries that cannot be worked on: put aside in a stream of their own, for a person to look at; the tail goes on.

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, SENDER_GROUP},
};
use postoffice_runtime::redis_link::RedisConnection;
use redis::{RedisResult, Script};

use super::entry::Known;
use crate::{measures, outcome};

/// Stream of the dead letters: fields `entry` (its id), `why`, `content` (the beginning of it).
pub const DEAD_LETTER_STREAM: &str = "{po}:sms:dead";
/// Dead letters kept, about.
const KEPT: u32 = 10_000;
/// Bytes of the content kept: enough to see what it is, too little to fill the memory.
const CONTENT_KEPT: usize = 1_024;

/// Puts an entry aside, acknowledges it, and tells the servers `failed (bad_event)` where we know whose it is; all at once.
///
/// # Errors
/// Redis is away.
pub async fn put_aside(
    redis: &RedisConnection,
    entry: &str,
    why: &'static str,
    content: &[u8],
    known: Option<Known>,
    now: Timestamp,
) -> RedisResult<()> {
    let news = known.map(|known| {
        let subject = outcome::Subject { event_id: known.event_id, ttn: known.ttn, request_id: None };
        outcome::plain(subject, MessageState::Failed, Some(MessageReason::BadEvent), 0, now)
    });
    let json = match news.map(|news| serde_json::to_string(&news)).transpose() {
        Ok(json) => json.unwrap_or_default(),
        Err(error) => return Err((redis::ErrorKind::Client, "outcome", error.to_string()).into()),
    };
    let is_new: bool = Script::new(include_str!("put_aside.lua"))
        .key(OUTBOX_STREAM)
        .key(DEAD_LETTER_STREAM)
        .key(OUTCOME_STREAM)
        .arg(SENDER_GROUP)
        .arg(entry)
        .arg(why)
        .arg(&content[..content.len().min(CONTENT_KEPT)])
        .arg(OUTCOME_FIELD)
        .arg(json)
        .arg(KEPT)
        .invoke_async(&mut redis.clone())
        .await?;
    if is_new {
        tracing::error!(
            entry,
            why,
            event_id = known.map(|known| known.event_id.to_string()),
            "put aside: {DEAD_LETTER_STREAM}"
        );
        measures::put_aside(why);
    }
    Ok(())
}
