//! Events that nobody has and nobody answers: published again under a new number (docs/OUTBOX.md, "The silent ones").

use std::sync::Arc;

use postoffice_domain::{clock::Timestamp, entropy::Entropy};
use postoffice_protocol::messages::{MessageReason, MessageState};
use uuid::Uuid;

use super::{
    Store,
    connection::Connection,
    dead_events,
    error::{StoreError, unexpected},
    orders::{self, About},
    statement::{at_most, query},
};

/// What became of silent events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Go out again.
    pub again: usize,
    /// Went out often enough: set aside.
    pub dead: usize,
}

/// Gives an event a new number at the end; the one it had stays its own. Gives the new one.
pub(super) async fn number_again(connection: &mut Connection<'_>, event_id: Uuid) -> Result<u64, StoreError> {
    let event_id = event_id.to_string();
    query(
        "INSERT INTO earlier_numbers (publish_seq, event_id, is_first)
         SELECT publish_seq, event_id, republished = 0 FROM integration_events WHERE event_id = $1",
    )
    .bind(&event_id)
    .run(connection)
    .await?;
    // Whoever gives numbers writes this row first, and holds it until COMMIT: none is given twice, and none is left out.
    let given = query("UPDATE relay_lease SET next_seq = next_seq + 1 WHERE id = 1 RETURNING next_seq - 1")
        .one(connection)
        .await?;
    let number = given.count(0)?;
    query(
        "UPDATE integration_events SET status = 'in_progress', publish_seq = $2, republished = republished + 1, published_at = NULL
         WHERE event_id = $1",
    )
    .bind(&event_id)
    .bind(number)
    .run(connection)
    .await?;
    Ok(number)
}

async fn repeat(
    connection: &mut Connection<'_>,
    (holder, silent, at_most): (Uuid, &[u64], u32),
    (now, entropy): (Timestamp, &dyn Entropy),
) -> Result<Repeated, StoreError> {
    let mut repeated = Repeated::default();
    for number in silent {
        orders::hold_of(connection, About::Event(*number)).await?;
        // Still published under this very number: its outcome may have come meanwhile.
        let row = query(
            "SELECT event_id, republished FROM integration_events
             WHERE publish_seq = $1 AND status = 'published' AND (SELECT holder FROM relay_lease WHERE id = 1) = $2",
        )
        .bind(*number)
        .bind(holder)
        .optional(connection)
        .await?;
        let Some(row) = row else { continue };
        let (event_id, before) = (row.string(0)?, row.number(1)?);
        if before >= i64::from(at_most) {
            // It may have been sent: only a person can know.
            let becomes = (MessageState::Unknown, MessageReason::AnswerLost);
            let why = format!("silent: published {} times without an outcome", before + 1);
            dead_events::bury(connection, *number, &why, becomes, (now, entropy)).await?;
            repeated.dead += 1;
        } else {
            let id = Uuid::parse_str(&event_id).map_err(|_| unexpected("event id"))?;
            let again = number_again(connection, id).await?;
            tracing::warn!(
                code = "event_silent",
                event_id,
                number,
                again,
                "nobody has this event and nobody answered; it goes again"
            );
            repeated.again += 1;
        }
    }
    Ok(repeated)
}

impl Store {
    /// Numbers after `after` of events that were published before `before` and have no outcome.
    ///
    /// # Errors
    /// The store could not.
    pub async fn unanswered(&self, after: u64, before: Timestamp, limit: usize) -> Result<Vec<u64>, StoreError> {
        let mut reader = self.readers.reader().await?;
        let rows = query(
            "SELECT publish_seq FROM integration_events WHERE status = 'published' AND publish_seq > $1 AND published_at <= $2
             ORDER BY publish_seq LIMIT $3",
        )
        .bind(after)
        .bind(before)
        .bind(at_most(limit))
        .all(&mut reader.connection())
        .await?;
        rows.iter().map(|row| row.count(0)).collect()
    }

    /// Lets silent events go out again, each at most `at_most` times. Does nothing for a relay that does not lead any more.
    ///
    /// # Errors
    /// The store could not; nothing was changed.
    pub async fn repeat_silent(&self, holder: Uuid, silent: Vec<u64>, at_most: u32) -> Result<Repeated, StoreError> {
        let what = (holder, silent, at_most, self.clock.now(), Arc::clone(&self.entropy));
        self.write_event(what, Vec::new(), |connection, (holder, silent, at_most, now, entropy)| {
            Box::pin(repeat(connection, (*holder, silent, *at_most), (*now, entropy.as_ref())))
        })
        .await
    }
}
