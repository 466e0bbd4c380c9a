//! Table `commands`: the outcome of every command, so that a repeated one gets its answer and no second effect.

use std::collections::HashMap;

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::orders::CommandId;
use uuid::Uuid;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    statement::{Each, among, list, query},
    together::Together,
    work::StoredAnswer,
};

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
    connection: &mut Connection<'_>,
    ids: impl Iterator<Item = CommandId>,
) -> Result<HashMap<CommandId, KnownCommand>, StoreError> {
    let rows = query(among!("SELECT command_id, digest, answer FROM commands WHERE ", "command_id" in "$1", ""))
        .bind(list(ids.map(|id| id.0)))
        .all(connection)
        .await?;
    rows.iter().map(|row| read(row.text(0)?, row.text(1)?, row.text(2)?)).collect()
}

/// A row of the table: id, digest and answer.
pub(super) fn read(id: &str, digest: &str, answer: &str) -> Result<(CommandId, KnownCommand), StoreError> {
    let id: Uuid = id.parse().map_err(|_| unexpected("command id"))?;
    Ok((CommandId(id), KnownCommand { digest: digest.to_owned(), answer: serde_json::from_str(answer)? }))
}

/// Remembers commands with their answers.
pub(super) async fn insert(writes: &mut Together<'_, '_>, commands: &[NewCommand]) -> Result<(), StoreError> {
    if commands.is_empty() {
        return Ok(());
    }
    let rows = commands
        .iter()
        .map(|command| Ok((command.command_id, &command.digest, serde_json::to_string(&command.answer)?, command.at)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let insert = query(Each {
        sqlite: "INSERT INTO commands (command_id, digest, answer, at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)",
        postgres: "INSERT INTO commands (command_id, digest, answer, at)
             SELECT value ->> 0, value ->> 1, value ->> 2, (value ->> 3)::bigint FROM jsonb_array_elements($1::jsonb)",
    });
    writes.add(insert.bind(serde_json::to_string(&rows)?)).await
}
