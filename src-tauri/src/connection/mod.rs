//! The one socket to the server.
//!
//! ```text
//! no server ──address──▶ connecting ──describe──▶ signed out ──sign in──▶ live
//!                          ▲    │ token                                    │
//!                          │    └──resume──▶ catching up ──all came──▶ live│
//!                          └────────── offline, waiting with jitter ◀──────┘ broken, silent, told to go
//! ```
//! While the link is away, reads are refused with `offline`; commands wait and go again on the next socket ([`crate::pending`]).

pub mod address;
mod asleep;
pub mod backoff;
mod live;

use std::sync::Arc;

use postoffice_protocol::{
    WS_PATH,
    desktop::Link,
    frame::MAX_MESSAGE_BYTES,
    problem::{Problem, ProblemCode},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite::protocol::WebSocketConfig,
};

use crate::core::{Ask, Attempt, Core};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// How long a connection may take.
const CONNECT_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);
/// After a goodbye the first try is spread like this one: up to a second, so that the desktops of a node do not all come to the next at once.
const GOODBYE_SPREAD: u32 = 3;
/// Largest frame of a server: a page of 200 rows with long descriptions is some 150 KiB.
const MAX_INBOUND: usize = 16 * MAX_MESSAGE_BYTES;

/// Keeps the link as long as the desktop runs.
pub(crate) async fn run(core: Arc<Core>, mut asks: mpsc::Receiver<Ask>) {
    let mut target = core.target.subscribe();
    let mut attempt: u32 = 1;
    let mut offline_since = None;
    loop {
        let (address, generation) = {
            let target = target.borrow_and_update();
            (target.address.clone(), target.generation)
        };
        let Some(address) = address else {
            core.set_link(Link::NoServer);
            tokio::select! {
                changed = target.changed() => if changed.is_err() { return },
                ask = asks.recv() => match ask { Some(ask) => refuse(ask), None => return },
            }
            continue;
        };
        let mut pause_of = attempt;
        let problem = match open(&address).await {
            Err(problem) => {
                report(&core, generation, Err(Box::new(problem.clone())));
                problem
            }
            Ok(socket) => {
                let mut reached = false;
                let ended = live::serve(&core, socket, &mut asks, &mut target, &mut |office| {
                    reached = true;
                    report(&core, generation, office);
                })
                .await;
                if reached {
                    (attempt, pause_of) = (1, 1);
                    offline_since = None;
                }
                match ended {
                    live::Ended::Closing => return,
                    live::Ended::OtherServer => continue,
                    live::Ended::Broken(problem) => *problem,
                    live::Ended::Goodbye(problem) => {
                        pause_of = GOODBYE_SPREAD;
                        *problem
                    }
                }
            }
        };
        let since = *offline_since.get_or_insert_with(|| core.now());
        let wait = backoff::wait(pause_of, core.entropy.as_ref());
        // Whoever ends this desktop as soon as it says so, to see whether that helps, reads on where it was.
        core.write_seen().await;
        core.set_link(Link::Offline {
            since,
            as_of: core.seen.as_of(),
            attempt,
            retry_in_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            problem: Box::new(problem),
        });
        attempt = attempt.saturating_add(1);
        let next_try = tokio::time::sleep(wait);
        tokio::pin!(next_try);
        loop {
            tokio::select! {
                () = &mut next_try => break,
                () = core.try_now.notified() => { attempt = 1; break }
                changed = target.changed() => { if changed.is_err() { return } attempt = 1; offline_since = None; break }
                ask = asks.recv() => match ask { Some(ask) => refuse(ask), None => return },
            }
        }
    }
}

fn refuse(ask: Ask) {
    let problem = Problem::new(ProblemCode::Offline, "no connection to the server");
    // The caller may have given up.
    drop(ask.answer.send(Err(Box::new(problem))));
}

fn report(core: &Core, generation: u64, result: Result<postoffice_protocol::session::Office, Box<Problem>>) {
    core.attempts.send_replace(Some(Attempt { generation, result }));
}

async fn open(address: &str) -> Result<Socket, Problem> {
    let unreachable = |why: String| Problem::new(ProblemCode::ServerUnreachable, why);
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_INBOUND))
        .max_frame_size(Some(MAX_INBOUND))
        .read_buffer_size(16 * 1024);
    let connecting = connect_async_with_config(format!("ws://{address}{WS_PATH}"), Some(config), true);
    match timeout(CONNECT_WITHIN, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(unreachable(error.to_string())),
        Err(_) => Err(unreachable("no answer in 5 s".to_owned())),
    }
}
