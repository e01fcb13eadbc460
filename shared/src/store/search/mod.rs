//! What operators look through: part after part, as fast at the millionth row as at the first.
//!
//! Each part begins where the one before ended ([`Page::next`]), in the order of an index.

mod audit;
mod clients;
mod consents;
mod grants;
mod pulse;
mod sessions;
mod users;
mod who_can;

pub use audit::EventFilter;
pub use consents::{ConsentChange, FoundConsent};
pub use grants::FoundGrant;
pub use pulse::{ClientFailures, MinuteCount};
pub use sessions::{FoundSession, SessionsOf};
pub use who_can::Way;

use super::row::Part;
use crate::model::Timestamp;

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// What is looked for, as it was typed; what it means, each list says.
    pub filter: String,
    /// In which order.
    pub order: Order,
    /// Where the part before ended ([`Page::next`]).
    pub after: Option<String>,
    /// The most rows that are wanted.
    pub limit: i64,
}

impl Default for Find {
    fn default() -> Self {
        Self { filter: String::new(), order: Order::Usual, after: None, limit: 100 }
    }
}

/// In which order a list is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As is usual: what has a name by its name, what happens the newest first.
    #[default]
    Usual,
    /// The other way round.
    Reversed,
    /// What has a name by when it was added, the newest first.
    Newest,
    /// The same, the oldest first.
    Oldest,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next part begins; absent where nothing follows.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A part of at most `limit` rows out of what was asked with one more.
    fn cut(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// After every text that is not made to be.
const LAST: &str = "\u{10FFFF}";

/// The cursor of a moment and an id.
fn moment_cursor(at: Timestamp, id: &str) -> String {
    format!("{} {id}", at.0)
}

/// Reads it; before everything if it is none.
fn read_moment(cursor: Option<&str>, newest_first: bool) -> (i64, String) {
    let start = if newest_first { (i64::MAX, LAST.to_owned()) } else { (i64::MIN, String::new()) };
    let Some((at, id)) = cursor.and_then(|cursor| cursor.split_once(' ')) else { return start };
    at.parse().map_or(start, |at| (at, id.to_owned()))
}

/// A pattern for `LIKE … ESCAPE '\'` that finds this text anywhere.
pub(super) fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A column of its own beside a row.
pub(super) struct With<A, B>(pub(super) A, pub(super) B);

impl<'r, R, A, B> sqlx::FromRow<'r, R> for With<A, B>
where
    R: sqlx::Row,
    A: Part<R>,
    B: Part<R>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self(A::read(row, "")?, B::read(row, "")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = moment_cursor(Timestamp(-5), "a b");
        assert_eq!(read_moment(Some(&cursor), true), (-5, "a b".to_owned()));
        assert_eq!(read_moment(Some("nonsense"), true).0, i64::MAX);
        assert_eq!(read_moment(None, false), (i64::MIN, String::new()));
    }

    #[test]
    fn what_is_typed_is_no_pattern() {
        assert_eq!(anywhere(r"50%_\"), r"%50\%\_\\%");
    }

    #[test]
    fn a_part_says_where_the_next_begins_unless_it_is_the_last() {
        let page = Page::cut(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(page, Page { items: vec![1, 2], next: Some("2".to_owned()) });
        assert_eq!(Page::cut(vec![1, 2], 2, ToString::to_string).next, None);
    }
}
