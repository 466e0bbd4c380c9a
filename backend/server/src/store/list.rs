//! Lists of orders: keyset-paged, sorted, counted; with a search it is [`super::search`] that finds the rows.

use std::collections::HashMap;

use postoffice_domain::{order::Status, people::BranchId, search::Search, ttn::Ttn};
use postoffice_protocol::orders::{
    Direction, ListOrders, OrderCounts, OrderPage, OrderRow, OrderScope, OrderTab, SortKey,
};
use serde::{Deserialize, Serialize};

use super::{
    connection::Connection,
    cursor,
    error::{StoreError, unexpected},
    integration_events,
    orders::{ROW_COLUMNS, row_of, status_rank},
    row::Row,
    search::{self, Answer},
    statement::{Each, Parts, at_most, list as texts, query},
};

/// Most rows of a page.
pub const MAX_LIMIT: u16 = 200;
/// Longest search in characters.
pub const MAX_SEARCH: usize = 100;

/// Where a page ended. Opaque to desktops; names its list, so that it cannot be used on another.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    sort: SortKey,
    direction: Direction,
    key: Key,
    ttn: Ttn,
}

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

impl Cursor {
    pub(super) fn read(text: &str, list: &ListOrders) -> Result<Self, StoreError> {
        let cursor: Self = cursor::read(text)?;
        if (cursor.sort, cursor.direction) == (list.sort, list.direction) { Ok(cursor) } else { Err(cursor::foreign()) }
    }

    /// Whether the row with this key and TTN comes later.
    pub(super) fn is_before(&self, key: &Key, ttn: Ttn) -> bool {
        match self.direction {
            Direction::Ascending => (&self.key, self.ttn) < (key, ttn),
            Direction::Descending => (&self.key, self.ttn) > (key, ttn),
        }
    }
}

/// What orders the orders of one status, before their TTNs do.
const fn column(sort: SortKey) -> Option<&'static str> {
    match sort {
        // Within one status all are equal.
        SortKey::Ttn | SortKey::Status => None,
        SortKey::Description => Some("description_key"),
        SortKey::Location => Some("location_key"),
        SortKey::Updated => Some("updated_at"),
    }
}

/// What a page is sorted by, before the TTNs.
pub(super) const fn shown_column(sort: SortKey) -> &'static str {
    match (sort, column(sort)) {
        (SortKey::Status, _) => "status",
        (_, Some(column)) => column,
        (_, None) => "ttn",
    }
}

/// [`shown_column`] of a row that has it as `sort_key`.
pub(super) fn key_of(sort: SortKey, row: &Row) -> Result<Key, StoreError> {
    Ok(match sort {
        SortKey::Status | SortKey::Updated => Key::Number(row.number("sort_key")?),
        SortKey::Ttn | SortKey::Description | SortKey::Location => Key::Text(row.string("sort_key")?),
    })
}

/// The statuses of a tab; each is a run of its own.
pub(super) const fn statuses(tab: OrderTab) -> &'static [Status] {
    match tab {
        OrderTab::All => &Status::ALL,
        OrderTab::New => &[Status::New],
        OrderTab::Delivering => &[Status::Delivering],
        OrderTab::Delivered => &[Status::Delivered],
        OrderTab::Completed => &[Status::Completed],
        OrderTab::Canceled => &[Status::Canceled],
        OrderTab::Problem => &[Status::New, Status::Delivering, Status::Delivered],
    }
}

/// *Problem* is a view: the last message failed or is unknown, nobody told the customer, and the order is not final. Written as in the
/// migrations: the engines take the indexes of problems only for a condition that they know again.
const PROBLEM: &str = "sms_state IN (3, 4) AND NOT sms_told AND status < 3";

/// Where in a run the page begins.
enum Begin<'c> {
    First,
    After(&'c Cursor),
}

/// Where in the run of `status` the page begins; `None` when all of the run is before the page.
fn begin<'c>(status: i64, list: &ListOrders, cursor: Option<&'c Cursor>) -> Option<Begin<'c>> {
    let Some(cursor) = cursor else { return Some(Begin::First) };
    let Key::Number(ended_in) = cursor.key else { return Some(Begin::After(cursor)) };
    if list.sort != SortKey::Status || ended_in == status {
        return Some(Begin::After(cursor));
    }
    let is_behind = match list.direction {
        Direction::Ascending => status > ended_in,
        Direction::Descending => status < ended_in,
    };
    is_behind.then_some(Begin::First)
}

