//! Statements that nobody waits for an answer of, written together.
//!
//! On PostgreSQL each statement is a round trip, perhaps to another machine, and everybody in the group waits for it. So there they are gathered and
//! go in as one, each a `WITH` of its own. SQLite is asked in the same thread and runs each at once. What PostgreSQL runs in one statement does not see what its other parts write, except for what a part gives `RETURNING` under its name.

use super::{
    connection::Connection,
    error::StoreError,
    row::Row,
    statement::{Query, query},
};

/// See the module. What was added stands after [`Together::end`], and only then.
pub(super) struct Together<'t, 'c> {
    connection: &'t mut Connection<'c>,
    gathered: Vec<(Option<&'static str>, Query)>,
}

impl<'t, 'c> Together<'t, 'c> {
    /// Begins.
    pub fn on(connection: &'t mut Connection<'c>) -> Self {
        Self { connection, gathered: Vec::new() }
    }

    /// Adds a statement.
    pub async fn add(&mut self, statement: Query) -> Result<(), StoreError> {
        self.take(None, statement).await
    }

    /// Adds a statement whose `RETURNING` those after it read under this name on PostgreSQL.
    pub async fn add_as(&mut self, name: &'static str, statement: Query) -> Result<(), StoreError> {
        self.take(Some(name), statement).await
    }

    /// Runs what was gathered.
    pub async fn end(mut self) -> Result<(), StoreError> {
        match self.gathered.pop() {
            Some((_, last)) => one_of(self.gathered, last).run(self.connection).await.map(drop),
            None => Ok(()),
        }
    }

    /// The same, with a last statement and its answer.
    pub async fn end_with(self, last: Query) -> Result<Vec<Row>, StoreError> {
        one_of(self.gathered, last).all(self.connection).await
    }

    async fn take(&mut self, name: Option<&'static str>, statement: Query) -> Result<(), StoreError> {
        if self.connection.is_sqlite() {
            statement.run(self.connection).await?;
        } else {
            self.gathered.push((name, statement));
        }
        Ok(())
    }
}

/// One statement for PostgreSQL: the last, with the others before it.
fn one_of(parts: Vec<(Option<&'static str>, Query)>, last: Query) -> Query {
    if parts.is_empty() {
        return last;
    }
    let mut values = Vec::new();
    let mut before = Vec::with_capacity(parts.len());
    for (place, (name, part)) in parts.into_iter().enumerate() {
        let sql = renumbered(&part.sql.for_postgres(), values.len());
        values.extend(part.values);
        before.push(name.map_or_else(|| format!("part_{place} AS ({sql})"), |name| format!("{name} AS ({sql})")));
    }
    let sql = renumbered(&last.sql.for_postgres(), values.len());
    values.extend(last.values);
    Query { values, ..query(format!("WITH {} {sql}", before.join(", "))) }
}

/// The statement with its parameters counted from `before` on.
fn renumbered(sql: &str, before: usize) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        text.push('$');
        match number.parse::<usize>() {
            Ok(number) => text.push_str(&(number + before).to_string()),
            Err(_) => text.push_str(number),
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::statement::Value;

    #[test]
    fn parameters_are_counted_on() {
        assert_eq!(renumbered("a = $1 AND b = $12, $1", 3), "a = $4 AND b = $15, $4");
        assert_eq!(renumbered("nothing", 3), "nothing");
    }

    #[test]
    fn parts_stand_before_the_last() {
        let parts = vec![
            (Some("first"), query("INSERT a VALUES ($1) RETURNING a").bind(1_i64)),
            (None, query("INSERT b VALUES ($1, $2)").bind(2_i64).bind(3_i64)),
        ];
        let one = one_of(parts, query("INSERT c SELECT a, $1 FROM first").bind(4_i64));
        let numbers: Vec<_> = one.values.iter().map(|value| matches!(value, Value::Number(Some(_)))).collect();
        assert_eq!(numbers, [true; 4]);
        assert_eq!(
            one.sql.for_postgres(),
            "WITH first AS (INSERT a VALUES ($1) RETURNING a), part_1 AS (INSERT b VALUES ($2, $3)) INSERT c SELECT a, $4 FROM first"
        );
    }
}
