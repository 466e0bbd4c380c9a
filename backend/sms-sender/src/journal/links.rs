//! Which message the gateway means by an id of its own, for gateways that do not hand our reference back with a report.
//!
//! A report may overtake the answer that tells the id. It is parked then, and handed over with the link; both scripts are one step, so
//! neither can miss the other.

use std::time::Duration;

use postoffice_protocol::messages::{MessageReason, MessageState};
use redis::{AsyncCommands, RedisResult, Script};
use uuid::Uuid;

use super::{Journal, code_of, of_code};

/// How long a report waits for the answer that says whose it is.
const PARKED_FOR: Duration = Duration::from_hours(1);

static LINK: std::sync::LazyLock<Script> = std::sync::LazyLock::new(|| Script::new(include_str!("link.lua")));
static LINKED: std::sync::LazyLock<Script> = std::sync::LazyLock::new(|| Script::new(include_str!("linked.lua")));

/// What a parked report said.
pub type Parked = (MessageState, Option<MessageReason>);

/// Whose report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// This message's.
    To(Uuid),
    /// Nobody's yet: it is parked.
    Parked,
}

fn keys(gateway_id: &str) -> (String, String) {
    (format!("{{po}}:sms:gateway-id:{gateway_id}"), format!("{{po}}:sms:parked:{gateway_id}"))
}

impl Journal {
    /// Remembers the gateway's id of a message. Returns the report that came first, if one did.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn link(&self, gateway_id: &str, event_id: Uuid) -> RedisResult<Option<Parked>> {
        let (link, parked) = keys(gateway_id);
        let mut call = LINK.key(link);
        call.key(parked).arg(event_id.to_string()).arg(self.keep_ms());
        let parked: Option<String> = call.invoke_async(&mut self.redis.clone()).await?;
        Ok(parked.and_then(|text| {
            let (state, reason) = text.split_once(' ').unwrap_or((&text, ""));
            Some((of_code(state)?, of_code(reason)))
        }))
    }

    /// Whose the gateway's id is; a report about nobody's is parked.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn linked(&self, gateway_id: &str, report: Parked) -> RedisResult<Linked> {
        let (link, parked) = keys(gateway_id);
        let text = format!("{} {}", code_of(report.0), report.1.map(code_of).unwrap_or_default());
        let keep = u64::try_from(PARKED_FOR.as_millis()).unwrap_or(u64::MAX);
        let mut call = LINKED.key(link);
        call.key(parked).arg(text).arg(keep);
        let event: Option<String> = call.invoke_async(&mut self.redis.clone()).await?;
        Ok(event.and_then(|id| id.parse().ok()).map_or(Linked::Parked, Linked::To))
    }

    /// Whose the gateway's id is; `None`: nobody's that we know.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn owner_of(&self, gateway_id: &str) -> RedisResult<Option<Uuid>> {
        let owner: Option<String> = self.redis.clone().get(keys(gateway_id).0).await?;
        Ok(owner.and_then(|id| id.parse().ok()))
    }
}
