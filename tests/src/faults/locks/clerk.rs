//! A clerk's desktop without its window: speaks the real protocol, keeps its leases as the desktop's core does, and writes a journal.

use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    events::ServerNotice,
    locks::{
        AcquireLock, AnswerAsk, AskAnswer, AskAnswered, AskForLock, InLine, LeaveLine, LockGranted, LockPurpose,
        LockTold, LocksRenewed, ReleaseLock, RenewLocks, TakeOverLock, WaitForLock,
    },
    orders::{ChangeLocation, CommandId, PlaceItem, SetPlaces},
    problem::{Problem, ProblemCode},
    session::{Nothing, SessionId, SessionToken},
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::journal::{Answer, Did, Journal, Line, Span};
use crate::{
    desk::Desk,
    faults::{dice::Dice, moment::Moment},
    office::{CLERK_PASSWORD, SUPERVISOR_PASSWORD},
};

/// A request without an answer for so long: the socket is given up and opened again.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two attempts to come back.
const PAUSE: Duration = Duration::from_millis(60);
/// An unanswered save is sent again for so long.
const SAVE_WITHIN: Duration = Duration::from_secs(25);
/// The city of every change; no order goes there, so that none is ever delivered.
const CITY: &str = "Вінниця";

/// Who sits down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A clerk of Lviv 3.
    Clerk,
    /// The supervisor.
    Supervisor,
}

/// An editor that is open, as its clerk believes.
#[derive(Debug, Clone)]
pub struct Editor {
    /// The order.
    pub ttn: Ttn,
    /// The token that goes with the save.
    pub fence: u64,
    /// A colleague asks for it.
    pub asked: bool,
    /// When its lease ends if nothing renews it: counted from sending, less a tenth.
    pub ends: Moment,
    /// When to renew next.
    pub renew: Moment,
    renew_every: Duration,
    /// The clerk knows that the lock is gone.
    pub gone: bool,
}

/// A clerk.
pub struct Clerk {
    address: String,
    role: Role,
    station: String,
    journal: Journal,
    dice: Dice,
    desk: Option<Desk>,
    token: Option<SessionToken>,
    session: SessionId,
    streets: u64,
}

impl Clerk {
    /// Sits down at a station of its own, as soon as the server lets it.
    pub async fn sit_down(address: &str, role: Role, station: u64, dice: Dice, journal: Journal) -> Self {
        let mut clerk = Self {
            address: address.to_owned(),
            role,
            station: format!("s{station}"),
            journal,
            dice,
            desk: None,
            token: None,
            session: SessionId(Uuid::nil()),
            streets: 0,
        };
        while clerk.connect().await.is_err() {
            sleep(PAUSE).await;
        }
        clerk
    }

    /// Its session.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// Its dice.
    pub const fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    async fn connect(&mut self) -> Result<&mut Desk, Problem> {
        if self.desk.is_none() {
            let desk = timeout(PATIENCE, self.open_desk()).await.map_err(|_| offline("nobody answers"))??;
            self.token.clone_from(&desk.token);
            self.session = desk.session.as_ref().map_or(self.session, |session| session.id);
            self.desk = Some(desk);
        }
        self.desk.as_mut().ok_or_else(|| offline("no desk"))
    }

    async fn open_desk(&self) -> Result<Desk, Problem> {
        if let Some(token) = &self.token {
            match Desk::resumed(&self.address, token).await {
                // The session has ended: the clerk signs in again.
                Err(problem) if problem.code == ProblemCode::Unauthenticated => {}
                resumed => return resumed,
            }
        }
        let (login, password) = match self.role {
            Role::Clerk => ("clerk12", CLERK_PASSWORD),
            Role::Supervisor => ("supervisor1", SUPERVISOR_PASSWORD),
        };
        Desk::try_signed_in_with(&self.address, login, password, &self.station).await
    }

