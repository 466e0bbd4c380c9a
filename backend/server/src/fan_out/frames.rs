//! Events as frames for desktops.

use std::{collections::HashMap, sync::Arc};

use axum::extract::ws::Utf8Bytes;
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::{Change, ChangeKind},
    frame::{MAX_MESSAGE_BYTES, write_changes},
    messages::MessageRow,
    orders::OrderRow,
    stream::{EVENT_FIELD, IntegrationEvent, REPEAT_FIELD, STREAM_VERSION},
};
use postoffice_runtime::stream::Entry;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::recent::EncodedChange;
use crate::store::{Numbered, Store, StoreError};

/// Most changes in one frame: some 40 KiB.
const CHANGES_PER_FRAME: usize = 100;

/// The changes of these events, each encoded once with its row as it is now.
pub(super) async fn encoded(store: &Store, events: &[Numbered]) -> Result<Vec<EncodedChange>, StoreError> {
    let mut encoded = Vec::with_capacity(events.len());
    for part in events.chunks(CHANGES_PER_FRAME) {
        let mut ttns: Vec<Ttn> = part.iter().map(|numbered| numbered.event.ttn).collect();
        ttns.sort_unstable();
        ttns.dedup();
        let rows = store.rows(&ttns).await?;
        let ids: Vec<Uuid> = part.iter().flat_map(|numbered| messages_of(&numbered.event)).collect();
        let messages = store.message_rows(&ids).await?;
        encoded.extend(part.iter().map(|numbered| encode(&change(numbered, &rows, &messages))));
    }
    Ok(encoded)
}

/// Frames of these changes, each with the sequence of its last one. None is longer than a message may be, unless a single change is.
pub(super) fn frames(changes: &[EncodedChange]) -> Vec<(Utf8Bytes, u64)> {
    let around = write_changes(&[]).len();
    let mut frames = Vec::with_capacity(changes.len().div_ceil(CHANGES_PER_FRAME));
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let mut length = around + first.json.get().len();
        let fit = rest.iter().take(CHANGES_PER_FRAME).skip(1).take_while(|change| {
            length += 1 + change.json.get().len();
            length <= MAX_MESSAGE_BYTES
        });
        let (part, others) = rest.split_at(1 + fit.count());
        let jsons: Vec<&RawValue> = part.iter().map(|change| &*change.json).collect();
        frames.push((write_changes(&jsons).into(), part[part.len() - 1].sequence));
        rest = others;
    }
    frames
}

/// Whether these are exactly the numbers that follow `after`.
pub(super) fn is_whole(after: u64, events: &[Numbered]) -> bool {
    events.iter().zip(after + 1..).all(|(numbered, expected)| numbered.publish_seq == expected)
}

/// The event of an entry; what is not one of ours, or of a version we do not know, is said once and passed over.
pub(super) fn read(entry: &Entry) -> Option<Numbered> {
    let event: Option<IntegrationEvent> =
        entry.fields.get(EVENT_FIELD).and_then(|bytes| serde_json::from_slice(bytes).ok());
    match (entry.sequence(), event) {
        (Some(publish_seq), Some(event)) if event.v == STREAM_VERSION => {
            Some(Numbered { publish_seq, event, repeat: entry.fields.contains_key(REPEAT_FIELD) })
        }
        _ => {
            metrics::counter!("postoffice_stream_garbage_total", "stream" => "outbox").increment(1);
            tracing::error!(id = entry.id, "an entry of the outbox stream is not ours; passed over");
            None
        }
    }
}

/// The messages that an event is about: the one it causes, and the one it moves or deals with.
fn messages_of(event: &IntegrationEvent) -> impl Iterator<Item = Uuid> {
    event.notify.as_ref().map(|_| event.event_id).into_iter().chain(event.message)
}

fn change(numbered: &Numbered, rows: &HashMap<Ttn, OrderRow>, messages: &HashMap<Uuid, MessageRow>) -> Change {
    let event = &numbered.event;
    if numbered.repeat {
        return repeated(numbered, rows.get(&event.ttn).cloned());
    }
    Change {
        sequence: numbered.publish_seq,
        event_id: event.event_id,
        ttn: event.ttn,
        kind: event.kind,
        at: event.at,
        by: event.by.clone(),
        status_before: event.status_before,
        status_after: event.status_after,
        sms_before: event.sms_before,
        sms_after: event.sms_after,
        row: rows.get(&event.ttn).cloned(),
        messages: messages_of(event).filter_map(|id| messages.get(&id).cloned()).collect(),
    }
}

/// Keeps the sequence whole and moves nothing: what happened was told before.
fn repeated(numbered: &Numbered, row: Option<OrderRow>) -> Change {
    let event = &numbered.event;
    let (status, sms) = row.as_ref().map_or((None, None), |row| (Some(row.status), row.sms));
    Change {
        sequence: numbered.publish_seq,
        event_id: event.event_id,
        ttn: event.ttn,
        kind: ChangeKind::Sms,
        at: event.at,
        by: None,
        status_before: status,
        status_after: status,
        sms_before: sms,
        sms_after: sms,
        row,
        messages: Vec::new(),
    }
}

fn encode(change: &Change) -> EncodedChange {
    let json = to_raw_value(change).expect("wire types have string keys and no failing serializers");
    EncodedChange { sequence: change.sequence, json: Arc::from(json) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_lengths(lengths: &[usize]) -> Vec<EncodedChange> {
        let json = |length: usize| Arc::from(RawValue::from_string(format!("\"{}\"", "x".repeat(length - 2))).unwrap());
        (1..).zip(lengths).map(|(sequence, length)| EncodedChange { sequence, json: json(*length) }).collect()
    }

    fn ends(lengths: &[usize]) -> Vec<(usize, u64)> {
        frames(&of_lengths(lengths)).iter().map(|(frame, last)| (frame.len(), *last)).collect()
    }

    #[test]
    fn a_frame_takes_as_much_as_a_message_may() {
        let around = write_changes(&[]).len();
        assert_eq!(ends(&[]), []);
        assert_eq!(ends(&[10, 20]), [(around + 31, 2)]);
        let half = (MAX_MESSAGE_BYTES - around - 1) / 2;
        let odd = (MAX_MESSAGE_BYTES - around - 1) % 2;
        assert_eq!(ends(&[half, half + odd, 10]), [(MAX_MESSAGE_BYTES, 2), (around + 10, 3)], "to the last byte");
        assert_eq!(ends(&[half, half + odd + 1]), [(around + half, 1), (around + half + odd + 1, 2)]);
        // Nothing is left out, even what nobody can read.
        let long = MAX_MESSAGE_BYTES + 1;
        assert_eq!(ends(&[10, long, 10]), [(around + 10, 1), (around + long, 2), (around + 10, 3)]);
        let many: Vec<u64> = ends(&[10; 250]).iter().map(|(_, last)| *last).collect();
        assert_eq!(many, [100, 200, 250]);
    }
}
