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
    hand: Mutex<Hand>,
    freed: Notify,
}

#[derive(Default)]
struct Hand {
    entries: HashSet<String>,
    /// Somebody waits until there are fewer than this.
    awaited: usize,
}

/// One entry in hand; dropping it lets go.
pub struct Hold {
    held: Held,
    entry: String,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, Hand> {
        // Nothing can panic while it is held.
        self.0.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an entry in hand; `None`: it is already.
    pub fn take(&self, entry: &str) -> Option<Hold> {
        let is_new = self.lock().entries.insert(entry.to_owned());
        is_new.then(|| Hold { held: self.clone(), entry: entry.to_owned() })
    }

    /// Whether it is in hand.
    pub fn has(&self, entry: &str) -> bool {
        self.lock().entries.contains(entry)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.lock().entries.len()
    }

    /// Their ids.
    pub fn entries(&self) -> Vec<String> {
        self.lock().entries.iter().cloned().collect()
    }

    /// Waits until fewer than `limit` are in hand.
    pub async fn below(&self, limit: usize) {
        loop {
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            {
                let mut hand = self.lock();
                if hand.entries.len() < limit {
                    return;
                }
                hand.awaited = hand.awaited.max(limit);
            }
            freed.await;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut hand = self.held.lock();
        hand.entries.remove(&self.entry);
        // Who waits for fewer asks again.
        let is_awaited = hand.entries.len() < hand.awaited;
        if is_awaited {
            hand.awaited = 0;
        }
        drop(hand);
        if is_awaited {
            self.held.0.freed.notify_waiters();
        }
    }
}
