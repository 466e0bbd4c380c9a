//! From one clerk's request to a colleague's desktop core: request → commit → outbox → stream → fan-out → the colleague has the change, read
//! and typed. First on an idle system with two desks, then with 1 000 desks signed in and 50 orders a second, as the target wants it.
//!
//! The time is taken twice: from the moment the clerk asks, which includes the commit, and from the moment the clerk has the answer, which is
//! what a colleague sees later than the clerk. The server's processor time with 1 000 desks is looked at on the way; its memory: `memory`.
//!
//! Beside it, in the same run: Socket.IO with its Redis adapter ([`peer`]), which tells as many clients as often of as many bytes, and stores
//! nothing.

mod peer;

use std::{collections::HashMap, time::Duration};

use postoffice_protocol::{events::ServerNotice, frame::write_notice};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    figure::{Figure, Target},
    latency::Latency,
    line::Line,
    machine, place,
};

const ORDERS: u32 = 500;
/// 50 a second.
const BETWEEN: Duration = Duration::from_millis(20);
const CROWD: usize = 1_000;

/// How long changes took to another desk.
struct Seen {
    from_request: Latency,
    from_answer: Latency,
    /// How long all of it took.
    lasted: Duration,
    /// Of one change, as it is told.
    bytes: usize,
}

/// Measures.
pub async fn measure() -> Vec<Figure> {
    let mut office = place::office().await;
    let pid = office.server().pid();
    let alone = changes(&office, 1).await;
    let mut figures = alone.from_request.figures("request → colleague's core, 2 desks", Target::None);
    figures.extend(alone.from_answer.figures("  of it after the clerk's own answer", Target::None));

    let began = Instant::now();
    let lines = Line::open_many(&office.address(), CROWD).await;
    println!("  {CROWD} desks signed in within {:.1} s", began.elapsed().as_secs_f64());
    let mut crowd: JoinSet<()> = lines.into_iter().map(Line::listen).collect();
    let before = machine::processor_time(pid);
    let among = changes(&office, ORDERS + 1).await;
    let cores = machine::processor_time(pid).saturating_sub(before).as_secs_f64() / among.lasted.as_secs_f64();
    crowd.shutdown().await;
    let peer = peer::socket_io(CROWD, ORDERS, among.bytes).await;
    let times =
        among.from_request.figures("request → colleague's core, 1 000 desks, 50 orders/s", Target::AtMost(50.0));
    let against = [peer.p50, peer.p99];
    figures.extend(times.into_iter().zip(against).map(|(figure, peer)| figure.against("Socket.IO", &[peer])));
    figures.push(
        Figure::of("server, 1 000 sessions, 50 orders/s: processor", "cores", cores)
            .against("Socket.IO, two processes", &[peer.cores])
            .holding(Target::AtMost(1.0)),
    );
    figures
}

/// One clerk registers, 50 orders a second; another one watches.
async fn changes(office: &Office, first: u32) -> Seen {
    let mut clerk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    let mut colleague = Desk::signed_in(&office.address(), "clerk7", "3").await;
    let began = Instant::now();
    let registering = async {
        let mut ticks = interval(BETWEEN);
        // Late ones are not made up for in a burst: that would measure the burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asked = HashMap::new();
        for number in first..first + ORDERS {
            ticks.tick().await;
            let began = Instant::now();
            let created = clerk.register(command_id(u128::from(number)), draft(number)).await;
            asked.insert(created.expect("the order is registered").order.ttn, (began, Instant::now()));
        }
        asked
    };
    let watching = async {
        let mut came = HashMap::new();
        let mut bytes = 0;
        while came.len() < usize::try_from(ORDERS).unwrap_or(usize::MAX) {
            let notice = colleague.notice().await.expect("the server is there");
            if let ServerNotice::Changes(batch) = &notice {
                let now = Instant::now();
                came.extend(batch.changes.iter().map(|change| (change.ttn, now)));
                bytes = write_notice(&notice).len() / batch.changes.len().max(1);
            }
        }
        (came, bytes)
    };
    let (asked, (came, bytes)) = tokio::join!(registering, watching);
    let mut seen = Seen { from_request: Latency::none(), from_answer: Latency::none(), lasted: began.elapsed(), bytes };
    for (ttn, (began, answered)) in asked {
        let came = came[&ttn];
        seen.from_request.add(came - began);
        seen.from_answer.add(came.saturating_duration_since(answered));
    }
    seen
}
