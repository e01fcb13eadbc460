//! Some lines to choose from.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Dialog, Outcome, command, hints};
use crate::keys::{Command, Context};
use crate::look::Look;
use crate::view::Link;
use crate::widgets::frame;

/// Where one may go, or what one may copy.
#[derive(Debug)]
pub(crate) struct Menu {
    title: String,
    lines: Vec<(String, Outcome)>,
    at: usize,
}

impl Menu {
    /// Places to go to.
    pub(crate) fn of_links(title: String, links: Vec<Link>) -> Self {
        let line = |link: Link| (link.name, Outcome::Go(link.place));
        Self { title, lines: links.into_iter().map(line).collect(), at: 0 }
    }

    /// Texts to copy.
    pub(crate) fn of_texts(title: String, texts: Vec<String>) -> Self {
        let line = |text: String| (text.clone(), Outcome::Copy(text));
        Self { title, lines: texts.into_iter().map(line).collect(), at: 0 }
    }

    /// The first line that is drawn.
    fn top(&self, inside: Rect) -> usize {
        (self.at + 1).saturating_sub(usize::from(inside.height))
    }

    fn chosen(&self) -> Option<&Outcome> {
        self.lines.get(self.at).map(|(_, outcome)| outcome)
    }
}

impl Dialog for Menu {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        match command(Context::Dialog, key) {
            Some(Command::Up) => self.at = self.at.saturating_sub(1),
            Some(Command::Down) => self.at = (self.at + 1).min(self.lines.len().saturating_sub(1)),
            Some(Command::Open) => return self.chosen().cloned().unwrap_or(Outcome::Stays),
            Some(Command::Copy) => {
                let copied = self.chosen().filter(|chosen| matches!(chosen, Outcome::Copy(_)));
                return copied.cloned().unwrap_or(Outcome::Stays);
            }
            Some(Command::Close) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stays
    }

    fn place(&self, area: Rect) -> Rect {
        let longest = self.lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let width = u16::try_from(longest + 6).unwrap_or(area.width).max(40);
        let height = u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        frame::middle(area, width, height)
    }

    fn keys(&self) -> String {
        hints(Context::Dialog, &[Command::Open, Command::Close])
    }

    /// A click chooses.
    fn on_click(&mut self, at: Position, inside: Rect) -> Outcome {
        let clicked = self.top(inside) + usize::from(at.y - inside.y);
        if clicked >= self.lines.len() {
            return Outcome::Stays;
        }
        self.at = clicked;
        self.chosen().cloned().unwrap_or(Outcome::Stays)
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let inner = frame::dialog(buffer, place, &self.title, &self.keys(), look);
        let top = self.top(inner);
        let shown = self.lines.iter().enumerate().skip(top).zip(0..inner.height);
        for ((number, (name, _)), row) in shown {
            let line = frame::line(inner, row);
            let chosen = number == self.at;
            let style = if chosen { look.theme.chosen } else { Style::new() };
            let sign = if chosen { "›" } else { " " };
            buffer.set_style(line, style);
            buffer.set_stringn(
                line.x,
                line.y,
                format!("{sign} {name}"),
                usize::from(line.width),
                style,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::place::{Kind, Place};

    #[test]
    fn the_line_under_the_cursor_is_where_one_goes() {
        let place = |kind| Place::List(kind, None);
        let link = |kind: Kind| Link { name: kind.title().to_owned(), place: place(kind) };
        let mut menu = Menu::of_links("ada".to_owned(), vec![link(Kind::Users), link(Kind::Keys)]);
        menu.on_key(KeyCode::Down.into());
        menu.on_key(KeyCode::Down.into());
        assert_eq!(menu.on_key(KeyCode::Char('y').into()), Outcome::Stays);
        assert_eq!(menu.on_key(KeyCode::Enter.into()), Outcome::Go(place(Kind::Keys)));
    }
}
