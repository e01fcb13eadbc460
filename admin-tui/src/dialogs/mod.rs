//! What stands in front of a screen, gets all keys, and goes away again.

mod confirm;
mod form;
mod form_field;
mod help;
mod menu;
mod palette;
mod progress;
mod shown;

pub(crate) use confirm::Confirm;
pub(crate) use form::Form;
pub(crate) use help::Help;
pub(crate) use menu::Menu;
pub(crate) use palette::{Choice, Entry, Palette};
pub(crate) use progress::ProgressDialog;
pub(crate) use shown::Shown;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::form_spec::Values;
use crate::keys::{BINDINGS, Command, Context, command, key_called};
use crate::look::Look;
use crate::place::Place;
use crate::widgets::frame;

/// What a dialog wants done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// It stays as it is.
    Stays,
    /// It goes away.
    Close,
    /// It goes away, and this is where to go.
    Go(Place),
    /// It goes away, and this was chosen.
    Chosen(Choice),
    /// Put a text on the clipboard.
    Copy(String),
    /// What was typed is complete.
    Submit(Values),
    /// The form is to be filled with what the store holds by now.
    Reload,
    /// The answer is yes.
    Yes,
    /// Show the command that does the same.
    Equal,
    /// The work is to be broken off.
    Cancel,
}

/// Something in front of a screen.
pub(crate) trait Dialog {
    /// A key was pressed.
    fn on_key(&mut self, key: KeyEvent) -> Outcome;
    /// Something was pasted.
    fn on_paste(&mut self, _text: &str) {}
    /// Where it is in the area: in the middle.
    fn place(&self, area: Rect) -> Rect;
    /// The hints at its bottom: keys and what they do, with two blanks between them.
    fn keys(&self) -> String;
    /// Somebody clicked at what is inside of its frame.
    fn on_click(&mut self, _at: Position, _inside: Rect) -> Outcome {
        Outcome::Stays
    }
    /// Draws it, at its place.
    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look);
}

/// Somebody clicked: a hint at the bottom does what its key does, and the rest is the dialog's.
pub(crate) fn click(dialog: &mut dyn Dialog, at: Position, area: Rect) -> Outcome {
    let place = dialog.place(area);
    let inside = frame::inside(place);
    if inside.contains(at) {
        return dialog.on_click(at, inside);
    }
    if !place.contains(at) || at.y + 1 < place.bottom() {
        return Outcome::Stays;
    }
    let keys = dialog.keys();
    let name = frame::hint_at(place, &keys, at.x).and_then(|hint| hint.split(' ').next());
    name.and_then(key_called).map_or(Outcome::Stays, |key| dialog.on_key(key))
}

/// The hints of a dialog: the keys of these commands, with their names.
fn hints(context: Context, commands: &[Command]) -> String {
    let named = |command: &Command| {
        let mut here = BINDINGS.iter().filter(|binding| binding.context == context);
        let binding = here.find(|binding| binding.command == *command)?;
        Some(format!("{} {}", binding.keys.first()?, binding.name))
    };
    commands.iter().filter_map(named).collect::<Vec<_>>().join("  ")
}
