//! The rows that a registration writes, read back from the server's own database, so that the loops write the very same bytes.

use std::path::Path;

use rusqlite::{Connection, types::Value};

/// The five statements of a registration, in the order of an order's `Row`s, and where their values stand.
///
/// In the order of the commits: TTNs are drawn at random, and so they must come to the indexes.
pub const TABLES: [(&str, &str); 5] = [
    (
        "INSERT INTO orders (ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch, station,
                             registered_at, updated_at, sms_state, timeline_seq, event_seq, search_text)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "SELECT o.ttn, body, o.status, description, description_key, city, street, location_key, recipient_city, branch, station,
                registered_at, updated_at, sms_state, timeline_seq, event_seq, search_text
         FROM integration_events AS e JOIN orders AS o USING (ttn) ORDER BY e.rowid LIMIT ?1",
    ),
    (
        "INSERT INTO order_events (ttn, seq, at, by_employee, by_name, by_branch, by_station, fact) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        "SELECT t.ttn, t.seq, at, by_employee, by_name, by_branch, by_station, fact
         FROM integration_events AS e JOIN order_events AS t USING (ttn, seq) ORDER BY e.rowid LIMIT ?1",
    ),
    (
        "INSERT INTO integration_events (event_id, ttn, seq, kind, payload, needs_outcome, status, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        "SELECT event_id, ttn, seq, kind, payload, needs_outcome, 'in_progress', created_at
         FROM integration_events ORDER BY rowid LIMIT ?1",
    ),
    (
        "INSERT INTO messages (event_id, ttn, notice, phone, language, state, queued_at, request_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        "SELECT event_id, m.ttn, notice, phone, language, state, queued_at, request_id
         FROM integration_events AS e JOIN messages AS m USING (event_id) ORDER BY e.rowid LIMIT ?1",
    ),
    (
        "INSERT INTO commands (command_id, digest, answer, at) VALUES (?, ?, ?, ?)",
        // As many as there are orders; which of them belongs to which makes no difference to the engine.
        "SELECT command_id, digest, answer, at FROM commands LIMIT ?1",
    ),
];

/// What one registration writes: a row for each of [`TABLES`].
pub type OrderRows = [Vec<Value>; 5];

/// The rows of at most `limit` orders of a database in which nothing happened but registrations.
///
/// # Panics
/// It cannot be read.
pub fn read(path: &Path, limit: usize) -> Vec<OrderRows> {
    let database = Connection::open(path).expect("the database opens");
    let mut tables = TABLES.map(|(_, select)| table(&database, select, limit).into_iter());
    let mut orders = Vec::new();
    while let [Some(order), Some(line), Some(event), Some(message), Some(command)] =
        tables.each_mut().map(Iterator::next)
    {
        orders.push([order, line, event, message, command]);
    }
    orders
}

fn table(database: &Connection, select: &str, limit: usize) -> Vec<Vec<Value>> {
    let mut statement = database.prepare(select).expect("the table is there");
    let columns = statement.column_count();
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        (0..columns).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()
    });
    rows.expect("the table can be read").map(|row| row.expect("a row can be read")).collect()
}
