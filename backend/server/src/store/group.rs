//! What is written together, in one transaction.
//!
//! Everything that waits when a transaction begins goes into it together and shares its fsync (*group commit*). Order commands of a group go
//! in as a few multi-row statements ([`super::order_group`]), then its loads for edit in one, then other writes as steps. Each of them is in a
//! statement or a savepoint of its own, so that one that fails leaves its neighbours untouched; commands one of which cannot be written go in
//! again one by one, each in a savepoint. Nobody hears "done" before COMMIT returned.
//!
//! Commands, loads and steps of one group were all asked for before any of them was answered, so nobody can tell in which order they went in.
//! Steps keep theirs among themselves. A group keeps what it was asked for until it is finished, so an engine may write it again from the
//! beginning: [`Group::write`] forgets what the attempt before came to.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use postoffice_domain::{entropy::Entropy, ttn::Ttn};
use tokio::sync::oneshot;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    load_group::{self, Load, Loaded},
    order_group, orders,
    wording::SmsRules,
    work::{Answer, OrderWork, WorkKind},
};

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
pub(super) type Writing<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;
/// How a write is done. It may be done again from the beginning.
pub(super) type Write<W, T> = for<'c> fn(&'c mut Connection<'_>, &'c W) -> Writing<'c, T>;

/// Something to write.
pub(super) enum Job {
    /// A command on an order.
    Order(Box<OrderWork>, Reply<Answer>),
    /// A load for edit.
    Load(Load, Reply<Option<Loaded>>),
    /// A write that adds to the outbox.
    OutboxStep(Box<dyn Step>),
    /// Anything else.
    Step(Box<dyn Step>),
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

/// A write that is no command on an order and no load for edit.
pub(super) trait Step: Send {
    /// Orders that it writes about, as far as it knows them beforehand.
    fn orders(&self) -> &[Ttn];
    /// Writes, after the savepoint `step`. What only this step cannot do is undone and kept as its answer.
    fn run<'c>(&'c mut self, connection: &'c mut Connection<'_>) -> Writing<'c, ()>;
    /// Tells the caller how it ended.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Waiting<W, T> {
    what: W,
    orders: Vec<Ttn>,
    write: Write<W, T>,
    result: Option<Result<T, StoreError>>,
    reply: Reply<T>,
}

impl<W: Send + Sync, T: Send> Step for Waiting<W, T> {
    fn orders(&self) -> &[Ttn] {
        &self.orders
    }

    fn run<'c>(&'c mut self, connection: &'c mut Connection<'_>) -> Writing<'c, ()> {
        Box::pin(async move {
            self.result = match (self.write)(connection, &self.what).await {
                Err(error) if !error.is_of_one() => return Err(error),
                Err(error) => {
                    connection.control("ROLLBACK TO step").await?;
                    Some(Err(error))
                }
                Ok(written) => Some(Ok(written)),
            };
            Ok(())
        })
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        tell(self.reply, committed, self.result);
    }
}

/// Makes a step of a write about these orders.
pub(super) fn step<W, T>(what: W, orders: Vec<Ttn>, write: Write<W, T>, reply: Reply<T>) -> Box<dyn Step>
where
    W: Send + Sync + 'static,
    T: Send + 'static,
{
    Box::new(Waiting { what, orders, write, result: None, reply })
}

fn tell<T>(reply: Reply<T>, committed: Result<(), StoreError>, result: Option<Result<T, StoreError>>) {
    let result = committed.and_then(|()| result.unwrap_or_else(|| Err(unexpected("write without a result"))));
    // A caller that went away (its socket closed) does not need the answer; the stored one is there when it asks again.
    drop(reply.send(result));
}

/// What writing needs besides the jobs.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    pub sms: &'a SmsRules,
    pub entropy: &'a dyn Entropy,
}

/// See the module.
pub(super) struct Group {
    pub(super) works: Vec<OrderWork>,
    replies: Vec<Reply<Answer>>,
    loads: Vec<Load>,
    load_replies: Vec<Reply<Option<Loaded>>>,
    steps: Vec<Box<dyn Step>>,
    /// Whether the relay should look after it.
    pub wakes_relay: bool,
    answers: Vec<Result<Answer, StoreError>>,
    loaded: Vec<Result<Option<Loaded>, StoreError>>,
}

