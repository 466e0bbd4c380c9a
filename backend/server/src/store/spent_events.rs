//! Confirmed events that nobody needs any more: deleted, a few at a time (docs/OUTBOX.md, "Clean-up").

use postoffice_domain::clock::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::{
    Store,
    error::StoreError,
    numbered::{to_i64, to_u64},
};

async fn delete(
    connection: &mut SqliteConnection,
    (after, up_to): (u64, u64),
    before: Timestamp,
) -> Result<u64, StoreError> {
    let (after, up_to) = (to_i64(after)?, to_i64(up_to)?);
    // With its earlier numbers: they are lower still.
    sqlx::query(
        "DELETE FROM earlier_numbers WHERE event_id IN (
            SELECT event_id FROM integration_events
            WHERE publish_seq > ?1 AND publish_seq <= ?2 AND status = 'confirmed' AND confirmed_at < ?3 AND republished > 0)",
    )
    .bind(after)
    .bind(up_to)
    .bind(before.millis())
    .execute(&mut *connection)
    .await?;
    let deleted = sqlx::query(
        "DELETE FROM integration_events WHERE publish_seq > ?1 AND publish_seq <= ?2 AND status = 'confirmed' AND confirmed_at < ?3",
    )
    .bind(after)
    .bind(up_to)
    .bind(before.millis())
    .execute(connection)
    .await?
    .rows_affected();
    Ok(deleted)
}

impl Store {
    /// Deletes events confirmed before `before` among the next `rows` after number `after` and not above `up_to`. Gives how many went and
    /// where to go on; no place when what follows is too young.
    ///
    /// # Errors
    /// The store could not; nothing was deleted.
    pub async fn delete_spent(
        &self,
        (after, up_to): (u64, u64),
        before: Timestamp,
        rows: usize,
    ) -> Result<(u64, Option<u64>), StoreError> {
        let page = sqlx::query(
            "SELECT max(publish_seq), min(created_at) FROM (
                SELECT publish_seq, created_at FROM integration_events WHERE publish_seq > ?1 AND publish_seq <= ?2
                ORDER BY publish_seq LIMIT ?3)",
        )
        .bind(to_i64(after)?)
        .bind(to_i64(up_to)?)
        .bind(i64::try_from(rows).unwrap_or(i64::MAX))
        .fetch_one(&self.readers)
        .await?;
        let (Some(last), Some(oldest)) = (page.try_get::<Option<i64>, _>(0)?, page.try_get::<Option<i64>, _>(1)?)
        else {
            return Ok((0, None));
        };
        if oldest >= before.millis() {
            return Ok((0, None));
        }
        let last = to_u64(last)?;
        let deleted = self
            .write(move |connection| Box::pin(async move { delete(connection, (after, last), before).await }))
            .await?;
        Ok((deleted, Some(last)))
    }
}
