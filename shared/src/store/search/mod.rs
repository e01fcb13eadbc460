//! What operators look through: part after part, as fast at the millionth row as at the first.
//!
//! Each part begins where the one before ended ([`Page::next`]), in the order of an index.

mod audit;
mod circle;
mod clients;
mod consents;
mod grants;
mod pulse;
mod sessions;
mod users;
mod who_can;

pub use audit::EventFilter;
pub use circle::Circle;
pub use consents::{ConsentChange, FoundConsent};
pub use grants::FoundGrant;
pub use pulse::{ClientFailures, MinuteCount};
pub use sessions::{FoundSession, SessionsOf};
pub use who_can::Way;

use super::row::Part;
use super::{Result, View, run};
use crate::model::Timestamp;
use crate::model::user::login_key;

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
    pub(in crate::store) fn cut(
        mut items: Vec<T>,
        limit: i64,
        cursor: impl Fn(&T) -> String,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// Whose things are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everybody's.
    All,
    /// A person's, by their id.
    User(String),
    /// Those of a few people, by what their names' keys begin with.
    People(String),
    /// Those of very many people, by the same.
    Crowd(String),
    /// A client's.
    Client(String),
    /// Those of a session, or the session itself.
    Session(String),
    /// The one of this id.
    One(String),
}

/// Of how many people what they have is gathered and put in order. What more have is found
/// faster by going through everything in its order, and leaving out the others'.
const FEW: i64 = if cfg!(test) { 3 } else { 5000 };

/// What is theirs whose names' keys begin as a parameter does, found by way of them.
macro_rules! of_people {
    ($value:literal) => {
        concat!(
            " AND user_id IN (SELECT people.id FROM users AS people
                 WHERE people.username_key >= ",
            $value,
            " AND people.username_key < ",
            $value,
            " || '\u{10FFFF}')"
        )
    };
}
use of_people;

/// What is theirs whose names' keys are like a parameter, in the order of everything: SQLite
/// has no index for such a comparison, and would else go by way of them.
macro_rules! of_crowd {
    ($value:literal) => {
        concat!(" AND username_key LIKE ", $value, " ESCAPE '\\'")
    };
}
use of_crowd;

/// Of so many rows that come next it is counted how many are a crowd's.
const PROBED: i64 = if cfg!(test) { 10 } else { 20_000 };

/// How many of the rows that come next after one, in either direction, are theirs whose names'
/// keys are like a parameter. `$also` is a condition, with `AND` behind it.
macro_rules! of_crowd_among_next {
    ($table:literal, $moment:literal, $id:literal, $also:literal, $oldest_first:expr) => {
        if $oldest_first {
            of_crowd_among_next!($table, $moment, $id, $also, ">" "")
        } else {
            of_crowd_among_next!($table, $moment, $id, $also, "<" " DESC")
        }
    };
    ($table:literal, $moment:literal, $id:literal, $also:literal, $than:literal $way:literal) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT user_id FROM ",
            concat!($table, " WHERE ", $also, "(", $moment, ", ", $id, ") ", $than, " ($1, $2)"),
            concat!(" ORDER BY ", $moment, $way, ", ", $id, $way, " LIMIT $3) AS next"),
            " JOIN users ON users.id = next.user_id WHERE username_key LIKE $4 ESCAPE '\\'"
        )
    };
}
use of_crowd_among_next;

impl View {
    /// Reads a filter for what comes next: a crowd that has next to nothing of that is gathered
    /// as few people are. Going through everything would take as long as there is of others'.
    /// `$5` of the probe, if it has one, is `now`.
    async fn whose_of_next(
        &mut self,
        filter: &str,
        probe: &'static str,
        (after, limit): (&(i64, String), i64),
        now: Option<Timestamp>,
    ) -> Result<Whose> {
        let start = match self.whose(filter).await? {
            Whose::Crowd(start) => start,
            whose => return Ok(whose),
        };
        let pattern = beginning(&start);
        let (at, id) = after;
        let theirs: i64 = match now {
            None => run!(
                self,
                fetch_one,
                sqlx::query_scalar(probe).bind(at).bind(id).bind(PROBED).bind(&pattern)
            ),
            Some(now) => run!(
                self,
                fetch_one,
                sqlx::query_scalar(probe).bind(at).bind(id).bind(PROBED).bind(&pattern).bind(now.0)
            ),
        }?;
        Ok(if theirs < limit { Whose::People(start) } else { Whose::Crowd(start) })
    }

    /// Reads a filter: `user:`, `client:`, `session:` or `grant:` with a name or an id, or one
    /// of them alone, in this order. So that a client that is called as a person is can still
    /// be meant. What is none of them is the beginning of user names.
    async fn whose(&mut self, filter: &str) -> Result<Whose> {
        let filter = filter.trim();
        match filter.split_once(':') {
            _ if filter.is_empty() => return Ok(Whose::All),
            Some(("client", id)) => return Ok(Whose::Client(id.to_owned())),
            Some(("session", id)) => return Ok(Whose::Session(id.to_owned())),
            Some(("grant", id)) => return Ok(Whose::One(id.to_owned())),
            _ => {}
        }
        let named = filter.strip_prefix("user:");
        if let Some(user) = self.find_named_user(named.unwrap_or(filter)).await? {
            return Ok(Whose::User(user.id.to_string()));
        }
        if let Some(start) = named {
            return self.whose_names_begin(start).await;
        }
        if self.find_client(&filter.into()).await?.is_some() {
            return Ok(Whose::Client(filter.to_owned()));
        }
        if self.find_any_session(&filter.into()).await?.is_some() {
            return Ok(Whose::Session(filter.to_owned()));
        }
        if self.find_grant(&filter.into()).await?.is_some() {
            return Ok(Whose::One(filter.to_owned()));
        }
        self.whose_names_begin(filter).await
    }

    async fn whose_names_begin(&mut self, start: &str) -> Result<Whose> {
        let start = login_key(start);
        let few = self.is_beginning_of_few_names(&start).await?;
        Ok(if few { Whose::People(start) } else { Whose::Crowd(start) })
    }
}

/// After every text that is not made to be.
const LAST: &str = "\u{10FFFF}";

/// The cursor of a moment and an id.
pub(in crate::store) fn moment_cursor(at: Timestamp, id: &str) -> String {
    format!("{} {id}", at.0)
}

/// Reads it; before everything if it is none.
pub(in crate::store) fn read_moment(cursor: Option<&str>, newest_first: bool) -> (i64, String) {
    let start = if newest_first { (i64::MAX, LAST.to_owned()) } else { (i64::MIN, String::new()) };
    let Some((at, id)) = cursor.and_then(|cursor| cursor.split_once(' ')) else { return start };
    at.parse().map_or(start, |at| (at, id.to_owned()))
}

/// A pattern for `LIKE … ESCAPE '\'` that finds this text anywhere.
pub(super) fn anywhere(text: &str) -> String {
    format!("%{}", beginning(text))
}

/// A pattern for `LIKE … ESCAPE '\'` that finds this text at the beginning.
fn beginning(text: &str) -> String {
    let mut pattern = String::new();
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
        assert_eq!(beginning("50%"), r"50\%%");
    }

    #[test]
    fn a_part_says_where_the_next_begins_unless_it_is_the_last() {
        let page = Page::cut(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(page, Page { items: vec![1, 2], next: Some("2".to_owned()) });
        assert_eq!(Page::cut(vec![1, 2], 2, ToString::to_string).next, None);
    }
}
