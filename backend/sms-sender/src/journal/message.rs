//! What is said to the journal of a message, and what it says.

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::OutcomeEntry,
};
use uuid::Uuid;

use crate::policy::spend::Charge;

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

/// The end of a message.
#[derive(Debug, Clone, Copy)]
pub struct Settlement<'a> {
    /// What the servers are told.
    pub outcome: &'a OutcomeEntry,
    /// Its stream entry, where the caller holds one.
    pub entry: Option<&'a str>,
    /// Tell even when nothing moves, because the servers ask by publishing the event again.
    pub again: bool,
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
