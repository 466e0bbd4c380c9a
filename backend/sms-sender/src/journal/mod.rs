//! The journal: where every message stands, in Redis, one record per integration event, forgotten after a week.
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
//!
//! A message that nothing holds up has two steps, intent and settlement, and many messages go together in one call (`together.rs`). One that
//! must wait is claimed first, so that its patience is counted from then on.

use std::time::Duration;

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SENDER_GROUP},
};
use postoffice_runtime::{planted, redis_link::RedisConnection};
use redis::{RedisResult, Script};
use uuid::Uuid;

use crate::policy::spend::Charge;
use record::{Record, of_code};
use together::{Calls, Step, Steps, steps_of};

mod links;
mod record;
mod together;

pub use links::{Linked, Parked};
pub(crate) use record::code_of;

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
    /// How often it was taken up alone because it may be what brings the sender down, without coming past that.
    pub takes: u32,
    /// Who began the last call.
    pub by: Option<String>,
    /// When it was first taken up.
    pub since: Timestamp,
    /// Until when a proof is waited for; only while `attempting`.
    pub deadline: Option<Timestamp>,
    /// Why, where there is something to say.
    pub reason: Option<MessageReason>,
    /// Segments of the text as handed over.
    pub segments: Option<u16>,
}

impl Standing {
    /// A message that nobody took up before `now`.
    pub const fn of_a_new(now: Timestamp) -> Self {
        Self {
            stage: Stage::Claimed,
            attempts: 0,
            takes: 0,
            by: None,
            since: now,
            deadline: None,
            reason: None,
            segments: None,
        }
    }
}

/// A message as its entry names it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The integration event.
    pub event_id: Uuid,
    /// The order.
    pub ttn: &'a Ttn,
    /// Id of the stream entry.
    pub entry: &'a str,
    /// Request id of the command that caused it.
    pub request_id: Option<&'a str>,
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
    pub message: Named<'a>,
    /// Who took it up.
    pub hand: &'a str,
    /// When it was first taken up.
    pub since: Timestamp,
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
    begins: Steps,
    settlements: Steps,
    scripts: &'static Scripts,
}

/// Makes the steps that go together. Run it beside the journal.
pub struct JournalWriter {
    begins: Calls,
    settlements: Calls,
}

impl JournalWriter {
    /// Writes until the journal and all its clones are gone.
    pub async fn run(self) {
        tokio::join!(self.begins.run(), self.settlements.run());
    }
}

struct Scripts {
    claim: Script,
    acquit: Script,
    find: Script,
    begin: Script,
    release: Script,
    settle: Script,
    wait: Script,
    retract: Script,
}

/// A script of this folder, which knows how records are read and written.
macro_rules! script {
    ($file:literal) => {
        concat!(include_str!("record.lua"), include_str!($file))
    };
}

static SCRIPTS: std::sync::LazyLock<Scripts> = std::sync::LazyLock::new(|| Scripts {
    claim: Script::new(script!("claim.lua")),
    acquit: Script::new(script!("acquit.lua")),
    find: Script::new(script!("find.lua")),
    begin: begin_script(),
    release: Script::new(script!("release.lua")),
    settle: Script::new(script!("settle.lua")),
    wait: Script::new(script!("wait.lua")),
    retract: Script::new(script!("retract.lua")),
});

fn begin_script() -> Script {
    let script = script!("begin.lua");
    if !planted!("sender.intent_unchecked") {
        return Script::new(script);
    }
    let is_checked = [
        "redis.call('GET', KEYS[1]) == token",
        "not is_new and (state ~= 'claimed' or tonumber(attempts) ~= tonumber(attempt) - 1)",
    ];
    assert!(is_checked.iter().all(|part| script.contains(part)), "the planted bug does not fit any more");
    Script::new(&script.replace(is_checked[0], "true").replace(is_checked[1], "false"))
}

/// Key of a message's journal.
pub fn key(event_id: Uuid) -> String {
    format!("{{po}}:sms:message:{}", event_id.hyphenated())
}

