//! The one table of keys: what is pressed, what it is called, and what it does.
//!
//! The help, the hints at the bottom and the palette are made from it, so no key can do
//! what is not written here, and nothing is written here that no key does.

mod actions;
mod bindings;
mod equal;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[cfg(test)]
use crate::form_spec::{Value, Values};
use crate::place::Kind;

pub(crate) use actions::{ACTIONS, ActionId};
pub(crate) use bindings::BINDINGS;

/// A key, as the table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    /// A character, as it is typed: a capital one is typed with Shift.
    Char(char),
    /// A digit but zero.
    Digit,
    /// A key that types nothing.
    Code(KeyCode),
    /// A character with Ctrl.
    Ctrl(char),
    /// Another key with Alt.
    Alt(KeyCode),
}

impl Press {
    /// Whether it is this one that was pressed.
    pub(crate) fn is(self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match self {
            Self::Char(c) => key.code == KeyCode::Char(c) && !ctrl && !alt,
            Self::Digit => matches!(key.code, KeyCode::Char('1'..='9')) && !ctrl && !alt,
            Self::Code(code) => key.code == code && !ctrl && !alt,
            Self::Ctrl(c) => key.code == KeyCode::Char(c) && ctrl && !alt,
            Self::Alt(code) => key.code == code && alt && !ctrl,
        }
    }

    /// Whether it does the same also while every key is text: no line has a use for it.
    pub(crate) const fn works_while_typing(self) -> bool {
        matches!(self, Self::Ctrl(_) | Self::Alt(_) | Self::Code(KeyCode::F(_)))
    }
}

impl From<Press> for KeyEvent {
    /// The key as if it was pressed.
    fn from(press: Press) -> Self {
        match press {
            Press::Char(c) => KeyCode::Char(c).into(),
            Press::Digit => KeyCode::Char('1').into(),
            Press::Code(code) => code.into(),
            Press::Ctrl(c) => Self::new(KeyCode::Char(c), KeyModifiers::CONTROL),
            Press::Alt(code) => Self::new(code, KeyModifiers::ALT),
        }
    }
}

/// The key that hints call by this name.
pub(crate) fn key_called(name: &str) -> Option<KeyEvent> {
    let mut keys = BINDINGS.iter().flat_map(|binding| binding.keys);
    keys.find(|press| press.to_string() == name).map(|press| (*press).into())
}

impl std::fmt::Display for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Char(' ') => f.write_str("Space"),
            Self::Char(c) => write!(f, "{c}"),
            Self::Digit => f.write_str("1-9"),
            Self::Code(code) => f.write_str(named(*code)),
            Self::Ctrl(c) => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            Self::Alt(code) => write!(f, "Alt-{}", named(*code)),
        }
    }
}

/// What a key that types nothing is called.
fn named(code: KeyCode) -> &'static str {
    match code {
        KeyCode::Up => "Up",
        KeyCode::Down => "Down",
        KeyCode::Left => "Left",
        KeyCode::Right => "Right",
        KeyCode::PageUp => "PgUp",
        KeyCode::PageDown => "PgDn",
        KeyCode::Home => "Home",
        KeyCode::End => "End",
        KeyCode::Enter => "Enter",
        KeyCode::Esc => "Esc",
        KeyCode::Tab => "Tab",
        KeyCode::BackTab => "Shift-Tab",
        KeyCode::F(1) => "F1",
        _ => "key",
    }
}

/// What is in front and gets the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// Any screen.
    Screen,
    /// A list.
    List,
    /// The page of one thing.
    Detail,
    /// The first screen.
    Home,
    /// The question of Why, where every key is text.
    Ask,
    /// A form.
    Form,
    /// A question whether to do it.
    Confirm,
    /// Something to read or to choose from, in front of a screen.
    Dialog,
}

/// What a key does, beside the actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Quit,
    Help,
    Palette,
    Back,
    HistoryBack,
    HistoryForward,
    /// The screen with this number in the menu, from 1.
    Tab(usize),
    NextTab,
    PreviousTab,
    Refresh,
    Theme,
    Repaint,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Filter,
    Sort,
    Reverse,
    Pane,
    Copy,
    Links,
    Equal,
    Submit,
    NextField,
    PreviousField,
    Reload,
    Yes,
    No,
    Close,
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    /// What is in front when the key does this.
    pub(crate) context: Context,
    /// The keys that do it; the first is the one that is shown.
    pub(crate) keys: &'static [Press],
    /// What it does.
    pub(crate) command: Command,
    /// What it does, in a word or two, for the hints; empty if it needs no hint.
    pub(crate) name: &'static str,
    /// What it does, in a sentence.
    pub(crate) help: &'static str,
    /// What the palette calls it; empty if it makes no sense there.
    pub(crate) palette: &'static str,
}

impl Binding {
    /// Its keys that count in a context.
    pub(crate) fn keys_in(&self, context: Context) -> impl Iterator<Item = &'static Press> {
        let is_text = context == Context::Ask && self.context == Context::Screen;
        self.keys.iter().filter(move |press| !is_text || press.works_while_typing())
    }
}

/// What a key does in a context.
pub(crate) fn command(context: Context, key: KeyEvent) -> Option<Command> {
    let here = BINDINGS.iter().filter(|binding| binding.context == context);
    let mut hits = here.filter(|binding| binding.keys.iter().any(|press| press.is(key)));
    hits.next().map(|binding| binding.command)
}

/// Whether an action is done on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// On the one that is chosen.
    Row,
    /// On none.
    Nothing,
}

/// Something that an operator can do with what the store holds.
#[derive(Debug)]
pub(crate) struct Action {
    /// Which one it is, for the desk.
    pub(crate) id: ActionId,
    /// The key that does it, on the lists and pages below.
    pub(crate) key: char,
    /// What it does, in a word or two, for the hints.
    pub(crate) name: &'static str,
    /// What it does, in a sentence.
    pub(crate) help: &'static str,
    /// What the palette calls it.
    pub(crate) palette: &'static str,
    /// What an operator needs to do it; nothing if empty.
    pub(crate) permission: &'static str,
    /// Where it is done.
    pub(crate) on: Kind,
    /// Whether a row has to be chosen.
    pub(crate) needs: Needs,
    /// The command that does the same, with gaps as `equal.rs` says.
    pub(crate) command: &'static str,
}

impl Action {
    /// The line of the table.
    pub(crate) fn of(id: ActionId) -> Option<&'static Self> {
        ACTIONS.iter().find(|action| action.id == id)
    }

    /// Whether it can be done on this kind of thing.
    pub(crate) fn is_on(&self, kind: Kind) -> bool {
        self.on == kind
    }
}

#[cfg(test)]
impl Values {
    /// Values from words.
    pub(crate) fn of_words(words: &[(&'static str, &str)]) -> Self {
        let fields = words.iter().map(|(key, word)| (*key, Value::Text((*word).to_owned())));
        Self { fields: fields.collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
