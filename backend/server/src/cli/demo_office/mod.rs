//! `postoffice-server demo-office`: fills an empty data folder with a small company that has worked for some days.
//!
//! Everything goes through the store's own write path, with times of the past, so that a demo order is an order like any other. None of its
//! messages waits: starting an SMS sender beside it sends nothing old. The phone numbers are made up.

mod fates;
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
    message::MessageCommand,
    order::{Order, OrderCommand},
    people::{Actor, Branch, EmployeeId},
    tariff::Tariff,
    ttn::Ttn,
};
use postoffice_protocol::{
    orders::CommandId,
    problem::Problem,
    session::SessionId,
    stream::{OutcomeEntry, STREAM_VERSION},
};
use uuid::Uuid;

use self::fates::{DealtWith, Report};
use super::office::{OfficeError, with_store_alone};
use crate::{
    config::Config,
    store::{Answer, Claim, Done, Guard, MessageAnswer, MessageWork, OrderWork, Store, WorkKind},
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
        let age_minutes = i64::from(of - number) * 17 - 14;
        let at = SystemClock.now().plus_millis(-age_minutes * MINUTE);
        let (draft, to) = orders::draft(number, &branch);
        let order = draft.validate().map_err(|fields| match fields.into_iter().next() {
            Some(field) => OfficeError::from(field),
            None => OfficeError::Argument("a demo order was refused"),
        })?;
        let kind = WorkKind::Create { order: Box::new(order), branch: branch.clone(), tariff: Tariff::current() };
        let supervisor = self.staff.last().map(|last| last.actor.clone()).unwrap_or(actor.clone());
        let life = orders::life(number, of, &to);
        let sent = |step: u32, at: Timestamp| fates::Sent {
            number,
            of,
            step,
            is_last: usize::try_from(step) == Ok(life.len()),
            age: SystemClock.now().millis() - at.millis(),
        };
        let mut order = self.work(&actor, at, kind, sent(0, at)).await?;
        let (steps, worked_minutes) = (life.len(), age_minutes - orders::idle_minutes(number, age_minutes));
        for (command, step) in life.iter().zip(1_u32..) {
            let later = at.plus_millis(worked_minutes * MINUTE * i64::from(step) / i64::try_from(steps).unwrap_or(1));
            let by = if matches!(command, OrderCommand::Cancel { .. }) { &supervisor } else { &actor };
            let kind = WorkKind::Decide { ttn: order.ttn, command: command.clone(), guard: Guard::None };
            order = self.work(by, later, kind, sent(step, later)).await?;
        }
        Ok(())
    }

    /// Runs one command at a past time and finishes its message.
    async fn work(
        &mut self,
        actor: &Actor,
        at: Timestamp,
        kind: WorkKind,
        sent: fates::Sent,
    ) -> Result<Order, OfficeError> {
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
        self.mark(self.session.0).await?;
        // Commands without a message are unknown to the messages table: there is nothing to tell of them.
        if self.store.message(done.event_id).await?.is_some() {
            let fate = fates::fate(sent);
            self.report(done.event_id, done.order.ttn, at, &fate.reports).await?;
            if let Some(how) = fate.dealt_with {
                self.deal_with(actor, (done.event_id, done.order.ttn), at, how).await?;
            }
        }
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

    /// What the senders reported of a message that was queued at `at`.
    async fn report(&self, event_id: Uuid, ttn: Ttn, at: Timestamp, reports: &[Report]) -> Result<(), OfficeError> {
        for report in reports {
            let outcome = OutcomeEntry {
                v: STREAM_VERSION,
                event_id,
                ttn,
                state: report.state,
                reason: report.reason,
                next_attempt_at: report.again_in.map(|millis| at.plus_millis(report.after + millis)),
                segments: Some(1),
                attempts: report.attempt,
                at: at.plus_millis(report.after),
                request_id: None,
            };
            self.clock.set(outcome.at);
            self.store.record_outcomes(vec![outcome]).await?;
        }
        Ok(())
    }

    /// What a clerk did about a message that did not arrive.
    async fn deal_with(
        &self,
        actor: &Actor,
        (event_id, ttn): (Uuid, Ttn),
        queued: Timestamp,
        how: DealtWith,
    ) -> Result<(), OfficeError> {
        let now = queued.plus_millis(fates::DEALT_WITH_AFTER);
        let phone = orders::other_phone(&ttn).map_err(|_| OfficeError::Argument("a demo number was refused"))?;
        let command = match how {
            DealtWith::Told => MessageCommand::MarkTold,
            DealtWith::OtherNumber => MessageCommand::CorrectNumber { phone },
        };
        let branch = self
            .staff
            .iter()
            .find(|employee| employee.actor.employee == actor.employee)
            .map(|employee| employee.branch.clone())
            .ok_or(OfficeError::Argument("a demo employee without a branch"))?;
        let work = MessageWork {
            command_id: CommandId(new_id()),
            actor: actor.clone(),
            branch,
            request_id: "demo-office".to_owned(),
            now,
            event_id,
            command,
        };
        self.clock.set(now);
        let sent_instead = match self.store.submit_message(work).await? {
            MessageAnswer::Done(message) => message,
            MessageAnswer::Refused(problem) => return Err(refused(&problem)),
        };
        self.mark(self.session.0).await?;
        if how == DealtWith::OtherNumber {
            self.report(sent_instead, ttn, now, &fates::on_time()).await?;
        }
        Ok(())
    }

    /// Nothing is left to publish, and the first server leads at once: of several on one PostgreSQL none may end the lease of another.
    async fn finish_outbox(&self) -> Result<(), OfficeError> {
        self.mark(self.session.0).await?;
        Ok(self.store.end_lease(self.session.0).await?)
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
