//! Table `message_attempts`: what was tried, as the senders report it. Lines are only added, each once.

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::{messages::MessageAttempt, stream::OutcomeEntry};
use uuid::Uuid;

use super::{
    connection::Connection,
    error::StoreError,
    message_state,
    messages::{from_word, word},
    row::Row,
    statement::query,
};

/// Notes what an outcome says about its attempt; a repeat changes nothing.
pub(super) async fn note(connection: &mut Connection<'_>, outcome: &OutcomeEntry) -> Result<(), StoreError> {
    query(
        "INSERT INTO message_attempts (event_id, attempt, state, at, reason, next_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )
    .bind(outcome.event_id)
    .bind(outcome.attempts)
    .bind(message_state::rank(outcome.state))
    .bind(outcome.at)
    .bind(outcome.reason.as_ref().map(word).transpose()?)
    .bind(next_at(outcome))
    .run(connection)
    .await?;
    Ok(())
}

/// Only what is tried again has a next time.
fn next_at(outcome: &OutcomeEntry) -> Option<i64> {
    let tried_again = message_state::rank(outcome.state) == 0;
    outcome.next_attempt_at.filter(|_| tried_again).map(Timestamp::millis)
}

/// The attempts of a message, the latest first.
pub(super) async fn of_message(
    connection: &mut Connection<'_>,
    event_id: Uuid,
) -> Result<Vec<MessageAttempt>, StoreError> {
    let found = query(
        "SELECT attempt, state, at, reason, next_at FROM message_attempts WHERE event_id = $1
         ORDER BY attempt DESC, at DESC, state DESC",
    )
    .bind(event_id)
    .all(connection)
    .await?;
    found.iter().map(attempt).collect()
}

fn attempt(row: &Row) -> Result<MessageAttempt, StoreError> {
    Ok(MessageAttempt {
        attempt: row.small(0)?,
        state: message_state::from_rank(row.number(1)?)?,
        at: row.at(2)?,
        reason: row.maybe_text(3)?.map(from_word).transpose()?,
        next_attempt_at: row.maybe_number(4)?.map(Timestamp::from_millis),
    })
}
