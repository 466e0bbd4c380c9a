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
struct Cursor {
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
    fn read(text: &str, list: &ListOrders) -> Result<Self, StoreError> {
        let cursor: Self = cursor::read(text)?;
        if (cursor.sort, cursor.direction) == (list.sort, list.direction) { Ok(cursor) } else { Err(cursor::foreign()) }
    }
}

const fn column(sort: SortKey) -> &'static str {
    match sort {
        SortKey::Ttn => "ttn",
        SortKey::Status => "status",
        SortKey::Description => "description_key",
        SortKey::Location => "location_key",
        SortKey::Updated => "updated_at",
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

/// The conditions of a tab, scope and search, without the cursor.
fn filter(query: &mut Parts, list: &ListOrders, branch: &BranchId, with_tab: bool) {
    query.push(" WHERE deleted_at IS NULL");
    if list.scope == OrderScope::MyBranch {
        query.push(" AND branch = ").bind(&branch.0);
    }
    if let Some(needle) = list.search.as_deref().and_then(needle) {
        query.push(CONTAINS).bind(needle).push(") > 0");
    }
    let status = match list.tab {
        _ if !with_tab => return,
        OrderTab::All => return,
        OrderTab::Problem => {
            query.push(" AND ").push(PROBLEM);
            return;
        }
        OrderTab::New => Status::New,
        OrderTab::Delivering => Status::Delivering,
        OrderTab::Delivered => Status::Delivered,
        OrderTab::Completed => Status::Completed,
        OrderTab::Canceled => Status::Canceled,
    };
    query.push(" AND status = ").bind(status_rank(status));
}

/// Followed by the needle and `) > 0`. Not LIKE: nothing in the text is a wildcard.
const CONTAINS: Each<&str> = Each { sqlite: " AND instr(search_text, ", postgres: " AND strpos(search_text, " };

/// *Problem* is a view: the last message failed or is unknown, nobody told the customer, and the order is not final.
const PROBLEM: &str = "(sms_state IN (3, 4) AND NOT sms_told AND status < 3)";

/// One page.
pub(super) async fn page(
    connection: &mut Connection<'_>,
    list: &ListOrders,
    branch: &BranchId,
) -> Result<OrderPage, StoreError> {
    let mut query = Parts::new("SELECT ");
    query.push(ROW_COLUMNS).push(", ").push(column(list.sort)).push(" AS sort_key FROM orders");
    filter(&mut query, list, branch, true);
    let (order, beyond) = match list.direction {
        Direction::Ascending => ("ASC", ">"),
        Direction::Descending => ("DESC", "<"),
    };
    if let Some(after) = &list.after {
        let cursor = Cursor::read(after, list)?;
        query.push(" AND (").push(column(list.sort)).push(", ttn) ").push(beyond).push(" (");
        match cursor.key {
            Key::Number(number) => query.bind(number),
            Key::Text(text) => query.bind(text),
        };
        query.push(", ").bind(&cursor.ttn).push(")");
    }
    query.push(" ORDER BY ").push(column(list.sort)).push(" ").push(order).push(", ttn ").push(order);
    let limit = list.limit.clamp(1, MAX_LIMIT);
    query.push(" LIMIT ").bind(i64::from(limit) + 1);
    let found = query.query().all(connection).await?;

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
    let counts = if list.after.is_none() {
        let mut query = Parts::new("SELECT status, count(*), count(*) FILTER (WHERE ");
        query.push(PROBLEM).push("), count(*) FILTER (WHERE sms_state = 0) FROM orders");
        filter(&mut query, list, branch, false);
        query.push(" GROUP BY status");
        Some(counts(&query.query().all(connection).await?)?)
    } else {
        None
    };
    let sequence = integration_events::last_numbered(connection).await?;
    Ok(OrderPage { rows, next, counts, sequence })
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
