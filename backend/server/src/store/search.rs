//! Orders by what somebody typed: the newest that fit, at most [`NEWEST`] of them, whatever they are sorted by (docs/adr/0011-search.md).
//!
//! The index (`orders_search`) has terms ([`super::search_terms`]) and gives orders newest first. What it gives is looked at once more, filtered and
//! sorted here: a search costs the same whether ten orders have a word or ten million.

use std::cmp::Reverse;

use postoffice_domain::{order::Status, people::BranchId, search::Search, ttn::Ttn};
use postoffice_protocol::orders::{Direction, ListOrders, OrderCounts, OrderRow, OrderScope, OrderTab};

use super::{
    connection::Connection,
    error::StoreError,
    list::{Cursor, Key, key_of, shown_column},
    orders::{ROW_COLUMNS, row_of},
    search_terms::{Words, of_order, of_search, searched},
    statement::{Each, Parts, list as texts, query},
};

/// Most orders that a search looks at: the newest ones.
pub const NEWEST: u16 = 200;
/// Orders of one statement when the index is made for orders that were there before it.
const BATCH_ON_SQLITE: i64 = 2_000;
/// PostgreSQL sorts them into GIN meanwhile, and must answer in time on a busy machine too.
const BATCH_ON_POSTGRES: i64 = 500;
/// How many of the newest orders the index is asked about first, and then, when too few of them have the terms.
const STEPS: [i64; 4] = [8_192, 65_536, 524_288, 4_194_304];
/// Blocks of numbers that an order has as a term each on PostgreSQL (`migrations/postgres/0010_search.sql`), the largest first.
const ERAS: [(char, i64); 4] = [('h', 2_097_152), ('g', 262_144), ('f', 32_768), ('e', 4_096)];
/// Orders with the rarest of the terms that are walked over at most, looking for those that have the others too.
const WALKED: i64 = 50_000;
/// Of so many of the newest orders it is counted how many have a term.
const SAMPLE: i64 = 1_024;

const ON_SQLITE: Words = Words { and: " AND ", or: " OR ", quote: '"' };
const ON_POSTGRES: Words = Words { and: " & ", or: " | ", quote: '\'' };

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
    /// There may be older ones that fit.
    pub is_cut: bool,
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
    let (numbers, is_cut) = newest(connection, search, branch).await?;
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
    Ok(Answer { rows: rows.take(wanted).map(|found| (found.row, found.key)).collect(), counts: Some(counts), is_cut })
}

/// The newest orders that have the terms of a search, or the newest of all when it has none; and whether older ones may have them too.
async fn newest(
    connection: &mut Connection<'_>,
    search: &Search,
    branch: Option<&str>,
) -> Result<(Vec<i64>, bool), StoreError> {
    let words = if connection.is_sqlite() { ON_SQLITE } else { ON_POSTGRES };
    let terms = of_search(search, branch, &words);
    let is_enough = |found: &[i64]| found.len() >= usize::from(NEWEST);
    if terms.is_empty() {
        let all =
            query("SELECT number FROM orders WHERE deleted_at IS NULL ORDER BY number DESC LIMIT $1").bind(NEWEST);
        let found = numbers(connection, all).await?;
        let is_cut = is_enough(&found);
        return Ok((found, is_cut));
    }
    let last = query("SELECT coalesce(max(number), 0) FROM orders").one(connection).await?.number(0)?;
    // What SQLite's index has is in order, and it stops by itself. GIN has no order.
    let steps = if connection.is_sqlite() { &STEPS[1..2] } else { &STEPS[..] };
    let mut depth = last;
    for step in steps.iter().copied() {
        if step >= depth {
            break;
        }
        let found = having(connection, &terms, Some((last, step))).await?;
        if is_enough(&found) {
            return Ok((found, true));
        }
        if step == STEPS[1] {
            depth = depth_of(connection, &terms, last).await?;
        }
    }
    let found = having(connection, &terms, (depth < last).then_some((last, depth))).await?;
    let is_cut = is_enough(&found) || depth < last;
    Ok((found, is_cut))
}

