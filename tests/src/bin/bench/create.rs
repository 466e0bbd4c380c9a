//! `orders.create` over the socket, durable: 64 clerks, each waiting for the answer before the next.

use std::time::Duration;

use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    limits,
    report::{Figure, Latencies, Report, median},
};

const CLERKS: u32 = 64;
const ROUNDS: u32 = 3;
const ROUND: Duration = Duration::from_secs(4);
const LIMIT_ROUND: Duration = Duration::from_secs(2);

/// Measures ours beside the loops.
pub async fn measure(report: &mut Report) {
    let mut office = Office::start(2).await;
    // Another office's database for the loops: they may not write beside a server.
    let mut other = Office::start(2).await;
    other.stop_server();
    let database = other.database();
    let mut desks = sit_down(&office).await;
    let (mut ours, mut engine, mut per_row, mut latencies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut next, mut number) = (1_u32, 1_u64);
    for _ in 0..ROUNDS {
        let path = database.clone();
        let from = number;
        let limit = tokio::task::spawn_blocking(move || limits::c_api(&path, 64, LIMIT_ROUND, from));
        let (rate, to) = limit.await.expect("the loop ends");
        engine.push(rate);
        let (rate, to) = limits::sqlx_per_row(&database, 64, LIMIT_ROUND, to).await;
        per_row.push(rate);
        number = to;
        let began = Instant::now();
        let (back, took) = round(desks, next, began + ROUND).await;
        desks = back;
        next += u32::try_from(took.len()).unwrap_or(u32::MAX) + CLERKS * 100_000;
        ours.push(limits::rate(took.len() as u64, began));
        latencies.extend(took);
    }
    office.stop_server();
    let latencies = Latencies::new(latencies);
    let (ours, engine, per_row) = (median(ours), median(engine), median(per_row));
    let mut rate = Figure::new("orders.create, 64 clerks, SQLite FULL", "1/s", ours, latencies.len()).target(
        "≥ 3 × peer (sqlx, a statement per row) and ≥ 0.3 × limit (C API)",
        ours >= 3.0 * per_row && ours >= 0.3 * engine,
    );
    rate.limit = Some(engine);
    rate.peer = Some(per_row);
    report.add(rate);
    report.add(Figure::new("  p50 of an answer", "ms", latencies.at(0.5), latencies.len()));
    let p99 = latencies.at(0.99);
    report.add(Figure::new("  p99 of an answer", "ms", p99, latencies.len()).target("≤ 25", p99 <= 25.0));
}

async fn sit_down(office: &Office) -> Vec<Desk> {
    let mut desks = Vec::new();
    for station in 1..=CLERKS - 2 {
        desks.push(Desk::signed_in(&office.address(), "clerk12", &station.to_string()).await);
    }
    desks
}

/// Every desk registers until `end`. The desks come back, with how long each answer took.
async fn round(desks: Vec<Desk>, first: u32, end: Instant) -> (Vec<Desk>, Vec<Duration>) {
    let mut working = JoinSet::new();
    for (mut desk, place) in desks.into_iter().zip(0_u32..) {
        working.spawn(async move {
            let mut took = Vec::new();
            let mut number = first + place * 100_000;
            while Instant::now() < end {
                let began = Instant::now();
                let created = desk.register(command_id(u128::from(number)), draft(number % 5_000_000)).await;
                created.expect("the order is registered");
                took.push(began.elapsed());
                number += 1;
            }
            (desk, took)
        });
    }
    let (mut back, mut all) = (Vec::new(), Vec::new());
    while let Some(done) = working.join_next().await {
        let (desk, took) = done.expect("the clerk works on");
        back.push(desk);
        all.extend(took);
    }
    (back, all)
}
