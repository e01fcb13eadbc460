//! A text to read and to copy: a command, or a secret that is shown this once.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use shared::model::Secret;

use super::{Dialog, Outcome, command, hints};
use crate::keys::{Command, Context};
use crate::look::Look;
use crate::widgets::frame;

/// The dialog. Its text is wiped when it is closed.
#[derive(Debug)]
pub(crate) struct Shown {
    title: String,
    /// What the text is.
    about: String,
    text: Secret<String>,
}

impl Shown {
    /// A secret: whoever closes this will never see it again.
    pub(crate) fn secret(name: &str, secret: Secret<String>) -> Self {
        let about = "It is shown this once and never again. Copy it now (y).".to_owned();
        Self { title: name.to_owned(), about, text: secret }
    }

    /// Any other text.
    pub(crate) fn text(title: &str, about: &str, text: &str) -> Self {
        Self { title: title.to_owned(), about: about.to_owned(), text: Secret::from(text) }
    }
}

impl Dialog for Shown {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        match command(Context::Dialog, key) {
            Some(Command::Copy) => Outcome::Copy(self.text.expose().clone()),
            Some(Command::Close) => Outcome::Close,
            _ => Outcome::Stays,
        }
    }

    fn place(&self, area: Rect) -> Rect {
        let width = 72.min(area.width);
        let room = width.saturating_sub(4);
        let text = self.text.expose();
        let height = frame::lines(&self.about, room) + frame::lines(text, room) + 5;
        frame::middle(area, width, height)
    }

    fn keys(&self) -> String {
        hints(Context::Dialog, &[Command::Copy, Command::Close])
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let text = self.text.expose();
        let inner = frame::dialog(buffer, place, &self.title, &self.keys(), look);
        let left = frame::below(inner, 1);
        let used = frame::text(buffer, left, &self.about, look.theme.quiet);
        frame::text(
            buffer,
            frame::below(left, used + 1),
            text,
            Style::new().patch(look.theme.strong),
        );
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::testing;

    #[test]
    fn a_secret_is_copied_and_does_not_go_away_by_accident() {
        let mut dialog = Shown::secret("Secret of shop", "s3cr3t".into());
        assert_eq!(dialog.on_key(KeyCode::Enter.into()), Outcome::Stays);
        assert_eq!(dialog.on_key(KeyCode::Char('q').into()), Outcome::Stays);
        assert_eq!(dialog.on_key(KeyCode::Char('y').into()), Outcome::Copy("s3cr3t".to_owned()));
        assert!(testing::drawn_dialog(&dialog, 80, 24).contains("s3cr3t"));
        assert!(!format!("{dialog:?}").contains("s3cr3t"));
        assert_eq!(dialog.on_key(KeyCode::Esc.into()), Outcome::Close);
    }
}
