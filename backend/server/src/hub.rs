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
    by_session: HashMap<SessionId, Outbound>,
    /// Sessions whose socket closed a moment ago.
    left: HashMap<SessionId, Instant>,
    /// Sequence of the last change that was broadcast.
    sequence: u64,
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
        let mut sockets = self.lock();
        sockets.left.remove(&session);
        if let Some(older) = sockets.by_session.insert(session, outbound) {
            older.close(ClosingReason::GoingAway);
        }
        sockets.sequence
    }

    /// Forgets the socket, unless a newer one of the same session has taken its place.
    pub fn detach(&self, session: SessionId, outbound: &Outbound) {
        let mut sockets = self.lock();
        if sockets.by_session.get(&session).is_some_and(|present| present.same_socket(outbound)) {
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

    /// Tells every session about changes; `last` is the sequence of the last one in the batch.
    pub fn broadcast_changes(&self, batch: &Utf8Bytes, last: u64) {
        let mut sockets = self.lock();
        sockets.sequence = sockets.sequence.max(last);
        sockets.send_to_all(batch);
    }

    /// Tells every session something that has no place in the sequence (locks).
    pub fn broadcast(&self, frame: &Utf8Bytes) {
        self.lock().send_to_all(frame);
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
        self.lock().by_session.get(&session).is_some_and(|outbound| outbound.send(frame))
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
        if let Some(outbound) = self.lock().by_session.get(&session) {
            outbound.close(reason);
        }
    }

    /// Closes every socket; the desktops come back with jitter.
    pub fn close_all(&self, reason: ClosingReason) {
        for outbound in self.lock().by_session.values() {
            outbound.close(reason);
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
    fn send_to_all(&self, frame: &Utf8Bytes) {
        for outbound in self.by_session.values() {
            outbound.send(frame.clone());
        }
    }
}
