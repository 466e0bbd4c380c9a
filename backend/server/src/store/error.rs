//! What can go wrong with the store, as codes.

use postoffice_protocol::problem::{Problem, ProblemCode};
use sqlx::postgres::PgDatabaseError;

/// Why the store did not do what was asked. Nothing was written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The database is locked, read-only, too busy, or its writer has stopped.
    #[error("the database cannot be written or read now: {0}")]
    Unavailable(String),
    /// The file is damaged, not a database, or holds what the code did not write.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
    /// The operating system could not keep the data. The process must end and recover: what a failed fsync leaves in memory is a lie.
    #[error("the disk failed: {0}")]
    Io(String),
    /// The connection to the database broke.
    #[error("the connection to the database broke: {0}")]
    Lost(String),
    /// Another server wrote the same at the same time. The store tries again by itself; told when it did not help.
    #[error("other servers were writing the same: {0}")]
    Contended(String),
    /// The question was wrong (a cursor of another list).
    #[error("{0}")]
    BadQuestion(String),
    /// Something with that name is there already.
    #[error("{0} is taken")]
    Taken(&'static str),
}

impl StoreError {
    /// What the clerk's desktop is told.
    pub fn to_problem(&self) -> Problem {
        let code = match self {
            Self::Full(_) => ProblemCode::StorageFull,
            Self::Unavailable(_) | Self::Io(_) | Self::Lost(_) | Self::Contended(_) => ProblemCode::StorageUnavailable,
            Self::Corrupt(_) => ProblemCode::Internal,
            Self::BadQuestion(_) | Self::Taken(_) => ProblemCode::BadRequest,
        };
        Problem::new(code, self.to_string())
    }
}

impl StoreError {
    /// Whether only this write cannot be, and its neighbours in the transaction can.
    pub(super) const fn is_of_one(&self) -> bool {
        matches!(self, Self::Corrupt(_) | Self::BadQuestion(_) | Self::Taken(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        if let Some(refused) = error.as_database_error() {
            return match refused.try_downcast_ref::<PgDatabaseError>() {
                Some(refused) => of_postgres(refused, text),
                None => of_sqlite(refused.code().and_then(|code| code.parse().ok()), text),
            };
        }
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt(text)
            }
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Self::Lost(text),
            _ => Self::Unavailable(text),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(refused) => of_sqlite(Some(refused.extended_code), error.to_string()),
            None => Self::Corrupt(error.to_string()),
        }
    }
}

/// Primary result codes of SQLite: <https://www.sqlite.org/rescode.html>
fn of_sqlite(code: Option<i32>, text: String) -> StoreError {
    match code.map(|code| code & 0xff) {
        Some(13) => StoreError::Full(text),
        Some(10) => StoreError::Io(text),
        Some(5 | 6 | 8 | 14) | None => StoreError::Unavailable(text),
        // 11 and 26: damaged, not a database. The others our statements cannot cause.
        Some(_) => StoreError::Corrupt(text),
    }
}

/// Keys that two servers may come upon at the same moment: the same command sent to both, the same number drawn by both.
const DRAWN_OR_SENT: [&str; 2] = ["commands_pkey", "orders_pkey"];

/// Codes of PostgreSQL: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_postgres(refused: &PgDatabaseError, text: String) -> StoreError {
    match (refused.code(), &refused.code()[..2]) {
        ("53100", _) => StoreError::Full(text),
        // Serialisation failure, deadlock.
        ("40001" | "40P01", _) => StoreError::Contended(text),
        ("23505", _) if refused.constraint().is_some_and(|key| DRAWN_OR_SENT.contains(&key)) => {
            StoreError::Contended(text)
        }
        // The server ended us, is starting or stopping; the connection is gone.
        ("57P01" | "57P02" | "57P03" | "57P05" | "25P03", _) | (_, "08") => StoreError::Lost(text),
        // Read-only after a failover, canceled by its time limit, locked too long, no resources, not let in, the disk.
        ("25006" | "57014" | "55P03", _) | (_, "53" | "28" | "3D" | "58") => StoreError::Unavailable(text),
        // Damaged or not ours: constraints, types, rights.
        _ => StoreError::Corrupt(text),
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        // serde's text may quote content; the place is enough.
        Self::Corrupt(format!("stored JSON cannot be read (line {} column {})", error.line(), error.column()))
    }
}

/// A stored value that our own code cannot have written.
pub(super) fn unexpected(what: &'static str) -> StoreError {
    StoreError::Corrupt(format!("unexpected {what}"))
}
