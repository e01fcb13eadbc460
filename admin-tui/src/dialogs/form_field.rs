//! A field of a form that is filled in.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::form_spec::{Field, FieldKind, Value};
use crate::look::Look;
use crate::widgets::editor::Editor;

/// What is typed into it.
#[derive(Debug)]
enum Input {
    Line(Editor),
    /// The words, which one it is, and what was typed to find it.
    Choice(Vec<String>, usize, String),
    Lines(Vec<Editor>, usize),
    Flag(bool),
    Fixed(String),
}

/// The field.
#[derive(Debug)]
pub(super) struct FilledField {
    pub(super) field: Field,
    input: Input,
    /// Whether the operator changed it.
    pub(super) touched: bool,
    /// What the desk said of what it held when it was sent.
    refused: Option<String>,
}

impl FilledField {
    /// A field that holds the present value.
    pub(super) fn new(field: Field) -> Self {
        let input = match &field.kind {
            FieldKind::Text(text) => Input::Line(Editor::new(text)),
            FieldKind::Secret => Input::Line(Editor::hidden()),
            FieldKind::Choice { words, chosen } => {
                let at = words.iter().position(|word| word == chosen).unwrap_or(0);
                Input::Choice(words.clone(), at, String::new())
            }
            FieldKind::Lines(lines) => {
                let filled = lines.iter().filter(|line| !line.is_empty());
                let mut editors: Vec<_> = filled.map(|line| Editor::new(line)).collect();
                editors.push(Editor::default());
                Input::Lines(editors, 0)
            }
            FieldKind::Flag(yes) => Input::Flag(*yes),
            FieldKind::Fixed(text) => Input::Fixed(text.clone()),
        };
        Self { field, input, touched: false, refused: None }
    }

    /// Whether it can have the cursor.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.input, Input::Fixed(_))
    }

    /// Whether a blank changes it to the next of what it can be.
    pub(super) fn is_turned(&self) -> bool {
        matches!(self.input, Input::Flag(_) | Input::Choice(..))
    }

    /// What it holds; nothing if it is only shown.
    pub(super) fn value(&self) -> Option<Value> {
        Some(match &self.input {
            Input::Line(editor) if matches!(self.field.kind, FieldKind::Secret) => {
                Value::Secret(editor.secret())
            }
            Input::Line(editor) => Value::Text(editor.text().to_owned()),
            Input::Choice(words, at, _) => Value::Text(words.get(*at).cloned().unwrap_or_default()),
            Input::Lines(lines, _) => {
                Value::Lines(lines.iter().map(|line| line.text().to_owned()).collect())
            }
            Input::Flag(yes) => Value::Flag(*yes),
            Input::Fixed(_) => return None,
        })
    }

    /// What is wrong with what it holds.
    pub(super) fn problem(&self) -> Option<String> {
        if let Some(refused) = &self.refused {
            return Some(refused.clone());
        }
        let check = |text: &str| (self.field.check)(text).err();
        match &self.input {
            Input::Line(editor) => check(editor.text()),
            Input::Choice(words, at, _) => words.get(*at).and_then(|word| check(word)),
            Input::Lines(lines, _) => {
                let mut filled = lines.iter().filter(|line| !line.text().trim().is_empty());
                filled.find_map(|line| check(line.text()))
            }
            Input::Flag(_) | Input::Fixed(_) => None,
        }
    }

    /// The desk could not use what it holds.
    pub(super) fn refuse(&mut self, why: String) {
        self.refused = Some(why);
    }

    /// A key was pressed; false if the key is not the field's own.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> bool {
        let taken = match &mut self.input {
            Input::Line(editor) => editor.on_key(key),
            Input::Choice(words, at, typed) => on_choice_key(words, at, typed, key),
            Input::Flag(yes) => {
                let turned =
                    matches!(key.code, KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right);
                *yes ^= turned;
                turned
            }
            Input::Lines(lines, at) => on_lines_key(lines, at, key),
            Input::Fixed(_) => false,
        };
        self.touched |= taken;
        if taken {
            self.refused = None;
        }
        taken
    }

    /// Something was pasted; each line of it is a line of a field that has several.
    pub(super) fn on_paste(&mut self, text: &str) {
        match &mut self.input {
            Input::Line(editor) => editor.insert(text),
            Input::Lines(lines, at) => {
                for line in text.lines() {
                    if let Some(editor) = lines.get_mut(*at) {
                        editor.insert(line);
                    }
                    *at += 1;
                    lines.insert((*at).min(lines.len()), Editor::default());
                }
            }
            _ => return,
        }
        self.touched = true;
        self.refused = None;
    }

    /// How many rows the value takes.
    pub(super) fn height(&self) -> u16 {
        match &self.input {
            Input::Lines(lines, _) => u16::try_from(lines.len()).unwrap_or(u16::MAX),
            _ => 1,
        }
    }

    /// Draws the value.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, focused: bool, look: &Look) {
        let room = usize::from(area.width);
        match &self.input {
            Input::Line(editor) => editor.draw(buffer, area, Style::new(), focused),
            Input::Choice(words, at, typed) => {
                let word = words.get(*at).map_or("", String::as_str);
                let style = if focused { look.theme.chosen } else { Style::new() };
                let text = format!("‹ {word} ›");
                let (x, _) = buffer.set_stringn(area.x, area.y, text, room, style);
                let found =
                    if typed.is_empty() { String::new() } else { format!(" has {typed:?}") };
                let note = format!("  {} of {}{found}", at + 1, words.len());
                if focused && words.len() > 4 {
                    let room = usize::from(area.right().saturating_sub(x));
                    buffer.set_stringn(x, area.y, note, room, look.theme.quiet);
                }
            }
            Input::Flag(yes) => {
                let text = if *yes { "[x] yes" } else { "[ ] no" };
                let style = if focused { look.theme.chosen } else { Style::new() };
                buffer.set_stringn(area.x, area.y, text, room, style);
            }
            Input::Fixed(text) => {
                buffer.set_stringn(area.x, area.y, text, room, look.theme.quiet);
            }
            Input::Lines(lines, at) => {
                for ((number, line), row) in lines.iter().enumerate().zip(0..area.height) {
                    let place = Rect { y: area.y + row, height: 1, ..area };
                    line.draw(buffer, place, Style::new(), focused && number == *at);
                }
            }
        }
    }
}

