//! Confirmed events that nobody needs any more: deleted, a few at a time (docs/OUTBOX.md, "Clean-up").

use postoffice_domain::clock::Timestamp;

use super::{
    Store,
    connection::Connection,
    error::StoreError,
    numbered::to_u64,
    statement::{at_most, query},
};

async fn delete(
    connection: &mut Connection<'_>,
    (after, up_to): (u64, u64),
    before: Timestamp,
) -> Result<u64, StoreError> {
    // With its earlier numbers: they are lower still.
    query(
        "DELETE FROM earlier_numbers WHERE event_id IN (
            SELECT event_id FROM integration_events
            WHERE publish_seq > $1 AND publish_seq <= $2 AND status = 'confirmed' AND confirmed_at < $3 AND republished > 0)",
    )
    .bind(after)
    .bind(up_to)
    .bind(before)
    .run(connection)
    .await?;
    let deleted = query(
        "DELETE FROM integration_events WHERE publish_seq > $1 AND publish_seq <= $2 AND status = 'confirmed' AND confirmed_at < $3",
    )
    .bind(after)
    .bind(up_to)
    .bind(before)
    .run(connection)
    .await?;
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
        let mut reader = self.readers.reader().await?;
        let page = query(
            "SELECT max(publish_seq), min(created_at) FROM (
                SELECT publish_seq, created_at FROM integration_events WHERE publish_seq > $1 AND publish_seq <= $2
                ORDER BY publish_seq LIMIT $3) AS page",
        )
        .bind(after)
        .bind(up_to)
        .bind(at_most(rows))
        .one(&mut reader.connection())
        .await?;
        let (Some(last), Some(oldest)) = (page.maybe_number(0)?, page.maybe_number(1)?) else {
            return Ok((0, None));
        };
        if oldest >= before.millis() {
            return Ok((0, None));
        }
        let last = to_u64(last)?;
        drop(reader);
        let deleted = self
            .write((after, last, before), |connection, (after, last, before)| {
                Box::pin(delete(connection, (*after, *last), *before))
            })
            .await?;
        Ok((deleted, Some(last)))
    }
}
