//! What somebody else wrote, as a terminal may be given it.

use std::borrow::Cow;

/// A text in one line without control characters, which would move the cursor, colour what
/// comes after, or write into the clipboard of whoever reads it.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let letter = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    Cow::Owned(text.chars().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, seen) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("12 Row\nLondon", "12 Row London"),
            ("\u{1b}]52;c;cm0gLXJm\u{7}", "\u{fffd}]52;c;cm0gLXJm\u{fffd}"),
            ("\u{9b}31m", "\u{fffd}31m"),
        ] {
            assert_eq!(visible(text), seen);
        }
    }
}
