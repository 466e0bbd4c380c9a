//! The newest orders that have terms, out of GIN.
//!
//! GIN gathers what it is asked for, so it is asked about as few orders as will do. How many that are is seen from the newest ones, which are looked at
//! one by one first.

use super::{Looked, is_enough, numbers};
use crate::store::{
    connection::Connection,
    error::{StoreError, unexpected},
    search::NEWEST,
    search_terms::Words,
    statement::{Parts, at_most, query},
};

pub(super) const WORDS: Words = Words { and: " & ", or: " | ", quote: '\'' };

/// Of so many of the newest orders it is counted how many have a term.
const SAMPLE: i64 = 512;
/// Entries of the index that are read at most, of all terms together, unless hardly any order has one of them. Fewer than on SQLite: GIN takes several times as long for each.
const READ: i64 = 40_000;
/// How often it is looked at most whether an order with the rarest of the terms has another of them too.
const WALKED: i64 = 40_000;
/// A term that fewer of the sample have ends [`READ`]: GIN leaps from one order with it to the next, and what the others have between is not gone through.
const RARE: i64 = 4;
/// Newest orders that PostgreSQL looks at one by one at most. Words that a tenth of all orders have are met often enough there.
const ONE_BY_ONE: i64 = 4_096;
/// Blocks of numbers that an order has as a term each on PostgreSQL (`migrations/postgres/0010_search.sql`), the largest first.
const ERAS: [(char, i64); 4] = [('h', 2_097_152), ('g', 262_144), ('f', 32_768), ('e', 4_096)];

/// How many of the newest orders are looked through for several terms: so many that the rarest of them, which `fewest` of the sample have, and then each
/// of the `others` is looked for about [`WALKED`] times, and all of them, which have `entries` there, are met [`READ`] times. Words that half the orders have each, and hardly any together, would
/// be walked to the end of the index, and that grows with the office.
fn depth(last: i64, others: i64, (fewest, entries): (i64, i64)) -> i64 {
    let read = if fewest < RARE { last } else { READ * SAMPLE / entries };
    // None of the sample has it: then it may be the only one that there is.
    let walked = if fewest == 0 { last } else { WALKED / others.max(1) * SAMPLE / (fewest + 1) };
    last.min(walked).min(read)
}

pub(super) async fn newest(
    connection: &mut Connection<'_>,
    terms: &[String],
    before: i64,
) -> Result<Looked, StoreError> {
    let Sample { last, met, fewest, entries } = sample(connection, terms, before).await?;
    if is_enough(&met) || last <= SAMPLE {
        return Ok(Looked::down_to(None, met));
    }
    let deep = depth(last, at_most(terms.len()) - 1, (fewest, entries));
    let mut reach = twice(met.len(), SAMPLE);
    loop {
        // What spares less than that is not worth a statement.
        let is_last = reach >= deep / 4;
        let newer = if is_last { deep } else { reach };
        // A rare term is gone through once, with the last statement.
        let are_apart = met.is_empty() && (fewest >= RARE || !is_last);
        let first = if are_apart { First::Blocks } else { First::Terms };
        let eras = (newer < last).then(|| Eras::of(last, newer));
        let found = if !is_last && newer <= ONE_BY_ONE {
            one_by_one(connection, terms, (last - newer, last)).await?
        } else {
            among(connection, terms, last, eras.as_ref().map(|eras| (eras, first))).await?
        };
        if is_enough(&found) || is_last {
            // The oldest block may be that of the very first order.
            return Ok(Looked::down_to(eras.map(|eras| eras.begin).filter(|begin| *begin > 1), found));
        }
        reach = twice(found.len(), newer);
    }
}

/// How many of the newest orders should have twice as many as are wanted, when `found` of `among` fit: at least twice `among`, when it was too few.
fn twice(found: usize, among: i64) -> i64 {
    let found = i64::try_from(found).unwrap_or(i64::MAX);
    (i64::from(NEWEST) * 2).saturating_mul(among) / found.max(1)
}

/// What the newest [`SAMPLE`] orders before a number say.
struct Sample {
    /// The number of the newest one.
    last: i64,
    /// Those that have all terms, newest first.
    met: Vec<i64>,
    /// How many have the rarest of the terms.
    fewest: i64,
    /// How many have each of them, together.
    entries: i64,
}

