//! The one task that writes.
//!
//! Everything that waits when a transaction begins goes into it together and shares its fsync (*group commit*). Order commands of a group go
//! in as a few multi-row statements ([`crate::store::order_group`]), then its loads for edit in one, then other writes as steps. Each of them is in a
//! statement or a savepoint of its own, so that one that fails leaves its neighbours untouched; commands one of which cannot be written go in
//! again one by one, each in a savepoint. Nobody hears "done" before COMMIT returned.
//!
//! Commands, loads and steps of one group were all asked for before any of them was answered, so nobody can tell in which order they went in.
//! Steps keep theirs among themselves.

use std::{future::Future, pin::Pin, sync::Arc};

use postoffice_domain::entropy::Entropy;
use postoffice_runtime::fail_point;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Notify, mpsc, oneshot};

use super::checkpoints::Due;
use crate::store::{
    error::{StoreError, unexpected},
    load_group::{self, Load, Loaded},
    order_group,
    wording::SmsRules,
    work::{Answer, OrderWork},
};

pub(in crate::store) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
/// Tells the caller how it ended, once the fate of the transaction is known.
type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type StepFuture<'c> = Pin<Box<dyn Future<Output = Finish> + Send + 'c>>;
pub(in crate::store) type Step = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> StepFuture<'c> + Send>;

/// Something to write.
pub(in crate::store) enum Job {
    /// A command on an order.
    Order(Box<OrderWork>, Reply<Answer>),
    /// A load for edit.
    Load(Load, Reply<Option<Loaded>>),
    /// A write that adds to the outbox.
    OutboxStep(Step),
    /// Anything else.
    Step(Step),
}

impl Job {
    /// Whether the relay should look after this. Never for the relay's own steps: it would wake itself without end.
    const fn wakes_relay(&self) -> bool {
        match self {
            Self::Order(..) | Self::OutboxStep(_) => true,
            Self::Load(..) | Self::Step(_) => false,
        }
    }
}

/// The writer: run it until the store is dropped.
pub struct Writer {
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

impl Writer {
    /// Writes until every [`crate::store::Store`] is gone and everything queued is written.
    ///
    /// # Errors
    /// The disk failed at COMMIT: end the process and recover.
    pub async fn run(self) -> Result<(), StoreError> {
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
        let mut group = Vec::with_capacity(self.group_max);
        // `recv_many` takes what is there and does not wait for more: an idle system commits at once, a busy one in large groups.
        while self.jobs.recv_many(&mut group, self.group_max).await > 0 {
            metrics::histogram!("postoffice_store_group_size")
                .record(u32::try_from(group.len()).map_or(0.0, f64::from));
            let writes = group.len();
            self.commit_group(std::mem::take(&mut group)).await?;
            due.count(writes);
        }
        Ok(())
    }

