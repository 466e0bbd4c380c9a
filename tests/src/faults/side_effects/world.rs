//! Where a scenario is played: server, SQLite or PostgreSQL, Redis and SMS sender as real processes, the network behind them, and clerks at work.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use postoffice_runtime::testing::{TestDatabase, TestPostgres};
use postoffice_sms_sender::call_book;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep, timeout},
};

use super::{
    clerk::{Clerk, Shift},
    evidence::{self, Evidence},
    halfway::Halfway,
    network::{Manners, Network},
    steps::{Step, Who},
};
use crate::{
    faults::{
        database::{Database, Engine},
        dice::Dice,
        locks::redis::HarmedRedis,
    },
    office::Office,
    wait::until,
};

const CLERKS: usize = 4;
/// Commands that clerks may begin while one kill is waited for, and how long until they may begin more.
const COMMANDS: usize = 6;
const MORE_AFTER: Duration = Duration::from_millis(80);
/// Messages that wait for the sender, about, while clerks go on.
const WAITING_AT_MOST: u64 = 60;
/// A process that does not come to its step in this time is killed there where it is, and not counted.
const DIES_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(3);
/// Longest wait for what was forgotten to be found and sent.
const CATCHES_UP_WITHIN: Duration = Duration::from_secs(10);
/// Clerks bring their orders to an end within this.
const SHIFT_ENDS_WITHIN: Duration = Duration::from_secs(90);

/// What a world is to be like.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The database.
    pub engine: Engine,
    /// Of the gateway.
    pub manners: Manners,
    /// Whether the clerks' cable can be cut in the middle of a frame.
    pub cable: bool,
    /// Calls of the gateway at the same time. With one, only one message can be in doubt after a kill.
    pub calls: u32,
    /// A bug in its processes.
    pub planted: Option<&'static str>,
    /// Whether senders are started beside each other by the scenario ([`super::senders`]).
    pub senders_apart: bool,
    /// After how many milliseconds an event that nobody answers is looked for.
    pub silent_after_ms: Option<u64>,
}

impl Plan {
    /// A gateway that behaves, and one sender.
    pub const USUAL: Self = Self {
        engine: Engine::Sqlite,
        manners: Manners::Good,
        cable: false,
        calls: super::CALLS,
        planted: None,
        senders_apart: false,
        silent_after_ms: None,
    };
}

/// What is played on.
pub struct World {
    /// Server and sender.
    pub office: Office,
    /// What the server writes to.
    pub database: Database,
    /// Their Redis.
    pub redis: HarmedRedis,
    /// The gateway and the phones.
    pub network: Network,
    /// The clerks.
    pub shift: Arc<Shift>,
    /// Between the clerks and the server, where that matters.
    cable: Option<Halfway>,
    clerks: JoinSet<()>,
    planted: Option<&'static str>,
    /// Messages whose call was under way when a sender was killed.
    pub unanswered: HashSet<String>,
}

