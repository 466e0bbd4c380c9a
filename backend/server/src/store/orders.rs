//! Table `orders`: the order itself as JSON, beside it the columns that lists and guards need.

use std::collections::{BTreeSet, HashMap, HashSet};

use postoffice_domain::{
    clock::Timestamp,
    location::Location,
    order::{Order, Status},
    people::BranchId,
    ttn::Ttn,
};
use postoffice_protocol::{messages::MessageState, orders::OrderRow, session::SessionId};
use uuid::Uuid;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    message_state,
    row::Row,
    statement::{among, list, query},
};

/// An order with what the store keeps beside it.
#[derive(Debug, Clone)]
pub(super) struct StoredOrder {
    pub order: Order,
    pub station: String,
    pub sms_state: Option<MessageState>,
    /// Whether the customer was told by voice what the last message should have said.
    pub sms_told: bool,
    /// Lines of its timeline so far; also the version of its row.
    pub timeline_seq: u32,
    /// Integration events so far.
    pub event_seq: u32,
    pub fence: u64,
    pub fence_session: Option<SessionId>,
    /// [`Self::lists`] as they stand in the table, and the text that it is found by; none of a new order.
    pub before: Option<(Lists, String)>,
}

/// What decides in which lists an order is.
pub(super) type Lists = (Status, Option<Timestamp>, Option<MessageState>, bool);

impl StoredOrder {
    pub(super) const fn lists(&self) -> Lists {
        (self.order.status, self.order.deleted_at, self.sms_state, self.sms_told)
    }

    /// A new order, registered at `station`.
    pub(super) fn new(order: Order, station: &str) -> Self {
        Self {
            order,
            station: station.to_owned(),
            sms_state: None,
            sms_told: false,
            timeline_seq: 0,
            event_seq: 0,
            fence: 0,
            fence_session: None,
            before: None,
        }
    }
}

/// Position of a status in the life cycle, as it stands in the table.
pub(super) fn status_rank(status: Status) -> i64 {
    Status::ALL.iter().zip(0_i64..).find_map(|(each, rank)| (*each == status).then_some(rank)).unwrap_or(0)
}

pub(super) fn status_of(rank: i64) -> Result<Status, StoreError> {
    usize::try_from(rank).ok().and_then(|rank| Status::ALL.get(rank).copied()).ok_or_else(|| unexpected("status"))
}

pub(super) fn ttn_of(text: &str) -> Result<Ttn, StoreError> {
    Ttn::parse(text).map_err(|_| unexpected("TTN"))
}

/// How an order is named by what hangs on it.
#[derive(Debug, Clone, Copy)]
pub(super) enum About {
    /// The order of a message.
    Message(Uuid),
    /// The order of the event under a publish number.
    Event(u64),
    /// The order of an event.
    EventId(Uuid),
}

/// Waits until no other server writes about these orders, and keeps all others from it until the transaction ends. Every write about an order
/// that is there begins with this, and the rows are taken in the order of their numbers, so that two servers never wait for each other. On
/// SQLite the transaction has the whole database.
pub(super) async fn hold(connection: &mut Connection<'_>, ttns: &BTreeSet<Ttn>) -> Result<(), StoreError> {
    if ttns.is_empty() || connection.is_sqlite() {
        return Ok(());
    }
    let held = query("SELECT FROM orders WHERE ttn = ANY($1) ORDER BY ttn FOR UPDATE").bind(list(ttns));
    held.all(connection).await.map(drop)
}

/// [`hold`] of the order that a message, or an event, is about.
pub(super) async fn hold_of(connection: &mut Connection<'_>, about: About) -> Result<(), StoreError> {
    if connection.is_sqlite() {
        return Ok(());
    }
    let held = match about {
        About::Message(event_id) => {
            query("SELECT FROM orders WHERE ttn = (SELECT ttn FROM messages WHERE event_id = $1) FOR UPDATE")
                .bind(event_id)
        }
        About::Event(publish_seq) => query(
            "SELECT FROM orders WHERE ttn = (SELECT ttn FROM integration_events WHERE publish_seq = $1) FOR UPDATE",
        )
        .bind(publish_seq),
        About::EventId(event_id) => {
            query("SELECT FROM orders WHERE ttn = (SELECT ttn FROM integration_events WHERE event_id = $1) FOR UPDATE")
                .bind(event_id)
        }
    };
    held.all(connection).await.map(drop)
}

/// Which of `ttns` exist already, deleted ones too: a TTN is never used again.
pub(super) async fn taken(connection: &mut Connection<'_>, ttns: &[Ttn]) -> Result<HashSet<Ttn>, StoreError> {
    let rows =
        query(among!("SELECT ttn FROM orders WHERE ", "ttn" in "$1", "")).bind(list(ttns)).all(connection).await?;
    rows.iter().map(|row| ttn_of(row.text(0)?)).collect()
}

