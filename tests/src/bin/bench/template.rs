//! The rows that one registration writes, copied from a real one, so that every writer writes the same bytes.

use rusqlite::{Connection, types::Value};

/// Tables of one registration, and which of their columns must differ from order to order.
const TABLES: [(&str, &[&str]); 5] = [
    ("orders", &["ttn"]),
    ("order_events", &["ttn"]),
    ("integration_events", &["event_id", "ttn"]),
    ("messages", &["event_id", "ttn"]),
    ("commands", &["command_id"]),
];

/// A statement and the values of one order for it.
pub struct Row {
    /// `INSERT INTO … VALUES (?, …)`.
    pub insert: String,
    values: Vec<Value>,
    /// Positions of the values that make an order this order.
    keys: Vec<usize>,
}

impl Row {
    /// The values of order `number`.
    pub fn values(&self, number: u64) -> Vec<Value> {
        let mut values = self.values.clone();
        for position in &self.keys {
            values[*position] = Value::Text(format!("{:016}", 9_000_000_000_000_000 + number));
        }
        values
    }
}

/// Reads the rows of one registered order of a database.
///
/// # Panics
/// There is none.
pub fn read(database: &Connection) -> Vec<Row> {
    let first = "SELECT ttn, event_id FROM integration_events WHERE kind LIKE '%registered%' OR seq = 1 LIMIT 1";
    let (ttn, event_id): (String, String) =
        database.query_row(first, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("an order is registered");
    TABLES.iter().map(|(table, keys)| row(database, table, keys, &ttn, &event_id)).collect()
}

fn row(database: &Connection, table: &str, keys: &[&str], ttn: &str, event_id: &str) -> Row {
    let which = match table {
        "commands" => "1 OR ?1 = ?2",
        "messages" | "integration_events" => "event_id = ?2 AND ttn = ?1",
        _ => "ttn = ?1 AND ?2 <> ''",
    };
    let mut select =
        database.prepare(&format!("SELECT * FROM {table} WHERE {which} LIMIT 1")).expect("the table is there");
    let columns: Vec<String> = select.column_names().into_iter().map(ToOwned::to_owned).collect();
    let mut values: Vec<Value> = select
        .query_row([ttn, event_id], |row| (0..columns.len()).map(|position| row.get(position)).collect())
        .expect("one row of each");
    let position = |name: &str| columns.iter().position(|column| column == name);
    // As it is in the moment of the commit: nothing published yet.
    for (name, value) in [("status", "in_progress"), ("publish_seq", ""), ("confirmed_at", ""), ("published_at", "")] {
        if table == "integration_events"
            && let Some(at) = position(name)
        {
            values[at] = if value.is_empty() { Value::Null } else { Value::Text(value.to_owned()) };
        }
    }
    let marks = vec!["?"; columns.len()].join(", ");
    Row {
        insert: format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", ")),
        keys: keys.iter().filter_map(|key| position(key)).collect(),
        values,
    }
}
