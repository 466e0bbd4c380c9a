//! An order with everything that hangs on it, in one row: each statement and each row is handed over between threads, and costs more there
//! than in the database. One statement also sees one state of the database.

use postoffice_domain::ttn::Ttn;
use sqlx::{Row, SqliteExecutor};

use super::{
    StoredDetails,
    error::{StoreError, unexpected},
    messages, timeline,
};

/// One order, deleted or not, with timeline, messages and the last publish number that this reflects.
pub(super) async fn of_order(
    executor: impl SqliteExecutor<'_>,
    ttn: &Ttn,
) -> Result<Option<StoredDetails>, StoreError> {
    let sql = format!(
        "SELECT body, timeline_seq, {} AS timeline, {} AS messages, (SELECT next_seq - 1 FROM relay_lease WHERE id = 1) AS sequence
         FROM orders WHERE ttn = ?1",
        timeline::OF_ORDER,
        messages::OF_ORDER
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ttn.to_string()).fetch_optional(executor).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredDetails {
        order: serde_json::from_str(row.try_get("body")?)?,
        timeline: timeline::read(row.try_get("timeline")?)?,
        messages: messages::read(row.try_get("messages")?)?,
        version: row.try_get("timeline_seq")?,
        sequence: u64::try_from(row.try_get::<i64, _>("sequence")?).map_err(|_| unexpected("sequence"))?,
    }))
}
