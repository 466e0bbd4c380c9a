//! A row of the outbox, read; also one that cannot be read.

use postoffice_protocol::{
    events::ChangeKind,
    stream::{IntegrationEvent, STREAM_VERSION},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    error::{StoreError, unexpected},
    messages::from_word,
    orders,
    row::Row,
};

/// Longest payload that goes into the stream; the sender does not read more either.
const LONGEST_PAYLOAD: usize = 64 * 1024;

/// A numbered event of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// Its publish number: the id of its stream entry and its sequence for desktops.
    pub publish_seq: u64,
    /// The event.
    pub event: IntegrationEvent,
    /// True when its change was told under an earlier number: it was published again because nobody answered.
    pub repeat: bool,
}

/// Why a row of the outbox cannot go out as it stands. Display is a code and a place, never content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Longer than anybody reads.
    #[error("too_long: {0} bytes")]
    TooLong(usize),
    /// Not an event as we write them.
    #[error("malformed: line {line} column {column}")]
    Malformed {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
    },
    /// Not even text.
    #[error("malformed: no text")]
    NoText,
    /// Of a version that this server does not know.
    #[error("other_version: {0}")]
    OtherVersion(u32),
}

/// A row that cannot go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable {
    /// Its publish number.
    pub publish_seq: u64,
    /// Why.
    pub why: Unfit,
}

/// Rows of the outbox in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// What can go out.
    pub events: Vec<Numbered>,
    /// What cannot.
    pub unreadable: Vec<Unreadable>,
}

impl Batch {
    /// Rows, readable or not.
    pub fn len(&self) -> usize {
        self.events.len() + self.unreadable.len()
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What every version of an event says.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// Reads rows of (number, payload, whether it is a repeat).
pub(super) fn batch_of(rows: &[Row]) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for row in rows {
        let publish_seq = row.count(0)?;
        match event_of(row, 1) {
            Ok(event) => batch.events.push(Numbered { publish_seq, event, repeat: row.flag(2)? }),
            Err(why) => batch.unreadable.push(Unreadable { publish_seq, why }),
        }
    }
    Ok(batch)
}

/// The event in a row's payload.
pub(super) fn event_of(row: &Row, column: usize) -> Result<IntegrationEvent, Unfit> {
    let payload = row.text(column).map_err(|_| Unfit::NoText)?;
    if payload.len() > LONGEST_PAYLOAD {
        return Err(Unfit::TooLong(payload.len()));
    }
    match serde_json::from_str::<IntegrationEvent>(payload) {
        Ok(event) if event.v == STREAM_VERSION => Ok(event),
        Ok(event) => Err(Unfit::OtherVersion(event.v)),
        Err(error) => Err(match serde_json::from_str::<Version>(payload) {
            Ok(Version { v }) if v != STREAM_VERSION => Unfit::OtherVersion(v),
            _ => Unfit::Malformed { line: error.line(), column: error.column() },
        }),
    }
}

/// What desktops are told under a number. Columns: number, whether it is a repeat, payload, event id, kind, TTN, seq, created; of its order
/// status and whether it is deleted. An event that cannot be read is told as a change without content of its own, so that the sequence has
/// no gap. `None`: even its columns are damaged.
pub(super) fn told_of(row: &Row) -> Result<Option<Numbered>, StoreError> {
    let (publish_seq, repeat) = (row.count(0)?, row.flag(1)?);
    let event = event_of(row, 2).ok().or_else(|| from_columns(row).ok());
    if event.is_none() {
        tracing::error!(publish_seq, "an event of the outbox cannot be told to desktops; they load a snapshot");
    }
    Ok(event.map(|event| Numbered { publish_seq, event, repeat }))
}

/// What the columns of [`told_of`] still say of an event.
pub(super) fn from_columns(row: &Row) -> Result<IntegrationEvent, StoreError> {
    let kind: ChangeKind = from_word(row.text(4)?)?;
    let status = row.maybe_number(8)?.map(orders::status_of).transpose()?;
    let deleted = row.flag(9)?;
    Ok(IntegrationEvent {
        v: STREAM_VERSION,
        event_id: Uuid::parse_str(row.text(3)?).map_err(|_| unexpected("event id"))?,
        kind,
        ttn: orders::ttn_of(row.text(5)?)?,
        seq: row.small(6)?,
        at: row.at(7)?,
        by: None,
        status_before: status.filter(|_| kind != ChangeKind::Registered),
        status_after: status.filter(|_| !deleted),
        sms_before: None,
        sms_after: None,
        message: None,
        notify: None,
        request_id: None,
    })
}

pub(super) fn to_u64(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| unexpected("negative number"))
}
