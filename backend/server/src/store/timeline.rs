//! Table `order_events`: the timeline of every order. Lines are only added.

use postoffice_domain::{
    clock::Timestamp,
    people::{Actor, BranchId, EmployeeId},
    ttn::Ttn,
};
use postoffice_protocol::orders::{Doer, Fact, TimelineEntry};

use super::{
    error::{StoreError, unexpected},
    statement::{Each, query},
    together::Together,
};

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
pub(super) async fn insert(writes: &mut Together<'_, '_>, lines: &[Line]) -> Result<(), StoreError> {
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
    let insert = query(Each {
        sqlite: "INSERT INTO order_events (ttn, seq, at, by_employee, by_name, by_branch, by_station, fact)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
         FROM json_each($1)",
        postgres: "INSERT INTO order_events (ttn, seq, at, by_employee, by_name, by_branch, by_station, fact)
         SELECT value ->> 0, (value ->> 1)::integer, (value ->> 2)::bigint, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
         FROM jsonb_array_elements($1::jsonb)",
    });
    writes.add(insert.bind(serde_json::to_string(&rows)?)).await
}

/// The timeline of a row of `orders`, as one JSON array for [`read`]: one value, so that it comes in one row with the rest.
pub(super) const OF_ORDER: Each<&str> = Each {
    sqlite: "(SELECT json_group_array(json_array(seq, at, by_name, by_branch, by_station, json(fact)))
     FROM order_events WHERE order_events.ttn = orders.ttn)",
    postgres:
        "(SELECT coalesce(json_agg(json_build_array(seq, at, by_name, by_branch, by_station, fact::json)), '[]')::text
     FROM order_events WHERE order_events.ttn = orders.ttn)",
};

/// Reads [`OF_ORDER`]; newest first.
pub(super) fn read(json: &str) -> Result<Vec<TimelineEntry>, StoreError> {
    type Columns = (u32, Timestamp, Option<String>, Option<BranchId>, Option<String>, Fact);
    let rows: Vec<Columns> = serde_json::from_str(json)?;
    let entry = |(seq, at, name, branch, station, fact)| {
        let by = match (name, branch, station) {
            (Some(name), Some(branch), Some(station)) => Some(Doer { name, branch, station }),
            (None, None, None) => None,
            _ => return Err(unexpected("half a doer")),
        };
        Ok(TimelineEntry { seq, at, by, fact })
    };
    let mut entries = rows.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.seq));
    Ok(entries)
}
