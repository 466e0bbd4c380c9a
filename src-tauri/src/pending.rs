//! Commands without an outcome, in memory. They survive a broken link: sent again under the same id until the server has spoken. The
//! same list is on the disk ([`crate::keep`]), so they survive the end of this desktop too.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postoffice_domain::{people::EmployeeId, ttn::Ttn};
use postoffice_protocol::{
    call::Call,
    desktop::PendingCommand,
    events::CommandOutcome,
    orders::CommandId,
    problem::{Problem, ProblemCode},
    session::SessionId,
};
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};

use crate::keep::KeptCommand;
use waiting::{End, Waiting, registered};
pub use waiting::{command_of, is_answered};

mod waiting;

/// How many may wait at once: a day's work of a busy station.
pub(crate) const MOST: usize = 200;
/// When a server that was too busy is asked again, if it did not say.
const AGAIN: Duration = Duration::from_secs(1);

/// How a command ended.
#[derive(Debug)]
pub enum Ended {
    /// With an answer ([`is_answered`]).
    Answered(Result<Box<RawValue>, Box<Problem>>),
    /// With an outcome (accepted commands).
    Outcome(Box<CommandOutcome>),
}

/// What an answer or outcome did to a command.
#[derive(Debug, PartialEq)]
pub(crate) enum After {
    /// Nothing ended.
    Waits,
    /// It is to be sent again, after this time.
    Again(Duration),
    /// It ended: erase it from the disk.
    Over,
    /// It ended, and the clerk has to see how: keep it so.
    Refused(EmployeeId, Box<KeptCommand>),
}

/// A command that is about to be sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Leaving {
    /// It was taken back, or ended.
    Gone,
    /// For the first time: write it down so, before the first byte leaves.
    First(EmployeeId, Box<KeptCommand>),
    /// It left before.
    Again,
}

#[derive(Default)]
struct List {
    /// Whose commands these are; nobody's while nobody is signed in.
    owner: Option<EmployeeId>,
    commands: Vec<Waiting>,
}

/// The commands that wait, and the ends that nobody has seen yet, of the employee who is signed in.
#[derive(Default)]
pub struct Pending(Mutex<List>);

impl Pending {
    /// Whose list this is.
    pub(crate) fn owner(&self) -> Option<EmployeeId> {
        self.lock().owner
    }

    /// Takes up the commands that an employee left here.
    pub(crate) fn take_up(&self, owner: EmployeeId, kept: Vec<KeptCommand>) {
        let mut list = self.lock();
        list.owner = Some(owner);
        list.commands = kept
            .into_iter()
            .filter_map(|KeptCommand { since, sent, call, refused }| {
                let (id, _) = command_of(&call)?;
                let end = refused.map(|problem| End::Refused { problem, is_kept: true });
                Some(Waiting { waited: true, sent, end, ..Waiting::new(id, call, since) })
            })
            .collect();
    }

    /// Nobody is signed in any more: what waits stays on the disk for its owner.
    pub(crate) fn forget(&self) {
        *self.lock() = List::default();
    }

    /// Waits together with whoever gave the same command: pressing twice is one command.
    pub(crate) fn join(&self, id: CommandId) -> Option<oneshot::Receiver<Ended>> {
        let mut list = self.lock();
        let command = list.commands.iter_mut().find(|command| command.id == id && command.end.is_none())?;
        let (ended, receiver) = oneshot::channel();
        command.ended.push(ended);
        Some(receiver)
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().commands.len() < MOST
    }

    /// Adds a command of `owner`, kept on the disk before; `None` when somebody else is signed in by now.
    pub(crate) fn add(&self, owner: EmployeeId, kept: KeptCommand) -> Option<oneshot::Receiver<Ended>> {
        let (id, _) = command_of(&kept.call)?;
        if let Some(joined) = self.join(id) {
            return Some(joined);
        }
        let mut list = self.lock();
        if list.owner != Some(owner) {
            return None;
        }
        let (ended, receiver) = oneshot::channel();
        list.commands.retain(|command| command.id != id);
        let KeptCommand { since, sent, call, .. } = kept;
        list.commands.push(Waiting { sent, waited: !sent, ended: vec![ended], ..Waiting::new(id, call, since) });
        Some(receiver)
    }

    /// The server answered the request that carried the command.
    pub(crate) fn answered(
        &self,
        id: CommandId,
        answer: Result<Box<RawValue>, Box<Problem>>,
        session: Option<SessionId>,
    ) -> After {
        let mut list = self.lock();
        let Some(at) = list.waits_at(id) else { return After::Waits };
        let Some(command) = list.commands.get_mut(at) else { return After::Waits };
        let ends = is_answered(&command.call);
        let answer = match answer {
            Ok(_) if !ends => {
                command.accepted = true;
                return After::Waits;
            }
            // It waits until its owner signs in again.
            Err(problem) if problem.code == ProblemCode::Unauthenticated => return After::Waits,
            Err(problem) if command.goes_again_after(problem.code) => {
                let after = problem.retry_after_ms.map_or(AGAIN, Duration::from_millis);
                command.not_before = Some(Instant::now() + after);
                return After::Again(after);
            }
            answer => answer,
        };
        let ttn = command_of(&command.call).and_then(|(_, ttn)| ttn);
        let mut heard = false;
        for ended in std::mem::take(&mut command.ended) {
            let end = match (&answer, ttn, session) {
                (Err(problem), Some(ttn), Some(session)) if !ends => {
                    let problem = Some(problem.as_ref().clone());
                    Ended::Outcome(Box::new(CommandOutcome { command_id: id, session, ttn, problem, version: None }))
                }
                (answer, _, _) => Ended::Answered(copy(answer)),
            };
            heard |= ended.send(end).is_ok();
        }
        let end = answer.map(|answer| ttn.or_else(|| registered(&answer)));
        list.over(at, end, heard)
    }

