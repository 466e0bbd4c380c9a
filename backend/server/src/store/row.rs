//! A row of an answer, whichever engine gave it.

use postoffice_domain::clock::Timestamp;
use sqlx::{
    ColumnIndex, Decode, Postgres, Type,
    postgres::{PgRow, PgTypeInfo, PgValueFormat, PgValueRef},
};

use super::{
    error::{StoreError, unexpected},
    sqlite::direct::Fetched,
};

/// See the module.
pub(super) enum Row {
    Sqlite(Fetched),
    Postgres(PgRow),
}

/// How a column is named: by its place or by its name.
pub(super) trait Column: ColumnIndex<PgRow> {
    /// Its place in a row.
    fn place_in(&self, row: &Fetched) -> Option<usize>;
}

impl Column for usize {
    fn place_in(&self, _: &Fetched) -> Option<usize> {
        Some(*self)
    }
}

impl Column for &str {
    fn place_in(&self, row: &Fetched) -> Option<usize> {
        row.place_of(self)
    }
}

/// A whole number, however wide PostgreSQL keeps it.
struct Whole(i64);

impl Type<Postgres> for Whole {
    fn type_info() -> PgTypeInfo {
        <i64 as Type<Postgres>>::type_info()
    }

    fn compatible(kind: &PgTypeInfo) -> bool {
        [<i16 as Type<Postgres>>::type_info(), <i32 as Type<Postgres>>::type_info(), Self::type_info()].contains(kind)
    }
}

impl<'r> Decode<'r, Postgres> for Whole {
    fn decode(value: PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Ok(Self(value.as_str()?.parse()?));
        }
        let bytes = value.as_bytes()?;
        let number = match bytes.len() {
            2 => i64::from(i16::from_be_bytes(bytes.try_into()?)),
            4 => i64::from(i32::from_be_bytes(bytes.try_into()?)),
            _ => i64::from_be_bytes(bytes.try_into()?),
        };
        Ok(Self(number))
    }
}

macro_rules! get {
    ($row:expr, $column:expr, $sqlite:expr, $postgres:ty, $to:expr) => {
        match $row {
            Row::Sqlite(row) => $sqlite(row, $column.place_in(row)),
            Row::Postgres(row) => Ok($to(sqlx::Row::try_get::<$postgres, _>(row, $column)?)),
        }
    };
}

impl Row {
    /// Text.
    pub fn text(&self, column: impl Column) -> Result<&str, StoreError> {
        get!(self, column, Fetched::text, &str, |text| text)
    }

    /// Text of one's own.
    pub fn string(&self, column: impl Column) -> Result<String, StoreError> {
        self.text(column).map(str::to_owned)
    }

    /// Text that may be missing.
    pub fn maybe_text(&self, column: impl Column) -> Result<Option<&str>, StoreError> {
        get!(self, column, Fetched::maybe_text, Option<&str>, |text| text)
    }

    /// A number.
    pub fn number(&self, column: impl Column) -> Result<i64, StoreError> {
        get!(self, column, Fetched::number, Whole, |number: Whole| number.0)
    }

    /// A number that may be missing.
    pub fn maybe_number(&self, column: impl Column) -> Result<Option<i64>, StoreError> {
        get!(self, column, Fetched::maybe_number, Option<Whole>, |number: Option<Whole>| number.map(|number| number.0))
    }

    /// A number that is not negative.
    pub fn count(&self, column: impl Column) -> Result<u64, StoreError> {
        u64::try_from(self.number(column)?).map_err(|_| unexpected("negative number"))
    }

    /// A small number that is not negative.
    pub fn small(&self, column: impl Column) -> Result<u32, StoreError> {
        u32::try_from(self.number(column)?).map_err(|_| unexpected("number out of range"))
    }

    /// Yes or no.
    pub fn flag(&self, column: impl Column) -> Result<bool, StoreError> {
        get!(self, column, Fetched::flag, bool, |flag| flag)
    }

    /// A moment.
    pub fn at(&self, column: impl Column) -> Result<Timestamp, StoreError> {
        self.number(column).map(Timestamp::from_millis)
    }
}
