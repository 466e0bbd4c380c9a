//! Pessimistic locks as they cross the wire. The protocol behind them is docs/LOCKS.md.

use postoffice_domain::{clock::Timestamp, people::EmployeeId, ttn::Ttn};
use serde::{Deserialize, Serialize};

use crate::{
    orders::{CommandId, OrderDetails},
    session::SessionId,
};

/// What the holder is doing, shown to others as "editing place".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum LockPurpose {
    /// Changing the place.
    EditPlace,
    /// Nothing yet: it was waited for, was given, and is kept a moment for whoever waited.
    Reserved,
    /// A short server-side operation (cancel, complete, delete).
    Command,
}

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockHolder {
    /// The session that owns it; a desktop compares it with its own to never say "locked by yourself".
    pub session: SessionId,
    /// Who.
    pub employee: EmployeeId,
    /// Full name of who.
    pub name: String,
    /// At which workstation.
    pub station: String,
    /// Since when, by Redis' clock.
    pub since: Timestamp,
    /// Doing what.
    pub purpose: LockPurpose,
}

/// A lock as every desktop sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockView {
    /// The order.
    pub ttn: Ttn,
    /// Who holds it.
    pub holder: LockHolder,
    /// Milliseconds until the lease ends unless it is renewed; a desktop drops the lock from view then.
    pub expires_in_ms: u64,
}

/// `locks.acquire`. Idempotent per session: asked again, the same lock is renewed and the order loaded again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AcquireLock {
    /// The order to edit.
    pub ttn: Ttn,
    /// What for.
    pub purpose: LockPurpose,
}

/// Result of `locks.acquire`: the lease, and the order as loaded *under* the lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockGranted {
    /// The lease.
    pub lease: Lease,
    /// The order, loaded after the lock was taken and stamped with the fencing token.
    pub order: OrderDetails,
}

/// A lease of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Lease {
    /// The order.
    pub ttn: Ttn,
    /// Fencing token from SQL; goes with the write.
    pub fence: u64,
    /// Length of the lease in milliseconds from the answer.
    pub lease_ms: u64,
    /// How often the desktop's core should renew, in milliseconds.
    pub renew_every_ms: u64,
}

/// `locks.renew`: heartbeat for all locks of this session in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RenewLocks {
    /// At most 50.
    pub ttns: Vec<Ttn>,
}

/// Result of `locks.renew`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LocksRenewed {
    /// Still ours, for another `lease_ms`.
    pub renewed: Vec<Ttn>,
    /// Gone: the editor must go read-only, the draft is kept.
    pub lost: Vec<LostLock>,
    /// Length of the new lease in milliseconds.
    pub lease_ms: u64,
    /// Questions of colleagues that wait for an answer: a lost notice costs a heartbeat.
    pub asked: Vec<LockAsk>,
}

/// A lock that is no longer ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct LostLock {
    /// The order.
    pub ttn: Ttn,
    /// Who has it now, if anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<LockHolder>,
}

/// `locks.release`. Releasing what is not ours is no error and does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReleaseLock {
    /// The order.
    pub ttn: Ttn,
}

/// Result of `locks.snapshot`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockSnapshot {
    /// Every lock held now.
    pub locks: Vec<LockView>,
}

/// `locks.wait`: tell me when it is free. Asked again every few seconds while waiting; the place in the line stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct WaitForLock {
    /// The order.
    pub ttn: Ttn,
}

/// `locks.ask`: ask the holder to hand over. Asked again every few seconds while waiting; the question and the place in the line stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AskForLock {
    /// The order.
    pub ttn: Ttn,
}

/// `locks.leave`: waits and asks no more. A lock that is kept for us goes to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LeaveLine {
    /// The order.
    pub ttn: Ttn,
}

