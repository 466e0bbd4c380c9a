//! Work that follows from writing and that nobody who saves should wait for. It is done beside the writer, once after so many writes.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// When such work is due.
pub(super) struct Due {
    every: usize,
    written: AtomicUsize,
    wake: Notify,
}

impl Due {
    /// Due after every `every` writes.
    pub fn after(every: usize) -> Self {
        Self { every, written: AtomicUsize::new(0), wake: Notify::new() }
    }

    /// Counts `writes` that were committed.
    pub fn count(&self, writes: usize) {
        if self.written.fetch_add(writes, Ordering::Relaxed) + writes >= self.every {
            self.written.store(0, Ordering::Relaxed);
            self.wake.notify_one();
        }
    }

    /// Waits until it is due. What came due meanwhile is due once.
    pub async fn wait(&self) {
        self.wake.notified().await;
    }
}
