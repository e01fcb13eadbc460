//! What is asked of the operator before an action is done, and what they typed.

use std::sync::Arc;

use shared::model::Secret;

/// What a choice says that leaves it open.
pub(crate) const SILENT: &str = "says nothing";
/// What the choice of an algorithm says that means each of them: nothing that is a name, as a
/// command leaves it out.
pub(crate) const ALL: &str = "all algorithms";

/// Says what is wrong with a text, as it is typed.
pub(crate) type Check = fn(&str) -> Result<(), String>;

/// Says what is wrong with what was typed as a whole, by the keys of fields: what depends on
/// other fields, or on what the form is about.
#[derive(Clone, Default)]
pub(crate) struct Whole(Option<Arc<WholeCheck>>);

type WholeCheck = dyn Fn(&Values) -> Result<(), (&'static str, String)> + Send + Sync;

impl Whole {
    /// This check. It gives the first thing that is wrong.
    pub(crate) fn new(
        check: impl Fn(&Values) -> Result<(), (&'static str, String)> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(check)))
    }

    /// What is wrong, and with which field.
    pub(crate) fn problem(&self, values: &Values) -> Option<(&'static str, String)> {
        self.0.as_ref().and_then(|check| check(values).err())
    }

    /// Whether there is anything to check.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Whole").field(&self.0.is_some()).finish()
    }
}

/// What kind of value a field has.
#[derive(Debug, Clone)]
pub(crate) enum FieldKind {
    /// A line.
    Text(String),
    /// A line that is not shown.
    Secret,
    /// One of several words.
    Choice {
        /// The words.
        words: Vec<String>,
        /// Which one it is.
        chosen: String,
    },
    /// Several lines, each of which is checked.
    Lines(Vec<String>),
    /// Yes or no.
    Flag(bool),
    /// Shown, and not changed.
    Fixed(String),
}

/// A field of a form.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name for the desk and for commands.
    pub(crate) key: &'static str,
    /// What stands before it.
    pub(crate) label: &'static str,
    /// What to type, in a sentence.
    pub(crate) help: &'static str,
    /// Its kind, with the present value.
    pub(crate) kind: FieldKind,
    /// What is wrong with what is typed.
    pub(crate) check: Check,
}

impl Field {
    const fn new(
        key: &'static str,
        (label, help): (&'static str, &'static str),
        kind: FieldKind,
    ) -> Self {
        Self { key, label, help, kind, check: anything }
    }

    /// A line.
    pub(crate) fn text(
        key: &'static str,
        words: (&'static str, &'static str),
        text: impl Into<String>,
    ) -> Self {
        Self::new(key, words, FieldKind::Text(text.into()))
    }

    /// A line that is not shown.
    pub(crate) fn secret(key: &'static str, words: (&'static str, &'static str)) -> Self {
        Self::new(key, words, FieldKind::Secret)
    }

    /// One of several words.
    pub(crate) fn choice(
        key: &'static str,
        words: (&'static str, &'static str),
        choices: Vec<String>,
        chosen: impl Into<String>,
    ) -> Self {
        Self::new(key, words, FieldKind::Choice { words: choices, chosen: chosen.into() })
    }

    /// Several lines.
    pub(crate) fn lines(
        key: &'static str,
        words: (&'static str, &'static str),
        lines: Vec<String>,
    ) -> Self {
        Self::new(key, words, FieldKind::Lines(lines))
    }

    /// Yes or no.
    pub(crate) fn flag(key: &'static str, words: (&'static str, &'static str), yes: bool) -> Self {
        Self::new(key, words, FieldKind::Flag(yes))
    }

    /// What is shown, and not changed.
    pub(crate) fn fixed(key: &'static str, label: &'static str, text: impl Into<String>) -> Self {
        Self::new(key, (label, ""), FieldKind::Fixed(text.into()))
    }

    /// The same with a check of each line.
    pub(crate) fn checked(mut self, check: Check) -> Self {
        self.check = check;
        self
    }
}

impl FormSpec {
    /// A form about nothing that could be changed meanwhile.
    pub(crate) fn new(title: impl Into<String>, fields: Vec<Field>) -> Self {
        Self { title: title.into(), fields, ..Self::default() }
    }

    /// The same with a check of all fields together.
    pub(crate) fn checked(mut self, whole: Whole) -> Self {
        self.whole = whole;
        self
    }

    /// The same about something in this version.
    pub(crate) fn of_version(mut self, version: i64) -> Self {
        self.version = version.to_string();
        self
    }
}

/// A form, with the present values.
#[derive(Debug, Clone, Default)]
pub(crate) struct FormSpec {
    /// What it does.
    pub(crate) title: String,
    /// The fields; none if nothing needs to be asked.
    pub(crate) fields: Vec<Field>,
    /// What is wrong with them together.
    pub(crate) whole: Whole,
    /// Names the state that the present values are of. It comes back with what was typed,
    /// so that the desk sees whether somebody else changed it meanwhile.
    pub(crate) version: String,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A text that may be shown.
    Text(String),
    /// A text that may not.
    Secret(Secret<String>),
    /// Several lines.
    Lines(Vec<String>),
    /// Yes or no.
    Flag(bool),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Secret(one), Self::Secret(other)) => one.expose() == other.expose(),
            (Self::Lines(one), Self::Lines(other)) => one == other,
            (Self::Flag(one), Self::Flag(other)) => one == other,
            _ => false,
        }
    }
}

/// What was typed into a form.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Values {
    /// The form's version.
    pub(crate) version: String,
    /// What the fields hold, by their keys.
    pub(crate) fields: Vec<(&'static str, Value)>,
    /// The keys of those that the operator changed.
    pub(crate) touched: Vec<&'static str>,
}

impl Values {
    /// The version of what the form is about, if it has one.
    pub(crate) fn version(&self) -> Option<i64> {
        self.version.parse().ok()
    }

    /// What a field holds.
    pub(crate) fn find(&self, key: &str) -> Option<&Value> {
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// A line, without what blanks stand around it; empty if there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        match self.find(key) {
            Some(Value::Text(text)) => text.trim(),
            _ => "",
        }
    }

    /// A line that somebody filled in.
    pub(crate) fn filled(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// What a field holds as one text, lines with line breaks between them; none if there is
    /// no such field, or it is a secret.
    pub(crate) fn plain(&self, key: &str) -> Option<String> {
        match self.find(key)? {
            Value::Text(text) => Some(text.trim().to_owned()),
            Value::Lines(_) => Some(self.lines(key).join("\n")),
            Value::Flag(yes) => Some(yes.to_string()),
            Value::Secret(_) => None,
        }
    }

    /// A secret that somebody filled in.
    pub(crate) fn secret(&self, key: &str) -> Option<Secret<String>> {
        match self.find(key) {
            Some(Value::Secret(secret)) if !secret.expose().is_empty() => Some(secret.clone()),
            _ => None,
        }
    }

    /// The lines that are not empty.
    pub(crate) fn lines(&self, key: &str) -> Vec<String> {
        match self.find(key) {
            Some(Value::Lines(lines)) => {
                let lines = lines.iter().map(|line| line.trim().to_owned());
                lines.filter(|line| !line.is_empty()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Yes or no.
    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.find(key), Some(Value::Flag(true)))
    }
}

/// Nothing can be wrong with it.
#[expect(clippy::unnecessary_wraps, reason = "it stands where a check does")]
pub(crate) fn anything(_: &str) -> Result<(), String> {
    Ok(())
}
