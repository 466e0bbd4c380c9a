//! An order with everything that hangs on it, in one row: each statement and each row is handed over between threads, and costs more there
//! than in the database. One statement also sees one state of the database.

use std::sync::LazyLock;

use postoffice_domain::ttn::Ttn;
use sqlx::{Row, SqliteExecutor, sqlite::SqliteRow};

use super::{
    StoredDetails,
    error::{StoreError, unexpected},
    messages, timeline,
};

/// What [`read`] reads, of a row of `orders`.
pub(super) fn columns() -> String {
    format!(
        "body, timeline_seq, {} AS timeline, {} AS messages, (SELECT next_seq - 1 FROM relay_lease WHERE id = 1) AS sequence",
        timeline::OF_ORDER,
        messages::OF_ORDER
    )
}

/// Reads [`columns`].
pub(super) fn read(row: &SqliteRow) -> Result<StoredDetails, StoreError> {
    Ok(StoredDetails {
        order: serde_json::from_str(row.try_get("body")?)?,
        timeline: timeline::read(row.try_get("timeline")?)?,
        messages: messages::read(row.try_get("messages")?)?,
        version: row.try_get("timeline_seq")?,
        sequence: u64::try_from(row.try_get::<i64, _>("sequence")?).map_err(|_| unexpected("sequence"))?,
    })
}

/// One order, deleted or not, with timeline, messages and the last publish number that this reflects.
pub(super) async fn of_order(
    executor: impl SqliteExecutor<'_>,
    ttn: &Ttn,
) -> Result<Option<StoredDetails>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| format!("SELECT {} FROM orders WHERE ttn = ?1", columns()));
    let row = sqlx::query(sqlx::AssertSqlSafe(SQL.as_str())).bind(ttn.to_string()).fetch_optional(executor).await?;
    row.as_ref().map(read).transpose()
}
