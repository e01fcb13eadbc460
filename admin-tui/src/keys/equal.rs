//! The command of `signet` that does what an action does, ready for a shell.
//!
//! The table has it as words with blanks between them:
//!
//! - `{id}` and `{name}` are the row's, `{changed}` is every field that was changed, as
//!   `field=value`, and any other name is what was typed into the field of that name. With
//!   `:1` it is the first word of that, and so on.
//! - `{~field}` is what the field was changed to, also if that is nothing; before anything was
//!   changed, it is not known.
//! - `{user|client}` is the first of several fields that was filled in, with `--client=` before
//!   it if it is not the very first.
//! - A word in brackets is there as often as something is known of what it names; with `{?field}`
//!   if that is a yes.
//! - A command with a question mark before it is there only if one of its words in brackets is.
//!
//! What is not known is written as `<NAME>`, which no shell takes for a value.

use shared::quoted;

use super::Action;
use crate::form_spec::{ALL, SILENT, Value, Values};
use crate::place::{About, Target, WhyAsked};

/// Fields of a person for which `signet user change` has options of their own.
const OF_PERSON: [&str; 3] = ["username", "email", "email_verified"];

impl Action {
    /// The command that does the same.
    pub(crate) fn equal_command(&self, target: &Target, values: &Values) -> String {
        let source = Source { target, values };
        let commands = self.command.split(" && ").filter_map(|command| source.command(command));
        commands.collect::<Vec<_>>().join(" && ")
    }
}

impl WhyAsked {
    /// The command that answers the same, after what is to be said of it.
    pub(crate) fn equal_command(&self) -> (&'static str, String) {
        let what = self.what.expose().trim();
        let same = "This answers the same in a shell:";
        let words = |words: &[&str]| words.iter().map(|word| Word::plain(*word)).collect();
        match self.about() {
            About::Token => {
                let about = "This answers the same in a shell: it reads the token from standard \
                             input, so paste that after it, and then press Enter and Ctrl-D.";
                (about, "signet token inspect".to_owned())
            }
            About::Code => {
                let mut words: Vec<_> = words(&["signet", "why"]);
                words.push(Word::value("", what));
                (same, joined(words))
            }
            About::Request | About::Parts => {
                let mut words: Vec<_> = words(&["signet", "predict"]);
                words
                    .extend(self.options().into_iter().map(|(name, text)| Word::value(name, text)));
                (same, joined(words))
            }
        }
    }

    /// What a prediction is told of the request and the browser; a session is somebody's.
    fn options(&self) -> Vec<(&'static str, &str)> {
        let what = self.what.expose().trim();
        let in_parts = [
            ("--client=", self.client.as_str()),
            ("--scope=", &self.scope),
            ("--prompt=", &self.prompt),
            ("--max-age=", &self.max_age),
            ("--acr-values=", &self.acr_values),
        ];
        let in_parts = in_parts.into_iter().filter(|_| what.is_empty());
        let session = if self.user.is_empty() { "" } else { &self.session };
        let options = [("", what)].into_iter().chain(in_parts);
        let options = options.chain([("--user=", self.user.as_str()), ("--session=", session)]);
        options.filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// What is known under a name.
enum Known {
    /// It is not meant.
    Nothing,
    /// It is meant, and open.
    Open,
    /// These.
    Texts(Vec<String>),
}

impl Known {
    /// These, as far as they say something.
    fn said(texts: impl IntoIterator<Item = String>) -> Self {
        let said: Vec<_> = texts.into_iter().filter(|text| !is_silent(text)).collect();
        if said.is_empty() { Self::Nothing } else { Self::Texts(said) }
    }
}

fn is_silent(text: &str) -> bool {
    text.is_empty() || text == SILENT || text == ALL
}

/// A word of a command.
struct Word {
    text: String,
    /// Whether it is neither an option nor part of the command's name.
    is_argument: bool,
    /// Whether it would be taken for an option.
    looks_like_option: bool,
}

impl Word {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_argument: false, looks_like_option: false }
    }

    /// A value: after an option's name, or alone.
    fn value(option: &str, text: &str) -> Self {
        let is_argument = option.is_empty();
        let looks_like_option = is_argument && text.starts_with('-');
        Self { text: format!("{option}{}", quoted(text)), is_argument, looks_like_option }
    }

    /// What is not known.
    fn open(option: &str, name: &str) -> Self {
        let is_argument = option.is_empty();
        let text = format!("{option}<{}>", called(name));
        Self { text, is_argument, looks_like_option: false }
    }
}

