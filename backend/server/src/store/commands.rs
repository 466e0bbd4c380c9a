//! Table `commands`: the outcome of every command, so that a repeated one gets its answer and no second effect.

use std::collections::HashMap;

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::orders::CommandId;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::{error::StoreError, work::StoredAnswer};

/// A command that was there before.
pub(super) struct KnownCommand {
    pub digest: String,
    pub answer: StoredAnswer,
}

/// A command to remember.
pub(super) struct NewCommand {
    pub command_id: CommandId,
    pub digest: String,
    pub answer: StoredAnswer,
    pub at: Timestamp,
}

/// Which of `ids` are known.
pub(super) async fn known(
    connection: &mut SqliteConnection,
    ids: impl Iterator<Item = CommandId>,
) -> Result<HashMap<CommandId, KnownCommand>, StoreError> {
    let ids = serde_json::to_string(&ids.collect::<Vec<_>>())?;
    let rows = sqlx::query(
        "SELECT command_id, digest, answer FROM commands WHERE command_id IN (SELECT value FROM json_each(?1))",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let id: Uuid = row.try_get::<&str, _>(0)?.parse().map_err(|_| super::error::unexpected("command id"))?;
            let answer = serde_json::from_str(row.try_get::<&str, _>(2)?)?;
            Ok((CommandId(id), KnownCommand { digest: row.try_get(1)?, answer }))
        })
        .collect()
}

/// Remembers commands with their answers.
pub(super) async fn insert(connection: &mut SqliteConnection, commands: &[NewCommand]) -> Result<(), StoreError> {
    if commands.is_empty() {
        return Ok(());
    }
    let rows = commands
        .iter()
        .map(|command| Ok((command.command_id, &command.digest, serde_json::to_string(&command.answer)?, command.at)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query(
        "INSERT INTO commands (command_id, digest, answer, at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)",
    )
    .bind(serde_json::to_string(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}
