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

/// Prints rows part by part, however many they are.
pub(crate) struct Printer<'a, W> {
    columns: &'a [Column],
    format: Format,
    output: W,
    /// How wide each column has become; nothing before the first part.
    widths: Option<Vec<usize>>,
}

impl<'a, W: Write> Printer<'a, W> {
    /// With nothing printed yet.
    pub(crate) fn new(columns: &'a [Column], format: Format, output: W) -> Self {
        Self { columns, format, output, widths: None }
    }

    /// Prints the next rows. Those of a table line up as far as the rows before them let them.
    pub(crate) fn print(&mut self, rows: &[Row]) -> std::io::Result<()> {
        match self.format {
            Format::Json => self.print_objects(rows),
            Format::Table => self.print_lines(rows),
        }
    }

    /// Says that there are no more.
    pub(crate) fn end(mut self) -> std::io::Result<()> {
        match (self.format, self.widths) {
            (Format::Json, None) => writeln!(self.output, "[]")?,
            (Format::Json, Some(_)) => writeln!(self.output, "\n]")?,
            (Format::Table, _) => {}
        }
        self.output.flush()
    }

    fn print_objects(&mut self, rows: &[Row]) -> std::io::Result<()> {
        for row in rows {
            let before = if self.widths.replace(Vec::new()).is_none() { "[\n" } else { ",\n" };
            let id = std::iter::once(("id".to_owned(), json!(row.id)));
            let cells = self.columns.iter().zip(&row.cells);
            let cells = cells.map(|(column, cell)| (column.key.to_owned(), json!(cell)));
            let object = Value::Object(id.chain(cells).collect());
            write!(self.output, "{before}  {object}")?;
        }
        Ok(())
    }

    fn print_lines(&mut self, rows: &[Row]) -> std::io::Result<()> {
        let heads: Vec<_> = self.columns.iter().map(|column| column.key.to_uppercase()).collect();
        let is_first = self.widths.is_none();
        let mut widths = self.widths.take().unwrap_or_else(|| vec![0; heads.len()]);
        let lines = is_first.then_some(&heads).into_iter();
        let lines: Vec<_> = lines.chain(rows.iter().map(|row| &row.cells)).collect();
        for (width, cell) in lines.iter().flat_map(|cells| widths_of(cells)) {
            if let Some(widest) = widths.get_mut(cell) {
                *widest = width.max(*widest);
            }
        }
        for cells in lines {
            let padded = cells.iter().zip(&widths);
            let padded = padded.map(|(cell, width)| format!("{:width$}", shared::visible(cell)));
            writeln!(self.output, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

/// How wide each cell is, and which it is.
fn widths_of(cells: &[String]) -> impl Iterator<Item = (usize, usize)> {
    cells.iter().enumerate().map(|(number, cell)| (cell.chars().count(), number))
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

    fn printed(parts: &[&[Row]], format: Format) -> String {
        let column = |key| Column { key, name: "", width: Width::Fixed(1), sortable: false };
        let columns = [column("username"), column("state")];
        let mut output = Vec::new();
        let mut printer = Printer::new(&columns, format, &mut output);
        for rows in parts {
            printer.print(rows).unwrap();
        }
        printer.end().unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn rows_are_objects_by_the_keys_of_columns_or_lines_that_line_up() {
        let row = |name: &str| Row {
            id: "1".to_owned(),
            cells: vec![name.to_owned(), "active".to_owned()],
            ..Row::default()
        };
        let parts: [&[Row]; 2] = [&[row("ada"), row("bob")], &[row("a longer name")]];
        let text = printed(&parts, Format::Json);
        let object = |name| json!({"id": "1", "username": name, "state": "active"});
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!([object("ada"), object("bob"), object("a longer name")]));
        let text = printed(&parts, Format::Table);
        let lines = ["USERNAME  STATE", "ada       active", "bob       active"];
        assert_eq!(text, lines.join("\n") + "\na longer name  active\n");

        for none in [&[] as &[&[Row]], &[&[]]] {
            assert_eq!(printed(none, Format::Json), "[]\n");
        }
        assert_eq!(printed(&[&[]], Format::Table), "USERNAME  STATE\n");
    }
}
