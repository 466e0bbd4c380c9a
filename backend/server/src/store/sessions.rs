//! Table `sessions`: one row per sign-in on a desktop.

use postoffice_domain::{
    clock::Timestamp,
    language::Language,
    people::{Branch, BranchId, EmployeeId, Role},
};
use postoffice_protocol::session::SessionId;
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::{
    accounts,
    error::{StoreError, unexpected},
    hex::hex,
    messages::{from_word, word},
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
pub(super) async fn begin(connection: &mut SqliteConnection, session: &SessionRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, employee, branch, station, language, created_at, last_seen_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)",
    )
    .bind(session.id.to_string())
    .bind(hex(&session.token_hash))
    .bind(session.employee.0.to_string())
    .bind(&session.branch.0)
    .bind(&session.station)
    .bind(word(&session.language)?)
    .bind(session.created_at.millis())
    .bind(session.expires_at.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// The session of a token, if it has not ended, not expired at `now`, and its employee is not disabled.
pub(super) async fn by_token(
    pool: &SqlitePool,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let row = sqlx::query(
        "SELECT s.id, s.employee, s.branch, s.station, s.last_seen_at, s.expires_at, e.name, e.role
         FROM sessions s JOIN employees e ON e.id = s.employee
         WHERE s.token_hash = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2 AND e.disabled_at IS NULL",
    )
    .bind(hex(token_hash))
    .bind(now.millis())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let branch_id = BranchId(row.try_get("branch")?);
    let branch =
        accounts::branch_by_id(pool, &branch_id).await?.ok_or_else(|| unexpected("session without its branch"))?;
    let uuid =
        |column| -> Result<Uuid, StoreError> { row.try_get::<&str, _>(column)?.parse().map_err(|_| unexpected("id")) };
    Ok(Some(LiveSession {
        id: SessionId(uuid("id")?),
        employee: EmployeeId(uuid("employee")?),
        name: row.try_get("name")?,
        role: from_word(row.try_get("role")?)?,
        branch,
        station: row.try_get("station")?,
        last_seen_at: Timestamp::from_millis(row.try_get("last_seen_at")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
    }))
}

/// Notes that a session was used.
pub(super) async fn touch(connection: &mut SqliteConnection, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(now.millis())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends a session.
pub(super) async fn end(connection: &mut SqliteConnection, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(now.millis())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends every session of an employee.
pub(super) async fn end_all_of(
    connection: &mut SqliteConnection,
    employee: EmployeeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET ended_at = ?2 WHERE employee = ?1 AND ended_at IS NULL")
        .bind(employee.0.to_string())
        .bind(now.millis())
        .execute(connection)
        .await?;
    Ok(())
}

/// Which of these sessions live no more: ended, expired at `now`, or their employee was disabled.
pub(super) async fn ended(pool: &SqlitePool, ids: &[SessionId], now: Timestamp) -> Result<Vec<SessionId>, StoreError> {
    let rows = sqlx::query(
        "SELECT asked.value FROM json_each(?1) AS asked
         WHERE NOT EXISTS (SELECT 1 FROM sessions s JOIN employees e ON e.id = s.employee
                           WHERE s.id = asked.value AND s.ended_at IS NULL AND s.expires_at > ?2 AND e.disabled_at IS NULL)",
    )
    .bind(serde_json::to_string(ids)?)
    .bind(now.millis())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| row.try_get::<&str, _>(0)?.parse().map(SessionId).map_err(|_| unexpected("session id")))
        .collect()
}
