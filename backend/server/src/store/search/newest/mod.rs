//! The newest orders that have terms.
//!
//! SQLite's index has them newest first and stops by itself ([`sqlite`]). GIN has no order: what it is asked for it gathers, so it is asked about as few
//! orders as will do ([`postgres`]).

mod postgres;
mod sqlite;

use postoffice_domain::search::Search;

use super::NEWEST;
use crate::store::{
    connection::Connection,
    error::StoreError,
    search_terms::of_search,
    statement::{Query, query},
};

/// Entries of the index that are read at most, of all terms together, unless hardly any order has one of them.
const READ: i64 = 80_000;

/// Numbers of orders, newest first, and whether older ones may fit too.
type Numbers = (Vec<i64>, bool);

/// The newest orders that have the terms of a search, or the newest of all when it has none.
pub(super) async fn newest(
    connection: &mut Connection<'_>,
    search: &Search,
    branch: Option<&str>,
) -> Result<Numbers, StoreError> {
    let words = if connection.is_sqlite() { &sqlite::WORDS } else { &postgres::WORDS };
    let wanted = of_search(search, branch, words);
    if wanted.is_empty() {
        let all =
            query("SELECT number FROM orders WHERE deleted_at IS NULL ORDER BY number DESC LIMIT $1").bind(NEWEST);
        let found = numbers(connection, all).await?;
        let is_cut = is_enough(&found);
        return Ok((found, is_cut));
    }
    if connection.is_sqlite() {
        sqlite::newest(connection, wanted).await
    } else {
        let terms: Vec<String> = wanted.into_iter().map(|wanted| wanted.terms).collect();
        postgres::newest(connection, &terms).await
    }
}

const fn is_enough(found: &[i64]) -> bool {
    found.len() >= NEWEST as usize
}

async fn numbers(connection: &mut Connection<'_>, query: Query) -> Result<Vec<i64>, StoreError> {
    query.all(connection).await?.iter().map(|row| row.number(0)).collect()
}
