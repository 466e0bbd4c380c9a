//! The newest orders that have terms, of all or of those before one.
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

/// What was found, and how far it was looked for.
pub(super) struct Looked {
    /// Orders, newest first.
    pub numbers: Vec<i64>,
    /// The oldest number that was looked at, when older orders may fit too.
    pub reached: Option<i64>,
}

impl Looked {
    /// `numbers` are all from `bottom` on, or all that there are, unless they are as many as are wanted.
    fn down_to(bottom: Option<i64>, numbers: Vec<i64>) -> Self {
        let reached = if is_enough(&numbers) { numbers.last().copied() } else { bottom };
        Self { numbers, reached }
    }
}

/// The newest orders before number `before` that have the terms of a search, or the newest of all of them when it has none.
pub(super) async fn newest(
    connection: &mut Connection<'_>,
    search: &Search,
    branch: Option<&str>,
    before: i64,
) -> Result<Looked, StoreError> {
    let words = if connection.is_sqlite() { &sqlite::WORDS } else { &postgres::WORDS };
    let wanted = of_search(search, branch, words);
    if wanted.is_empty() {
        let all =
            query("SELECT number FROM orders WHERE deleted_at IS NULL AND number < $1 ORDER BY number DESC LIMIT $2");
        let found = numbers(connection, all.bind(before).bind(NEWEST)).await?;
        return Ok(Looked::down_to(None, found));
    }
    if connection.is_sqlite() {
        sqlite::newest(connection, wanted, before).await
    } else {
        let terms: Vec<String> = wanted.into_iter().map(|wanted| wanted.terms).collect();
        postgres::newest(connection, &terms, before).await
    }
}

const fn is_enough(found: &[i64]) -> bool {
    found.len() >= NEWEST as usize
}

async fn numbers(connection: &mut Connection<'_>, query: Query) -> Result<Vec<i64>, StoreError> {
    query.all(connection).await?.iter().map(|row| row.number(0)).collect()
}