impl Journal {
    /// The journal in `redis`. Intents are only written while `slot_key` holds `slot_token`.
    pub fn new(redis: RedisConnection, keep: Duration, slot_key: &str, slot_token: &str) -> (Self, JournalWriter) {
        let keep_ms = millis(keep).to_string();
        let (begins, begin_calls) = steps_of(
            &SCRIPTS.begin,
            redis.clone(),
            vec![slot_key.to_owned()],
            vec![slot_token.to_owned(), keep_ms.clone()],
        );
        let (settlements, settle_calls) = steps_of(
            &SCRIPTS.settle,
            redis.clone(),
            vec![OUTBOX_STREAM.to_owned(), OUTCOME_STREAM.to_owned()],
            vec![SENDER_GROUP.to_owned(), keep_ms, OUTCOME_FIELD.to_owned()],
        );
        let writer = JournalWriter { begins: begin_calls, settlements: settle_calls };
        (Self { redis, keep, begins, settlements, scripts: &SCRIPTS }, writer)
    }

    fn keep_ms(&self) -> u64 {
        millis(self.keep)
    }

    /// Takes a message up and says where it stands. `hand` is new for every taking-up; `suspect`: it counts among [`Standing::takes`].
    ///
    /// # Errors
    /// Redis is away.
    pub async fn claim(&self, message: Named<'_>, hand: &str, now: Timestamp, suspect: bool) -> RedisResult<Standing> {
        let record: String = self
            .scripts
            .claim
            .key(key(message.event_id))
            .arg(hand)
            .arg(now.millis())
            .arg(self.keep_ms())
            .arg(message.ttn.to_string())
            .arg(message.entry)
            .arg(message.request_id.unwrap_or_default())
            .arg(u8::from(suspect))
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(Record::of(&record).standing())
    }

    /// A suspect message did not bring the sender down: nothing is held against it any more.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn acquit(&self, event_id: Uuid) -> RedisResult<()> {
        self.scripts.acquit.key(key(event_id)).invoke_async(&mut self.redis.clone()).await
    }

    /// What is known of a message; `None`: nothing.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn find(&self, event_id: Uuid) -> RedisResult<Option<Found>> {
        let record: Option<String> = self.scripts.find.key(key(event_id)).invoke_async(&mut self.redis.clone()).await?;
        Ok(record.and_then(|text| Record::of(&text).found()))
    }

    /// Writes an intent down, before the call.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn begin(&self, intent: &Intent<'_>) -> RedisResult<Begun> {
        let message = &intent.message;
        let step = Step {
            keys: vec![key(message.event_id), intent.charge.key.clone()],
            args: vec![
                intent.hand.to_owned(),
                intent.attempt.to_string(),
                intent.charge.cost.to_string(),
                intent.charge.cap.to_string(),
                record::of_intent(intent),
            ],
        };
        let word = self.begins.make(step).await?;
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

    /// The call that `by` announced as number `attempt` was not made, or not taken: the message may be sent. False: it has moved meanwhile.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn retract(&self, event_id: Uuid, by: &str, attempt: u32, charge: &Charge) -> RedisResult<bool> {
        self.scripts
            .retract
            .key(key(event_id))
            .key(&charge.key)
            .arg(by)
            .arg(attempt)
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
        let step = Step {
            keys: vec![key(outcome.event_id)],
            args: vec![
                entry.unwrap_or_default().to_owned(),
                code_of(outcome.state),
                outcome.reason.map(code_of).unwrap_or_default(),
                outcome.ttn.to_string(),
                json(outcome)?,
                u8::from(again).to_string(),
            ],
        };
        Ok(self.settlements.make(step).await? == "1")
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn json(outcome: &OutcomeEntry) -> RedisResult<String> {
    serde_json::to_string(outcome).map_err(|error| (redis::ErrorKind::Client, "outcome", error.to_string()).into())
}

#[cfg(test)]
mod tests;
