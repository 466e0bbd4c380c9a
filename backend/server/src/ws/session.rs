//! The loop of one socket: reads frames, hands calls to [`crate::commands`], writes answers and news, keeps the peace.
//!
//! ```text
//! frame ─▶ Request::read ─▶ access ─▶ session.* : here, one at a time: they change who sits behind the socket
//!                                  └▶ the rest  : a task each, at most `in_flight`; the answer comes back through `answers`
//! ```
//! News ([`Waiting::frames`]) goes out with answers. After a resume no changes are among it until the replay is written ([`Answer::Reached`]).
//! Generic over the socket, so that tests can bring their own.

use std::{error::Error, sync::Arc, time::Duration};

use axum::extract::ws::{Message, Utf8Bytes};
use futures_util::{Sink, Stream};
use postoffice_protocol::{
    call::Call,
    events::{Closing, ClosingReason, ServerNotice},
    frame::{Request, Unreadable, write_notice, write_problem, write_result},
    problem::{Problem, ProblemCode},
};
use postoffice_runtime::fail_point;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout},
};
use tracing::{Instrument, info_span};

use super::{
    close::{Close, End},
    outbound::{Outbound, Waiting, closing, queue},
    patience::Patience,
    wire::Wire,
};
use crate::{
    access,
    auth::{Identity, secret},
    commands::{self, session::Visitor},
    context::{Context, Services},
    fan_out::{self, Missed},
    measures,
};

/// How long the peer may take to read our close frame and close its side.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long requests that are being worked on may take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// Most frames of news that are written in one go; between them answers and the peer have their turn.
const FRAMES_AT_ONCE: usize = 32;

/// What waits to be written besides news.
enum Answer {
    Frame(Utf8Bytes),
    /// That a command is accepted: goes out with its outcome, when that comes soon.
    Accepted(Utf8Bytes),
    /// All changes up to this number are written: from here on the socket follows, or what was told meanwhile comes first.
    Reached(u64),
}

/// One socket and who sits behind it.
struct Desk<S> {
    wire: Wire<S>,
    services: Arc<Services>,
    outbound: Outbound,
    waiting: Waiting,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    in_flight: Arc<Semaphore>,
    identity: Option<Arc<Identity>>,
    last_heard: Instant,
    patience: Patience,
}

/// Serves one socket until it ends.
pub async fn run<S, E>(socket: S, services: Arc<Services>)
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin + Send,
    E: Error + Send + Sync + 'static,
{
    let limits = &services.config.limits;
    let (outbound, waiting) = queue(limits.queue_frames);
    let in_flight = Arc::new(Semaphore::new(limits.in_flight));
    let mut desk = Desk {
        wire: Wire::new(socket, Duration::from_millis(limits.write_timeout_ms)),
        outbound,
        waiting,
        answers: mpsc::channel(limits.in_flight + 1),
        in_flight,
        identity: None,
        last_heard: Instant::now(),
        patience: Patience::new(Instant::now()),
        services,
    };
    let end = match desk.talk().await {
        Ok(never) => match never {},
        Err(end) => end,
    };
    desk.unbind();
    desk.farewell(end).await;
}

/// A loop that only ends with an [`End`].
enum Never {}

