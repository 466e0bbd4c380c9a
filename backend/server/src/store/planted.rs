//! Bugs that fault suites plant in the store (`postoffice_runtime::planted!`) and that take more than a condition.

use sqlx::SqliteConnection;

/// Raises the counter of publish numbers in a transaction of its own, before that in which they are given.
pub(super) async fn raise_counter_alone(connection: &mut SqliteConnection, limit: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE relay_lease SET next_seq = next_seq + min(?1, (SELECT count(*) FROM integration_events
         WHERE status = 'in_progress' AND publish_seq IS NULL)) WHERE id = 1",
    )
    .bind(limit)
    .execute(&mut *connection)
    .await?;
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    sqlx::query("BEGIN IMMEDIATE").execute(connection).await?;
    Ok(())
}
