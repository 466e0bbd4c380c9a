//! The first SMS of an order on an idle system: request → commit → outbox → stream → SMS sender → the gateway is called.
//!
//! The gateway speaks Kannel's HTTP and takes everything at once; its clock is stopped when it has read the request in full. The sender has its
//! default settings; orders come slowly enough that its pace (20 a second) holds none of them up.

use std::time::Duration;

use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use postoffice_tests::desk::{Desk, command_id, draft};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use crate::{
    figure::{Figure, Target},
    latency::Latency,
    place,
};

const ORDERS: u32 = 200;
const BETWEEN: Duration = Duration::from_millis(60);

/// Measures one order at a time.
pub async fn measure() -> Vec<Figure> {
    let mut office = place::office().await;
    let (called, mut calls) = mpsc::unbounded_channel();
    let gateway = ScriptedGateway::start(move |_, _| {
        called.send(Instant::now()).expect("the bench listens");
        Reaction::Take
    })
    .await;
    office.start_sender_with(&gateway.url());
    let mut clerk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    let (mut from_request, mut from_answer) = (Latency::none(), Latency::none());
    for number in 0..=ORDERS {
        let began = Instant::now();
        clerk.register(command_id(u128::from(number)), draft(number)).await.expect("the order is registered");
        let answered = Instant::now();
        let called = calls.recv().await.expect("the gateway is called");
        // The very first one waits for the sender to start.
        if number > 0 {
            from_request.add(called - began);
            from_answer.add(called.saturating_duration_since(answered));
        }
        sleep(BETWEEN).await;
    }
    let mut figures = from_request.figures("request → call of the SMS gateway", Target::None);
    figures.extend(from_answer.figures("committed and answered → call of the SMS gateway", Target::AtMost(20.0)));
    figures
}