impl<S, E> Desk<S>
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin + Send,
    E: Error + Send + Sync + 'static,
{
    async fn talk(&mut self) -> Result<Never, End> {
        let ping_every = Duration::from_millis(self.services.config.limits.ping_every_ms.max(1));
        let mut ping = interval_at(Instant::now() + ping_every, ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopping = self.services.stopping.clone();
        // Set for the end as it is when somebody signs in. Whoever works moves the end on, and it is set again when it rings, not at every frame.
        let session_end = sleep(Duration::ZERO);
        tokio::pin!(session_end);
        let mut set_for = None;
        loop {
            let session = self.identity.as_ref().map(|identity| identity.session);
            if session != set_for {
                set_for = session;
                session_end.as_mut().reset(Instant::now() + self.until_session_ends());
            }
            let held_until = self.wire.held_until();
            tokio::select! {
                biased;
                reason = closing(&mut self.waiting.closing) => return Err(End::Ours(reason)),
                () = stopping.cancelled() => return Err(self.last_answers().await),
                Some(answer) = self.answers.1.recv() => self.write_answer(answer).await?,
                Some(news) = self.waiting.frames.recv() => self.write_with_news(news).await?,
                () = sleep_until(held_until.unwrap_or_else(Instant::now)), if held_until.is_some() => {
                    self.wire.flush(&mut self.waiting.closing).await?;
                }
                heard = self.wire.hear() => {
                    self.last_heard = Instant::now();
                    self.hear(heard).await?;
                }
                _ = ping.tick() => self.check_pulse().await?,
                () = &mut session_end, if self.identity.is_some() => {
                    self.check_expiry()?;
                    session_end.as_mut().reset(Instant::now() + self.until_session_ends());
                }
            }
        }
    }

    async fn hear(&mut self, heard: Option<Result<Message, E>>) -> Result<(), End> {
        match heard {
            None | Some(Ok(Message::Close(_))) => Err(End::Gone),
            Some(Ok(Message::Text(text))) => self.hear_text(&text).await,
            Some(Ok(Message::Binary(_))) => Err(End::Fault(Close::BINARY)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Err(fault)) => {
                let Some(close) = Close::of_fault(&fault) else {
                    tracing::debug!(%fault, "the connection broke");
                    return Err(End::Gone);
                };
                tracing::info!(%fault, "a frame could not be read");
                Err(End::Fault(close))
            }
        }
    }

    async fn hear_text(&mut self, text: &str) -> Result<(), End> {
        fail_point!("ws.frame_received");
        // Before anything counts as activity: a frame must not bring an ended session back to life.
        self.check_expiry()?;
        let request_id = secret::request_id(self.services.entropy.as_ref());
        let request = match Request::read(text) {
            Ok(request) => request,
            Err(Unreadable { id, problem }) => {
                let span = info_span!("request", id = %request_id);
                self.refuse(id.as_deref(), *problem, &request_id).instrument(span).await?;
                return self.lose_patience();
            }
        };
        let session = self.identity.as_ref().map(|identity| identity.session.0);
        let span = info_span!("request", id = %request_id, method = request.call.method(), session = ?session);
        let role = self.identity.as_ref().map(|identity| identity.actor.role);
        if let Err(denied) = access::check(&request.call, role) {
            return self.refuse(Some(&request.id), denied.into(), &request_id).instrument(span).await;
        }
        match self.identity.clone() {
            // On the heap: it happens once, and its state, some KB, would be part of every socket for as long as that is open.
            None => Box::pin(self.visit(request, &request_id)).instrument(span).await,
            Some(identity) => self.work(&identity, request, request_id).instrument(span).await,
        }
    }

    /// Calls of a socket on which nobody is signed in: one at a time, answered before the next frame is read.
    async fn visit(&mut self, request: Request, request_id: &str) -> Result<(), End> {
        let services = Arc::clone(&self.services);
        let outbound = self.outbound.clone();
        let visitor = Visitor { services: &services, outbound: &outbound };
        let id = request.id;
        match request.call {
            Call::SetUp(params) => {
                let result = commands::session::set_up::handle(&services, params).await;
                self.answer(&id, result, request_id).await
            }
            Call::SignIn(params) => match commands::session::sign_in::handle(&visitor, params).await {
                Ok((identity, signed_in)) => {
                    self.identity = Some(identity);
                    self.answer(&id, Ok(signed_in), request_id).await
                }
                Err(problem) => self.refuse(Some(&id), problem, request_id).await,
            },
            Call::Resume(params) => match commands::session::resume::handle(&visitor, params).await {
                Ok((identity, resumed, plan)) => {
                    self.identity = Some(identity);
                    self.answer(&id, Ok(resumed), request_id).await?;
                    self.write_missed(plan.missed, plan.until);
                    Ok(())
                }
                Err(problem) => self.refuse(Some(&id), problem, request_id).await,
            },
            // `access` lets nothing else through to a socket on which nobody is signed in.
            _ => {
                let result = commands::session::describe::handle(&services).await;
                self.answer(&id, result, request_id).await
            }
        }
    }

    /// Calls of a signed-in employee.
    async fn work(&mut self, identity: &Arc<Identity>, request: Request, request_id: String) -> Result<(), End> {
        let Ok(place) = Arc::clone(&self.in_flight).try_acquire_owned() else {
            let problem = Problem {
                retry_after_ms: Some(100),
                ..Problem::new(ProblemCode::RateLimited, "too many requests of this session are being worked on")
            };
            self.refuse(Some(&request.id), problem, &request_id).await?;
            return self.lose_patience();
        };
        self.note_activity(identity, &request.call);
        let context = Context {
            services: Arc::clone(&self.services),
            session: identity.session,
            actor: identity.actor.clone(),
            branch: identity.branch.clone(),
            request_id,
        };
        if matches!(request.call, Call::SignOut(_)) {
            // On the heap for the same reason.
            return Box::pin(self.sign_out(&request.id, &context)).await;
        }
        let answers = self.answers.0.clone();
        let span = tracing::Span::current();
        self.services.tasks.spawn(
            async move {
                let answered = commands::answer(&context, &request.id, request.call).await;
                let text = answered.text.into();
                let answer = if answered.outcome_follows { Answer::Accepted(text) } else { Answer::Frame(text) };
                if answers.send(answer).await.is_err() {
                    tracing::debug!("the socket closed before the answer");
                }
                drop(place);
            }
            .instrument(span),
        );
        Ok(())
    }

    async fn sign_out(&mut self, id: &str, context: &Context) -> Result<(), End> {
        let result = commands::session::sign_out::handle(context).await;
        if result.is_ok() {
            self.unbind();
        }
        self.answer(id, result, &context.request_id).await
    }

    /// Counts a frame that should not have been sent; a flood of them ends the socket.
    fn lose_patience(&mut self) -> Result<(), End> {
        if self.patience.is_over(Instant::now()) { Err(End::Fault(Close::POLICY)) } else { Ok(()) }
    }

    /// Writes missed changes at the pace of the reader.
    fn write_missed(&self, missed: Missed, until: u64) {
        let answers = self.answers.0.clone();
        self.services.tasks.spawn(send_missed(missed, until, answers));
    }

    /// Changes are written up to `reached`. The socket follows if that is all there is; otherwise the rest is written as well. Who cannot keep
    /// up even so, although many changes go into one frame then, is closed as a slow reader when it is too far behind.
    fn follow(&self, reached: u64) {
        let Some(session) = self.identity.as_ref().map(|identity| identity.session) else { return };
        let Err(told) = self.services.hub.follow(session, &self.outbound, reached) else { return };
        let (services, outbound, answers) = (Arc::clone(&self.services), self.outbound.clone(), self.answers.0.clone());
        self.services.tasks.spawn(async move {
            match fan_out::told_meanwhile(&services, reached, told).await {
                Ok(Some(missed)) => send_missed(missed, told, answers).await,
                Ok(None) => outbound.close(ClosingReason::TooSlow),
                Err(problem) => {
                    tracing::warn!(%session, %problem, "what was told during a replay could not be read");
                    outbound.close(ClosingReason::TooSlow);
                }
            }
        });
    }

    fn note_activity(&self, identity: &Arc<Identity>, call: &Call) {
        // The desktop's core renews locks and asks again for those it waits for by itself; that is no sign of a clerk.
        let by_itself = matches!(call, Call::RenewLocks(_) | Call::WaitForLock(_) | Call::AskForLock(_));
        if by_itself || !identity.active(self.services.now()) {
            return;
        }
        let services = Arc::clone(&self.services);
        let session = identity.session;
        self.services.tasks.spawn(async move {
            if let Err(error) = services.store.touch_session(session).await {
                tracing::warn!(%session, %error, "the time of the last activity was not stored");
            }
        });
    }

    async fn check_pulse(&mut self) -> Result<(), End> {
        // The clock of the wall may have been put forward.
        self.check_expiry()?;
        let dead_after = Duration::from_millis(self.services.config.limits.dead_after_ms);
        if self.last_heard.elapsed() > dead_after {
            return Err(End::Fault(Close::SILENT));
        }
        self.write(Message::Ping(bytes::Bytes::new())).await
    }

    fn until_session_ends(&self) -> Duration {
        let left = |identity: &Arc<Identity>| identity.ends_at().millis_since(self.services.now());
        let left = self.identity.as_ref().map_or(0, left);
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    fn check_expiry(&self) -> Result<(), End> {
        let ended = self.identity.as_ref().is_some_and(|identity| identity.ends_at() <= self.services.now());
        if ended { Err(End::Ours(ClosingReason::SessionEnded)) } else { Ok(()) }
    }

    async fn answer<T: serde::Serialize>(
        &mut self,
        id: &str,
        result: Result<T, Problem>,
        request_id: &str,
    ) -> Result<(), End> {
        match result {
            Ok(result) => self.write(Message::Text(write_result(id, &result).into())).await,
            Err(problem) => self.refuse(Some(id), problem, request_id).await,
        }
    }

    async fn refuse(&mut self, id: Option<&str>, problem: Problem, request_id: &str) -> Result<(), End> {
        let problem = commands::stamped(problem, request_id, self.services.now());
        self.write(Message::Text(write_problem(id, &problem).into())).await
    }

    async fn write_answer(&mut self, answer: Answer) -> Result<(), End> {
        match answer {
            Answer::Frame(text) => self.write_with_news(text).await,
            Answer::Accepted(text) => self.wire.hold(Message::Text(text), &mut self.waiting.closing).await,
            Answer::Reached(sequence) => {
                self.follow(sequence);
                Ok(())
            }
        }
    }

    /// Writes a frame and all the news that waits, which is then one call of the system and one waking of the desktop.
    async fn write_with_news(&mut self, first: Utf8Bytes) -> Result<(), End> {
        let Waiting { frames, closing } = &mut self.waiting;
        let behind = std::iter::from_fn(|| frames.try_recv().ok()).take(FRAMES_AT_ONCE);
        self.wire.write_all(std::iter::once(first).chain(behind).map(Message::Text), closing).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        self.wire.write_all(std::iter::once(message), &mut self.waiting.closing).await
    }

    /// The server stops: no new requests, but those that are being worked on are still answered.
    async fn last_answers(&mut self) -> End {
        let deadline = Instant::now() + LAST_ANSWERS;
        let places = u32::try_from(self.services.config.limits.in_flight).unwrap_or(u32::MAX);
        loop {
            let in_flight = Arc::clone(&self.in_flight);
            tokio::select! {
                biased;
                Some(answer) = self.answers.1.recv() => if let Err(end) = self.write_answer(answer).await { return end },
                _ = in_flight.acquire_many(places) => return End::Ours(ClosingReason::GoingAway),
                () = tokio::time::sleep_until(deadline) => return End::Ours(ClosingReason::GoingAway),
            }
        }
    }

    /// Nobody sits behind the socket any more. A fresh queue, so that nothing meant for the old session is left in it.
    fn unbind(&mut self) {
        if let Some(identity) = self.identity.take() {
            self.services.hub.detach(identity.session, &self.outbound);
        }
        (self.outbound, self.waiting) = queue(self.services.config.limits.queue_frames);
    }

    /// Says why, closes, and waits a moment for the peer: a TCP close with unread bytes would take our close frame with it.
    async fn farewell(&mut self, end: End) {
        let close = match end {
            End::Gone => return,
            End::Fault(close) => close,
            End::Ours(reason) => Close::of(reason),
        };
        tracing::debug!(code = close.code, reason = close.reason, "closing a socket");
        measures::socket_closed(close.code);
        let notice = match end {
            End::Ours(reason) => Some(Message::Text(write_notice(&ServerNotice::Closing(Closing { reason })).into())),
            End::Gone | End::Fault(_) => None,
        };
        let goodbye = self.wire.goodbye(notice, Message::Close(Some(close.frame())));
        match timeout(FAREWELL, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the peer was gone before the close frame"),
            Err(_) => tracing::debug!("the peer did not close its side in time"),
        }
    }
}

async fn send_missed(missed: Missed, until: u64, answers: mpsc::Sender<Answer>) {
    for answer in missed.frames().cloned().map(Answer::Frame).chain([Answer::Reached(until)]) {
        if answers.send(answer).await.is_err() {
            tracing::debug!("the socket closed during the replay");
            break;
        }
    }
    // Who comes back until now gets the same.
    drop(missed);
}
