//! What clerks did and were told, with times: one half of the evidence. The other half is what the database saw ([`super::witness`]).

use std::{
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{orders::CommandId, problem::ProblemCode, session::SessionId};
use serde::{Deserialize, Serialize};

use crate::faults::moment::Moment;

/// From sending to the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Sent.
    pub sent: Moment,
    /// Answered.
    pub answered: Moment,
}

/// One line: something on one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at: Span,
    /// Whose.
    pub session: SessionId,
    /// The order.
    pub ttn: Ttn,
    /// What.
    pub did: Did,
}

/// How a command was answered for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Done.
    Done,
    /// `lock_lost`.
    LockLost,
    /// Refused with another code.
    Refused(ProblemCode),
}

/// What a clerk did, or was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Did {
    /// Was given the lock and the order, with a token.
    Loaded {
        /// The token.
        fence: u64,
        /// Where the order is, as shown.
        street: String,
        /// By a take-over.
        by_force: bool,
    },
    /// Renewed: told that it is still theirs.
    Renewed,
    /// Believes from now on that it holds the lock no more.
    LetGo,
    /// Did nothing for longer than a lease, as a computer does that sleeps.
    Slept,
    /// A change of place is about to be sent.
    Asked {
        /// Its id.
        command: CommandId,
        /// Where to.
        street: String,
        /// The token of the editor; none: a short command.
        fence: Option<u64>,
    },
    /// It was answered.
    Answered {
        /// Its id.
        command: CommandId,
        /// How.
        answer: Answer,
    },
    /// Released the lock.
    Released,
    /// Stood in line.
    Waited {
        /// Asked the holder, too.
        asking: bool,
        /// It is theirs now.
        granted: bool,
    },
    /// Went out of the line.
    Left,
    /// Handed over to who asked.
    HandedOver,
    /// News on the wire that this session has the lock.
    Heard,
}

/// Where lines go.
#[derive(Debug, Clone)]
pub enum Journal {
    /// Kept here.
    Kept(Arc<Mutex<Vec<Line>>>),
    /// Printed, one JSON object a line: a clerk in a process of its own.
    Printed,
}

impl Journal {
    /// An empty one.
    pub fn kept() -> Self {
        Self::Kept(Arc::default())
    }

    /// Writes a line. A clerk that is killed right after has written it.
    ///
    /// # Panics
    /// Nobody takes what is printed.
    pub fn write(&self, line: Line) {
        match self {
            Self::Kept(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).push(line),
            Self::Printed => {
                let mut text = serde_json::to_vec(&line).expect("a line is JSON");
                text.push(b'\n');
                // One write, so that a kill leaves whole lines.
                std::io::stdout().lock().write_all(&text).expect("the journal takes it");
                std::io::stdout().flush().expect("the journal takes it");
            }
        }
    }

    /// The lines kept so far.
    pub fn lines(&self) -> Vec<Line> {
        match self {
            Self::Kept(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Printed => Vec::new(),
        }
    }
}

/// Lines that a clerk process printed. The last one may be cut off by a kill.
pub fn printed(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
