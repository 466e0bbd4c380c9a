//! A desktop without a window. It does what the real one's core does (`src-tauri/src/connection`, `pending`): one socket, a session resumed with
//! the last sequence it has, a list of commands that go again under the same id until the server has spoken, and a wait with full jitter
//! before it comes back. Only its patience with a silent server is shorter, so that a storm fits into seconds.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    WS_PATH,
    call::Call,
    events::ServerNotice,
    frame::{Request, ServerFrame},
    orders::{CommandId, CreateOrder, OrderCreated, PlaceItem, SetPlaces},
    problem::{Problem, ProblemCode},
    session::{Replay, Resume, Resumed, SessionToken},
};
use tokio::{
    net::TcpStream,
    time::{Instant, interval, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::{
    journal::{Command, Journal, Told, What},
    shift::Shift,
};
use crate::{
    desk::{command_id, draft},
    faults::{dice::Dice, moment::Moment},
};

/// Own heartbeat. The real core: 10 s.
const PING_EVERY: Duration = Duration::from_millis(500);
/// How long sending a frame may take.
const SEND_WITHIN: Duration = Duration::from_millis(2_500);
/// How long opening a socket may take.
const OPEN_WITHIN: Duration = Duration::from_millis(2_500);
/// The wait before the first try to come back, and the longest one; as in the real core.
const FIRST_WAIT: u64 = 250;
const LONGEST_WAIT: u64 = 8_000;
/// A command that met something that passes goes again after this.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Orders that a desktop registers before it moves them about.
const OWN_ORDERS: usize = 3;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A command that waits for its end.
struct Pending {
    at: usize,
    call: Call,
    /// It is on the way on this socket.
    on_its_way: bool,
    again: Option<Instant>,
}

/// The desktop.
pub struct Desktop {
    number: u32,
    shift: Arc<Shift>,
    token: SessionToken,
    since: u64,
    dice: Dice,
    journal: Journal,
    pending: HashMap<CommandId, Pending>,
    orders: Vec<Ttn>,
    asked: HashMap<String, CommandId>,
    next_id: u64,
    is_live: bool,
    missing: Option<u64>,
    noticed: Moment,
    /// How often it turned to another server.
    turned: u32,
    /// When its clerk gives the next command, with or without a link.
    gives_at: Instant,
}

/// Why a socket is no more.
struct Broken;

impl Desktop {
    /// A desktop whose clerk has signed in, with the sequence of that moment.
    pub fn new(number: u32, shift: Arc<Shift>, token: SessionToken, since: u64, dice: Dice) -> Self {
        let mut this = Self {
            number,
            shift,
            token,
            since,
            dice,
            journal: Journal { since, ..Journal::default() },
            pending: HashMap::new(),
            orders: Vec::new(),
            asked: HashMap::new(),
            next_id: 0,
            is_live: false,
            missing: None,
            noticed: Moment::now(),
            turned: 0,
            gives_at: Instant::now(),
        };
        this.gives_at = this.next_command();
        this
    }

    /// Works until it may go home; what it lived through.
    pub async fn work(mut self) -> Journal {
        let mut attempt = 0_u32;
        self.note_seen();
        while !self.shift.closed.load(Ordering::SeqCst) {
            if let Ok(socket) = self.open().await {
                let Broken = self.serve(socket, &mut attempt).await;
                self.noticed = Moment::now();
                if std::mem::take(&mut self.is_live) {
                    self.shift.live.fetch_sub(1, Ordering::SeqCst);
                }
            }
            attempt += 1;
            self.turned = self.turned.wrapping_add(1);
            let ceiling = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_WAIT);
            sleep(Duration::from_millis(self.dice.between(0, ceiling).max(50))).await;
        }
        self.journal
    }

    async fn open(&self) -> Result<Socket, Broken> {
        let opening = connect_async(format!("ws://{}{WS_PATH}", self.shift.address(self.number, self.turned)));
        match timeout(OPEN_WITHIN, opening).await {
            Ok(Ok((socket, _))) => Ok(socket),
            _ => Err(Broken),
        }
    }

    async fn serve(&mut self, mut socket: Socket, attempt: &mut u32) -> Broken {
        self.asked.clear();
        self.missing = None;
        for pending in self.pending.values_mut() {
            pending.on_its_way = false;
        }
        let resume = Call::Resume(Resume { token: self.token.clone(), since: self.since });
        if self.send(&mut socket, "resume".to_owned(), resume).await.is_err() {
            return Broken;
        }
        let mut heartbeat = interval(PING_EVERY);
        let mut last_heard = Instant::now();
        loop {
            let step = tokio::select! {
                heard = socket.next() => {
                    last_heard = Instant::now();
                    match heard {
                        Some(Ok(Message::Text(text))) => self.hear(text.as_str(), attempt),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Broken),
                        Some(Ok(_)) => Ok(()),
                    }
                }
                _ = heartbeat.tick() => {
                    if self.shift.is_too_long(last_heard.elapsed()) || self.shift.closed.load(Ordering::SeqCst) {
                        Err(Broken)
                    } else {
                        socket.send(Message::Ping(Vec::new().into())).await.map_err(|_| Broken)
                    }
                }
                () = sleep_until(self.gives_at) => {
                    self.gives_at = self.next_command();
                    self.begin_command();
                    Ok(())
                }
            };
            let step = match step {
                Ok(()) if self.is_live => self.send_pending(&mut socket).await,
                step => step,
            };
            if let Err(broken) = step {
                return broken;
            }
        }
    }

    async fn send(&mut self, socket: &mut Socket, id: String, call: Call) -> Result<(), Broken> {
        let text = Request { id, call }.write();
        // A blackhole takes a frame as long as buffers have room; a link that takes none is noticed by its silence.
        match timeout(SEND_WITHIN, socket.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Broken),
        }
    }

    fn next_command(&mut self) -> Instant {
        let longest = self.shift.pause_ms.load(Ordering::SeqCst);
        Instant::now() + Duration::from_millis(self.dice.between(longest / 4, longest))
    }

    fn begin_command(&mut self) {
        if self.shift.over.load(Ordering::SeqCst) || self.pending.len() >= 2 {
            return;
        }
        let number = self.shift.next_number();
        let id = command_id(u128::from(number));
        let moved = self.orders.len() >= OWN_ORDERS && self.pending.is_empty();
        let (what, call) = if moved {
            let ttn = *self.dice.one_of(&self.orders);
            let (city, street) = ("Вінниця".to_owned(), format!("{} {number}", "довга вулиця".repeat(8)));
            let items = vec![PlaceItem { command_id: id, ttn }];
            (What::Move(ttn, number), Call::SetPlaces(SetPlaces { items, city, street, note: None }))
        } else {
            let create = CreateOrder { command_id: id, order: draft(number) };
            (What::Register(number), Call::CreateOrder(create))
        };
        let at = self.journal.commands.len();
        self.journal.commands.push(Command { id, what, sent: 0, told: Vec::new() });
        self.pending.insert(id, Pending { at, call, on_its_way: false, again: None });
        self.shift.open.fetch_add(1, Ordering::SeqCst);
    }

    async fn send_pending(&mut self, socket: &mut Socket) -> Result<(), Broken> {
        let now = Instant::now();
        let due: Vec<CommandId> = self
            .pending
            .iter()
            .filter(|(_, pending)| !pending.on_its_way && pending.again.is_none_or(|again| again <= now))
            .map(|(id, _)| *id)
            .collect();
        for command in due {
            self.next_id += 1;
            let id = self.next_id.to_string();
            let Some(pending) = self.pending.get_mut(&command) else { continue };
            pending.on_its_way = true;
            pending.again = None;
            let call = pending.call.clone();
            self.journal.commands[pending.at].sent += 1;
            self.asked.insert(id.clone(), command);
            self.send(socket, id, call).await?;
        }
        Ok(())
    }

    fn hear(&mut self, text: &str, attempt: &mut u32) -> Result<(), Broken> {
        let Ok(frame) = ServerFrame::read(text) else {
            eprintln!("a frame that cannot be read: {text}");
            return Err(Broken);
        };
        match frame {
            ServerFrame::Result { id, result } if id == "resume" => {
                let Ok(resumed) = serde_json::from_str::<Resumed>(result.get()) else { return Err(Broken) };
                match resumed.replay {
                    Replay::Follows { missed } => self.missing = Some(missed),
                    Replay::ResyncRequired => {
                        self.journal.resyncs += 1;
                        self.since = resumed.session.sequence;
                        self.missing = Some(0);
                    }
                }
                self.caught_up(attempt);
            }
            ServerFrame::Problem { id: Some(id), problem } if id == "resume" => {
                if problem.code == ProblemCode::Unauthenticated {
                    self.journal.strangers += 1;
                }
                return Err(Broken);
            }
            ServerFrame::Result { id, result } => {
                let Some(command) = self.asked.remove(&id) else { return Ok(()) };
                if let Ok(created) = serde_json::from_str::<OrderCreated>(result.get()) {
                    self.orders.push(created.order.ttn);
                    self.ended(command, Told::Done(Some(created.order.ttn)));
                }
            }
            ServerFrame::Problem { id, problem } => {
                if let Some(command) = id.and_then(|id| self.asked.remove(&id)) {
                    self.refused(command, &problem);
                }
            }
            ServerFrame::Notice(notice) => match *notice {
                ServerNotice::Changes(batch) => {
                    let came: Vec<u64> = batch.changes.iter().map(|change| change.sequence).collect();
                    self.changed(&came);
                    self.caught_up(attempt);
                }
                ServerNotice::Outcome(outcome) => match outcome.problem {
                    None => self.ended(outcome.command_id, Told::Done(None)),
                    Some(problem) => self.refused(outcome.command_id, &problem),
                },
                _ => {}
            },
        }
        Ok(())
    }

    fn changed(&mut self, came: &[u64]) {
        self.journal.came.extend_from_slice(came);
        if let Some(last) = came.iter().max() {
            self.since = self.since.max(*last);
        }
        if let Some(missing) = &mut self.missing {
            *missing = missing.saturating_sub(u64::try_from(came.len()).unwrap_or(u64::MAX));
        }
        self.note_seen();
    }

    fn caught_up(&mut self, attempt: &mut u32) {
        if self.missing != Some(0) || self.is_live {
            return;
        }
        self.is_live = true;
        *attempt = 0;
        self.shift.live.fetch_add(1, Ordering::SeqCst);
        let from = Moment(self.shift.reachable.load(Ordering::SeqCst)).max(self.noticed);
        self.journal.returns.push(Duration::from_micros(Moment::now().0.saturating_sub(from.0)));
    }

    fn refused(&mut self, command: CommandId, problem: &Problem) {
        if may_pass(problem) {
            if let Some(pending) = self.pending.get_mut(&command) {
                pending.on_its_way = false;
                pending.again = Some(Instant::now() + AGAIN_AFTER);
            }
            return;
        }
        self.ended(command, Told::Refused(format!("{problem:?}")));
    }

    fn ended(&mut self, command: CommandId, told: Told) {
        if let Some(known) = self.journal.commands.iter_mut().find(|known| known.id == command) {
            known.told.push(told);
        }
        if self.pending.remove(&command).is_some() {
            self.shift.open.fetch_sub(1, Ordering::SeqCst);
            self.shift.ended.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn note_seen(&self) {
        self.shift.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(self.number, self.since);
    }
}

/// Whether what stood in a command's way passes, so that it goes again under the same id.
const fn may_pass(problem: &Problem) -> bool {
    matches!(
        problem.code,
        ProblemCode::RateLimited
            | ProblemCode::ServerBusy
            | ProblemCode::LocksUnavailable
            | ProblemCode::StorageUnavailable
            | ProblemCode::OrderLocked
            | ProblemCode::LockLost
    )
}