impl Group {
    /// The group of these jobs, which are taken out.
    pub fn of(jobs: &mut Vec<Job>) -> Self {
        let wakes_relay = jobs.iter().any(Job::wakes_relay);
        let (mut works, mut replies, mut loads, mut load_replies, mut steps) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for job in jobs.drain(..) {
            match job {
                Job::Order(work, reply) => {
                    works.push(*work);
                    replies.push(reply);
                }
                Job::Load(load, reply) => {
                    loads.push(load);
                    load_replies.push(reply);
                }
                Job::Step(step) | Job::OutboxStep(step) => steps.push(step),
            }
        }
        Self { works, replies, loads, load_replies, steps, wakes_relay, answers: Vec::new(), loaded: Vec::new() }
    }

    /// Writes everything into the transaction that has begun.
    ///
    /// # Errors
    /// None of it can be written now: the transaction is to be given up.
    pub async fn write(&mut self, connection: &mut Connection<'_>, means: Means<'_>) -> Result<(), StoreError> {
        let orders = self.orders();
        orders::hold(connection, &orders).await?;
        self.answers = write_commands(connection, &self.works, &orders, means).await?;
        self.loaded = load_group::load(connection, &self.loads).await?;
        for (place, step) in self.steps.iter_mut().enumerate() {
            if place == 0 {
                connection.control("SAVEPOINT step").await?;
            } else {
                connection.next_savepoint().await?;
            }
            step.run(connection).await?;
        }
        // COMMIT releases the last one.
        Ok(())
    }

    /// Tells everybody how it ended.
    pub fn finish(self, committed: &Result<(), StoreError>) {
        let mut answers = self.answers.into_iter();
        for reply in self.replies {
            tell(reply, committed.clone(), answers.next());
        }
        let mut loaded = self.loaded.into_iter();
        for reply in self.load_replies {
            tell(reply, committed.clone(), loaded.next());
        }
        for step in self.steps {
            step.finish(committed.clone());
        }
    }

    /// Every order that is there already and written about.
    fn orders(&self) -> BTreeSet<Ttn> {
        let decided = self.works.iter().filter_map(|work| match &work.kind {
            WorkKind::Decide { ttn, .. } => Some(*ttn),
            WorkKind::Create { .. } => None,
        });
        let loaded = self.loads.iter().map(|load| load.ttn);
        decided.chain(loaded).chain(self.steps.iter().flat_map(|step| step.orders().iter().copied())).collect()
    }
}

/// Writes the commands, the first of their transaction; when one of them cannot be, the transaction begins anew.
async fn write_commands(
    connection: &mut Connection<'_>,
    works: &[OrderWork],
    orders: &BTreeSet<Ttn>,
    means: Means<'_>,
) -> Result<Vec<Result<Answer, StoreError>>, StoreError> {
    if works.is_empty() {
        return Ok(Vec::new());
    }
    match order_group::write(connection, works, means.sms, means.entropy).await {
        Ok(answers) => Ok(answers.into_iter().map(Ok).collect()),
        Err(error) if !error.is_of_one() => Err(error),
        Err(error) => {
            connection.begin_anew().await?;
            orders::hold(connection, orders).await?;
            if works.len() == 1 {
                return Ok(vec![Err(error)]);
            }
            let mut answers = Vec::with_capacity(works.len());
            for work in works {
                answers.push(write_alone(connection, work, means).await?);
            }
            Ok(answers)
        }
    }
}

/// For commands that could not be written together: the one with the damaged order fails, its neighbours do not.
async fn write_alone(
    connection: &mut Connection<'_>,
    work: &OrderWork,
    means: Means<'_>,
) -> Result<Result<Answer, StoreError>, StoreError> {
    connection.control("SAVEPOINT orders").await?;
    let written = order_group::write(connection, std::slice::from_ref(work), means.sms, means.entropy).await;
    let answer = match written {
        Ok(answers) => answers.into_iter().next().ok_or_else(|| unexpected("number of answers")),
        Err(error) if !error.is_of_one() => return Err(error),
        Err(error) => {
            connection.control("ROLLBACK TO orders").await?;
            Err(error)
        }
    };
    connection.control("RELEASE orders").await?;
    Ok(answer)
}
