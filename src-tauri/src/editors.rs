//! The open editors: their locks are renewed here, in the core, so that a busy or frozen webview loses none.
//!
//! The end of a lease is counted from the moment the renewal was *sent* and a margin is taken off, so that an editor goes read-only here
//! before Redis gives the lock to somebody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::{CoreEvent, EditorLost, EditorOpened},
    locks::{AcquireLock, LockGranted, LockLoss, LockPurpose, LocksRenewed, ReleaseLock, RenewLocks, TakeOverLock},
    problem::{Problem, ProblemCode},
};
use tokio::{sync::Notify, time::Instant};

use crate::core::Core;

/// The part of a lease that is taken off at its end: for the way of the renewal and for clocks that run differently.
const MARGIN_PART: u32 = 10;
/// A renewal that failed is not tried again sooner.
const TICK: Duration = Duration::from_millis(500);

struct Editor {
    renew_every: Duration,
    margin: Duration,
    renew_at: Instant,
    ends_at: Instant,
}

/// The open editors.
#[derive(Default)]
pub struct Editors {
    open: Mutex<HashMap<Ttn, Editor>>,
    changed: Notify,
}

impl Editors {
    fn lock(&self) -> MutexGuard<'_, HashMap<Ttn, Editor>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock of an order and keeps it until [`Editors::close`].
    ///
    /// # Errors
    /// `order_locked` with the holder, `locks_unavailable`, `not_found`, `offline`.
    pub async fn open(&self, core: &Core, ttn: Ttn, purpose: LockPurpose) -> Result<EditorOpened, Problem> {
        let asked_at = Instant::now();
        let granted = core.ask_for(Call::AcquireLock(AcquireLock { ttn, purpose })).await;
        if granted.is_err() {
            // If it was kept for us, it is not any more.
            core.line.again_soon(ttn);
        }
        Ok(self.opened(core, granted?, asked_at))
    }

    /// Takes the lock from whoever has it; the rest as [`Editors::open`]. After a lost answer it is asked for again under the same id.
    ///
    /// # Errors
    /// `forbidden`, `invalid_fields` (the reason), `locks_unavailable`, `not_found`, `offline`.
    pub async fn take_over(&self, core: &Core, take: TakeOverLock) -> Result<EditorOpened, Problem> {
        let asked_at = Instant::now();
        let granted = core.ask_for(Call::TakeOverLock(take)).await?;
        Ok(self.opened(core, granted, asked_at))
    }

    fn opened(&self, core: &Core, granted: LockGranted, asked_at: Instant) -> EditorOpened {
        let LockGranted { lease, order } = granted;
        let renew_every = Duration::from_millis(lease.renew_every_ms);
        let (ends_at, margin) = lease_end(asked_at, lease.lease_ms);
        self.lock().insert(lease.ttn, Editor { renew_every, margin, renew_at: asked_at + renew_every, ends_at });
        self.changed.notify_one();
        core.line.forget(core, lease.ttn);
        EditorOpened { lease, details: order }
    }

    pub(crate) fn is_open(&self, ttn: Ttn) -> bool {
        self.lock().contains_key(&ttn)
    }

    /// The lock is gone: the editor is forgotten, the window goes read-only and keeps the draft.
    pub(crate) fn lost(&self, core: &Core, ttn: Ttn, problem: Problem, how: Option<LockLoss>) {
        if self.lock().remove(&ttn).is_some() {
            core.questions.end(core, ttn);
            core.tell(CoreEvent::EditorLost(EditorLost { ttn, problem, how }));
        }
    }

    /// Stops renewing and frees the lock. Without a server the lease ends by itself.
    pub async fn close(&self, core: &Core, ttn: Ttn) {
        if self.lock().remove(&ttn).is_none() {
            return;
        }
        core.questions.end(core, ttn);
        if let Err(problem) = core.ask(Call::ReleaseLock(ReleaseLock { ttn })).await {
            tracing::info!(%problem, %ttn, "the lock ends with its lease");
        }
    }

