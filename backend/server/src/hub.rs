//! The open sockets of signed-in sessions, and how news reaches them.
//!
//! A batch of changes is encoded once and its bytes are shared by all sessions, so that fan-out costs per tick. Every session has a bounded
//! queue; who reads too slowly is closed with 1013 and resumes, the others never wait for it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use postoffice_protocol::{
    events::{ClosingReason, CommandOutcome, ServerNotice},
    frame::write_notice,
    session::SessionId,
};
use postoffice_runtime::planted;
use tokio::time::Instant;

use crate::{tick::Ticks, ws::outbound::Outbound};

/// All open sockets of signed-in sessions of this node.
#[derive(Default)]
pub struct Hub {
    sockets: Mutex<Sockets>,
    ticks: Ticks,
}

#[derive(Default)]
struct Sockets {
    by_session: HashMap<SessionId, Bound>,
    /// Sessions whose socket closed a moment ago.
    left: HashMap<SessionId, Instant>,
    /// Sequence of the last change that was broadcast.
    sequence: u64,
}

/// A socket that is bound to its session.
struct Bound {
    outbound: Outbound,
    /// It is told changes. One that is catching up is not: they would only fill its queue.
    follows: bool,
}

/// How long a session whose socket closed counts as just left.
const JUST_LEFT: Duration = Duration::from_secs(15);

impl Hub {
    /// A hub without sockets.
    pub fn new() -> Self {
        Self::default()
    }

    /// When all desktops may be told something next, when something was told now.
    pub fn next_tick(&self) -> Instant {
        self.ticks.after(Instant::now())
    }

    /// Binds a socket to its session and returns the sequence S of the last change broadcast before: every change after S will be in the
    /// queue of `outbound`, none up to S. An older socket of the same session is closed (the desktop has come back faster than we noticed).
    pub fn attach(&self, session: SessionId, outbound: Outbound) -> u64 {
        self.lock().bind(session, Bound { outbound, follows: true })
    }

    /// The same for a socket that has something to catch up with: it is told everything but changes, until it [follows](Self::follow).
    pub fn bind(&self, session: SessionId, outbound: Outbound) -> u64 {
        self.lock().bind(session, Bound { outbound, follows: false })
    }

    /// From now on a socket that was bound and has everything up to `reached` is told changes too.
    ///
    /// # Errors
    /// The sequence of the last change that was broadcast: it is further on, and what is between must be told first.
    pub fn follow(&self, session: SessionId, outbound: &Outbound, reached: u64) -> Result<(), u64> {
        let mut sockets = self.lock();
        let told = sockets.sequence;
        let is_this = |bound: &&mut Bound| bound.outbound.same_socket(outbound) && !bound.follows;
        // Otherwise a newer socket of the session has its own way to catch up, or there is nothing to catch up with.
        let Some(bound) = sockets.by_session.get_mut(&session).filter(is_this) else { return Ok(()) };
        if told > reached && !planted!("resume.attached_late") {
            return Err(told);
        }
        bound.follows = true;
        Ok(())
    }

    /// Forgets the socket, unless a newer one of the same session has taken its place.
    pub fn detach(&self, session: SessionId, outbound: &Outbound) {
        let mut sockets = self.lock();
        if sockets.by_session.get(&session).is_some_and(|bound| bound.outbound.same_socket(outbound)) {
            sockets.by_session.remove(&session);
            let now = Instant::now();
            sockets.left.retain(|_, at| now.duration_since(*at) < JUST_LEFT);
            sockets.left.insert(session, now);
        }
    }

    /// Whether the session's socket was here a moment ago and is closed now.
    pub fn has_just_left(&self, session: SessionId) -> bool {
        let sockets = self.lock();
        !sockets.by_session.contains_key(&session)
            && sockets.left.get(&session).is_some_and(|at| at.elapsed() < JUST_LEFT)
    }

    /// Tells every session that follows about changes; `last` is the sequence of the last one in the batch.
    pub fn broadcast_changes(&self, batch: &Utf8Bytes, last: u64) {
        let mut sockets = self.lock();
        sockets.sequence = sockets.sequence.max(last);
        for bound in sockets.by_session.values().filter(|bound| bound.follows) {
            bound.outbound.send(batch.clone());
        }
    }

    /// Tells every session something that has no place in the sequence (locks).
    pub fn broadcast(&self, frame: &Utf8Bytes) {
        for bound in self.lock().by_session.values() {
            bound.outbound.send(frame.clone());
        }
    }

    /// Sequence of the last change that was broadcast.
    pub fn sequence(&self) -> u64 {
        self.lock().sequence
    }

