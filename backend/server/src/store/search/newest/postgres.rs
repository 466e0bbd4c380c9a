//! The newest orders that have terms, out of GIN.
//!
//! GIN gathers what it is asked for, so it is asked about as few orders as will do. How many that are is seen from the newest ones, which are looked at
//! one by one first.

use super::{Numbers, READ, is_enough, numbers};
use crate::store::{
    connection::Connection,
    error::{StoreError, unexpected},
    search::NEWEST,
    search_terms::Words,
    statement::{Parts, query},
};

pub(super) const WORDS: Words = Words { and: " & ", or: " | ", quote: '\'' };

/// Of so many of the newest orders it is counted how many have a term.
const SAMPLE: i64 = 512;
/// Orders with the rarest of the terms that are gone through at most, looking for those that have the others too.
const WALKED: i64 = 50_000;
/// A term that fewer of the sample have ends [`READ`]: GIN leaps from one order with it to the next, and what the others have between is not gone through.
const RARE: i64 = 4;
/// Newest orders that PostgreSQL looks at one by one at most. Words that a tenth of all orders have are met often enough there.
const ONE_BY_ONE: i64 = 4_096;
/// Blocks of numbers that an order has as a term each on PostgreSQL (`migrations/postgres/0010_search.sql`), the largest first.
const ERAS: [(char, i64); 4] = [('h', 2_097_152), ('g', 262_144), ('f', 32_768), ('e', 4_096)];

/// How many of the newest orders are looked through for several terms: so many that the rarest of them, which `fewest` of the sample have, is met about
/// [`WALKED`] times, and all of them, which have `entries` there, [`READ`] times. Words that half the orders have each, and hardly any together, would
/// be walked to the end of the index, and that grows with the office.
fn depth(last: i64, fewest: i64, entries: i64) -> i64 {
    let read = if fewest < RARE { last } else { READ * SAMPLE / entries };
    last.min(WALKED * SAMPLE / (fewest + 1)).min(read)
}

pub(super) async fn newest(connection: &mut Connection<'_>, terms: &[String]) -> Result<Numbers, StoreError> {
    let Sample { last, met, fewest, entries } = sample(connection, terms).await?;
    if is_enough(&met) || last <= SAMPLE {
        let is_cut = is_enough(&met);
        return Ok((met, is_cut));
    }
    let deep = depth(last, fewest, entries);
    let first = if met.is_empty() && fewest >= RARE { First::Blocks } else { First::Terms };
    let mut reach = twice(met.len(), SAMPLE);
    loop {
        // What spares less than that is not worth a statement.
        let is_last = reach >= deep / 4;
        let newer = if is_last { deep } else { reach };
        let found = if !is_last && newer <= ONE_BY_ONE {
            one_by_one(connection, terms, last - newer).await?
        } else {
            among(connection, terms, (newer < last).then_some((last, newer, first))).await?
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
    /// How many have each of them, together.
    entries: i64,
}

async fn sample(connection: &mut Connection<'_>, terms: &[String]) -> Result<Sample, StoreError> {
    // A text in a SELECT of its own is made a query once, and not for every row.
    let mut asked = Parts::new(
        "SELECT coalesce(max(number), 0), string_agg(number::text, ' ' ORDER BY number DESC) FILTER (WHERE terms @@ (SELECT ",
    );
    asked.bind(terms.join(WORDS.and)).push("::tsquery))");
    for term in terms {
        asked.push(", count(*) FILTER (WHERE terms @@ (SELECT ").bind(term).push("::tsquery))");
    }
    asked.push(" FROM orders_search WHERE number > (SELECT max(number) FROM orders_search) - ").bind(SAMPLE);
    let row = asked.query().one(connection).await?;
    let having = row.maybe_text(1)?.unwrap_or_default().split_whitespace().take(usize::from(NEWEST));
    let having = having.map(|number| number.parse().map_err(|_| unexpected("number of an order")));
    let met = having.collect::<Result<_, _>>()?;
    let counts = (0..terms.len()).map(|place| row.number(place + 2)).collect::<Result<Vec<_>, _>>()?;
    let fewest = counts.iter().copied().min().unwrap_or_default();
    Ok(Sample { last: row.number(0)?, met, fewest, entries: counts.iter().sum() })
}

/// The newest orders after `number` that have all terms, looked at one after another: GIN would give all of a block, more than are wanted.
async fn one_by_one(connection: &mut Connection<'_>, terms: &[String], number: i64) -> Result<Vec<i64>, StoreError> {
    // OFFSET: without it the terms would be asked of GIN all the same.
    let sql = "SELECT number FROM (SELECT number, terms FROM orders_search WHERE number > $1 ORDER BY number DESC OFFSET 0) AS newer
               WHERE terms @@ (SELECT $2::tsquery) ORDER BY number DESC LIMIT $3";
    numbers(connection, query(sql).bind(number).bind(terms.join(WORDS.and)).bind(NEWEST)).await
}

/// What GIN is asked for first. It goes to the second condition only where an order fits the first.
#[derive(Clone, Copy)]
enum First {
    /// The blocks cost nothing where the terms are not together. But what is before the blocks is leapt over only from an order that has all terms: of
    /// two words that nobody uses together, both are gone through from the beginning.
    Terms,
    /// The terms are begun with where the blocks begin. Then the blocks are looked at with every order that has the rarest term.
    Blocks,
}

/// The newest orders that have all terms, among the newest `orders` up to `last`, or among all.
async fn among(
    connection: &mut Connection<'_>,
    terms: &[String],
    newer: Option<(i64, i64, First)>,
) -> Result<Vec<i64>, StoreError> {
    // The blocks are a condition of their own; in one condition with the terms GIN went through all orders of the blocks.
    let terms = terms.join(WORDS.and);
    let conditions = match newer {
        None => vec![terms],
        Some((last, orders, First::Terms)) => vec![terms, eras(last, orders)],
        Some((last, orders, First::Blocks)) => vec![eras(last, orders), terms],
    };
    // MATERIALIZED: it shall not walk back through all orders until it has met enough.
    let mut asked = Parts::new("WITH found AS MATERIALIZED (SELECT number FROM orders_search WHERE ");
    for (place, condition) in conditions.into_iter().enumerate() {
        asked.push(if place == 0 { "terms @@ " } else { " AND terms @@ " }).bind(condition).push("::tsquery");
    }
    asked.push(") SELECT number FROM found ORDER BY number DESC LIMIT ").bind(NEWEST);
    numbers(connection, asked.query()).await
}

/// The blocks of numbers that the newest `orders` up to `last` are in: some two to sixteen.
fn eras(last: i64, orders: i64) -> String {
    let (name, size) = ERAS.into_iter().find(|(_, size)| size * 2 <= orders).unwrap_or(ERAS[ERAS.len() - 1]);
    let blocks = (last - orders).max(0) / size..=last / size;
    blocks.map(|block| format!("'{name}{block}'")).collect::<Vec<_>>().join(WORDS.or)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_through_has_a_limit_unless_a_term_is_rare() {
        let ten_million = 10_000_000;
        assert_eq!(depth(ten_million, 0, 200), ten_million);
        assert_eq!(depth(1_000_000, 25, 50), 819_200);
        for (fewest, entries) in [(4, 8), (13, 205), (26, 52), (512, 1024)] {
            let depth = depth(ten_million, fewest, entries);
            assert!(depth * entries / SAMPLE <= READ && depth * fewest / SAMPLE <= WALKED);
        }
    }
}
