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
/// Newest orders that PostgreSQL looks at one by one at most. Words that a tenth of all orders have are met often enough there.
const ONE_BY_ONE: i64 = 4_096;
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
    if connection.is_sqlite() { on_sqlite(connection, &terms).await } else { on_postgres(connection, &terms).await }
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

async fn on_sqlite(connection: &mut Connection<'_>, terms: &[String]) -> Result<Numbers, StoreError> {
    let last = query("SELECT coalesce(max(number), 0) FROM orders").one(connection).await?.number(0)?;
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

async fn on_postgres(connection: &mut Connection<'_>, terms: &[String]) -> Result<Numbers, StoreError> {
    let Sample { last, met, fewest } = sample(connection, terms).await?;
    if is_enough(&met) || last <= SAMPLE {
        let is_cut = is_enough(&met);
        return Ok((met, is_cut));
    }
    let deep = depth(last, fewest);
    let mut reach = twice(met.len(), SAMPLE);
    loop {
        // What spares less than that is not worth a statement.
        let is_last = reach >= deep / 4;
        let newer = if is_last { deep } else { reach };
        let found = if !is_last && newer <= ONE_BY_ONE {
            one_by_one(connection, terms, last - newer).await?
        } else {
            among(connection, terms, (newer < last).then_some((last, newer))).await?
        };
        if is_enough(&found) || is_last {
            let is_cut = is_enough(&found) || deep < last;
            return Ok((found, is_cut));
        }
        reach = twice(found.len(), newer);
    }
}

/// How many of the newest orders should have twice as many as are wanted, when `found` of `among` fit: at least twice `among`, when it was too few.
fn twice(found: usize, among: i64) -> i64 {
    let found = i64::try_from(found).unwrap_or(i64::MAX);
    (i64::from(NEWEST) * 2).saturating_mul(among) / found.max(1)
}

/// What the newest [`SAMPLE`] orders say.
struct Sample {
    /// The number of the newest order.
    last: i64,
    /// Those that have all terms, newest first.
    met: Vec<i64>,
    /// How many have the rarest of the terms.
    fewest: i64,
}

async fn sample(connection: &mut Connection<'_>, terms: &[String]) -> Result<Sample, StoreError> {
    // A text in a SELECT of its own is made a query once, and not for every row.
    let mut asked = Parts::new(
        "SELECT coalesce(max(number), 0), string_agg(number::text, ' ' ORDER BY number DESC) FILTER (WHERE terms @@ (SELECT ",
    );
    asked.bind(terms.join(ON_POSTGRES.and)).push("::tsquery)), least(");
    for (place, term) in terms.iter().enumerate() {
        asked.push(if place == 0 { "" } else { ", " });
        asked.push("count(*) FILTER (WHERE terms @@ (SELECT ").bind(term).push("::tsquery))");
    }
    asked.push(") FROM orders_search WHERE number > (SELECT max(number) FROM orders_search) - ").bind(SAMPLE);
    let row = asked.query().one(connection).await?;
    let having = row.maybe_text(1)?.unwrap_or_default().split_whitespace().take(usize::from(NEWEST));
    let having = having.map(|number| number.parse().map_err(|_| unexpected("number of an order")));
    Ok(Sample { last: row.number(0)?, met: having.collect::<Result<_, _>>()?, fewest: row.number(2)? })
}

/// The newest orders after `number` that have all terms, looked at one after another: GIN would give all of a block, more than are wanted.
async fn one_by_one(connection: &mut Connection<'_>, terms: &[String], number: i64) -> Result<Vec<i64>, StoreError> {
    // OFFSET: without it the terms would be asked of GIN all the same.
    let sql = "SELECT number FROM (SELECT number, terms FROM orders_search WHERE number > $1 ORDER BY number DESC OFFSET 0) AS newer
               WHERE terms @@ (SELECT $2::tsquery) ORDER BY number DESC LIMIT $3";
    numbers(connection, query(sql).bind(number).bind(terms.join(ON_POSTGRES.and)).bind(NEWEST)).await
}

/// The newest orders that have all terms, among the newest `orders` up to `last`, or among all.
async fn among(
    connection: &mut Connection<'_>,
    terms: &[String],
    newer: Option<(i64, i64)>,
) -> Result<Vec<i64>, StoreError> {
    // MATERIALIZED: it shall not walk back through all orders until it has met enough. The blocks are a condition of their own, so GIN leaps from an
    // order that has the terms to the next; in one condition with the terms it went through all orders of the blocks.
    let mut asked = Parts::new("WITH found AS MATERIALIZED (SELECT number FROM orders_search WHERE terms @@ ");
    asked.bind(terms.join(ON_POSTGRES.and)).push("::tsquery");
    if let Some((last, orders)) = newer {
        asked.push(" AND terms @@ ").bind(eras(last, orders)).push("::tsquery");
    }
    asked.push(") SELECT number FROM found ORDER BY number DESC LIMIT ").bind(NEWEST);
    numbers(connection, asked.query()).await
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
