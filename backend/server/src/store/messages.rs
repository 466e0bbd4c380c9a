//! Table `messages`: the SMS of every order and where each of them is.

use std::collections::HashMap;

use postoffice_domain::{
    clock::Timestamp, language::Language, order::CustomerNotice, phone::Phone, sms_text::measure, ttn::Ttn,
};
use postoffice_protocol::{
    messages::{MessageReason, MessageRow, MessageState, MessageView},
    orders::Doer,
    stream::Notify,
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    message_state, orders,
    row::Row,
    statement::{Each, among, list, query},
    together::Together,
};

/// A message to queue.
pub(super) struct NewMessage {
    pub event_id: Uuid,
    pub ttn: Ttn,
    pub notify: Notify,
    pub queued_at: Timestamp,
    pub request_id: String,
    pub replaces: Option<Uuid>,
}

/// The stored word of an enum that serde writes as a word.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        _ => Err(unexpected("enum with content")),
    }
}

pub(super) fn from_word<T: DeserializeOwned>(word: &str) -> Result<T, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(word.to_owned()))?)
}

/// Queues messages.
pub(super) async fn insert(writes: &mut Together<'_, '_>, messages: &[NewMessage]) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = messages
        .iter()
        .map(|message| {
            let notify = &message.notify;
            (
                (message.event_id, message.ttn, message.queued_at, &message.request_id, message.replaces),
                (notify.notice, &notify.phone, notify.language, &notify.text, notify.expires_at),
                measure(&notify.text).segments,
            )
        })
        .collect();
    let insert = query(Each {
        sqlite: "INSERT INTO messages (event_id, ttn, queued_at, request_id, replaces, notice, phone, language, text, expires_at, segments, state)
         SELECT value ->> '$[0][0]', value ->> '$[0][1]', value ->> '$[0][2]', value ->> '$[0][3]', value ->> '$[0][4]',
                value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]', value ->> '$[1][3]', value ->> '$[1][4]',
                value ->> '$[2]', 0 FROM json_each($1)",
        postgres: "INSERT INTO messages (event_id, ttn, queued_at, request_id, replaces, notice, phone, language, text, expires_at, segments, state)
         SELECT value #>> '{0,0}', value #>> '{0,1}', (value #>> '{0,2}')::bigint, value #>> '{0,3}', value #>> '{0,4}',
                value #>> '{1,0}', value #>> '{1,1}', value #>> '{1,2}', value #>> '{1,3}', (value #>> '{1,4}')::bigint,
                (value ->> 2)::integer, 0 FROM jsonb_array_elements($1::jsonb)",
    });
    writes.add(insert.bind(serde_json::to_string(&rows)?)).await
}

/// A message as a JSON array for [`view`].
macro_rules! as_json {
    (sqlite) => {
        "json_array(json_array(messages.event_id, notice, phone, language, state, reason, text, segments, attempts, queued_at, accepted_at,
            finished_at), json_array(expires_at, next_attempt_at, replaces, replaced_by, told_at, json(told_by)))"
    };
    (postgres) => {
        "json_build_array(json_build_array(messages.event_id, notice, phone, language, state, reason, text, segments, attempts, queued_at,
            accepted_at, finished_at), json_build_array(expires_at, next_attempt_at, replaces, replaced_by, told_at, told_by::json))"
    };
}
pub(super) use as_json;

/// [`as_json`], read.
type Columns = (Sent, Dealt);

type Sent = (
    Uuid,
    CustomerNotice,
    Phone,
    Language,
    i64,
    Option<MessageReason>,
    Option<String>,
    Option<u16>,
    u32,
    Timestamp,
    Option<Timestamp>,
    Option<Timestamp>,
);

type Dealt = (Option<Timestamp>, Option<Timestamp>, Option<Uuid>, Option<Uuid>, Option<Timestamp>, Option<Doer>);

/// The messages of a row of `orders`, as one JSON array for [`read`].
pub(super) const OF_ORDER: Each<&str> = Each {
    sqlite: concat!("(SELECT json_group_array(", as_json!(sqlite), ") FROM messages WHERE messages.ttn = orders.ttn)"),
    postgres: concat!(
        "(SELECT coalesce(json_agg(",
        as_json!(postgres),
        "), '[]')::text FROM messages WHERE messages.ttn = orders.ttn)"
    ),
};

/// Reads [`OF_ORDER`]; newest first.
pub(super) fn read(json: &str) -> Result<Vec<MessageView>, StoreError> {
    let rows: Vec<Columns> = serde_json::from_str(json)?;
    let mut messages = rows.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    messages.sort_unstable_by_key(|message| std::cmp::Reverse((message.queued_at, message.event_id)));
    Ok(messages)
}

/// One message with its order.
pub(super) async fn get(
    connection: &mut Connection<'_>,
    event_id: Uuid,
) -> Result<Option<(Ttn, MessageView)>, StoreError> {
    let sql = Each {
        sqlite: concat!("SELECT ttn, ", as_json!(sqlite), " FROM messages WHERE event_id = $1"),
        postgres: concat!("SELECT ttn, ", as_json!(postgres), "::text FROM messages WHERE event_id = $1"),
    };
    let row = query(sql).bind(event_id).optional(connection).await?;
    let message = |row: Row| Ok((orders::ttn_of(row.text(0)?)?, view(serde_json::from_str(row.text(1)?)?)?));
    row.map(message).transpose()
}

