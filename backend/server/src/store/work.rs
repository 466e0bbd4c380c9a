//! A command on an order as the store takes it, and its answer.

use postoffice_domain::{
    clock::Timestamp,
    order::{Order, OrderCommand, ValidOrder},
    people::{Actor, Branch},
    tariff::Tariff,
    ttn::Ttn,
};
use postoffice_protocol::{orders::CommandId, problem::Problem, session::SessionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{error::StoreError, hex::hex};

/// A command on an order.
#[derive(Debug, Clone)]
pub struct OrderWork {
    /// Client-made id: the same one never has a second effect.
    pub command_id: CommandId,
    /// The session it came through.
    pub session: SessionId,
    /// Who.
    pub actor: Actor,
    /// The id in all logs.
    pub request_id: String,
    /// Server time.
    pub now: Timestamp,
    /// What.
    pub kind: WorkKind,
}

/// What a command does.
#[derive(Debug, Clone)]
pub enum WorkKind {
    /// Registers an order; its TTN is drawn inside.
    Create {
        /// The order, every field of it good.
        order: Box<ValidOrder>,
        /// Where it is registered.
        branch: Branch,
        /// By which prices.
        tariff: Tariff,
    },
    /// Changes one.
    Decide {
        /// The order.
        ttn: Ttn,
        /// What is wanted.
        command: OrderCommand,
        /// What must hold for the write.
        guard: Guard,
    },
}

/// What must hold for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing: nobody else can be at the order (filling an empty office).
    None,
    /// The order was last loaded for edit by this session under this fencing token.
    Fence(u64),
    /// For a command that takes and releases the lock inside: nobody loaded the order for edit since its token was this. The write counts as
    /// a load of its own: an editor of another session whose lease ran out meanwhile can no longer save.
    Unmoved(u64),
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It was done, now or when it came first.
    Done(Box<Done>),
    /// It was refused; nothing changed.
    Refused(Box<Problem>),
}

/// How a command ended.
pub type Decided = Result<Box<Done>, Box<Problem>>;

impl From<Answer> for Decided {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done(done) => Ok(done),
            Answer::Refused(problem) => Err(problem),
        }
    }
}

/// A command that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The order. After a repeat of the command: as it is now.
    pub order: Order,
    /// Version of its row after the command.
    pub version: u32,
    /// The integration event that tells the world.
    pub event_id: Uuid,
}

/// An answer as it is stored with the command: small, the order itself is in its own table.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredAnswer {
    Done {
        ttn: Ttn,
        version: u32,
        event_id: Uuid,
    },
    Refused(Box<Problem>),
    /// Done; what it led to is asked for anew.
    Noted,
}

impl OrderWork {
    /// Digest of what the command asks for; the same id with another digest is `id_reused`.
    pub(super) fn digest(&self) -> Result<String, StoreError> {
        let content = match &self.kind {
            WorkKind::Create { order, .. } => serde_json::to_vec(&("create", order))?,
            WorkKind::Decide { ttn, command, .. } => serde_json::to_vec(&("decide", ttn, command))?,
        };
        Ok(hex(&Sha256::digest(content)))
    }
}
