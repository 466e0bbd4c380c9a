//! From the clerk's request to the call of the gateway, on an idle system.

use std::time::Duration;

use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
};
use tokio::time::Instant;

use crate::report::{Figure, Latencies, Report};

const ORDERS: u32 = 200;
const BETWEEN: Duration = Duration::from_millis(25);

/// Measures one order at a time.
pub async fn measure(report: &mut Report) {
    let mut office = Office::start(2).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    office.set("POSTOFFICE_PACE__PER_SECOND", "1000");
    office.start_sender_with(&gateway.url());
    let mut clerk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    // The first one waits for the sender to start; it does not count.
    clerk.register(command_id(0), draft(0)).await.expect("the order is registered");
    gateway.wait_for(1).await;
    let (mut whole, mut from_answer) = (Vec::new(), Vec::new());
    for number in 1..=ORDERS {
        let began = Instant::now();
        let register = async {
            clerk.register(command_id(u128::from(number)), draft(number)).await.expect("the order is registered");
            Instant::now()
        };
        let called = async {
            gateway.wait_for(number as usize + 1).await;
            Instant::now()
        };
        let (answered, called) = tokio::join!(register, called);
        whole.push(called - began);
        from_answer.push(called.saturating_duration_since(answered));
        tokio::time::sleep(BETWEEN).await;
    }
    let (whole, from_answer) = (Latencies::new(whole), Latencies::new(from_answer));
    report.add(Figure::new("request → commit → gateway call, p50", "ms", whole.at(0.5), whole.len()));
    let p99 = whole.at(0.99);
    report.add(Figure::new("request → commit → gateway call, p99", "ms", p99, whole.len()).target("≤ 20", p99 <= 20.0));
    report.add(Figure::new("  of it after the clerk's own answer, p50", "ms", from_answer.at(0.5), whole.len()));
    report.add(Figure::new("  of it after the clerk's own answer, p99", "ms", from_answer.at(0.99), whole.len()));
}
