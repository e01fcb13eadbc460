//! What a screen is: it thinks and draws, and does nothing else.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shared::model::Timestamp;

use crate::keys::Command;
use crate::look::Look;
use crate::place::{Place, Target};
use crate::source::{Answer, Credentials, Question, Trouble};
use crate::view::Link;

/// Part of the console that fills it.
pub(crate) trait Screen {
    /// A key of the table was pressed.
    fn on_command(&mut self, command: Command, now: Timestamp) -> Vec<Wanted>;
    /// Whether every key is text for now.
    fn is_typing(&self) -> bool {
        false
    }
    /// A key was pressed while every key is text.
    fn on_typed(&mut self, _key: KeyEvent, _now: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }
    /// Something was pasted.
    fn on_paste(&mut self, _text: &str, _now: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }
    /// The mouse did something on it.
    fn on_mouse(&mut self, _mouse: MouseEvent, _now: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }
    /// Half a second has passed, or the screen has come to the front.
    fn on_tick(&mut self, now: Timestamp) -> Vec<Wanted>;
    /// What was wanted has come, or failed.
    fn on_reply(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted>;
    /// Another screen comes to the front: nobody waits for answers any more.
    fn on_leave(&mut self) {}
    /// It is drawn here from now on.
    fn lay_out(&mut self, _area: Rect) {}
    /// Draws what is known.
    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look);
    /// What an action would be done on.
    fn target(&self) -> Option<Target> {
        None
    }
    /// Where one may go from what is chosen.
    fn links(&self) -> Vec<Link> {
        Vec::new()
    }
    /// What would be copied.
    fn copied(&self) -> Option<String> {
        None
    }
    /// How the store does, as far as this screen knows.
    fn health(&self) -> Health {
        Health::Unknown
    }
}

/// An answer with the ticket of its question.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The ticket.
    pub(crate) ticket: u64,
    /// How long it took.
    pub(crate) took: std::time::Duration,
    /// The answer.
    pub(crate) answer: Result<Answer, Trouble>,
}

/// What a screen wants done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    /// Ask the desk; the answer comes back with the ticket.
    Ask(u64, Question),
    /// Nobody waits for the answer with this ticket any more.
    Forget(u64),
    /// Go there.
    Go(Place),
    /// Go where one came from, or close what is open.
    Back,
    /// Say something in a line.
    Say(String),
    /// Let somebody in.
    SignIn(Credentials),
    /// Leave the console.
    Leave,
}

/// How the store does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// Nothing was said yet.
    Unknown,
    /// It answers.
    Well,
    /// It answers slowly: so many seconds until it is asked again.
    Resting(u64),
    /// It keeps one waiting, so many seconds.
    Slow(u64),
    /// It does not answer, since then.
    Lost(Timestamp, String),
    /// It answers, but not what is shown here; why.
    Refused(String),
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
