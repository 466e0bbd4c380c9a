//! Bugs that fault suites plant in the store (`postoffice_runtime::planted!`) and that take more than a condition.

use postoffice_domain::entropy::{Entropy, uuid_v7_at};
use postoffice_protocol::orders::CommandId;

use super::{
    connection::Connection,
    error::StoreError,
    group::Group,
    statement::{Each, query},
};

/// Raises the counter of publish numbers in a transaction of its own, before that in which they are given.
pub(super) async fn raise_counter_alone(connection: &mut Connection<'_>, limit: i64) -> Result<(), StoreError> {
    query(
        "UPDATE relay_lease SET next_seq = next_seq + (SELECT count(*) FROM (SELECT 1 FROM integration_events
         WHERE status = 'in_progress' AND publish_seq IS NULL LIMIT $1) AS fresh) WHERE id = 1",
    )
    .bind(limit)
    .run(connection)
    .await?;
    query("COMMIT").run(connection).await?;
    query(Each { sqlite: "BEGIN IMMEDIATE", postgres: "BEGIN" }).run(connection).await?;
    // As the group had begun this step.
    query("SAVEPOINT step").run(connection).await?;
    Ok(())
}

/// Makes commands of a group look as if nobody had sent them before.
pub(super) fn ask_as_new(group: &mut Group, entropy: &dyn Entropy) {
    for work in &mut group.works {
        work.command_id = CommandId(uuid_v7_at(work.now, entropy));
    }
}
