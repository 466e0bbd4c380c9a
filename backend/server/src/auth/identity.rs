//! Who sits behind a socket, as the session says.

use std::sync::atomic::{AtomicI64, Ordering};

use postoffice_domain::{
    clock::Timestamp,
    people::{Actor, Branch},
};
use postoffice_protocol::session::SessionId;

/// A signed-in session on a socket.
#[derive(Debug)]
pub struct Identity {
    /// The session.
    pub session: SessionId,
    /// Who acts.
    pub actor: Actor,
    /// Where, with the place.
    pub branch: Branch,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// Milliseconds without a request of the clerk after which it ends.
    pub idle_ms: i64,
    last_active: AtomicI64,
    last_stored: AtomicI64,
}

/// How stale the stored time of the last activity may be.
const STORE_EVERY_MS: i64 = 60_000;

impl Identity {
    /// A session that was active just now.
    pub fn new(
        session: SessionId,
        actor: Actor,
        branch: Branch,
        expires_at: Timestamp,
        idle_ms: i64,
        now: Timestamp,
    ) -> Self {
        let (last_active, last_stored) = (AtomicI64::new(now.millis()), AtomicI64::new(now.millis()));
        Self { session, actor, branch, expires_at, idle_ms, last_active, last_stored }
    }

    /// When it ends if the clerk does nothing more.
    pub fn ends_at(&self) -> Timestamp {
        let idle_end = Timestamp::from_millis(self.last_active.load(Ordering::Relaxed)).plus_millis(self.idle_ms);
        idle_end.min(self.expires_at)
    }

    /// The clerk did something. True: it is time to store that.
    pub fn active(&self, now: Timestamp) -> bool {
        self.last_active.fetch_max(now.millis(), Ordering::Relaxed);
        let stored = self.last_stored.load(Ordering::Relaxed);
        now.millis() - stored >= STORE_EVERY_MS
            && self.last_stored.compare_exchange(stored, now.millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use postoffice_domain::{
        location::Location,
        people::{BranchId, EmployeeId, Role},
    };
    use uuid::Uuid;

    use super::*;

    /// A session of Olena with the role given.
    pub(crate) fn someone(role: Role) -> Identity {
        let branch = Branch {
            id: BranchId("lviv-3".to_owned()),
            name: "Lviv 3".to_owned(),
            location: Location { city: "Львів".to_owned(), street: "Городоцька 12".to_owned() },
        };
        let actor = Actor {
            employee: EmployeeId(Uuid::from_u128(7)),
            name: "Олена Ковальчук".to_owned(),
            role,
            branch: branch.id.clone(),
            station: "2".to_owned(),
        };
        let session = SessionId(Uuid::from_u128(1));
        Identity::new(session, actor, branch, Timestamp::from_millis(10_000_000), 1_800_000, Timestamp::from_millis(0))
    }

    #[test]
    fn activity_moves_the_end_but_not_past_the_expiry() {
        let identity = someone(Role::Clerk);
        assert_eq!(identity.ends_at().millis(), 1_800_000);
        assert!(!identity.active(Timestamp::from_millis(1_000)), "stored a second ago");
        assert!(identity.active(Timestamp::from_millis(61_000)), "a minute is over");
        assert!(!identity.active(Timestamp::from_millis(62_000)));
        assert_eq!(identity.ends_at().millis(), 1_862_000);
        identity.active(Timestamp::from_millis(9_900_000));
        assert_eq!(identity.ends_at().millis(), 10_000_000);
    }
}
