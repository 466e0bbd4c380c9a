//! Every table of an office with its columns, in an order in which they can be filled. A test compares this with both schemas.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// Yes or no: 0 or 1 on SQLite, a boolean on PostgreSQL.
    Flag,
}

use Kind::{Flag, Number, Text};

/// A table.
pub(super) struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    /// How many of the first columns say which row it is.
    pub key: usize,
}

/// The column of PostgreSQL that SQLite has without being asked.
pub(super) const POSITION: &str = "position";

/// Tables whose numbers PostgreSQL makes by itself, with the column.
pub(super) const NUMBERED: [(&str, &str); 3] =
    [("integration_events", POSITION), ("audit", "number"), ("orders", "number")];

pub(super) const TABLES: &[Table] = &[
    Table { name: "office", key: 1, columns: &[("id", Number), ("name", Text), ("setup_code_hash", Text)] },
    Table { name: "branches", key: 1, columns: &[("id", Text), ("name", Text), ("city", Text), ("street", Text)] },
    Table {
        name: "employees",
        key: 1,
        columns: &[
            ("id", Text),
            ("login", Text),
            ("name", Text),
            ("role", Text),
            ("branch", Text),
            ("password_hash", Text),
            ("created_at", Number),
            ("disabled_at", Number),
        ],
    },
    Table {
        name: "sessions",
        key: 1,
        columns: &[
            ("id", Text),
            ("token_hash", Text),
            ("employee", Text),
            ("branch", Text),
            ("station", Text),
            ("language", Text),
            ("created_at", Number),
            ("last_seen_at", Number),
            ("expires_at", Number),
            ("ended_at", Number),
        ],
    },
    Table {
        name: "orders",
        key: 1,
        columns: &[
            ("ttn", Text),
            ("body", Text),
            ("status", Number),
            ("description", Text),
            ("description_key", Text),
            ("city", Text),
            ("street", Text),
            ("location_key", Text),
            ("recipient_city", Text),
            ("branch", Text),
            ("station", Text),
            ("registered_at", Number),
            ("updated_at", Number),
            ("deleted_at", Number),
            ("sms_state", Number),
            ("sms_told", Flag),
            ("timeline_seq", Number),
            ("event_seq", Number),
            ("fence", Number),
            ("fence_session", Text),
            ("search_text", Text),
            ("number", Number),
        ],
    },
    Table {
        name: "order_events",
        key: 2,
        columns: &[
            ("ttn", Text),
            ("seq", Number),
            ("at", Number),
            ("by_employee", Text),
            ("by_name", Text),
            ("by_branch", Text),
            ("by_station", Text),
            ("fact", Text),
        ],
    },
    Table {
        name: "commands",
        key: 1,
        columns: &[("command_id", Text), ("digest", Text), ("answer", Text), ("at", Number)],
    },
    Table {
        name: "integration_events",
        key: 1,
        columns: &[
            (POSITION, Number),
            ("event_id", Text),
            ("ttn", Text),
            ("seq", Number),
            ("kind", Text),
            ("payload", Text),
            ("needs_outcome", Flag),
            ("status", Text),
            ("publish_seq", Number),
            ("attempts", Number),
            ("republished", Number),
            ("last_error", Text),
            ("created_at", Number),
            ("published_at", Number),
            ("confirmed_at", Number),
        ],
    },
    Table {
        name: "earlier_numbers",
        key: 1,
        columns: &[("publish_seq", Number), ("event_id", Text), ("is_first", Flag)],
    },
    Table {
        name: "relay_lease",
        key: 1,
        columns: &[("id", Number), ("holder", Text), ("until", Number), ("next_seq", Number)],
    },
    Table {
        name: "messages",
        key: 1,
        columns: &[
            ("event_id", Text),
            ("ttn", Text),
            ("notice", Text),
            ("phone", Text),
            ("language", Text),
            ("state", Number),
            ("reason", Text),
            ("text", Text),
            ("segments", Number),
            ("attempts", Number),
            ("queued_at", Number),
            ("accepted_at", Number),
            ("finished_at", Number),
            ("request_id", Text),
            ("expires_at", Number),
            ("next_attempt_at", Number),
            ("replaces", Text),
            ("replaced_by", Text),
            ("told_at", Number),
            ("told_by", Text),
        ],
    },
    Table {
        name: "message_attempts",
        key: 3,
        columns: &[
            ("event_id", Text),
            ("attempt", Number),
            ("state", Number),
            ("at", Number),
            ("reason", Text),
            ("next_at", Number),
        ],
    },
    Table {
        name: "sms_templates",
        key: 2,
        columns: &[("notice", Text), ("language", Text), ("text", Text), ("changed_at", Number), ("changed_by", Text)],
    },
    Table {
        name: "audit",
        key: 1,
        columns: &[
            ("number", Number),
            ("at", Number),
            ("employee", Text),
            ("name", Text),
            ("branch", Text),
            ("station", Text),
            ("action", Text),
            ("ttn", Text),
            ("detail", Text),
            ("request_id", Text),
        ],
    },
];

impl Table {
    /// Every row in the order of its key, as SQLite reads it.
    pub fn rows_of_sqlite(&self) -> String {
        let columns = self.list(|column, _| if column == POSITION { "rowid".to_owned() } else { column.to_owned() });
        let key: Vec<&str> =
            self.key().iter().map(|(column, _)| if *column == POSITION { "rowid" } else { column }).collect();
        format!("SELECT {columns} FROM {} ORDER BY {}", self.name, key.join(", "))
    }

    /// The same, as PostgreSQL reads it.
    pub fn rows_of_postgres(&self) -> String {
        let columns = self.list(|column, kind| match kind {
            Text => column.to_owned(),
            Number => format!("{column}::bigint"),
            Flag => format!("{column}::integer::bigint"),
        });
        let key: Vec<String> = self
            .key()
            .iter()
            .map(|(column, kind)| match kind {
                Text => format!("{column} COLLATE \"C\""),
                Number | Flag => (*column).to_owned(),
            })
            .collect();
        format!("SELECT {columns} FROM {} ORDER BY {}", self.name, key.join(", "))
    }

    /// Adds rows, which come as one JSON array of arrays.
    pub fn insert_on_postgres(&self) -> String {
        let columns = self.list(|column, _| column.to_owned());
        let mut place = 0;
        let values = self.list(|_, kind| {
            let value = format!("value ->> {place}");
            place += 1;
            match kind {
                Text => value,
                Number => format!("({value})::bigint"),
                Flag => format!("({value})::boolean"),
            }
        });
        format!("INSERT INTO {} ({columns}) SELECT {values} FROM jsonb_array_elements($1::jsonb)", self.name)
    }

    fn key(&self) -> &[(&'static str, Kind)] {
        self.columns.get(..self.key).unwrap_or_default()
    }

    fn list(&self, mut write: impl FnMut(&str, Kind) -> String) -> String {
        self.columns.iter().map(|(column, kind)| write(column, *kind)).collect::<Vec<_>>().join(", ")
    }
}
