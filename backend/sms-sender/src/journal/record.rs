//! The record of a message as the scripts keep it: one text of positional fields, described in `record.lua`.

use std::str::FromStr;

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::OutcomeEntry,
};
use serde::de::value::{Error as CodeError, StrDeserializer};
use serde::{Deserialize, de::IntoDeserializer};

use super::{Found, Intent, Stage, Standing};

const FIELDS: usize = 13;
const NOTHING: &str = "-";

/// The record of a message that nobody took up before, with its first intent.
pub(super) fn of_intent(intent: &Intent<'_>) -> String {
    let Intent { message, hand, since, attempt, deadline, segments, .. } = intent;
    let (deadline, since) = (deadline.millis(), since.millis());
    let (ttn, entry) = (message.ttn, message.entry);
    let request = message.request_id.filter(|id| !id.is_empty()).unwrap_or(NOTHING);
    format!("attempting - {attempt} {hand} {deadline} {segments} {since} - - - {ttn} {entry} {request}")
}

/// The new state and reason of a message that ends, as they stand in a record; `again`: to be told even when it does not move.
pub(super) fn end_of(outcome: &OutcomeEntry, again: bool) -> String {
    let state = code_of(outcome.state);
    let reason = outcome.reason.map(code_of);
    let again = if again { " again" } else { "" };
    format!("{state} {}{again}", reason.as_deref().unwrap_or(NOTHING))
}

/// A record that was read.
pub(super) struct Record<'a>([Option<&'a str>; FIELDS]);

impl<'a> Record<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut fields = [None; FIELDS];
        for (field, value) in fields.iter_mut().zip(text.splitn(FIELDS, ' ')) {
            *field = Some(value).filter(|value| *value != NOTHING);
        }
        Self(fields)
    }

    pub(super) fn standing(&self) -> Standing {
        let [state, reason, attempts, by, deadline, segments, since, takes, ..] = self.0;
        let stands = match state {
            Some("claimed") | None => Stage::Claimed,
            Some("attempting") => Stage::Attempting,
            // A state that we do not know was written by a newer sender: whatever it is, sending again would be wrong.
            Some(code) => Stage::Settled(of_code(code).unwrap_or(MessageState::Unknown)),
        };
        Standing {
            stage: stands,
            attempts: number(attempts).unwrap_or(0),
            takes: number(takes).unwrap_or(0),
            by: by.map(str::to_owned),
            since: Timestamp::from_millis(number(since).unwrap_or(0)),
            deadline: number(deadline).map(Timestamp::from_millis),
            reason: reason.and_then(of_code::<MessageReason>),
            segments: number(segments),
        }
    }

    /// `None`: it does not say whose it is.
    pub(super) fn found(&self) -> Option<Found> {
        let [.., ttn, _entry, request] = self.0;
        let ttn = Ttn::parse(ttn?).ok()?;
        Some(Found { standing: self.standing(), ttn, request_id: request.map(str::to_owned) })
    }
}

fn number<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

/// The code of a state or reason, as on the wire.
pub(crate) fn code_of(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

pub(super) fn of_code<'de, T: Deserialize<'de>>(code: &'de str) -> Option<T> {
    let deserializer: StrDeserializer<'de, CodeError> = code.into_deserializer();
    T::deserialize(deserializer).ok()
}
