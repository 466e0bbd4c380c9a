//! Loads for edit of one group commit: every order is stamped with its next fencing token and the session that loads, in one statement.
//!
//! A statement each would cost more in hand-overs to the database thread than the disk does, and would cut the group's commands into pieces. It
//! brings all that the editor shows: a reader would have to read again what the writer has just had in its hands.

use std::{collections::HashMap, sync::LazyLock};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::session::SessionId;
use postoffice_runtime::planted;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{StoredDetails, details, error::StoreError, orders, sqlite::writer::Reply};

/// Who wants to load which order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub ttn: Ttn,
    pub session: SessionId,
}

/// An order as the editor shows it, with the token it was stamped with.
pub(super) type Loaded = (StoredDetails, u64);

/// What became of a load: `None` when there is no such order in the lists.
type Answered = (Result<Option<Loaded>, StoreError>, Reply<Option<Loaded>>);

/// Loads all of them. Two who want the same order load it one after the other, as they came.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    mut waiting: Vec<(Load, Reply<Option<Loaded>>)>,
) -> Vec<Answered> {
    let mut answered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let mut now: HashMap<Ttn, SessionId> = HashMap::with_capacity(waiting.len());
        let (these, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(load, _)| {
            let first = !now.contains_key(&load.ttn);
            if first {
                now.insert(load.ttn, load.session);
            }
            first
        });
        waiting = later;
        match stamped(connection, &now).await {
            Ok(mut loaded) => {
                answered.extend(these.into_iter().map(|(load, reply)| (loaded.remove(&load.ttn).transpose(), reply)));
            }
            Err(error) => answered.extend(these.into_iter().map(|(_, reply)| (Err(error.clone()), reply))),
        }
    }
    answered
}

/// Stamps the orders, each for its session. What is not in the lists is left out; an order that cannot be read fails alone.
async fn stamped(
    connection: &mut SqliteConnection,
    wanted: &HashMap<Ttn, SessionId>,
) -> Result<HashMap<Ttn, Result<Loaded, StoreError>>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "UPDATE orders SET fence = fence + ?2, fence_session = wanted.session
             FROM (SELECT value ->> 0 AS ttn, value ->> 1 AS session FROM json_each(?1)) AS wanted
             WHERE orders.ttn = wanted.ttn AND deleted_at IS NULL RETURNING ttn, fence, {}",
            details::columns()
        )
    });
    let step = i64::from(!planted!("store.load_without_token"));
    let wanted: Vec<_> = wanted.iter().collect();
    let rows = sqlx::query(sqlx::AssertSqlSafe(SQL.as_str()))
        .bind(serde_json::to_string(&wanted)?)
        .bind(step)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok((orders::ttn_of(row.try_get("ttn")?)?, loaded(row)))).collect()
}

fn loaded(row: &SqliteRow) -> Result<Loaded, StoreError> {
    Ok((details::read(row)?, orders::fence_of(row)?))
}
