//! Shall it be done? What will happen is named first, and doing nothing is the default.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Dialog, Outcome, command, hints};
use crate::keys::{Command, Context};
use crate::look::Look;
use crate::source::Preview;
use crate::widgets::editor::Editor;
use crate::widgets::frame;

/// The dialog.
#[derive(Debug)]
pub(crate) struct Confirm {
    title: String,
    preview: Preview,
    typed: Editor,
}

impl Confirm {
    /// A question about this.
    pub(crate) fn new(title: String, preview: Preview) -> Self {
        Self { title, preview, typed: Editor::default() }
    }

    /// How many rows what will happen takes, in a frame of this width.
    fn lines(&self, width: u16) -> u16 {
        let room = width.saturating_sub(4);
        self.preview.lines.iter().map(|line| frame::lines(line, room)).sum()
    }

    fn on_word(&mut self, key: KeyEvent, word: &str) -> Outcome {
        let is_text = !key.modifiers.contains(KeyModifiers::CONTROL);
        if !is_text && command(Context::Confirm, key) == Some(Command::Equal) {
            return Outcome::Equal;
        }
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter if self.typed.text().trim() == word => Outcome::Yes,
            KeyCode::Enter => Outcome::Stays,
            _ => {
                self.typed.on_key(key);
                Outcome::Stays
            }
        }
    }
}

impl Dialog for Confirm {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        if let Some(word) = self.preview.word.clone() {
            return self.on_word(key, &word);
        }
        match command(Context::Confirm, key) {
            Some(Command::Yes) => Outcome::Yes,
            Some(Command::No) => Outcome::Close,
            Some(Command::Equal) => Outcome::Equal,
            _ => Outcome::Stays,
        }
    }

    fn on_paste(&mut self, text: &str) {
        self.typed.insert(text);
    }

    fn place(&self, area: Rect) -> Rect {
        let width = 64.min(area.width);
        let heavy = self.preview.word.is_some();
        frame::middle(area, width, self.lines(width) + if heavy { 7 } else { 6 })
    }

    fn keys(&self) -> String {
        if self.preview.word.is_some() {
            return format!(
                "Enter do it  Esc do nothing  {}",
                hints(Context::Confirm, &[Command::Equal])
            );
        }
        hints(Context::Confirm, &[Command::Yes, Command::No, Command::Equal])
    }

    /// The two words can be clicked, where no other has to be typed.
    fn on_click(&mut self, at: Position, inside: Rect) -> Outcome {
        let row = inside.y + self.lines(inside.width + 4) + 2;
        if self.preview.word.is_some() || at.y != row {
            return Outcome::Stays;
        }
        match at.x - inside.x {
            8..=12 => Outcome::Yes,
            14..=18 => Outcome::Close,
            _ => Outcome::Stays,
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let inner = frame::dialog(buffer, place, &self.title, &self.keys(), look);
        let mut left = frame::below(inner, 1);
        for line in &self.preview.lines {
            left = frame::below(left, frame::text(buffer, left, line, Style::new()));
        }
        left = frame::below(left, 1);
        if let Some(word) = &self.preview.word {
            let ask = format!("Type {word} to do it:");
            frame::text(buffer, left, &ask, look.theme.wrong);
            self.typed.draw(buffer, frame::line(left, 1), look.theme.strong, true);
        } else {
            buffer.set_stringn(left.x, left.y, "Do it?", 8, look.theme.wrong);
            buffer.set_stringn(left.x + 8, left.y, " yes ", 5, look.theme.quiet);
            buffer.set_stringn(left.x + 14, left.y, "› no ", 5, look.theme.chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn confirm(word: Option<&str>) -> Confirm {
        let lines = vec![
            "ada may not sign in any more.".to_owned(),
            "Ends 3 sessions; 2 token families die.".to_owned(),
        ];
        let preview = Preview { lines, word: word.map(str::to_owned) };
        Confirm::new("Disable ada".to_owned(), preview)
    }

    #[test]
    fn only_a_yes_does_it_and_enter_does_nothing() {
        assert_eq!(confirm(None).on_key(KeyCode::Enter.into()), Outcome::Close);
        assert_eq!(confirm(None).on_key(KeyCode::Esc.into()), Outcome::Close);
        assert_eq!(confirm(None).on_key(KeyCode::Char('x').into()), Outcome::Stays);
        assert_eq!(confirm(None).on_key(KeyCode::Char('y').into()), Outcome::Yes);
    }

    #[test]
    fn what_is_heavy_is_done_for_the_whole_word_only() {
        let mut dialog = confirm(Some("ada"));
        for c in ['y', 'a'] {
            assert_eq!(dialog.on_key(KeyCode::Char(c).into()), Outcome::Stays);
        }
        assert_eq!(dialog.on_key(KeyCode::Enter.into()), Outcome::Stays);
        let mut dialog = confirm(Some("ada"));
        dialog.on_paste("ada");
        assert_eq!(dialog.on_key(KeyCode::Enter.into()), Outcome::Yes);
    }

    #[test]
    fn the_equal_command_is_shown_whatever_is_typed() {
        let ctrl_o = KeyEvent::new(KeyCode::Char('o'), KeyModifiers::CONTROL);
        for word in [None, Some("ada")] {
            assert_eq!(confirm(word).on_key(ctrl_o), Outcome::Equal);
        }
        assert_eq!(confirm(None).on_key(KeyCode::Char('c').into()), Outcome::Equal);
        assert_eq!(confirm(Some("ada")).on_key(KeyCode::Char('c').into()), Outcome::Stays);
    }

    #[test]
    fn it_looks_like_this() {
        for (width, height) in testing::SIZES {
            let text = testing::drawn_dialog(&confirm(None), width, height);
            testing::assert_snapshot("confirm", (width, height), &text);
        }
        let text = testing::drawn_dialog(&confirm(Some("ada")), 80, 24);
        testing::assert_snapshot("confirm_word", (80, 24), &text);
    }
}
