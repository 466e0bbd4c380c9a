//! The truth: a SQLite file or a PostgreSQL database behind the same methods. Nothing outside this folder knows which engine it is.
//!
//! SQL stands beside its method, one file per table: [`orders`], [`timeline`], [`integration_events`], [`messages`], [`message_attempts`],
//! [`templates`], [`commands`], [`accounts`], [`sessions`]. A statement that both engines read stands there once, another one twice, side by
//! side ([`statement`]). What an engine has of its own is in [`sqlite`] and [`postgres`]: opening, beginning and ending a transaction.
//!
//! The way of a write: [`Store::submit`] → the engine's writer → [`group`] → [`order_group`] → COMMIT → answer. Why it is built so:
//! docs/adr/0003-store-seam.md, docs/adr/0008-two-engines.md.

mod accounts;
mod audit;
#[cfg(test)]
mod behind;
mod commands;
mod connection;
mod cursor;
mod dead_events;
mod details;
mod due;
mod error;
mod group;
mod hex;
mod integration_events;
mod list;
mod load_group;
mod lock_passed;
mod message_attempts;
mod message_list;
mod message_state;
mod message_work;
mod messages;
mod messaging;
mod move_office;
mod numbered;
mod open;
mod order_before;
mod order_group;
mod order_rows;
mod orders;
mod outbox;
mod outcomes;
mod people;
mod planted;
mod postgres;
mod row;
mod search;
mod search_terms;
mod sessions;
mod silent_events;
mod spent_events;
mod sqlite;
mod statement;
mod templates;
#[cfg(test)]
mod tests;
mod timeline;
mod together;
mod wording;
mod work;

use std::{collections::HashMap, fs::File, sync::Arc};

use postoffice_domain::{clock::Clock, entropy::Entropy, order::Order, people::BranchId, ttn::Ttn};
use postoffice_protocol::{
    messages::MessageView,
    orders::{ListOrders, OrderPage, OrderRow, TimelineEntry},
    session::SessionId,
};
use tokio::sync::{Notify, mpsc, oneshot};

use connection::Readers;
use group::{Job, Reply, Write, step};

pub use accounts::{Employee, NewEmployee, OfficeRecord};
pub use audit::AuditLine;
#[cfg(test)]
pub(crate) use behind::Behind;
pub use dead_events::{DeadEvent, Operator, Resent};
pub use error::StoreError;
pub use integration_events::Claim;
pub use list::{MAX_LIMIT, MAX_SEARCH};
pub use lock_passed::{Passing, PassingWritten};
pub use message_work::{MessageAnswer, MessageWork};
pub use messaging::StoredMessage;
pub use move_office::{MoveError, MovedTable, move_office};
pub use numbered::{Batch, Numbered, Unfit, Unreadable};
pub use open::{Database, OpenError, StoreConfig, Writer};
pub use outcomes::RecordedOutcomes;
pub use postgres::{
    address::{PostgresAddress, PostgresAddressError},
    migrate,
};
pub use sessions::{LiveSession, SessionRecord};
pub use silent_events::Repeated;
pub use templates::{ChangedTemplate, TemplateAnswer, TemplateWork};
pub use wording::SmsRules;
pub use work::{Answer, Decided, Done, Guard, OrderWork, WorkKind};

/// A handle to the store. Cheap to clone; the writer ends when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    outbox_wake: Arc<Notify>,
    sms: Arc<SmsRules>,
    _lock: Option<Arc<File>>,
}

/// An order as stored, with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDetails {
    /// The order.
    pub order: Order,
    /// Its timeline, newest first.
    pub timeline: Vec<TimelineEntry>,
    /// Its messages, newest first.
    pub messages: Vec<MessageView>,
    /// Version of its row.
    pub version: u32,
    /// The last publish number that this answer reflects.
    pub sequence: u64,
}

impl Store {
    /// Woken after every commit that may have added to the outbox.
    pub fn outbox_wake(&self) -> Arc<Notify> {
        Arc::clone(&self.outbox_wake)
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the writer has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// A write that adds nothing to the outbox. `what` is what it is about; it may be done more than once before it is committed.
    async fn write<W, T>(&self, what: W, write: Write<W, T>) -> Result<T, StoreError>
    where
        W: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.ask(|reply| Job::Step(step(what, Vec::new(), write, reply))).await
    }

