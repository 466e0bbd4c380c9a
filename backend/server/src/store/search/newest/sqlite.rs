//! The newest orders that have terms, out of FTS5.
//!
//! FTS5 has the orders of every term one after another, packed. To find those that have several terms it reads all lists alongside, and a list cannot be
//! entered in the middle of a page: a word that a third of all orders have is read nearly whole beside a rare one. So only the rarer terms are
//! asked of the index, and whether an order has the others is seen from the order itself.
//!
//! It is asked for the newest orders down to a number, and sees that it is past that number only at an order that has all terms. So it is also asked for
//! milestones ([`MILESTONES`]), each of which counts as an order that has them.

use super::{Looked, numbers};
use crate::store::{
    connection::Connection,
    error::StoreError,
    search::{
        NEWEST,
        index::{MILESTONE, MILESTONES},
    },
    search_terms::{Shown, Wanted, Words},
    statement::{Parts, query},
};

pub(super) const WORDS: Words = Words { and: " AND ", or: " OR ", quote: '"' };

/// Entries of the index that are read at most, of all terms together.
const READ: i64 = 80_000;
/// Among so few orders it costs nothing to ask for everything.
const FEW: i64 = 65_536;
/// So many of the newest orders with a term say how common it is.
const MET: i64 = 64;
/// Looking at an order takes as long as reading so many entries of the index.
const LOOK: i64 = 200;
/// Orders that entries are counted among.
const MANY: i64 = 1_000_000;

/// What the index is asked for, and how far back.
struct Plan {
    asked: Vec<Wanted>,
    /// What is seen from the order itself.
    shown: Vec<Shown>,
    /// How many of the newest orders up to the last are looked through.
    depth: i64,
}

pub(super) async fn newest(
    connection: &mut Connection<'_>,
    wanted: Vec<Wanted>,
    before: i64,
) -> Result<Looked, StoreError> {
    let newest = query("SELECT coalesce(max(number), 0) FROM orders WHERE number < $1").bind(before);
    let last = newest.one(connection).await?.number(0)?;
    let plan = if wanted.len() == 1 || last <= FEW {
        // One list alone is read until there are enough.
        Plan { asked: wanted, shown: Vec::new(), depth: last }
    } else {
        let apart = apart(connection, &wanted, last).await?;
        let mut wanted: Vec<(Wanted, i64)> = wanted.into_iter().zip(apart).collect();
        wanted.sort_by_key(|(_, apart)| std::cmp::Reverse(*apart));
        let left = left(connection, &wanted, last).await?;
        plan(wanted.into_iter().zip(left), last)
    };
    let found = numbers(connection, question(&plan, last).query()).await?;
    Ok(Looked::down_to((plan.depth < last).then(|| last - plan.depth + 1), found))
}

/// What the index is asked.
fn question(plan: &Plan, last: i64) -> Parts {
    // Of all orders nothing is too old, and one list alone has nothing to be walked for.
    let has_milestones = plan.depth < last && plan.asked.len() > 1;
    let terms =
        plan.asked.iter().map(
            |Wanted { terms, .. }| {
                if has_milestones { format!("({terms}{}{MILESTONE})", WORDS.or) } else { terms.clone() }
            },
        );
    let mut asked = Parts::new("SELECT orders_search.rowid FROM orders_search");
    if !plan.shown.is_empty() {
        // CROSS JOIN: the index goes first.
        asked.push(" CROSS JOIN orders ON number = orders_search.rowid");
    }
    asked.push(" WHERE orders_search MATCH ").bind(terms.collect::<Vec<_>>().join(WORDS.and));
    asked.push(" AND orders_search.rowid > ").bind(last - plan.depth);
    asked.push(" AND orders_search.rowid <= ").bind(last);
    plan.shown.iter().for_each(|shown| shows(&mut asked, shown));
    if has_milestones {
        asked.push(" AND (orders_search.rowid % ").bind(MILESTONES);
        asked.push(" <> 0 OR EXISTS (SELECT 1 FROM orders WHERE number = orders_search.rowid");
        plan.asked.iter().for_each(|wanted| shows(&mut asked, &wanted.shown));
        asked.push("))");
    }
    asked.push(" ORDER BY orders_search.rowid DESC LIMIT ").bind(NEWEST);
    asked
}

