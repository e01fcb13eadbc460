//! Reading rows.

use super::StoreError;

/// Declares a row as it comes from either database, column by column.
macro_rules! row {
    ($name:ident { $($column:ident: $type:ty),* $(,)? }) => {
        #[derive(Debug)]
        struct $name {
            $($column: $type,)*
        }

        $crate::store::row::row!(@from sqlx::sqlite::SqliteRow, $name, $($column)*);
        $crate::store::row::row!(@from sqlx::postgres::PgRow, $name, $($column)*);
    };
    (@from $row:ty, $name:ident, $($column:ident)*) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> sqlx::Result<Self> {
                use sqlx::Row;
                Ok(Self { $($column: row.try_get(stringify!($column))?,)* })
            }
        }
    };
}
pub(super) use row;

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
