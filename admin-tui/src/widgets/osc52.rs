//! The clipboard, which is reached through the terminal also over ssh.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What tells the terminal to put a text on its clipboard (OSC 52).
pub(crate) fn copy(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_in_base64() {
        assert_eq!(copy("shop"), "\x1b]52;c;c2hvcA==\x07");
        assert_eq!(copy("ä"), "\x1b]52;c;w6Q=\x07");
    }

    #[test]
    fn no_text_ends_the_sequence_early() {
        let sequence = copy("\x07\x1b\\evil");
        assert_eq!(sequence.matches('\x07').count(), 1);
        assert_eq!(sequence.matches('\x1b').count(), 1);
    }
}
