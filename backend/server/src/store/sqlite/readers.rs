//! The connections of SQLite that only read, each in a thread of its own, lent to one after another.
//!
//! A page that is not in memory is waited for in that thread and nobody else's work behind it. A statement goes there and all of its rows come back at
//! once (docs/adr/0014-readers-ask-sqlite-themselves.md).

use std::{
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::direct::Direct;
use crate::store::error::{StoreError, unexpected};

/// How many there are: as many reads at a time.
const READERS: usize = 4;

/// What a thread is to do with its connection.
type Job = Box<dyn FnOnce(&Direct) + Send>;

/// See the module. Cheap to clone; the threads end with the last one.
#[derive(Clone)]
pub(in crate::store) struct Readers {
    idle: Arc<Idle>,
    /// As many as there are idle ones.
    free: Arc<Semaphore>,
}

/// Ways to the threads that nobody has.
struct Idle(Mutex<Vec<mpsc::Sender<Job>>>);

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Vec<mpsc::Sender<Job>>> {
        // Nothing is done in between that could stop half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readers {
    /// Opens them on the database at `path`, which is there, migrated and in WAL mode.
    ///
    /// # Errors
    /// It cannot be opened, or there is no thread.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let idle = (0..READERS).map(|_| begin(path)).collect::<Result<_, _>>()?;
        Ok(Self { idle: Arc::new(Idle(Mutex::new(idle))), free: Arc::new(Semaphore::new(READERS)) })
    }

    /// One of them, as soon as nobody has it.
    ///
    /// # Errors
    /// None, as long as the store is there.
    pub async fn lend(&self) -> Result<Lent, StoreError> {
        let gone = || unexpected("end of the readers");
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| gone())?;
        let jobs = self.idle.lock().pop().ok_or_else(gone)?;
        Ok(Lent { jobs, begins: false, is_asked: false, way_back: Some((Arc::clone(&self.idle), permit)) })
    }
}

/// Opens one and begins its thread.
fn begin(path: &Path) -> Result<mpsc::Sender<Job>, StoreError> {
    let connection = Direct::open_to_read(path)?;
    let (jobs, given) = mpsc::channel::<Job>();
    let reading = move || {
        for job in given {
            // What it had begun ends when it goes back. A connection without its thread would be lent again and again, and answer nobody.
            if panic::catch_unwind(AssertUnwindSafe(|| job(&connection))).is_err() {
                tracing::error!("a read panicked; its connection goes on");
            }
        }
    };
    let thread = thread::Builder::new().name("store-reader".to_owned()).spawn(reading);
    thread.map_err(|error| StoreError::Unavailable(format!("no thread to read in: {error}")))?;
    Ok(jobs)
}

/// One of them, lent. When it is dropped, its transaction ends and the next one gets it.
pub(in crate::store) struct Lent {
    jobs: mpsc::Sender<Job>,
    /// The next statement is the first of a transaction.
    begins: bool,
    /// It has been asked and has not answered yet.
    is_asked: bool,
    /// Where it is given back to; there until then.
    way_back: Option<(Arc<Idle>, OwnedSemaphorePermit)>,
}

impl Lent {
    /// What is asked from now on is asked of one state of the database. It is taken with the first statement.
    pub const fn begin(&mut self) {
        self.begins = true;
    }

