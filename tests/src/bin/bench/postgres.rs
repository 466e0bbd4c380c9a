//! `orders.create` over the socket on PostgreSQL, 64 clerks, beside `pgbench` with a transaction of two rows on the same cluster.
//!
//! One operation of ours is what it is on SQLite ([`crate::create`]): five rows, of which two have a text of a kilobyte, the relay and 64 desks
//! that are told. One of pgbench's: `BEGIN`, two small rows with an index each, `COMMIT`, 32 connections.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use postoffice_runtime::testing::TestPostgres;

use crate::{
    create::register,
    figure::{Figure, Target, number},
    latency::Latency,
    line::Line,
    loops, machine, place,
};

const CLERKS: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

const TABLES: &str = "CREATE TABLE one (id bigserial PRIMARY KEY, at bigint NOT NULL, note text NOT NULL);
                      CREATE TABLE two (id bigserial PRIMARY KEY, at bigint NOT NULL, note text NOT NULL)";
const TWO_ROWS: &str = "BEGIN;
INSERT INTO one (at, note) VALUES (1790000000000, 'an order');
INSERT INTO two (at, note) VALUES (1790000000000, 'an event');
COMMIT;
";

/// Measures both in turns.
pub async fn measure() -> Vec<Figure> {
    let cluster = TestPostgres::start();
    let database = cluster.database();
    let mut office = place::office_on(&database).await;
    cluster.tell("postgres", TABLES);
    let mut lines = Line::open_many(&office.address(), CLERKS).await;
    (lines, _) = register(lines, Duration::from_secs(1)).await;
    let (mut ours, mut two_rows, mut times) = (Vec::new(), Vec::new(), Latency::none());
    let server = office.server().pid();
    let spent = || (machine::processor_time(server), machine::processor_time_of_children(cluster.pid()));
    let (mut of_server, mut of_postgres) = (Duration::ZERO, Duration::ZERO);
    for round in 1..=ROUNDS {
        let (began, before) = (Instant::now(), spent());
        let (back, took) = register(lines, ROUND).await;
        lines = back;
        ours.push(loops::per_second(usize::try_from(took.count()).unwrap_or(0), began));
        let now = spent();
        of_server += now.0.saturating_sub(before.0);
        of_postgres += now.1.saturating_sub(before.1);
        times.join(&took);
        let port = cluster.port();
        two_rows.push(tokio::task::spawn_blocking(move || pgbench(port)).await.expect("pgbench ends"));
        println!("  round {round}: ours {}, pgbench {}", number(ours[round - 1]), number(two_rows[round - 1]));
    }
    drop(lines);
    let rate = Figure::of_rounds("orders.create, 64 clerks, PostgreSQL", "orders/s", ours);
    let mut figures =
        vec![rate.beside("pgbench, two rows a commit, 32 connections", &two_rows).holding(Target::RatioAtLeast(1.0))];
    let orders = f64::from(u32::try_from(times.count()).unwrap_or(u32::MAX));
    for (whose, spent) in [("the server", of_server), ("PostgreSQL", of_postgres)] {
        let name = format!("orders.create on PostgreSQL, processor time of {whose}");
        figures.push(Figure::of(&name, "µs/order", spent.as_secs_f64() * 1e6 / orders));
    }
    figures.extend(times.figures("orders.create on PostgreSQL, request to answer, 64 clerks", Target::AtMost(25.0)));
    figures
}

/// Transactions a second.
fn pgbench(port: u16) -> f64 {
    let folder = tempfile::tempdir().expect("a temp folder");
    let script = folder.path().join("two-rows.sql");
    std::fs::write(&script, TWO_ROWS).expect("a script");
    let ran = Command::new("pgbench")
        .args(["-n", "-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "-c", "32", "-j", "2", "-T", "3"])
        .args(["-M", "prepared", "-f"])
        .arg(&script)
        .arg("postgres")
        .output()
        .expect("pgbench runs (postgresql-15)");
    let said = String::from_utf8_lossy(&ran.stdout);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("pgbench: {said}{}", String::from_utf8_lossy(&ran.stderr)))
}
