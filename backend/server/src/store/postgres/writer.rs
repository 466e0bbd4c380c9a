//! The one task of a server that writes, group by group ([`crate::store::group`]), beside those of other servers.
//!
//! A group begins with one round trip: `BEGIN`, a line that says which group of this server it is (table `writers`), and the word that wakes the
//! relays of the others at COMMIT. What can go wrong then, and what follows:
//!
//! - **Another server wrote the same** (deadlock, serialisation, the same command sent to both): the whole transaction is written again, after a
//!   short pause that differs from server to server.
//! - **The connection broke before COMMIT**: nothing was written. Once more on a new connection; if there is none, the callers are told.
//! - **The connection broke during COMMIT**: nobody knows. On a new connection the group begins again. Its first line waits for the old
//!   transaction to end, if it still runs, and changes nothing if that one committed: then the answers of the first attempt are true. If it did
//!   not, the group is written again. When no connection comes in time the callers are told that it may have been done, and the same command sent
//!   again finds the stored answer.

use std::{sync::Arc, time::Duration};

use postoffice_domain::{
    clock::Clock,
    entropy::{Entropy, uuid_v7},
};
use postoffice_runtime::{fail_point, planted};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, timeout},
};

use super::{CHANNEL, address::PostgresAddress, listen::listen, open::connect, upkeep};
use crate::store::{
    connection::Connection,
    due::Due,
    error::StoreError,
    group::{Group, Job, Means},
    planted::ask_as_new,
    wording::SmsRules,
};

/// How often a group is written again because of other servers.
const CONTENDED_AT_MOST: u32 = 10;
/// How often because the connection broke before COMMIT.
const LOST_AT_MOST: u32 = 2;
/// How long the outcome of a COMMIT is looked for.
const DOUBT_AT_MOST: Duration = Duration::from_secs(8);
/// How long writing a group, and then its COMMIT, may take. More than PostgreSQL gives a statement: after this the network counts as gone.
const WRITE_AT_MOST: Duration = Duration::from_secs(15);
/// How long saying good-bye to PostgreSQL may take.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// The pause before the second attempt; it doubles, and as much again is added by chance.
const PAUSE_MS: u64 = 4;
const PAUSE_MS_AT_MOST: u64 = 200;

/// The writer of one server on PostgreSQL.
pub(in crate::store) struct PostgresWriter {
    readers: PgPool,
    jobs: mpsc::Receiver<Job>,
    outbox_wake: Arc<Notify>,
    groups: Groups,
    group_max: usize,
}

struct Groups {
    options: PgConnectOptions,
    /// The name of this server among the writers.
    me: String,
    connection: Option<PgConnection>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sms: Arc<SmsRules>,
}

/// Why an attempt came to nothing.
struct Failed {
    error: StoreError,
    /// COMMIT was sent, and what became of it is not known.
    in_doubt: bool,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self { error, in_doubt: false }
    }
}

impl PostgresWriter {
    /// A writer under a name of its own.
    pub(in crate::store) fn new(
        address: &PostgresAddress,
        readers: PgPool,
        (jobs, group_max): (mpsc::Receiver<Job>, usize),
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
        (outbox_wake, sms): (Arc<Notify>, Arc<SmsRules>),
    ) -> Self {
        let me = uuid_v7(clock.as_ref(), entropy.as_ref()).to_string();
        let groups = Groups { options: address.options().clone(), me, connection: None, clock, entropy, sms };
        Self { readers, jobs, outbox_wake, groups, group_max }
    }

    /// Writes until every store is gone and everything queued is written.
    pub(in crate::store) async fn run(self) {
        let Self { readers, mut jobs, outbox_wake, mut groups, group_max } = self;
        let (me, options) = (groups.me.clone(), groups.options.clone());
        let upkeep = Due::after(upkeep::COMMANDS);
        tokio::select! {
            () = groups.write(&mut jobs, group_max, (&outbox_wake, &upkeep)) => {}
            never = listen(&options, &me, &outbox_wake) => match never {},
            never = upkeep::keep_up(&upkeep, &options) => match never {},
        }
        let left = timeout(LEAVE_WITHIN, async {
            groups.leave().await;
            readers.close().await;
        });
        if left.await.is_err() {
            tracing::debug!("PostgreSQL does not answer our good-bye");
        }
    }
}

impl Groups {
    async fn write(
        &mut self,
        waiting: &mut mpsc::Receiver<Job>,
        group_max: usize,
        (outbox_wake, upkeep): (&Notify, &Due),
    ) {
        let mut jobs = Vec::with_capacity(group_max);
        // Takes what is there and does not wait for more, as on SQLite.
        while waiting.recv_many(&mut jobs, group_max).await > 0 {
            metrics::histogram!("postoffice_store_group_size").record(u32::try_from(jobs.len()).map_or(0.0, f64::from));
            let mut group = Group::of(&mut jobs);
            let ended = self.commit(&mut group).await;
            if let Err(error) = &ended {
                tracing::error!(%error, "a group of writes failed; its callers were told");
            }
            let (wakes_relay, commands) = (group.wakes_relay, group.works.len());
            let stands = ended.is_ok();
            group.finish(&ended);
            if stands {
                upkeep.count(commands);
                if wakes_relay {
                    outbox_wake.notify_one();
                }
            }
        }
    }

