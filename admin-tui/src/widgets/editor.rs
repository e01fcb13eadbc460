//! A line that is typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use shared::model::Secret;

/// A text with a cursor in it. It is wiped when it is dropped: it may be a password.
#[derive(Debug, Clone)]
pub(crate) struct Editor {
    text: Secret<String>,
    /// How many characters stand before the cursor.
    at: usize,
    hidden: bool,
}

impl Default for Editor {
    fn default() -> Self {
        Self::new("")
    }
}

impl Editor {
    /// A line with this text, and the cursor after it.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: Secret::from(text), at: text.chars().count(), hidden: false }
    }

    /// An empty line that does not show what is typed.
    pub(crate) fn hidden() -> Self {
        // Growing would leave copies of what was typed so far in memory.
        let text = Secret::new(String::with_capacity(MOST));
        Self { text, at: 0, hidden: true }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        self.text.expose()
    }

    /// The text, as what may not be shown.
    pub(crate) fn secret(&self) -> Secret<String> {
        self.text.clone()
    }

    /// Forgets the text.
    pub(crate) fn clear(&mut self) {
        *self = if self.hidden { Self::hidden() } else { Self::new("") };
    }

    /// Does what the key says; false if it says nothing to a line.
    pub(crate) fn on_key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let length = self.text().chars().count();
        match key.code {
            KeyCode::Char('a') if ctrl => self.at = 0,
            KeyCode::Char('e') if ctrl => self.at = length,
            KeyCode::Char('u') if ctrl => self.remove(0, self.at),
            KeyCode::Char('k') if ctrl => self.remove(self.at, length),
            KeyCode::Char('w') if ctrl => self.remove(self.word_before(), self.at),
            KeyCode::Char(_) if ctrl || key.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.remove(self.at.saturating_sub(1), self.at),
            KeyCode::Delete => self.remove(self.at, (self.at + 1).min(length)),
            KeyCode::Left => self.at = self.at.saturating_sub(1),
            KeyCode::Right => self.at = (self.at + 1).min(length),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = length,
            _ => return false,
        }
        true
    }

    /// Puts a text at the cursor; what is no part of a line is left out.
    pub(crate) fn insert(&mut self, text: &str) {
        let mut new = String::with_capacity(MOST.max(self.text().len() + text.len()));
        new.extend(self.text().chars().take(self.at));
        let mut room = MOST.saturating_sub(self.text().len());
        let mut count = 0;
        for c in text.chars().filter(|c| !c.is_control()) {
            let Some(left) = room.checked_sub(c.len_utf8()) else { break };
            new.push(c);
            (room, count) = (left, count + 1);
        }
        new.extend(self.text().chars().skip(self.at));
        self.at += count;
        self.text = Secret::new(new);
    }

    fn remove(&mut self, from: usize, to: usize) {
        let mut new = String::with_capacity(MOST);
        let kept = self.text().chars().enumerate();
        new.extend(kept.filter(|(at, _)| !(from..to).contains(at)).map(|(_, c)| c));
        self.text = Secret::new(new);
        self.at = from;
    }

    /// Where the word before the cursor begins.
    fn word_before(&self) -> usize {
        let before: Vec<char> = self.text().chars().take(self.at).collect();
        let trimmed = before.iter().rposition(|c| !c.is_whitespace()).map_or(0, |last| last + 1);
        let word = before.iter().take(trimmed).rposition(|c| c.is_whitespace());
        word.map_or(0, |blank| blank + 1)
    }

    /// Draws it on a line, scrolled so that the cursor is seen. The cursor is drawn as
    /// part of the text, so that moving it sends nothing else to the terminal.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, style: Style, focused: bool) {
        let shown: Vec<char> = if self.hidden {
            self.text().chars().map(|_| '•').collect()
        } else {
            self.text().chars().collect()
        };
        let room = usize::from(area.width);
        // As much of what stands before the cursor as there is room for, and the cursor.
        let (mut from, mut before) = (if focused { self.at } else { 0 }, 0);
        while let Some(c) = from.checked_sub(1).and_then(|at| shown.get(at)) {
            let wider = before + Span::raw(c.to_string()).width();
            if wider + 1 > room {
                break;
            }
            (from, before) = (from - 1, wider);
        }
        let text: String = shown.iter().skip(from).collect();
        buffer.set_stringn(area.x, area.y, &text, room, style);
        if focused && room > 0 {
            let x = area.x.saturating_add(u16::try_from(before).unwrap_or(u16::MAX));
            let cursor = Rect { x, width: 1, height: 1, ..area }.intersection(area);
            buffer.set_style(cursor, Style::new().add_modifier(Modifier::REVERSED));
        }
    }
}

/// The longest line, in bytes: access tokens and addresses are pasted, too. What is more than
/// that is cut off.
const MOST: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn press(editor: &mut Editor, code: KeyCode) {
        assert!(editor.on_key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    fn ctrl(editor: &mut Editor, c: char) {
        assert!(editor.on_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)));
    }

    #[test]
    fn it_is_typed_and_corrected_anywhere() {
        let mut editor = Editor::new("ad");
        press(&mut editor, KeyCode::Char('ä'));
        press(&mut editor, KeyCode::Left);
        press(&mut editor, KeyCode::Backspace);
        assert_eq!(editor.text(), "aä");
        press(&mut editor, KeyCode::Delete);
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn words_and_lines_are_removed_as_shells_do() {
        let mut editor = Editor::new("one two  ");
        ctrl(&mut editor, 'w');
        assert_eq!(editor.text(), "one ");
        ctrl(&mut editor, 'u');
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn a_pasted_line_loses_its_end() {
        let mut editor = Editor::default();
        editor.insert("https://shop.example/cb\n");
        assert_eq!(editor.text(), "https://shop.example/cb");
    }

    #[test]
    fn a_token_is_pasted_whole_and_no_line_grows_for_ever() {
        let mut editor = Editor::default();
        let token = "e".repeat(3000);
        editor.insert(&token);
        assert_eq!(editor.text(), token);
        editor.insert(&"ä".repeat(MOST));
        assert!((MOST - 1..=MOST).contains(&editor.text().len()), "{}", editor.text().len());
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        editor.draw(&mut buffer, Rect::new(0, 0, 10, 1), Style::new(), true);
        let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, format!("{} ", "ä".repeat(9)));
    }

    #[test]
    fn a_secret_is_not_drawn() {
        let mut editor = Editor::hidden();
        editor.insert("hunter2");
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        editor.draw(&mut buffer, Rect::new(0, 0, 10, 1), Style::new(), true);
        let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, "•••••••   ");
    }

    #[test]
    fn other_keys_are_not_its_own() {
        let mut editor = Editor::default();
        assert!(!editor.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
        assert!(!editor.on_key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL)));
    }
}
