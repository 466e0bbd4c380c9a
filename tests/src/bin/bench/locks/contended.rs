//! Twenty want the same lock and hold it for 5 ms each.
//!
//! *Hand-over*: from the moment in which the holder sends its release to the moment in which the next one knows that it has the lock. A round is
//! twenty waiters, each of whom gets it once (100 ms of holding). *Fairness*: all of them come back at once for five seconds; Jain's index over how
//! often each got it (1 = equally often), and the longest wait.
//!
//! Ours waits as a desktop does: it stands in line, hears of its grant by the message that a server passes on, and opens it. `rslock` asks again
//! after a random pause, with its default settings.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use postoffice_runtime::testing::TestRedis;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::sharing::{Office, Ours, Peer, Waiter};
use crate::{
    figure::{Figure, Target, median, number},
    latency::Latency,
};

const WAITERS: usize = 20;
const HOLD: Duration = Duration::from_millis(5);
/// Long enough that everyone has asked before the first release.
const SETTLED: Duration = Duration::from_millis(100);
const ROUNDS: usize = 15;
const FREE_ROUNDS: usize = 3;
const FREE_RUN: Duration = Duration::from_secs(5);

/// What was seen of one contender.
struct Seen {
    hand_over: Latency,
    rounds: Vec<f64>,
    jain: Vec<f64>,
    longest_wait: Vec<f64>,
}

impl Seen {
    fn nothing() -> Self {
        Self { hand_over: Latency::none(), rounds: Vec::new(), jain: Vec::new(), longest_wait: Vec::new() }
    }

    /// Everyone waits while one holds; it releases; everyone gets it once.
    async fn round<W: Waiter>(&mut self, mut first: W, waiters: Vec<W>) {
        let released = Released::default();
        first.wait().await;
        let mut waiting = JoinSet::new();
        for mut waiter in waiters {
            let released = released.clone();
            waiting.spawn(async move {
                let knew = waiter.wait().await;
                let took = knew.saturating_duration_since(released.at().expect("somebody released it"));
                sleep(HOLD).await;
                released.now();
                waiter.release().await;
                took
            });
        }
        sleep(SETTLED).await;
        let began = Instant::now();
        released.now();
        first.release().await;
        for took in waiting.join_all().await {
            self.hand_over.add(took);
        }
        self.rounds.push(began.elapsed().as_secs_f64() * 1_000.0);
    }

    /// Everyone takes it again and again.
    async fn free_run<W: Waiter>(&mut self, waiters: Vec<W>) {
        let end = Instant::now() + FREE_RUN;
        let mut running = JoinSet::new();
        for mut waiter in waiters {
            running.spawn(async move {
                let (mut times, mut longest) = (0.0, Duration::ZERO);
                while Instant::now() < end {
                    let asked = Instant::now();
                    waiter.wait().await;
                    longest = longest.max(asked.elapsed());
                    // What comes after the end was waited for, but is not counted as had.
                    if Instant::now() < end {
                        times += 1.0;
                    }
                    sleep(HOLD).await;
                    waiter.release().await;
                }
                (times, longest)
            });
        }
        let (times, longest): (Vec<f64>, Vec<Duration>) = running.join_all().await.into_iter().unzip();
        self.jain.push(jain(&times));
        self.longest_wait.push(longest.into_iter().max().unwrap_or_default().as_secs_f64());
    }
}

/// When the last holder sent its release.
#[derive(Clone, Default)]
struct Released(Arc<Mutex<Option<Instant>>>);

impl Released {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn at(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 1 when all are equal, 1/n when one has everything.
#[expect(clippy::cast_precision_loss, reason = "twenty waiters")]
fn jain(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    sum * sum / (shares.len() as f64 * squares)
}

/// Measures both in turns.
pub async fn measure() -> Vec<Figure> {
    let redis = TestRedis::start().await;
    let office = Office::open(&redis, WAITERS + 1).await;
    let peers = Peer::many(&redis, WAITERS + 1);
    let (mut ours, mut peer) = (Seen::nothing(), Seen::nothing());
    for _ in 0..ROUNDS {
        let mut waiters: Vec<Ours> = office.waiters();
        ours.round(waiters.remove(0), waiters).await;
        let mut waiters = peers.clone();
        peer.round(waiters.remove(0), waiters).await;
    }
    println!(
        "  20 waiters: a round takes {} ms, rslock {} ms",
        number(median(&ours.rounds)),
        number(median(&peer.rounds))
    );
    for round in 1..=FREE_ROUNDS {
        let everyone = office.waiters().into_iter().take(WAITERS).collect();
        ours.free_run(everyone).await;
        peer.free_run(peers[..WAITERS].to_vec()).await;
        let last = |values: &[f64]| values.last().map_or_else(String::new, |value| format!("{value:.3}"));
        println!("  free run {round}: Jain {}, rslock {}", last(&ours.jain), last(&peer.jain));
    }
    let times = ours.hand_over.count();
    let at = |part| {
        Figure::of(
            &format!("hand-over, 20 waiters ({times} times), p{:.0}", part * 100.0),
            "ms",
            ours.hand_over.millis(part),
        )
        .against("rslock", &[peer.hand_over.millis(part)])
    };
    let fair = Figure::of_rounds("fairness of 20 in a free run, Jain", "", ours.jain).against("rslock", &peer.jain);
    let longest =
        Figure::of_rounds("  longest wait in it", "s", ours.longest_wait).against("rslock", &peer.longest_wait);
    vec![
        at(0.5),
        at(0.99).holding(Target::AtMost(2.0)),
        Figure::of_rounds("  a round: 20 times 5 ms", "ms", ours.rounds)
            .beside("the holding itself", &[100.0])
            .against("rslock", &peer.rounds),
        fair.holding(Target::AtLeast(0.99)),
        longest,
    ]
}
