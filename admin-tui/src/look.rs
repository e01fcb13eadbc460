//! How the terminal at hand is drawn on: its theme, and whether it shows more than ASCII.

use std::ffi::OsString;

use ratatui::buffer::Buffer;
use shared::model::Timestamp;

use crate::theme::Theme;

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// The colours.
    pub(crate) theme: Theme,
    /// Whether the terminal shows ASCII alone.
    pub(crate) ascii: bool,
    /// The moment that is drawn.
    pub(crate) now: Timestamp,
}

impl Look {
    /// As arguments and environment say: `NO_COLOR` is for plain, unless another theme is
    /// asked for by name (<https://no-color.org>).
    pub(crate) fn new(
        theme: Option<Theme>,
        ascii: bool,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let named = || set("SIGNET_ADMIN_THEME").and_then(|name| Theme::named(name.to_str()?));
        let default = if set("NO_COLOR").is_some() { Theme::WITHOUT_COLOUR } else { Theme::DARK };
        // The first that is set decides, as for every other program.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let locale = locale.unwrap_or_default().to_string_lossy().to_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let theme = theme.or_else(named).unwrap_or(default);
        Self { theme, ascii: ascii || !utf8, now: Timestamp(0) }
    }

    /// Replaces what this terminal cannot show. It is done last, so nothing that draws
    /// needs to know.
    pub(crate) fn finish(&self, buffer: &mut Buffer) {
        if !self.ascii {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                let plain = plain(cell.symbol());
                cell.set_symbol(plain);
            }
        }
    }
}

/// The ASCII that comes nearest to a symbol.
fn plain(symbol: &str) -> &'static str {
    match symbol {
        "─" | "━" | "—" | "–" | "▄" => "-",
        "│" | "┃" => "|",
        "╭" | "╮" | "╰" | "╯" | "▆" => "+",
        "›" | "→" => ">",
        "‹" | "←" => "<",
        "↑" | "▲" | "▀" => "^",
        "↓" | "▼" => "v",
        "…" => "~",
        "×" => "x",
        "●" | "◷" | "•" | "▇" => "*",
        "○" | "·" | "▂" => ".",
        "▁" => "_",
        "▃" => ":",
        "▅" => "=",
        "█" => "#",
        // Something that people or clients are called.
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn look(variables: &[(&str, &str)]) -> Look {
        Look::new(None, false, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_environment_decides_unless_an_argument_does() {
        let utf8 = ("LANG", "de_DE.UTF-8");
        assert_eq!(look(&[utf8]).theme, Theme::DARK);
        assert_eq!(look(&[utf8, ("NO_COLOR", "1")]).theme, Theme::WITHOUT_COLOUR);
        assert_eq!(look(&[utf8, ("NO_COLOR", "")]).theme, Theme::DARK);
        let named = [utf8, ("NO_COLOR", "1"), ("SIGNET_ADMIN_THEME", "light")];
        assert_eq!(look(&named).theme, Theme::LIGHT);
        let given = Look::new(Some(Theme::LIGHT), false, |_| None);
        assert_eq!(given.theme, Theme::LIGHT);
    }

    #[test]
    fn a_locale_without_utf_8_is_drawn_in_ascii() {
        assert!(!look(&[("LANG", "C.UTF-8")]).ascii);
        assert!(look(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")]).ascii);
        assert!(!look(&[("LANG", "C"), ("LC_CTYPE", "en_US.utf8")]).ascii);
        assert!(look(&[]).ascii);
    }

    #[test]
    fn in_ascii_nothing_else_is_left() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "│›▇…Åa", Style::new());
        Look { ascii: true, ..look(&[]) }.finish(&mut buffer);
        let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, "|>*~?a");
    }
}
