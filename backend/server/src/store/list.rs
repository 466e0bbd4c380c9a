//! Lists of orders: keyset-paged, sorted, searched, counted.

use std::collections::HashMap;

use postoffice_domain::{order::Status, people::BranchId, text::fold_for_search, ttn::Ttn};
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
    statement::{Each, Parts, list as texts, query},
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

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

impl Cursor {
    pub(super) fn read(text: &str, list: &ListOrders) -> Result<Self, StoreError> {
        let cursor: Self = cursor::read(text)?;
        if (cursor.sort, cursor.direction) == (list.sort, list.direction) { Ok(cursor) } else { Err(cursor::foreign()) }
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

/// The statuses of a tab; each is a run of its own.
const fn statuses(tab: OrderTab) -> &'static [Status] {
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

/// What to look for in `search_text`: digits in any spacing as digits, everything else folded.
pub(super) fn needle(search: &str) -> Option<String> {
    let bare: String = search.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '+')).collect();
    if !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit()) {
        return Some(bare);
    }
    Some(fold_for_search(search)).filter(|folded| !folded.is_empty())
}

/// The conditions of a scope and a search.
fn filter(query: &mut Parts, list: &ListOrders, branch: &BranchId) {
    query.push(" WHERE deleted_at IS NULL");
    if list.scope == OrderScope::MyBranch {
        query.push(" AND branch = ").bind(&branch.0);
    }
    if let Some(needle) = list.search.as_deref().and_then(needle) {
        query.push(CONTAINS).bind(needle).push(") > 0");
    }
}

/// Followed by the needle and `) > 0`. Not LIKE: nothing in the text is a wildcard.
const CONTAINS: Each<&str> = Each { sqlite: " AND instr(search_text, ", postgres: " AND strpos(search_text, " };

/// *Problem* is a view: the last message failed or is unknown, nobody told the customer, and the order is not final. Written as in the
/// migrations: the engines take the indexes of problems only for a condition that they know again.
const PROBLEM: &str = "sms_state IN (3, 4) AND NOT sms_told AND status < 3";

/// Where in the run of `status` the page begins: after which key, if any; `None` when all of the run is before the page.
enum Begin<'c> {
    First,
    After(&'c Cursor),
}

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
    let key = column.unwrap_or(if list.sort == SortKey::Status { "status" } else { "ttn" });
    query.push("SELECT ttn AS found, ").push(key).push(" AS sort_key FROM orders");
    filter(query, list, branch);
    query.push(format!(" AND status = {status}"));
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
        .push(", sort_key FROM page CROSS JOIN orders WHERE ttn = found ORDER BY sort_key ");
    query.push(order).push(", found ").push(order);
    Some(query)
}

/// One page.
pub(super) async fn page(
    connection: &mut Connection<'_>,
    list: &ListOrders,
    branch: &BranchId,
) -> Result<OrderPage, StoreError> {
    let cursor = list.after.as_deref().map(|after| Cursor::read(after, list)).transpose()?;
    let limit = list.limit.clamp(1, MAX_LIMIT);
    let found = match statement(list, branch, cursor.as_ref(), i64::from(limit) + 1) {
        Some(statement) => statement.query().all(connection).await?,
        None => Vec::new(),
    };
    let shown = found.len().min(usize::from(limit));
    let next = if found.len() > shown {
        let end = found.get(shown - 1).ok_or_else(|| unexpected("empty page"))?;
        let key = match list.sort {
            SortKey::Status | SortKey::Updated => Key::Number(end.number("sort_key")?),
            SortKey::Ttn | SortKey::Description | SortKey::Location => Key::Text(end.string("sort_key")?),
        };
        let cursor = Cursor { sort: list.sort, direction: list.direction, key, ttn: row_of(end)?.ttn };
        Some(cursor::write(&cursor)?)
    } else {
        None
    };
    let rows = found.iter().take(shown).map(row_of).collect::<Result<Vec<_>, _>>()?;
    let counts = match list.after {
        None => Some(counts(&counted(list, branch).query().all(connection).await?)?),
        Some(_) => None,
    };
    let sequence = integration_events::last_numbered(connection).await?;
    Ok(OrderPage { rows, next, counts, sequence })
}

/// How many orders of each status: as they are kept, or counted when something is searched.
fn counted(list: &ListOrders, branch: &BranchId) -> Parts {
    if list.search.as_deref().and_then(needle).is_some() {
        let mut query = Parts::new("SELECT status, count(*), count(*) FILTER (WHERE ");
        query.push(PROBLEM).push("), count(*) FILTER (WHERE sms_state = 0) FROM orders");
        filter(&mut query, list, branch);
        query.push(" GROUP BY status");
        return query;
    }
    let sums = Each {
        sqlite: "SELECT status, sum(orders), sum(problems), sum(sms_waiting) FROM order_counts",
        postgres: "SELECT status, sum(orders)::bigint, sum(problems)::bigint, sum(sms_waiting)::bigint FROM order_counts",
    };
    let mut query = Parts::new(sums);
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
