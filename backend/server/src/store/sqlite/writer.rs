//! The one thread that writes, group by group ([`crate::store::group`]).

use std::{panic, sync::Arc, thread};

use postoffice_domain::entropy::Entropy;
use postoffice_runtime::fail_point;
use sqlx::{Connection as _, SqliteConnection};
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot},
};

use super::{checkpoints, direct::Direct};
use crate::store::{
    connection::Connection,
    due::Due,
    error::{StoreError, unexpected},
    group::{Group, Job, Means},
    wording::SmsRules,
};

/// The writer of a SQLite file.
pub(in crate::store) struct SqliteWriter {
    pub(in crate::store) groups: Groups,
    /// For checkpoints, beside the one that writes.
    pub(in crate::store) beside: SqliteConnection,
}

/// What writes, group by group.
pub(in crate::store) struct Groups {
    pub(in crate::store) connection: Direct,
    pub(in crate::store) jobs: mpsc::Receiver<Job>,
    pub(in crate::store) group_max: usize,
    pub(in crate::store) entropy: Arc<dyn Entropy>,
    pub(in crate::store) outbox_wake: Arc<Notify>,
    pub(in crate::store) sms: Arc<SmsRules>,
}

impl SqliteWriter {
    /// Writes until every store is gone and everything queued is written.
    ///
    /// # Errors
    /// The disk failed at COMMIT: end the process and recover.
    pub(in crate::store) async fn run(self) -> Result<(), StoreError> {
        let Self { groups, mut beside } = self;
        let due = Arc::new(Due::after(checkpoints::WRITES));
        let written = tokio::select! {
            written = groups.write_in_a_thread(Arc::clone(&due)) => written,
            never = checkpoints::make(&due, &mut beside) => match never {},
        };
        if let Err(error) = beside.close().await {
            tracing::warn!(%error, "the database did not close cleanly; it will recover at the next start");
        }
        written
    }
}

impl Groups {
    /// Writes in a thread of its own: SQLite's calls take as long as the disk does, and nobody else's work waits behind them there.
    async fn write_in_a_thread(self, due: Arc<Due>) -> Result<(), StoreError> {
        let (tell, told) = oneshot::channel();
        let office = Handle::current();
        let writing = move || drop(tell.send(office.block_on(self.write_and_close(&due))));
        let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(writing);
        let thread = thread.map_err(|error| StoreError::Unavailable(format!("no thread to write in: {error}")))?;
        match (told.await, thread.join()) {
            (Ok(written), _) => written,
            (Err(_), Err(panicked)) => panic::resume_unwind(panicked),
            (Err(_), Ok(())) => Err(unexpected("end of the writer")),
        }
    }

    async fn write_and_close(mut self, due: &Due) -> Result<(), StoreError> {
        let written = self.write(due).await;
        if let Err(error) = self.connection.close() {
            tracing::warn!(%error, "the database did not close cleanly; it will recover at the next start");
        }
        written
    }

    async fn write(&mut self, due: &Due) -> Result<(), StoreError> {
        let mut jobs = Vec::with_capacity(self.group_max);
        // `recv_many` takes what is there and does not wait for more: an idle system commits at once, a busy one in large groups.
        while self.jobs.recv_many(&mut jobs, self.group_max).await > 0 {
            metrics::histogram!("postoffice_store_group_size").record(u32::try_from(jobs.len()).map_or(0.0, f64::from));
            let writes = jobs.len();
            self.commit_group(Group::of(&mut jobs)).await?;
            due.count(writes);
        }
        Ok(())
    }

    async fn commit_group(&mut self, mut group: Group) -> Result<(), StoreError> {
        let mut connection = Connection::Sqlite(&mut self.connection);
        let written = match connection.control("BEGIN IMMEDIATE").await {
            Ok(()) => {
                fail_point!("store.begun");
                let means = Means { sms: &self.sms, entropy: self.entropy.as_ref() };
                group.write(&mut connection, means).await
            }
            Err(error) => Err(error),
        };
        fail_point!("store.before_commit");
        let ended = match written {
            Ok(()) => connection.control("COMMIT").await,
            Err(error) => Err(error),
        };
        fail_point!("store.after_commit");
        if ended.is_err()
            && let Err(error) = connection.control("ROLLBACK").await
        {
            tracing::debug!(%error, "nothing to roll back");
        }
        let wakes_relay = group.wakes_relay;
        group.finish(&ended);
        match ended {
            Ok(()) => {
                if wakes_relay {
                    self.outbox_wake.notify_one();
                }
                Ok(())
            }
            Err(error @ StoreError::Io(_)) => Err(error),
            Err(error) => {
                tracing::error!(%error, "a group of writes failed; its callers were told");
                Ok(())
            }
        }
    }
}
