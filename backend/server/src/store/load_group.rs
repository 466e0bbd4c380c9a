//! Loads for edit of one group commit: every order is stamped with its next fencing token and the session that loads, in one statement.
//!
//! A statement each would cost a round trip to PostgreSQL each, and would cut the group's commands into pieces. It brings all that the editor
//! shows: a reader would have to read again what the writer has just had in its hands.

use std::{collections::HashMap, sync::LazyLock};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::session::SessionId;
use postoffice_runtime::planted;

use super::{
    StoredDetails,
    connection::Connection,
    details,
    error::StoreError,
    orders,
    row::Row,
    statement::{Each, query},
};

/// Who wants to load which order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub ttn: Ttn,
    pub session: SessionId,
}

/// An order as the editor shows it, with the token it was stamped with.
pub(super) type Loaded = (StoredDetails, u64);

/// Loads all of them; the answers are in the same order. Two who want the same order load it one after the other, as they came.
///
/// # Errors
/// The transaction is to be given up.
pub(super) async fn load(
    connection: &mut Connection<'_>,
    wanted: &[Load],
) -> Result<Vec<Result<Option<Loaded>, StoreError>>, StoreError> {
    let mut answers: Vec<_> = wanted.iter().map(|_| Ok(None)).collect();
    let mut waiting: Vec<usize> = (0..wanted.len()).collect();
    while !waiting.is_empty() {
        let mut now: HashMap<Ttn, SessionId> = HashMap::with_capacity(waiting.len());
        let (these, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|place| {
            let load = &wanted[*place];
            let first = !now.contains_key(&load.ttn);
            if first {
                now.insert(load.ttn, load.session);
            }
            first
        });
        waiting = later;
        match stamped_apart(connection, &now).await {
            Ok(mut loaded) => {
                for place in these {
                    answers[place] = loaded.remove(&wanted[place].ttn).transpose();
                }
            }
            Err(error) if error.is_of_one() => {
                for place in these {
                    answers[place] = Err(error.clone());
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// Stamps the orders so that a refusal leaves the transaction as it was.
async fn stamped_apart(
    connection: &mut Connection<'_>,
    wanted: &HashMap<Ttn, SessionId>,
) -> Result<HashMap<Ttn, Result<Loaded, StoreError>>, StoreError> {
    if connection.survives_refusals() {
        return stamped(connection, wanted).await;
    }
    connection.control("SAVEPOINT loads").await?;
    let loaded = stamped(connection, wanted).await;
    if loaded.as_ref().is_err_and(StoreError::is_of_one) {
        connection.control("ROLLBACK TO loads").await?;
    }
    if loaded.as_ref().err().is_none_or(StoreError::is_of_one) {
        connection.control("RELEASE loads").await?;
    }
    loaded
}

/// Stamps the orders, each for its session. What is not in the lists is left out; an order that cannot be read fails alone.
async fn stamped(
    connection: &mut Connection<'_>,
    wanted: &HashMap<Ttn, SessionId>,
) -> Result<HashMap<Ttn, Result<Loaded, StoreError>>, StoreError> {
    static SQL: LazyLock<Each<String>> = LazyLock::new(|| {
        let wanted = Each {
            sqlite: "SELECT value ->> 0 AS ttn, value ->> 1 AS session FROM json_each($1)",
            postgres: "SELECT value ->> 0 AS ttn, value ->> 1 AS session FROM jsonb_array_elements($1::jsonb)",
        };
        wanted.with(details::columns(), |wanted, columns| {
            format!(
                "UPDATE orders SET fence = fence + $2, fence_session = wanted.session FROM ({wanted}) AS wanted
                 WHERE orders.ttn = wanted.ttn AND deleted_at IS NULL RETURNING orders.ttn, fence, {columns}"
            )
        })
    });
    let step = i64::from(!planted!("store.load_without_token"));
    let wanted: Vec<_> = wanted.iter().collect();
    let rows = query(SQL.borrowed()).bind(serde_json::to_string(&wanted)?).bind(step).all(connection).await?;
    rows.iter().map(|row| Ok((orders::ttn_of(row.text("ttn")?)?, loaded(row)))).collect()
}

fn loaded(row: &Row) -> Result<Loaded, StoreError> {
    Ok((details::read(row)?, orders::fence_of(row)?))
}
