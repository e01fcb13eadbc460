//! What every key does here, made from the table of keys.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Dialog, Outcome, command, hints};
use crate::keys::{Action, BINDINGS, Command, Context};
use crate::look::Look;
use crate::widgets::frame;

/// The dialog.
#[derive(Debug)]
pub(crate) struct Help {
    /// Keys and sentences; a line without a key is a title.
    lines: Vec<(String, &'static str)>,
    top: u16,
}

impl Help {
    /// The help of a context, with the actions that can be done there, and with the keys of
    /// what asks before they are done.
    pub(crate) fn new(context: Context, actions: &[&'static Action]) -> Self {
        let mut lines = Vec::new();
        if !actions.is_empty() {
            lines.push((String::new(), "Actions"));
            lines.extend(actions.iter().map(|action| (action.key.to_string(), action.help)));
        }
        let mut contexts = vec![("Here", context), ("Everywhere", Context::Screen)];
        if !actions.is_empty() {
            contexts.push(("In forms", Context::Form));
            contexts.push(("Before it is done", Context::Confirm));
        }
        for (title, wanted) in contexts {
            let here = BINDINGS.iter().filter(|binding| binding.context == wanted);
            let here: Vec<_> = here
                .map(|binding| {
                    let keys: Vec<_> = binding.keys_in(context).map(ToString::to_string).collect();
                    (keys.join(" "), binding.help)
                })
                .filter(|(keys, _)| !keys.is_empty())
                .collect();
            let again = title == "Here" && wanted == Context::Screen;
            if !here.is_empty() && !again {
                lines.push((String::new(), title));
                lines.extend(here);
            }
        }
        Self { lines, top: 0 }
    }

    /// How many rows it would take, in a frame of this width.
    fn height(&self, width: u16) -> u16 {
        let room = width.saturating_sub(4 + KEYS);
        self.lines.iter().map(|(_, help)| frame::lines(help, room)).sum()
    }
}

impl Dialog for Help {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        let last = u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_sub(1);
        let by: i32 = match command(Context::Dialog, key) {
            Some(Command::Up) => -1,
            Some(Command::Down) => 1,
            Some(Command::PageUp) => -15,
            Some(Command::PageDown) => 15,
            Some(_) => return Outcome::Close,
            None if command(Context::Screen, key) == Some(Command::Help) => return Outcome::Close,
            None => 0,
        };
        let top = i32::from(self.top) + by;
        self.top = u16::try_from(top.max(0)).unwrap_or(0).min(last);
        Outcome::Stays
    }

    fn place(&self, area: Rect) -> Rect {
        let width = WIDTH.min(area.width);
        frame::middle(area, width, self.height(width) + 2)
    }

    fn keys(&self) -> String {
        "Up Down scroll  ".to_owned() + &hints(Context::Dialog, &[Command::Close])
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let needed = self.height(place.width);
        let inner = frame::dialog(buffer, place, "Keys", &self.keys(), look);
        let mut left = inner;
        // The last page is always full.
        let top = self.top.min(needed.saturating_sub(inner.height));
        for (keys, help) in self.lines.iter().skip(usize::from(top)) {
            if left.height == 0 {
                break;
            }
            if keys.is_empty() {
                buffer.set_stringn(
                    left.x,
                    left.y,
                    help,
                    usize::from(left.width),
                    look.theme.accent,
                );
                left = frame::below(left, 1);
                continue;
            }
            buffer.set_stringn(left.x + 1, left.y, keys, usize::from(KEYS - 2), look.theme.strong);
            let text = Rect { x: left.x + KEYS, width: left.width.saturating_sub(KEYS), ..left };
            left = frame::below(left, frame::text(buffer, text, help, Style::new()));
        }
    }
}

/// The width of the dialog, if there is room.
const WIDTH: u16 = 100;

/// The width of the keys' column.
const KEYS: u16 = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ACTIONS;
    use crate::place::Kind;
    use crate::testing;

    #[test]
    fn it_names_every_key_of_the_context_and_every_action_that_can_be_done() {
        let actions: Vec<_> = ACTIONS.iter().filter(|action| action.is_on(Kind::Users)).collect();
        let help = Help::new(Context::List, &actions);
        for (width, height) in testing::SIZES {
            let text = testing::drawn_dialog(&help, width, height);
            testing::assert_snapshot("help", (width, height), &text);
        }
        let text = testing::drawn_dialog(&help, 160, 90);
        assert!(text.contains("Ctrl-O") && text.contains("Before it is done"), "{text}");
        for action in actions {
            assert!(text.contains(action.help), "{}", action.help);
        }
        assert!(!text.contains("Deletes a client"));
    }
}