    /// Asks once. Whoever does not answer in time is left, and found again with the next question.
    async fn ask<T: DeserializeOwned>(&mut self, call: Call) -> Result<(T, Span), Problem> {
        let desk = self.connect().await?;
        let sent = Moment::now();
        let asked = timeout(PATIENCE, desk.ask_for::<T>(call)).await;
        let Ok(asked) = asked else {
            self.desk = None;
            return Err(offline("no answer in time"));
        };
        match asked {
            Ok(answer) => Ok((answer, Span { sent, answered: Moment::now() })),
            Err(problem) => {
                if matches!(problem.code, ProblemCode::Offline | ProblemCode::Unauthenticated) {
                    self.desk = None;
                    sleep(PAUSE).await;
                }
                Err(problem)
            }
        }
    }

    fn write(&self, ttn: Ttn, at: Span, did: Did) {
        self.journal.write(Line { at, session: self.session, ttn, did });
    }

    fn write_now(&self, ttn: Ttn, did: Did) {
        let now = Moment::now();
        self.write(ttn, Span { sent: now, answered: now }, did);
    }

    /// Opens the editor.
    ///
    /// # Errors
    /// `order_locked`, `locks_unavailable`, `offline` …
    pub async fn open(&mut self, ttn: Ttn) -> Result<Editor, Problem> {
        let call = Call::AcquireLock(AcquireLock { ttn, purpose: LockPurpose::EditPlace });
        let (granted, at) = self.ask::<LockGranted>(call).await?;
        Ok(self.opened(ttn, &granted, at, false))
    }

    /// Takes the lock over.
    ///
    /// # Errors
    /// `forbidden`, `locks_unavailable`, `offline` …
    pub async fn take_over(&mut self, ttn: Ttn) -> Result<Editor, Problem> {
        let call =
            Call::TakeOverLock(TakeOverLock {
                command_id: self.command_id(), ttn, reason: "терміново".to_owned()
            });
        let (granted, at) = self.ask::<LockGranted>(call).await?;
        Ok(self.opened(ttn, &granted, at, true))
    }

    fn opened(&self, ttn: Ttn, granted: &LockGranted, at: Span, by_force: bool) -> Editor {
        let street = granted.order.order.location.street.clone();
        self.write(ttn, at, Did::Loaded { fence: granted.lease.fence, street, by_force });
        let renew_every = Duration::from_millis(granted.lease.renew_every_ms);
        Editor {
            ttn,
            fence: granted.lease.fence,
            asked: false,
            ends: lease_end(at.sent, granted.lease.lease_ms),
            renew: at.sent.after(renew_every),
            renew_every,
            gone: false,
        }
    }

    /// Renews an editor's lock and takes in what was told meanwhile.
    pub async fn renew(&mut self, editor: &mut Editor) {
        let asked = self.ask::<LocksRenewed>(Call::RenewLocks(RenewLocks { ttns: vec![editor.ttn] })).await;
        match asked {
            Ok((answer, at)) if answer.renewed.contains(&editor.ttn) => {
                self.write(editor.ttn, at, Did::Renewed);
                editor.ends = lease_end(at.sent, answer.lease_ms);
                editor.renew = at.sent.after(editor.renew_every);
                editor.asked |= answer.asked.iter().any(|ask| ask.ttn == editor.ttn);
            }
            Ok(_) => editor.gone = true,
            Err(_) => editor.renew = Moment::now().after(editor.renew_every / 3),
        }
        self.take_in(editor);
    }

    /// What was told about this editor.
    fn take_in(&mut self, editor: &mut Editor) {
        let Some(desk) = &mut self.desk else { return };
        for notice in desk.kept() {
            match notice {
                ServerNotice::LockTold(LockTold::Asked { ask }) if ask.ttn == editor.ttn => editor.asked = true,
                ServerNotice::LockTold(LockTold::AskEnded { ttn }) if ttn == editor.ttn => editor.asked = false,
                ServerNotice::LockTold(LockTold::Lost { ttn, .. }) if ttn == editor.ttn => editor.gone = true,
                _ => {}
            }
        }
    }

