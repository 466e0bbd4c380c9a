//! The entries this process has in hand: none twice, and not more than fit.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// All entries in hand.
#[derive(Clone, Default)]
pub struct Held(Arc<Inner>);

#[derive(Default)]
struct Inner {
    entries: Mutex<HashSet<String>>,
    freed: Notify,
}

/// One entry in hand; dropping it lets go.
pub struct Hold {
    held: Held,
    entry: String,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        // Nothing can panic while it is held.
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an entry in hand; `None`: it is already.
    pub fn take(&self, entry: &str) -> Option<Hold> {
        let is_new = self.lock().insert(entry.to_owned());
        is_new.then(|| Hold { held: self.clone(), entry: entry.to_owned() })
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Their ids.
    pub fn entries(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// Waits until fewer than `limit` are in hand.
    pub async fn below(&self, limit: usize) {
        loop {
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.count() < limit {
                return;
            }
            freed.await;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.lock().remove(&self.entry);
        self.held.0.freed.notify_waiters();
    }
}
