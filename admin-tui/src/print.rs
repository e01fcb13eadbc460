//! The counts, once, for scripts.

use std::io::Write;

use serde_json::json;
use shared::store::Counts;

/// How they are printed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Format {
    /// An object
    Json,
    /// Names and numbers, a line each
    Table,
}

/// Prints them on standard output.
pub(crate) fn print(counts: &Counts, format: Format) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", text(counts, format)?)?)
}

fn text(counts: &Counts, format: Format) -> serde_json::Result<String> {
    let named = [
        ("users", counts.users),
        ("clients", counts.clients),
        ("sessions", counts.sessions),
        ("grants", counts.grants),
        ("signing_keys", counts.signing_keys),
    ];
    match format {
        Format::Json => {
            let object: serde_json::Map<_, _> =
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

    const COUNTS: Counts =
        Counts { users: 12, clients: 3, sessions: 4, grants: 5, signing_keys: 1 };

    #[test]
    fn json_is_one_object_of_numbers() {
        let text = text(&COUNTS, Format::Json).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let counts =
            json!({"users": 12, "clients": 3, "sessions": 4, "grants": 5, "signing_keys": 1});
        assert_eq!(read, counts);
    }

    #[test]
    fn a_table_has_a_name_and_a_number_a_line() {
        let text = text(&COUNTS, Format::Table).unwrap();
        let words: Vec<Vec<_>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words.first().unwrap(), &["users", "12"]);
        assert_eq!(words.last().unwrap(), &["signing_keys", "1"]);
        assert_eq!(words.len(), 5);
    }
}