async fn sample(connection: &mut Connection<'_>, terms: &[String], before: i64) -> Result<Sample, StoreError> {
    // A text in a SELECT of its own is made a query once, and not for every row.
    let mut asked = Parts::new(
        "SELECT coalesce(max(number), 0), string_agg(number::text, ' ' ORDER BY number DESC) FILTER (WHERE terms @@ (SELECT ",
    );
    asked.bind(terms.join(WORDS.and)).push("::tsquery))");
    for term in terms {
        asked.push(", count(*) FILTER (WHERE terms @@ (SELECT ").bind(term).push("::tsquery))");
    }
    asked.push(" FROM orders_search WHERE number < ").bind(before);
    asked.push(" AND number > (SELECT max(number) FROM orders_search WHERE number < ").bind(before);
    asked.push(") - ").bind(SAMPLE);
    let row = asked.query().one(connection).await?;
    let having = row.maybe_text(1)?.unwrap_or_default().split_whitespace().take(usize::from(NEWEST));
    let having = having.map(|number| number.parse().map_err(|_| unexpected("number of an order")));
    let met = having.collect::<Result<_, _>>()?;
    let counts = (0..terms.len()).map(|place| row.number(place + 2)).collect::<Result<Vec<_>, _>>()?;
    let fewest = counts.iter().copied().min().unwrap_or_default();
    Ok(Sample { last: row.number(0)?, met, fewest, entries: counts.iter().sum() })
}

/// The newest orders after a number, up to `last`, that have all terms, looked at one after another: GIN would give all of a block, more than are wanted.
async fn one_by_one(
    connection: &mut Connection<'_>,
    terms: &[String],
    (after, last): (i64, i64),
) -> Result<Vec<i64>, StoreError> {
    // OFFSET: without it the terms would be asked of GIN all the same.
    let sql = "SELECT number FROM (SELECT number, terms FROM orders_search WHERE number > $1 AND number <= $2 ORDER BY number DESC OFFSET 0) AS newer
               WHERE terms @@ (SELECT $3::tsquery) ORDER BY number DESC LIMIT $4";
    numbers(connection, query(sql).bind(after).bind(last).bind(terms.join(WORDS.and)).bind(NEWEST)).await
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

/// The newest orders up to `last` that have all terms, among those of the eras, or among all.
async fn among(
    connection: &mut Connection<'_>,
    terms: &[String],
    last: i64,
    eras: Option<(&Eras, First)>,
) -> Result<Vec<i64>, StoreError> {
    // The blocks are a condition of their own; in one condition with the terms GIN went through all orders of the blocks.
    let terms = terms.join(WORDS.and);
    let conditions = match eras {
        None => vec![terms],
        Some((eras, First::Terms)) => vec![terms, eras.terms.clone()],
        Some((eras, First::Blocks)) => vec![eras.terms.clone(), terms],
    };
    // MATERIALIZED: it shall not walk back through all orders until it has met enough.
    let mut asked = Parts::new("WITH found AS MATERIALIZED (SELECT number FROM orders_search WHERE ");
    for (place, condition) in conditions.into_iter().enumerate() {
        asked.push(if place == 0 { "terms @@ " } else { " AND terms @@ " }).bind(condition).push("::tsquery");
    }
    asked.push(") SELECT number FROM found WHERE number <= ").bind(last);
    asked.push(" ORDER BY number DESC LIMIT ").bind(NEWEST);
    numbers(connection, asked.query()).await
}

/// The blocks of numbers that the newest orders up to one are in: some two to sixteen.
struct Eras {
    /// The first number of the oldest of them.
    begin: i64,
    /// What GIN is asked for.
    terms: String,
}

impl Eras {
    fn of(last: i64, orders: i64) -> Self {
        let (name, size) = ERAS.into_iter().find(|(_, size)| size * 2 <= orders).unwrap_or(ERAS[ERAS.len() - 1]);
        let first = (last - orders).max(0) / size;
        let blocks = (first..=last / size).map(|block| format!("'{name}{block}'")).collect::<Vec<_>>();
        Self { begin: first * size, terms: blocks.join(WORDS.or) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_through_has_a_limit_unless_a_term_is_rare() {
        let ten_million = 10_000_000;
        assert_eq!(depth(ten_million, 1, (0, 200)), ten_million);
        assert_eq!(depth(ten_million, 3, (0, 200)), ten_million);
        assert_eq!(depth(ten_million, 3, (1, 200)), 3_413_248);
        assert_eq!(depth(1_000_000, 1, (25, 50)), 409_600);
        for (fewest, entries) in [(4, 8), (13, 205), (26, 52), (512, 1024)] {
            let depth = depth(ten_million, 1, (fewest, entries));
            assert!(depth * entries / SAMPLE <= READ && depth * fewest / SAMPLE <= WALKED);
        }
    }
}
