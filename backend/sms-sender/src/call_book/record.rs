//! How a call stands in the file: a header that says whose book it is, then cells of a fixed size, each written in one go.

use postoffice_protocol::messages::MessageReason;
use serde::{
    Deserialize,
    de::{
        IntoDeserializer,
        value::{Error as CodeError, StrDeserializer},
    },
};
use uuid::Uuid;

use crate::gateway::Answer;

/// Bytes of the header.
pub(super) const HEADER: usize = 256;
/// Bytes of a cell. A divisor of the page, so that none lies across two.
pub(super) const CELL: usize = 128;
const TEXT_AT: usize = 38;
const MAGIC: &[u8; 8] = b"POCALLS1";

/// What the gateway was asked and said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It was not asked, or did not take the message: it may be sent.
    NotAsked,
    /// It was asked. Whether it took the message nobody knows.
    Asked,
    /// It took the message, for good or under an id of its own, or never will.
    Answered(Answer),
}

impl Said {
    /// What an answer means.
    pub fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Accepted(_) | Answer::Delivered | Answer::Permanent(_) => Self::Answered(answer.clone()),
            Answer::PauseChannel | Answer::Retry { .. } => Self::NotAsked,
            Answer::Lost => Self::Asked,
        }
    }

    /// What counts of all that is said of one call. An intent that was taken back comes again under the same hand and number, so there may be an
    /// older record by which the gateway was not asked.
    pub(super) fn most_of(all: impl Iterator<Item = Self>) -> Option<Self> {
        all.max_by_key(Self::weight)
    }

    const fn weight(&self) -> u8 {
        match self {
            Self::NotAsked => 0,
            Self::Asked => 1,
            Self::Answered(_) => 2,
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) event: Uuid,
    /// The process that made it, and its how many-th taking-up of a message it was.
    pub(super) process: u64,
    pub(super) hand: u64,
    pub(super) attempt: u32,
    pub(super) said: Said,
}

impl Record {
    /// Which of the calls for an event is the last: the greatest. A book has them in no order.
    pub(super) const fn place_in_time(&self) -> (u32, u8) {
        (self.attempt, self.said.weight())
    }

    /// The cell. What does not fit into it is in doubt.
    pub(super) fn cell(&self) -> [u8; CELL] {
        let (code, text) = match &self.said {
            Said::NotAsked => (1, String::new()),
            Said::Answered(Answer::Accepted(None)) => (3, String::new()),
            Said::Answered(Answer::Accepted(Some(id))) if id.len() <= CELL - TEXT_AT => (4, id.clone()),
            Said::Answered(Answer::Delivered) => (5, String::new()),
            Said::Answered(Answer::Permanent(reason)) => (6, crate::journal::code_of(*reason)),
            Said::Asked | Said::Answered(_) => (2, String::new()),
        };
        let mut cell = [0; CELL];
        cell[..16].copy_from_slice(self.event.as_bytes());
        cell[16..24].copy_from_slice(&self.process.to_le_bytes());
        cell[24..32].copy_from_slice(&self.hand.to_le_bytes());
        cell[32..36].copy_from_slice(&self.attempt.to_le_bytes());
        cell[36] = code;
        cell[37] = u8::try_from(text.len()).unwrap_or(0);
        cell[TEXT_AT..TEXT_AT + text.len()].copy_from_slice(text.as_bytes());
        cell
    }

    /// What a cell says; `None`: nothing, or nothing that we know.
    pub(super) fn of_cell(cell: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(cell.get(TEXT_AT..TEXT_AT + usize::from(*cell.get(37)?))?).ok()?;
        let said = match cell.get(36)? {
            1 => Said::NotAsked,
            2 => Said::Asked,
            3 => Said::Answered(Answer::Accepted(None)),
            4 => Said::Answered(Answer::Accepted(Some(text.to_owned()))),
            5 => Said::Answered(Answer::Delivered),
            6 => Said::Answered(Answer::Permanent(reason(text)?)),
            _ => return None,
        };
        Some(Self {
            event: Uuid::from_slice(cell.get(..16)?).ok()?,
            process: number(cell, 16)?,
            hand: number(cell, 24)?,
            attempt: u32::from_le_bytes(cell.get(32..36)?.try_into().ok()?),
            said,
        })
    }
}

fn reason(code: &str) -> Option<MessageReason> {
    let deserializer: StrDeserializer<'_, CodeError> = code.into_deserializer();
    MessageReason::deserialize(deserializer).ok()
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// A process's name in the journal is a number in hexadecimal digits.
pub(super) fn process_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name, 16).ok()
}

/// Says whose book it is: the process in the journal, and on this machine.
pub(super) fn header(process: u64, token: &str) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let token = &token.as_bytes()[..token.len().min(HEADER - 18)];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&process.to_le_bytes());
    header[16] = u8::try_from(token.len()).unwrap_or(0);
    header[17..17 + token.len()].copy_from_slice(token);
    header
}

/// Whose book it is; `None`: it is none.
pub(super) fn owner(book: &[u8]) -> Option<(u64, &str)> {
    if book.get(..8)? != MAGIC {
        return None;
    }
    let token = book.get(17..17 + usize::from(*book.get(16)?))?;
    Some((number(book, 8)?, std::str::from_utf8(token).ok()?))
}
