//! Every screen and every action, found by some letters of its name.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Dialog, Outcome, command, hints};
use crate::keys::{ActionId, Command, Context};
use crate::look::Look;
use crate::place::Place;
use crate::widgets::editor::Editor;
use crate::widgets::{frame, fuzzy};

/// What can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Choice {
    /// Go there.
    Go(Place),
    /// Do what a key does.
    Command(Command),
    /// Do this on what is chosen, or go where it can be done.
    Action(ActionId),
}

/// A line of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What is typed to find it.
    pub(crate) name: String,
    /// The key that does it without the palette.
    pub(crate) key: String,
    /// What it does, in a sentence.
    pub(crate) help: String,
    /// Whether it can be done here and now.
    pub(crate) available: bool,
    /// What it is.
    pub(crate) choice: Choice,
}

/// The dialog.
#[derive(Debug)]
pub(crate) struct Palette {
    entries: Vec<Entry>,
    typed: Editor,
    /// Those that match, the best first.
    hits: Vec<usize>,
    at: usize,
}

impl Palette {
    /// A palette of these.
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        let mut palette = Self { entries, typed: Editor::default(), hits: Vec::new(), at: 0 };
        palette.find();
        palette
    }

    fn find(&mut self) {
        let typed = self.typed.text();
        let scored = self.entries.iter().enumerate().filter_map(|(number, entry)| {
            let score = fuzzy::score(typed, &entry.name)?;
            // What can be done here comes first among equals; the order of the table
            // decides where nothing is typed.
            let score = if typed.trim().is_empty() { 0 } else { score };
            Some((score + if entry.available { 50 } else { 0 }, number))
        });
        let mut scored: Vec<_> = scored.collect();
        scored.sort_by_key(|&(score, number)| (std::cmp::Reverse(score), number));
        self.hits = scored.into_iter().map(|(_, number)| number).collect();
        self.at = 0;
    }

    fn chosen(&self) -> Option<&Entry> {
        self.hits.get(self.at).and_then(|&number| self.entries.get(number))
    }

    fn choose(&self) -> Outcome {
        let choice = self.chosen().map(|entry| entry.choice.clone());
        choice.map_or(Outcome::Stays, Outcome::Chosen)
    }

    /// Where the lines are, between what is typed and the help, and the first that is drawn.
    fn list(&self, inside: Rect) -> (Rect, usize) {
        let list = frame::below(inside, 1);
        let list = Rect { height: list.height.saturating_sub(1), ..list };
        (list, (self.at + 1).saturating_sub(usize::from(list.height)))
    }
}

impl Dialog for Palette {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        let last = self.hits.len().saturating_sub(1);
        // Letters are typed, whatever else they do in dialogs.
        let letter = matches!(key.code, KeyCode::Char(_));
        match command(Context::Dialog, key).filter(|_| !letter) {
            Some(Command::Up) => self.at = self.at.saturating_sub(1),
            Some(Command::Down) => self.at = (self.at + 1).min(last),
            Some(Command::PageUp) => self.at = self.at.saturating_sub(10),
            Some(Command::PageDown) => self.at = (self.at + 10).min(last),
            Some(Command::Close) => return Outcome::Close,
            Some(Command::Open) => return self.choose(),
            _ => {
                if self.typed.on_key(key) {
                    self.find();
                }
            }
        }
        Outcome::Stays
    }

    fn on_paste(&mut self, text: &str) {
        self.typed.insert(text);
        self.find();
    }

    fn place(&self, area: Rect) -> Rect {
        frame::middle(area, 72, 18)
    }

    fn keys(&self) -> String {
        hints(Context::Dialog, &[Command::Open, Command::Close])
    }

    /// A click chooses.
    fn on_click(&mut self, at: Position, inside: Rect) -> Outcome {
        let (list, top) = self.list(inside);
        if !list.contains(at) {
            return Outcome::Stays;
        }
        let clicked = top + usize::from(at.y - list.y);
        if clicked >= self.hits.len() {
            return Outcome::Stays;
        }
        self.at = clicked;
        self.choose()
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let inner = frame::dialog(buffer, place, "Go to or do", &self.keys(), look);
        buffer.set_stringn(inner.x, inner.y, ":", 1, look.theme.accent);
        let line =
            Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), height: 1, ..inner };
        self.typed.draw(buffer, line, look.theme.strong, true);
        let (list, top) = self.list(inner);
        let found = self.hits.iter().filter_map(|&number| self.entries.get(number));
        for ((number, entry), row) in found.enumerate().skip(top).zip(0..list.height) {
            draw_entry(buffer, frame::line(list, row), entry, number == self.at, look);
        }
        let help = self.chosen().map_or("Nothing has such a name.", |entry| &entry.help);
        let bottom = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let help = crate::widgets::shortened::cut(help, usize::from(bottom.width));
        buffer.set_stringn(bottom.x, bottom.y, help, usize::from(bottom.width), look.theme.quiet);
    }
}

fn draw_entry(buffer: &mut Buffer, area: Rect, entry: &Entry, chosen: bool, look: &Look) {
    let style = match (chosen, entry.available) {
        (true, _) => look.theme.chosen,
        (_, true) => Style::new(),
        (_, false) => look.theme.quiet,
    };
    buffer.set_style(area, style);
    let sign = if chosen { "›" } else { " " };
    let name = format!("{sign} {}", entry.name);
    buffer.set_stringn(area.x, area.y, name, usize::from(area.width), style);
    let width = u16::try_from(entry.key.chars().count()).unwrap_or(0);
    let x = area.right().saturating_sub(width + 1);
    buffer.set_stringn(x, area.y, &entry.key, usize::from(width), style);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, available: bool) -> Entry {
        let choice = Choice::Go(Place::Home);
        Entry { name: name.to_owned(), key: "x".to_owned(), help: String::new(), available, choice }
    }

    fn names(palette: &Palette) -> Vec<&str> {
        palette.hits.iter().map(|&number| palette.entries[number].name.as_str()).collect()
    }

    #[test]
    fn what_can_be_done_here_comes_first_and_typing_finds_the_rest() {
        let entries =
            vec![entry("client: delete", false), entry("users", true), entry("quit", true)];
        let mut palette = Palette::new(entries);
        assert_eq!(names(&palette), ["users", "quit", "client: delete"]);
        for c in "cd".chars() {
            palette.on_key(KeyCode::Char(c).into());
        }
        assert_eq!(names(&palette), ["client: delete"]);
        assert_eq!(palette.on_key(KeyCode::Enter.into()), Outcome::Chosen(Choice::Go(Place::Home)));
    }

    #[test]
    fn letters_that_do_something_in_other_dialogs_are_typed() {
        let mut palette = Palette::new(vec![entry("y", true)]);
        assert_eq!(palette.on_key(KeyCode::Char('y').into()), Outcome::Stays);
        assert_eq!(names(&palette), ["y"]);
    }
}
