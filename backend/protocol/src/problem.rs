//! Every refusal that can cross a wire. The code is the contract; the UI maps codes, never text, to sentences.

use postoffice_domain::{
    clock::Timestamp,
    refusal::{FieldRefusal, Refusal, RefusalCode, RefusalDetail},
};
use serde::{Deserialize, Serialize};

use crate::locks::LockHolder;

/// What was refused and why. Travels as `error.data` of a JSON-RPC response, or inside a command's outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct Problem {
    /// Machine-readable reason.
    pub code: ProblemCode,
    /// For the log and for developers; English, never shown to a clerk, never holds the refused content.
    pub message: String,
    /// Every field that was refused (`code` is then `invalid_fields`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<FieldRefusal>>"))]
    pub fields: Vec<FieldRefusal>,
    /// The rule of the domain that said no (`code` is then `refused`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalCode>,
    /// Values for the sentence about `refusal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<RefusalDetail>,
    /// Who holds the lock (`order_locked`, `lock_lost`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<LockHolder>,
    /// When trying again makes sense, milliseconds from now (`rate_limited`, `locks_unavailable`, `server_busy`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Column of the offending byte in the frame, from 1 (`bad_json`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The request id that all logs of this command carry; a clerk can read it to the admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Server time of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Machine-readable reason of a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum ProblemCode {
    /// The frame is not one JSON value, has a duplicate key, is nested too deep. See `column`.
    BadJson,
    /// The frame or its parameters have the wrong shape; `message` names the field.
    BadRequest,
    /// No such method.
    UnknownMethod,
    /// Fields were refused; see `fields`.
    InvalidFields,
    /// A rule of the domain refused; see `refusal`.
    Refused,
    /// No such order (never existed, or the employee may not know of it).
    NotFound,
    /// Not signed in, or the session ended.
    Unauthenticated,
    /// Login or password is wrong (never says which).
    WrongCredentials,
    /// The employee's role does not allow this.
    Forbidden,
    /// The set-up code is wrong, or the office is set up already.
    BadSetupCode,
    /// The office has no employee yet: set up first.
    SetupRequired,
    /// The same command id came with other content; nothing was done.
    IdReused,
    /// Someone else is editing; see `holder`.
    OrderLocked,
    /// The lock of this session is gone and someone else may have loaded since; nothing was saved. See `holder`.
    LockLost,
    /// Redis is away: no new lock can be given. Reading and registration go on.
    LocksUnavailable,
    /// Too many requests; see `retry_after_ms`.
    RateLimited,
    /// The server has more than it can take now; see `retry_after_ms`.
    ServerBusy,
    /// The disk of the server is full; nothing was saved.
    StorageFull,
    /// The store cannot be reached or refused to work; nothing was saved.
    StorageUnavailable,
    /// Desktop and server do not speak the same protocol version.
    VersionMismatch,
    /// The desktop's core has no connection (never sent by a server).
    Offline,
    /// The server's address cannot be understood or nobody answers there (never sent by a server).
    ServerUnreachable,
    /// A fault of ours; the log has the story under `request_id`.
    Internal,
}

impl Problem {
    /// A problem with a code and a log message and nothing else.
    pub fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fields: Vec::new(),
            refusal: None,
            detail: None,
            holder: None,
            retry_after_ms: None,
            column: None,
            request_id: None,
            at: None,
        }
    }

    /// Fields were refused; `fields` is not empty.
    pub fn invalid_fields(fields: Vec<FieldRefusal>) -> Self {
        let names: Vec<&str> = fields.iter().map(|refusal| refusal.field.as_str()).collect();
        let message = format!("refused fields: {}", names.join(", "));
        Self { fields, ..Self::new(ProblemCode::InvalidFields, message) }
    }

    /// The order is locked by `holder`.
    pub fn locked(holder: LockHolder) -> Self {
        Self { holder: Some(holder), ..Self::new(ProblemCode::OrderLocked, "the order is being edited") }
    }

    /// The caller's lock is gone; `holder` is who has it now, if anyone.
    pub fn lock_lost(holder: Option<LockHolder>) -> Self {
        Self { holder, ..Self::new(ProblemCode::LockLost, "the lock was lost before the write") }
    }

    /// The JSON-RPC error number that goes with the code (the reserved ones where JSON-RPC has one).
    pub const fn rpc_code(&self) -> i32 {
        match self.code {
            ProblemCode::BadJson => -32700,
            ProblemCode::BadRequest => -32600,
            ProblemCode::UnknownMethod => -32601,
            ProblemCode::InvalidFields => -32602,
            ProblemCode::Internal => -32603,
            _ => -32000,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        Self { refusal: Some(refusal.code), detail: Some(refusal.detail), ..Self::new(ProblemCode::Refused, message) }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.code, self.message)
    }
}

impl std::error::Error for Problem {}