    /// Keeps an editor open for a while as the desktop's core does; ends early when it is gone or its lease is over.
    pub async fn edit(&mut self, editor: &mut Editor, until: Moment) {
        while !editor.gone && Moment::now() < until {
            if editor.ends <= Moment::now() {
                editor.gone = true;
            } else if editor.renew <= Moment::now() {
                self.renew(editor).await;
            } else {
                sleep(editor.renew.min(until).min(editor.ends).from_now().max(Duration::from_millis(1))).await;
            }
            if editor.asked {
                return;
            }
        }
    }

    /// Sleeps as a computer does: renews nothing, looks at no clock, and wakes up believing what it believed.
    pub async fn sleep(&mut self, editor: &Editor, how_long: Duration) {
        self.write_now(editor.ttn, Did::Slept);
        sleep(how_long).await;
    }

    /// Saves another place, again and again under the same id until it is answered; the answer, if one came in time.
    pub async fn save(&mut self, editor: &Editor) -> Option<Answer> {
        let (command_id, street) = (self.command_id(), self.street());
        let answer = self.save_as(editor, command_id, &street).await;
        self.let_go(editor);
        answer
    }

    /// Saves under a known id.
    pub async fn save_as(&mut self, editor: &Editor, command_id: CommandId, street: &str) -> Option<Answer> {
        let call = Call::ChangeLocation(ChangeLocation {
            command_id,
            ttn: editor.ttn,
            fence: editor.fence,
            city: CITY.to_owned(),
            street: street.to_owned(),
            note: None,
        });
        self.command(editor.ttn, command_id, street, Some(editor.fence), call).await
    }

    /// Sets a place without an editor: a short command, which takes and frees the lock itself.
    pub async fn set_place(&mut self, ttn: Ttn) -> Option<Answer> {
        let (command_id, street) = (self.command_id(), self.street());
        let items = vec![PlaceItem { command_id, ttn }];
        let call = Call::SetPlaces(SetPlaces { items, city: CITY.to_owned(), street: street.clone(), note: None });
        self.command(ttn, command_id, &street, None, call).await
    }

    async fn command(
        &mut self,
        ttn: Ttn,
        command: CommandId,
        street: &str,
        fence: Option<u64>,
        call: Call,
    ) -> Option<Answer> {
        let began = Moment::now();
        let deadline = Instant::now() + SAVE_WITHIN;
        while Instant::now() < deadline {
            // Its session may be another one than at the first attempt.
            if self.connect().await.is_err() {
                sleep(PAUSE).await;
                continue;
            }
            self.write_now(ttn, Did::Asked { command, street: street.to_owned(), fence });
            if let Some(answer) = self.outcome(call.clone(), command).await {
                let at = Span { sent: began, answered: Moment::now() };
                self.write(ttn, at, Did::Answered { command, answer });
                return Some(answer);
            }
        }
        None
    }

    /// Sends a command and waits for its outcome; none when the link broke on the way.
    async fn outcome(&mut self, call: Call, command: CommandId) -> Option<Answer> {
        match self.ask::<serde_json::Value>(call).await {
            Ok(_) => {}
            Err(problem) => return final_answer(&problem),
        }
        let desk = self.desk.as_mut()?;
        let outcome = timeout(PATIENCE, async {
            loop {
                match desk.notice().await {
                    Ok(ServerNotice::Outcome(outcome)) if outcome.command_id == command => return Ok(outcome.problem),
                    Ok(_) => {}
                    Err(problem) => return Err(problem),
                }
            }
        });
        match outcome.await {
            Ok(Ok(None)) => Some(Answer::Done),
            Ok(Ok(Some(problem))) => final_answer(&problem),
            Ok(Err(_)) | Err(_) => {
                self.desk = None;
                None
            }
        }
    }

