//! What one desktop lived through: the changes in the order in which they came, what became of its commands, and how often it came back.

use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::orders::CommandId;

/// What a command is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Register the order with this number in its description.
    Register(u32),
    /// Bring an order to the street with this number.
    Move(Ttn, u32),
}

/// What a desktop was told about a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Done; of a registration, with the number it got.
    Done(Option<Ttn>),
    /// Refused for good, and why.
    Refused(String),
}

/// A command of a desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// What it is to do.
    pub what: What,
    /// How often it was sent.
    pub sent: u32,
    /// Everything that was told about its end.
    pub told: Vec<Told>,
}

/// The journal of one desktop.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// Its changes begin behind this one.
    pub since: u64,
    /// Sequences of the changes as they came, on all its sockets.
    pub came: Vec<u64>,
    /// Times that the server could not replay.
    pub resyncs: u64,
    /// Times that the session was not known any more.
    pub strangers: u64,
    /// From when the server could be reached again (or the break was noticed, if later) until everything missed had come.
    pub returns: Vec<Duration>,
    /// Its commands.
    pub commands: Vec<Command>,
}
