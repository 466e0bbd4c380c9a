//! Events as frames for desktops.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    events::{Change, ChangeBatch, ChangeKind, ServerNotice},
    frame::{MAX_MESSAGE_BYTES, write_notice},
    messages::MessageRow,
    orders::OrderRow,
    stream::{EVENT_FIELD, IntegrationEvent, REPEAT_FIELD, STREAM_VERSION},
};
use postoffice_runtime::stream::Entry;
use uuid::Uuid;

use crate::store::{Numbered, Store, StoreError};

/// Most changes in one frame: some 40 KiB.
const CHANGES_PER_FRAME: usize = 100;

/// Frames for these events, each with the sequence of its last change. None is longer than a message may be.
pub(super) async fn frames(store: &Store, events: &[Numbered]) -> Result<Vec<(Utf8Bytes, u64)>, StoreError> {
    let mut frames = Vec::with_capacity(events.len().div_ceil(CHANGES_PER_FRAME));
    for part in events.chunks(CHANGES_PER_FRAME) {
        let mut ttns: Vec<Ttn> = part.iter().map(|numbered| numbered.event.ttn).collect();
        ttns.sort_unstable();
        ttns.dedup();
        let rows = store.rows(&ttns).await?;
        let ids: Vec<Uuid> = part.iter().flat_map(|numbered| messages_of(&numbered.event)).collect();
        let messages = store.message_rows(&ids).await?;
        let changes = part.iter().map(|numbered| change(numbered, &rows, &messages)).collect();
        encode(changes, &mut frames);
    }
    Ok(frames)
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

/// Encodes once where it fits, which it nearly always does; otherwise in halves.
fn encode(changes: Vec<Change>, frames: &mut Vec<(Utf8Bytes, u64)>) {
    let Some(last) = changes.last().map(|change| change.sequence) else { return };
    let single = changes.len() == 1;
    let notice = ServerNotice::Changes(ChangeBatch { changes });
    let text = write_notice(&notice);
    if text.len() <= MAX_MESSAGE_BYTES || single {
        frames.push((text.into(), last));
        return;
    }
    let ServerNotice::Changes(ChangeBatch { changes: mut first }) = notice else { return };
    let second = first.split_off(first.len() / 2);
    encode(first, frames);
    encode(second, frames);
}
