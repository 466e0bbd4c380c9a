//! Table `messages`: the SMS of every order and where each of them is.

use postoffice_domain::{clock::Timestamp, language::Language, order::CustomerNotice, phone::Phone, ttn::Ttn};
use postoffice_protocol::messages::{MessageReason, MessageState, MessageView};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, SqliteConnection, SqliteExecutor, sqlite::SqliteRow};
use uuid::Uuid;

use super::{
    error::{StoreError, unexpected},
    message_state, orders,
};

/// A message to queue.
pub(super) struct NewMessage {
    pub event_id: Uuid,
    pub ttn: Ttn,
    pub notice: CustomerNotice,
    pub phone: Phone,
    pub language: Language,
    pub queued_at: Timestamp,
    pub request_id: String,
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
pub(super) async fn insert(connection: &mut SqliteConnection, messages: &[NewMessage]) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = messages
        .iter()
        .map(|message| {
            (
                message.event_id,
                message.ttn,
                message.notice,
                &message.phone,
                message.language,
                message.queued_at,
                &message.request_id,
            )
        })
        .collect();
    sqlx::query(
        "INSERT INTO messages (event_id, ttn, notice, phone, language, state, queued_at, request_id)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, 0, value ->> 5, value ->> 6 FROM json_each(?1)",
    )
    .bind(serde_json::to_string(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// A message as a JSON array for [`view`].
macro_rules! as_json {
    () => {
        "json_array(event_id, notice, phone, language, state, reason, text, segments, attempts, queued_at, accepted_at, finished_at)"
    };
}

/// [`as_json`], read.
type Columns = (
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

/// The messages of a row of `orders`, as one JSON array for [`read`].
pub(super) const OF_ORDER: &str =
    concat!("(SELECT json_group_array(", as_json!(), ") FROM messages WHERE messages.ttn = orders.ttn)");

/// Reads [`OF_ORDER`]; newest first.
pub(super) fn read(json: &str) -> Result<Vec<MessageView>, StoreError> {
    let rows: Vec<Columns> = serde_json::from_str(json)?;
    let mut messages = rows.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    messages.sort_unstable_by_key(|message| std::cmp::Reverse((message.queued_at, message.event_id)));
    Ok(messages)
}

/// One message with its order.
pub(super) async fn get(
    executor: impl SqliteExecutor<'_>,
    event_id: Uuid,
) -> Result<Option<(Ttn, MessageView)>, StoreError> {
    let sql = concat!("SELECT ttn, ", as_json!(), " FROM messages WHERE event_id = ?1");
    let row = sqlx::query(sql).bind(event_id.to_string()).fetch_optional(executor).await?;
    let message =
        |row: SqliteRow| Ok((orders::ttn_of(row.try_get(0)?)?, view(serde_json::from_str(row.try_get(1)?)?)?));
    row.map(message).transpose()
}

fn view(columns: Columns) -> Result<MessageView, StoreError> {
    let (event_id, notice, phone, language, state, reason, text, segments, attempts, queued, accepted, finished) =
        columns;
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
    })
}

/// Writes what became of a message.
pub(super) async fn update(connection: &mut SqliteConnection, message: &MessageView) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE messages SET state = ?2, reason = ?3, text = ?4, segments = ?5, attempts = ?6, accepted_at = ?7, finished_at = ?8
         WHERE event_id = ?1",
    )
    .bind(message.event_id.to_string())
    .bind(message_state::rank(message.state))
    .bind(message.reason.as_ref().map(word).transpose()?)
    .bind(&message.text)
    .bind(message.segments)
    .bind(message.attempts)
    .bind(message.accepted_at.map(Timestamp::millis))
    .bind(message.finished_at.map(Timestamp::millis))
    .execute(connection)
    .await?;
    Ok(())
}

/// State of the newest message of an order.
pub(super) async fn latest_state(
    connection: &mut SqliteConnection,
    ttn: &Ttn,
) -> Result<Option<MessageState>, StoreError> {
    let row = sqlx::query("SELECT state FROM messages WHERE ttn = ?1 ORDER BY queued_at DESC, event_id DESC LIMIT 1")
        .bind(ttn.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(|row| message_state::from_rank(row.try_get(0)?)).transpose()
}