/// That an order shows this itself.
fn shows(asked: &mut Parts, shown: &Shown) {
    match shown {
        // Plus: it is not looked for by its branch.
        Shown::Branch(branch) => asked.push(" AND +branch = ").bind(branch),
        Shown::Text(text) => asked.push(" AND instr(search_text, ").bind(text).push(")"),
    };
}

/// For each thing that is wanted, every how many orders there is one that has it, as the newest [`MET`] of them up to `last` say.
async fn apart(connection: &mut Connection<'_>, wanted: &[Wanted], last: i64) -> Result<Vec<i64>, StoreError> {
    let mut counted = Parts::new("");
    for (place, wanted) in wanted.iter().enumerate() {
        counted.push(if place == 0 { "" } else { " UNION ALL " }).push(format!("SELECT {place}, "));
        counted.push("count(*), coalesce(min(number), 0) FROM (SELECT rowid AS number FROM orders_search WHERE orders_search MATCH ");
        counted.bind(&wanted.terms).push(" AND rowid <= ").bind(last);
        counted.push(" ORDER BY rowid DESC LIMIT ").bind(MET).push(")");
    }
    counted.push(" ORDER BY 1");
    let rows = counted.query().all(connection).await?;
    rows.iter()
        .map(|row| {
            let (met, oldest) = (row.number(1)?, row.number(2)?);
            // Fewer: those are all.
            let among = if met < MET { last } else { last - oldest + 1 };
            Ok((among / met.max(1)).max(1))
        })
        .collect()
}

/// For each thing that is wanted, the rarest first, every how many orders there is one that has it and all before it.
///
/// Words that stand together always, as those of a name do, are no rarer together than alone. So the newest [`MET`] orders with the rarest are looked at.
async fn left(connection: &mut Connection<'_>, wanted: &[(Wanted, i64)], last: i64) -> Result<Vec<i64>, StoreError> {
    let chance = by_chance(wanted.iter().map(|(_, apart)| *apart));
    // What is done with the second depends on the first alone.
    let [(rarest, apart), others @ ..] = wanted else { return Ok(chance) };
    if others.len() < 2 {
        return Ok(chance);
    }
    let mut counted = Parts::new("SELECT count(*)");
    for place in 1..=others.len() {
        counted.push(", count(*) FILTER (WHERE TRUE");
        others[..place].iter().for_each(|(wanted, _)| shows(&mut counted, &wanted.shown));
        counted.push(")");
    }
    counted.push(" FROM (SELECT rowid AS place FROM orders_search WHERE orders_search MATCH ").bind(&rarest.terms);
    counted.push(" AND rowid <= ").bind(last).push(" ORDER BY rowid DESC LIMIT ").bind(MET);
    counted.push(") CROSS JOIN orders ON number = place");
    let row = counted.query().one(connection).await?;
    let met = row.number(0)?;
    (0..wanted.len()).zip(chance).map(|(place, chance)| Ok(seen(*apart, (met, row.number(place)?), chance))).collect()
}

/// The same when nothing has to do with anything else.
fn by_chance(alone: impl Iterator<Item = i64>) -> Vec<i64> {
    let left = alone.scan(1_i64, |left, apart| {
        *left = left.saturating_mul(apart);
        Some(*left)
    });
    left.collect()
}

/// Every how many orders there is one, when `having` of `met` have it that are `apart` from each other.
fn seen(apart: i64, (met, having): (i64, i64), chance: i64) -> i64 {
    if having > 0 { apart.saturating_mul(met) / having } else { chance.max(apart.saturating_mul(met)) }
}

