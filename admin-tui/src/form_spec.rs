//! What is asked of the operator before an action is done, and what they typed.

use shared::model::Secret;

/// Says what is wrong with a text, as it is typed.
pub(crate) type Check = fn(&str) -> Result<(), String>;

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

/// A form, with the present values.
#[derive(Debug, Clone, Default)]
pub(crate) struct FormSpec {
    /// What it does.
    pub(crate) title: String,
    /// The fields; none if nothing needs to be asked.
    pub(crate) fields: Vec<Field>,
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
}

impl Values {
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
