//! Events that cannot go out: set aside so that nobody else waits, resent or dropped by an operator (docs/OUTBOX.md).

use std::sync::Arc;

use postoffice_domain::{
    clock::Timestamp,
    entropy::Entropy,
    people::{Actor, BranchId, EmployeeId, Role},
    ttn::Ttn,
};
use postoffice_protocol::{
    messages::{MessageReason, MessageState, MessageView},
    stream::{IntegrationEvent, Notify, OutcomeEntry, STREAM_VERSION},
};
use uuid::Uuid;

use super::{
    Store, Unreadable, audit,
    connection::Connection,
    error::StoreError,
    integration_events, messages,
    numbered::{event_of, from_columns},
    orders::{self, About},
    outcomes, silent_events,
    statement::query,
    together::Together,
};

const DAY_MS: i64 = 86_400_000;

/// A dead event, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadEvent {
    /// Its id, as it stands in the table.
    pub event_id: String,
    /// The last number it had.
    pub publish_seq: u64,
    /// The order, as it stands in the table.
    pub ttn: String,
    /// What kind of change, as it stands in the table.
    pub kind: String,
    /// Whether a customer is to be told.
    pub needs_outcome: bool,
    /// When it was written.
    pub created_at: Timestamp,
    /// Why it is dead.
    pub last_error: String,
}

/// Who decides about a dead event at the server's own terminal.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The name of the account there.
    pub name: String,
    /// The id in all logs.
    pub request_id: String,
}

/// What became of asking for a dead event to go again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It goes out under this number.
    Under(u64),
    /// There is no dead event of that id.
    NotDead,
    /// Its row cannot be read, and what is left does not say whom to tell what.
    NothingLeft,
}

/// Sets the event under a number aside; its message, if it has one, comes to `state`. False: it is not there any more, or done.
pub(super) async fn bury(
    connection: &mut Connection<'_>,
    publish_seq: u64,
    last_error: &str,
    (state, reason): (MessageState, MessageReason),
    (now, entropy): (Timestamp, &dyn Entropy),
) -> Result<bool, StoreError> {
    orders::hold_of(connection, About::Event(publish_seq)).await?;
    // Marked as told: desktops get its number from here.
    let row = query(
        "UPDATE integration_events SET status = 'dead', last_error = $2, published_at = coalesce(published_at, $3)
         WHERE publish_seq = $1 AND status IN ('in_progress', 'published') RETURNING event_id, ttn, kind",
    )
    .bind(publish_seq)
    .bind(last_error)
    .bind(now)
    .optional(connection)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let (event_id, ttn, kind) = (row.string(0)?, row.string(1)?, row.string(2)?);
    tracing::error!(
        code = "event_dead",
        event_id,
        ttn,
        kind,
        publish_seq,
        last_error,
        "an event cannot go out; set aside"
    );
    metrics::counter!("postoffice_outbox_dead_total").increment(1);
    let Ok(event_id) = Uuid::parse_str(&event_id) else { return Ok(true) };
    if let Some((ttn, message)) = messages::get(connection, event_id).await?
        && message.state.may_become(state)
    {
        let outcome = said(event_id, ttn, state, Some(reason), now);
        outcomes::apply(connection, ttn, message, &outcome, (now, entropy)).await?;
    }
    Ok(true)
}

/// What the server itself says of a message.
fn said(event_id: Uuid, ttn: Ttn, state: MessageState, reason: Option<MessageReason>, now: Timestamp) -> OutcomeEntry {
    OutcomeEntry {
        v: STREAM_VERSION,
        event_id,
        ttn,
        state,
        reason,
        next_attempt_at: None,
        segments: None,
        attempts: 0,
        at: now,
        request_id: None,
    }
}

