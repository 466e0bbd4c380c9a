//! Who is at the other end: describing the office, setting it up, signing in and out, resuming after a break.

use postoffice_domain::{
    clock::Timestamp,
    language::Language,
    people::{Branch, BranchId, EmployeeId, Role},
    tariff::Tariff,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use uuid::Uuid;

/// One sign-in on one desktop. Survives reconnects; ends with sign-out or expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct SessionId(pub Uuid);

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The secret that proves a session: 256 random bits in base64url. Debug hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct SessionToken(String);

impl SessionToken {
    /// Wraps the text of a token.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself; for the wire and the keyring, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(***)")
    }
}

/// A password on its way to the server. Debug hides it.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

/// Parameters of methods that take none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "Record<string, never>"))]
pub struct Nothing {}

/// `session.describe`: what anyone on the LAN may know before signing in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Office {
    /// Name of the office as the admin wrote it.
    pub name: String,
    /// Version of the server.
    pub version: String,
    /// Must equal the desktop's [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// True until the first employee exists.
    pub setup_required: bool,
    /// Branches to choose from when signing in.
    pub branches: Vec<Branch>,
    /// Desktops with a live session now.
    pub stations_live: u32,
    /// Server time, so that a desktop can show ages although its own clock is wrong.
    pub now: Timestamp,
}

/// `session.set_up`: makes the first employee, an admin, with the one-time code that the server printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SetUp {
    /// The one-time code from the server's first start.
    pub code: String,
    /// Name of the first branch, its city and street.
    pub branch_name: String,
    /// City of the first branch.
    pub branch_city: String,
    /// Street and house of the first branch.
    pub branch_street: String,
    /// Full name of the admin.
    pub name: String,
    /// Login of the admin.
    pub login: String,
    /// Password of the admin.
    pub password: Password,
}

/// `session.sign_in`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SignIn {
    /// Login of the employee.
    pub login: String,
    /// Password of the employee.
    pub password: Password,
    /// Where the employee works today. Clerks and dispatchers: only their own branch.
    pub branch: BranchId,
    /// The workstation, for example "2".
    pub station: String,
    /// Language of the desktop.
    pub language: Language,
}

/// Result of `session.sign_in`: the secret, and what the session is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SignedIn {
    /// Kept by the desktop's Rust core; never reaches the webview.
    pub token: SessionToken,
    /// What the session is.
    pub session: Session,
}

/// What a session is: shown in the status bar, used to decide what to offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Session {
    /// Id of the session; locks name it.
    pub id: SessionId,
    /// Who signed in.
    pub employee: EmployeeId,
    /// Full name of the employee.
    pub name: String,
    /// Role of the employee.
    pub role: Role,
    /// Where the employee works.
    pub branch: Branch,
    /// The workstation.
    pub station: String,
    /// Prices of today, so that the desktop can quote while the clerk types.
    pub tariff: Tariff,
    /// Address of the public tracking page as it stands in SMS texts, for example `post.example`.
    pub tracking_url: String,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// Sequence of the last event at the moment of the answer; later ones follow as notifications.
    pub sequence: u64,
    /// Server time.
    pub now: Timestamp,
}

/// `session.resume`: the same session on a new socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Resume {
    /// The token of the session.
    pub token: SessionToken,
    /// Sequence of the last event this desktop has seen. A number that no history of ours can have (negative, a fraction, too large) is
    /// read as `u64::MAX`, so that it ends in `resync_required` like every other one from elsewhere.
    #[serde(deserialize_with = "any_sequence")]
    pub since: u64,
}

fn any_sequence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct AnyNumber;
    impl Visitor<'_> for AnyNumber {
        type Value = u64;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a sequence")
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
            Ok(u64::try_from(number).unwrap_or(u64::MAX))
        }
        fn visit_f64<E: de::Error>(self, _number: f64) -> Result<u64, E> {
            Ok(u64::MAX)
        }
    }
    deserializer.deserialize_any(AnyNumber)
}

/// Result of `session.resume`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Resumed {
    /// The session as it is now.
    pub session: Session,
    /// What happens to the events missed.
    pub replay: Replay,
}

/// What happens to the events that a desktop missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Replay {
    /// They follow as notifications, this many.
    Follows {
        /// How many events.
        missed: u64,
    },
    /// The gap is older than what is kept, or `since` is from another history: load a snapshot.
    ResyncRequired,
}
