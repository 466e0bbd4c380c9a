//! The journal: where every message stands, in Redis, one hash per integration event, forgotten after a week.
//!
//! ```text
//!            ┌───────── the gateway said no, later ─────────┐
//!            ▼                                              │
//!  (queued) claimed ── intent written ──▶ attempting ───────┘
//!                                             │
//!      the gateway took it: accepted ◀────────┼────────▶ failed (it never will)
//!                               │             │
//!   delivery report: delivered ◀┴─▶ failed    └── no answer, no report until the deadline ──▶ unknown ──▶ delivered | failed (late report)
//! ```
//! Every move is one Lua script that looks at the state before, so two who move the same message cannot both succeed, and a call whose answer
//! was lost can be repeated. A message found `claimed` was never handed over; one found `attempting` may have been, and is never sent again
//! by us. `settle.lua` also acknowledges the stream entry and tells the servers, in one breath.

use std::{collections::HashMap, str::FromStr, time::Duration};

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SENDER_GROUP},
};
use postoffice_runtime::{planted, redis_link::RedisConnection};
use redis::{RedisResult, Script};
use serde::de::value::{Error as CodeError, StrDeserializer};
use serde::{Deserialize, de::IntoDeserializer};
use uuid::Uuid;

use crate::policy::spend::Charge;

mod links;

pub use links::{Linked, Parked};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Taken up; never handed over, or surely not taken.
    Claimed,
    /// A call may have reached the gateway.
    Attempting,
    /// Done, as far as the stream entry goes.
    Settled(MessageState),
}

/// What the journal knows of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub stage: Stage,
    /// Calls of the gateway so far.
    pub attempts: u32,
    /// How often it was taken up without coming to an end.
    pub takes: u32,
    /// When it was first taken up.
    pub since: Timestamp,
    /// Until when a proof is waited for; only while `attempting`.
    pub deadline: Option<Timestamp>,
    /// Why, where there is something to say.
    pub reason: Option<MessageReason>,
    /// Segments of the text as handed over.
    pub segments: Option<u16>,
}

/// What a delivery report finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where the message stands.
    pub standing: Standing,
    /// The order.
    pub ttn: Ttn,
    /// Request id of the command that caused it.
    pub request_id: Option<String>,
}

/// An intent: this call of the gateway, about to be made.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// The message.
    pub event_id: Uuid,
    /// Who took it up.
    pub hand: &'a str,
    /// Number of the call, from 1.
    pub attempt: u32,
    /// Until when a proof is waited for, should the answer be lost.
    pub deadline: Timestamp,
    /// Segments of its text.
    pub segments: u16,
    /// What it costs.
    pub charge: &'a Charge,
}

/// What became of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Written down: call.
    Yes,
    /// Our slot lapsed or is another's: do not call.
    NoSlot,
    /// It would cost more than what is left of the day's money: do not call.
    SpendCap,
    /// The message is not where we believed it to be: look again.
    Elsewhere,
}

/// The journal of all messages.
#[derive(Clone)]
pub struct Journal {
    redis: RedisConnection,
    keep: Duration,
    slot_key: String,
    slot_token: String,
    scripts: &'static Scripts,
}

struct Scripts {
    claim: Script,
    begin: Script,
    release: Script,
    settle: Script,
    wait: Script,
}

static SCRIPTS: std::sync::LazyLock<Scripts> = std::sync::LazyLock::new(|| Scripts {
    claim: Script::new(include_str!("claim.lua")),
    begin: begin_script(),
    release: Script::new(include_str!("release.lua")),
    settle: Script::new(include_str!("settle.lua")),
    wait: Script::new(include_str!("wait.lua")),
});

fn begin_script() -> Script {
    let script = include_str!("begin.lua");
    if planted!("sender.intent_unchecked") {
        let blind =
            script.replace("redis.call('GET', slot) ~= token", "false").replace("state ~= 'claimed' or", "false and");
        return Script::new(&blind);
    }
    Script::new(script)
}

/// Key of a message's journal.
pub fn key(event_id: Uuid) -> String {
    format!("{{po}}:sms:message:{}", event_id.hyphenated())
}

impl Journal {
    /// The journal in `redis`. Intents are only written while `slot_key` holds `slot_token`.
    pub fn new(redis: RedisConnection, keep: Duration, slot_key: String, slot_token: String) -> Self {
        Self { redis, keep, slot_key, slot_token, scripts: &SCRIPTS }
    }

    fn keep_ms(&self) -> u64 {
        u64::try_from(self.keep.as_millis()).unwrap_or(u64::MAX)
    }

