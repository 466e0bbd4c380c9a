//! Table `order_events`: the timeline of every order. Lines are only added.

use postoffice_domain::{
    clock::Timestamp,
    people::{Actor, BranchId, EmployeeId},
    ttn::Ttn,
};
use postoffice_protocol::orders::{Doer, Fact, TimelineEntry};
use sqlx::{Row, SqliteConnection, SqliteExecutor, sqlite::SqliteRow};

use super::error::StoreError;

/// A line to add.
pub(super) struct Line {
    pub ttn: Ttn,
    pub seq: u32,
    pub at: Timestamp,
    pub by: Option<(EmployeeId, Doer)>,
    pub fact: Fact,
}

impl Line {
    /// A line about what an employee did.
    pub(super) fn of_employee(ttn: Ttn, seq: u32, at: Timestamp, actor: &Actor, fact: Fact) -> Self {
        let doer = Doer { name: actor.name.clone(), branch: actor.branch.clone(), station: actor.station.clone() };
        Self { ttn, seq, at, by: Some((actor.employee, doer)), fact }
    }
}

/// Adds lines.
pub(super) async fn insert(connection: &mut SqliteConnection, lines: &[Line]) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let rows = lines
        .iter()
        .map(|line| {
            let (employee, doer) = line.by.as_ref().map_or((None, None), |(id, doer)| (Some(id), Some(doer)));
            Ok((
                line.ttn,
                line.seq,
                line.at,
                employee,
                doer.map(|doer| &doer.name),
                doer.map(|doer| &doer.branch),
                doer.map(|doer| &doer.station),
                serde_json::to_string(&line.fact)?,
            ))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query(
        "INSERT INTO order_events (ttn, seq, at, by_employee, by_name, by_branch, by_station, fact)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
         FROM json_each(?1)",
    )
    .bind(serde_json::to_string(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// The timeline of an order, newest first.
pub(super) async fn of_order(executor: impl SqliteExecutor<'_>, ttn: &Ttn) -> Result<Vec<TimelineEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, at, by_name, by_branch, by_station, fact FROM order_events WHERE ttn = ?1 ORDER BY seq DESC",
    )
    .bind(ttn.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &SqliteRow) -> Result<TimelineEntry, StoreError> {
    let name: Option<String> = row.try_get("by_name")?;
    let by = match name {
        Some(name) => {
            Some(Doer { name, branch: BranchId(row.try_get("by_branch")?), station: row.try_get("by_station")? })
        }
        None => None,
    };
    Ok(TimelineEntry {
        seq: row.try_get("seq")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        by,
        fact: serde_json::from_str(row.try_get("fact")?)?,
    })
}
