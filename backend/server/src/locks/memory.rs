//! What this server has heard of locks, until their leases end. Nobody is given a lock by it. It answers snapshots, and it is a witness: a Redis
//! that lost its data says "free" about a lock that is held.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::LockNews,
    locks::{LockHolder, LockView},
    session::SessionId,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// The locks held for editing, as heard.
#[derive(Default)]
pub struct Memory {
    heard: Mutex<Heard>,
    changed: Notify,
}

#[derive(Default)]
struct Heard {
    held: HashMap<Ttn, (LockHolder, Instant)>,
    epoch: Option<String>,
    /// Redis was seen without a past; until then only the session stamped in SQL gets an order.
    without_past_until: Option<Instant>,
    /// Who has held what since then: about these Redis knows everything.
    held_since: HashSet<(Ttn, SessionId)>,
}

/// What the epoch key told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// The same data as before, or the first look at it.
    Known,
    /// Its data was lost since we looked last, or before we started.
    Lost,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Every change is whole; a panic elsewhere leaves it good.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lock is held from now on.
    pub fn hold(&self, lock: &LockView, now: Instant) {
        let ends_at = now + Duration::from_millis(lock.expires_in_ms);
        self.lock().held.insert(lock.ttn, (lock.holder.clone(), ends_at));
        self.note(&lock.ttn, lock.holder.session, now);
        self.changed.notify_waiters();
    }

    /// A session got a lock from Redis, if only for a short command.
    pub fn note(&self, ttn: &Ttn, session: SessionId, now: Instant) {
        let mut heard = self.lock();
        if heard.without_past_until.is_some_and(|until| until > now) {
            heard.held_since.insert((*ttn, session));
        }
    }

    /// A session does not hold a lock any more.
    pub fn let_go(&self, ttn: &Ttn, session: SessionId) {
        let mut heard = self.lock();
        if heard.held.get(ttn).is_some_and(|(holder, _)| holder.session == session) {
            heard.held.remove(ttn);
        }
        drop(heard);
        self.changed.notify_waiters();
    }

    /// Takes news in. That a lock is one's whose lease of another has not run out is only believed if it was passed on: else Redis has lost it.
    pub fn hear(&self, news: &LockNews, now: Instant) {
        let mut heard = self.lock();
        for ttn in &news.freed {
            heard.held.remove(ttn);
        }
        drop(heard);
        for lock in &news.held {
            if self.holder(&lock.ttn, now).is_none_or(|known| known.session == lock.holder.session) {
                self.hold(lock, now);
            }
        }
        self.changed.notify_waiters();
    }

    /// Forgets leases that have ended. They count for nothing before that already.
    pub fn forget_ended(&self, now: Instant) {
        self.lock().held.retain(|_, (_, ends_at)| *ends_at > now);
    }

    /// Takes in everything that Redis holds, read at the beginning of a subscription. When its past is the one we know, what it does not hold
    /// was freed while we did not listen; when it has lost its past, we remember for it.
    pub fn begin(&self, held: &[LockView], past: Past, now: Instant) {
        if past == Past::Known {
            self.lock().held.clear();
        }
        for lock in held {
            self.hold(lock, now);
        }
    }

    /// Compares the epoch that Redis has (made now, if `made`) with the one we know.
    pub fn epoch(&self, epoch: String, made: bool, lease: Duration, now: Instant) -> Past {
        let mut heard = self.lock();
        let lost = made || heard.epoch.as_ref().is_some_and(|known| *known != epoch);
        heard.epoch = Some(epoch);
        if lost {
            heard.without_past_until = Some(now + lease);
            heard.held_since.clear();
            Past::Lost
        } else {
            Past::Known
        }
    }

    /// How long from now Redis may have forgotten that `at_work` holds the lock of an order; `None`: it has not.
    pub fn may_be_forgotten_for(&self, ttn: &Ttn, at_work: SessionId, now: Instant) -> Option<Duration> {
        let heard = self.lock();
        let left = heard.without_past_until?.checked_duration_since(now).filter(|left| !left.is_zero())?;
        (!heard.held_since.contains(&(*ttn, at_work))).then_some(left)
    }

    /// Whether Redis was seen without a past less than a lease ago.
    pub fn is_without_past(&self, now: Instant) -> bool {
        self.lock().without_past_until.is_some_and(|until| until > now)
    }

    /// Every lock that is held, with what is left of its lease.
    pub fn snapshot(&self, now: Instant) -> Vec<LockView> {
        let heard = self.lock();
        let held = heard.held.iter().filter_map(|(ttn, (holder, ends_at))| view(*ttn, holder, *ends_at, now));
        held.collect()
    }

    /// Who holds a lock, as far as we heard.
    pub fn holder(&self, ttn: &Ttn, now: Instant) -> Option<LockHolder> {
        self.view(ttn, now).map(|lock| lock.holder)
    }

    fn view(&self, ttn: &Ttn, now: Instant) -> Option<LockView> {
        let heard = self.lock();
        let (holder, ends_at) = heard.held.get(ttn)?;
        view(*ttn, holder, *ends_at, now)
    }

    /// The lock of somebody else, although Redis has just given it to `session`, after news that may be on their way had `patience` to arrive.
    pub(super) async fn contradicts(&self, ttn: &Ttn, session: SessionId, patience: Duration) -> Option<LockView> {
        let other = || self.view(ttn, Instant::now()).filter(|lock| lock.holder.session != session);
        other()?;
        let explained = timeout(patience, async {
            loop {
                // Registered before the look, so that nothing told in between is missed.
                let changed = self.changed.notified();
                if other().is_none() {
                    return;
                }
                changed.await;
            }
        });
        match explained.await {
            Ok(()) => None,
            Err(_) => other(),
        }
    }
}

/// A lock whose lease has not run out, with what is left of it.
fn view(ttn: Ttn, holder: &LockHolder, ends_at: Instant, now: Instant) -> Option<LockView> {
    let left = ends_at.checked_duration_since(now).filter(|left| !left.is_zero())?;
    let expires_in_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    Some(LockView { ttn, holder: holder.clone(), expires_in_ms })
}