/// What is wanted comes with the rarest first, with every how many orders there is one that has it, and one that has all so far. It is asked of the
/// index as long as reading its entries costs less than looking at the orders that are left.
fn plan(wanted: impl Iterator<Item = ((Wanted, i64), i64)>, last: i64) -> Plan {
    let (mut asked, mut shown) = (Vec::new(), Vec::new());
    // What looking through a million orders costs, in entries.
    let (mut left, mut cost) = (1_i64, 0);
    for ((wanted, apart), together) in wanted {
        if asked.is_empty() || left < apart.saturating_mul(LOOK) {
            asked.push(wanted);
            left = together;
            cost += MANY / apart;
        } else {
            shown.push(wanted.shown);
        }
    }
    if !shown.is_empty() {
        cost += (MANY * LOOK) / left;
    }
    Plan { asked, shown, depth: last.min(READ * MANY / cost.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of what is `apart`, the rarest first.
    fn planned(apart: &[i64], last: i64) -> (Vec<String>, usize, i64) {
        together(apart, &by_chance(apart.iter().copied()), last)
    }

    fn together(apart: &[i64], left: &[i64], last: i64) -> (Vec<String>, usize, i64) {
        let wanted = |apart: &i64| (Wanted { terms: format!("1/{apart}"), shown: Shown::Text(String::new()) }, *apart);
        let Plan { asked, shown, depth } = plan(apart.iter().map(wanted).zip(left.iter().copied()), last);
        (asked.into_iter().map(|wanted| wanted.terms).collect(), shown.len(), depth)
    }

    #[test]
    fn the_rarest_are_asked_of_the_index_and_common_ones_of_the_orders() {
        let ten_million = 10_000_000;
        let all_of = |terms: &[&str]| terms.iter().map(|term| (*term).to_owned()).collect::<Vec<_>>();
        // A branch, a thing, and two words that go with many things.
        let (terms, shown, depth) = planned(&[40, 20, 10, 4], ten_million);
        assert_eq!((terms, shown), (all_of(&["1/40", "1/20", "1/10"]), 1));
        assert!(depth < ten_million && depth > 300_000);
        // Everybody is of the one branch: its list is as long as the index.
        let (terms, shown, depth) = planned(&[100_000, 1], ten_million);
        assert_eq!((terms, shown, depth), (all_of(&["1/100000"]), 1, ten_million));
        // Rare ones help each other.
        assert_eq!(planned(&[70_000, 50_000], ten_million), (all_of(&["1/70000", "1/50000"]), 0, ten_million));
    }

    #[test]
    fn words_that_stand_together_leave_as_many_orders_as_one_of_them() {
        // A city of two words, in a branch: by chance hardly any order had both words, and the branch were seen from the orders.
        assert_eq!(planned(&[1_400, 1_400, 40], 10_000_000).1, 1);
        let left = [1_400, seen(1_400, (64, 64), 1_960_000), seen(1_400, (64, 2), 78_400_000)];
        assert_eq!(left, [1_400, 1_400, 44_800]);
        assert_eq!(together(&[1_400, 1_400, 40], &left, 10_000_000).1, 0);
        // None of those that were looked at has both: there are fewer than one in so many, and no more than by chance.
        assert_eq!([seen(20, (64, 0), 400), seen(20, (64, 0), 8_000), seen(20, (0, 0), 400)], [1_280, 8_000, 400]);
    }

    #[test]
    fn nothing_is_left_out_of_what_there_are_few() {
        let ten_million = 10_000_000;
        for few in [1, 64, 350] {
            for others in [[1, 1], [1, 10], [5, 25], [40, 60], [100, 1_000], [5_000, 20_000]] {
                let (_, _, depth) = planned(&[ten_million / few, others[1], others[0]], ten_million);
                assert_eq!(depth, ten_million, "{few} beside {others:?}");
            }
        }
    }

    #[test]
    fn what_is_read_has_a_limit_whatever_is_wanted() {
        for apart in [[1, 1], [1, 20], [20, 20], [2, 500], [500, 500], [64, 10_000_000]] {
            let (_, _, depth) = planned(&[apart[1], apart[0]], i64::MAX);
            assert!(depth / apart[0].max(apart[1]) <= READ, "{apart:?}: {depth}");
        }
    }
}
