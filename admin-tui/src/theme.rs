//! How things look, on dark and on light terminals.
//!
//! Text and background are the terminal's own, so nothing can be unreadable on either.
//! Colour only underlines what the words say already: without it (`NO_COLOR`) nothing
//! is lost.

use ratatui::style::{Color, Modifier, Style};

/// The looks that screens choose from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theme {
    /// What matters most.
    pub(crate) strong: Style,
    /// What may be overlooked.
    pub(crate) quiet: Style,
    /// A badge: all is well.
    pub(crate) well: Style,
    /// A badge: be patient.
    pub(crate) slow: Style,
    /// A badge: something is wrong.
    pub(crate) wrong: Style,
}

impl Theme {
    /// With colour, unless the environment asks for none (<https://no-color.org>).
    pub(crate) fn of_environment() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if refused { Self::PLAIN } else { Self::COLOR }
    }

    /// Without colour.
    pub(crate) const PLAIN: Self = Self {
        strong: Style::new().add_modifier(Modifier::BOLD),
        quiet: Style::new().add_modifier(Modifier::DIM),
        well: BADGE,
        slow: BADGE,
        wrong: BADGE,
    };

    /// With the terminal's own green, yellow and red.
    pub(crate) const COLOR: Self = Self {
        well: BADGE.fg(Color::Green),
        slow: BADGE.fg(Color::Yellow),
        wrong: BADGE.fg(Color::Red),
        ..Self::PLAIN
    };
}

const BADGE: Style = Style::new().add_modifier(Modifier::BOLD).add_modifier(Modifier::REVERSED);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let Theme { strong, quiet, well, slow, wrong } = Theme::PLAIN;
        for style in [strong, quiet, well, slow, wrong] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
