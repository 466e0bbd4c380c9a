//! `postoffice-server demo-office`: fills an empty data folder with a small company that has worked for some days.
//!
//! Everything goes through the store's own write path, with times of the past, so that a demo order is an order like any other. All its
//! messages are finished: starting an SMS sender beside it sends nothing old. The phone numbers are made up.

mod orders;
mod people;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use clap::Args;
use postoffice_domain::{
    clock::{Clock, Timestamp},
    entropy::uuid_v7,
    order::{Order, OrderCommand},
    people::{Actor, Branch, EmployeeId},
    tariff::Tariff,
};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    orders::CommandId,
    problem::Problem,
    session::SessionId,
    stream::{OutcomeEntry, STREAM_VERSION},
};
use uuid::Uuid;

use super::office::{OfficeError, with_store_alone};
use crate::{
    config::Config,
    store::{Answer, Claim, Done, Guard, OrderWork, Store, WorkKind},
    system::{SystemClock, SystemEntropy},
};

const MINUTE: i64 = 60_000;
/// Events numbered and marked at once while filling.
const BATCH: usize = 1_000;

/// What the demo office should hold.
#[derive(Debug, Args)]
pub struct DemoOfficeArgs {
    /// How many orders.
    #[arg(long, default_value_t = 300)]
    pub orders: u32,
}

/// Fills the data folder.
pub async fn run(config: &Config, arguments: DemoOfficeArgs) -> ExitCode {
    let clock = Arc::new(PastClock::default());
    with_store_alone(config, clock.clone(), async |store| {
        if !store.office().await?.setup_required {
            return Err(OfficeError::Argument(
                "this data folder holds an office already; name an empty one with --data",
            ));
        }
        let staff = people::hire(config, &store).await?;
        let mut office = Filling { store, staff, session: SessionId(new_id()), clock };
        for number in 0..arguments.orders {
            office.fill_one(number, arguments.orders).await?;
        }
        office.finish_outbox().await?;
        people::tell(arguments.orders);
        Ok(())
    })
    .await
}

fn new_id() -> Uuid {
    uuid_v7(&SystemClock, &SystemEntropy)
}

/// Somebody who works in the demo office.
struct Employee {
    actor: Actor,
    branch: Branch,
}

struct Filling {
    store: Store,
    staff: Vec<Employee>,
    session: SessionId,
    clock: Arc<PastClock>,
}

/// The clock of the past: what the store writes gets the time at which it is told to have happened.
#[derive(Default)]
struct PastClock(AtomicI64);

impl PastClock {
    fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::Relaxed);
    }
}

impl Clock for PastClock {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::Relaxed) {
            0 => SystemClock.now(),
            millis => Timestamp::from_millis(millis),
        }
    }
}

impl Filling {
    /// One order with a life that fits its number: the early ones are long finished, the last ones just registered.
    async fn fill_one(&mut self, number: u32, of: u32) -> Result<(), OfficeError> {
        let clerk = usize::try_from(number).unwrap_or(0) % self.staff.len();
        let (actor, branch) = self
            .staff
            .get(clerk)
            .map(|clerk| (clerk.actor.clone(), clerk.branch.clone()))
            .ok_or(OfficeError::Argument("a demo office needs employees"))?;
        let age_minutes = i64::from(of - number) * 17 + 3;
        let at = SystemClock.now().plus_millis(-age_minutes * MINUTE);
        let (draft, to) = orders::draft(number, &branch);
        let order = draft.validate().map_err(|fields| match fields.into_iter().next() {
            Some(field) => OfficeError::from(field),
            None => OfficeError::Argument("a demo order was refused"),
        })?;
        let kind = WorkKind::Create { order: Box::new(order), branch: branch.clone(), tariff: Tariff::current() };
        let mut order = self.work(&actor, at, kind, number).await?;
        let supervisor = self.staff.last().map(|last| last.actor.clone()).unwrap_or(actor.clone());
        let life = orders::life(number, of, &to);
        let (steps, worked_minutes) = (life.len(), age_minutes - orders::idle_minutes(number, age_minutes));
        for (command, step) in life.into_iter().zip(1_i64..) {
            let later = at.plus_millis(worked_minutes * MINUTE * step / i64::try_from(steps).unwrap_or(1));
            let by = if matches!(command, OrderCommand::Cancel { .. }) { &supervisor } else { &actor };
            order =
                self.work(by, later, WorkKind::Decide { ttn: order.ttn, command, guard: Guard::None }, number).await?;
        }
        Ok(())
    }

    /// Runs one command at a past time and finishes its message.
    async fn work(&mut self, actor: &Actor, at: Timestamp, kind: WorkKind, number: u32) -> Result<Order, OfficeError> {
        let work = OrderWork {
            command_id: CommandId(new_id()),
            session: self.session,
            actor: actor.clone(),
            request_id: "demo-office".to_owned(),
            now: at,
            kind,
        };
        self.clock.set(at);
        let done: Done = match self.store.submit(work).await? {
            Answer::Done(done) => *done,
            Answer::Refused(problem) => return Err(refused(&problem)),
        };
        let holder = self.session.0;
        self.mark(holder).await?;
        self.tell_outcome(&done, at, number).await?;
        Ok(done.order)
    }

    /// Numbers and marks what the last write put into the outbox.
    async fn mark(&self, holder: Uuid) -> Result<(), OfficeError> {
        while let Claim::Batch(batch) = self.store.claim_batch(holder, MINUTE, BATCH).await? {
            let Some(last) = batch.events.last() else { break };
            self.store.mark_published(holder, last.publish_seq).await?;
        }
        Ok(())
    }

    /// What became of the message of a command: mostly delivered, now and then not.
    async fn tell_outcome(&self, done: &Done, at: Timestamp, number: u32) -> Result<(), OfficeError> {
        let (state, reason) = match number % 41 {
            17 => (MessageState::Failed, Some(MessageReason::Undelivered)),
            29 => (MessageState::Unknown, Some(MessageReason::AnswerLost)),
            _ => (MessageState::Delivered, None),
        };
        let outcome = OutcomeEntry {
            v: STREAM_VERSION,
            event_id: done.event_id,
            ttn: done.order.ttn,
            state,
            reason,
            next_attempt_at: None,
            segments: Some(1),
            attempts: 1,
            at: at.plus_millis(4_000 + i64::from(number % 9) * 700),
            request_id: None,
        };
        self.clock.set(outcome.at);
        // Commands without a message are unknown to the messages table, and that is said in the answer, not an error.
        self.store.record_outcomes(vec![outcome]).await?;
        Ok(())
    }

    async fn finish_outbox(&self) -> Result<(), OfficeError> {
        self.mark(self.session.0).await
    }
}

fn refused(problem: &Problem) -> OfficeError {
    tracing::error!(%problem, "a demo order was refused");
    OfficeError::Argument("a demo order was refused by the rules")
}

/// An id for a demo employee.
fn employee_id() -> EmployeeId {
    EmployeeId(new_id())
}

/// The randomness of the demo's password salts.
fn entropy() -> Arc<SystemEntropy> {
    Arc::new(SystemEntropy)
}