/// The first `wanted` orders of one status. An index has them in exactly this order, and everything that is read here stands in it.
fn run(query: &mut Parts, list: &ListOrders, branch: &BranchId, (status, begin): (i64, &Begin<'_>), wanted: i64) {
    let (order, beyond) = words(list.direction);
    let column = column(list.sort);
    // SQLite has the number in every index for nothing, and what it is asked for by its number is one look-up less.
    query.push(Each { sqlite: "SELECT number AS place, ", postgres: "SELECT " });
    query.push("ttn AS found, ").push(shown_column(list.sort)).push(" AS sort_key FROM orders");
    query.push(format!(" WHERE deleted_at IS NULL AND status = {status}"));
    if list.scope == OrderScope::MyBranch {
        query.push(" AND branch = ").bind(&branch.0);
    }
    if list.tab == OrderTab::Problem {
        query.push(" AND ").push(PROBLEM);
    }
    if let Begin::After(cursor) = begin {
        match (column, &cursor.key) {
            (None, _) => query.push(" AND ttn ").push(beyond).push(" ").bind(&cursor.ttn),
            (Some(column), key) => {
                query.push(" AND (").push(column).push(", ttn) ").push(beyond).push(" (");
                match key {
                    Key::Number(number) => query.bind(*number),
                    Key::Text(text) => query.bind(text),
                };
                query.push(", ").bind(&cursor.ttn).push(")")
            }
        };
    }
    query.push(" ORDER BY ");
    if let Some(column) = column {
        query.push(column).push(" ").push(order).push(", ");
    }
    query.push("ttn ").push(order).push(" LIMIT ").bind(wanted);
}

const fn words(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Ascending => ("ASC", ">"),
        Direction::Descending => ("DESC", "<"),
    }
}

