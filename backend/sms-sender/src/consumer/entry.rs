//! What an entry of the outbox asks for.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::stream::{EVENT_FIELD, IntegrationEvent, Notify, STREAM_VERSION};
use postoffice_runtime::stream::Entry;
use serde::Deserialize;
use uuid::Uuid;

/// An event is a few hundred bytes; what is longer is not read.
const LONGEST_EVENT: usize = 64 * 1024;

/// A message to bring to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Id of the stream entry.
    pub entry: String,
    /// The integration event.
    pub event_id: Uuid,
    /// The order.
    pub ttn: Ttn,
    /// Position among the order's events.
    pub seq: u32,
    /// Whom to tell what.
    pub notify: Notify,
    /// Request id of the command that caused it.
    pub request_id: Option<String>,
}

/// Whose event an unreadable entry holds, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Known {
    /// The integration event.
    pub event_id: Uuid,
    /// The order.
    pub ttn: Ttn,
}

/// Why an entry is put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is gone from the stream although it is pending.
    Vanished,
    /// It has no event in it.
    NoEvent,
    /// The event is too long.
    TooLong,
    /// The event is not what we know by that name.
    Malformed,
    /// The event is of another version.
    OtherVersion,
}

impl Unreadable {
    /// Its code in dead letters and measures.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vanished => "vanished",
            Self::NoEvent => "no_event",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::OtherVersion => "other_version",
        }
    }
}

/// What to do with an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// Nothing: no customer is told about this event.
    Nothing,
    /// To tell a customer.
    Tell(Box<Delivery>),
    /// It cannot be read, now or ever, by this version.
    PutAside(Unreadable, Option<Known>),
}

/// Reads an entry.
pub fn read(entry: &Entry) -> Asks {
    if entry.fields.is_empty() {
        return Asks::PutAside(Unreadable::Vanished, None);
    }
    let Some(json) = entry.fields.get(EVENT_FIELD) else { return Asks::PutAside(Unreadable::NoEvent, None) };
    if json.len() > LONGEST_EVENT {
        return Asks::PutAside(Unreadable::TooLong, None);
    }
    let Ok(event) = serde_json::from_slice::<IntegrationEvent>(json) else {
        return Asks::PutAside(Unreadable::Malformed, serde_json::from_slice(json).ok());
    };
    if event.v != STREAM_VERSION {
        let known = Known { event_id: event.event_id, ttn: event.ttn };
        return Asks::PutAside(Unreadable::OtherVersion, Some(known));
    }
    let Some(notify) = event.notify else { return Asks::Nothing };
    Asks::Tell(Box::new(Delivery {
        entry: entry.id.clone(),
        event_id: event.event_id,
        ttn: event.ttn,
        seq: event.seq,
        notify,
        request_id: event.request_id,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn asks(json: &str) -> Asks {
        read(&Entry { id: "7-0".to_owned(), fields: [(EVENT_FIELD.to_owned(), json.as_bytes().to_vec())].into() })
    }

    fn event(more: &str) -> String {
        format!(
            r#"{{"v":1,"event_id":"0198c0de-0000-7000-8000-000000000001","kind":"registered","ttn":"{}","seq":1,"at":5{more}}}"#,
            samples::TTN
        )
    }

    #[test]
    fn a_notice_is_told_and_everything_else_is_done_at_once() {
        let notify = r#","notify":{"phone":"+380671234567","notice":"accepted","language":"uk","text":"Посилку","expires_at":9},"request_id":"r1""#;
        let Asks::Tell(delivery) = asks(&event(notify)) else { panic!("a message") };
        assert_eq!((delivery.entry.as_str(), delivery.seq, delivery.request_id.as_deref()), ("7-0", 1, Some("r1")));
        assert_eq!(asks(&event("")), Asks::Nothing);
    }

    #[test]
    fn what_cannot_be_read_still_says_whose_it_is_where_it_can() {
        let known = |json: &str| match asks(json) {
            Asks::PutAside(why, known) => (why.code(), known.is_some()),
            other => panic!("{other:?}"),
        };
        assert_eq!(known("{"), ("malformed", false));
        assert_eq!(known(r#"{"event_id":"x"}"#), ("malformed", false));
        assert_eq!(known(&event(r#","colour":"red""#)), ("malformed", true));
        assert_eq!(known(&event("").replace("\"v\":1", "\"v\":2")), ("other_version", true));
        assert_eq!(known(&" ".repeat(LONGEST_EVENT + 1)), ("too_long", false));
        let gone = Entry { id: "7-0".to_owned(), fields: [].into() };
        assert_eq!(read(&gone), Asks::PutAside(Unreadable::Vanished, None));
        let strange = Entry { id: "7-0".to_owned(), fields: [("a".to_owned(), vec![0xff])].into() };
        assert_eq!(read(&strange), Asks::PutAside(Unreadable::NoEvent, None));
    }
}