    /// The same for a write about `orders` that adds to the outbox.
    async fn write_event<W, T>(&self, what: W, orders: Vec<Ttn>, write: Write<W, T>) -> Result<T, StoreError>
    where
        W: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.ask(|reply| Job::OutboxStep(step(what, orders, write, reply))).await
    }

    // --- orders ---------------------------------------------------------------------------------------------------

    /// Runs a command on an order: effect, timeline, integration event, message and answer in one commit.
    ///
    /// # Errors
    /// The store could not; nothing was written. A refusal by the rules is an [`Answer`].
    pub async fn submit(&self, work: OrderWork) -> Result<Answer, StoreError> {
        self.ask(|reply| Job::Order(Box::new(work), reply)).await
    }

    /// The answer that a command with the same id got before, without running it; `None` when it is new. So that a command sent again after
    /// a lost answer gets it whoever holds the order's lock by now.
    ///
    /// # Errors
    /// The store could not.
    pub async fn answer_of(&self, work: &OrderWork) -> Result<Option<Answer>, StoreError> {
        let mut reader = self.readers.reader().await?;
        order_group::answer_of(&mut reader.connection(), work).await
    }

    /// The order's fencing token as it stands, for [`Guard::Unmoved`]; `None` when there is no such order.
    ///
    /// # Errors
    /// The store could not.
    pub async fn fence(&self, ttn: &Ttn) -> Result<Option<u64>, StoreError> {
        let mut reader = self.readers.reader().await?;
        orders::fence(&mut reader.connection(), ttn).await
    }

    /// Loads an order for edit, with its history, and stamps it with the next fencing token; `None` when there is no such order in the lists.
    ///
    /// # Errors
    /// The store could not.
    pub async fn load_for_edit(
        &self,
        ttn: Ttn,
        session: SessionId,
    ) -> Result<Option<(StoredDetails, u64)>, StoreError> {
        self.ask(|reply| Job::Load(load_group::Load { ttn, session }, reply)).await
    }

    /// The session at work on an order: it loaded it for edit last, has not saved since, and has not ended.
    ///
    /// # Errors
    /// The store could not.
    pub async fn at_work(&self, ttn: &Ttn) -> Result<Option<SessionId>, StoreError> {
        let mut reader = self.readers.reader().await?;
        orders::at_work(&mut reader.connection(), ttn, self.clock.now()).await
    }

    /// Writes down that a lock changed hands: timeline, outbox, and for a take-over audit and the next fencing token, in one commit.
    ///
    /// # Errors
    /// The store could not; nothing was written.
    pub async fn write_passing(&self, passing: Passing) -> Result<PassingWritten, StoreError> {
        let ttn = passing.ttn;
        self.write_event((passing, Arc::clone(&self.entropy)), vec![ttn], |connection, (passing, entropy)| {
            Box::pin(lock_passed::write(connection, passing, entropy.as_ref()))
        })
        .await
    }

    /// The last `limit` lines of the audit, oldest first.
    ///
    /// # Errors
    /// The store could not.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let mut reader = self.readers.reader().await?;
        audit::last(&mut reader.connection(), limit).await
    }

    /// An order with its history, deleted or not; `None` when it never existed.
    ///
    /// # Errors
    /// The store could not.
    pub async fn details(&self, ttn: &Ttn) -> Result<Option<StoredDetails>, StoreError> {
        let mut reader = self.readers.reader().await?;
        details::of_order(&mut reader.connection(), ttn).await
    }

    /// Rows of these orders; deleted ones are left out.
    ///
    /// # Errors
    /// The store could not.
    pub async fn rows(&self, ttns: &[Ttn]) -> Result<HashMap<Ttn, OrderRow>, StoreError> {
        let mut reader = self.readers.reader().await?;
        list::rows(&mut reader.connection(), ttns).await
    }

    /// One page of the list, as an employee of `branch` sees it.
    ///
    /// # Errors
    /// `BadQuestion` for a cursor of another list; or the store could not.
    pub async fn list(&self, list: &ListOrders, branch: &BranchId) -> Result<OrderPage, StoreError> {
        let mut snapshot = self.readers.snapshot().await?;
        let page = list::page(&mut snapshot.connection(), list, branch).await;
        snapshot.end(page).await
    }

    /// The last `limit` orders registered at a station, newest first.
    ///
    /// # Errors
    /// The store could not.
    pub async fn recent(&self, branch: &BranchId, station: &str, limit: u16) -> Result<Vec<OrderRow>, StoreError> {
        let mut reader = self.readers.reader().await?;
        list::recent(&mut reader.connection(), branch, station, limit).await
    }
}