/// Loads the orders that exist among `ttns`, deleted ones too.
pub(super) async fn load(
    connection: &mut Connection<'_>,
    ttns: &[Ttn],
) -> Result<HashMap<Ttn, StoredOrder>, StoreError> {
    if ttns.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = query(among!(
        "SELECT body, station, sms_state, sms_told, timeline_seq, event_seq, fence, fence_session, search_text FROM orders WHERE ",
        "ttn" in "$1",
        ""
    ))
    .bind(list(ttns))
    .all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let stored = stored_order(row)?;
            Ok((stored.order.ttn, stored))
        })
        .collect()
}

fn stored_order(row: &Row) -> Result<StoredOrder, StoreError> {
    let session = row.maybe_text("fence_session")?;
    let search_text = row.string("search_text")?;
    let mut stored = StoredOrder {
        order: serde_json::from_str(row.text("body")?)?,
        station: row.string("station")?,
        sms_state: row.maybe_number("sms_state")?.map(message_state::from_rank).transpose()?,
        sms_told: row.flag("sms_told")?,
        timeline_seq: row.small("timeline_seq")?,
        event_seq: row.small("event_seq")?,
        fence: fence_of(row)?,
        fence_session: session
            .map(|text| text.parse::<Uuid>().map(SessionId).map_err(|_| unexpected("session id")))
            .transpose()?,
        before: None,
    };
    stored.before = Some((stored.lists(), search_text));
    Ok(stored)
}

/// One order, deleted or not.
pub(super) async fn get(connection: &mut Connection<'_>, ttn: &Ttn) -> Result<Option<StoredOrder>, StoreError> {
    let row = query(
        "SELECT body, station, sms_state, sms_told, timeline_seq, event_seq, fence, fence_session, search_text FROM orders WHERE ttn = $1",
    )
    .bind(ttn)
    .optional(connection)
    .await?;
    row.as_ref().map(stored_order).transpose()
}

/// Stamps an order with its next fencing token and the session that loads it; the token, `None` when the order is not in the lists.
pub(super) async fn stamp(
    connection: &mut Connection<'_>,
    ttn: &Ttn,
    session: SessionId,
) -> Result<Option<u64>, StoreError> {
    let row = query(
        "UPDATE orders SET fence = fence + 1, fence_session = $2 WHERE ttn = $1 AND deleted_at IS NULL RETURNING fence",
    )
    .bind(ttn)
    .bind(session)
    .optional(connection)
    .await?;
    row.as_ref().map(fence_of).transpose()
}

/// The fencing token in a row.
pub(super) fn fence_of(row: &Row) -> Result<u64, StoreError> {
    row.count("fence")
}

/// The fencing token of an order as it stands.
pub(super) async fn fence(connection: &mut Connection<'_>, ttn: &Ttn) -> Result<Option<u64>, StoreError> {
    let row = query("SELECT fence FROM orders WHERE ttn = $1").bind(ttn).optional(connection).await?;
    row.as_ref().map(fence_of).transpose()
}

/// The session at work on an order: who loaded it for edit last and has not saved since. A session that has ended is at work on nothing.
pub(super) async fn at_work(
    connection: &mut Connection<'_>,
    ttn: &Ttn,
    now: Timestamp,
) -> Result<Option<SessionId>, StoreError> {
    let row = query(
        "SELECT fence_session FROM orders WHERE ttn = $1 AND fence_session IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = fence_session AND (ended_at IS NOT NULL OR expires_at <= $2))",
    )
    .bind(ttn)
    .bind(now)
    .optional(connection)
    .await?;
    let session = |row: Row| Ok(SessionId(row.text(0)?.parse().map_err(|_| unexpected("session id"))?));
    row.map(session).transpose()
}

/// Columns of [`row_of`].
pub(super) const ROW_COLUMNS: &str = "ttn, status, description, city, street, recipient_city, branch, registered_at, updated_at, sms_state, timeline_seq";

/// A row of the list.
pub(super) fn row_of(row: &Row) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        ttn: ttn_of(row.text("ttn")?)?,
        status: status_of(row.number("status")?)?,
        description: row.string("description")?,
        location: Location { city: row.string("city")?, street: row.string("street")? },
        recipient_city: row.string("recipient_city")?,
        branch: BranchId(row.string("branch")?),
        registered_at: row.at("registered_at")?,
        updated_at: row.at("updated_at")?,
        sms: row.maybe_number("sms_state")?.map(message_state::from_rank).transpose()?,
        version: row.small("timeline_seq")?,
    })
}
