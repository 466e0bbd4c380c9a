//! Orders by what somebody typed: the newest that fit, at most [`NEWEST`] of them, whatever they are sorted by (docs/adr/0011-search.md).
//!
//! The index (`orders_search`, kept by [`index`]) has terms ([`super::search_terms`]) and gives orders newest first ([`newest`]). What it gives is looked
//! at once more, filtered and sorted here: a search costs the same whether ten orders have a word or ten million.

mod index;
mod newest;

use std::cmp::Reverse;

use postoffice_domain::{order::Status, people::BranchId, search::Search};
use postoffice_protocol::orders::{Direction, ListOrders, Older, OrderCounts, OrderRow, OrderScope, OrderTab, SortKey};

use newest::Looked;

pub(super) use index::{NEW_ORDERS, catch_up, put, put_all, putting_new, take_out};

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    list::{Cursor, Key, key_of, shown_column},
    orders::{ROW_COLUMNS, row_of},
    search_terms::searched,
    statement::{Each, Parts, Query, list as texts, query},
};

/// Most orders that a search looks at: the newest ones.
pub const NEWEST: u16 = 200;

/// An order that fits.
struct Found {
    row: OrderRow,
    key: Key,
    is_problem: bool,
}

/// What a list has, or a search found.
pub(super) struct Answer {
    /// Rows of the page, and one more when there is another page.
    pub rows: Vec<(OrderRow, Key)>,
    /// Of all that there is, or was found.
    pub counts: Option<OrderCounts>,
    /// How far back it was searched, when there may be older ones that fit.
    pub older: Option<Older>,
}

/// At most `wanted` rows of a list with a search, after `cursor`.
pub(super) async fn page(
    connection: &mut Connection<'_>,
    search: &Search,
    list: &ListOrders,
    branch: &BranchId,
    (cursor, wanted): (Option<&Cursor>, usize),
) -> Result<Answer, StoreError> {
    let branch = (list.scope == OrderScope::MyBranch).then_some(branch.0.as_str());
    let before = list.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    let Looked { numbers, reached } = newest::newest(connection, search, branch, before).await?;
    let older = older(connection, reached).await?;
    let mut found = look_at(connection, search, list, (branch, numbers)).await?;
    let counts = counts(&found);
    found.retain(|found| is_on(list.tab, found));
    let place = |found: &Found| (found.key.clone(), found.row.ttn);
    match list.direction {
        Direction::Ascending => found.sort_by_key(place),
        Direction::Descending => found.sort_by_key(|found| Reverse(place(found))),
    }
    let rows =
        found.into_iter().filter(|found| cursor.is_none_or(|cursor| cursor.is_before(&found.key, found.row.ttn)));
    Ok(Answer { rows: rows.take(wanted).map(|found| (found.row, found.key)).collect(), counts: Some(counts), older })
}

/// Where to search on from the oldest order that was looked at.
async fn older(connection: &mut Connection<'_>, reached: Option<i64>) -> Result<Option<Older>, StoreError> {
    let Some(reached) = reached else { return Ok(None) };
    let oldest = query("SELECT registered_at FROM orders WHERE number >= $1 ORDER BY number LIMIT 1").bind(reached);
    let Some(oldest) = oldest.all(connection).await?.pop() else { return Ok(None) };
    let before = u64::try_from(reached).map_err(|_| unexpected("number of an order"))?;
    Ok(Some(Older { before, since: oldest.at("registered_at")? }))
}

/// Those of `numbers` that fit indeed: an index knows no more than the beginnings of words.
async fn look_at(
    connection: &mut Connection<'_>,
    search: &Search,
    list: &ListOrders,
    (branch, numbers): (Option<&str>, Vec<i64>),
) -> Result<Vec<Found>, StoreError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let question = rows_of(list.sort, branch, &numbers, connection.is_sqlite());
    let rows = question.all(connection).await?;
    let mut found = Vec::with_capacity(rows.len());
    for each in &rows {
        if search.fits(&searched(each.text("search_text")?)) {
            let row = row_of(each)?;
            let is_problem = row.sms.is_some_and(postoffice_domain::message::MessageState::is_problem)
                && !each.flag("sms_told")?
                && !row.status.is_final();
            found.push(Found { key: key_of(list.sort, each)?, row, is_problem });
        }
    }
    Ok(found)
}

/// What is looked at of the orders with these numbers.
pub(super) fn rows_of(sort: SortKey, branch: Option<&str>, numbers: &[i64], is_sqlite: bool) -> Query {
    let mut query = Parts::new("SELECT ");
    query.push(ROW_COLUMNS).push(", sms_told, search_text, ").push(shown_column(sort));
    query.push(" AS sort_key FROM orders WHERE deleted_at IS NULL AND ");
    if is_sqlite {
        query.push("number IN (SELECT CAST(value AS INTEGER) FROM json_each(").bind(texts(numbers)).push("))");
    } else {
        // In two halves: only a bitmap does an OR, and only a bitmap reads the pages ahead. Each of them is somewhere else.
        let (newer, older) = numbers.split_at(numbers.len() / 2);
        query.push("(number = ANY((").bind(texts(newer)).push(")::bigint[]) OR number = ANY((");
        query.bind(texts(older)).push(")::bigint[]))");
    }
    if let Some(branch) = branch {
        // Not as an index knows it: both engines would rather go through all orders of a branch than look up two hundred.
        query.push(Each { sqlite: " AND +branch = ", postgres: " AND branch || '' = " }).bind(branch);
    }
    query.query()
}

fn is_on(tab: OrderTab, found: &Found) -> bool {
    match tab {
        OrderTab::Problem => found.is_problem,
        _ => super::list::statuses(tab).contains(&found.row.status),
    }
}

fn counts(found: &[Found]) -> OrderCounts {
    let mut counts = OrderCounts::default();
    for Found { row, is_problem, .. } in found {
        counts.all += 1;
        match row.status {
            Status::New => counts.new += 1,
            Status::Delivering => counts.delivering += 1,
            Status::Delivered => counts.delivered += 1,
            Status::Completed => counts.completed += 1,
            Status::Canceled => counts.canceled += 1,
        }
        counts.problem += u64::from(*is_problem);
        counts.sms_waiting += u64::from(row.sms == Some(postoffice_domain::message::MessageState::Queued));
    }
    counts
}