    async fn commit_group(&mut self, group: Vec<Job>) -> Result<(), StoreError> {
        let wakes_relay = group.iter().any(Job::wakes_relay);
        let mut finishes: Vec<Finish> = Vec::with_capacity(group.len());
        let written = match begin(&mut self.connection).await {
            Ok(()) => {
                fail_point!("store.begun");
                self.write_all(group, &mut finishes).await
            }
            Err(error) => {
                finishes.extend(group.into_iter().map(refuse));
                Err(error)
            }
        };
        fail_point!("store.before_commit");
        let ended = match written {
            Ok(()) => execute(&mut self.connection, "COMMIT").await,
            Err(error) => Err(error),
        };
        fail_point!("store.after_commit");
        if ended.is_err()
            && let Err(error) = execute(&mut self.connection, "ROLLBACK").await
        {
            tracing::debug!(%error, "nothing to roll back");
        }
        for finish in finishes {
            finish(ended.clone());
        }
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

    /// Writes the jobs: order commands together, loads for edit together, steps one by one.
    async fn write_all(&mut self, group: Vec<Job>, finishes: &mut Vec<Finish>) -> Result<(), StoreError> {
        let (mut works, mut replies, mut loads, mut steps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for job in group {
            match job {
                Job::Order(work, reply) => {
                    works.push(*work);
                    replies.push(reply);
                }
                Job::Load(load, reply) => loads.push((load, reply)),
                Job::Step(step) | Job::OutboxStep(step) => steps.push(step),
            }
        }
        let written = self.write_commands(works, replies, finishes).await;
        for (loaded, reply) in load_group::load(&mut self.connection, loads).await {
            finishes.push(finish(loaded, reply));
        }
        for step in steps {
            finishes.push(step(&mut self.connection).await);
        }
        written
    }

    async fn write_commands(
        &mut self,
        works: Vec<OrderWork>,
        replies: Vec<Reply<Answer>>,
        finishes: &mut Vec<Finish>,
    ) -> Result<(), StoreError> {
        if works.is_empty() {
            return Ok(());
        }
        match self.write_together(&works).await {
            Ok(answers) => {
                finishes.extend(answers.into_iter().zip(replies).map(|(answer, reply)| finish(Ok(answer), reply)));
                Ok(())
            }
            Err(Unwritten::These(error)) if works.len() == 1 => {
                finishes.extend(replies.into_iter().map(|reply| finish(Err(error.clone()), reply)));
                Ok(())
            }
            Err(Unwritten::These(_)) => self.write_one_by_one(&works, replies, finishes).await,
            Err(Unwritten::Group(error)) => {
                finishes.extend(replies.into_iter().map(|reply| finish(Err(error.clone()), reply)));
                Err(error)
            }
        }
    }

    /// For commands that could not be written together: the one with the damaged order fails, its neighbours do not.
    async fn write_one_by_one(
        &mut self,
        works: &[OrderWork],
        replies: Vec<Reply<Answer>>,
        finishes: &mut Vec<Finish>,
    ) -> Result<(), StoreError> {
        let mut failed = None;
        for (work, reply) in works.iter().zip(replies) {
            if let Some(error) = &failed {
                finishes.push(finish(Err(StoreError::clone(error)), reply));
                continue;
            }
            let answer = match self.write_orders(std::slice::from_ref(work)).await {
                Ok(answers) => answers.into_iter().next().ok_or_else(|| unexpected("number of answers")),
                Err(Unwritten::These(error)) => Err(error),
                Err(Unwritten::Group(error)) => {
                    failed = Some(error.clone());
                    Err(error)
                }
            };
            finishes.push(finish(answer, reply));
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes the commands of a group, the first of its transaction. When one of them cannot be written, the transaction begins anew.
    async fn write_together(&mut self, works: &[OrderWork]) -> Result<Vec<Answer>, Unwritten> {
        match order_group::write(&mut self.connection, works, &self.sms, self.entropy.as_ref()).await {
            Ok(answers) => Ok(answers),
            Err(error @ StoreError::Corrupt(_)) => {
                execute(&mut self.connection, "ROLLBACK").await.map_err(Unwritten::Group)?;
                begin(&mut self.connection).await.map_err(Unwritten::Group)?;
                Err(Unwritten::These(error))
            }
            Err(error) => Err(Unwritten::Group(error)),
        }
    }

    /// Writes commands in a savepoint.
    async fn write_orders(&mut self, works: &[OrderWork]) -> Result<Vec<Answer>, Unwritten> {
        let connection = &mut self.connection;
        execute(connection, "SAVEPOINT orders").await.map_err(Unwritten::Group)?;
        let written = order_group::write(connection, works, &self.sms, self.entropy.as_ref()).await;
        let undone = match &written {
            Ok(_) => Ok(()),
            Err(_) => execute(connection, "ROLLBACK TO orders").await,
        };
        let released = execute(connection, "RELEASE orders").await;
        match (written, undone.and(released)) {
            (Ok(answers), Ok(())) => Ok(answers),
            (Err(error @ StoreError::Corrupt(_)), Ok(())) => Err(Unwritten::These(error)),
            (Err(error), _) | (Ok(_), Err(error)) => Err(Unwritten::Group(error)),
        }
    }
}

/// Why commands were not written.
enum Unwritten {
    /// One of them cannot be; the transaction goes on without them.
    These(StoreError),
    /// Nothing can be now, or SQLite has given the transaction up: the group fails as a whole.
    Group(StoreError),
}

fn finish<T: Send + 'static>(result: Result<T, StoreError>, reply: Reply<T>) -> Finish {
    Box::new(move |committed| {
        // A caller that went away (its socket closed) does not need the answer; the stored one is there when it asks again.
        drop(reply.send(committed.and(result)));
    })
}

fn refuse(job: Job) -> Finish {
    match job {
        Job::Order(_, reply) => {
            finish(Err(StoreError::Unavailable("the transaction could not begin".to_owned())), reply)
        }
        Job::Load(_, reply) => {
            finish(Err(StoreError::Unavailable("the transaction could not begin".to_owned())), reply)
        }
        // Dropping the step drops its reply; the caller sees that the writer did not take it.
        Job::Step(step) | Job::OutboxStep(step) => Box::new(move |_| drop(step)),
    }
}

/// Makes a step of a write: runs in a savepoint, answers after COMMIT.
pub(in crate::store) fn step<T, F>(write: F, reply: Reply<T>) -> Step
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>
        + Send
        + 'static,
{
    Box::new(move |connection| {
        Box::pin(async move {
            let result = in_savepoint(connection, write).await;
            finish(result, reply)
        })
    })
}

async fn in_savepoint<T, F>(connection: &mut SqliteConnection, write: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>,
{
    execute(connection, "SAVEPOINT step").await?;
    let result = write(&mut *connection).await;
    if result.is_err() {
        execute(connection, "ROLLBACK TO step").await?;
    }
    execute(connection, "RELEASE step").await?;
    result
}

async fn begin(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE").await
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}
