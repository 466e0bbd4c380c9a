//! Two servers behind `HAProxy`, on one PostgreSQL and a Redis behind Sentinel: one server is killed under load, then the primary of Redis dies,
//! and two windows go on working.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fantoccini::{Locator, key::Key};
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    events::ServerNotice,
    locks::{AcquireLock, LockPurpose},
    problem::ProblemCode,
    session::Nothing,
};
use postoffice_runtime::testing::{TestPostgres, TestSentinel};
use postoffice_tests::{
    counter::CERAMICS,
    desk::{Desk, command_id, draft},
    display::Display,
    haproxy::Haproxy,
    office::Office,
    wait::{PATIENCE, until},
    window::Window,
};
use tokio::{sync::Mutex, task::JoinHandle, time::Instant};

/// How long the death of a server may be noticed.
const AGAIN_WITHIN: Duration = Duration::from_secs(5);
/// How long after the end of a session its socket at another server may live.
const SIGNED_OUT_WITHIN: Duration = Duration::from_secs(1);
/// Clerks who register all the time.
const BUSY: u32 = 4;

/// A clerk who registers one order after another and, when the socket breaks, asks for the outcome at whatever server there is.
struct Busy {
    ended: Arc<AtomicBool>,
    work: JoinHandle<Vec<String>>,
}

impl Busy {
    fn start(address: String, who: u32) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        let work = tokio::spawn(async move {
            let mut desk = Desk::signed_in(&address, "clerk7", &format!("b{who}")).await;
            let token = desk.token.clone().expect("signed in");
            let mut ttns = Vec::new();
            for number in 1.. {
                if told.load(Ordering::Relaxed) {
                    break;
                }
                let number = who * 10_000 + number;
                loop {
                    match desk.register(command_id(u128::from(number)), draft(number)).await {
                        Ok(created) => break ttns.push(created.order.ttn.to_string()),
                        Err(problem) => assert_eq!(problem.code, ProblemCode::Offline, "{problem:?}"),
                    }
                    desk = until("a server", || async { Desk::resumed(&address, &token).await.ok() }).await;
                }
            }
            ttns
        });
        Self { ended, work }
    }

    /// Lets the order under way come to its end; gives all that were answered.
    async fn stop(self) -> Vec<String> {
        self.ended.store(true, Ordering::Relaxed);
        self.work.await.expect("the clerk came to an end")
    }
}

/// A colleague who only listens, and comes back with the number of the last change that was heard.
struct Listener {
    address: String,
    desk: Desk,
    heard: Vec<(u64, String)>,
}

impl Listener {
    async fn start(address: String) -> Self {
        let desk = Desk::signed_in(&address, "clerk12", "ears").await;
        Self { address, desk, heard: Vec::new() }
    }

    /// Listens until this order was heard of.
    async fn hears_of(&mut self, ttn: &str) {
        while !self.heard.iter().any(|(_, heard)| heard == ttn) {
            match self.desk.notice().await {
                Ok(ServerNotice::Changes(batch)) => {
                    self.heard.extend(batch.changes.iter().map(|change| (change.sequence, change.ttn.to_string())));
                }
                Ok(_) => {}
                Err(_) => self.come_back().await,
            }
        }
    }

    async fn come_back(&mut self) {
        let (token, session) = (self.desk.token.clone(), self.desk.session.clone());
        let since = self.heard.last().map_or_else(|| session.expect("signed in").sequence, |(sequence, _)| *sequence);
        let token = token.expect("signed in");
        let again = || async { Desk::resumed_since(&self.address, &token, since).await.ok() };
        self.desk = until("a server", again).await;
    }

    /// Nothing missed, nothing twice, nothing out of order.
    fn assert_whole(&self) {
        let breaks: Vec<_> = self.heard.windows(2).filter(|pair| pair[1].0 != pair[0].0 + 1).collect();
        assert!(breaks.is_empty(), "{breaks:?}");
    }
}

/// Waits until a window lists an order, as a clerk would look for it; when it does not come, says what the window shows instead.
async fn lists(window: &Window, ttn: &str) {
    let row = format!("#row-{ttn}");
    let comes = tokio::time::timeout(PATIENCE, async {
        // Rows do not jump: what comes after the key was pressed waits for the next time.
        while window.client().find(Locator::Css(&row)).await.is_err() {
            window.press_key(Key::Home).await;
        }
    });
    assert!(comes.await.is_ok(), "{row} does not come, the window shows: {}", window.text().await);
}

/// Both windows list an order that is registered now, of which its clerk hears first.
async fn both_live(address: &str, number: u32, windows: [&Window; 2]) -> String {
    let mut desk = until("a server", || async { Desk::try_signed_in(address, "clerk7", "m").await.ok() }).await;
    let created = desk.register(command_id(u128::from(number)), draft(number)).await.expect("it is registered");
    let ttn = created.order.ttn;
    loop {
        let ServerNotice::Changes(batch) = desk.notice().await.expect("the change is told") else { continue };
        if batch.changes.iter().any(|change| change.ttn == ttn) {
            break;
        }
    }
    let ttn = ttn.to_string();
    tokio::join!(lists(windows[0], &ttn), lists(windows[1], &ttn));
    ttn
}

