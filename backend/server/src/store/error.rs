//! What can go wrong with the store, as codes.

use postoffice_protocol::problem::{Problem, ProblemCode};

/// Why the store did not do what was asked. Nothing was written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The database is locked, read-only, or its writer has stopped.
    #[error("the database cannot be written or read now: {0}")]
    Unavailable(String),
    /// The file is damaged, not a database, or holds what the code did not write.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
    /// The operating system could not keep the data. The process must end and recover: what a failed fsync leaves in memory is a lie.
    #[error("the disk failed: {0}")]
    Io(String),
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
            Self::Unavailable(_) | Self::Io(_) => ProblemCode::StorageUnavailable,
            Self::Corrupt(_) => ProblemCode::Internal,
            Self::BadQuestion(_) | Self::Taken(_) => ProblemCode::BadRequest,
        };
        Problem::new(code, self.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        let primary = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<i32>().ok())
            .map(|code| code & 0xff);
        // Primary result codes of SQLite: https://www.sqlite.org/rescode.html
        match primary {
            Some(13) => Self::Full(text),
            Some(10) => Self::Io(text),
            Some(5 | 6 | 8 | 14) => Self::Unavailable(text),
            // 11 and 26: damaged, not a database. The others our statements cannot cause.
            Some(_) => Self::Corrupt(text),
            None => match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                    Self::Corrupt(text)
                }
                _ => Self::Unavailable(text),
            },
        }
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