fn view(columns: Columns) -> Result<MessageView, StoreError> {
    let (sent, (expires_at, next_attempt_at, replaces, replaced_by, told_at, told_by)) = columns;
    let (event_id, notice, phone, language, state, reason, text, segments, attempts, queued, accepted, finished) = sent;
    Ok(MessageView {
        event_id,
        notice,
        phone,
        language,
        state: message_state::from_rank(state)?,
        reason,
        text,
        segments,
        attempts,
        queued_at: queued,
        accepted_at: accepted,
        finished_at: finished,
        expires_at,
        next_attempt_at,
        replaces,
        replaced_by,
        told_at,
        told_by,
    })
}

/// Columns of [`row_of`], of `messages` joined with `orders`.
macro_rules! row_columns {
    (sqlite) => {
        concat!("orders.ttn, body ->> '$.recipient.name', recipient_city, ", $crate::store::messages::as_json!(sqlite))
    };
    (postgres) => {
        concat!(
            "orders.ttn, body::json #>> '{recipient,name}', recipient_city, ",
            $crate::store::messages::as_json!(postgres),
            "::text AS message"
        )
    };
}
pub(super) use row_columns;

/// A row of the list: the first columns of a result.
pub(super) fn row_of(row: &Row) -> Result<MessageRow, StoreError> {
    Ok(MessageRow {
        ttn: orders::ttn_of(row.text(0)?)?,
        recipient_name: row.string(1)?,
        recipient_city: row.string(2)?,
        message: view(serde_json::from_str(row.text(3)?)?)?,
    })
}

/// Rows of these messages.
pub(super) async fn rows(
    connection: &mut Connection<'_>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, MessageRow>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = Each {
        sqlite: concat!(
            "SELECT ",
            row_columns!(sqlite),
            " FROM messages JOIN orders ON orders.ttn = messages.ttn WHERE messages.event_id IN (SELECT value FROM json_each($1))"
        ),
        postgres: concat!(
            "SELECT ",
            row_columns!(postgres),
            " FROM messages JOIN orders ON orders.ttn = messages.ttn WHERE messages.event_id = ANY($1)"
        ),
    };
    let found = query(sql).bind(list(ids)).all(connection).await?;
    let with_id = |row| row_of(row).map(|row| (row.message.event_id, row));
    found.iter().map(with_id).collect()
}

/// Writes what became of a message.
pub(super) async fn update(connection: &mut Connection<'_>, message: &MessageView) -> Result<(), StoreError> {
    let updated = query(
        "UPDATE messages SET state = $2, reason = $3, segments = $4, attempts = $5, accepted_at = $6, finished_at = $7,
                next_attempt_at = $8, replaced_by = $9, told_at = $10, told_by = $11
         WHERE event_id = $1",
    )
    .bind(message.event_id)
    .bind(message_state::rank(message.state))
    .bind(message.reason.as_ref().map(word).transpose()?)
    .bind(message.segments)
    .bind(message.attempts)
    .bind(message.accepted_at)
    .bind(message.finished_at)
    .bind(message.next_attempt_at)
    .bind(message.replaced_by.map(|id| id.to_string()))
    .bind(message.told_at)
    .bind(message.told_by.as_ref().map(serde_json::to_string).transpose()?)
    .run(connection)
    .await?;
    if updated == 1 { Ok(()) } else { Err(unexpected("number of updated messages")) }
}

/// State of the newest message of an order, and whether the customer was told by voice instead.
pub(super) async fn latest_state(
    connection: &mut Connection<'_>,
    ttn: &Ttn,
) -> Result<(Option<MessageState>, bool), StoreError> {
    let row = query(
        "SELECT state, told_at IS NOT NULL FROM messages WHERE ttn = $1 ORDER BY queued_at DESC, event_id DESC LIMIT 1",
    )
    .bind(ttn)
    .optional(connection)
    .await?;
    let Some(row) = row else { return Ok((None, false)) };
    Ok((Some(message_state::from_rank(row.number(0)?)?), row.flag(1)?))
}

/// Forgets the text of at most `limit` messages that were queued before, and number and text in their events; says how many. What still waits
/// to be sent keeps both, however old it is.
pub(super) async fn forget_texts(
    connection: &mut Connection<'_>,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let found = query(
        "SELECT event_id FROM messages WHERE text IS NOT NULL AND state <> 0 AND queued_at < $1
         AND NOT EXISTS (SELECT 1 FROM integration_events AS event
                         WHERE event.event_id = messages.event_id AND event.status IN ('in_progress', 'published'))
         ORDER BY queued_at LIMIT $2",
    )
    .bind(before)
    .bind(limit)
    .all(connection)
    .await?;
    let ids = found.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    query(Each {
        sqlite: "UPDATE integration_events SET payload = json_remove(payload, '$.notify')
         WHERE status = 'confirmed' AND event_id IN (SELECT value FROM json_each($1))",
        postgres: "UPDATE integration_events SET payload = (payload::jsonb - 'notify')::text
         WHERE status = 'confirmed' AND event_id = ANY($1)",
    })
    .bind(list(&ids))
    .run(connection)
    .await?;
    query(among!("UPDATE messages SET text = NULL WHERE ", "event_id" in "$1", ""))
        .bind(list(&ids))
        .run(connection)
        .await
}
