//! The truth: SQLite, one writer with group commit, readers beside it.
//!
//! Nothing outside this folder knows which engine it is. SQL stands beside its method, one file per table:
//! [`orders`], [`timeline`], [`integration_events`], [`messages`], [`message_attempts`], [`templates`], [`commands`], [`accounts`], [`sessions`]. The way of a write:
//! [`Store::submit`] → [`sqlite::writer`] → [`order_group`] → COMMIT → answer. Why it is built so: docs/adr/0003-store-seam.md.

mod accounts;
mod audit;
mod commands;
mod cursor;
mod dead_events;
mod details;
mod error;
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
mod numbered;
mod order_group;
mod orders;
mod outbox;
mod outcomes;
mod sessions;
mod silent_events;
mod spent_events;
mod sqlite;
mod templates;
#[cfg(test)]
mod tests;
mod timeline;
mod wording;
mod work;

use std::{collections::HashMap, fs::File, future::Future, path::PathBuf, pin::Pin, sync::Arc};

use postoffice_domain::{
    clock::{Clock, Timestamp},
    entropy::Entropy,
    order::Order,
    people::{Branch, BranchId, EmployeeId, Login},
    ttn::Ttn,
};
use postoffice_protocol::{
    messages::MessageView,
    orders::{ListOrders, OrderPage, OrderRow, TimelineEntry},
    session::SessionId,
};
use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{Notify, mpsc, oneshot};

use sqlite::{open, writer};

pub use accounts::{Employee, NewEmployee, OfficeRecord};
pub use audit::AuditLine;
pub use dead_events::{DeadEvent, Operator, Resent};
pub use error::StoreError;
pub use integration_events::Claim;
pub use list::{MAX_LIMIT, MAX_SEARCH};
pub use lock_passed::{Passing, PassingWritten};
pub use message_work::{MessageAnswer, MessageWork};
pub use messaging::StoredMessage;
pub use numbered::{Batch, Numbered, Unfit, Unreadable};
pub use outcomes::RecordedOutcomes;
pub use sessions::{LiveSession, SessionRecord};
pub use silent_events::Repeated;
pub use sqlite::{open::OpenError, writer::Writer};
pub use templates::{ChangedTemplate, TemplateAnswer, TemplateWork};
pub use wording::SmsRules;
pub use work::{Answer, Decided, Done, Guard, OrderWork, WorkKind};

/// Jobs that may wait for the writer before callers are held back.
const QUEUE: usize = 4096;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The database file.
    pub path: PathBuf,
    /// Most jobs that share a commit.
    pub group_max: usize,
    /// How texts to customers are written.
    pub sms: SmsRules,
    /// True for a command-line tool that works on the file of a running server; only the server takes the lock file.
    pub beside_a_server: bool,
}

/// A handle to the store. Cheap to clone; the writer ends when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<writer::Job>,
    readers: SqlitePool,
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

type Writing<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

