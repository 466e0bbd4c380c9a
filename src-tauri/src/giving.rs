//! Giving commands to the server. A command is on the disk before it is sent and is erased when its outcome is known; in between it goes
//! again and again under the same id, after breaks and restarts, and the server carries it out once.

use std::sync::Arc;

use postoffice_domain::people::EmployeeId;
use postoffice_protocol::{
    call::Call,
    desktop::{CoreEvent, DiskTrouble, Link},
    events::CommandOutcome,
    orders::CommandId,
    problem::{Problem, ProblemCode},
};
use serde_json::value::RawValue;

use crate::{
    core::Core,
    keep::{Found, KeptCommand},
    pending::{After, Ended, Leaving, command_of, is_answered},
};

impl Core {
    /// Gives a command to the server and waits for its end, over broken links too.
    async fn command(&self, call: Call) -> Result<Ended, Problem> {
        let Some((id, _)) = command_of(&call) else {
            return Err(Problem::new(ProblemCode::BadRequest, "not a command"));
        };
        let ended = match self.pending.join(id) {
            Some(joined) => joined,
            None => self.begin(id, call).await?,
        };
        ended.await.map_err(|_| Problem::new(ProblemCode::Offline, "the session ended; the command waits for the next"))
    }

    async fn begin(&self, id: CommandId, call: Call) -> Result<tokio::sync::oneshot::Receiver<Ended>, Problem> {
        let signed_out = || Problem::new(ProblemCode::Unauthenticated, "nobody is signed in");
        let owner = self.session().ok_or_else(signed_out)?.employee;
        if !self.pending.has_room() {
            return Err(Problem::new(ProblemCode::Offline, "too many commands wait already"));
        }
        // Without a link it can still be taken back; with one it is as good as sent, and the disk is asked only once.
        let sent = matches!(self.link(), Some(Link::Live { .. } | Link::CatchingUp { .. }));
        let kept = KeptCommand { since: self.clock.now(), sent, call, refused: None };
        self.keep(owner, id, kept.clone()).await;
        let ended = self.pending.add(owner, kept).ok_or_else(signed_out)?;
        self.tell_pending();
        self.pending_added.notify_one();
        Ok(ended)
    }

    /// A full disk stops nobody's work: the command goes out of memory, and the clerk is told what that means.
    async fn keep(&self, owner: EmployeeId, id: CommandId, command: KeptCommand) {
        let kept = self.keeper.keep_command(owner, id, command).await;
        self.disk_answered(kept);
    }

    /// A read, or a command whose answer is its end, as the server answers it; a read of orders without a link, as it was seen last.
    ///
    /// # Errors
    /// The server's refusal; `offline` for reads; `bad_request` for methods that are not for the window.
    pub async fn request(&self, call: Call) -> Result<Box<RawValue>, Problem> {
        match call {
            Call::ListOrders(_)
            | Call::GetOrder(_)
            | Call::RecentOrders(_)
            | Call::ListMessages(_)
            | Call::GetMessage(_)
            | Call::CountMessages(_)
            | Call::GetTemplates(_)
            | Call::LockSnapshot(_) => self.read(call).await,
            call if is_answered(&call) => match self.command(call).await? {
                Ended::Answered(answer) => answer.map_err(|problem| *problem),
                Ended::Outcome(_) => Err(Problem::new(ProblemCode::Internal, "an outcome instead of an answer")),
            },
            _ => Err(Problem::new(ProblemCode::BadRequest, "this method is not for the window")),
        }
    }

    /// A change that the server accepts at once and ends later.
    ///
    /// # Errors
    /// `bad_request` for other methods. A refusal is an outcome with a problem.
    pub async fn submit(&self, call: Call) -> Result<CommandOutcome, Problem> {
        if is_answered(&call) {
            return Err(Problem::new(ProblemCode::BadRequest, "this command is answered, not accepted"));
        }
        match self.command(call).await? {
            Ended::Outcome(outcome) => Ok(*outcome),
            Ended::Answered(Err(problem)) => Err(*problem),
            Ended::Answered(Ok(_)) => Err(Problem::new(ProblemCode::Internal, "an answer instead of an outcome")),
        }
    }

    /// Takes a command back that was never sent.
    ///
    /// # Errors
    /// `refused`: it may have reached the server, and will be carried out.
    pub fn withdraw(&self, id: CommandId) -> Result<(), Box<Problem>> {
        if let Some(owner) = self.pending.withdraw(id)? {
            self.keeper.erase_command(owner, id);
            self.tell_pending();
        }
        Ok(())
    }

    /// The clerk has seen how a command ended.
    pub fn dismiss(&self, id: CommandId) {
        if let Some(owner) = self.pending.dismiss(id) {
            self.keeper.erase_command(owner, id);
            self.tell_pending();
        }
    }

    /// Takes up the commands that an employee left here: in an earlier session, or before this desktop ended in the middle of something.
    pub(crate) fn take_up_commands(&self, owner: EmployeeId, found: Found) {
        if found.damaged > 0 {
            let folder = found.aside.map(|path| path.display().to_string()).unwrap_or_default();
            self.set_trouble(Some(DiskTrouble::SetAside { files: found.damaged, folder }));
        }
        if !found.commands.is_empty() {
            tracing::info!(commands = found.commands.len(), "taken up from an earlier session");
        }
        self.pending.take_up(owner, found.commands);
        self.tell_pending();
    }

    /// A command is about to leave; false: it was taken back.
    pub(crate) async fn sending(&self, id: CommandId) -> bool {
        match self.pending.sending(id) {
            Leaving::Gone => return false,
            Leaving::First(owner, kept) => self.keep(owner, id, *kept).await,
            Leaving::Again => {}
        }
        true
    }

    /// The server answered the request that carried a command.
    pub(crate) fn command_answered(self: &Arc<Self>, id: CommandId, answer: Result<Box<RawValue>, Box<Problem>>) {
        let session = self.session().map(|session| session.id);
        let after = self.pending.answered(id, answer, session);
        self.after(id, after);
    }

    /// The outcome of an accepted command arrived.
    pub(crate) fn command_ended(self: &Arc<Self>, outcome: &CommandOutcome) {
        let after = self.pending.outcome(outcome);
        self.after(outcome.command_id, after);
    }

    fn after(self: &Arc<Self>, id: CommandId, after: After) {
        match after {
            After::Waits => {}
            After::Again(pause) => {
                let core = Arc::clone(self);
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    core.pending_added.notify_one();
                });
            }
            After::Over => {
                if let Some(owner) = self.pending.owner() {
                    self.keeper.erase_command(owner, id);
                }
            }
            After::Refused(owner, kept) => {
                // What the clerk has been shown is on the disk: a window that is killed then shows it again.
                let core = Arc::clone(self);
                tokio::spawn(async move {
                    core.keep(owner, id, *kept).await;
                    core.pending.refusal_kept(id);
                    core.tell_pending();
                });
                return;
            }
        }
        self.tell_pending();
    }

    /// Tells the window what waits.
    pub(crate) fn tell_pending(&self) {
        self.tell(CoreEvent::Pending(self.pending.list()));
    }
}

#[cfg(test)]
mod tests;
