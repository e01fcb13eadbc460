//! What an action needs to know, typed and checked as it is typed.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::form_field::FilledField;
use super::{Dialog, Outcome, command, hints};
use crate::form_spec::{FormSpec, Values, Whole};
use crate::keys::{Command, Context};
use crate::look::Look;
use crate::source::Trouble;
use crate::widgets::frame;

/// From this many columns on, a form is wider: addresses are long.
const WIDE: u16 = 120;

/// From more fields on, they stand without gaps.
const MANY: usize = 9;

/// The dialog.
#[derive(Debug)]
pub(crate) struct Form {
    title: String,
    version: String,
    fields: Vec<FilledField>,
    whole: Whole,
    /// What is wrong with the fields together, and which of them it is.
    wrong: Option<(&'static str, String)>,
    at: usize,
    /// What the desk said.
    said: String,
    /// Whether somebody else changed what this form is about.
    changed: bool,
    /// Whether somebody tried to go on: from then on all errors are shown.
    tried: bool,
}

impl Form {
    /// A form with the present values.
    pub(crate) fn new(spec: FormSpec) -> Self {
        let fields: Vec<_> = spec.fields.into_iter().map(FilledField::new).collect();
        let at = fields.iter().position(FilledField::is_open).unwrap_or(0);
        let mut form = Self {
            title: spec.title,
            version: spec.version,
            fields,
            whole: spec.whole,
            wrong: None,
            at,
            said: String::new(),
            changed: false,
            tried: false,
        };
        form.check();
        form
    }

    /// Looks what is wrong with the fields together.
    fn check(&mut self) {
        if self.whole.is_some() {
            self.wrong = self.whole.problem(&self.values());
        }
    }

    /// What is wrong with a field.
    fn wrong_with(&self, field: &FilledField) -> Option<String> {
        let here = |wrong: &&(&str, String)| wrong.0 == field.field.key;
        field.problem().or_else(|| self.wrong.as_ref().filter(here).map(|(_, why)| why.clone()))
    }

    /// What was typed so far.
    pub(crate) fn values(&self) -> Values {
        let filled = |field: &FilledField| Some((field.field.key, field.value()?));
        let fields = self.fields.iter().filter_map(filled).collect();
        let touched = self.fields.iter().filter(|field| field.touched);
        let touched = touched.map(|field| field.field.key).collect();
        Values { version: self.version.clone(), fields, touched }
    }

    /// It was not done; or it may be done, if the answer to that was lost. Nothing that was
    /// typed is lost.
    pub(crate) fn fail(&mut self, trouble: Trouble, may_be_done: bool) {
        self.changed = matches!(trouble, Trouble::Changed(_));
        // The rules name the field first.
        let named = match &trouble {
            Trouble::Field(key, why) => Some((*key, why.as_str())),
            Trouble::Refused(why) => why.split_once(": "),
            _ => None,
        };
        if let Some((key, why)) = named
            && let Some(number) = self.fields.iter().position(|field| field.field.key == key)
        {
            self.at = number;
            self.said.clear();
            if let Some(field) = self.fields.get_mut(number) {
                field.refuse(why.to_owned());
            }
            return;
        }
        self.said = match trouble {
            Trouble::Gone(why) if may_be_done => {
                let look = "Look whether it was done before you try again.";
                format!("The store does not answer: {why}. {look}")
            }
            Trouble::Gone(why) => format!("The store does not answer: {why}. Try again."),
            Trouble::Changed(why) => {
                format!("{why}. What you typed is kept; Ctrl-R loads what is there by now.")
            }
            other => other.words().to_owned(),
        };
    }

    /// Takes what the store holds by now, but where something was typed.
    pub(crate) fn reload(&mut self, spec: FormSpec) {
        let old = std::mem::take(&mut self.fields);
        self.fields = spec.fields.into_iter().map(FilledField::new).collect();
        for typed in old.into_iter().filter(|field| field.touched) {
            let same = self.fields.iter_mut().find(|field| field.field.key == typed.field.key);
            if let Some(field) = same {
                *field = typed;
            }
        }
        self.version = spec.version;
        self.whole = spec.whole;
        self.changed = false;
        self.check();
        "The fields that you did not touch are as the store has them.".clone_into(&mut self.said);
    }

    fn move_to(&mut self, down: bool) {
        let count = self.fields.len();
        let mut at = self.at;
        for _ in 0..count {
            at = if down { at + 1 } else { at + count - 1 } % count.max(1);
            if self.fields.get(at).is_some_and(FilledField::is_open) {
                break;
            }
        }
        self.at = at;
    }

    fn is_last(&self) -> bool {
        let last = self.fields.iter().rposition(FilledField::is_open);
        last.is_none_or(|last| self.at >= last)
    }

    fn submit(&mut self) -> Outcome {
        self.tried = true;
        let wrong = self.fields.iter().position(|field| self.wrong_with(field).is_some());
        if let Some(wrong) = wrong {
            self.at = wrong;
            return Outcome::Stays;
        }
        self.said.clear();
        if let Some((key, why)) = &self.wrong {
            self.said = format!("{key}: {why}");
            return Outcome::Stays;
        }
        Outcome::Submit(self.values())
    }
}

impl Dialog for Form {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        let in_field = self.fields.get_mut(self.at).is_some_and(|field| field.on_key(key));
        if in_field {
            self.check();
            return Outcome::Stays;
        }
        match command(Context::Form, key) {
            Some(Command::Submit) => self.submit(),
            Some(Command::NextField) => {
                self.move_to(true);
                Outcome::Stays
            }
            Some(Command::PreviousField) => {
                self.move_to(false);
                Outcome::Stays
            }
            Some(Command::Reload) => Outcome::Reload,
            Some(Command::Equal) => Outcome::Equal,
            Some(Command::Close) => Outcome::Close,
            _ if key.code == KeyCode::Enter && self.is_last() => self.submit(),
            _ if key.code == KeyCode::Enter => {
                self.move_to(true);
                Outcome::Stays
            }
            _ => Outcome::Stays,
        }
    }

