//! The index of the search: which orders are in it, and with which terms.

use postoffice_domain::ttn::Ttn;

use crate::store::{
    connection::Connection,
    error::StoreError,
    orders::ttn_of,
    row::Row,
    search_terms::of_order,
    statement::{Each, Query, list as texts, query},
};

/// Orders of one statement when the index is made for orders that were there before it.
const BATCH_ON_SQLITE: i64 = 2_000;
/// PostgreSQL sorts them into GIN meanwhile, and must answer in time on a busy machine too.
const BATCH_ON_POSTGRES: i64 = 500;

/// Under which name [`putting_new`] finds `number` and `ttn` of the new orders, on PostgreSQL, where it goes in with the statement that adds them.
pub(in crate::store) const NEW_ORDERS: &str = "new_orders";

/// On SQLite every order whose number is a multiple of this has the term [`MILESTONE`] too. FTS5 looks whether it has gone far enough back only where an
/// order has all terms that it is asked for, and of two common words that nobody uses together that is nowhere ([`super::newest`]). One that is missing, because its order was deleted, lets a
/// search go on to the next. The statement below says both a second time.
pub(super) const MILESTONES: i64 = 32_768;
/// No kind of term in [`crate::store::search_terms`] begins so.
pub(super) const MILESTONE: &str = "z";

/// A statement that puts orders into the index; `$found_in` has their numbers.
macro_rules! put {
    ($found_in:literal, $if_there:literal) => {
        Each {
            // In the order of the numbers: FTS5 writes what it has when a smaller one comes.
            sqlite: "INSERT OR REPLACE INTO orders_search (rowid, terms)
                     SELECT number, (fresh.value ->> 1) || iif(number % 32768 = 0, ' z', '')
                     FROM json_each($1) AS fresh CROSS JOIN orders WHERE ttn = fresh.value ->> 0 ORDER BY number",
            postgres: concat!(
                "INSERT INTO orders_search (number, terms)
                 SELECT number, array_to_tsvector(string_to_array(value ->> 1, ' ')
                        || ARRAY['e' || number / 4096, 'f' || number / 32768, 'g' || number / 262144, 'h' || number / 2097152])
                 FROM jsonb_array_elements($1::jsonb) JOIN ",
                $found_in,
                " ON ttn = value ->> 0 ORDER BY number",
                $if_there
            ),
        }
    };
}

/// Puts orders into the index, or puts them there anew: their numbers, the text they are found by, and their branch.
pub(in crate::store) async fn put<'o>(
    connection: &mut Connection<'_>,
    orders: impl Iterator<Item = (&'o Ttn, &'o str, &'o str)>,
) -> Result<(), StoreError> {
    let put = put!("orders", " ON CONFLICT (number) DO UPDATE SET terms = excluded.terms");
    match putting(put, orders)? {
        Some(put) => put.run(connection).await.map(drop),
        None => Ok(()),
    }
}

/// The statement that puts orders into it that are being added.
pub(in crate::store) fn putting_new<'o>(
    orders: impl Iterator<Item = (&'o Ttn, &'o str, &'o str)>,
) -> Result<Option<Query>, StoreError> {
    putting(put!("new_orders", ""), orders)
}

fn putting<'o>(
    put: Each<&'static str>,
    orders: impl Iterator<Item = (&'o Ttn, &'o str, &'o str)>,
) -> Result<Option<Query>, StoreError> {
    let terms: Vec<serde_json::Value> =
        orders.map(|(ttn, text, branch)| serde_json::json!([ttn, of_order(text, branch)])).collect();
    if terms.is_empty() {
        return Ok(None);
    }
    Ok(Some(query(put).bind(serde_json::to_string(&terms)?)))
}

/// Takes orders out of the index.
pub(in crate::store) async fn take_out(connection: &mut Connection<'_>, ttns: &[Ttn]) -> Result<(), StoreError> {
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
pub(in crate::store) async fn catch_up(connection: &mut Connection<'_>) -> Result<(), StoreError> {
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
    // At the end: the greatest number that is in the index says how far it goes.
    if connection.is_sqlite() { put_milestones(connection).await } else { Ok(()) }
}

/// The same within the transaction that is open.
pub(in crate::store) async fn put_all(connection: &mut Connection<'_>) -> Result<(), StoreError> {
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
    put_rows(connection, &rows).await?;
    rows.last().map(|row| row.number("number")).transpose()
}

/// Orders that came into the index before there were milestones.
async fn put_milestones(connection: &mut Connection<'_>) -> Result<(), StoreError> {
    let bare = "WITH RECURSIVE places (place) AS (SELECT $1 UNION ALL SELECT place + $1 FROM places WHERE place < (SELECT max(number) FROM orders))
                SELECT ttn, search_text, branch FROM places CROSS JOIN orders ON number = place
                WHERE deleted_at IS NULL AND number NOT IN (SELECT rowid FROM orders_search WHERE orders_search MATCH $2)";
    let rows = query(bare).bind(MILESTONES).bind(MILESTONE).all(connection).await?;
    put_rows(connection, &rows).await
}

async fn put_rows(connection: &mut Connection<'_>, rows: &[Row]) -> Result<(), StoreError> {
    let orders = rows
        .iter()
        .map(|row| Ok((ttn_of(row.text("ttn")?)?, row.text("search_text")?, row.text("branch")?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    put(connection, orders.iter().map(|(ttn, text, branch)| (ttn, *text, *branch))).await
}
