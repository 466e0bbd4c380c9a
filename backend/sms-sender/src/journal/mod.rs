//! The journal: where every message stands, in Redis, one record per integration event, forgotten about a week after its last step.
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

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::stream::{OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, SENDER_GROUP};
use postoffice_runtime::{planted, redis_link::RedisConnection};
use redis::{RedisResult, Script, ScriptInvocation};
use uuid::Uuid;

use crate::policy::spend::Charge;
use record::{Record, of_code};
use steps::{begin_step, begun, json, moved, settle_step};
use together::{Calls, Steps, steps_of};

pub mod form;
mod links;
mod message;
mod record;
mod steps;
mod together;

pub use links::{Linked, Parked};
pub use message::{Begun, Found, Intent, Named, Settlement, Stage, Standing};
pub(crate) use record::code_of;

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
    ($($file:literal),+) => {
        concat!(include_str!("record.lua"), $(include_str!($file)),+)
    };
}

static SCRIPTS: std::sync::LazyLock<Scripts> = std::sync::LazyLock::new(|| Scripts {
    claim: Script::new(script!("claim.lua")),
    acquit: Script::new(script!("acquit.lua")),
    find: Script::new(script!("find.lua")),
    begin: begin_script(),
    release: Script::new(script!("release.lua")),
    settle: Script::new(script!("many.lua", "settle.lua")),
    wait: Script::new(script!("wait.lua")),
    retract: Script::new(script!("retract.lua")),
});

fn begin_script() -> Script {
    let script = script!("many.lua", "begin.lua");
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

/// Key of the hash in which a message's record stands under its event id, with those of its stretch of time (`record.lua`).
pub fn key(event_id: Uuid) -> String {
    let (stretch, ..) = event_id.as_fields();
    format!("{{po}}:sms:messages:{stretch:08x}")
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

    /// A call about one message: every such script begins with its hash, its id and how long it is kept.
    fn about<'a>(&self, script: &'a Script, event_id: Uuid) -> ScriptInvocation<'a> {
        let mut call = script.key(key(event_id));
        call.arg(event_id.to_string()).arg(self.keep_ms());
        call
    }

    /// Takes a message up and says where it stands. `hand` is new for every taking-up; `suspect`: it counts among [`Standing::takes`].
    ///
    /// # Errors
    /// Redis is away.
    pub async fn claim(&self, message: Named<'_>, hand: &str, now: Timestamp, suspect: bool) -> RedisResult<Standing> {
        let record: String = self
            .about(&self.scripts.claim, message.event_id)
            .arg(hand)
            .arg(now.millis())
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
        self.about(&self.scripts.acquit, event_id).invoke_async(&mut self.redis.clone()).await
    }

    /// What is known of a message; `None`: nothing.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn find(&self, event_id: Uuid) -> RedisResult<Option<Found>> {
        let find = self.about(&self.scripts.find, event_id);
        let record: Option<String> = find.invoke_async(&mut self.redis.clone()).await?;
        Ok(record.and_then(|text| Record::of(&text).found()))
    }

    /// Writes an intent down, before the call.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn begin(&self, intent: &Intent<'_>) -> RedisResult<Begun> {
        Ok(begun(&self.begins.make(begin_step(intent)).await?))
    }

    /// Writes many intents down, each as [`Journal::begin`] does; one that cannot be written does not touch the others.
    pub async fn begin_all(&self, intents: &[Intent<'_>]) -> Vec<RedisResult<Begun>> {
        let words = self.begins.make_all(&intents.iter().map(begin_step).collect::<Vec<_>>()).await;
        words.into_iter().map(|word| Ok(begun(&word?))).collect()
    }

    /// The gateway said that it did not take the message: it may be sent again, and the servers hear of the attempt (`told`). False: the
    /// message has moved meanwhile.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn release(&self, hand: &str, charge: &Charge, told: &OutcomeEntry) -> RedisResult<bool> {
        self.about(&self.scripts.release, told.event_id)
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
        self.about(&self.scripts.retract, event_id)
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
        self.about(&self.scripts.wait, told.event_id)
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
        let settlement = Settlement { outcome, entry, again: false };
        Ok(moved(&self.settlements.make(settle_step(&settlement)?).await?))
    }

    /// Settles many messages, each as [`Journal::settle`] does; one that cannot be settled does not touch the others.
    ///
    /// # Errors
    /// What the servers are to be told cannot be written as JSON: nothing was settled.
    pub async fn settle_all(&self, settlements: &[Settlement<'_>]) -> RedisResult<Vec<RedisResult<bool>>> {
        let steps = settlements.iter().map(settle_step).collect::<RedisResult<Vec<_>>>()?;
        let words = self.settlements.make_all(&steps).await;
        Ok(words.into_iter().map(|word| Ok(moved(&word?))).collect())
    }

    /// Acknowledges an entry whose message was settled before and tells the servers again: they published it again, so they do not know.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn repeat(&self, outcome: &OutcomeEntry, entry: &str) -> RedisResult<()> {
        let settlement = Settlement { outcome, entry: Some(entry), again: true };
        self.settlements.make(settle_step(&settlement)?).await?;
        Ok(())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod older_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod together_tests;