    /// Writes a group until it stands or cannot be.
    async fn commit(&mut self, group: &mut Group) -> Result<(), StoreError> {
        let mut id = self.new_id();
        let (mut contended, mut lost) = (0, 0);
        let mut doubt_since: Option<Instant> = None;
        loop {
            let Err(failed) = self.attempt(group, &id, doubt_since.is_some()).await else { return Ok(()) };
            if failed.in_doubt && planted!("store.lost_commit_is_done") {
                return Ok(());
            }
            if failed.in_doubt && planted!("store.lost_commit_is_new_work") {
                id = self.new_id();
                ask_as_new(group, self.entropy.as_ref());
            }
            if failed.in_doubt && doubt_since.is_none() {
                doubt_since = Some(Instant::now());
                tracing::warn!(error = %failed.error, "the connection broke during COMMIT; finding out what became of it");
            }
            let again = match (&failed.error, doubt_since) {
                (StoreError::Contended(_), _) => {
                    contended += 1;
                    metrics::counter!("postoffice_store_contended_total").increment(1);
                    contended < CONTENDED_AT_MOST
                }
                (StoreError::Lost(_) | StoreError::Unavailable(_), Some(since)) => since.elapsed() < DOUBT_AT_MOST,
                (StoreError::Lost(_), None) => {
                    lost += 1;
                    lost < LOST_AT_MOST
                }
                _ => false,
            };
            if !again {
                return Err(match doubt_since {
                    Some(_) => StoreError::Unavailable(format!(
                        "the connection broke during COMMIT, and whether it was written is found out when the command is sent again: {}",
                        failed.error
                    )),
                    None => failed.error,
                });
            }
            sleep(self.pause(contended.max(lost))).await;
        }
    }

    /// One attempt. In doubt it first finds out whether the attempt before was committed.
    async fn attempt(&mut self, group: &mut Group, id: &str, in_doubt: bool) -> Result<(), Failed> {
        // Taken out: it comes back only when it can be used again.
        let mut held = match self.connection.take() {
            Some(held) => held,
            None => connect(&self.options).await.map_err(|error| match StoreError::from(error) {
                // Nobody there is no reason to try at once again.
                StoreError::Lost(text) => StoreError::Unavailable(text),
                other => other,
            })?,
        };
        let written = timeout(WRITE_AT_MOST, self.write_group(&mut held, group, id, in_doubt)).await;
        match written.unwrap_or_else(|_| Err(StoreError::Lost("no answer in time".to_owned()))) {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!("it was committed");
                self.give_up(held).await;
                return Ok(());
            }
            Err(error @ StoreError::Lost(_)) => return Err(error.into()),
            Err(error) => {
                self.give_up(held).await;
                return Err(error.into());
            }
        }
        fail_point!("store.before_commit");
        let committed = timeout(WRITE_AT_MOST, Connection::Postgres(&mut held).control("COMMIT")).await;
        match committed.unwrap_or_else(|_| Err(StoreError::Lost("no answer in time".to_owned()))) {
            Ok(()) => {
                self.connection = Some(held);
                fail_point!("store.after_commit");
                Ok(())
            }
            // PostgreSQL said no: nothing was written.
            Err(error @ StoreError::Contended(_)) => {
                self.connection = Some(held);
                Err(error.into())
            }
            Err(error) => Err(Failed { error: StoreError::Lost(error.to_string()), in_doubt: true }),
        }
    }

    /// Begins and writes. False: this very group stands already.
    async fn write_group(
        &self,
        held: &mut PgConnection,
        group: &mut Group,
        id: &str,
        in_doubt: bool,
    ) -> Result<bool, StoreError> {
        let begun = sqlx::raw_sql(AssertSqlSafe(self.beginning(id, group.wakes_relay))).execute(&mut *held).await?;
        if begun.rows_affected() == 0 && in_doubt {
            return Ok(false);
        }
        fail_point!("store.begun");
        let means = Means { sms: &self.sms, entropy: self.entropy.as_ref() };
        group.write(&mut Connection::Postgres(held), means).await?;
        Ok(true)
    }

    /// The first words of a transaction, in one round trip. Everything in it is made by us: ids and a time.
    fn beginning(&self, id: &str, wakes_relays: bool) -> String {
        let (me, at) = (&self.me, self.clock.now().millis());
        let tell = if wakes_relays { format!("NOTIFY {CHANNEL}, '{me}'; ") } else { String::new() };
        format!(
            "BEGIN; INSERT INTO writers (id, last_group, at) VALUES ('{me}', '{id}', {at}) ON CONFLICT (id)
             DO UPDATE SET last_group = excluded.last_group, at = excluded.at WHERE writers.last_group <> excluded.last_group;
             {tell}SAVEPOINT begun"
        )
    }

    /// Ends a transaction without effect, and keeps the connection if it can be used again. One that cannot say so is closed, which undoes too.
    async fn give_up(&mut self, mut held: PgConnection) {
        let undone = timeout(WRITE_AT_MOST, Connection::Postgres(&mut held).control("ROLLBACK")).await;
        if undone.is_ok_and(|undone| undone.is_ok()) {
            self.connection = Some(held);
        }
    }

    fn new_id(&self) -> String {
        uuid_v7(self.clock.as_ref(), self.entropy.as_ref()).to_string()
    }

    fn pause(&self, attempt: u32) -> Duration {
        let base = PAUSE_MS.saturating_mul(1 << attempt.min(10)).min(PAUSE_MS_AT_MOST);
        let mut chance = [0];
        self.entropy.fill(&mut chance);
        Duration::from_millis(base + base * u64::from(chance[0]) / 256)
    }

    /// Takes this server off the list of writers.
    async fn leave(&mut self) {
        let Some(mut held) = self.connection.take() else { return };
        let left = sqlx::query("DELETE FROM writers WHERE id = $1").bind(&self.me).execute(&mut held).await;
        let closed = held.close().await;
        if let Err(error) = left.map(drop).and(closed) {
            tracing::debug!(%error, "the connection to PostgreSQL did not close cleanly");
        }
    }
}
