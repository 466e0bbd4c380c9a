//! Moving what was committed from the log into the database file, beside the writer: nobody who saves waits for it.
//!
//! A checkpoint of this kind takes what it finds and holds nobody up, but the log can only begin anew at a moment when all of it has been moved.
//! A busy writer gives it no such moment; so the writer still does that itself when the log has grown long (`wal_autocheckpoint`), and finds
//! little left to move.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use sqlx::SqliteConnection;
use tokio::sync::Notify;

/// Writes between two checkpoints: some four megabytes of log.
const WRITES: usize = 256;

/// When the next checkpoint is due.
#[derive(Default)]
pub(in crate::store) struct Due {
    written: AtomicUsize,
    wake: Notify,
}

impl Due {
    /// Counts `writes` that were committed.
    pub fn count(&self, writes: usize) {
        if self.written.fetch_add(writes, Ordering::Relaxed) + writes >= WRITES {
            self.written.store(0, Ordering::Relaxed);
            self.wake.notify_one();
        }
    }

    /// Makes checkpoints whenever they are due. One that fails (the disk is full) is left to the next one and to the writer.
    pub async fn make(&self, connection: &mut SqliteConnection) -> Infallible {
        loop {
            self.wake.notified().await;
            if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut *connection).await {
                tracing::warn!(%error, "the log could not be moved into the database; tried again");
            }
        }
    }
}