async fn refused(
    connection: &mut Connection<'_>,
    (publish_seq, error, at_most): (u64, &str, u32),
    (now, entropy): (Timestamp, &dyn Entropy),
) -> Result<bool, StoreError> {
    // A publication counts in `attempts` too, and one that was asked for again in `republished`.
    let row = query(
        "UPDATE integration_events SET attempts = attempts + 1, last_error = $2 WHERE publish_seq = $1 AND status IN ('in_progress', 'published')
         RETURNING attempts - republished - CASE status WHEN 'published' THEN 1 ELSE 0 END",
    )
    .bind(publish_seq)
    .bind(error)
    .optional(connection)
    .await?;
    let Some(row) = row else { return Ok(true) };
    if row.number(0)? < i64::from(at_most) {
        return Ok(false);
    }
    let error = format!("refused: {error}");
    let becomes = (MessageState::Failed, MessageReason::BadEvent);
    bury(connection, publish_seq, &error, becomes, (now, entropy)).await
}

async fn resend(
    connection: &mut Connection<'_>,
    event_id: Uuid,
    operator: &Operator,
    (now, entropy): (Timestamp, &dyn Entropy),
) -> Result<Resent, StoreError> {
    orders::hold_of(connection, About::EventId(event_id)).await?;
    // The columns that `from_columns` reads, at their places.
    let row = query(
        "SELECT needs_outcome, last_error, e.payload, e.event_id, e.kind, e.ttn, e.seq, e.created_at, o.status, o.deleted_at IS NOT NULL
         FROM integration_events AS e LEFT JOIN orders AS o ON o.ttn = e.ttn WHERE e.event_id = $1 AND e.status = 'dead'",
    )
    .bind(event_id)
    .optional(connection)
    .await?;
    let Some(row) = row else { return Ok(Resent::NotDead) };
    let (needs_outcome, last_error) = (row.flag(0)?, row.string(1)?);
    let message = messages::get(connection, event_id).await?;
    let event = if let Ok(event) = event_of(&row, 2) {
        let notify = event.notify.map(|notify| match &message {
            Some((_, message)) => Notify { expires_at: of_use_until(message, now), ..notify },
            None => notify,
        });
        IntegrationEvent { notify, ..event }
    } else {
        let Ok(event) = from_columns(&row) else { return Ok(Resent::NothingLeft) };
        let notify = message.as_ref().and_then(|(_, message)| {
            Some(Notify {
                phone: message.phone.clone(),
                notice: message.notice,
                language: message.language,
                text: message.text.clone()?,
                expires_at: of_use_until(message, now),
            })
        });
        if needs_outcome && notify.is_none() {
            return Ok(Resent::NothingLeft);
        }
        IntegrationEvent { notify, ..event }
    };
    let ttn = event.ttn;
    query("UPDATE integration_events SET payload = $2 WHERE event_id = $1")
        .bind(event_id)
        .bind(serde_json::to_string(&event)?)
        .run(connection)
        .await?;
    let number = silent_events::number_again(connection, event_id).await?;
    if let Some((ttn, message)) = message {
        // A person decided: it waits again, whatever it was before.
        let outcome = said(event_id, ttn, MessageState::Queued, None, now);
        outcomes::apply(connection, ttn, message, &outcome, (now, entropy)).await?;
    }
    note(connection, (audit::OUTBOX_RESENT, event_id, ttn, &last_error), operator, now).await?;
    Ok(Resent::Under(number))
}

/// A message that a person sends again is of use as long as a new one would be.
fn of_use_until(message: &MessageView, now: Timestamp) -> Timestamp {
    let long = message.expires_at.map_or(DAY_MS, |until| until.millis_since(message.queued_at));
    now.plus_millis(long)
}

async fn drop_dead(
    connection: &mut Connection<'_>,
    event_id: Uuid,
    operator: &Operator,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = query(
        "UPDATE integration_events SET status = 'confirmed', confirmed_at = $2 WHERE event_id = $1 AND status = 'dead'
         RETURNING ttn, last_error",
    )
    .bind(event_id)
    .bind(now)
    .optional(connection)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let ttn = orders::ttn_of(row.text(0)?)?;
    note(connection, (audit::OUTBOX_DROPPED, event_id, ttn, row.text(1)?), operator, now).await?;
    Ok(true)
}

