//! A statement with its values, the same for both engines where the engines agree, and side by side where they do not.
//!
//! Statements are text and stay text: this is no query language. Parameters are written `$1`, which both engines read.

use std::borrow::Cow;

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::session::SessionId;
use uuid::Uuid;

use super::{connection::Connection, error::StoreError, row::Row};

/// The text of a statement.
#[derive(Clone)]
pub(super) enum Sql {
    /// Both engines read it.
    Same(Cow<'static, str>),
    /// Each has its own.
    Each { sqlite: Cow<'static, str>, postgres: Cow<'static, str> },
}

/// One statement, written twice: where the engines call the same thing by different names.
pub(super) struct Each<T> {
    pub sqlite: T,
    pub postgres: T,
}

impl<T> Each<T> {
    /// The same done to both.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Each<U> {
        Each { sqlite: change(self.sqlite), postgres: change(self.postgres) }
    }

    /// Put together with another pair.
    pub fn with<U, V>(self, other: Each<U>, join: impl Fn(T, U) -> V) -> Each<V> {
        Each { sqlite: join(self.sqlite, other.sqlite), postgres: join(self.postgres, other.postgres) }
    }
}

impl Each<String> {
    /// A text that lives as long as the program.
    pub fn borrowed(&'static self) -> Each<&'static str> {
        Each { sqlite: &self.sqlite, postgres: &self.postgres }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::Same(Cow::Borrowed(text))
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self::Same(Cow::Owned(text))
    }
}

impl<T: Into<Cow<'static, str>>> From<Each<T>> for Sql {
    fn from(each: Each<T>) -> Self {
        Self::Each { sqlite: each.sqlite.into(), postgres: each.postgres.into() }
    }
}

impl Sql {
    /// As SQLite reads it.
    pub fn for_sqlite(self) -> Cow<'static, str> {
        match self {
            Self::Same(text) | Self::Each { sqlite: text, .. } => text,
        }
    }

    /// As PostgreSQL reads it.
    pub fn for_postgres(self) -> Cow<'static, str> {
        match self {
            Self::Same(text) | Self::Each { postgres: text, .. } => text,
        }
    }
}

/// A value of a parameter. PostgreSQL wants the type of a missing one too.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    /// Several texts, for [`among`].
    List(Vec<String>),
}

/// A statement with the condition that a column is among the texts of a [`Value::List`].
macro_rules! among {
    ($before:expr, $column:literal in $parameter:literal, $after:literal) => {
        $crate::store::statement::Each {
            sqlite: concat!($before, $column, " IN (SELECT value FROM json_each(", $parameter, "))", $after),
            postgres: concat!($before, $column, " = ANY(", $parameter, ")", $after),
        }
    };
}
pub(super) use among;

/// Texts for [`among`].
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> Value {
    Value::List(items.into_iter().map(|item| item.to_string()).collect())
}

macro_rules! values {
    ($($kind:ty: $value:ident => $to:expr;)+) => {
        $(impl From<$kind> for Value {
            fn from($value: $kind) -> Self {
                $to
            }
        })+
    };
}

values! {
    String: text => Self::Text(Some(text));
    &str: text => Self::Text(Some(text.to_owned()));
    &String: text => Self::Text(Some(text.clone()));
    Option<String>: text => Self::Text(text);
    &Ttn: ttn => Self::Text(Some(ttn.to_string()));
    Uuid: id => Self::Text(Some(id.to_string()));
    Option<Uuid>: id => Self::Text(id.map(|id| id.to_string()));
    SessionId: id => Self::Text(Some(id.to_string()));
    i64: number => Self::Number(Some(number));
    // What is beyond 2^63 is beyond every number there is.
    u64: number => Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)));
    u32: number => Self::Number(Some(i64::from(number)));
    u16: number => Self::Number(Some(i64::from(number)));
    Option<i64>: number => Self::Number(number);
    Option<u16>: number => Self::Number(number.map(i64::from));
    Timestamp: at => Self::Number(Some(at.millis()));
    Option<Timestamp>: at => Self::Number(at.map(Timestamp::millis));
}

/// A number of rows at most.
pub(super) fn at_most(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A statement that is being given its values.
pub(super) struct Query {
    pub sql: Sql,
    pub values: Vec<Value>,
}

/// Begins a statement.
pub(super) fn query(sql: impl Into<Sql>) -> Query {
    Query { sql: sql.into(), values: Vec::new() }
}

impl Query {
    /// The value of the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Every row.
    pub async fn all(self, connection: &mut Connection<'_>) -> Result<Vec<Row>, StoreError> {
        connection.all(self).await
    }

    /// The first row, if there is one.
    pub async fn optional(self, connection: &mut Connection<'_>) -> Result<Option<Row>, StoreError> {
        connection.optional(self).await
    }

    /// The row of a statement that always has one.
    pub async fn one(self, connection: &mut Connection<'_>) -> Result<Row, StoreError> {
        self.optional(connection).await?.ok_or_else(|| super::error::unexpected("statement without a row"))
    }

    /// Runs it; how many rows it wrote.
    pub async fn run(self, connection: &mut Connection<'_>) -> Result<u64, StoreError> {
        connection.run(self).await
    }

    /// Runs it; a unique value that is there already is [`StoreError::Taken`].
    pub async fn run_unless_taken(
        self,
        connection: &mut Connection<'_>,
        what: &'static str,
    ) -> Result<u64, StoreError> {
        connection.run_unless_taken(self, what).await
    }
}

/// A statement that is put together from parts, for lists that are filtered in many ways.
#[derive(Clone)]
pub(super) struct Parts {
    sqlite: String,
    postgres: String,
    values: Vec<Value>,
}

impl Parts {
    /// Begins it.
    pub fn new(sql: impl Into<Sql>) -> Self {
        let mut parts = Self { sqlite: String::new(), postgres: String::new(), values: Vec::new() };
        parts.push(sql);
        parts
    }

    /// Adds text.
    pub fn push(&mut self, sql: impl Into<Sql>) -> &mut Self {
        let sql = sql.into();
        self.sqlite.push_str(&sql.clone().for_sqlite());
        self.postgres.push_str(&sql.for_postgres());
        self
    }

    /// Adds a parameter.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.push(format!("${}", self.values.len()))
    }

    /// The statement.
    pub fn query(self) -> Query {
        Query { sql: Each { sqlite: self.sqlite, postgres: self.postgres }.into(), values: self.values }
    }
}