    /// Frees the lock. Without an answer its lease ends by itself.
    pub async fn release(&mut self, editor: &Editor) {
        self.let_go(editor);
        if let Ok((_, at)) = self.ask::<Nothing>(Call::ReleaseLock(ReleaseLock { ttn: editor.ttn })).await {
            self.write(editor.ttn, at, Did::Released);
        }
    }

    /// Believes no more that it holds the lock.
    pub fn let_go(&self, editor: &Editor) {
        self.write_now(editor.ttn, Did::LetGo);
    }

    /// Stands in line, or goes on standing.
    ///
    /// # Errors
    /// `locks_unavailable`, `offline`.
    pub async fn wait(&mut self, ttn: Ttn, asking: bool) -> Result<InLine, Problem> {
        let call = if asking { Call::AskForLock(AskForLock { ttn }) } else { Call::WaitForLock(WaitForLock { ttn }) };
        let (state, at) = self.ask::<InLine>(call).await?;
        let granted = matches!(state, InLine::Granted { .. });
        self.write(ttn, at, Did::Waited { asking, granted });
        Ok(state)
    }

    /// Waits no more.
    pub async fn leave(&mut self, ttn: Ttn) {
        if let Ok((_, at)) = self.ask::<Nothing>(Call::LeaveLine(LeaveLine { ttn })).await {
            self.write(ttn, at, Did::Left);
        }
    }

    /// Answers a colleague who asks. After a hand-over the editor is gone.
    pub async fn answer(&mut self, editor: &mut Editor, answer: AskAnswer) {
        editor.asked = false;
        if answer == AskAnswer::HandOver {
            self.let_go(editor);
            editor.gone = true;
        }
        let call = Call::AnswerAsk(AnswerAsk { ttn: editor.ttn, answer, by_silence: false });
        if let Ok((answered, at)) = self.ask::<AskAnswered>(call).await
            && answered.holder.is_some()
        {
            self.write(editor.ttn, at, Did::HandedOver);
        }
    }

    /// Listens for a while and writes down who has locks.
    pub async fn listen(&mut self, until: Moment) {
        while Moment::now() < until {
            let Ok(desk) = self.connect().await else { continue };
            let heard = timeout(until.from_now(), desk.notice()).await;
            match heard {
                Ok(Ok(ServerNotice::Locks(news))) => {
                    let now = Moment::now();
                    for lock in news.held {
                        let at = Span { sent: now, answered: now };
                        self.journal.write(Line { at, session: lock.holder.session, ttn: lock.ttn, did: Did::Heard });
                    }
                }
                Ok(Err(_)) => self.desk = None,
                Ok(Ok(_)) | Err(_) => {}
            }
        }
    }

    /// A new command id.
    pub fn command_id(&mut self) -> CommandId {
        let (high, low) = (self.dice.throw(), self.dice.throw());
        // As version 7 it would begin with the time; the server takes any version.
        CommandId(
            uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid(),
        )
    }

    /// A street that nobody else ever names.
    pub fn street(&mut self) -> String {
        self.streets += 1;
        format!("Сортувальний центр {}-{}-{:04x}", self.station, self.streets, self.dice.throw() & 0xffff)
    }
}

/// What the answer to a command is, if it is one for good.
const fn final_answer(problem: &Problem) -> Option<Answer> {
    match problem.code {
        ProblemCode::Offline | ProblemCode::Unauthenticated | ProblemCode::RateLimited | ProblemCode::ServerBusy => {
            None
        }
        ProblemCode::LockLost => Some(Answer::LockLost),
        code => Some(Answer::Refused(code)),
    }
}

fn lease_end(sent: Moment, lease_ms: u64) -> Moment {
    sent.after(Duration::from_millis(lease_ms - lease_ms / 10))
}

fn offline(why: &str) -> Problem {
    Problem::new(ProblemCode::Offline, why)
}
