//! The one task that writes, group by group ([`crate::store::group`]).

use std::sync::Arc;

use postoffice_domain::entropy::Entropy;
use postoffice_runtime::fail_point;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Notify, mpsc};

use super::checkpoints::Due;
use crate::store::{
    connection::Connection,
    error::StoreError,
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
    pub(in crate::store) connection: SqliteConnection,
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
        let Self { mut groups, mut beside } = self;
        let due = Due::default();
        tokio::select! {
            written = groups.write(&due) => written?,
            never = due.make(&mut beside) => match never {},
        }
        for connection in [beside, groups.connection] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "the database did not close cleanly; it will recover at the next start");
            }
        }
        Ok(())
    }
}

impl Groups {
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
