//! What a screen is: it thinks and draws, and does nothing else.

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use shared::model::Timestamp;
use shared::store::Counts;

/// Part of the console that fills it.
pub(crate) trait Screen {
    /// A key was pressed.
    fn on_key(&mut self, key: KeyCode, now: Timestamp) -> Option<Wanted>;
    /// A second has passed.
    fn on_tick(&mut self, now: Timestamp) -> Option<Wanted>;
    /// What was wanted has come, or failed.
    fn on_answer(&mut self, answer: Answer, now: Timestamp);
    /// Draws what is known.
    fn draw(&self, frame: &mut Frame, area: Rect);
    /// Its own keys, in a few words.
    fn keys(&self) -> &'static str;
    /// What else somebody who is new to it should know, in a line.
    fn help(&self) -> &'static str;
}

/// What a screen wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Ask the store.
    Fetch(Question),
    /// Leave the console.
    Leave,
}

/// Something asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// How much of everything there is.
    Count,
}

/// What the store said, or in words why it did not.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To [`Question::Count`].
    Counted {
        /// When it was asked.
        at: Timestamp,
        /// How much there is.
        counts: Result<Counts, String>,
        /// How long the counting took, without the opening of the store.
        took: Duration,
    },
}

/// Something asked of the store: not here yet, here, or failed.
#[derive(Debug)]
pub(crate) enum Loaded<T> {
    /// Not here yet.
    Waiting,
    /// Here.
    Here(T),
    /// The last try failed.
    Failed {
        /// In words.
        why: String,
        /// When it first did.
        since: Timestamp,
        /// What was here before, if anything was.
        last: Option<T>,
    },
}

impl<T> Loaded<T> {
    /// Takes what has come. A failure keeps what was here before.
    pub(crate) fn take(&mut self, came: Result<T, String>, at: Timestamp) {
        *self = match (came, std::mem::replace(self, Self::Waiting)) {
            (Ok(new), _) => Self::Here(new),
            (Err(why), Self::Waiting) => Self::Failed { why, since: at, last: None },
            (Err(why), Self::Here(old)) => Self::Failed { why, since: at, last: Some(old) },
            (Err(why), Self::Failed { since, last, .. }) => Self::Failed { why, since, last },
        };
    }

    /// The newest there is, however old.
    pub(crate) fn last(&self) -> Option<&T> {
        match self {
            Self::Waiting => None,
            Self::Here(new) => Some(new),
            Self::Failed { last, .. } => last.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_keep_what_was_here_and_when_the_first_one_was() {
        let mut loaded = Loaded::Waiting;
        loaded.take(Ok(7), Timestamp(1));
        loaded.take(Err("no".to_owned()), Timestamp(2));
        loaded.take(Err("still no".to_owned()), Timestamp(3));

        assert_eq!(loaded.last(), Some(&7));
        let Loaded::Failed { why, since, .. } = &loaded else { panic!("{loaded:?}") };
        assert_eq!((why.as_str(), *since), ("still no", Timestamp(2)));

        loaded.take(Ok(8), Timestamp(4));
        assert!(matches!(loaded, Loaded::Here(8)));
    }
}
