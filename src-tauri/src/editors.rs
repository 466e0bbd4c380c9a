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
    locks::{AcquireLock, LockGranted, LockPurpose, LocksRenewed, ReleaseLock, RenewLocks},
    problem::{Problem, ProblemCode},
};
use tokio::{sync::Notify, time::Instant};

use crate::core::Core;

/// Taken off every lease: for the way of the renewal and for clocks that run differently.
const MARGIN: Duration = Duration::from_secs(3);
/// How often the editors are looked after.
const TICK: Duration = Duration::from_millis(500);

struct Editor {
    renew_every: Duration,
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
        let granted: LockGranted = core.ask_for(Call::AcquireLock(AcquireLock { ttn, purpose })).await?;
        let renew_every = Duration::from_millis(granted.lease.renew_every_ms);
        let editor = Editor {
            renew_every,
            renew_at: asked_at + renew_every,
            ends_at: lease_end(asked_at, granted.lease.lease_ms),
        };
        self.lock().insert(ttn, editor);
        self.changed.notify_one();
        Ok(EditorOpened { lease: granted.lease, details: granted.order })
    }

    /// Stops renewing and frees the lock. Without a server the lease ends by itself.
    pub async fn close(&self, core: &Core, ttn: Ttn) {
        if self.lock().remove(&ttn).is_none() {
            return;
        }
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
            // Tried again at the next tick if this one fails, until the lease ends.
            editor.renew_at = now + TICK.max(editor.renew_every / 5);
            *ttn
        })
        .collect()
    }

    fn renewed(&self, ttns: &[Ttn], asked_at: Instant, lease_ms: u64) {
        let mut open = self.lock();
        for ttn in ttns {
            if let Some(editor) = open.get_mut(ttn) {
                editor.ends_at = lease_end(asked_at, lease_ms);
                editor.renew_at = asked_at + editor.renew_every;
            }
        }
    }

    fn ended(&self, now: Instant) -> Vec<Ttn> {
        let mut open = self.lock();
        let ended: Vec<Ttn> = open.iter().filter(|(_, editor)| editor.ends_at <= now).map(|(ttn, _)| *ttn).collect();
        for ttn in &ended {
            open.remove(ttn);
        }
        ended
    }
}

fn lease_end(asked_at: Instant, lease_ms: u64) -> Instant {
    asked_at + Duration::from_millis(lease_ms).saturating_sub(MARGIN)
}

/// Looks after the open editors as long as the desktop runs.
pub async fn run(core: Arc<Core>) {
    loop {
        if core.editors.lock().is_empty() {
            core.editors.changed.notified().await;
        }
        let now = Instant::now();
        for ttn in core.editors.ended(now) {
            let problem = Problem::new(ProblemCode::Offline, "the lease ended without a renewal");
            core.tell(CoreEvent::EditorLost(EditorLost { ttn, problem }));
        }
        let due = core.editors.due(now);
        if !due.is_empty() {
            renew(&core, due, now).await;
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = core.editors.changed.notified() => {}
        }
    }
}

async fn renew(core: &Core, due: Vec<Ttn>, asked_at: Instant) {
    // Bounded by the tick: while an answer is lost, leases must still be seen to end.
    let asked = core.ask_for::<LocksRenewed>(Call::RenewLocks(RenewLocks { ttns: due }));
    match tokio::time::timeout(MARGIN, asked).await {
        Ok(Ok(answer)) => {
            core.editors.renewed(&answer.renewed, asked_at, answer.lease_ms);
            for lost in answer.lost {
                if core.editors.lock().remove(&lost.ttn).is_some() {
                    let problem = Problem::lock_lost(lost.holder);
                    core.tell(CoreEvent::EditorLost(EditorLost { ttn: lost.ttn, problem }));
                }
            }
        }
        Ok(Err(problem)) => tracing::info!(%problem, "locks not renewed; trying again"),
        Err(_) => tracing::info!("no answer to the renewal of locks; trying again"),
    }
}
