//! One socket, from its opening to its end: describe, resume, then requests out and news in.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use postoffice_protocol::{
    PROTOCOL_VERSION,
    call::Call,
    desktop::{CoreEvent, Link},
    events::{ChangeBatch, ClosingReason, ServerNotice},
    frame::{Request, ServerFrame},
    orders::CommandId,
    problem::{Problem, ProblemCode},
    session::{Nothing, Office, Replay, Resume, Resumed},
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::{
    Socket,
    asleep::{Awake, LOOK_EVERY},
};
use crate::{
    core::{Ask, Core, Target},
    told,
};

/// Our own heartbeat: a half-open socket is noticed although the server's pings do not come any more.
const PING_EVERY: Duration = Duration::from_secs(10);
const DEAD_AFTER: Duration = Duration::from_secs(25);
/// How long the server may be silent after this computer slept.
const AFTER_SLEEP: Duration = Duration::from_secs(3);
/// How long a frame may take to leave.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Commands on the way at once; the server takes 16 requests of a session, the rest is for reads and heartbeats.
const COMMANDS_AT_ONCE: usize = 4;
/// Close code of a session that ended.
const SESSION_ENDED: u16 = 4401;

/// Why the socket is no more.
pub(super) enum Ended {
    /// The desktop is closing.
    Closing,
    /// Another server is wanted.
    OtherServer,
    /// It broke; come back.
    Broken(Box<Problem>),
    /// The server stops and said so: come back, but not all desktops at once.
    Goodbye(Box<Problem>),
}

enum Waiter {
    Answer(oneshot::Sender<Result<Box<RawValue>, Box<Problem>>>),
    Command(CommandId),
    Describe,
    Resume,
}

impl Waiter {
    fn command(&self) -> Option<CommandId> {
        if let Self::Command(id) = self { Some(*id) } else { None }
    }
}

struct Live<'a> {
    core: &'a Arc<Core>,
    out: SplitSink<Socket, Message>,
    waiting: HashMap<String, Waiter>,
    next_id: u64,
    /// The session is not bound to this socket yet: a command would be refused for want of one.
    resuming: bool,
    /// Changes still to come of a catch-up, and how many there were.
    catching_up: Option<(u64, u64)>,
    /// The server said that it stops.
    goodbye: bool,
    reached: &'a mut (dyn FnMut(Result<Office, Box<Problem>>) + Send),
}

