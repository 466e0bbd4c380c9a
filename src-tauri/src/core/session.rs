//! The session in the core: it begins with a password, outlives a window that was killed, and leaves nothing behind when it is over.

use postoffice_protocol::{
    call::Call,
    desktop::{CoreEvent, LastSignIn, Link},
    problem::Problem,
    session::{Nothing, Session, SessionToken, SignIn, SignedIn},
};

use super::Core;
use crate::vault::KeptSession;

impl Core {
    /// Comes back to the session of a desktop that was killed: what it showed can be read at once, and resumes with the first link.
    pub(super) fn come_back(&self) {
        self.keeper.erase_old_pages(self.clock.now());
        let Some(KeptSession { token, session }) = self.vault.read() else { return };
        if session.expires_at <= self.clock.now() {
            return self.vault.forget();
        }
        let pages = self.keeper.pages_of(session.employee);
        self.seen.take_up(session.employee, session.branch.id.clone(), pages);
        self.take_up_commands(session.employee, self.keeper.commands_of(session.employee));
        self.drafts.take_up(session.employee, self.keeper.drafts_of(session.employee));
        let mut state = self.lock();
        state.sequence = self.seen.sequence().max(session.sequence);
        (state.token, state.session) = (Some(token), Some(session));
    }

    /// Takes up what an employee left here. `fresh`: nothing that was missed since will be told.
    pub(crate) async fn take_up(&self, session: &Session, fresh: bool) {
        let employee = session.employee;
        if self.pending.owner() != Some(employee) {
            let keeper = self.keeper.clone();
            let found = self.keeper.done(move || keeper.commands_of(employee)).await;
            self.take_up_commands(employee, found.unwrap_or_default());
        }
        if self.drafts.owner() != Some(employee) {
            let keeper = self.keeper.clone();
            let drafts = self.keeper.done(move || keeper.drafts_of(employee)).await;
            self.drafts.take_up(employee, drafts.unwrap_or_default());
        }
        if self.seen.owner() != Some(employee) {
            let keeper = self.keeper.clone();
            let pages = self.keeper.done(move || keeper.pages_of(employee)).await;
            self.seen.take_up(employee, session.branch.id.clone(), pages.flatten());
        }
        if fresh && self.seen.sequence() != session.sequence {
            self.seen.gap();
        }
    }

    pub(crate) fn token(&self) -> Option<(SessionToken, u64)> {
        let state = self.lock();
        state.token.clone().map(|token| (token, state.sequence))
    }

    /// The session as it is.
    pub fn session(&self) -> Option<Session> {
        self.lock().session.clone()
    }

    pub(crate) fn set_session(&self, session: Session) {
        self.lock().session = Some(session.clone());
        self.tell(CoreEvent::Session(Some(session)));
    }

    /// The session is over; whatever the cause, its token is of no more use.
    pub(crate) fn forget_session(&self) {
        {
            let mut state = self.lock();
            state.session = None;
            state.token = None;
            state.sequence = 0;
        }
        self.editors.forget_all();
        self.line.forget_all();
        self.questions.forget_all();
        self.pending.forget();
        self.drafts.forget();
        self.tell_pending();
        self.vault.forget();
        if let Some(owner) = self.seen.forget() {
            self.keeper.erase_pages(owner);
        }
        self.tell(CoreEvent::Session(None));
    }

    /// Begins a session.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<Session, Problem> {
        let last = LastSignIn {
            branch: sign_in.branch.0.clone(),
            station: sign_in.station.clone(),
            login: sign_in.login.clone(),
        };
        let signed_in: SignedIn = self.ask_for(Call::SignIn(sign_in)).await?;
        self.vault.write(&KeptSession { token: signed_in.token.clone(), session: signed_in.session.clone() });
        {
            let mut state = self.lock();
            state.token = Some(signed_in.token);
            // Changes may have overtaken the answer; they count from the later of both.
            state.sequence = state.sequence.max(signed_in.session.sequence);
        }
        self.remember(|settings| settings.last_sign_in = Some(last));
        self.take_up(&signed_in.session, true).await;
        self.set_session(signed_in.session.clone());
        self.set_link(Link::Live { caught_up: 0 });
        // What this employee left here goes now.
        self.pending_added.notify_one();
        self.load_locks().await;
        Ok(signed_in.session)
    }

    /// The window is closing. Who closes it while there is a link goes home, and the password is asked for the next time; who closes it without
    /// one wants to know whether that helps, and must still be able to read.
    pub(crate) async fn goodbye(&self) {
        self.let_go().await;
        self.write_seen().await;
        if !matches!(self.link(), Some(Link::Offline { .. })) {
            self.vault.forget();
        }
    }

    /// Frees every lock and leaves every line: the clerk goes.
    pub(crate) async fn let_go(&self) {
        self.editors.release_all(self).await;
        self.line.leave_all(self).await;
    }

    /// Ends the session and frees its locks. Also without a server: then only here, and the leases end by themselves.
    pub async fn sign_out(&self) {
        self.let_go().await;
        if let Err(problem) = self.ask(Call::SignOut(Nothing {})).await {
            tracing::info!(%problem, "signed out here only");
        }
        self.forget_session();
        if !matches!(self.link(), Some(Link::Offline { .. } | Link::NoServer) | None) {
            self.set_link(Link::SignedOut);
        }
    }
}
