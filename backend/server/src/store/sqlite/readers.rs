//! The connections of SQLite that only read, kept and lent to one after another.

use std::{path::Path, sync::Arc};

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::direct::Direct;
use crate::store::error::{StoreError, unexpected};

/// How many there are: as many reads at a time.
const READERS: usize = 4;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct Readers {
    connections: Arc<[Arc<Mutex<Direct>>]>,
    /// As many as there are connections that nobody has.
    free: Arc<Semaphore>,
}

impl Readers {
    /// Opens them on the database at `path`, which is there, migrated and in WAL mode.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |_| Direct::open_to_read(path).map(|connection| Arc::new(Mutex::new(connection)));
        let connections = (0..READERS).map(open).collect::<Result<_, _>>()?;
        Ok(Self { connections, free: Arc::new(Semaphore::new(READERS)) })
    }

    /// One of them, as soon as nobody has it.
    ///
    /// # Errors
    /// None, as long as the store is there.
    pub async fn lend(&self) -> Result<Lent, StoreError> {
        let gone = || unexpected("end of the readers");
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| gone())?;
        let mut connections = self.connections.iter();
        let free = connections.find_map(|connection| Arc::clone(connection).try_lock_owned().ok());
        Ok(Lent { connection: free.ok_or_else(gone)?, _permit: permit })
    }
}

/// One of them, lent. When it is dropped, its transaction ends and the next one gets it.
pub(in crate::store) struct Lent {
    // Given back before the permit: fields are dropped in this order.
    connection: OwnedMutexGuard<Direct>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    /// Lends it on.
    pub fn connection(&mut self) -> &mut Direct {
        &mut self.connection
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // A read that was given up in the middle: its state of the database would be kept, and the log with it.
        if self.connection.is_in_transaction()
            && let Err(error) = self.connection.control("ROLLBACK")
        {
            tracing::warn!(%error, "a read was not ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::store::statement::query;

    fn readers() -> (tempfile::TempDir, Readers) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let made = rusqlite::Connection::open(&path).unwrap();
        made.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)",
        )
        .unwrap();
        // Open until the readers are: it would take the log with it.
        let readers = Readers::open(&path).unwrap();
        drop(made);
        (folder, readers)
    }

    #[tokio::test]
    async fn as_many_read_at_a_time_as_there_are_connections_and_the_next_one_waits() {
        let (_folder, readers) = readers();
        let mut lent = Vec::new();
        for _ in 0..READERS {
            lent.push(readers.lend().now_or_never().expect("one is free").unwrap());
        }
        let waiting = tokio::spawn({
            let readers = readers.clone();
            async move { readers.lend().await.is_ok() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        lent.pop();
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn a_read_that_is_given_up_leaves_no_transaction() {
        let (_folder, readers) = readers();
        for _ in 0..=READERS {
            let mut lent = readers.lend().await.unwrap();
            lent.connection().control("BEGIN").unwrap();
            assert_eq!(lent.connection().all(query("SELECT a FROM t")).unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn they_write_nothing() {
        let (_folder, readers) = readers();
        let mut lent = readers.lend().await.unwrap();
        lent.connection().run(query("INSERT INTO t VALUES (2)")).unwrap_err();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_go_on_while_somebody_reads() {
        let (_folder, readers) = readers();
        let (tell, told) = std::sync::mpsc::channel();
        let (signal, heard) = tokio::sync::oneshot::channel();
        // Reads until somebody else, on the only thread that there is, has told.
        let reading = tokio::spawn(async move {
            let lent = readers.lend().await.unwrap();
            signal.send(()).unwrap();
            lent.connection.ask(|| told.recv().unwrap())
        });
        heard.await.unwrap();
        tokio::spawn(async move { tell.send(7).unwrap() });
        assert_eq!(reading.await.unwrap(), 7);
    }
}