/// Serves a socket until it ends. Calls `reached` when the server has said who it is, or refused to.
pub(super) async fn serve(
    core: &Arc<Core>,
    socket: Socket,
    asks: &mut mpsc::Receiver<Ask>,
    target: &mut watch::Receiver<Target>,
    reached: &mut (dyn FnMut(Result<Office, Box<Problem>>) + Send),
) -> Ended {
    let (out, mut inbound) = socket.split();
    let resuming = core.token().is_some();
    let mut live =
        Live { core, out, waiting: HashMap::new(), next_id: 1, resuming, catching_up: None, goodbye: false, reached };
    if let Err(problem) = live.send(Call::Describe(Nothing {}), Waiter::Describe).await {
        return Ended::Broken(Box::new(problem));
    }
    let mut heartbeat = interval(PING_EVERY);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut awake = Awake::now(Instant::now(), core.now());
    let mut last_heard = Instant::now();
    let mut silent_until = None;
    let broken = loop {
        tokio::select! {
            frame = inbound.next() => {
                last_heard = Instant::now();
                silent_until = None;
                live.is_fresh();
                match frame {
                    Some(Ok(Message::Text(text))) => if let Err(problem) = live.read(text.as_str()).await { break problem },
                    Some(Ok(Message::Close(close))) => {
                        let closed = close.map(|frame| frame.code);
                        if closed == Some(CloseCode::from(SESSION_ENDED)) {
                            live.core.forget_session();
                        }
                        break Problem::new(ProblemCode::Offline, format!("the server closed the socket ({closed:?})"));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break Problem::new(ProblemCode::Offline, error.to_string()),
                    None => break Problem::new(ProblemCode::Offline, "the socket ended".to_owned()),
                }
            }
            ask = asks.recv() => match ask {
                Some(ask) => if let Err(problem) = live.send(ask.call, Waiter::Answer(ask.answer)).await { break problem },
                None => return Ended::Closing,
            },
            () = core.pending_added.notified() => if let Err(problem) = live.send_pending().await { break problem },
            _ = heartbeat.tick() => {
                if last_heard.elapsed() > DEAD_AFTER {
                    break Problem::new(ProblemCode::Offline, "the server has been silent too long");
                }
                if let Err(problem) = live.ping().await { break problem }
            }
            _ = looks.tick() => {
                let now = Instant::now();
                if awake.slept(now, core.now()) {
                    tracing::info!("this computer slept, or stood still; is the server still there?");
                    silent_until = Some(now + AFTER_SLEEP);
                    if let Err(problem) = live.ping().await { break problem }
                } else if silent_until.is_some_and(|until| until <= now) {
                    break Problem::new(ProblemCode::Offline, "no sign of the server after a sleep");
                }
            }
            changed = target.changed() => {
                live.refuse_waiting();
                return if changed.is_ok() { Ended::OtherServer } else { Ended::Closing };
            }
        }
    };
    live.refuse_waiting();
    if live.goodbye { Ended::Goodbye(Box::new(broken)) } else { Ended::Broken(Box::new(broken)) }
}

impl Live<'_> {
    async fn send(&mut self, call: Call, waiter: Waiter) -> Result<(), Problem> {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let text = Request { id: id.clone(), call }.write();
        self.waiting.insert(id, waiter);
        self.write(Message::Text(text.into())).await
    }

    async fn ping(&mut self) -> Result<(), Problem> {
        self.write(Message::Ping(Vec::new().into())).await
    }

    /// Writes with patience: into a half-open socket only so much fits, then nothing moves any more.
    async fn write(&mut self, message: Message) -> Result<(), Problem> {
        match timeout(WRITE_WITHIN, self.out.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Problem::new(ProblemCode::Offline, error.to_string())),
            Err(_) => Err(Problem::new(ProblemCode::Offline, "the server takes nothing any more")),
        }
    }

    /// Everything shown is as it is now.
    fn is_fresh(&self) {
        if matches!(self.core.link(), Some(Link::Live { .. })) {
            self.core.seen.is_fresh(self.core.now());
        }
    }

    /// Sends the waiting commands that are not on this socket yet, as many as the server takes at once.
    async fn send_pending(&mut self) -> Result<(), Problem> {
        if self.resuming || self.core.token().is_none() {
            return Ok(());
        }
        let on_the_way: Vec<CommandId> = self.waiting.values().filter_map(Waiter::command).collect();
        let room = COMMANDS_AT_ONCE.saturating_sub(on_the_way.len());
        let fresh = self.core.pending.to_send().into_iter().filter(|(id, _)| !on_the_way.contains(id));
        for (id, call) in fresh.take(room) {
            if self.core.sending(id).await {
                self.send(call, Waiter::Command(id)).await?;
            }
        }
        self.core.tell_pending();
        Ok(())
    }

    async fn read(&mut self, text: &str) -> Result<(), Problem> {
        match ServerFrame::read(text) {
            Ok(ServerFrame::Result { id, result }) => self.answered(&id, Ok(result)).await,
            Ok(ServerFrame::Problem { id: Some(id), problem }) => self.answered(&id, Err(problem)).await,
            Ok(ServerFrame::Problem { id: None, problem }) => {
                tracing::error!(%problem, "the server could not read a frame of ours");
                Ok(())
            }
            Ok(ServerFrame::Notice(notice)) => {
                self.noticed(*notice);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a frame of the server cannot be read");
                Err(Problem::new(ProblemCode::VersionMismatch, "the server speaks another language"))
            }
        }
    }

    async fn answered(&mut self, id: &str, answer: Result<Box<RawValue>, Box<Problem>>) -> Result<(), Problem> {
        match self.waiting.remove(id) {
            // The caller may have given up.
            Some(Waiter::Answer(waiting)) => drop(waiting.send(answer)),
            Some(Waiter::Command(command)) => {
                self.core.command_answered(command, answer);
                // There is room for the next one.
                self.send_pending().await?;
            }
            Some(Waiter::Describe) => self.described(read_answer(answer)).await?,
            Some(Waiter::Resume) => self.resumed(read_answer(answer)).await?,
            None => tracing::warn!(id, "an answer nobody waits for"),
        }
        Ok(())
    }

    async fn described(&mut self, office: Result<Office, Box<Problem>>) -> Result<(), Problem> {
        let office = match office {
            Ok(office) if office.protocol == PROTOCOL_VERSION => office,
            Ok(office) => {
                let why = format!("this desktop speaks protocol {PROTOCOL_VERSION}, the server {}", office.protocol);
                let problem = Problem::new(ProblemCode::VersionMismatch, why);
                (self.reached)(Err(Box::new(problem.clone())));
                return Err(problem);
            }
            Err(problem) => {
                (self.reached)(Err(problem.clone()));
                return Err(*problem);
            }
        };
        self.core.set_office(office.clone());
        match self.core.token() {
            Some((token, since)) => self.send(Call::Resume(Resume { token, since }), Waiter::Resume).await?,
            None => self.core.set_link(Link::SignedOut),
        }
        (self.reached)(Ok(office));
        Ok(())
    }

    async fn resumed(&mut self, resumed: Result<Resumed, Box<Problem>>) -> Result<(), Problem> {
        self.resuming = false;
        let resumed = match resumed {
            Ok(resumed) => resumed,
            Err(problem) if problem.code == ProblemCode::Unauthenticated => {
                self.core.forget_session();
                self.core.set_link(Link::SignedOut);
                return Ok(());
            }
            Err(problem) => return Err(*problem),
        };
        let sequence = resumed.session.sequence;
        self.core.take_up(&resumed.session, false).await;
        self.core.set_session(resumed.session);
        match resumed.replay {
            Replay::Follows { missed: 0 } => self.core.set_link(Link::Live { caught_up: 0 }),
            Replay::Follows { missed } => {
                self.catching_up = Some((missed, missed));
                self.core.set_link(Link::CatchingUp { missing: missed });
            }
            Replay::ResyncRequired => {
                self.core.seen.gap();
                self.core.set_sequence(sequence);
                self.core.tell(CoreEvent::Resync);
                self.core.set_link(Link::Live { caught_up: 0 });
            }
        }
        self.core.pending.forget_accepted();
        self.send_pending().await?;
        self.core.editors.renew_soon();
        self.core.line.all_again_soon();
        // On a task of its own: its answer comes through this very loop.
        let core = Arc::clone(self.core);
        tokio::spawn(async move { core.load_locks().await });
        Ok(())
    }

    fn noticed(&mut self, notice: ServerNotice) {
        match notice {
            ServerNotice::Changes(batch) => self.changed(batch),
            ServerNotice::Locks(news) => {
                self.core.line.heard(&news);
                self.core.tell(CoreEvent::Locks(news));
            }
            ServerNotice::LockTold(told) => told::hear(self.core, told),
            ServerNotice::Outcome(outcome) => {
                self.core.command_ended(&outcome);
                // The next one for the same order has waited for it.
                self.core.pending_added.notify_one();
            }
            ServerNotice::Closing(closing) => {
                tracing::info!(reason = ?closing.reason, "the server says goodbye");
                match closing.reason {
                    ClosingReason::SessionEnded => self.core.forget_session(),
                    ClosingReason::GoingAway => self.goodbye = true,
                    ClosingReason::TooSlow => {}
                }
            }
        }
    }

    /// Tells the window what it has not seen yet; a change never comes twice.
    fn changed(&mut self, batch: ChangeBatch) {
        let seen = self.core.sequence();
        let changes: Vec<_> = batch.changes.into_iter().filter(|change| change.sequence > seen).collect();
        let Some(last) = changes.last().map(|change| change.sequence) else { return };
        let whole = seen == 0 || changes.iter().zip(seen + 1..).all(|(change, next)| change.sequence == next);
        self.core.set_sequence(last);
        self.core.seen.changes(&changes);
        let came = u64::try_from(changes.len()).unwrap_or(u64::MAX);
        self.core.tell(CoreEvent::Changes(ChangeBatch { changes }));
        if !whole {
            // Never shown as whole: what is shown is loaded again.
            tracing::error!(seen, last, "the server left changes out");
            self.core.seen.gap();
            self.core.tell(CoreEvent::Resync);
            self.catching_up = None;
            self.core.set_link(Link::Live { caught_up: 0 });
        }
        if let Some((missing, all)) = self.catching_up {
            let missing = missing.saturating_sub(came);
            if missing == 0 {
                self.catching_up = None;
                self.core.set_link(Link::Live { caught_up: all });
            } else {
                self.catching_up = Some((missing, all));
                self.core.set_link(Link::CatchingUp { missing });
            }
        }
    }

    /// The socket is gone: reads are refused, commands stay pending.
    fn refuse_waiting(&mut self) {
        self.core.pending.link_broke();
        for (_, waiter) in self.waiting.drain() {
            if let Waiter::Answer(waiting) = waiter {
                let problem = Problem::new(ProblemCode::Offline, "the link broke before the answer");
                drop(waiting.send(Err(Box::new(problem))));
            }
        }
    }
}

fn read_answer<T: DeserializeOwned>(answer: Result<Box<RawValue>, Box<Problem>>) -> Result<T, Box<Problem>> {
    serde_json::from_str(answer?.get()).map_err(|error| {
        Box::new(Problem::new(ProblemCode::VersionMismatch, format!("an answer of the server cannot be read: {error}")))
    })
}
