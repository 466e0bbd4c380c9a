//! Table `integration_events`: the outbox. How it works and why: docs/OUTBOX.md.

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::stream::IntegrationEvent;
use postoffice_runtime::{fail_point, planted};
use uuid::Uuid;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    messages::word,
    numbered::{Batch, Numbered, batch_of, to_u64, told_of},
    planted::raise_counter_alone,
    row::Row,
    statement::{Each, Query, at_most, query},
    together::Together,
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
pub(super) async fn insert(writes: &mut Together<'_, '_>, events: &[IntegrationEvent]) -> Result<(), StoreError> {
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
    let insert = query(Each {
        sqlite: "INSERT INTO integration_events (event_id, ttn, seq, kind, payload, needs_outcome, status, created_at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, 'in_progress', value ->> 6
         FROM json_each($1)",
        postgres: "INSERT INTO integration_events (event_id, ttn, seq, kind, payload, needs_outcome, status, created_at)
         SELECT value ->> 0, value ->> 1, (value ->> 2)::integer, value ->> 3, value ->> 4, (value ->> 5)::boolean, 'in_progress',
                (value ->> 6)::bigint
         FROM jsonb_array_elements($1::jsonb)",
    });
    writes.add(insert.bind(serde_json::to_string(&rows)?)).await
}

/// What a relay asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claiming {
    /// Which relay.
    pub holder: Uuid,
    pub now: Timestamp,
    /// Length of its lease.
    pub lease_ms: i64,
    /// Everything numbered up to this is in the stream; 0: nothing to say of that.
    pub published: u64,
    /// Most events it takes.
    pub limit: usize,
}

/// Renews (or takes) the relay's lease, marks what it has published and numbers what is new, in one transaction with it: a relay that was
/// paused past its lease cannot number anything, so numbers have no gaps and no doubles.
pub(super) async fn claim(connection: &mut Connection<'_>, claiming: Claiming) -> Result<Claim, StoreError> {
    let Claiming { holder, now, lease_ms, published, limit } = claiming;
    let leading = query(
        "UPDATE relay_lease SET holder = $1, until = $2 WHERE id = 1 AND (holder = $1 OR until <= $3) RETURNING next_seq",
    )
    .bind(holder)
    .bind(now.plus_millis(lease_ms))
    .bind(now)
    .optional(connection)
    .await?;
    let Some(leading) = leading else {
        let row = query("SELECT until FROM relay_lease WHERE id = 1").one(connection).await?;
        return Ok(Claim::NotLeader { until: row.at(0)? });
    };
    let next = leading.count(0)?;
    if planted!("relay.numbers_apart") {
        raise_counter_alone(connection, at_most(limit)).await?;
    }
    let mut rows = Vec::new();
    let mut marks = Together::on(connection);
    if published > 0 {
        marks.add(marking(holder, published, now)).await?;
    }
    // Everything numbered is in the stream, except after a round that did not come to its end.
    if next > published + 1 {
        marks.end().await?;
        rows = numbered_not_published(connection, limit).await?;
        marks = Together::on(connection);
    }
    let room = limit.saturating_sub(rows.len());
    // What is marked has a number, so neither of the two needs to see what the other writes.
    let fresh = number(marks, next, room).await?;
    fail_point!("relay.numbered");
    if !fresh.is_empty() && !planted!("relay.numbers_apart") {
        let raised = at_most(fresh.len());
        query("UPDATE relay_lease SET next_seq = next_seq + $1 WHERE id = 1").bind(raised).run(connection).await?;
    }
    rows.extend(fresh);
    Ok(Claim::Batch(batch_of(&rows)?))
}

/// What has a number and is not known to be in the stream, in order.
async fn numbered_not_published(connection: &mut Connection<'_>, limit: usize) -> Result<Vec<Row>, StoreError> {
    query(
        "SELECT publish_seq, payload, republished > 0 FROM integration_events
         WHERE status = 'in_progress' AND publish_seq IS NOT NULL ORDER BY publish_seq LIMIT $1",
    )
    .bind(at_most(limit))
    .all(connection)
    .await
}

