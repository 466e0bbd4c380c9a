//! What the server's own process takes: resident memory, some seconds after there is nothing left to do. Its Redis is another process and is
//! named beside.
//!
//! - idle: nobody has connected
//! - 1 000 sessions: they signed in with their passwords, so what hashing leaves behind is in it
//! - 10 000 idle sessions: over the same server before they came; each is a signed-in socket that hears live changes
//! - 1 000 that come back at once, as after a restart: until each has its session and all 100 changes that it missed

use std::{net::SocketAddr, time::Duration};

use postoffice_protocol::session::SessionToken;
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    crowd::{self, Desktop},
    figure::{Figure, Target},
    line::Line,
    machine::{processor_time, resident_mb},
    place,
};

const ROUNDS: usize = 3;
const SETTLED: Duration = Duration::from_secs(3);
const CROWD: usize = 1_000;
const IDLE: usize = 10_000;
/// Connections opened at the same time while nobody measures how fast.
const OPENING: usize = 50;
/// What those who come back have missed.
const MISSED: u32 = 100;

/// Measures.
pub async fn measure() -> Vec<Figure> {
    crowd::allow_many_files();
    let mut figures = idle().await;
    figures.push(signed_in().await);
    figures.extend(crowds().await);
    figures
}

async fn idle() -> Vec<Figure> {
    let (mut server, mut redis) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut office = Office::start(300).await;
        sleep(SETTLED).await;
        server.push(resident_mb(office.server().pid()));
        redis.push(resident_mb(office.redis_pid().await));
    }
    vec![
        Figure::of_rounds("server, idle, 300 orders: resident memory", "MB", server).holding(Target::AtMost(30.0)),
        Figure::of_rounds("  its private Redis", "MB", redis),
    ]
}

async fn signed_in() -> Figure {
    let mut office = place::office().await;
    let lines = Line::open_many(&office.address(), CROWD).await;
    let mut crowd: JoinSet<()> = lines.into_iter().map(Line::listen).collect();
    sleep(SETTLED).await;
    let resident = resident_mb(office.server().pid());
    crowd.shutdown().await;
    Figure::of("server, 1 000 sessions: resident memory", "MB", resident).holding(Target::AtMost(60.0))
}

async fn crowds() -> Vec<Figure> {
    let mut office = Office::start(300).await;
    let sequence = {
        let desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
        desk.session.as_ref().expect("it is signed in").sequence
    };
    office.stop_server();
    let tokens = crowd::sessions(&office.database(), IDLE);
    office.start_server().await;
    let server: SocketAddr = office.address().parse().expect("an address of ours");
    let pid = office.server().pid();

    sleep(SETTLED).await;
    let before = resident_mb(pid);
    let crowd = come(server, &tokens, sequence).await;
    sleep(SETTLED).await;
    let each = (resident_mb(pid) - before) * 1024.0 / 10_000.0;
    let began = processor_time(pid);
    sleep(SETTLED).await;
    let idle = processor_time(pid).saturating_sub(began).as_secs_f64() / SETTLED.as_secs_f64();
    drop(crowd);

    // As after a restart: nobody is there, something has happened since, and all come at once.
    office.stop_server();
    office.start_server().await;
    let mut clerk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    for number in 1..=MISSED {
        clerk.register(command_id(u128::from(number)), draft(number)).await.expect("the order is registered");
    }
    let mut back = Vec::new();
    for round in 0..ROUNDS {
        back.push(come_back(server, &tokens[..CROWD], sequence, round * CROWD).await.as_secs_f64());
    }
    vec![
        Figure::of("10 000 idle sessions: resident memory of each", "KB", each).holding(Target::AtMost(15.0)),
        Figure::of("  processor for all of them", "cores", idle),
        Figure::of_rounds("1 000 desktops come back at once, 100 changes missed: all live", "s", back)
            .holding(Target::AtMost(5.0)),
    ]
}

/// Lets all of them come, a few at a time.
async fn come(server: SocketAddr, tokens: &[SessionToken], since: u64) -> JoinSet<()> {
    let mut opening = JoinSet::new();
    for begin in 0..OPENING {
        let mine: Vec<_> = tokens.iter().cloned().enumerate().skip(begin).step_by(OPENING).collect();
        opening.spawn(async move {
            let mut open = Vec::with_capacity(mine.len());
            for (number, token) in mine {
                open.push(Desktop::resume(server, number, token, since).await);
            }
            open
        });
    }
    let came = Instant::now();
    let desktops = opening.join_all().await;
    println!("  {} desktops came within {:.1} s", tokens.len(), came.elapsed().as_secs_f64());
    desktops.into_iter().flatten().map(Desktop::listen).collect()
}

/// Lets all of them come at the same moment; how long until the last one is live. `from`: number of the first, so that no round uses the
/// addresses of the one before, whose places may not be free yet.
async fn come_back(server: SocketAddr, tokens: &[SessionToken], since: u64, from: usize) -> Duration {
    let began = Instant::now();
    let coming: JoinSet<Desktop> = tokens
        .iter()
        .cloned()
        .enumerate()
        .map(|(number, token)| Desktop::resume(server, from + number, token, since))
        .collect();
    let desktops = coming.join_all().await;
    let took = began.elapsed();
    assert_eq!(desktops.len(), tokens.len());
    took
}
