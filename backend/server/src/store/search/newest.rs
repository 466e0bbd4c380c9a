//! The newest orders that have terms.
//!
//! SQLite's index has them newest first and stops by itself. GIN has no order: what it is asked for it gathers, so it is asked about as few orders as
//! will do. How many that are is seen from the newest ones, which are looked at one by one first.

use postoffice_domain::search::Search;

use super::NEWEST;
use crate::store::{
    connection::Connection,
    error::{StoreError, unexpected},
    search_terms::{Words, of_search},
    statement::{Parts, Query, query},
};

/// Of so many of the newest orders it is counted how many have a term.
const SAMPLE: i64 = 512;
/// How many of the newest orders SQLite's index is asked about before it is counted how common the terms are.
const NEAR: i64 = 65_536;
/// Orders with the rarest of the terms that are walked over at most, looking for those that have the others too.
const WALKED: i64 = 50_000;
/// Blocks of numbers that an order has as a term each on PostgreSQL (`migrations/postgres/0010_search.sql`), the largest first.
const ERAS: [(char, i64); 4] = [('h', 2_097_152), ('g', 262_144), ('f', 32_768), ('e', 4_096)];

const ON_SQLITE: Words = Words { and: " AND ", or: " OR ", quote: '"' };
const ON_POSTGRES: Words = Words { and: " & ", or: " | ", quote: '\'' };

/// Numbers of orders, newest first, and whether older ones may fit too.
type Numbers = (Vec<i64>, bool);

/// The newest orders that have the terms of a search, or the newest of all when it has none.
pub(super) async fn newest(
    connection: &mut Connection<'_>,
    search: &Search,
    branch: Option<&str>,
) -> Result<Numbers, StoreError> {
    let terms = of_search(search, branch, if connection.is_sqlite() { &ON_SQLITE } else { &ON_POSTGRES });
    if terms.is_empty() {
        let all =
            query("SELECT number FROM orders WHERE deleted_at IS NULL ORDER BY number DESC LIMIT $1").bind(NEWEST);
        let found = numbers(connection, all).await?;
        let is_cut = is_enough(&found);
        return Ok((found, is_cut));
    }
    let last = query("SELECT coalesce(max(number), 0) FROM orders").one(connection).await?.number(0)?;
    if connection.is_sqlite() {
        on_sqlite(connection, &terms, last).await
    } else {
        on_postgres(connection, &terms, last).await
    }
}

const fn is_enough(found: &[i64]) -> bool {
    found.len() >= NEWEST as usize
}

/// How many of the newest orders are looked through for several terms: so many that the rarest of them, which `fewest` of the sample have, is met about
/// [`WALKED`] times. Words that half the orders have each, and hardly any together, would be walked to the end of the index, and that grows with
/// the office.
fn depth(last: i64, fewest: i64) -> i64 {
    last.min(WALKED * SAMPLE / (fewest + 1))
}

async fn on_sqlite(connection: &mut Connection<'_>, terms: &[String], last: i64) -> Result<Numbers, StoreError> {
    let mut deep = last;
    if NEAR < last {
        let found = after(connection, terms, last - NEAR).await?;
        if is_enough(&found) {
            return Ok((found, true));
        }
        let mut counted = Parts::new("SELECT min(had) FROM (");
        for (place, term) in terms.iter().enumerate() {
            counted.push(if place == 0 { "" } else { " UNION ALL " });
            counted.push("SELECT count(*) AS had FROM orders_search WHERE orders_search MATCH ").bind(term);
            counted.push(" AND rowid > ").bind(last - SAMPLE);
        }
        counted.push(") AS counted");
        deep = depth(last, counted.query().one(connection).await?.number(0)?);
    }
    let found = after(connection, terms, last - deep).await?;
    let is_cut = is_enough(&found) || deep < last;
    Ok((found, is_cut))
}

async fn after(connection: &mut Connection<'_>, terms: &[String], number: i64) -> Result<Vec<i64>, StoreError> {
    let sql =
        "SELECT rowid FROM orders_search WHERE orders_search MATCH $1 AND rowid > $2 ORDER BY rowid DESC LIMIT $3";
    numbers(connection, query(sql).bind(terms.join(ON_SQLITE.and)).bind(number).bind(NEWEST)).await
}

async fn on_postgres(connection: &mut Connection<'_>, terms: &[String], last: i64) -> Result<Numbers, StoreError> {
    let (found, fewest) = sample(connection, terms, last).await?;
    if is_enough(&found) || last <= SAMPLE {
        let is_cut = is_enough(&found);
        return Ok((found, is_cut));
    }
    let deep = depth(last, fewest);
    // Where twice as many should be as are wanted, when some of the sample fit and that spares much.
    let met = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let near = i64::from(NEWEST) * 2 * SAMPLE / met.max(1);
    if met > 0 && near < deep / 4 {
        let found = among(connection, terms, Some((last, near))).await?;
        if is_enough(&found) {
            return Ok((found, true));
        }
    }
    let found = among(connection, terms, (deep < last).then_some((last, deep))).await?;
    let is_cut = is_enough(&found) || deep < last;
    Ok((found, is_cut))
}

/// Those of the newest [`SAMPLE`] orders that have all terms, and how many of them have the rarest one.
async fn sample(connection: &mut Connection<'_>, terms: &[String], last: i64) -> Result<(Vec<i64>, i64), StoreError> {
    let mut asked = Parts::new("WITH sample AS MATERIALIZED (SELECT number, terms FROM orders_search WHERE number > ");
    asked
        .bind(last - SAMPLE)
        .push(") SELECT string_agg(number::text, ' ' ORDER BY number DESC) FILTER (WHERE terms @@ ");
    asked.bind(terms.join(ON_POSTGRES.and)).push("::tsquery), least(");
    for (place, term) in terms.iter().enumerate() {
        asked.push(if place == 0 { "" } else { ", " });
        asked.push("count(*) FILTER (WHERE terms @@ ").bind(term).push("::tsquery)");
    }
    asked.push(") FROM sample");
    let row = asked.query().one(connection).await?;
    let having = row.maybe_text(0)?.unwrap_or_default().split_whitespace().take(usize::from(NEWEST));
    let having = having.map(|number| number.parse().map_err(|_| unexpected("number of an order")));
    Ok((having.collect::<Result<_, _>>()?, row.number(1)?))
}

/// The newest orders that have all terms, among the newest `orders` up to `last`, or among all.
async fn among(
    connection: &mut Connection<'_>,
    terms: &[String],
    newer: Option<(i64, i64)>,
) -> Result<Vec<i64>, StoreError> {
    let mut asked = terms.join(ON_POSTGRES.and);
    if let Some((last, orders)) = newer {
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

async fn numbers(connection: &mut Connection<'_>, query: Query) -> Result<Vec<i64>, StoreError> {
    query.all(connection).await?.iter().map(|row| row.number(0)).collect()
}
