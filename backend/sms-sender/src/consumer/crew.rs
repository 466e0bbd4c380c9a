//! What all tasks of a sender share, and how they wait.

use std::{future::Future, sync::Arc, time::Duration};

use postoffice_runtime::{lifecycle::Lifecycle, planted, redis_link::RedisConnection};
use redis::RedisResult;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{channel::Channel, elsewhere::Looks, hands::Hands, held::Held, lanes::Lanes, pace::Pace, slot::Slot};
use crate::{
    call_book::CallBook,
    config::Config,
    config_check::Policies,
    gateway::Gateway,
    health::Pulse,
    held_up::Refusals,
    journal::{Journal, JournalWriter},
    policy::{backoff::Backoff, quiet::QuietHours, spend::SpendCap},
    process::this_process,
    system::Sources,
};

/// Settled messages a waiting task may be late to hear of before it looks by itself.
const NEWS_KEPT: usize = 256;

/// A running sender.
pub struct Crew {
    /// Settings.
    pub config: Config,
    /// Time and randomness.
    pub sources: Sources,
    /// For short commands.
    pub redis: RedisConnection,
    /// Under which name we read.
    pub slot: Slot,
    /// Where every message stands.
    pub journal: Journal,
    /// What the gateway was asked and said.
    pub book: CallBook,
    /// Where messages go.
    pub gateway: Arc<dyn Gateway>,
    /// Whether the gateway takes any.
    pub channel: Channel,
    /// When some of them wait.
    pub quiet: Option<QuietHours>,
    /// What a day may cost.
    pub spend_cap: SpendCap,
    /// How fast they go.
    pub pace: Pace,
    /// The reading loop's sign of life.
    pub pulse: Pulse,
    /// What Redis refuses.
    pub refusals: Refusals,
    /// Ids of messages that a delivery report settled.
    pub news: broadcast::Sender<Uuid>,
    /// Take nothing new.
    pub soft: CancellationToken,
    /// Drop everything.
    pub hard: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) lanes: Lanes,
    pub(super) held: Held,
    /// For earlier messages in other hands.
    pub(super) looks: Looks,
    calls: Arc<Semaphore>,
    pub(super) one_suspect: Semaphore,
    pub(super) hands: Hands,
    /// When a gateway is asked again.
    pub(super) retry: Backoff,
    redis_backoff: Backoff,
}

impl Crew {
    /// A sender that has not begun to read.
    pub fn new(
        config: Config,
        sources: Sources,
        redis: RedisConnection,
        slot: Slot,
        gateway: Arc<dyn Gateway>,
        policies: Policies,
        life: &Lifecycle,
    ) -> (Self, JournalWriter) {
        let keep = Duration::from_hours(config.journal.keep_hours);
        let retry = &config.retry;
        let backoff = Backoff::new(Duration::from_millis(retry.first_ms), Duration::from_millis(retry.longest_ms));
        let refusal_pause = Duration::from_millis(retry.pause_ms);
        let (journal, writer) = Journal::new(redis.clone(), keep, slot.key(), slot.token());
        let hands = Hands::new(&sources);
        let book = match &config.journal.calls {
            // Without an intent nobody would look into the book's place; the bug is to have neither.
            Some(_) if planted!("sender.no_intent") => CallBook::none(),
            Some(folder) => CallBook::open(folder, hands.process(), &this_process()),
            None => CallBook::none(),
        };
        let crew = Self {
            quiet: policies.quiet,
            spend_cap: policies.spend_cap,
            retry: backoff,
            journal,
            channel: Channel::new(backoff, refusal_pause, Arc::clone(&sources.entropy)),
            pace: Pace::new(config.pace.per_second, config.pace.burst),
            calls: Arc::new(Semaphore::new(config.pace.concurrency)),
            one_suspect: Semaphore::new(1),
            book,
            hands,
            pulse: Pulse::new(),
            refusals: Refusals::default(),
            news: broadcast::Sender::new(NEWS_KEPT),
            soft: life.soft(),
            hard: life.hard(),
            tasks: life.tasks(),
            lanes: Lanes::default(),
            held: Held::default(),
            looks: Looks::default(),
            redis_backoff: Backoff::new(Duration::from_millis(50), Duration::from_secs(3)),
            config,
            sources,
            redis,
            slot,
            gateway,
        };
        (crew, writer)
    }

    /// Messages in hand.
    pub fn held_count(&self) -> usize {
        self.held.count()
    }

    /// Waits until no message is in hand.
    pub async fn nothing_held(&self) {
        self.held.below(1).await;
    }

    /// Waits, unless the process begins to stop. What need not wait does not queue for news of a stop either.
    pub(super) async fn unless_stopping<T>(&self, waiting: impl Future<Output = T>) -> Option<T> {
        if self.soft.is_cancelled() {
            return None;
        }
        tokio::select! {
            biased;
            done = waiting => Some(done),
            () = self.soft.cancelled() => None,
        }
    }

    /// Waits for a place among the calls that may be made at the same time; `None`: the process stops.
    pub(super) async fn place_among_the_calls(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.unless_stopping(Arc::clone(&self.calls).acquire_owned()).await?.ok()
    }

    /// A place among the calls if one is free.
    pub(super) fn free_place_among_the_calls(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// The wait after the `failures`-th failed command in a row.
    pub(super) fn redis_pause(&self, failures: u32) -> Duration {
        self.redis_backoff.after(failures, &*self.sources.entropy)
    }

    /// Repeats a command that may be repeated until Redis does it; `None`: `until` came first.
    pub(crate) async fn persist<T, F, C>(&self, what: &'static str, until: &CancellationToken, command: C) -> Option<T>
    where
        F: Future<Output = RedisResult<T>>,
        C: Fn() -> F,
    {
        let mut failures = 0;
        let mut held_up = self.refusals.watch();
        loop {
            match command().await {
                Ok(done) => return Some(done),
                Err(error) => {
                    held_up.by(&error);
                    failures += 1;
                    if failures == 1 {
                        tracing::warn!(%error, what, "Redis does not take it; trying again until it does");
                    }
                }
            }
            tokio::select! {
                () = until.cancelled() => return None,
                () = tokio::time::sleep(self.redis_pause(failures)) => {}
            }
        }
    }
}
