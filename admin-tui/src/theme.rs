//! How things look, on dark and on light terminals.
//!
//! Background and plain text are the terminal's own, so nothing can be unreadable on
//! either. Colour only underlines what the words and marks say already: without it
//! (`NO_COLOR`) nothing is lost.

use ratatui::style::{Color, Modifier, Style};

/// The looks that screens choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Theme {
    /// What operators call it.
    pub(crate) name: &'static str,
    /// What matters most.
    pub(crate) strong: Style,
    /// What may be overlooked.
    pub(crate) quiet: Style,
    /// What one is at: the one colour that is not a state.
    pub(crate) accent: Style,
    /// The row or field under the cursor.
    pub(crate) chosen: Style,
    /// A frame.
    pub(crate) border: Style,
    /// A badge or word: all is well.
    pub(crate) well: Style,
    /// A badge or word: be patient.
    pub(crate) slow: Style,
    /// A badge or word: something is wrong.
    pub(crate) wrong: Style,
    /// A line that nobody may overlook.
    pub(crate) banner: Style,
}

const PLAIN: Style = Style::new();
const BOLD: Style = PLAIN.add_modifier(Modifier::BOLD);
const DIM: Style = PLAIN.add_modifier(Modifier::DIM);
const REVERSED: Style = PLAIN.add_modifier(Modifier::REVERSED);

impl Theme {
    /// All of them, in the order they are gone through.
    pub(crate) const ALL: [Self; 4] =
        [Self::DARK, Self::LIGHT, Self::HIGH_CONTRAST, Self::WITHOUT_COLOUR];

    /// For dark terminals.
    pub(crate) const DARK: Self = Self {
        name: "dark",
        strong: BOLD,
        quiet: PLAIN.fg(Color::Gray).add_modifier(Modifier::DIM),
        accent: PLAIN.fg(Color::Cyan),
        chosen: PLAIN.bg(Color::Indexed(24)).fg(Color::White).add_modifier(Modifier::BOLD),
        border: PLAIN.fg(Color::DarkGray),
        well: PLAIN.fg(Color::Green),
        slow: PLAIN.fg(Color::Yellow),
        wrong: PLAIN.fg(Color::LightRed).add_modifier(Modifier::BOLD),
        banner: PLAIN.bg(Color::Red).fg(Color::White).add_modifier(Modifier::BOLD),
    };

    /// For light terminals.
    pub(crate) const LIGHT: Self = Self {
        name: "light",
        quiet: PLAIN.fg(Color::Indexed(240)),
        accent: PLAIN.fg(Color::Blue),
        chosen: PLAIN.bg(Color::Indexed(153)).fg(Color::Black).add_modifier(Modifier::BOLD),
        border: PLAIN.fg(Color::Indexed(246)),
        well: PLAIN.fg(Color::Indexed(22)),
        slow: PLAIN.fg(Color::Indexed(94)),
        wrong: PLAIN.fg(Color::Indexed(124)).add_modifier(Modifier::BOLD),
        ..Self::DARK
    };

    /// For eyes that need more; nothing is dim.
    pub(crate) const HIGH_CONTRAST: Self = Self {
        name: "high-contrast",
        quiet: PLAIN,
        accent: BOLD.add_modifier(Modifier::UNDERLINED),
        chosen: PLAIN.bg(Color::White).fg(Color::Black).add_modifier(Modifier::BOLD),
        border: PLAIN,
        well: BOLD,
        slow: REVERSED.add_modifier(Modifier::BOLD),
        wrong: REVERSED.add_modifier(Modifier::BOLD),
        ..Self::DARK
    };

    /// Without colour.
    pub(crate) const WITHOUT_COLOUR: Self = Self {
        name: "plain",
        strong: BOLD,
        quiet: DIM,
        accent: BOLD,
        chosen: REVERSED,
        border: DIM,
        well: PLAIN,
        slow: BOLD,
        wrong: BOLD,
        banner: REVERSED.add_modifier(Modifier::BOLD),
    };

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name == name)
    }

    /// The one after this.
    pub(crate) fn next(self) -> Self {
        let after = Self::ALL.into_iter().skip_while(|theme| *theme != self).nth(1);
        after.unwrap_or(Self::DARK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::WITHOUT_COLOUR;
        let Theme { strong, quiet, accent, chosen, border, well, slow, wrong, banner, .. } = theme;
        for style in [strong, quiet, accent, chosen, border, well, slow, wrong, banner] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn themes_are_gone_through_in_a_circle() {
        let mut theme = Theme::DARK;
        for _ in Theme::ALL {
            assert_eq!(Theme::named(theme.name), Some(theme));
            theme = theme.next();
        }
        assert_eq!(theme, Theme::DARK);
    }
}
