//! Clerks who register parcels, see them arrive and hand them over, and send every command again until it is answered.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    events::ServerNotice,
    orders::{CommandId, CompleteOrder, CreateOrder, OrderCreated, PlaceItem, SetPlaces},
    problem::{Problem, ProblemCode},
    session::SessionToken,
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::{
    desk::{Desk, command_id, draft},
    faults::moment::Moment,
};

/// Nothing is answered for so long: the socket is given up.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(15);

/// How far an order came, as its clerk was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Registered.
    Registered,
    /// At its destination.
    Arrived,
    /// Handed over.
    Completed,
}

/// What the clerks of a scenario share.
pub struct Shift {
    /// Where they find the server.
    pub address: String,
    /// A command takes a permit, so that the work goes with the faults.
    pub permits: Semaphore,
    /// No new orders.
    pub over: AtomicBool,
    numbers: AtomicU32,
    answered: AtomicU64,
    told: Mutex<HashMap<u32, (Ttn, Told)>>,
    refused: Mutex<Vec<String>>,
    registered_at: Mutex<Vec<Moment>>,
}

impl Shift {
    /// A shift that has not begun.
    pub fn new(address: String) -> Arc<Self> {
        Arc::new(Self {
            address,
            permits: Semaphore::new(0),
            over: AtomicBool::new(false),
            numbers: AtomicU32::new(0),
            answered: AtomicU64::new(0),
            told: Mutex::default(),
            refused: Mutex::default(),
            registered_at: Mutex::default(),
        })
    }

    /// Commands that were answered.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    /// What clerks were told, by the number of the order's description.
    pub fn told(&self) -> HashMap<u32, (Ttn, Told)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Commands that were refused although they had to be done.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When registrations were answered.
    pub fn registered_at(&self) -> Vec<Moment> {
        self.registered_at.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, number: u32, ttn: Ttn, told: Told) {
        if told == Told::Registered {
            self.registered_at.lock().unwrap_or_else(PoisonError::into_inner).push(Moment::now());
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (ttn, told));
    }

