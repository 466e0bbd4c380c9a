//! Pessimistic locks as they cross the wire. The protocol behind them is docs/LOCKS.md.

use postoffice_domain::{clock::Timestamp, people::EmployeeId, ttn::Ttn};
use serde::{Deserialize, Serialize};

use crate::{orders::OrderDetails, session::SessionId};

/// What the holder is doing, shown to others as "editing place".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum LockPurpose {
    /// Changing the place.
    EditPlace,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LocksRenewed {
    /// Still ours, for another `lease_ms`.
    pub renewed: Vec<Ttn>,
    /// Gone: the editor must go read-only, the draft is kept.
    pub lost: Vec<LostLock>,
    /// Length of the new lease in milliseconds.
    pub lease_ms: u64,
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
