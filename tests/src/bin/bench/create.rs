//! `orders.create` over the socket, durable, 64 clerks, each of whom waits for the answer before the next.
//!
//! One operation: request, checks, order + timeline + outbox + message + command in one commit (FULL), answer. Meanwhile the server does what
//! it always does: the relay publishes every order to Redis and every one of the 64 desks is told of every order. Beside it, in turns, three
//! loops that only insert the same five rows and do nothing else.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use postoffice_tests::desk::{command_id, draft};
use tokio::task::JoinSet;

use crate::{
    figure::{Figure, Target, number},
    latency::Latency,
    line::Line,
    loops, machine, place,
    rows::{self, OrderRows},
};

const CLERKS: usize = 64;
/// As many as the server puts into one commit.
const GROUP: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const LOOP_ROUND: Duration = Duration::from_secs(2);
/// Orders that a loop gets; more than it can write in its time.
const ORDERS: usize = 60_000;

/// Rates of the rounds.
#[derive(Default)]
struct Rates {
    ours: Vec<f64>,
    c_api: Vec<f64>,
    per_row: Vec<f64>,
    one_by_one: Vec<f64>,
}

/// Measures.
pub async fn measure() -> Vec<Figure> {
    let mut office = place::office().await;
    let empty = place::empty_database().await;
    let mut lines = Line::open_many(&office.address(), CLERKS).await;
    let mut rates = Rates::default();
    let mut times = Latency::none();
    (lines, _) = register(lines, Duration::from_secs(1)).await;
    let pid = office.server().pid();
    let (mut spent, mut orders) = (Duration::ZERO, 0.0);
    for round in 1..=ROUNDS {
        let (began, before) = (Instant::now(), machine::processor_time(pid));
        let (back, took) = register(lines, ROUND).await;
        lines = back;
        rates.ours.push(loops::per_second(usize::try_from(took.count()).unwrap_or(0), began));
        orders += rates.ours.last().copied().unwrap_or(0.0) * began.elapsed().as_secs_f64();
        spent += machine::processor_time(pid).saturating_sub(before);
        times.join(&took);
        beside(&mut rates, &office.database(), &empty).await;
        let last = |rates: &[f64]| rates.last().map_or_else(String::new, |rate| number(*rate));
        let Rates { ours, c_api, per_row, one_by_one } = &rates;
        println!(
            "  round {round}: ours {}, C API {}, sqlx per row {}, one by one {}",
            last(ours),
            last(c_api),
            last(per_row),
            last(one_by_one)
        );
    }
    drop(lines);
    let rate = || Figure::of_rounds("orders.create, 64 clerks, SQLite FULL", "orders/s", rates.ours.clone());
    let mut figures = vec![
        rate().beside("sqlx, a statement per row, 64 a commit", &rates.per_row).holding(Target::RatioAtLeast(3.0)),
        rate().beside("C API, 64 a commit", &rates.c_api).holding(Target::RatioAtLeast(0.3)),
        rate().beside("sqlx, an order per commit", &rates.one_by_one),
        Figure::of("orders.create, processor time of the server", "µs/order", spent.as_secs_f64() * 1e6 / orders),
    ];
    figures.extend(times.figures("orders.create, request to answer, 64 clerks", Target::AtMost(25.0)));
    figures
}

/// One round of every loop, each on an empty database of its own.
async fn beside(rates: &mut Rates, written: &Path, empty: &place::EmptyDatabase) {
    let orders: Vec<OrderRows> = rows::read(written, ORDERS);
    let (path, orders) = c_api(empty.copy("c-api"), orders, &mut rates.c_api).await;
    place::remove(&path);
    for (name, group, samples) in [("per-row", GROUP, &mut rates.per_row), ("one-by-one", 1, &mut rates.one_by_one)] {
        let path = empty.copy(name);
        samples.push(loops::sqlx_per_row(&path, &orders, group, LOOP_ROUND).await);
        place::remove(&path);
    }
}

async fn c_api(path: PathBuf, orders: Vec<OrderRows>, samples: &mut Vec<f64>) -> (PathBuf, Vec<OrderRows>) {
    let looping = tokio::task::spawn_blocking(move || {
        let rate = loops::c_api(&path, &orders, GROUP, LOOP_ROUND);
        (rate, path, orders)
    });
    let (rate, path, orders) = looping.await.expect("the loop ends");
    samples.push(rate);
    (path, orders)
}

/// Every clerk registers one order after the other for so long.
pub async fn register(lines: Vec<Line>, lasting: Duration) -> (Vec<Line>, Latency) {
    /// Numbers are not used twice: a command id has one effect.
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let end = Instant::now() + lasting;
    let mut working = JoinSet::new();
    for mut line in lines {
        working.spawn(async move {
            let mut times = Latency::none();
            while Instant::now() < end {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let began = Instant::now();
                line.register(command_id(u128::from(number)), draft(number)).await;
                times.add(began.elapsed());
            }
            (line, times)
        });
    }
    let (mut lines, mut times) = (Vec::new(), Latency::none());
    for (line, took) in working.join_all().await {
        lines.push(line);
        times.join(&took);
    }
    (lines, times)
}
