//! What the window and its Rust core say to each other (Tauri commands and events). The socket and the token live in the core.

use postoffice_domain::{
    clock::Timestamp,
    location::Location,
    order::{CustomerNotice, OrderDraft},
    refusal::FieldRefusal,
    sms_text::SmsEncoding,
    tariff::Price,
    ttn::Ttn,
};
use serde::{Deserialize, Serialize};

use crate::{
    events::{ChangeBatch, LockNews},
    locks::{InLine, Lease, LockLoss, LockTold},
    orders::{CommandId, OrderDetails},
    problem::Problem,
    session::{Office, Session},
};

/// Result of the core command `core_state`: everything the window needs to draw itself after a (re)load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct CoreState {
    /// Version of the desktop.
    pub version: String,
    /// Server address the core uses, `host:port`; absent on the first start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What the server says about itself, once it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
    /// The signed-in session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// The link to the server.
    pub link: Link,
    /// Commands without an outcome yet, and outcomes that nobody has looked at, oldest first.
    pub pending: Vec<PendingCommand>,
    /// What this desktop could not keep or read on its own disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<DiskTrouble>,
    /// The branch and station last used here, to fill in the sign-in form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sign_in: Option<LastSignIn>,
}

/// The branch, station and login last used at this desktop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LastSignIn {
    /// Branch id.
    pub branch: String,
    /// Workstation.
    pub station: String,
    /// Login.
    pub login: String,
}

/// The link to the server, first item of the status bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Link {
    /// No server address is known.
    NoServer,
    /// Connected, nobody signed in.
    SignedOut,
    /// ● Everything that happens is shown.
    Live {
        /// How many changes the last catch-up brought; the proof "caught up: 37 changes, none missed".
        caught_up: u64,
    },
    /// ◐ Connected again, missed changes are coming in.
    CatchingUp {
        /// Changes still to come.
        missing: u64,
    },
    /// ○ No connection.
    Offline {
        /// Since when (the desktop's clock).
        since: Timestamp,
        /// When what can still be read was as it is shown (the desktop's clock); absent: nothing was seen.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        as_of: Option<Timestamp>,
        /// Which attempt comes next, from 1.
        attempt: u32,
        /// Milliseconds until it.
        retry_in_ms: u64,
        /// Why the last one failed.
        problem: Box<Problem>,
    },
}

/// A command that was given at this desktop: it is on the disk before it is sent, and goes again with the same id after a break or a
/// restart until its outcome is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct PendingCommand {
    /// Id of the command.
    pub command_id: CommandId,
    /// Its method, for example `orders.complete`.
    pub method: String,
    /// The order; absent for `orders.create` until it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttn: Option<Ttn>,
    /// What is to be registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderDraft>,
    /// The new place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Location>,
    /// When the clerk gave it (the desktop's clock).
    pub since: Timestamp,
    /// How far it is.
    pub progress: Progress,
}

/// How far a command is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Progress {
    /// Waits for the server and was never sent: it can be taken back.
    Unsent,
    /// Was sent; no answer yet. It goes again until there is one.
    Sent,
    /// The server carries it out.
    Accepted,
    /// Done, while nobody waited for it at the window.
    Done,
    /// Refused; nothing was changed. Stays until the clerk has seen it.
    Refused {
        /// Why.
        problem: Box<Problem>,
    },
}

/// What a clerk types that is not a command yet, by where it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum DraftName {
    /// The parcel that is being registered.
    Register,
    /// Places of orders whose editor closed without saving.
    Places,
    /// Texts for customers.
    Texts,
}

/// What the core keeps of what an employee typed: on the disk, until it is given or dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum KeptDraft {
    /// As it was typed.
    Text {
        /// Where it is typed.
        name: DraftName,
        /// What the window gave; only the window knows its shape.
        text: String,
    },
    /// The disk damaged it. Told until something is typed in its place, or this desktop ends.
    Damaged {
        /// Where it was typed.
        name: DraftName,
        /// Where what is left of it is now.
        file: String,
    },
}

impl KeptDraft {
    /// Where it is or was typed.
    pub fn name(&self) -> DraftName {
        match self {
            Self::Text { name, .. } | Self::Damaged { name, .. } => *name,
        }
    }
}

/// What this desktop could not do with its own files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum DiskTrouble {
    /// Files of waiting commands were damaged; they are put aside and not sent.
    SetAside {
        /// How many.
        files: u32,
        /// Where they are now.
        folder: String,
    },
    /// The disk is full or refuses: what waits is lost when this desktop ends before it is sent.
    NotKept,
}

/// Result of the core command `open_editor`: the lock is held and renewed by the core until `close_editor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EditorOpened {
    /// The lease.
    pub lease: Lease,
    /// The order as loaded under the lock.
    pub details: OrderDetails,
}

/// The core lost the lock of an open editor: go read-only, keep the draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct EditorLost {
    /// The order.
    pub ttn: Ttn,
    /// `lock_lost` with the present holder, or `offline` when the lease ran out without a server.
    pub problem: Problem,
    /// How somebody else got it; absent: the lease ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<LockLoss>,
}

/// Result of the core command `quote`: computed by the same Rust rules as on the server, without asking it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Quote {
    /// The price.
    pub price: Price,
    /// Chargeable weight per item in grams, in the order given.
    pub chargeable_g: Vec<u64>,
}

/// Result of the core command `preview_sms`: the text of a template, measured by the rules of the server, without asking it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct SmsPreview {
    /// What it tells.
    pub notice: CustomerNotice,
    /// The text with the TTN's unknown digits as `•` where it is not issued yet.
    pub text: String,
    /// UTF-16 units (or GSM-7 septets) used.
    pub used: usize,
    /// Units that fit in the segments used.
    pub limit: usize,
    /// Segments.
    pub segments: usize,
    /// Alphabet.
    pub encoding: SmsEncoding,
    /// Why `templates.set` would refuse the template; absent: it would not, or no template was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<FieldRefusal>,
}

/// Everything the core tells the window without being asked: one Tauri event `core`, this payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum CoreEvent {
    /// The link changed.
    Link(Link),
    /// The server said who it is: after every connection.
    Office(Office),
    /// The session began, changed or ended.
    Session(Option<Session>),
    /// Orders changed.
    Changes(ChangeBatch),
    /// Too much was missed: load again what is shown.
    Resync,
    /// Locks changed.
    Locks(LockNews),
    /// The list of commands without an outcome changed.
    Pending(Vec<PendingCommand>),
    /// Something is wrong with this desktop's own files, or is not any more.
    Trouble(Option<DiskTrouble>),
    /// The lock of an open editor is gone.
    EditorLost(EditorLost),
    /// A colleague asks for a lock of ours, keeps theirs, gives or takes one.
    LockTold(LockTold),
    /// How it stands with the line that we wait in.
    InLine(LineState),
}

/// How it stands with a lock that this desktop waits for. The core asks again every few seconds until it is left or opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct LineState {
    /// The order.
    pub ttn: Ttn,
    /// Where we are; absent: not in the line any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<InLine>,
}
