//! What commands say: tables for people, JSON for scripts.

use std::io::Write;

use serde::Serialize;
use shared::visible;

/// How a command answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// In JSON.
    pub(super) json: bool,
}

impl Output {
    /// A line of text.
    #[expect(clippy::unused_self, reason = "reads as output.line beside output.json")]
    pub(super) fn line(self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(std::io::stdout(), "{text}")?)
    }

    /// A document.
    pub(super) fn json(self, value: &impl Serialize) -> anyhow::Result<()> {
        self.line(&serde_json::to_string_pretty(value)?)
    }

    /// Names and values, a line each.
    pub(super) fn facts(self, facts: &[(&str, String)]) -> anyhow::Result<()> {
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in facts {
            self.line(&format!("{name:width$}  {}", visible(value)))?;
        }
        Ok(())
    }

    /// Rows below headings, in columns.
    pub(super) fn table<const N: usize>(
        self,
        headings: [&str; N],
        rows: &[[String; N]],
    ) -> anyhow::Result<()> {
        let mut widths = headings.map(|heading| heading.chars().count());
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        self.row(&headings.map(str::to_owned), &widths)?;
        rows.iter().try_for_each(|row| self.row(row, &widths))
    }

    fn row<const N: usize>(self, cells: &[String; N], widths: &[usize; N]) -> anyhow::Result<()> {
        let padded =
            cells.iter().zip(widths).map(|(cell, width)| format!("{:width$}", visible(cell)));
        self.line(padded.collect::<Vec<_>>().join("  ").trim_end())
    }
}

/// Says on standard error what went wrong.
pub(super) fn complain(text: &str) {
    // There is nowhere left to say that this failed.
    let _ = writeln!(std::io::stderr(), "signet: {text}");
}
