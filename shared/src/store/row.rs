//! Reading rows.

use super::StoreError;

/// A part of a row of either database.
pub(super) trait Part<R>: Sized {
    /// Reads the columns whose names begin so.
    fn read(row: &R, prefix: &str) -> sqlx::Result<Self>;
}

/// Declares a row as it comes from either database, column by column.
macro_rules! row {
    ($name:ident { $($column:ident: $type:ty),* $(,)? }) => {
        #[derive(Debug)]
        pub(super) struct $name {
            $(pub(super) $column: $type,)*
        }

        $crate::store::row::row!(@from sqlx::sqlite::SqliteRow, $name, $($column)*);
        $crate::store::row::row!(@from sqlx::postgres::PgRow, $name, $($column)*);
    };
    (@from $row:ty, $name:ident, $($column:ident)*) => {
        impl $crate::store::row::Part<$row> for $name {
            fn read(row: &$row, prefix: &str) -> sqlx::Result<Self> {
                use sqlx::Row;
                if prefix.is_empty() {
                    return Ok(Self { $($column: row.try_get(stringify!($column))?,)* });
                }
                let name = |column| format!("{prefix}{column}");
                Ok(Self { $($column: row.try_get(name(stringify!($column)).as_str())?,)* })
            }
        }

        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> sqlx::Result<Self> {
                $crate::store::row::Part::read(row, "")
            }
        }
    };
}
pub(super) use row;

/// Declares a row that is made of several, each with a prefix of its own.
macro_rules! joined_row {
    ($name:ident { $($part:ident: $type:ty = $prefix:literal),* $(,)? }) => {
        struct $name {
            $($part: $type,)*
        }

        $crate::store::row::joined_row!(@from sqlx::sqlite::SqliteRow, $name, $($part $prefix)*);
        $crate::store::row::joined_row!(@from sqlx::postgres::PgRow, $name, $($part $prefix)*);
    };
    (@from $row:ty, $name:ident, $($part:ident $prefix:literal)*) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> sqlx::Result<Self> {
                Ok(Self { $($part: $crate::store::row::Part::read(row, $prefix)?,)* })
            }
        }
    };
}
pub(super) use joined_row;

/// Reads a word, a list or an object that a column holds as text.
pub(super) fn read<T>(
    table: &'static str,
    column: &'static str,
    value: Option<T>,
) -> Result<T, StoreError> {
    value.ok_or(StoreError::Malformed { table, column })
}

/// Reads JSON that a column holds as text.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    read(table, column, serde_json::from_str(text).ok())
}

/// Writes JSON for a column that holds it as text.
pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|fault| StoreError::Database(sqlx::Error::Encode(Box::new(fault))))
}
