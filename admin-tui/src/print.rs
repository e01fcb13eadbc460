//! Lists and counts, once, for scripts.

use std::io::Write;

use serde_json::{Map, Value, json};
use shared::store::Counts;

use crate::view::{Column, Row};

/// How they are printed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Format {
    /// JSON: an object for the counts, an array of objects for a list
    Json,
    /// Lines of columns
    Table,
}

/// Prints the counts on standard output.
pub(crate) fn print_counts(counts: &Counts, format: Format) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", counts_text(counts, format)?)?)
}

/// Prints rows on standard output.
pub(crate) fn print_rows(columns: &[Column], rows: &[Row], format: Format) -> anyhow::Result<()> {
    let text = rows_text(columns, rows, format)?;
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn counts_text(counts: &Counts, format: Format) -> serde_json::Result<String> {
    let named = [
        ("users", counts.users),
        ("clients", counts.clients),
        ("sessions", counts.sessions),
        ("grants", counts.grants),
        ("signing_keys", counts.signing_keys),
    ];
    match format {
        Format::Json => {
            let object: Map<_, _> =
                named.into_iter().map(|(name, number)| (name.to_owned(), json!(number))).collect();
            serde_json::to_string_pretty(&object)
        }
        Format::Table => {
            let lines = named.map(|(name, number)| format!("{name:12}  {number}"));
            Ok(lines.join("\n"))
        }
    }
}

fn rows_text(columns: &[Column], rows: &[Row], format: Format) -> serde_json::Result<String> {
    match format {
        Format::Json => {
            let object = |row: &Row| {
                let id = std::iter::once(("id".to_owned(), json!(row.id)));
                let cells = columns.iter().zip(&row.cells);
                let cells = cells.map(|(column, cell)| (column.key.to_owned(), json!(cell)));
                Value::Object(id.chain(cells).collect())
            };
            let objects: Vec<_> = rows.iter().map(object).collect();
            Ok(serde_json::to_string_pretty(&objects)? + "\n")
        }
        Format::Table => {
            let heads: Vec<_> = columns.iter().map(|column| column.key.to_uppercase()).collect();
            let lines = || std::iter::once(&heads).chain(rows.iter().map(|row| &row.cells));
            let widths: Vec<usize> = (0..columns.len())
                .map(|number| {
                    let cells = lines().filter_map(|cells| cells.get(number));
                    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
                })
                .collect();
            let text = lines().map(|cells| {
                let padded = cells
                    .iter()
                    .zip(&widths)
                    .map(|(cell, width)| format!("{:width$}", shared::visible(cell)));
                padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
            });
            Ok(text.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Width;

    const COUNTS: Counts =
        Counts { users: 12, clients: 3, sessions: 4, grants: 5, signing_keys: 1 };

    #[test]
    fn json_is_one_object_of_numbers() {
        let text = counts_text(&COUNTS, Format::Json).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        let counts =
            json!({"users": 12, "clients": 3, "sessions": 4, "grants": 5, "signing_keys": 1});
        assert_eq!(read, counts);
    }

    #[test]
    fn a_table_has_a_name_and_a_number_a_line() {
        let text = counts_text(&COUNTS, Format::Table).unwrap();
        let words: Vec<Vec<_>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words.first().unwrap(), &["users", "12"]);
        assert_eq!(words.last().unwrap(), &["signing_keys", "1"]);
        assert_eq!(words.len(), 5);
    }

    #[test]
    fn rows_are_objects_by_the_keys_of_columns_or_lines_that_line_up() {
        let column = |key| Column { key, name: "", width: Width::Fixed(1), sortable: false };
        let columns = [column("username"), column("state")];
        let cells = vec!["ada".to_owned(), "active".to_owned()];
        let rows = [Row { id: "1".to_owned(), cells, ..Row::default() }];
        let text = rows_text(&columns, &rows, Format::Json).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!([{"id": "1", "username": "ada", "state": "active"}]));
        let text = rows_text(&columns, &rows, Format::Table).unwrap();
        assert_eq!(text, "USERNAME  STATE\nada       active\n");
    }
}
