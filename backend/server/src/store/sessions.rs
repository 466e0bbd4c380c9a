//! Table `sessions`: one row per sign-in on a desktop.

use postoffice_domain::{
    clock::Timestamp,
    language::Language,
    people::{Branch, BranchId, EmployeeId, Role},
};
use postoffice_protocol::session::SessionId;
use uuid::Uuid;

use super::{
    accounts,
    connection::Connection,
    error::{StoreError, unexpected},
    hex::hex,
    messages::{from_word, word},
    statement::{Each, list, query},
};

/// A session to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Id.
    pub id: SessionId,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Who.
    pub employee: EmployeeId,
    /// Where.
    pub branch: BranchId,
    /// At which workstation.
    pub station: String,
    /// In which language.
    pub language: Language,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// A session that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Id.
    pub id: SessionId,
    /// Who.
    pub employee: EmployeeId,
    /// Full name of who.
    pub name: String,
    /// Role of who, as it is now.
    pub role: Role,
    /// Where.
    pub branch: Branch,
    /// At which workstation.
    pub station: String,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// Begins a session.
pub(super) async fn begin(connection: &mut Connection<'_>, session: &SessionRecord) -> Result<(), StoreError> {
    query(
        "INSERT INTO sessions (id, token_hash, employee, branch, station, language, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(session.id)
    .bind(hex(&session.token_hash))
    .bind(session.employee.0)
    .bind(&session.branch.0)
    .bind(&session.station)
    .bind(word(&session.language)?)
    .bind(session.created_at)
    .bind(session.expires_at)
    .run(connection)
    .await?;
    Ok(())
}

/// The session of a token, if it has not ended, not expired at `now`, and its employee is not disabled.
pub(super) async fn by_token(
    connection: &mut Connection<'_>,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let row = query(
        "SELECT s.id, s.employee, s.branch, s.station, s.last_seen_at, s.expires_at, e.name, e.role
         FROM sessions s JOIN employees e ON e.id = s.employee
         WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND e.disabled_at IS NULL",
    )
    .bind(hex(token_hash))
    .bind(now)
    .optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let branch_id = BranchId(row.string("branch")?);
    let branch = accounts::branch_by_id(connection, &branch_id)
        .await?
        .ok_or_else(|| unexpected("session without its branch"))?;
    let uuid = |column| -> Result<Uuid, StoreError> { row.text(column)?.parse().map_err(|_| unexpected("id")) };
    Ok(Some(LiveSession {
        id: SessionId(uuid("id")?),
        employee: EmployeeId(uuid("employee")?),
        name: row.string("name")?,
        role: from_word(row.text("role")?)?,
        branch,
        station: row.string("station")?,
        last_seen_at: row.at("last_seen_at")?,
        expires_at: row.at("expires_at")?,
    }))
}

/// Notes that a session was used.
pub(super) async fn touch(connection: &mut Connection<'_>, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(now)
        .run(connection)
        .await?;
    Ok(())
}

/// Ends a session.
pub(super) async fn end(connection: &mut Connection<'_>, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    query("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(now)
        .run(connection)
        .await?;
    Ok(())
}

/// Ends every session of an employee.
pub(super) async fn end_all_of(
    connection: &mut Connection<'_>,
    employee: EmployeeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE sessions SET ended_at = $2 WHERE employee = $1 AND ended_at IS NULL")
        .bind(employee.0)
        .bind(now)
        .run(connection)
        .await?;
    Ok(())
}

/// The session of an id, if it lives.
macro_rules! living {
    ($id:literal) => {
        concat!(
            "(SELECT 1 FROM sessions s JOIN employees e ON e.id = s.employee
              WHERE s.id = ",
            $id,
            " AND s.ended_at IS NULL AND s.expires_at > $2 AND e.disabled_at IS NULL)"
        )
    };
}

/// Which of these sessions live no more: ended, expired at `now`, or their employee was disabled.
pub(super) async fn ended(
    connection: &mut Connection<'_>,
    ids: &[SessionId],
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let rows = query(Each {
        sqlite: concat!("SELECT asked.value FROM json_each($1) AS asked WHERE NOT EXISTS ", living!("asked.value")),
        postgres: concat!("SELECT asked.id FROM unnest($1) AS asked(id) WHERE NOT EXISTS ", living!("asked.id")),
    })
    .bind(list(ids))
    .bind(now)
    .all(connection)
    .await?;
    rows.iter().map(|row| row.text(0)?.parse().map(SessionId).map_err(|_| unexpected("session id"))).collect()
}