/// Ends what is marked, and gives numbers from `next` on to at most `limit` events; the events in order.
///
/// That is the order in which they were written; of one order it is the order of commits, on PostgreSQL because whoever writes about an order
/// holds its row until COMMIT. There a position has no index of its own, an id has.
async fn number(marks: Together<'_, '_>, next: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
    if limit == 0 {
        marks.end().await?;
        return Ok(Vec::new());
    }
    let number = query(Each {
        sqlite: "UPDATE integration_events SET publish_seq = fresh.number
         FROM (SELECT rowid AS row, $1 - 1 + row_number() OVER (ORDER BY rowid) AS number FROM integration_events
               WHERE status = 'in_progress' AND publish_seq IS NULL ORDER BY rowid LIMIT $2) AS fresh
         WHERE integration_events.rowid = fresh.row RETURNING publish_seq, payload, republished > 0",
        postgres: "UPDATE integration_events SET publish_seq = fresh.number
         FROM (SELECT event_id, $1 - 1 + row_number() OVER (ORDER BY position) AS number FROM integration_events
               WHERE status = 'in_progress' AND publish_seq IS NULL ORDER BY position LIMIT $2) AS fresh
         WHERE integration_events.event_id = fresh.event_id RETURNING publish_seq, payload, republished > 0",
    })
    .bind(next)
    .bind(at_most(limit));
    let rows = marks.end_with(number).await?;
    let mut numbers = Vec::with_capacity(rows.len());
    for row in rows {
        numbers.push((row.count(0)?, row));
    }
    numbers.sort_unstable_by_key(|(number, _)| *number);
    Ok(numbers.into_iter().map(|(_, row)| row).collect())
}

/// Ends whatever lease there is. Only for a process that knows that no other relay can be alive.
pub(super) async fn end_lease(connection: &mut Connection<'_>) -> Result<(), StoreError> {
    query("UPDATE relay_lease SET until = 0 WHERE id = 1").run(connection).await?;
    Ok(())
}

/// Ends the lease of one relay.
pub(super) async fn end_lease_of(connection: &mut Connection<'_>, holder: Uuid) -> Result<(), StoreError> {
    query("UPDATE relay_lease SET until = 0 WHERE id = 1 AND holder = $1").bind(holder).run(connection).await?;
    Ok(())
}

/// Marks everything numbered up to `up_to` as published; what needs no outcome is confirmed at once. Only the leader may.
pub(super) async fn mark_published(
    connection: &mut Connection<'_>,
    holder: Uuid,
    up_to: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    marking(holder, up_to, now).run(connection).await.map(drop)
}

fn marking(holder: Uuid, up_to: u64, now: Timestamp) -> Query {
    query(
        "UPDATE integration_events
         SET status = CASE WHEN needs_outcome THEN 'published' ELSE 'confirmed' END, published_at = $3, attempts = attempts + 1,
             confirmed_at = CASE WHEN needs_outcome THEN NULL ELSE $3 END
         WHERE status = 'in_progress' AND publish_seq <= $2 AND (SELECT holder FROM relay_lease WHERE id = 1) = $1",
    )
    .bind(holder)
    .bind(up_to)
    .bind(now)
}

/// Unconfirmed events numbered after `after`, in order: what a Redis that lost its tail gets again.
pub(super) async fn unconfirmed_after(
    connection: &mut Connection<'_>,
    after: u64,
    limit: usize,
) -> Result<Batch, StoreError> {
    // Two questions, so that each walks its own small index: confirmed rows, millions in time, are in neither.
    let rows = query(
        "SELECT publish_seq, payload, republished > 0 FROM integration_events WHERE status = 'in_progress' AND publish_seq > $1
         UNION ALL
         SELECT publish_seq, payload, republished > 0 FROM integration_events WHERE status = 'published' AND publish_seq > $1
         ORDER BY publish_seq LIMIT $2",
    )
    .bind(after)
    .bind(at_most(limit))
    .all(connection)
    .await?;
    batch_of(&rows)
}

/// What desktops are told under the numbers after `after` up to `until`, whatever became of the events, in order.
pub(super) async fn numbered_between(
    connection: &mut Connection<'_>,
    after: u64,
    until: u64,
    limit: usize,
) -> Result<Vec<Numbered>, StoreError> {
    let rows = query(
        "SELECT told.number, told.is_repeat, e.payload, e.event_id, e.kind, e.ttn, e.seq, e.created_at, o.status, o.deleted_at IS NOT NULL
         FROM (SELECT publish_seq AS number, republished > 0 AS is_repeat, event_id FROM integration_events
               WHERE publish_seq > $1 AND publish_seq <= $2
               UNION ALL
               SELECT publish_seq, NOT is_first, event_id FROM earlier_numbers WHERE publish_seq > $1 AND publish_seq <= $2
               ORDER BY 1 LIMIT $3) AS told
         JOIN integration_events AS e USING (event_id) LEFT JOIN orders AS o ON o.ttn = e.ttn ORDER BY told.number",
    )
    .bind(after)
    .bind(until)
    .bind(at_most(limit))
    .all(connection)
    .await?;
    rows.iter().filter_map(|row| told_of(row).transpose()).collect()
}