async fn note(
    connection: &mut Connection<'_>,
    (action, event_id, ttn, last_error): (&'static str, Uuid, Ttn, &str),
    operator: &Operator,
    now: Timestamp,
) -> Result<(), StoreError> {
    let actor = Actor {
        employee: EmployeeId(Uuid::nil()),
        name: operator.name.clone(),
        role: Role::Admin,
        branch: BranchId("-".to_owned()),
        station: "server".to_owned(),
    };
    let detail = serde_json::json!({ "event_id": event_id, "last_error": last_error }).to_string();
    let line =
        audit::NewLine { at: now, actor: &actor, action, ttn: Some(ttn), detail, request_id: &operator.request_id };
    let mut writes = Together::on(connection);
    audit::insert(&mut writes, line).await?;
    writes.end().await
}

async fn bury_all(
    connection: &mut Connection<'_>,
    unreadable: &[Unreadable],
    told: (Timestamp, &dyn Entropy),
) -> Result<(), StoreError> {
    let becomes = (MessageState::Failed, MessageReason::BadEvent);
    for row in unreadable {
        bury(connection, row.publish_seq, &row.why.to_string(), becomes, told).await?;
    }
    Ok(())
}

impl Store {
    /// Sets events that cannot be read aside, by their numbers, with the reason. What is done already stays.
    ///
    /// # Errors
    /// The store could not; none is set aside.
    pub async fn bury_unreadable(&self, unreadable: Vec<Unreadable>) -> Result<(), StoreError> {
        let what = (unreadable, self.clock.now(), Arc::clone(&self.entropy));
        self.write_event(what, Vec::new(), |connection, (unreadable, now, entropy)| {
            Box::pin(bury_all(connection, unreadable, (*now, entropy.as_ref())))
        })
        .await
    }

    /// Counts that Redis refused this event alone; at `at_most` it is set aside. True: it is out of the way.
    ///
    /// # Errors
    /// The store could not.
    pub async fn refused_by_redis(&self, publish_seq: u64, error: String, at_most: u32) -> Result<bool, StoreError> {
        let what = (publish_seq, error, at_most, self.clock.now(), Arc::clone(&self.entropy));
        self.write_event(what, Vec::new(), |connection, (publish_seq, error, at_most, now, entropy)| {
            Box::pin(refused(connection, (*publish_seq, error, *at_most), (*now, entropy.as_ref())))
        })
        .await
    }

    /// Events that wait for an operator, the oldest first.
    ///
    /// # Errors
    /// The store could not.
    pub async fn dead_events(&self, limit: u32) -> Result<Vec<DeadEvent>, StoreError> {
        let mut reader = self.readers.reader().await?;
        let rows = query(
            "SELECT event_id, publish_seq, ttn, kind, needs_outcome, created_at, coalesce(last_error, '') FROM integration_events
             WHERE status = 'dead' AND publish_seq > 0 ORDER BY publish_seq LIMIT $1",
        )
        .bind(limit)
        .all(&mut reader.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DeadEvent {
                    event_id: row.string(0)?,
                    publish_seq: row.count(1)?,
                    ttn: row.string(2)?,
                    kind: row.string(3)?,
                    needs_outcome: row.flag(4)?,
                    created_at: row.at(5)?,
                    last_error: row.string(6)?,
                })
            })
            .collect()
    }

    /// How many events wait for an operator.
    ///
    /// # Errors
    /// The store could not.
    pub async fn outbox_dead(&self) -> Result<u64, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::depth(&mut reader.connection(), integration_events::EventStatus::Dead).await
    }

    /// Publishes a dead event again, under a new number; audited.
    ///
    /// # Errors
    /// The store could not; nothing was changed.
    pub async fn resend_dead(&self, event_id: Uuid, operator: Operator) -> Result<Resent, StoreError> {
        let what = (event_id, operator, self.clock.now(), Arc::clone(&self.entropy));
        self.write(what, |connection, (event_id, operator, now, entropy)| {
            Box::pin(resend(connection, *event_id, operator, (*now, entropy.as_ref())))
        })
        .await
    }

    /// Gives a dead event up for good; audited. False: there is none of that id.
    ///
    /// # Errors
    /// The store could not; nothing was changed.
    pub async fn drop_dead(&self, event_id: Uuid, operator: Operator) -> Result<bool, StoreError> {
        self.write((event_id, operator, self.clock.now()), |connection, (event_id, operator, now)| {
            Box::pin(drop_dead(connection, *event_id, operator, *now))
        })
        .await
    }
}