    fn on_paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.at) {
            field.on_paste(text);
        }
        self.check();
    }

    fn place(&self, area: Rect) -> Rect {
        let width = if area.width < WIDE { 76 } else { 110 }.min(area.width);
        let room = width.saturating_sub(4);
        let values: u16 = self.fields.iter().map(|field| self.height(field, room)).sum();
        // A blank, the fields with a line for what is wrong below each, and the help.
        frame::middle(area, width, values + self.said_height(room) + 6)
    }

    fn keys(&self) -> String {
        let mut shown = vec![Command::Submit, Command::NextField, Command::Equal, Command::Close];
        if self.changed {
            shown.push(Command::Reload);
        }
        hints(Context::Form, &shown)
    }

    /// A click goes to a field; another one there turns it, if it is one of several words.
    fn on_click(&mut self, at: Position, inside: Rect) -> Outcome {
        let places = self.places(self.body(inside));
        let hit = places.iter().find(|(_, place)| place.contains(at));
        let Some(number) = hit.map(|(number, _)| *number) else { return Outcome::Stays };
        let field = self.fields.get(number);
        if number == self.at && field.is_some_and(FilledField::is_turned) {
            return self.on_key(KeyCode::Char(' ').into());
        }
        if field.is_some_and(FilledField::is_open) {
            self.at = number;
        }
        Outcome::Stays
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let inner = frame::dialog(buffer, place, &self.shown_title(), &self.keys(), look);
        self.draw_fields(buffer, self.body(inner), look);
        let said = self.said_height(inner.width);
        let left = frame::below(inner, inner.height.saturating_sub(said + 2));
        if said > 0 {
            frame::text(buffer, left, &self.said, look.theme.wrong);
        }
        let help = self.fields.get(self.at).map_or("", |field| field.field.help);
        frame::text(buffer, frame::below(left, said), help, look.theme.quiet);
    }
}

impl Form {
    fn draw_fields(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let label = self.label_width();
        for (number, left) in self.places(area) {
            let Some(field) = self.fields.get(number) else { break };
            let focused = number == self.at;
            let style = if focused { look.theme.accent } else { look.theme.quiet };
            let sign = if focused { "›" } else { " " };
            let text = format!("{sign} {}", field.field.label);
            buffer.set_stringn(left.x, left.y, text, usize::from(label), style);
            let value = Rect { x: left.x + label, width: left.width.saturating_sub(label), ..left };
            field.draw(
                buffer,
                Rect { height: field.height().min(left.height), ..value },
                focused,
                look,
            );
            if let Some(problem) = self.problem(field) {
                let place = frame::below(value, field.height());
                frame::text(buffer, place, &problem, look.theme.wrong);
            }
        }
    }

    /// Where the fields are that are seen, each with what is wrong with it below.
    fn places(&self, area: Rect) -> Vec<(usize, Rect)> {
        // The field under the cursor is always seen.
        let height = |field| self.height(field, area.width);
        let above: u16 = self.fields.iter().take(self.at + 1).map(height).sum();
        let mut hidden = above.saturating_sub(area.height);
        let mut left = area;
        let mut places = Vec::new();
        for (number, field) in self.fields.iter().enumerate() {
            let height = height(field);
            if hidden > 0 {
                hidden = hidden.saturating_sub(height);
                continue;
            }
            if left.height == 0 {
                break;
            }
            places.push((number, Rect { height: height.min(left.height), ..left }));
            left = frame::below(left, height);
        }
        places
    }

    /// Where the fields are, between a blank and what is said at the bottom.
    fn body(&self, inside: Rect) -> Rect {
        let bottom = self.said_height(inside.width) + 2;
        let height = inside.height.saturating_sub(bottom + 1);
        Rect { height, ..frame::below(inside, 1) }
    }

    /// How many rows what the desk said takes, with the blank below.
    fn said_height(&self, room: u16) -> u16 {
        if self.said.is_empty() { 0 } else { frame::lines(&self.said, room) + 1 }
    }

    /// The title, with where one is in a long form.
    fn shown_title(&self) -> String {
        let count = self.fields.len();
        if count <= MANY {
            return self.title.clone();
        }
        format!("{} · field {} of {count}", self.title, self.at + 1)
    }

    fn label_width(&self) -> u16 {
        let label = self.fields.iter().map(|field| field.field.label.chars().count()).max();
        u16::try_from(label.unwrap_or(0)).unwrap_or(0) + 4
    }

    /// What is said to be wrong with a field, once somebody has been there.
    fn problem(&self, field: &FilledField) -> Option<String> {
        // What no longer fits together is said also where nobody has been.
        let together = self.wrong.is_some() && self.fields.iter().any(|field| field.touched);
        let been = field.touched || self.tried || together;
        let problem = self.wrong_with(field).filter(|_| been)?;
        // The rules name the field first; here it stands above.
        let short = problem.split_once(": ").filter(|(name, _)| !name.contains(' '));
        Some(format!("× {}", short.map_or(problem.as_str(), |(_, why)| why)))
    }

    /// How many rows a field takes in this width, with what is wrong with it, or a gap.
    fn height(&self, field: &FilledField, room: u16) -> u16 {
        let room = room.saturating_sub(self.label_width());
        // Many fields stand close; one of several lines has a last one that is empty.
        let gap = u16::from(self.fields.len() <= MANY);
        let below = self.problem(field).map_or(gap, |problem| frame::lines(&problem, room));
        field.height() + below
    }
}

#[cfg(test)]
mod tests;
