//! Commands without an outcome. They survive a broken link: sent again under the same id until the server has spoken.

use std::sync::{Mutex, MutexGuard, PoisonError};

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    call::Call,
    desktop::PendingCommand,
    events::CommandOutcome,
    orders::{CommandId, SetPlaces},
    problem::Problem,
    session::SessionId,
};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

/// How a command ended.
#[derive(Debug)]
pub enum Ended {
    /// With an answer ([`is_answered`]).
    Answered(Result<Box<RawValue>, Box<Problem>>),
    /// With an outcome (accepted commands).
    Outcome(Box<CommandOutcome>),
}

struct Waiting {
    id: CommandId,
    call: Call,
    since: Timestamp,
    accepted: bool,
    ended: Vec<oneshot::Sender<Ended>>,
}

/// The commands that wait.
#[derive(Default)]
pub struct Pending(Mutex<Vec<Waiting>>);

/// Id and order of a command; `None` for calls that are no commands.
pub fn command_of(call: &Call) -> Option<(CommandId, Option<Ttn>)> {
    match call {
        Call::CreateOrder(command) => Some((command.command_id, None)),
        Call::ChangeLocation(command) => Some((command.command_id, Some(command.ttn))),
        // The window sends one order a call, so that each waits, goes again and ends by itself.
        Call::SetPlaces(SetPlaces { items, .. }) => match items.as_slice() {
            [item] => Some((item.command_id, Some(item.ttn))),
            _ => None,
        },
        Call::CompleteOrder(command) => Some((command.command_id, Some(command.ttn))),
        Call::CancelOrder(command) | Call::DeleteOrder(command) | Call::UndoOrder(command) => {
            Some((command.command_id, Some(command.ttn)))
        }
        Call::ResendMessage(command) | Call::MarkTold(command) => Some((command.command_id, None)),
        Call::CorrectNumber(command) => Some((command.command_id, None)),
        Call::SetTemplate(command) => Some((command.command_id, None)),
        Call::ResetTemplate(command) => Some((command.command_id, None)),
        _ => None,
    }
}

/// Whether the answer to a command is its end. The others are only accepted, and their outcome comes later.
pub const fn is_answered(call: &Call) -> bool {
    matches!(
        call,
        Call::CreateOrder(_)
            | Call::ResendMessage(_)
            | Call::CorrectNumber(_)
            | Call::MarkTold(_)
            | Call::SetTemplate(_)
            | Call::ResetTemplate(_)
    )
}

impl Pending {
    /// Keeps a command until it ends. The same id again joins the one that waits: pressing twice is one command.
    pub fn add(&self, id: CommandId, call: Call, since: Timestamp) -> oneshot::Receiver<Ended> {
        let (ended, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        match waiting.iter_mut().find(|command| command.id == id) {
            Some(command) => command.ended.push(ended),
            None => waiting.push(Waiting { id, call, since, accepted: false, ended: vec![ended] }),
        }
        receiver
    }

    /// The server answered the request that carried the command.
    pub fn answered(&self, id: CommandId, answer: Result<Box<RawValue>, Box<Problem>>, session: Option<SessionId>) {
        let mut waiting = self.lock();
        let Some(at) = waiting.iter().position(|command| command.id == id) else { return };
        let ends = waiting.get(at).is_some_and(|command| is_answered(&command.call));
        match answer {
            Ok(_) if !ends => {
                if let Some(command) = waiting.get_mut(at) {
                    command.accepted = true;
                }
            }
            answer => {
                let command = waiting.remove(at);
                let ttn = command_of(&command.call).and_then(|(_, ttn)| ttn);
                for ended in command.ended {
                    let end = match (&answer, ttn, session) {
                        (Err(problem), Some(ttn), Some(session)) if !ends => {
                            let problem = Some(problem.as_ref().clone());
                            Ended::Outcome(Box::new(CommandOutcome {
                                command_id: id,
                                session,
                                ttn,
                                problem,
                                version: None,
                            }))
                        }
                        (answer, _, _) => Ended::Answered(copy(answer)),
                    };
                    // Nobody waits any more (the window was reloaded): the live changes tell it.
                    drop(ended.send(end));
                }
            }
        }
    }

    /// The outcome of an accepted command arrived.
    pub fn outcome(&self, outcome: &CommandOutcome) {
        let mut waiting = self.lock();
        if let Some(at) = waiting.iter().position(|command| command.id == outcome.command_id) {
            for ended in waiting.remove(at).ended {
                drop(ended.send(Ended::Outcome(Box::new(outcome.clone()))));
            }
        }
    }

    /// What must be sent (again) on a fresh socket, oldest first.
    pub fn to_send(&self) -> Vec<(CommandId, Call)> {
        self.lock().iter().map(|command| (command.id, command.call.clone())).collect()
    }

    /// Whether the server accepted the command on the present socket: its outcome is on the way.
    pub fn is_accepted_here(&self, id: CommandId) -> bool {
        self.lock().iter().any(|command| command.id == id && command.accepted)
    }

    /// A fresh socket: outcomes that were on the way on the old one may be lost, so everything goes again.
    pub fn forget_accepted(&self) {
        for command in self.lock().iter_mut() {
            command.accepted = false;
        }
    }

    /// For the window.
    pub fn list(&self) -> Vec<PendingCommand> {
        self.lock()
            .iter()
            .map(|command| PendingCommand {
                command_id: command.id,
                method: command.call.method().to_owned(),
                ttn: command_of(&command.call).and_then(|(_, ttn)| ttn),
                since: command.since,
                accepted: command.accepted,
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        // No change of the list can stop half way, so a panic elsewhere leaves it good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copy(answer: &Result<Box<RawValue>, Box<Problem>>) -> Result<Box<RawValue>, Box<Problem>> {
    match answer {
        Ok(result) => Ok(result.clone()),
        Err(problem) => Err(problem.clone()),
    }
}

#[cfg(test)]
mod tests {
    use postoffice_protocol::messages::OnMessage;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_command_whose_answer_is_its_end_goes_again_until_it_is_answered() {
        let pending = Pending::default();
        let command_id = CommandId(Uuid::from_u128(1));
        let call = Call::ResendMessage(OnMessage { command_id, event_id: Uuid::from_u128(2) });
        let mut first = pending.add(command_id, call.clone(), Timestamp::from_millis(0));
        let mut pressed_again = pending.add(command_id, call.clone(), Timestamp::from_millis(5));
        pending.forget_accepted();
        assert_eq!(pending.to_send(), [(command_id, call)], "once, however often it was pressed");
        let answer = RawValue::from_string("{}".to_owned()).unwrap();
        pending.answered(command_id, Ok(answer), None);
        for ended in [&mut first, &mut pressed_again] {
            assert!(matches!(ended.try_recv(), Ok(Ended::Answered(Ok(_)))));
        }
        assert!(pending.to_send().is_empty());
    }
}
