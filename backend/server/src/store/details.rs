//! An order with everything that hangs on it, in one row: each statement and each row is handed over between threads, and costs more there
//! than in the database. One statement also sees one state of the database.

use std::sync::LazyLock;

use postoffice_domain::ttn::Ttn;

use super::{
    StoredDetails,
    connection::Connection,
    error::StoreError,
    messages,
    row::Row,
    statement::{Each, query},
    timeline,
};

/// What [`read`] reads, of a row of `orders`.
pub(super) fn columns() -> Each<String> {
    let columns = |timeline, messages| {
        format!(
            "body, timeline_seq, {timeline} AS timeline, {messages} AS messages,
             (SELECT next_seq - 1 FROM relay_lease WHERE id = 1) AS sequence"
        )
    };
    let (timeline, messages) = (timeline::OF_ORDER, messages::OF_ORDER);
    Each { sqlite: columns(timeline.sqlite, messages.sqlite), postgres: columns(timeline.postgres, messages.postgres) }
}

/// Reads [`columns`].
pub(super) fn read(row: &Row) -> Result<StoredDetails, StoreError> {
    Ok(StoredDetails {
        order: serde_json::from_str(row.text("body")?)?,
        timeline: timeline::read(row.text("timeline")?)?,
        messages: messages::read(row.text("messages")?)?,
        version: row.small("timeline_seq")?,
        sequence: row.count("sequence")?,
    })
}

/// One order, deleted or not, with timeline, messages and the last publish number that this reflects.
pub(super) async fn of_order(connection: &mut Connection<'_>, ttn: &Ttn) -> Result<Option<StoredDetails>, StoreError> {
    static SQL: LazyLock<Each<String>> =
        LazyLock::new(|| columns().map(|columns| format!("SELECT {columns} FROM orders WHERE ttn = $1")));
    let row = query(SQL.borrowed()).bind(ttn).optional(connection).await?;
    row.as_ref().map(read).transpose()
}