    /// Asks, in its thread.
    ///
    /// # Errors
    /// The statement's.
    pub async fn ask<T: Send + 'static>(
        &mut self,
        asking: impl FnOnce(&Direct) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, answer) = oneshot::channel();
        let begins = std::mem::take(&mut self.begins);
        self.is_asked = true;
        self.give(move |connection| {
            let begun = if begins { connection.control("BEGIN") } else { Ok(()) };
            // Whoever asked may have given up.
            drop(tell.send(begun.and_then(|()| asking(connection))));
        });
        let answer = answer.await;
        self.is_asked = false;
        answer.map_err(|_| unexpected("end of a reader"))?
    }

    fn give(&self, job: impl FnOnce(&Direct) + Send + 'static) {
        // Its thread is gone: the answer does not come either, which whoever waits for it sees.
        drop(self.jobs.send(Box::new(job)));
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Also of a read that was given up in the middle: its state of the database would be kept, and the log with it.
        let end = |connection: &Direct| {
            if connection.is_in_transaction()
                && let Err(error) = connection.control("ROLLBACK")
            {
                tracing::warn!(%error, "a read was not ended");
            }
        };
        let Some((idle, permit)) = self.way_back.take() else { return };
        let jobs = self.jobs.clone();
        // The permit is given back last: by then the way to the thread lies there.
        let give_back = move || {
            idle.lock().push(jobs);
            drop(permit);
        };
        if self.is_asked {
            // Given up in the middle of a statement: the next one would wait for its end while another reader has nothing to do.
            self.give(move |connection| {
                end(connection);
                give_back();
            });
        } else {
            self.give(end);
            give_back();
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
            assert!(!lent.ask(|connection| Ok(connection.is_in_transaction())).await.unwrap());
            lent.begin();
            let read = lent.ask(|connection| connection.all(query("SELECT a FROM t"))).await.unwrap();
            assert_eq!(read.len(), 1);
            assert!(lent.ask(|connection| Ok(connection.is_in_transaction())).await.unwrap());
        }
    }

    #[tokio::test]
    async fn they_write_nothing() {
        let (_folder, readers) = readers();
        let mut lent = readers.lend().await.unwrap();
        lent.ask(|connection| Ok(connection.run(query("INSERT INTO t VALUES (2)"))?)).await.unwrap_err();
    }

    /// One that was asked something that lasts until the sender is told.
    async fn asked(readers: &Readers) -> (Lent, mpsc::Sender<()>) {
        let (go_on, wait) = mpsc::channel();
        let (signal, heard) = oneshot::channel();
        let mut lent = readers.lend().await.unwrap();
        let mut reading = Box::pin(lent.ask(move |_| {
            signal.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        }));
        assert!(reading.as_mut().now_or_never().is_none());
        // The only thread of this runtime is not the one that reads.
        heard.await.unwrap();
        drop(reading);
        (lent, go_on)
    }

    #[tokio::test]
    async fn others_go_on_while_somebody_reads_and_a_read_that_was_given_up_comes_to_its_end_first() {
        let (_folder, readers) = readers();
        let (lent, go_on) = asked(&readers).await;
        let (tell, told) = mpsc::channel();
        lent.give(move |_| tell.send(7).unwrap());
        assert!(told.try_recv().is_err());
        go_on.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), 7);
    }

    #[tokio::test]
    async fn nobody_waits_behind_a_read_that_was_given_up_while_another_reader_is_idle() {
        let (_folder, readers) = readers();
        let (given_up, go_on) = asked(&readers).await;
        drop(given_up);
        let mut others = Vec::new();
        for _ in 1..READERS {
            let mut lent = readers.lend().now_or_never().expect("one is free").unwrap();
            assert_eq!(lent.ask(|_| Ok(7)).await.unwrap(), 7);
            others.push(lent);
        }
        let mut last = Box::pin(readers.lend());
        assert!(last.as_mut().now_or_never().is_none(), "it has not ended");
        go_on.send(()).unwrap();
        assert!(!last.await.unwrap().ask(|connection| Ok(connection.is_in_transaction())).await.unwrap());
    }

    #[tokio::test]
    async fn a_read_that_panics_is_an_error_of_its_own_and_its_connection_reads_on() {
        let (_folder, readers) = readers();
        for _ in 0..=READERS {
            let mut lent = readers.lend().await.unwrap();
            lent.begin();
            let panicked: Result<(), _> = lent.ask(|_| panic!("on purpose")).await;
            assert!(matches!(panicked, Err(StoreError::Corrupt(_))), "{panicked:?}");
        }
        let mut lent = readers.lend().await.unwrap();
        assert!(!lent.ask(|connection| Ok(connection.is_in_transaction())).await.unwrap());
        assert_eq!(lent.ask(|connection| connection.all(query("SELECT a FROM t"))).await.unwrap().len(), 1);
    }
}