impl World {
    /// Builds one and lets clerks begin.
    ///
    /// # Panics
    /// It cannot be built.
    pub async fn build(plan: Plan, dice: &Dice) -> Self {
        let Plan { engine, manners, cable, calls, planted, senders_apart, silent_after_ms } = plan;
        let redis = HarmedRedis::start().await;
        let url = redis.url();
        let mut settings = vec![("POSTOFFICE_REDIS__URL", url.as_str()), ("POSTOFFICE_LOG__FILTER", "error")];
        settings.extend(planted.map(|bug| ("POSTOFFICE_PLANTED", bug)));
        let calls = calls.to_string();
        // A gateway that answers is never late, however busy this machine is; one that does not answer is not waited for long.
        let answer_within = if manners == Manners::Good { "10000" } else { "400" };
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(database_of_its_own().await),
        };
        let mut office = Office::start_empty(postgres.as_ref(), &settings).await;
        let database =
            postgres.map_or_else(|| Database::File(office.database()), |it| Database::Server(it.superuser_url));
        for (name, value) in [
            ("POSTOFFICE_JOURNAL__PROOF_WITHIN_MS", "1500"),
            ("POSTOFFICE_PACE__PER_SECOND", "100000"),
            ("POSTOFFICE_PACE__CONCURRENCY", &calls),
            ("POSTOFFICE_RETRY__FIRST_MS", "20"),
            ("POSTOFFICE_RETRY__LONGEST_MS", "200"),
            ("POSTOFFICE_RETRY__PAUSE_MS", "100"),
            ("POSTOFFICE_GATEWAY__KANNEL__ANSWER_TIMEOUT_MS", answer_within),
        ] {
            office.set_for_sender(name, value);
        }
        if let Some(ms) = silent_after_ms {
            office.set_for_server("POSTOFFICE_RELAY__SILENT_AFTER_MS", &ms.to_string());
            office.server().kill();
            office.start_server().await;
        }
        let network = Network::start(manners, dice.fork(1)).await;
        if !senders_apart {
            office.start_sender_with(&network.url());
        }
        let cable = if cable { Some(Halfway::to(office.address()).await) } else { None };
        let address = cable.as_ref().map_or_else(|| office.address(), Halfway::address);
        let shift = Shift::new(address);
        let mut clerks = JoinSet::new();
        for station in 1..=CLERKS {
            clerks.spawn(Clerk::new(Arc::clone(&shift), format!("s{station}")).work());
        }
        Self { office, database, redis, network, shift, cable, clerks, planted, unanswered: HashSet::new() }
    }

    /// Starts the sender, with the fail point if there is one. The one before is dead.
    ///
    /// # Panics
    /// What the dead one left cannot be read.
    pub fn start_sender(&mut self, fail_point: Option<&str>) {
        // The new one takes the book over.
        let left = call_book::unanswered(&self.office.call_books()).expect("the books of calls can be read");
        self.unanswered.extend(left.iter().map(ToString::to_string));
        if let Some(point) = fail_point {
            self.office.set("POSTOFFICE_FAIL_POINT", point);
        }
        self.office.start_sender_with(&self.network.url());
        self.office.unset("POSTOFFICE_FAIL_POINT");
    }

    /// Starts the server, with the fail point if there is one. It may be about to die, so it is not waited for.
    pub fn start_server(&mut self, fail_point: Option<&str>) {
        if let Some(point) = fail_point {
            self.office.set("POSTOFFICE_FAIL_POINT", point);
        }
        self.office.spawn_server();
        self.office.unset("POSTOFFICE_FAIL_POINT");
    }

    /// Kills the one whose step it is so many times at its step, each time at another pass of it. How often it died there.
    ///
    /// # Panics
    /// A process does not start.
    pub async fn kill_at(&mut self, step: &Step, kills: u64, dice: &mut Dice) -> u64 {
        let (mut died, mut missed) = (0, 0);
        match step.who {
            Who::Server => self.office.server().kill(),
            Who::Sender => self.office.sender().kill(),
            Who::ServerHalfway => {}
        }
        while died < kills && missed < 5 {
            let point = format!("{}:{}", step.point, dice.between(1, step.passes + 1));
            let is_dead = match step.who {
                Who::Server => {
                    self.start_server(Some(&point));
                    self.dies(false, died).await
                }
                Who::Sender => {
                    self.start_sender(Some(&point));
                    self.dies(true, died).await
                }
                Who::ServerHalfway => self.dies_halfway(dice.between(1, step.passes + 1)).await,
            };
            if is_dead { died += 1 } else { missed += 1 }
        }
        if let Some(cable) = &self.cable {
            cable.mend();
        }
        match step.who {
            Who::Server => self.start_server(None),
            Who::Sender => self.start_sender(None),
            Who::ServerHalfway => {}
        }
        died
    }

    /// Gives the clerks something to do until the process has aborted itself.
    async fn dies(&mut self, sender: bool, died: u64) -> bool {
        let end = Instant::now() + DIES_WITHIN;
        let mut more = Instant::now();
        loop {
            let process = if sender { self.office.sender() } else { self.office.server() };
            if process.has_ended() {
                return process.has_aborted();
            }
            if Instant::now() >= end {
                process.kill();
                return false;
            }
            if Instant::now() >= more {
                // A sender that dies all the time sends little: clerks wait for it, or it could not catch up afterwards.
                if !self.senders_are_behind(died) {
                    self.shift.permits.add_permits(COMMANDS);
                }
                more = Instant::now() + MORE_AFTER;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn dies_halfway(&mut self, writes: u64) -> bool {
        let Some(cable) = &self.cable else { return false };
        let half = async {
            let more = async {
                loop {
                    self.shift.permits.add_permits(COMMANDS);
                    sleep(MORE_AFTER).await;
                }
            };
            tokio::select! {
                () = cable.cuts_after(writes) => {}
                () = more => {}
            }
        };
        let is_cut = timeout(DIES_WITHIN, half).await.is_ok();
        self.office.server().kill();
        self.start_server(None);
        is_cut
    }

    /// Lets the clerks work on for a while.
    pub async fn work(&self, how_long: Duration) {
        let end = Instant::now() + how_long;
        while Instant::now() < end {
            self.shift.permits.add_permits(COMMANDS);
            sleep(MORE_AFTER / 2).await;
        }
    }

    /// Lets the clerks work until one of them is answered again, however long what was killed needs to start.
    ///
    /// # Panics
    /// None is.
    pub async fn work_until_answered(&self) {
        let before = self.shift.answered();
        let is_answered = || async {
            if self.shift.permits.available_permits() == 0 {
                self.shift.permits.add_permits(COMMANDS);
            }
            (self.shift.answered() > before).then_some(())
        };
        until("a clerk to be answered", is_answered).await;
    }

    /// As [`World::work`], but clerks wait for senders that are far behind: those have a lasting load and never drown.
    pub async fn work_with_senders(&self, how_long: Duration) {
        let end = Instant::now() + how_long;
        while Instant::now() < end {
            if !self.senders_are_behind(0) {
                self.shift.permits.add_permits(COMMANDS);
            }
            sleep(MORE_AFTER / 2).await;
        }
    }

    fn senders_are_behind(&self, died: u64) -> bool {
        let sent = u64::try_from(self.network.count()).unwrap_or(u64::MAX);
        self.shift.answered() >= sent + died + WAITING_AT_MOST
    }

    /// Waits, while clerks rest, until everything so far has its outcome; not for ever.
    pub async fn catch_up(&self) {
        let end = Instant::now() + CATCHES_UP_WITHIN;
        while evidence::open_events(&self.database).await > 0 && Instant::now() < end {
            sleep(LOOK_EVERY * 20).await;
        }
    }

    /// Ends the shift, waits until all is quiet (or nothing moved for `patience`) and gathers what is left.
    ///
    /// # Panics
    /// A clerk cannot bring its orders to an end, or the evidence cannot be read.
    pub async fn settle(&mut self, patience: Duration) -> Evidence {
        self.shift.over.store(true, Ordering::SeqCst);
        self.shift.permits.add_permits(1_000_000);
        let ended = timeout(SHIFT_ENDS_WITHIN, async { while self.clerks.join_next().await.is_some() {} }).await;
        assert!(
            ended.is_ok() || self.planted.is_some(),
            "a clerk does not end its shift: {}",
            self.office.log("server")
        );
        let (mut quiet, mut open, mut end) = (0, i64::MAX, Instant::now() + patience);
        while quiet < 3 && Instant::now() < end {
            sleep(Duration::from_millis(150)).await;
            let still_open = evidence::open_events(&self.database).await;
            if still_open != open {
                (open, end) = (still_open, Instant::now() + patience);
            }
            quiet = if open == 0 && self.network.is_quiet() { quiet + 1 } else { 0 };
        }
        evidence::gather(self).await
    }
}

/// On a thread of its own: making one takes a while, the first one a cluster.
async fn database_of_its_own() -> TestDatabase {
    spawn_blocking(|| TestPostgres::shared().database()).await.expect("PostgreSQL starts")
}
