//! Table `audit`: what was done with a power that others do not have. Lines are only added; the table itself refuses anything else.

use postoffice_domain::{clock::Timestamp, people::Actor, ttn::Ttn};

use super::{connection::Connection, error::StoreError, statement::query, together::Together};

/// A lock was taken from its holder.
pub(super) const LOCK_TAKEN_OVER: &str = "lock_taken_over";
/// A dead event was published again.
pub(super) const OUTBOX_RESENT: &str = "outbox_resent";
/// A dead event was given up for good.
pub(super) const OUTBOX_DROPPED: &str = "outbox_dropped";
/// The text of an SMS was changed.
pub(super) const TEMPLATE_CHANGED: &str = "sms_template_changed";
/// The text of an SMS went back to its default.
pub(super) const TEMPLATE_RESET: &str = "sms_template_reset";

/// A line of the audit, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who, with branch and station.
    pub by: String,
    /// What.
    pub action: String,
    /// The order it was about.
    pub ttn: Option<String>,
    /// The details as JSON.
    pub detail: String,
    /// The id in all logs.
    pub request_id: String,
}

/// A line to add.
pub(super) struct NewLine<'a> {
    pub at: Timestamp,
    pub actor: &'a Actor,
    pub action: &'static str,
    pub ttn: Option<Ttn>,
    pub detail: String,
    pub request_id: &'a str,
}

/// Adds a line.
pub(super) async fn insert(writes: &mut Together<'_, '_>, line: NewLine<'_>) -> Result<(), StoreError> {
    let insert = query(
        "INSERT INTO audit (at, employee, name, branch, station, action, ttn, detail, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(line.at)
    .bind(line.actor.employee.0)
    .bind(&line.actor.name)
    .bind(&line.actor.branch.0)
    .bind(&line.actor.station)
    .bind(line.action)
    .bind(line.ttn.map(|ttn| ttn.to_string()))
    .bind(line.detail)
    .bind(line.request_id);
    writes.add(insert).await
}

/// The last `limit` lines, oldest first.
pub(super) async fn last(connection: &mut Connection<'_>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
    let rows = query(
        "SELECT * FROM (SELECT number, at, name || ', ' || branch || ', ' || station AS by, action, ttn, detail, request_id FROM audit
                        ORDER BY number DESC LIMIT $1) AS latest ORDER BY number",
    )
    .bind(limit)
    .all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditLine {
                at: row.at("at")?,
                by: row.string("by")?,
                action: row.string("action")?,
                ttn: row.maybe_text("ttn")?.map(str::to_owned),
                detail: row.string("detail")?,
                request_id: row.string("request_id")?,
            })
        })
        .collect()
}
