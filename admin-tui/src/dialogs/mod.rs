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
use ratatui::layout::Rect;

use crate::form_spec::Values;
use crate::keys::{BINDINGS, Command, Context, command};
use crate::look::Look;
use crate::place::Place;

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
    /// Draws it, in the middle of the area.
    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look);
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