#[tokio::test]
async fn two_windows_go_on_when_a_server_and_then_the_primary_of_redis_is_killed() {
    let (database, mut redis) = (TestPostgres::shared().database(), TestSentinel::start().await);
    let mut one = Office::start_node(10, &database, &redis.url()).await;
    let mut two = one.node_beside().await;
    let haproxy = Haproxy::before(&one, &two).await;
    let address = haproxy.address();
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let clerk = Window::open_at(&left, one.folder(), Some(address.clone())).await;
    clerk.sign_in("clerk12", "2").await;
    let at_one = one.sessions_live().await == 1;
    let colleague = Window::open_at(&right, one.folder(), Some(address.clone())).await;
    colleague.sign_in("clerk7", "3").await;
    assert_eq!((one.sessions_live().await, two.sessions_live().await), (1, 1), "one window at each server");

    let mut listener = Listener::start(address.clone()).await;
    let ttn = clerk.register(&CERAMICS).await;
    clerk.press_key(Key::Escape).await;
    clerk.go("#/orders").await;
    lists(&colleague, &ttn).await;

    // The clerk's server dies under load.
    let busy: Vec<Busy> = (1..=BUSY).map(|who| Busy::start(address.clone(), who)).collect();
    let sure = all_busy(&mut listener, BUSY).await;
    let dying = if at_one { &mut one } else { &mut two };
    let killed = Instant::now();
    dying.server().kill();
    let mut registered = vec![ttn, sure];
    for clerk in busy {
        registered.extend(clerk.stop().await);
    }
    registered.push(both_live(&address, 90_001, [&clerk, &colleague]).await);
    let took = killed.elapsed();
    println!("a killed server: both windows live again after {took:?}, {} orders registered", registered.len());
    assert!(took < AGAIN_WITHIN, "{took:?}");
    for ttn in &registered {
        listener.hears_of(ttn).await;
    }
    listener.assert_whole();

    // The end of a session at one server is the end of its socket at the other.
    signed_out_everywhere(&address, dying).await;

    // The clerk edits, and the primary of Redis dies. Orders are taken meanwhile; what was registered is told when another one is primary.
    let edited = registered[0].as_str();
    clerk.open_order(edited).await;
    clerk.edit_place().await;
    let port = redis.kill_primary().await;
    let killed = Instant::now();
    redis.another_than(port).await;
    lock_is_told_truly(&address, edited, &clerk).await;
    clerk.press_key(Key::Escape).await;
    clerk.go("#/orders").await;
    let last = both_live(&address, 90_002, [&clerk, &colleague]).await;
    println!("a killed primary of Redis: both windows live again after {:?}", killed.elapsed());
    listener.hears_of(&last).await;
    listener.assert_whole();
    clerk.open_order(&last).await;
    clerk.edit_place().await;
    clerk.close().await;
    colleague.close().await;
}

/// Another clerk wants the order that a window edits. Refused: the window may go on editing. Given: the lock was lost with the primary, and the
/// window says so.
async fn lock_is_told_truly(address: &str, ttn: &str, window: &Window) {
    let desk = Mutex::new(Desk::signed_in(address, "clerk7", "l").await);
    let ttn = Ttn::parse(ttn).expect("a number");
    let given = until("an answer about the lock", || async {
        let acquire = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
        match desk.lock().await.ask(Call::AcquireLock(acquire)).await {
            Ok(_) => Some(true),
            Err(problem) if problem.code == ProblemCode::OrderLocked => Some(false),
            Err(problem) => {
                assert_eq!(problem.code, ProblemCode::LocksUnavailable, "{problem:?}");
                None
            }
        }
    })
    .await;
    println!("the lock on the order in work was {}", if given { "lost with the primary" } else { "kept" });
    if given {
        window.see_id("editor-lost").await;
    } else {
        assert!(!window.shows("editor-lost").await, "the lock is the window's");
    }
}

/// Waits until every busy clerk has registered something; gives the last order heard of.
async fn all_busy(listener: &mut Listener, busy: u32) -> String {
    let wanted = listener.heard.len() + usize::try_from(busy * 5).expect("a small number");
    while listener.heard.len() < wanted {
        if let Ok(ServerNotice::Changes(batch)) = listener.desk.notice().await {
            listener.heard.extend(batch.changes.iter().map(|change| (change.sequence, change.ttn.to_string())));
        }
    }
    listener.heard.last().expect("something was heard").1.clone()
}

/// A session with a socket at the only server gets one more at the server that comes back, and is ended at one of the two.
async fn signed_out_everywhere(address: &str, dead: &mut Office) {
    let mut here = Desk::signed_in(address, "clerk7", "s").await;
    let token = here.token.clone().expect("signed in");
    dead.start_server().await;
    // It has the fewest sockets, so that the next one is its, once HAProxy knows of it. Until then that comes to the same server, which keeps
    // only the last socket of a session: the one before does not answer any more.
    let both = tokio::time::timeout(PATIENCE, async {
        loop {
            let there = Desk::resumed(address, &token).await.expect("the session lives");
            if here.ask(Call::Describe(Nothing {})).await.is_ok() {
                return (here, there);
            }
            here = there;
        }
    });
    let (mut here, mut there) = both.await.expect("sockets at both servers");
    let began = Instant::now();
    here.ask(Call::SignOut(Nothing {})).await.expect("signed out");
    while there.notice().await.is_ok() {}
    let took = began.elapsed();
    println!("a sign-out: felt at the other server after {took:?}");
    assert!(took < SIGNED_OUT_WITHIN, "{took:?}");
}