/// Keys in a field with words to choose from: letters find the first word that has them.
fn on_choice_key(words: &[String], at: &mut usize, typed: &mut String, key: KeyEvent) -> bool {
    let count = words.len().max(1);
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Left => *at = (*at + count - 1) % count,
        KeyCode::Right | KeyCode::Char(' ') => *at = (*at + 1) % count,
        KeyCode::Backspace => {
            typed.pop();
            return true;
        }
        KeyCode::Char(c) if plain => {
            let has = |sought: &str| {
                let begins = words.iter().position(|word| word.to_lowercase().starts_with(sought));
                begins
                    .or_else(|| words.iter().position(|word| word.to_lowercase().contains(sought)))
            };
            let longer = format!("{typed}{}", c.to_lowercase());
            let anew = c.to_lowercase().to_string();
            if let Some(found) = has(&longer) {
                (*at, *typed) = (found, longer);
            } else if let Some(found) = has(&anew) {
                (*at, *typed) = (found, anew);
            }
            return true;
        }
        _ => return false,
    }
    typed.clear();
    true
}

/// Keys in a field of several lines: Enter begins another, an empty last one leads on.
fn on_lines_key(lines: &mut Vec<Editor>, at: &mut usize, key: KeyEvent) -> bool {
    let empty = lines.get(*at).is_none_or(|line| line.text().is_empty());
    match key.code {
        KeyCode::Up if *at > 0 => *at -= 1,
        KeyCode::Down if *at + 1 < lines.len() => *at += 1,
        KeyCode::Enter if !empty => {
            *at += 1;
            lines.insert(*at, Editor::default());
        }
        KeyCode::Backspace if empty && lines.len() > 1 => {
            lines.remove(*at);
            *at = at.saturating_sub(1);
        }
        KeyCode::Up | KeyCode::Down | KeyCode::Enter => return false,
        _ => return lines.get_mut(*at).is_some_and(|line| line.on_key(key)),
    }
    true
}
