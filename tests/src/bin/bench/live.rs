//! From the clerk's request to the colleague's desk: registered, committed, published, fanned out.

use std::time::Duration;

use postoffice_protocol::events::ServerNotice;
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
};
use tokio::time::Instant;

use crate::report::{Figure, Latencies, Report};

const ORDERS: u32 = 300;
/// The system is idle in between: no two orders share a tick of the fan-out.
const BETWEEN: Duration = Duration::from_millis(25);

/// Measures the way of one order at a time.
pub async fn measure(report: &mut Report) {
    let office = Office::start(2).await;
    let mut clerk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    let mut colleague = Desk::signed_in(&office.address(), "clerk7", "3").await;
    let (mut seen, mut from_answer) = (Vec::new(), Vec::new());
    for number in 1..=ORDERS {
        let began = Instant::now();
        let created = clerk.register(command_id(u128::from(number)), draft(number));
        let (created, came) = tokio::join!(
            async {
                let created = created.await.expect("the order is registered");
                (created, Instant::now())
            },
            next_change(&mut colleague),
        );
        assert_eq!(came.0, created.0.order.ttn.to_string(), "the colleague sees this very order");
        seen.push(came.1 - began);
        from_answer.push(came.1.saturating_duration_since(created.1));
        tokio::time::sleep(BETWEEN).await;
    }
    let (seen, from_answer) = (Latencies::new(seen), Latencies::new(from_answer));
    report.add(Figure::new("request → commit → colleague's desk, p50", "ms", seen.at(0.5), seen.len()));
    let p99 = seen.at(0.99);
    report.add(
        Figure::new("request → commit → colleague's desk, p99", "ms", p99, seen.len()).target("≤ 50", p99 <= 50.0),
    );
    report.add(Figure::new("  of it after the clerk's own answer, p50", "ms", from_answer.at(0.5), seen.len()));
    report.add(Figure::new("  of it after the clerk's own answer, p99", "ms", from_answer.at(0.99), seen.len()));
}

async fn next_change(desk: &mut Desk) -> (String, Instant) {
    loop {
        if let ServerNotice::Changes(batch) = desk.notice().await.expect("the server is there")
            && let Some(change) = batch.changes.last()
        {
            return (change.ttn.to_string(), Instant::now());
        }
    }
}
