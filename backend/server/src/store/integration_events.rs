//! Table `integration_events`: the outbox. How it works and why: docs/OUTBOX.md.

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::stream::IntegrationEvent;
use postoffice_runtime::{fail_point, planted};
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use super::{
    error::{StoreError, unexpected},
    messages::word,
    numbered::{Batch, Numbered, batch_of, to_i64, to_u64, told_of},
    planted::raise_counter_alone,
};

/// What a relay gets when it asks for work.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Another relay leads until then.
    NotLeader {
        /// End of its lease.
        until: Timestamp,
    },
    /// What is to be published, in order, numbered. Empty: nothing to do.
    Batch(Batch),
}

/// Adds events, not numbered yet.
pub(super) async fn insert(connection: &mut SqliteConnection, events: &[IntegrationEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = events
        .iter()
        .map(|event| {
            let payload = serde_json::to_string(event)?;
            Ok((event.event_id, event.ttn, event.seq, word(&event.kind)?, payload, event.notify.is_some(), event.at))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query(
        "INSERT INTO integration_events (event_id, ttn, seq, kind, payload, needs_outcome, status, created_at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, 'in_progress', value ->> 6
         FROM json_each(?1)",
    )
    .bind(serde_json::to_string(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Renews (or takes) the relay's lease and numbers what is new, in one transaction with it: a relay that was paused past its lease cannot
/// number anything, so numbers have no gaps and no doubles.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    holder: Uuid,
    now: Timestamp,
    lease_ms: i64,
    limit: usize,
) -> Result<Claim, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let leading = sqlx::query(
        "UPDATE relay_lease SET holder = ?1, until = ?2 WHERE id = 1 AND (holder = ?1 OR until <= ?3) RETURNING next_seq",
    )
    .bind(holder.to_string())
    .bind(now.plus_millis(lease_ms).millis())
    .bind(now.millis())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(leading) = leading else {
        let row = sqlx::query("SELECT until FROM relay_lease WHERE id = 1").fetch_one(connection).await?;
        return Ok(Claim::NotLeader { until: Timestamp::from_millis(row.try_get(0)?) });
    };
    let next: i64 = leading.try_get(0)?;
    if planted!("relay.numbers_apart") {
        raise_counter_alone(connection, limit).await?;
    }
    // rowid is the order of commits: the table is only added to, by one writer.
    let numbered = sqlx::query(
        "UPDATE integration_events SET publish_seq = fresh.number
         FROM (SELECT rowid AS row, ?1 - 1 + row_number() OVER (ORDER BY rowid) AS number FROM integration_events
               WHERE status = 'in_progress' AND publish_seq IS NULL ORDER BY rowid LIMIT ?2) AS fresh
         WHERE integration_events.rowid = fresh.row",
    )
    .bind(next)
    .bind(limit)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    fail_point!("relay.numbered");
    let raised_before = planted!("relay.numbers_apart");
    sqlx::query("UPDATE relay_lease SET next_seq = next_seq + ?1 WHERE id = 1")
        .bind(if raised_before { 0 } else { i64::try_from(numbered).map_err(|_| unexpected("number of rows"))? })
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query(
        "SELECT publish_seq, payload, republished > 0 FROM integration_events
         WHERE status = 'in_progress' AND publish_seq IS NOT NULL ORDER BY publish_seq LIMIT ?1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(Claim::Batch(batch_of(&rows)?))
}

/// Ends whatever lease there is. Only for a process that knows that no other relay can be alive.
pub(super) async fn end_lease(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE relay_lease SET until = 0 WHERE id = 1").execute(connection).await?;
    Ok(())
}

/// Marks everything numbered up to `up_to` as published; what needs no outcome is confirmed at once. Only the leader may.
pub(super) async fn mark_published(
    connection: &mut SqliteConnection,
    holder: Uuid,
    up_to: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE integration_events
         SET status = CASE needs_outcome WHEN 1 THEN 'published' ELSE 'confirmed' END, published_at = ?3, attempts = attempts + 1,
             confirmed_at = CASE needs_outcome WHEN 1 THEN NULL ELSE ?3 END
         WHERE status = 'in_progress' AND publish_seq <= ?2 AND (SELECT holder FROM relay_lease WHERE id = 1) = ?1",
    )
    .bind(holder.to_string())
    .bind(to_i64(up_to)?)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Unconfirmed events numbered after `after`, in order: what a Redis that lost its tail gets again.
pub(super) async fn unconfirmed_after(
    executor: impl SqliteExecutor<'_>,
    after: u64,
    limit: usize,
) -> Result<Batch, StoreError> {
    // Two questions, so that each walks its own small index: confirmed rows, millions in time, are in neither.
    let rows = sqlx::query(
        "SELECT publish_seq, payload, republished > 0 FROM integration_events WHERE status = 'in_progress' AND publish_seq > ?1
         UNION ALL
         SELECT publish_seq, payload, republished > 0 FROM integration_events WHERE status = 'published' AND publish_seq > ?1
         ORDER BY publish_seq LIMIT ?2",
    )
    .bind(to_i64(after)?)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(executor)
    .await?;
    batch_of(&rows)
}

/// What desktops are told under the numbers after `after` up to `until`, whatever became of the events, in order.
pub(super) async fn numbered_between(
    executor: impl SqliteExecutor<'_>,
    after: u64,
    until: u64,
    limit: usize,
) -> Result<Vec<Numbered>, StoreError> {
    let rows = sqlx::query(
        "SELECT told.number, told.is_repeat, e.payload, e.event_id, e.kind, e.ttn, e.seq, e.created_at, o.status, o.deleted_at IS NOT NULL
         FROM (SELECT publish_seq AS number, republished > 0 AS is_repeat, event_id FROM integration_events
               WHERE publish_seq > ?1 AND publish_seq <= ?2
               UNION ALL
               SELECT publish_seq, NOT is_first, event_id FROM earlier_numbers WHERE publish_seq > ?1 AND publish_seq <= ?2
               ORDER BY 1 LIMIT ?3) AS told
         JOIN integration_events AS e USING (event_id) LEFT JOIN orders AS o ON o.ttn = e.ttn ORDER BY told.number",
    )
    .bind(to_i64(after)?)
    .bind(i64::try_from(until).unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(executor)
    .await?;
    rows.iter().filter_map(|row| told_of(row).transpose()).collect()
}

/// The lowest publish number whose event is not confirmed.
pub(super) async fn first_unconfirmed(executor: impl SqliteExecutor<'_>) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query(
        "SELECT min(first) FROM (
            SELECT min(publish_seq) AS first FROM integration_events WHERE status = 'in_progress' AND publish_seq > 0
            UNION ALL
            SELECT min(publish_seq) FROM integration_events WHERE status = 'published' AND publish_seq > 0)",
    )
    .fetch_one(executor)
    .await?;
    row.try_get::<Option<i64>, _>(0)?.map(to_u64).transpose()
}

/// The last publish number that is marked as published (0 for none).
pub(super) async fn last_published(executor: impl SqliteExecutor<'_>) -> Result<u64, StoreError> {
    // Walks down from the highest number; only what is numbered and not yet marked is passed over.
    let row = sqlx::query(
        "SELECT publish_seq FROM integration_events
         WHERE publish_seq IS NOT NULL AND published_at IS NOT NULL ORDER BY publish_seq DESC LIMIT 1",
    )
    .fetch_optional(executor)
    .await?;
    row.map_or(Ok(0), |row| to_u64(row.try_get(0)?))
}

/// When the oldest event was written that is not published.
pub(super) async fn oldest_unpublished(executor: impl SqliteExecutor<'_>) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("SELECT min(created_at) FROM integration_events WHERE status = 'in_progress'")
        .fetch_one(executor)
        .await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.map(Timestamp::from_millis))
}

/// The last publish number given (0 for none).
pub(super) async fn last_numbered(executor: impl SqliteExecutor<'_>) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT next_seq - 1 FROM relay_lease WHERE id = 1").fetch_one(executor).await?;
    to_u64(row.try_get(0)?)
}

/// States of an event that something, or somebody, still has to happen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventStatus {
    InProgress,
    Published,
    Dead,
}

/// How many events are in a state.
pub(super) async fn depth(executor: impl SqliteExecutor<'_>, status: EventStatus) -> Result<u64, StoreError> {
    let sql = match status {
        EventStatus::InProgress => "SELECT count(*) FROM integration_events WHERE status = 'in_progress'",
        EventStatus::Published => "SELECT count(*) FROM integration_events WHERE status = 'published'",
        EventStatus::Dead => "SELECT count(*) FROM integration_events WHERE status = 'dead'",
    };
    to_u64(sqlx::query(sql).fetch_one(executor).await?.try_get(0)?)
}

/// Marks an event as finished: its outcome stands in SQL.
pub(super) async fn confirm(
    connection: &mut SqliteConnection,
    event_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    // `in_progress` too: the outcome may come back before the relay marked the event. And `dead`: the silent one spoke after all.
    sqlx::query(
        "UPDATE integration_events SET status = 'confirmed', confirmed_at = ?2, published_at = coalesce(published_at, ?2)
         WHERE event_id = ?1 AND status IN ('in_progress', 'published', 'dead') AND publish_seq IS NOT NULL",
    )
    .bind(event_id.to_string())
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}