/// What an operator would look for in its place.
fn called(name: &str) -> String {
    match name {
        "right:1" => "API".to_owned(),
        "right:2" => "PERMISSION".to_owned(),
        "changed" => "FIELD=VALUE".to_owned(),
        "claims" => "FILE".to_owned(),
        name => {
            let name = name.trim_start_matches('~').split(':').next().unwrap_or_default();
            name.to_uppercase()
        }
    }
}

/// Where values come from.
struct Source<'a> {
    target: &'a Target,
    values: &'a Values,
}

impl Source<'_> {
    /// A command, filled in; nothing if it is only for what is not meant.
    fn command(&self, command: &str) -> Option<String> {
        let (depends, command) =
            command.strip_prefix('?').map_or((false, command), |command| (true, command));
        let (mut words, mut is_meant) = (Vec::new(), !depends);
        for part in command.split(' ') {
            match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
                Some(part) => is_meant |= self.in_brackets(part, &mut words),
                None => self.needed(part, &mut words),
            }
        }
        is_meant.then(|| joined(words))
    }

    /// A word that is always there.
    fn needed(&self, part: &str, words: &mut Vec<Word>) {
        let Some((option, name)) = named(part) else { return words.push(Word::plain(part)) };
        if name.contains('|') {
            return words.push(self.one_of(name));
        }
        match self.known(name) {
            Known::Texts(texts) => {
                words.extend(texts.iter().map(|text| Word::value(option, text)));
            }
            Known::Nothing | Known::Open => words.push(Word::open(option, name)),
        }
    }

    /// A word that need not be there; whether it is meant, though it may say nothing.
    fn in_brackets(&self, part: &str, words: &mut Vec<Word>) -> bool {
        let Some((option, name)) = named(part) else { return false };
        if let Some(flag) = name.strip_prefix('?') {
            let yes = self.values.flag(flag);
            words.extend(yes.then(|| Word::plain(option)));
            return yes;
        }
        match self.known(name) {
            Known::Nothing => return false,
            Known::Open => words.push(Word::open(option, name)),
            Known::Texts(texts) => {
                // An argument that says nothing is left out, an option says so.
                let said = texts.iter().filter(|text| !option.is_empty() || !is_silent(text));
                words.extend(said.map(|text| Word::value(option, text)));
            }
        }
        true
    }

    /// The first field that was filled in.
    fn one_of(&self, names: &str) -> Word {
        for (number, name) in names.split('|').enumerate() {
            if let Some(text) = self.values.filled(name) {
                let option = if number == 0 { String::new() } else { format!("--{name}=") };
                return Word::value(&option, &text);
            }
        }
        Word::open("", &names.replace('|', "_or_"))
    }

    fn known(&self, name: &str) -> Known {
        let touched = &self.values.touched;
        if let Some(field) = name.strip_prefix('~') {
            return match self.values.plain(field) {
                _ if touched.is_empty() => Known::Open,
                Some(text) if touched.contains(&field) => Known::Texts(vec![text]),
                _ => Known::Nothing,
            };
        }
        match name {
            "claims" if touched.iter().all(|key| OF_PERSON.contains(key)) => Known::Nothing,
            "claims" => Known::Open,
            "changed" => Known::said(touched.iter().filter_map(|key| {
                let text = self.values.plain(key)?.replace('\n', " ");
                Some(format!("{key}={text}"))
            })),
            name => {
                let (field, number) =
                    name.split_once(':').map_or((name, None), |(field, n)| (field, Some(n)));
                let texts = self.texts(field).into_iter();
                Known::said(texts.map(|text| number.map_or(text.clone(), |n| word(&text, n))))
            }
        }
    }

    fn texts(&self, name: &str) -> Vec<String> {
        match (name, self.values.find(name)) {
            ("id", _) => vec![self.target.id.clone()],
            ("name", _) => vec![self.target.name.clone()],
            (_, Some(Value::Lines(_))) => self.values.lines(name),
            _ => self.values.plain(name).into_iter().collect(),
        }
    }
}

/// What stands before the name in braces, and the name.
fn named(part: &str) -> Option<(&str, &str)> {
    let (option, name) = part.split_once('{')?;
    Some((option, name.strip_suffix('}')?))
}

/// The word of a text with this number, from 1.
fn word(text: &str, number: &str) -> String {
    let number = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.and_then(|number| text.split(' ').nth(number)).unwrap_or_default().to_owned()
}

/// The words in their order; but if an argument would be taken for an option, all arguments
/// stand at the end, where none is.
fn joined(words: Vec<Word>) -> String {
    let text = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect::<Vec<_>>();
    if words.iter().all(|word| !word.looks_like_option) {
        return text(words).join(" ");
    }
    let (arguments, others) = words.into_iter().partition(|word| word.is_argument);
    [text(others), vec!["--".to_owned()], text(arguments)].concat().join(" ")
}