impl Store {
    /// Opens the database, migrating it when needed. Run the [`Writer`] beside it: without it no write returns.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        config: &StoreConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Writer), OpenError> {
        let opened = open::open(&config.path, config.beside_a_server).await?;
        let (jobs, receiver) = mpsc::channel(QUEUE);
        let outbox_wake = Arc::new(Notify::new());
        let sms = Arc::new(config.sms.clone());
        let groups = writer::Groups {
            connection: opened.writer,
            jobs: receiver,
            group_max: config.group_max.max(1),
            entropy: Arc::clone(&entropy),
            outbox_wake: Arc::clone(&outbox_wake),
            sms: Arc::clone(&sms),
        };
        let writer = Writer { groups, beside: opened.beside };
        let lock = opened.lock.map(Arc::new);
        let store = Self { jobs, readers: opened.readers, clock, entropy, outbox_wake, sms, _lock: lock };
        Ok((store, writer))
    }

    /// Woken after every commit that may have added to the outbox.
    pub fn outbox_wake(&self) -> Arc<Notify> {
        Arc::clone(&self.outbox_wake)
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> writer::Job,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the writer has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    async fn write<T, F>(&self, write: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Writing<'c, T> + Send + 'static,
    {
        self.ask(|reply| writer::Job::Step(writer::step(write, reply))).await
    }

    // --- orders ---------------------------------------------------------------------------------------------------

    /// Runs a command on an order: effect, timeline, integration event, message and answer in one commit.
    ///
    /// # Errors
    /// The store could not; nothing was written. A refusal by the rules is an [`Answer`].
    pub async fn submit(&self, work: OrderWork) -> Result<Answer, StoreError> {
        self.ask(|reply| writer::Job::Order(Box::new(work), reply)).await
    }

    /// The answer that a command with the same id got before, without running it; `None` when it is new. So that a command sent again after
    /// a lost answer gets it whoever holds the order's lock by now.
    ///
    /// # Errors
    /// The store could not.
    pub async fn answer_of(&self, work: &OrderWork) -> Result<Option<Answer>, StoreError> {
        let mut reader = self.readers.acquire().await?;
        order_group::answer_of(&mut reader, work).await
    }

    /// The order's fencing token as it stands, for [`Guard::Unmoved`]; `None` when there is no such order.
    ///
    /// # Errors
    /// The store could not.
    pub async fn fence(&self, ttn: &Ttn) -> Result<Option<u64>, StoreError> {
        orders::fence(&self.readers, ttn).await
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
        self.ask(|reply| writer::Job::Load(load_group::Load { ttn, session }, reply)).await
    }

    /// The session at work on an order: it loaded it for edit last, has not saved since, and has not ended.
    ///
    /// # Errors
    /// The store could not.
    pub async fn at_work(&self, ttn: &Ttn) -> Result<Option<SessionId>, StoreError> {
        orders::at_work(&self.readers, ttn, self.clock.now()).await
    }

    /// Writes down that a lock changed hands: timeline, outbox, and for a take-over audit and the next fencing token, in one commit.
    ///
    /// # Errors
    /// The store could not; nothing was written.
    pub async fn write_passing(&self, passing: Passing) -> Result<PassingWritten, StoreError> {
        let entropy = Arc::clone(&self.entropy);
        self.ask(|reply| {
            writer::Job::OutboxStep(writer::step(
                move |connection| {
                    Box::pin(async move { lock_passed::write(connection, &passing, entropy.as_ref()).await })
                },
                reply,
            ))
        })
        .await
    }

    /// The last `limit` lines of the audit, oldest first.
    ///
    /// # Errors
    /// The store could not.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        audit::last(&self.readers, limit).await
    }

    /// An order with its history, deleted or not; `None` when it never existed.
    ///
    /// # Errors
    /// The store could not.
    pub async fn details(&self, ttn: &Ttn) -> Result<Option<StoredDetails>, StoreError> {
        details::of_order(&self.readers, ttn).await
    }

    /// Rows of these orders; deleted ones are left out.
    ///
    /// # Errors
    /// The store could not.
    pub async fn rows(&self, ttns: &[Ttn]) -> Result<HashMap<Ttn, OrderRow>, StoreError> {
        list::rows(&self.readers, ttns).await
    }

    /// One page of the list, as an employee of `branch` sees it.
    ///
    /// # Errors
    /// `BadQuestion` for a cursor of another list; or the store could not.
    pub async fn list(&self, list: &ListOrders, branch: &BranchId) -> Result<OrderPage, StoreError> {
        list::page(&self.readers, list, branch).await
    }

    /// The last `limit` orders registered at a station, newest first.
    ///
    /// # Errors
    /// The store could not.
    pub async fn recent(&self, branch: &BranchId, station: &str, limit: u16) -> Result<Vec<OrderRow>, StoreError> {
        list::recent(&self.readers, branch, station, limit).await
    }

    // --- people ---------------------------------------------------------------------------------------------------

    /// The office: name, branches, whether it is set up.
    ///
    /// # Errors
    /// The store could not.
    pub async fn office(&self) -> Result<OfficeRecord, StoreError> {
        accounts::office(&self.readers).await
    }

    /// Gives the office a name.
    ///
    /// # Errors
    /// The store could not.
    pub async fn set_office_name(&self, name: String) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move { accounts::set_office_name(connection, &name).await })).await
    }

    /// Adds a branch.
    ///
    /// # Errors
    /// `Taken`, or the store could not.
    pub async fn add_branch(&self, branch: Branch) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move { accounts::add_branch(connection, &branch).await })).await
    }

    /// One branch.
    ///
    /// # Errors
    /// The store could not.
    pub async fn branch(&self, id: &BranchId) -> Result<Option<Branch>, StoreError> {
        accounts::branch_by_id(&self.readers, id).await
    }

    /// Adds an employee.
    ///
    /// # Errors
    /// `Taken`, or the store could not.
    pub async fn add_employee(&self, employee: NewEmployee) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.write(move |connection| Box::pin(async move { accounts::add_employee(connection, &employee, now).await }))
            .await
    }

    /// Makes the first branch and the first employee and forgets the set-up code, all or nothing; `false` when there is an employee already.
    ///
    /// # Errors
    /// `Taken`, or the store could not.
    pub async fn set_up(&self, branch: Branch, admin: NewEmployee) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.write(move |connection| Box::pin(async move { accounts::set_up(connection, &branch, &admin, now).await }))
            .await
    }

    /// An employee by login.
    ///
    /// # Errors
    /// The store could not.
    pub async fn employee_by_login(&self, login: &Login) -> Result<Option<Employee>, StoreError> {
        accounts::employee_by_login(&self.readers, login).await
    }

    /// All employees by login.
    ///
    /// # Errors
    /// The store could not.
    pub async fn list_employees(&self) -> Result<Vec<Employee>, StoreError> {
        accounts::employees(&self.readers).await
    }

    /// Gives an employee another password.
    ///
    /// # Errors
    /// The store could not.
    pub async fn set_password(&self, id: EmployeeId, hash: String) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move { accounts::set_password(connection, id, &hash).await })).await
    }

    /// Lets an employee not sign in any more and ends every session.
    ///
    /// # Errors
    /// The store could not.
    pub async fn disable_employee(&self, id: EmployeeId) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.write(move |connection| Box::pin(async move { accounts::disable_employee(connection, id, now).await }))
            .await
    }

    /// SHA-256 of the one-time set-up code, if one is waiting.
    ///
    /// # Errors
    /// The store could not.
    pub async fn setup_code_hash(&self) -> Result<Option<[u8; 32]>, StoreError> {
        accounts::setup_code_hash(&self.readers).await
    }

    /// Keeps the SHA-256 of a set-up code; an older one is forgotten.
    ///
    /// # Errors
    /// The store could not.
    pub async fn set_setup_code(&self, hash: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move { accounts::set_setup_code_hash(connection, Some(&hash)).await })
        })
        .await
    }

    /// Forgets the set-up code.
    ///
    /// # Errors
    /// The store could not.
    pub async fn clear_setup_code(&self) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move { accounts::set_setup_code_hash(connection, None).await }))
            .await
    }

    // --- sessions -------------------------------------------------------------------------------------------------

    /// Begins a session.
    ///
    /// # Errors
    /// The store could not.
    pub async fn begin_session(&self, session: SessionRecord) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move { sessions::begin(connection, &session).await })).await
    }

    /// The living session of a token.
    ///
    /// # Errors
    /// The store could not.
    pub async fn session_by_token(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<LiveSession>, StoreError> {
        sessions::by_token(&self.readers, token_hash, now).await
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The store could not.
    pub async fn touch_session(&self, id: SessionId) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.write(move |connection| Box::pin(async move { sessions::touch(connection, id, now).await })).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store could not.
    pub async fn end_session(&self, id: SessionId) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.write(move |connection| Box::pin(async move { sessions::end(connection, id, now).await })).await
    }

    /// Which of these sessions live no more: ended, expired at `now`, or their employee was disabled.
    ///
    /// # Errors
    /// The store could not.
    pub async fn ended_sessions(&self, ids: &[SessionId], now: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        sessions::ended(&self.readers, ids, now).await
    }

    /// Ends every session of an employee.
    ///
    /// # Errors
    /// The store could not.
    pub async fn end_sessions_of(&self, employee: EmployeeId) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.write(move |connection| Box::pin(async move { sessions::end_all_of(connection, employee, now).await }))
            .await
    }
}
