//! Moving what was committed from the log into the database file, beside the writer: nobody who saves waits for it.
//!
//! A checkpoint of this kind takes what it finds and holds nobody up, but the log can only begin anew at a moment when all of it has been moved.
//! A busy writer gives it no such moment; so the writer still does that itself when the log has grown long (`wal_autocheckpoint`), and finds
//! little left to move.

use std::convert::Infallible;

use sqlx::SqliteConnection;

use crate::store::due::Due;

/// Writes between two checkpoints: some four megabytes of log.
pub(super) const WRITES: usize = 256;

/// Makes checkpoints whenever they are due. One that fails (the disk is full) is left to the next one and to the writer.
pub(super) async fn make(due: &Due, connection: &mut SqliteConnection) -> Infallible {
    loop {
        due.wait().await;
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut *connection).await {
            tracing::warn!(%error, "the log could not be moved into the database; tried again");
        }
    }
}