/// How many of the newest orders are looked through for several terms: so many that the rarest of them is met about [`WALKED`] times. Words that half the
/// orders have each, and hardly any together, would be walked to the end of the index, and that grows with the office.
async fn depth_of(connection: &mut Connection<'_>, terms: &[String], last: i64) -> Result<i64, StoreError> {
    let mut query = Parts::new(Each {
        sqlite: "SELECT min(had) FROM (",
        postgres: "WITH sample AS MATERIALIZED (SELECT terms FROM orders_search WHERE number > ",
    });
    let after = (last - SAMPLE).to_string();
    query.push(Each { sqlite: String::new(), postgres: format!("{after}) SELECT min(had) FROM (") });
    for (place, term) in terms.iter().enumerate() {
        query.push(if place == 0 { "SELECT count(*) AS had FROM " } else { " UNION ALL SELECT count(*) FROM " });
        query.push(Each { sqlite: "orders_search WHERE orders_search MATCH ", postgres: "sample WHERE terms @@ " });
        query.bind(term).push(Each { sqlite: format!(" AND rowid > {after}"), postgres: "::tsquery".to_owned() });
    }
    query.push(") AS counted");
    let fewest = query.query().one(connection).await?.number(0)?;
    Ok(last.min(WALKED * SAMPLE / (fewest + 1)))
}

/// The newest orders that have all terms, among the newest `orders` up to `last`, or among all.
async fn having(
    connection: &mut Connection<'_>,
    terms: &[String],
    among: Option<(i64, i64)>,
) -> Result<Vec<i64>, StoreError> {
    if connection.is_sqlite() {
        let after = among.map_or(0, |(last, orders)| last - orders);
        let sql =
            "SELECT rowid FROM orders_search WHERE orders_search MATCH $1 AND rowid > $2 ORDER BY rowid DESC LIMIT $3";
        return numbers(connection, query(sql).bind(terms.join(ON_SQLITE.and)).bind(after).bind(NEWEST)).await;
    }
    let mut asked = terms.join(ON_POSTGRES.and);
    if let Some((last, orders)) = among {
        asked = format!("({asked}) & ({})", eras(last, orders));
    }
    // MATERIALIZED: it shall not walk back through all orders until it has met enough.
    let sql = "WITH found AS MATERIALIZED (SELECT number FROM orders_search WHERE terms @@ $1::tsquery)
               SELECT number FROM found ORDER BY number DESC LIMIT $2";
    numbers(connection, query(sql).bind(asked).bind(NEWEST)).await
}

/// The blocks of numbers that the newest `orders` up to `last` are in: some two to sixteen.
fn eras(last: i64, orders: i64) -> String {
    let (name, size) = ERAS.into_iter().find(|(_, size)| size * 2 <= orders).unwrap_or(ERAS[ERAS.len() - 1]);
    let blocks = (last - orders).max(0) / size..=last / size;
    blocks.map(|block| format!("'{name}{block}'")).collect::<Vec<_>>().join(ON_POSTGRES.or)
}

async fn numbers(connection: &mut Connection<'_>, query: super::statement::Query) -> Result<Vec<i64>, StoreError> {
    query.all(connection).await?.iter().map(|row| row.number(0)).collect()
}

