//! The one table of keys: what is pressed, what it is called, and what it does.
//!
//! The help, the hints at the bottom and the palette are made from it, so no key can do
//! what is not written here, and nothing is written here that no key does.

mod actions;
mod bindings;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use shared::quoted;

use crate::form_spec::{Value, Values};
use crate::place::{Kind, Target};

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
    /// The command that does the same. `{id}` and `{name}` are the row's, `{scope}` is the id
    /// of what the list is about; `{changed}` stands for every field that was changed, as
    /// `field=value`; any other word is what was typed into the field of that name. With
    /// `:1` it is the first word of that, and so on.
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

    /// The command that does the same, ready for a shell. A part in brackets is there as
    /// often as something was typed into the field that it names.
    pub(crate) fn equal_command(&self, target: &Target, values: &Values) -> String {
        let mut command = String::new();
        for part in parts(self.command) {
            match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
                None => command.push_str(&fill(part, target, values)),
                Some(part) => {
                    let (before, after) = part.split_once('{').unwrap_or((part, ""));
                    let (name, after) = after.split_once('}').unwrap_or((after, ""));
                    for value in known(name, target, values) {
                        command.extend([before, &value, after]);
                    }
                }
            }
        }
        command
    }
}

/// A command cut before and after its brackets.
fn parts(command: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = command;
    while let Some((before, after)) = rest.find('[').map(|at| rest.split_at(at)) {
        let (inside, behind) = after.split_at(after.find(']').map_or(after.len(), |at| at + 1));
        parts.extend([before, inside]);
        rest = behind;
    }
    parts.push(rest);
    parts
}

/// Puts what is known in the place of names in braces; what is not known stays a name,
/// in capitals.
fn fill(part: &str, target: &Target, values: &Values) -> String {
    let mut filled = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        let value = known(name, target, values).into_iter().next();
        filled.push_str(before);
        filled.push_str(&value.unwrap_or_else(|| name.to_uppercase()));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// What is known under a name, ready for a shell: nothing, once, or several times. A name
/// with a question mark is a yes, which has no text.
fn known(name: &str, target: &Target, values: &Values) -> Vec<String> {
    if let Some(flag) = name.strip_prefix('?') {
        return values.flag(flag).then(String::new).into_iter().collect();
    }
    let (name, word) = name.split_once(':').map_or((name, None), |(name, number)| {
        (name, number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)))
    });
    let mut texts = match name {
        "id" => vec![target.id.clone()],
        "name" => vec![target.name.clone()],
        "scope" => target.scope.iter().map(|scope| scope.id.clone()).collect(),
        "changed" => {
            let changed = values.touched.iter().filter_map(|key| {
                let text = values.plain(key)?.replace('\n', " ");
                Some(format!("{key}={text}"))
            });
            return changed.map(|text| quoted(&text)).collect();
        }
        field => match values.find(field) {
            Some(Value::Lines(_)) => values.lines(field),
            _ => values.plain(field).into_iter().collect(),
        },
    };
    if let Some(word) = word {
        let words =
            texts.iter().map(|text| text.split(' ').nth(word).unwrap_or_default().to_owned());
        texts = words.collect();
    }
    texts.iter().filter(|text| !text.is_empty()).map(|text| quoted(text)).collect()
}

impl Values {
    /// Values from words.
    #[cfg(test)]
    pub(crate) fn of_words(words: &[(&'static str, &str)]) -> Self {
        let fields = words.iter().map(|(key, word)| (*key, Value::Text((*word).to_owned())));
        Self { fields: fields.collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