/// Events without a number yet, at most `limit`, the oldest first.
pub(super) async fn not_numbered(connection: &mut Connection<'_>, limit: usize) -> Result<Vec<Uuid>, StoreError> {
    let rows = query(Each {
        sqlite: "SELECT event_id FROM integration_events WHERE status = 'in_progress' AND publish_seq IS NULL ORDER BY rowid LIMIT $1",
        postgres: "SELECT event_id FROM integration_events WHERE status = 'in_progress' AND publish_seq IS NULL ORDER BY position LIMIT $1",
    })
    .bind(at_most(limit))
    .all(connection)
    .await?;
    rows.iter().map(|row| Uuid::parse_str(row.text(0)?).map_err(|_| unexpected("event id"))).collect()
}

/// The lowest publish number whose event is not confirmed.
pub(super) async fn first_unconfirmed(connection: &mut Connection<'_>) -> Result<Option<u64>, StoreError> {
    let row = query(
        "SELECT min(first) FROM (
            SELECT min(publish_seq) AS first FROM integration_events WHERE status = 'in_progress' AND publish_seq > 0
            UNION ALL
            SELECT min(publish_seq) FROM integration_events WHERE status = 'published' AND publish_seq > 0) AS firsts",
    )
    .one(connection)
    .await?;
    row.maybe_number(0)?.map(to_u64).transpose()
}

/// The last publish number that is marked as published (0 for none).
pub(super) async fn last_published(connection: &mut Connection<'_>) -> Result<u64, StoreError> {
    // Walks down from the highest number; only what is numbered and not yet marked is passed over.
    let row = query(
        "SELECT publish_seq FROM integration_events
         WHERE publish_seq IS NOT NULL AND published_at IS NOT NULL ORDER BY publish_seq DESC LIMIT 1",
    )
    .optional(connection)
    .await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// When the oldest event was written that is not published.
pub(super) async fn oldest_unpublished(connection: &mut Connection<'_>) -> Result<Option<Timestamp>, StoreError> {
    let row =
        query("SELECT min(created_at) FROM integration_events WHERE status = 'in_progress'").one(connection).await?;
    Ok(row.maybe_number(0)?.map(Timestamp::from_millis))
}

/// The last publish number given (0 for none).
pub(super) async fn last_numbered(connection: &mut Connection<'_>) -> Result<u64, StoreError> {
    let row = query("SELECT next_seq - 1 FROM relay_lease WHERE id = 1").one(connection).await?;
    row.count(0)
}

/// States of an event that something, or somebody, still has to happen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventStatus {
    InProgress,
    Published,
    Dead,
}

/// How many events are in a state.
pub(super) async fn depth(connection: &mut Connection<'_>, status: EventStatus) -> Result<u64, StoreError> {
    let sql = match status {
        EventStatus::InProgress => "SELECT count(*) FROM integration_events WHERE status = 'in_progress'",
        EventStatus::Published => "SELECT count(*) FROM integration_events WHERE status = 'published'",
        EventStatus::Dead => "SELECT count(*) FROM integration_events WHERE status = 'dead'",
    };
    query(sql).one(connection).await?.count(0)
}

/// Marks an event as finished: its outcome stands in SQL.
pub(super) async fn confirm(connection: &mut Connection<'_>, event_id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    // `in_progress` too: the outcome may come back before the relay marked the event. And `dead`: the silent one spoke after all.
    query(
        "UPDATE integration_events SET status = 'confirmed', confirmed_at = $2, published_at = coalesce(published_at, $2)
         WHERE event_id = $1 AND status IN ('in_progress', 'published', 'dead') AND publish_seq IS NOT NULL",
    )
    .bind(event_id)
    .bind(now)
    .run(connection)
    .await?;
    Ok(())
}