/// The statement of a page of at most `wanted` rows: the beginnings of its runs, merged; `None` when nothing can be left.
pub(super) fn statement(list: &ListOrders, branch: &BranchId, cursor: Option<&Cursor>, wanted: i64) -> Option<Parts> {
    let ranks = statuses(list.tab).iter().copied().map(status_rank);
    let runs: Vec<(i64, Begin<'_>)> =
        ranks.filter_map(|rank| begin(rank, list, cursor).map(|begin| (rank, begin))).collect();
    if runs.is_empty() {
        return None;
    }
    let (order, _) = words(list.direction);
    let mut query = Parts::new("WITH page AS (");
    for (place, (status, begin)) in runs.iter().enumerate() {
        query.push(if place == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
        run(&mut query, list, branch, (*status, begin), wanted);
        query.push(") AS run");
    }
    query.push(" ORDER BY sort_key ").push(order).push(", found ").push(order).push(" LIMIT ").bind(wanted);
    // CROSS JOIN: SQLite walks the left table first, which is short.
    query
        .push(") SELECT ")
        .push(ROW_COLUMNS)
        .push(", sort_key FROM page CROSS JOIN orders WHERE ")
        .push(Each { sqlite: "number = place", postgres: "ttn = found" })
        .push(" ORDER BY sort_key ");
    query.push(order).push(", found ").push(order);
    Some(query)
}

/// Most events that a page tells to be in its counts before they have a sequence. There are a few at any moment; a relay that was away for long
/// leaves more, and counts that are off by what is beyond this until the list is loaded again.
const MOST_AHEAD: usize = 1_000;

/// One page.
pub(super) async fn page(
    connection: &mut Connection<'_>,
    list: &ListOrders,
    branch: &BranchId,
) -> Result<OrderPage, StoreError> {
    let cursor = list.after.as_deref().map(|after| Cursor::read(after, list)).transpose()?;
    let limit = usize::from(list.limit.clamp(1, MAX_LIMIT));
    let answer = match list.search.as_deref().and_then(Search::read) {
        Some(search) => search::page(connection, &search, list, branch, (cursor.as_ref(), limit + 1)).await?,
        None if list.before.is_some() => {
            return Err(StoreError::BadQuestion("`before` without a search".to_owned()));
        }
        None => answer(connection, list, branch, (cursor.as_ref(), limit + 1)).await?,
    };
    let Answer { mut rows, counts, older } = answer;
    let next = if rows.len() > limit {
        rows.truncate(limit);
        let (row, key) = rows.last().ok_or_else(|| unexpected("empty page"))?;
        let cursor = Cursor { sort: list.sort, direction: list.direction, key: key.clone(), ttn: row.ttn };
        Some(cursor::write(&cursor)?)
    } else {
        None
    };
    let rows = rows.into_iter().map(|(row, _)| row).collect();
    let sequence = integration_events::last_numbered(connection).await?;
    let counts = counts.filter(|_| cursor.is_none());
    let ahead = match counts {
        Some(_) => integration_events::not_numbered(connection, MOST_AHEAD).await?,
        None => Vec::new(),
    };
    Ok(OrderPage { rows, next, counts, older, sequence, ahead })
}

/// At most `wanted` rows of a list without a search, after `cursor`; counts only of the first page.
async fn answer(
    connection: &mut Connection<'_>,
    list: &ListOrders,
    branch: &BranchId,
    (cursor, wanted): (Option<&Cursor>, usize),
) -> Result<Answer, StoreError> {
    let found = match statement(list, branch, cursor, at_most(wanted)) {
        Some(statement) => statement.query().all(connection).await?,
        None => Vec::new(),
    };
    let rows =
        found.iter().map(|row| Ok((row_of(row)?, key_of(list.sort, row)?))).collect::<Result<_, StoreError>>()?;
    let counts = match cursor {
        None => Some(counts(&kept_counts(list, branch).query().all(connection).await?)?),
        Some(_) => None,
    };
    Ok(Answer { rows, counts, older: None })
}

/// How many orders of each status.
fn kept_counts(list: &ListOrders, branch: &BranchId) -> Parts {
    let mut query = Parts::new(Each {
        sqlite: "SELECT status, sum(orders), sum(problems), sum(sms_waiting) FROM order_counts",
        postgres: "SELECT status, sum(orders)::bigint, sum(problems)::bigint, sum(sms_waiting)::bigint FROM order_counts",
    });
    if list.scope == OrderScope::MyBranch {
        query.push(" WHERE branch = ").bind(&branch.0);
    }
    query.push(" GROUP BY status");
    query
}

fn counts(rows: &[Row]) -> Result<OrderCounts, StoreError> {
    let mut counts = OrderCounts::default();
    for row in rows {
        let of_status = row.count(1)?;
        match super::orders::status_of(row.number(0)?)? {
            Status::New => counts.new = of_status,
            Status::Delivering => counts.delivering = of_status,
            Status::Delivered => counts.delivered = of_status,
            Status::Completed => counts.completed = of_status,
            Status::Canceled => counts.canceled = of_status,
        }
        counts.all += of_status;
        counts.problem += row.count(2)?;
        counts.sms_waiting += row.count(3)?;
    }
    Ok(counts)
}

/// Rows of these orders; deleted ones are left out.
pub(super) async fn rows(connection: &mut Connection<'_>, ttns: &[Ttn]) -> Result<HashMap<Ttn, OrderRow>, StoreError> {
    let among = Each { sqlite: "ttn IN (SELECT value FROM json_each($1))", postgres: "ttn = ANY($1)" };
    let sql = among.map(|among| format!("SELECT {ROW_COLUMNS} FROM orders WHERE deleted_at IS NULL AND {among}"));
    let found = query(sql).bind(texts(ttns)).all(connection).await?;
    found
        .iter()
        .map(|row| {
            let row = row_of(row)?;
            Ok((row.ttn, row))
        })
        .collect()
}

/// The last orders registered at a station, newest first.
pub(super) async fn recent(
    connection: &mut Connection<'_>,
    branch: &BranchId,
    station: &str,
    limit: u16,
) -> Result<Vec<OrderRow>, StoreError> {
    let sql = format!(
        "SELECT {ROW_COLUMNS} FROM orders WHERE deleted_at IS NULL AND branch = $1 AND station = $2
         ORDER BY registered_at DESC LIMIT $3"
    );
    let found = query(sql).bind(&branch.0).bind(station).bind(limit).all(connection).await?;
    found.iter().map(row_of).collect()
}