/// Those of `numbers` that fit indeed: an index knows no more than the beginnings of words.
async fn look_at(
    connection: &mut Connection<'_>,
    search: &Search,
    list: &ListOrders,
    (branch, numbers): (Option<&str>, Vec<i64>),
) -> Result<Vec<Found>, StoreError> {
    let mut query = Parts::new("SELECT ");
    query.push(ROW_COLUMNS).push(", sms_told, search_text, ").push(shown_column(list.sort));
    query.push(" AS sort_key FROM orders WHERE deleted_at IS NULL AND number ");
    query.push(Each { sqlite: "IN (SELECT CAST(value AS INTEGER) FROM json_each(", postgres: "= ANY((" });
    query.bind(texts(numbers)).push(Each { sqlite: "))", postgres: ")::bigint[])" });
    if let Some(branch) = branch {
        // Plus: SQLite would rather go through all orders of the branch than look up two hundred.
        query.push(Each { sqlite: " AND +branch = ", postgres: " AND branch = " }).bind(branch);
    }
    let rows = query.query().all(connection).await?;
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

/// Puts orders into the index, or puts them there anew: their numbers, the text they are found by, and their branch.
pub(super) async fn put<'o>(
    connection: &mut Connection<'_>,
    orders: impl Iterator<Item = (&'o Ttn, &'o str, &'o str)>,
) -> Result<(), StoreError> {
    let terms: Vec<serde_json::Value> =
        orders.map(|(ttn, text, branch)| serde_json::json!([ttn, of_order(text, branch)])).collect();
    if terms.is_empty() {
        return Ok(());
    }
    // In the order of the numbers: FTS5 writes what it has when a smaller one comes.
    let put = query(Each {
        sqlite: "INSERT OR REPLACE INTO orders_search (rowid, terms) SELECT number, fresh.value ->> 1
                 FROM json_each($1) AS fresh CROSS JOIN orders WHERE ttn = fresh.value ->> 0 ORDER BY number",
        postgres: "INSERT INTO orders_search (number, terms)
                   SELECT number, array_to_tsvector(string_to_array(value ->> 1, ' ')
                          || ARRAY['e' || number / 4096, 'f' || number / 32768, 'g' || number / 262144, 'h' || number / 2097152])
                   FROM jsonb_array_elements($1::jsonb) JOIN orders ON ttn = value ->> 0 ORDER BY number
                   ON CONFLICT (number) DO UPDATE SET terms = excluded.terms",
    });
    put.bind(serde_json::to_string(&terms)?).run(connection).await.map(drop)
}

/// Takes orders out of the index.
pub(super) async fn take_out(connection: &mut Connection<'_>, ttns: &[Ttn]) -> Result<(), StoreError> {
    if ttns.is_empty() {
        return Ok(());
    }
    let out = query(Each {
        sqlite: "DELETE FROM orders_search WHERE rowid IN
                 (SELECT number FROM orders WHERE ttn IN (SELECT value FROM json_each($1)))",
        postgres: "DELETE FROM orders_search WHERE number IN (SELECT number FROM orders WHERE ttn = ANY($1))",
    });
    out.bind(texts(ttns)).run(connection).await.map(drop)
}

/// Puts orders into the index that are not there: they came before there was one. Nearly always none.
pub(super) async fn catch_up(connection: &mut Connection<'_>) -> Result<(), StoreError> {
    let mut last = Some(0);
    while let Some(after) = last {
        connection.control("BEGIN").await?;
        let put = put_next(connection, after).await;
        connection.control(if put.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        last = put?;
        if after == 0 && last.is_some() {
            tracing::info!(
                "orders from before the index of the search are put into it: for a million about a minute on SQLite, five on PostgreSQL"
            );
        }
    }
    Ok(())
}

/// The same within the transaction that is open.
pub(super) async fn put_all(connection: &mut Connection<'_>) -> Result<(), StoreError> {
    let mut last = Some(0);
    while let Some(after) = last {
        last = put_next(connection, after).await?;
    }
    Ok(())
}

/// The next ones after a number; the last of them.
async fn put_next(connection: &mut Connection<'_>, after: i64) -> Result<Option<i64>, StoreError> {
    // A file has one server, so the last ones are missing or none. Beside a new server an old one may have written into the same database. That
    // only those after $1 can be there is said twice: PostgreSQL would go through all that have their terms, batch after batch.
    let next = query(Each {
        sqlite: "SELECT number, ttn, search_text, branch FROM orders WHERE deleted_at IS NULL
                 AND number > max($1, coalesce((SELECT max(id) FROM orders_search_docsize), 0)) ORDER BY number LIMIT $2",
        postgres: "SELECT number, ttn, search_text, branch FROM orders WHERE deleted_at IS NULL AND number > $1
                   AND NOT EXISTS (SELECT 1 FROM orders_search WHERE orders_search.number > $1 AND orders_search.number = orders.number)
                   ORDER BY number LIMIT $2",
    });
    let batch = if connection.is_sqlite() { BATCH_ON_SQLITE } else { BATCH_ON_POSTGRES };
    let rows = next.bind(after).bind(batch).all(connection).await?;
    let orders = rows
        .iter()
        .map(|row| Ok((super::orders::ttn_of(row.text("ttn")?)?, row.text("search_text")?, row.text("branch")?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    put(connection, orders.iter().map(|(ttn, text, branch)| (ttn, *text, *branch))).await?;
    rows.last().map(|row| row.number("number")).transpose()
}