    /// Sets the sequence at start, before anything is broadcast: where the fan-out begins to read.
    pub fn begin_at(&self, sequence: u64) {
        self.lock().sequence = sequence;
    }

    /// Tells one session, wherever its socket is now. False: it has no socket here at the moment.
    pub fn to_session(&self, session: SessionId, frame: Utf8Bytes) -> bool {
        self.lock().by_session.get(&session).is_some_and(|bound| bound.outbound.send(frame))
    }

    /// Reports the end of an accepted command to the session it came from. When that session is away the report is not kept here: the
    /// desktop sends the command again after it resumed and gets the stored answer.
    pub fn outcome(&self, outcome: CommandOutcome) {
        let session = outcome.session;
        let frame = write_notice(&ServerNotice::Outcome(Box::new(outcome)));
        if !self.to_session(session, frame.into()) {
            tracing::debug!(%session, "outcome not delivered: the session has no socket now");
        }
    }

    /// Closes the socket of a session.
    pub fn close_session(&self, session: SessionId, reason: ClosingReason) {
        if let Some(bound) = self.lock().by_session.get(&session) {
            bound.outbound.close(reason);
        }
    }

    /// Closes every socket; the desktops come back with jitter.
    pub fn close_all(&self, reason: ClosingReason) {
        for bound in self.lock().by_session.values() {
            bound.outbound.close(reason);
        }
    }

    /// Sessions with an open socket now.
    pub fn sessions_live(&self) -> usize {
        self.lock().by_session.len()
    }

    /// Ids of the sessions with an open socket now.
    pub fn live_sessions(&self) -> Vec<SessionId> {
        self.lock().by_session.keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Sockets> {
        // Nothing inside can leave the map half changed, so a panic elsewhere does not make it unusable.
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sockets {
    fn bind(&mut self, session: SessionId, bound: Bound) -> u64 {
        self.left.remove(&session);
        if let Some(older) = self.by_session.insert(session, bound) {
            older.outbound.close(ClosingReason::GoingAway);
        }
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ws::outbound::{Waiting, queue};

    const SESSION: SessionId = SessionId(Uuid::from_u128(1));

    fn told(waiting: &mut Waiting) -> Vec<String> {
        std::iter::from_fn(|| waiting.frames.try_recv().ok()).map(|frame| frame.to_string()).collect()
    }

    fn tell(hub: &Hub, numbers: std::ops::RangeInclusive<u64>) {
        for number in numbers {
            hub.broadcast_changes(&number.to_string().into(), number);
        }
    }

    #[test]
    fn who_catches_up_is_told_everything_but_changes_until_it_follows() {
        let hub = Hub::new();
        let (outbound, mut waiting) = queue(2);
        tell(&hub, 1..=3);
        assert_eq!(hub.bind(SESSION, outbound.clone()), 3);
        tell(&hub, 4..=9);
        hub.broadcast(&Utf8Bytes::from_static("locks"));
        assert!(hub.to_session(SESSION, Utf8Bytes::from_static("outcome")));
        assert_eq!(told(&mut waiting), ["locks", "outcome"]);
        assert_eq!(hub.follow(SESSION, &outbound, 3), Err(9), "4 to 9 come first");
        tell(&hub, 10..=10);
        assert_eq!(hub.follow(SESSION, &outbound, 9), Err(10));
        assert_eq!(hub.follow(SESSION, &outbound, 10), Ok(()));
        tell(&hub, 11..=12);
        assert_eq!(told(&mut waiting), ["11", "12"]);
        // Nothing is told twice to who follows already.
        assert_eq!(hub.follow(SESSION, &outbound, 10), Ok(()));
        assert!(waiting.closing.borrow().is_none());
    }

    #[test]
    fn a_socket_does_not_follow_in_the_place_of_a_newer_one() {
        let hub = Hub::new();
        let ((older, mut older_waiting), (newer, mut newer_waiting)) = (queue(2), queue(2));
        hub.bind(SESSION, older.clone());
        hub.bind(SESSION, newer.clone());
        assert_eq!(*older_waiting.closing.borrow(), Some(ClosingReason::GoingAway));
        assert_eq!(hub.follow(SESSION, &older, 0), Ok(()));
        tell(&hub, 1..=1);
        assert_eq!((told(&mut older_waiting).len(), told(&mut newer_waiting).len()), (0, 0));
        assert_eq!(hub.follow(SESSION, &newer, 1), Ok(()));
        hub.detach(SESSION, &newer);
        assert_eq!(hub.follow(SESSION, &newer, 0), Ok(()), "it is gone");
        tell(&hub, 2..=2);
        assert!(told(&mut newer_waiting).is_empty());
    }
}