    /// Frees all of them (sign-out, window close).
    pub async fn release_all(&self, core: &Core) {
        let open: Vec<Ttn> = self.lock().keys().copied().collect();
        for ttn in open {
            self.close(core, ttn).await;
        }
    }

    /// Forgets all of them: their session is over, and their locks with it.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    /// The link is back: renew at once instead of at the next heartbeat.
    pub(crate) fn renew_soon(&self) {
        let now = Instant::now();
        for editor in self.lock().values_mut() {
            editor.renew_at = now;
        }
        self.changed.notify_one();
    }

    fn due(&self, now: Instant) -> Vec<Ttn> {
        let mut open = self.lock();
        let due = open.iter_mut().filter(|(_, editor)| editor.renew_at <= now);
        due.map(|(ttn, editor)| {
            // Tried again soon if this one fails, until the lease ends.
            editor.renew_at = now + TICK.max(editor.renew_every / 5);
            *ttn
        })
        .collect()
    }

    fn renewed(&self, ttns: &[Ttn], asked_at: Instant, lease_ms: u64) {
        let mut open = self.lock();
        for ttn in ttns {
            if let Some(editor) = open.get_mut(ttn) {
                (editor.ends_at, editor.margin) = lease_end(asked_at, lease_ms);
                editor.renew_at = asked_at + editor.renew_every;
            }
        }
    }

    fn ended(&self, now: Instant) -> Vec<Ttn> {
        self.lock().iter().filter(|(_, editor)| editor.ends_at <= now).map(|(ttn, _)| *ttn).collect()
    }

    /// When something is to be done next.
    fn next(&self) -> Option<Instant> {
        self.lock().values().map(|editor| editor.renew_at.min(editor.ends_at)).min()
    }

    /// Until when a renewal sent now waits for its answer: while it is lost, the end of a lease must still be seen.
    fn patience(&self, now: Instant) -> Instant {
        self.lock().values().map(|editor| editor.ends_at.min(now + editor.margin)).min().unwrap_or(now)
    }
}

/// Until when an editor may be open, and how much was taken off for that.
fn lease_end(asked_at: Instant, lease_ms: u64) -> (Instant, Duration) {
    let lease = Duration::from_millis(lease_ms);
    let margin = lease / MARGIN_PART;
    (asked_at + lease - margin, margin)
}

/// Looks after the open editors as long as the desktop runs.
pub async fn run(core: Arc<Core>) {
    loop {
        match core.editors.next() {
            None => core.editors.changed.notified().await,
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = core.editors.changed.notified() => {}
            },
        }
        let now = Instant::now();
        for ttn in core.editors.ended(now) {
            let problem = Problem::new(ProblemCode::Offline, "the lease ended without a renewal");
            core.editors.lost(&core, ttn, problem, None);
        }
        let due = core.editors.due(now);
        if !due.is_empty() {
            renew(&core, due, now).await;
        }
    }
}

async fn renew(core: &Arc<Core>, due: Vec<Ttn>, asked_at: Instant) {
    let patience = core.editors.patience(asked_at);
    let asked = core.ask_for::<LocksRenewed>(Call::RenewLocks(RenewLocks { ttns: due }));
    match tokio::time::timeout_at(patience, asked).await {
        Ok(Ok(answer)) => {
            core.editors.renewed(&answer.renewed, asked_at, answer.lease_ms);
            for lost in answer.lost {
                core.editors.lost(core, lost.ttn, Problem::lock_lost(lost.holder), None);
            }
            for ask in answer.asked {
                core.questions.hear(core, ask, Some(asked_at));
            }
        }
        Ok(Err(problem)) => tracing::info!(%problem, "locks not renewed; trying again"),
        Err(_) => tracing::info!("no answer to the renewal of locks; trying again"),
    }
}

#[cfg(test)]
mod tests;