    /// Takes a message up and says where it stands. `hand` is new for every taking-up.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn claim(
        &self,
        event_id: Uuid,
        hand: &str,
        now: Timestamp,
        ttn: &Ttn,
        entry: &str,
        request_id: Option<&str>,
    ) -> RedisResult<Standing> {
        let fields: Vec<Option<String>> = self
            .scripts
            .claim
            .key(key(event_id))
            .arg(hand)
            .arg(now.millis())
            .arg(self.keep_ms())
            .arg(ttn.to_string())
            .arg(entry)
            .arg(request_id.unwrap_or_default())
            .invoke_async(&mut self.redis.clone())
            .await?;
        let names = ["state", "attempts", "takes", "since", "deadline", "reason", "segments"];
        let fields =
            names.into_iter().zip(fields).filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        Ok(standing(&fields))
    }

    /// What is known of a message; `None`: nothing.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn find(&self, event_id: Uuid) -> RedisResult<Option<Found>> {
        let fields: HashMap<String, String> =
            redis::cmd("HGETALL").arg(key(event_id)).query_async(&mut self.redis.clone()).await?;
        let Some(ttn) = fields.get("ttn").and_then(|ttn| Ttn::parse(ttn).ok()) else { return Ok(None) };
        let request_id = fields.get("request").filter(|id| !id.is_empty()).cloned();
        Ok(Some(Found { standing: standing(&fields), ttn, request_id }))
    }

    /// Writes an intent down, before the call.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn begin(&self, intent: &Intent<'_>) -> RedisResult<Begun> {
        let word: String = self
            .scripts
            .begin
            .key(key(intent.event_id))
            .key(&self.slot_key)
            .key(&intent.charge.key)
            .arg(&self.slot_token)
            .arg(intent.hand)
            .arg(intent.attempt)
            .arg(intent.deadline.millis())
            .arg(self.keep_ms())
            .arg(intent.segments)
            .arg(intent.charge.cost)
            .arg(intent.charge.cap)
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(match word.as_str() {
            "begun" => Begun::Yes,
            "no_slot" => Begun::NoSlot,
            "spend_cap" => Begun::SpendCap,
            _ => Begun::Elsewhere,
        })
    }

    /// The gateway said that it did not take the message: it may be sent again, and the servers hear of the attempt (`told`). False: the
    /// message has moved meanwhile.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn release(&self, hand: &str, charge: &Charge, told: &OutcomeEntry) -> RedisResult<bool> {
        self.scripts
            .release
            .key(key(told.event_id))
            .key(OUTCOME_STREAM)
            .key(&charge.key)
            .arg(hand)
            .arg(told.attempts)
            .arg(OUTCOME_FIELD)
            .arg(json(told)?)
            .arg(charge.cost)
            .arg(charge.cap)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Tells the servers that a message waits before any call, once for every reason and time.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn wait(&self, told: &OutcomeEntry) -> RedisResult<bool> {
        let until = told.next_attempt_at.map_or(0, Timestamp::millis);
        self.scripts
            .wait
            .key(key(told.event_id))
            .key(OUTCOME_STREAM)
            .arg(format!("{}:{until}", told.reason.map(code_of).unwrap_or_default()))
            .arg(OUTCOME_FIELD)
            .arg(json(told)?)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Settles a message: state, acknowledgement and news to the servers at once. `entry`: its stream entry, where the caller holds one.
    /// True: it moved. False: it was there or further before.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn settle(&self, outcome: &OutcomeEntry, entry: Option<&str>) -> RedisResult<bool> {
        self.settle_or_repeat(outcome, entry, false).await
    }

    /// Acknowledges an entry whose message was settled before and tells the servers again: they published it again, so they do not know.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn repeat(&self, outcome: &OutcomeEntry, entry: &str) -> RedisResult<()> {
        self.settle_or_repeat(outcome, Some(entry), true).await?;
        Ok(())
    }

    async fn settle_or_repeat(&self, outcome: &OutcomeEntry, entry: Option<&str>, again: bool) -> RedisResult<bool> {
        self.scripts
            .settle
            .key(key(outcome.event_id))
            .key(OUTBOX_STREAM)
            .key(OUTCOME_STREAM)
            .arg(SENDER_GROUP)
            .arg(entry.unwrap_or_default())
            .arg(code_of(outcome.state))
            .arg(outcome.reason.map(code_of).unwrap_or_default())
            .arg(outcome.ttn.to_string())
            .arg(self.keep_ms())
            .arg(OUTCOME_FIELD)
            .arg(json(outcome)?)
            .arg(u8::from(again))
            .invoke_async(&mut self.redis.clone())
            .await
    }
}

fn json(outcome: &OutcomeEntry) -> RedisResult<String> {
    serde_json::to_string(outcome).map_err(|error| (redis::ErrorKind::Client, "outcome", error.to_string()).into())
}

/// The code of a state or reason, as on the wire.
fn code_of(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

fn of_code<'de, T: Deserialize<'de>>(code: &'de str) -> Option<T> {
    let deserializer: StrDeserializer<'de, CodeError> = code.into_deserializer();
    T::deserialize(deserializer).ok()
}

fn standing(fields: &HashMap<String, String>) -> Standing {
    fn number<T: FromStr>(fields: &HashMap<String, String>, name: &str) -> Option<T> {
        fields.get(name).and_then(|text| text.parse().ok())
    }
    let stage = match fields.get("state").map(String::as_str) {
        Some("claimed") | None => Stage::Claimed,
        Some("attempting") => Stage::Attempting,
        // A state that we do not know was written by a newer sender: whatever it is, sending again would be wrong.
        Some(code) => Stage::Settled(of_code(code).unwrap_or(MessageState::Unknown)),
    };
    Standing {
        stage,
        attempts: number(fields, "attempts").unwrap_or(0),
        takes: number(fields, "takes").unwrap_or(0),
        since: Timestamp::from_millis(number(fields, "since").unwrap_or(0)),
        deadline: number(fields, "deadline").map(Timestamp::from_millis),
        reason: fields.get("reason").and_then(|code| of_code(code)),
        segments: number(fields, "segments"),
    }
}

#[cfg(test)]
mod tests;