    /// The outcome of an accepted command arrived.
    pub(crate) fn outcome(&self, outcome: &CommandOutcome) -> After {
        let mut list = self.lock();
        let Some(at) = list.waits_at(outcome.command_id) else { return After::Waits };
        let Some(command) = list.commands.get_mut(at) else { return After::Waits };
        let mut heard = false;
        for ended in std::mem::take(&mut command.ended) {
            heard |= ended.send(Ended::Outcome(Box::new(outcome.clone()))).is_ok();
        }
        let end = outcome.problem.clone().map_or(Ok(Some(outcome.ttn)), |problem| Err(Box::new(problem)));
        list.over(at, end, heard)
    }

    /// What must be sent (again) on the present socket, oldest first. Changes of one order go one after the other.
    pub(crate) fn to_send(&self) -> Vec<(CommandId, Call)> {
        let now = Instant::now();
        let list = self.lock();
        let waiting = || list.commands.iter().filter(|command| command.end.is_none());
        waiting()
            .enumerate()
            .filter(|(at, command)| {
                let ttn = command_of(&command.call).and_then(|(_, ttn)| ttn);
                let before =
                    || waiting().take(*at).any(|other| command_of(&other.call).is_some_and(|(_, of)| of == ttn));
                let now_or_later = command.not_before.is_none_or(|at| at <= now);
                !command.accepted && now_or_later && (ttn.is_none() || !before())
            })
            .map(|(_, command)| (command.id, command.call.clone()))
            .collect()
    }

    /// It is about to be sent: from now on it cannot be taken back.
    pub(crate) fn sending(&self, id: CommandId) -> Leaving {
        let mut list = self.lock();
        let owner = list.owner;
        let found = list.commands.iter_mut().find(|command| command.id == id && command.end.is_none());
        match (owner, found) {
            (Some(owner), Some(command)) if !command.sent => {
                command.sent = true;
                Leaving::First(owner, Box::new(command.kept()))
            }
            (Some(_), Some(_)) => Leaving::Again,
            _ => Leaving::Gone,
        }
    }

    /// Takes back what was never sent.
    ///
    /// # Errors
    /// `refused`: it may have reached the server.
    pub(crate) fn withdraw(&self, id: CommandId) -> Result<Option<EmployeeId>, Box<Problem>> {
        let mut list = self.lock();
        let Some(at) = list.waits_at(id) else { return Ok(None) };
        if list.commands.get(at).is_some_and(|command| command.sent) {
            return Err(Box::new(Problem::new(ProblemCode::Refused, "the command was sent already")));
        }
        list.commands.remove(at);
        Ok(list.owner)
    }

    /// The refusal of a command was brought to the disk: now it can be shown.
    pub(crate) fn refusal_kept(&self, id: CommandId) {
        let mut list = self.lock();
        let command = list.commands.iter_mut().find(|command| command.id == id);
        if let Some(End::Refused { is_kept, .. }) = command.and_then(|command| command.end.as_mut()) {
            *is_kept = true;
        }
    }

    /// The clerk has seen how it ended.
    pub(crate) fn dismiss(&self, id: CommandId) -> Option<EmployeeId> {
        let mut list = self.lock();
        let at = list.commands.iter().position(|command| command.id == id && command.end.is_some())?;
        list.commands.remove(at);
        list.owner
    }

    /// A fresh socket: outcomes that were on the way on the old one may be lost, so everything goes again.
    pub(crate) fn forget_accepted(&self) {
        for command in &mut self.lock().commands {
            command.accepted = false;
            command.not_before = None;
        }
    }

    /// The link is gone: what waits now waits longer than a clerk looks at a dialog.
    pub(crate) fn link_broke(&self) {
        for command in &mut self.lock().commands {
            command.waited = true;
            command.accepted = false;
        }
    }

    /// How many have no outcome yet.
    pub fn waiting(&self) -> usize {
        self.lock().commands.iter().filter(|command| command.end.is_none()).count()
    }

    /// For the window.
    pub fn list(&self) -> Vec<PendingCommand> {
        self.lock().commands.iter().map(Waiting::shown).collect()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        // No change of the list can stop half way, so a panic elsewhere leaves it good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn waits_at(&self, id: CommandId) -> Option<usize> {
        self.commands.iter().position(|command| command.id == id && command.end.is_none())
    }

    /// A command ended; `heard`: somebody at the window was told.
    fn over(&mut self, at: usize, end: Result<Option<Ttn>, Box<Problem>>, heard: bool) -> After {
        let Some(command) = self.commands.get_mut(at) else { return After::Waits };
        let seen = heard && (end.is_ok() || !command.waited);
        command.end = Some(match end {
            Ok(done) => End::Done(done),
            Err(problem) => End::Refused { problem, is_kept: false },
        });
        let kept = command.kept();
        if seen {
            self.commands.remove(at);
        }
        match self.owner {
            Some(owner) if !seen && kept.refused.is_some() => After::Refused(owner, Box::new(kept)),
            _ => After::Over,
        }
    }
}

fn copy(answer: &Result<Box<RawValue>, Box<Problem>>) -> Result<Box<RawValue>, Box<Problem>> {
    match answer {
        Ok(result) => Ok(result.clone()),
        Err(problem) => Err(problem.clone()),
    }
}

#[cfg(test)]
mod tests;
