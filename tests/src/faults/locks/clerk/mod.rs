//! A clerk's desktop without its window: speaks the real protocol, keeps its leases as the desktop's core does, and writes a journal.

mod line;
mod saves;

use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    events::ServerNotice,
    locks::{AcquireLock, LockGranted, LockPurpose, LockTold, LocksRenewed, ReleaseLock, RenewLocks, TakeOverLock},
    problem::{Problem, ProblemCode},
    session::{Nothing, SessionId, SessionToken},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::journal::{Did, Journal, Line, Span};
use crate::{
    desk::Desk,
    faults::{dice::Dice, moment::Moment},
    office::{CLERK_PASSWORD, SUPERVISOR_PASSWORD},
};

/// A request without an answer for so long: the socket is given up and opened again.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two attempts to come back.
const PAUSE: Duration = Duration::from_millis(60);

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
}

fn lease_end(sent: Moment, lease_ms: u64) -> Moment {
    sent.after(Duration::from_millis(lease_ms - lease_ms / 10))
}

fn offline(why: &str) -> Problem {
    Problem::new(ProblemCode::Offline, why)
}
