//! One operation: a worker takes the lock of its own order and releases it, nobody else wants it.
//!
//! Ours does what a server does: the script looks at the line, writes who edits, and publishes both changes; a subscriber hears, reads and
//! remembers every one of them. The limit and `rslock` tell nobody anything.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::locks::LockHolder;
use postoffice_runtime::{
    lease::{Lease, Standing},
    testing::TestRedis,
};
use postoffice_server::{
    config::LockSettings,
    locks::{Acquired, Locks, Published, Subscription},
};
use rslock::LockManager;
use tokio::{sync::watch, task::JoinSet};

use super::{
    LEASE_MS, holder,
    raw::{RawLocks, client},
    ttn,
};
use crate::{
    figure::{Figure, Target, number},
    latency::Latency,
    loops::per_second,
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);
const WORKERS: usize = 50;

/// A worker with a lock of its own.
trait Worker: Send + 'static {
    /// Takes it and releases it.
    fn cycle(&mut self) -> impl Future<Output = ()> + Send;
}

struct Ours {
    locks: Locks,
    ttn: Ttn,
    holder: LockHolder,
}

impl Worker for Ours {
    async fn cycle(&mut self) {
        let taken = self.locks.acquire(&self.ttn, &self.holder).await.expect("Redis answers");
        assert!(matches!(taken, Acquired::Ours { fresh: true, .. }), "{taken:?}");
        assert!(self.locks.release(&self.ttn, self.holder.session).await.expect("Redis answers"), "it is ours");
    }
}

/// The lean lease, for internal use: no line, no news.
struct Lean(Lease);

impl Worker for Lean {
    async fn cycle(&mut self) {
        assert_eq!(self.0.acquire().await, Ok(Standing::Ours));
        assert_eq!(self.0.release().await, Ok(true));
    }
}

struct Raw {
    locks: RawLocks,
    key: String,
    owner: String,
}

impl Worker for Raw {
    async fn cycle(&mut self) {
        self.locks.take(&self.key, &self.owner).await;
        self.locks.give_back(&self.key, &self.owner).await;
    }
}

struct Peer {
    manager: LockManager,
    key: String,
}

impl Worker for Peer {
    async fn cycle(&mut self) {
        let lock = self.manager.lock(self.key.as_str(), Duration::from_millis(LEASE_MS)).await.expect("it is free");
        lock.release().await;
    }
}

/// What the rounds of one contender gave.
struct Rounds {
    rates: Vec<f64>,
    times: Latency,
}

impl Rounds {
    const fn none(times: Latency) -> Self {
        Self { rates: Vec::new(), times }
    }

    /// One round; how many cycles there were.
    async fn add(&mut self, workers: Vec<impl Worker>) -> u64 {
        let began = Instant::now();
        let end = began + ROUND;
        let mut working = JoinSet::new();
        for mut worker in workers {
            working.spawn(async move {
                let mut times = Latency::none();
                while Instant::now() < end {
                    let began = Instant::now();
                    worker.cycle().await;
                    times.add(began.elapsed());
                }
                times
            });
        }
        let mut all = Latency::none();
        working.join_all().await.iter().for_each(|times| all.join(times));
        self.rates.push(per_second(usize::try_from(all.count()).unwrap_or(0), began));
        self.times.join(&all);
        all.count()
    }

    fn last(&self) -> String {
        self.rates.last().map_or_else(String::new, |rate| number(*rate))
    }
}

/// Measures with one worker and with fifty.
pub async fn measure() -> Vec<Figure> {
    let mut figures = with(1, [Target::None, Target::None]).await;
    figures.extend(with(WORKERS, [Target::RatioAtLeast(0.5), Target::RatioAtLeast(0.9)]).await);
    figures
}

/// The targets are those of the lock with news and of the lean lease.
async fn with(workers: usize, [full_target, lean_target]: [Target; 2]) -> Vec<Figure> {
    let redis = TestRedis::start().await;
    let link = redis.connection();
    let locks = Locks::new(link.clone(), &LockSettings { lease_ms: LEASE_MS, ..LockSettings::default() });
    let subscription = Subscription::open(&redis.link()).await.expect("Redis answers");
    let (heard, mut hearing) = watch::channel(0);
    let listening = tokio::spawn(listen(subscription, locks.clone(), heard));
    let bare = RawLocks::open(&client(&redis)).await;
    let manager = LockManager::from_clients(vec![client(&redis)]);
    let [mut ours, mut lean, mut raw, mut peer] = [(); 4].map(|()| Rounds::none(Latency::none()));
    let mut told = 0;
    for round in 1..=ROUNDS {
        let of_ours = |number| Ours { locks: locks.clone(), ttn: ttn(number), holder: holder(number) };
        told += 2 * ours.add((0..workers).map(of_ours).collect()).await;
        // What is still to be heard would be heard on the others' time.
        hearing.wait_for(|heard| *heard >= told).await.expect("the subscription stands");
        let of_lean = |number| {
            let (key, token) = (format!("lease:{number}"), format!("{number:036}"));
            Lean(Lease::new(link.clone(), key, token, Duration::from_millis(LEASE_MS)))
        };
        lean.add((0..workers).map(of_lean).collect()).await;
        let of_raw =
            |number| Raw { locks: bare.clone(), key: format!("raw:{}", ttn(number)), owner: format!("{number:036}") };
        raw.add((0..workers).map(of_raw).collect()).await;
        let of_peer = |number| Peer { manager: manager.clone(), key: format!("rslock:{}", ttn(number)) };
        peer.add((0..workers).map(of_peer).collect()).await;
        println!(
            "  {workers} at once, round {round}: with news {}, lean {}, raw {}, rslock {}",
            ours.last(),
            lean.last(),
            raw.last(),
            peer.last()
        );
    }
    listening.abort();
    let plural = if workers == 1 { "worker" } else { "workers" };
    let rate = Figure::of_rounds(&format!("lock cycle with news, {workers} {plural}"), "cycles/s", ours.rates)
        .beside("raw scripts", &raw.rates)
        .against("rslock", &peer.rates)
        .holding(full_target);
    let slowest = Figure::of(&format!("  p99 of it, {workers} {plural}"), "ms", ours.times.millis(0.99))
        .beside("raw scripts", &[raw.times.millis(0.99)])
        .against("rslock", &[peer.times.millis(0.99)]);
    let lean = Figure::of_rounds(&format!("lean lease cycle, {workers} {plural}"), "cycles/s", lean.rates)
        .beside("raw scripts", &raw.rates)
        .against("rslock", &peer.rates)
        .holding(lean_target);
    vec![rate, slowest, lean]
}

/// A server's ear: reads every change and remembers it.
async fn listen(mut subscription: Subscription, locks: Locks, heard: watch::Sender<u64>) {
    while let Ok(published) = subscription.next().await {
        if let Published::News(news) = published {
            locks.memory().hear(&news, tokio::time::Instant::now());
            heard.send_modify(|heard| *heard += 1);
        }
    }
}
