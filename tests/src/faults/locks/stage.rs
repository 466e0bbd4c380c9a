//! Where a scenario is played: a real server on a real SQLite and a Redis to be harmed, with short leases, and orders to quarrel over.

use std::{collections::HashMap, time::Duration};

use postoffice_domain::ttn::Ttn;

use super::{
    clerk::{Clerk, Role},
    journal::{Journal, Line},
    judge::Evidence,
    redis::HarmedRedis,
    witness,
};
use crate::{
    desk::{Desk, command_id, draft},
    faults::{dice::Dice, moved_clock::MovedClock},
    office::Office,
};

/// Length of a lease here.
pub const LEASE: Duration = Duration::from_millis(1_200);
/// How often it is renewed.
const RENEW_EVERY: Duration = Duration::from_millis(300);

/// A stage.
pub struct Stage {
    /// Server and database.
    pub office: Office,
    redis: Option<HarmedRedis>,
    /// The server's.
    pub clock: MovedClock,
    /// The orders.
    pub ttns: Vec<Ttn>,
    /// Of the clerks who are tasks.
    pub journal: Journal,
    dice: Dice,
    stations: u64,
}

impl Stage {
    /// Builds one with so many orders and a Redis of its own. `server`: environment for the server alone.
    ///
    /// # Panics
    /// It cannot be built.
    pub async fn build(orders: u32, dice: Dice, server: &[(&str, String)]) -> Self {
        let redis = HarmedRedis::start().await;
        let stage = Self::over(&redis.url(), orders, dice, server).await;
        Self { redis: Some(redis), ..stage }
    }

    /// Builds one on a Redis that somebody else looks after.
    ///
    /// # Panics
    /// It cannot be built.
    pub async fn over(redis: &str, orders: u32, dice: Dice, server: &[(&str, String)]) -> Self {
        let mut environment = settings(redis);
        environment.extend_from_slice(server);
        let clock = MovedClock::right();
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let office = Office::start_with_clock(&environment, &clock).await;
        let ttns = register(&office, orders).await;
        witness::watch(&office.database()).await;
        Self { office, redis: None, clock, ttns, journal: Journal::kept(), dice, stations: 0 }
    }

    /// Its own Redis.
    ///
    /// # Panics
    /// It has none.
    pub const fn redis(&mut self) -> &mut HarmedRedis {
        self.redis.as_mut().expect("the stage has a Redis of its own")
    }

    /// A clerk at a station of its own.
    pub async fn clerk(&mut self) -> Clerk {
        self.employee(Role::Clerk).await
    }

    /// The supervisor, at a station of its own.
    pub async fn supervisor(&mut self) -> Clerk {
        self.employee(Role::Supervisor).await
    }

    async fn employee(&mut self, role: Role) -> Clerk {
        let station = self.station();
        Clerk::sit_down(&self.office.address(), role, station, self.dice.fork(station), self.journal.clone()).await
    }

    /// A number for a station.
    pub const fn station(&mut self) -> u64 {
        self.stations += 1;
        self.stations
    }

    /// What is left when all is quiet; `others`: from the journals of clerk processes.
    ///
    /// # Panics
    /// The database cannot be read.
    pub async fn evidence(&self, others: Vec<Line>) -> Evidence {
        let database = self.office.database();
        let mut places = HashMap::new();
        for ttn in &self.ttns {
            places.insert(*ttn, witness::street(&database, ttn).await);
        }
        let mut lines = self.journal.lines();
        lines.extend(others);
        let lease = u64::try_from(LEASE.as_micros()).unwrap_or(u64::MAX);
        Evidence { lines, seen: witness::seen(&database).await, places, lease }
    }
}

/// Short times, so that a lease ends within a test.
fn settings(redis: &str) -> Vec<(&'static str, String)> {
    let ms = |duration: Duration| duration.as_millis().to_string();
    vec![
        ("POSTOFFICE_REDIS__URL", redis.to_owned()),
        ("POSTOFFICE_LOCKS__LEASE_MS", ms(LEASE)),
        ("POSTOFFICE_LOCKS__RENEW_EVERY_MS", ms(RENEW_EVERY)),
        ("POSTOFFICE_LOCKS__ASK_MS", "600".to_owned()),
        ("POSTOFFICE_LOCKS__OVERRULE_MS", "300".to_owned()),
        ("POSTOFFICE_LOCKS__KEEP_MS", "1000".to_owned()),
        ("POSTOFFICE_LOCKS__RESERVE_MS", "1500".to_owned()),
        ("POSTOFFICE_LIMITS__CONNECTIONS_PER_ADDRESS", "1000".to_owned()),
    ]
}

async fn register(office: &Office, orders: u32) -> Vec<Ttn> {
    let mut desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    let mut ttns = Vec::new();
    for number in 1..=orders {
        let created = desk.register(command_id(u128::from(number)), draft(number)).await;
        ttns.push(created.expect("the order is registered").order.ttn);
    }
    ttns
}
