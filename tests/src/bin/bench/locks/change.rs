//! Fifty employees change the place of orders, each of its own: `locks.acquire` → (lock, load, answer) → `orders.change_location` → (accepted,
//! commit, release) → outcome, over real sockets on a real server with its private Redis.
//!
//! One operation: from the request for the lock to the outcome. Meanwhile the server tells each of the fifty desks of every lock taken, every
//! lock freed and every change, and the relay publishes every change to Redis. Beside it, in turns, [`super::parts`].

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::orders::ChangeLocation;
use postoffice_tests::desk::{command_id, draft};
use rusqlite::Connection;
use tokio::task::JoinSet;

use super::parts::Parts;
use crate::{
    figure::{Figure, Target, number},
    latency::Latency,
    line::Line,
    loops::per_second,
    machine,
    place::office,
};

const CLERKS: usize = 50;
/// Enough that no order's timeline grows longer than a real one.
const ORDERS_EACH: u32 = 100;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Ids of the commands; those of the registrations are below.
const FIRST_COMMAND: u32 = 1_000_000;

/// Where an order goes with change number `number`: never where it is.
pub fn place(number: u32) -> (&'static str, String) {
    ("Тернопіль", format!("Сортувальний центр, ряд {number}"))
}

/// Measures.
pub async fn measure() -> Vec<Figure> {
    let mut office = office().await;
    let mut lines = Line::open_many(&office.address(), CLERKS).await;
    let shares;
    (lines, shares) = register(lines).await;
    let folder = tempfile::tempdir().expect("a temp folder");
    let copy = copy_of(&office.database(), folder.path());
    let parts = Parts::open(&copy).await;
    let (mut ours, mut of_parts, mut rates, mut limits) = (Latency::none(), Latency::none(), Vec::new(), Vec::new());
    let pid = office.server().pid();
    let mut spent = Duration::ZERO;
    for round in 0..=ROUNDS {
        let (began, before) = (Instant::now(), machine::processor_time(pid));
        let (back, took) = change(lines, &shares).await;
        lines = back;
        let rate = per_second(usize::try_from(took.count()).unwrap_or(0), began);
        let used = machine::processor_time(pid).saturating_sub(before);
        let mut took_parts = Latency::none();
        let limit = parts.round(&shares, ROUND, &mut took_parts).await;
        // The first of each fills caches.
        if round > 0 {
            println!("  change of place, round {round}: ours {}, its parts {}", number(rate), number(limit));
            ours.join(&took);
            of_parts.join(&took_parts);
            spent += used;
            rates.push(rate);
            limits.push(limit);
        }
    }
    drop(lines);
    parts.close().await;
    let changes = u32::try_from(ours.count()).map_or(f64::INFINITY, f64::from);
    let beside = "its parts: 2 SQL, 2 Redis";
    vec![
        Figure::of_rounds("change of place under a lock, 50 clerks", "changes/s", rates)
            .beside(beside, &limits)
            .holding(Target::RatioAtLeast(0.7)),
        Figure::of("  p50 of it", "ms", ours.millis(0.5)).beside(beside, &[of_parts.millis(0.5)]),
        Figure::of("  p99 of it", "ms", ours.millis(0.99))
            .beside(beside, &[of_parts.millis(0.99)])
            .holding(Target::AtMost(40.0)),
        Figure::of("  processor time of the server", "µs/change", spent.as_secs_f64() * 1e6 / changes),
    ]
}

/// Every clerk registers its orders.
async fn register(lines: Vec<Line>) -> (Vec<Line>, Vec<Vec<Ttn>>) {
    let mut working = JoinSet::new();
    for (mut line, number) in lines.into_iter().zip(0_u32..) {
        working.spawn(async move {
            let mut orders = Vec::new();
            for order in 1..=ORDERS_EACH {
                let number = number * ORDERS_EACH + order;
                orders.push(line.register(command_id(u128::from(number)), draft(number)).await);
            }
            (line, orders)
        });
    }
    working.join_all().await.into_iter().unzip()
}

/// A copy of a database in use.
fn copy_of(database: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("copy.db");
    let original = Connection::open(database).expect("the database opens");
    original.execute("VACUUM INTO ?1", [copy.display().to_string()]).expect("it can be copied");
    copy
}

/// Every clerk changes one of its orders after the other.
async fn change(lines: Vec<Line>, shares: &[Vec<Ttn>]) -> (Vec<Line>, Latency) {
    static NEXT: AtomicU32 = AtomicU32::new(FIRST_COMMAND);
    let end = Instant::now() + ROUND;
    let mut working = JoinSet::new();
    for (mut line, orders) in lines.into_iter().zip(shares.iter().cloned()) {
        working.spawn(async move {
            let mut times = Latency::none();
            for ttn in orders.into_iter().cycle() {
                let began = Instant::now();
                if began >= end {
                    break;
                }
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let fence = line.lock(ttn).await;
                let (city, street) = place(number);
                let command_id = command_id(u128::from(number));
                line.change_place(ChangeLocation { command_id, ttn, fence, city: city.to_owned(), street, note: None })
                    .await;
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