/// Result of `locks.wait` and `locks.ask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum InLine {
    /// It is ours: open the editor (`locks.acquire`) within this time, or it goes to the next one.
    Granted {
        /// Milliseconds.
        open_within_ms: u64,
    },
    /// Somebody else has it and we wait in line.
    Waiting {
        /// Who has it.
        holder: LockHolder,
        /// Our place in the line, 1 is the next one.
        place: u32,
    },
    /// The holder has been asked by us.
    Asked {
        /// Who has it.
        holder: LockHolder,
        /// Our place in the line, 1 is the next one.
        place: u32,
        /// Milliseconds within which the holder answers.
        answer_within_ms: u64,
    },
    /// The holder was asked and keeps it for now; we wait in line.
    Kept {
        /// Who has it.
        holder: LockHolder,
        /// Our place in the line, 1 is the next one.
        place: u32,
        /// Milliseconds after which the holder may be asked again.
        ask_again_in_ms: u64,
    },
    /// Somebody else asks the holder already; we wait in line.
    AskedByOther {
        /// Who has it.
        holder: LockHolder,
        /// Our place in the line, 1 is the next one.
        place: u32,
        /// Who asks.
        by: LockParty,
    },
}

/// Somebody at a station, where a full holder is not needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockParty {
    /// Full name.
    pub name: String,
    /// At which workstation.
    pub station: String,
}

impl From<&LockHolder> for LockParty {
    fn from(holder: &LockHolder) -> Self {
        Self { name: holder.name.clone(), station: holder.station.clone() }
    }
}

/// The question of a colleague to the holder of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LockAsk {
    /// The order.
    pub ttn: Ttn,
    /// Who asks.
    pub by: LockParty,
    /// Milliseconds left to answer.
    pub answer_within_ms: u64,
}

/// `locks.answer`: the holder's answer to a question. Answering a question that is over is no error and does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AnswerAsk {
    /// The order.
    pub ttn: Ttn,
    /// What.
    pub answer: AskAnswer,
    /// True: nobody answered in time, the desktop's core did.
    pub by_silence: bool,
}

/// An answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum AskAnswer {
    /// Gives the lock to who asked.
    HandOver,
    /// Keeps it for two minutes.
    Keep,
}

/// Result of `locks.answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct AskAnswered {
    /// Who has the lock now; ourselves when it was kept or the question was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<LockHolder>,
}

/// `locks.take_over`: a supervisor takes the lock, with a reason that stands on the timeline and in the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TakeOverLock {
    /// Client-made id: asked again after a lost answer, it is written once.
    pub command_id: CommandId,
    /// The order.
    pub ttn: Ttn,
    /// Why.
    pub reason: String,
}

/// What one session is told about a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub enum LockTold {
    /// To the holder: a colleague asks for it.
    Asked {
        /// The question.
        ask: LockAsk,
    },
    /// To the holder: the question is over, who asked has left.
    AskEnded {
        /// The order.
        ttn: Ttn,
    },
    /// To who asked: the holder keeps it.
    Kept {
        /// The order.
        ttn: Ttn,
        /// Milliseconds after which the holder may be asked again.
        ask_again_in_ms: u64,
    },
    /// To who waited or asked: it is yours. The desktop confirms at once with `locks.wait`.
    Granted {
        /// The order.
        ttn: Ttn,
    },
    /// To who held it: it is somebody else's now. The draft is kept.
    Lost {
        /// The order.
        ttn: Ttn,
        /// Who has it.
        holder: LockHolder,
        /// How.
        how: LockLoss,
    },
}

/// How a lock was lost to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum LockLoss {
    /// Handed over, by word or by silence.
    HandedOver,
    /// Taken by a supervisor.
    TakenOver {
        /// Why.
        reason: String,
    },
}

/// How a lock changed hands, as it stands on the timeline. Whose line it is: who gave it (hand-over), who took it (take-over).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum LockPassed {
    /// The holder handed it over.
    HandedOver {
        /// To whom.
        to: LockParty,
        /// When it was asked for.
        asked_at: Timestamp,
        /// Nobody answered in time.
        by_silence: bool,
    },
    /// A supervisor took it.
    TakenOver {
        /// From whom; nobody held it any more otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        from: Option<LockParty>,
        /// Why.
        reason: String,
    },
}