    fn refuse(&self, number: u32, problem: &Problem) {
        let line = format!("order {number}: {problem:?}");
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// A clerk.
pub struct Clerk {
    shift: Arc<Shift>,
    station: String,
    desk: Option<Desk>,
    token: Option<SessionToken>,
}

impl Clerk {
    /// A clerk at a station of its own.
    pub const fn new(shift: Arc<Shift>, station: String) -> Self {
        Self { shift, station, desk: None, token: None }
    }

    /// Works until the shift is over; an order that was begun is brought to its end.
    pub async fn work(mut self) {
        while !self.shift.over.load(Ordering::SeqCst) {
            let number = self.shift.numbers.fetch_add(1, Ordering::SeqCst) + 1;
            if let Err(problem) = self.one_order(number).await {
                self.shift.refuse(number, &problem);
            }
        }
    }

    /// The same, but only registers: nothing that needs Redis.
    pub async fn register_only(mut self) {
        while !self.shift.over.load(Ordering::SeqCst) {
            let number = self.shift.numbers.fetch_add(1, Ordering::SeqCst) + 1;
            if let Err(problem) = self.registered(number).await {
                self.shift.refuse(number, &problem);
            }
        }
    }

    async fn registered(&mut self, number: u32) -> Result<Ttn, Problem> {
        let ttn = self.register(CreateOrder { command_id: id(number, 0), order: draft(number) }).await?;
        self.shift.tell(number, ttn, Told::Registered);
        Ok(ttn)
    }

    async fn one_order(&mut self, number: u32) -> Result<(), Problem> {
        let id = |step| id(number, step);
        let order = draft(number);
        let (city, street) = (order.recipient.city, order.recipient.street);
        let ttn = self.registered(number).await?;
        let items = vec![PlaceItem { command_id: id(1), ttn }];
        self.command(id(1), &Call::SetPlaces(SetPlaces { items, city, street, note: None })).await?;
        self.shift.tell(number, ttn, Told::Arrived);
        self.command(id(2), &Call::CompleteOrder(CompleteOrder { command_id: id(2), ttn })).await?;
        self.shift.tell(number, ttn, Told::Completed);
        Ok(())
    }

    async fn permit(&self) {
        if let Ok(permit) = self.shift.permits.acquire().await {
            permit.forget();
        }
    }

    async fn register(&mut self, create: CreateOrder) -> Result<Ttn, Problem> {
        self.permit().await;
        loop {
            let call = Call::CreateOrder(create.clone());
            match self.ask(call).await {
                Ok(answer) => {
                    let created: Result<OrderCreated, _> = serde_json::from_str(&answer);
                    return created.map(|created| created.order.ttn).map_err(|error| offline(&error.to_string()));
                }
                Err(problem) if may_pass(&problem) => sleep(PAUSE).await,
                Err(problem) => return Err(problem),
            }
        }
    }

    /// A command that is accepted and comes to its outcome later.
    async fn command(&mut self, id: CommandId, call: &Call) -> Result<(), Problem> {
        self.permit().await;
        loop {
            let outcome = match self.ask(call.clone()).await {
                Ok(_) => self.outcome(id).await,
                Err(problem) => Err(problem),
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(problem) if may_pass(&problem) => sleep(PAUSE).await,
                Err(problem) => return Err(problem),
            }
        }
    }

    async fn ask(&mut self, call: Call) -> Result<String, Problem> {
        let asked = within_patience(async {
            let desk = self.sit_down().await?;
            desk.ask(call).await.map(|answer| answer.get().to_owned())
        })
        .await;
        self.leave_if_broken(&asked);
        asked
    }

    async fn outcome(&mut self, id: CommandId) -> Result<(), Problem> {
        let heard = within_patience(async {
            let desk = self.sit_down().await?;
            loop {
                match desk.notice().await? {
                    ServerNotice::Outcome(outcome) if outcome.command_id == id => {
                        return outcome.problem.map_or(Ok(()), Err);
                    }
                    _ => {}
                }
            }
        })
        .await;
        self.leave_if_broken(&heard);
        heard
    }

    fn leave_if_broken<T>(&mut self, heard: &Result<T, Problem>) {
        if let Err(problem) = heard
            && matches!(problem.code, ProblemCode::Offline | ProblemCode::Unauthenticated)
        {
            self.desk = None;
        }
    }

    async fn sit_down(&mut self) -> Result<&mut Desk, Problem> {
        if self.desk.is_none() {
            let resumed = match &self.token {
                Some(token) => Some(Desk::resumed(&self.shift.address, token).await),
                None => None,
            };
            let desk = match resumed {
                // The session had not been stored yet when the server was killed.
                Some(Err(problem)) if problem.code == ProblemCode::Unauthenticated => self.sign_in().await,
                Some(resumed) => resumed,
                None => self.sign_in().await,
            }?;
            self.token.clone_from(&desk.token);
            self.desk = Some(desk);
        }
        self.desk.as_mut().ok_or_else(|| offline("no desk"))
    }

    async fn sign_in(&self) -> Result<Desk, Problem> {
        Desk::try_signed_in(&self.shift.address, "clerk12", &self.station).await
    }
}

fn id(number: u32, step: u128) -> CommandId {
    command_id(u128::from(number) * 4 + step)
}

/// Whether the same command, sent again, may be done: what stood in its way passes.
const fn may_pass(problem: &Problem) -> bool {
    matches!(
        problem.code,
        ProblemCode::Offline
            | ProblemCode::Unauthenticated
            | ProblemCode::RateLimited
            | ProblemCode::ServerBusy
            | ProblemCode::LocksUnavailable
            | ProblemCode::OrderLocked
            | ProblemCode::LockLost
    )
}

async fn within_patience<T>(asking: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    match timeout(PATIENCE, asking).await {
        Ok(heard) => heard,
        Err(_) => Err(offline("nothing was heard in time")),
    }
}

fn offline(why: &str) -> Problem {
    Problem::new(ProblemCode::Offline, why)
}
