//! One command that waits.

use postoffice_domain::{clock::Timestamp, location::Location, ttn::Ttn};
use postoffice_protocol::{
    call::Call,
    desktop::{PendingCommand, Progress},
    orders::{CommandId, SetPlaces},
    problem::{Problem, ProblemCode},
};
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};

use super::Ended;
use crate::keep::KeptCommand;

pub(super) struct Waiting {
    pub id: CommandId,
    pub call: Call,
    pub since: Timestamp,
    /// It may have reached the server, on this socket or an earlier one.
    pub sent: bool,
    /// The server carries it out and tells the outcome on the present socket.
    pub accepted: bool,
    pub not_before: Option<Instant>,
    /// It waited for the link, or survived a break or a restart: whoever gave it may have gone on to other work.
    pub waited: bool,
    /// How it ended, until somebody has seen it.
    pub end: Option<End>,
    pub ended: Vec<oneshot::Sender<Ended>>,
}

/// How a command ended.
pub(super) enum End {
    /// Done; what was registered, or about which order.
    Done(Option<Ttn>),
    Refused {
        problem: Box<Problem>,
        /// It is on the disk, as far as the disk takes anything. It is not shown before: what a clerk has seen comes back after a kill.
        is_kept: bool,
    },
}

impl Waiting {
    pub fn new(id: CommandId, call: Call, since: Timestamp) -> Self {
        Self {
            id,
            call,
            since,
            sent: false,
            accepted: false,
            not_before: None,
            waited: false,
            end: None,
            ended: Vec::new(),
        }
    }

    /// Whether a refusal only means "not now": nothing was done, and nobody needs to be asked before the next try.
    pub fn goes_again_after(&self, code: ProblemCode) -> bool {
        match code {
            ProblemCode::RateLimited => true,
            ProblemCode::ServerBusy | ProblemCode::LocksUnavailable | ProblemCode::StorageUnavailable => self.waited,
            _ => false,
        }
    }

    pub fn kept(&self) -> KeptCommand {
        let refused = match &self.end {
            Some(End::Refused { problem, .. }) => Some(problem.clone()),
            Some(End::Done(_)) | None => None,
        };
        KeptCommand { since: self.since, sent: self.sent, call: self.call.clone(), refused }
    }

    pub fn shown(&self) -> PendingCommand {
        let ttn = command_of(&self.call).and_then(|(_, ttn)| ttn);
        let order = if let Call::CreateOrder(create) = &self.call { Some(create.order.clone()) } else { None };
        let place = match &self.call {
            Call::ChangeLocation(change) => Some((&change.city, &change.street)),
            Call::SetPlaces(places) => Some((&places.city, &places.street)),
            _ => None,
        };
        let place = place.map(|(city, street)| Location { city: city.clone(), street: street.clone() });
        let (progress, done) = match &self.end {
            Some(End::Done(done)) => (Progress::Done, *done),
            Some(End::Refused { problem, is_kept: true }) => (Progress::Refused { problem: problem.clone() }, None),
            _ if self.accepted => (Progress::Accepted, None),
            _ if self.sent => (Progress::Sent, None),
            _ => (Progress::Unsent, None),
        };
        let method = self.call.method().to_owned();
        PendingCommand { command_id: self.id, method, ttn: ttn.or(done), order, place, since: self.since, progress }
    }
}

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

/// The number of an order in the answer to its registration.
pub(super) fn registered(answer: &RawValue) -> Option<Ttn> {
    #[derive(serde::Deserialize)]
    struct Created {
        order: Numbered,
    }
    #[derive(serde::Deserialize)]
    struct Numbered {
        ttn: Ttn,
    }
    // Answers to other commands have none.
    serde_json::from_str::<Created>(answer.get()).ok().map(|created| created.order.ttn)
}
