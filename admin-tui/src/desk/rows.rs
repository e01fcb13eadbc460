//! How lists are made from what the store gives, whole or a part at a time, and words that
//! several lists use.

use std::cmp::Ordering;

use shared::admin::AdminError;
use shared::model::Timestamp;
use shared::rules::person::InvalidField;
use shared::store::{Find, Order};

use crate::place::{Kind, Scope};
use crate::source::Trouble;
use crate::view::{Column, Page, Query, Row, Total};

/// Rows that are looked at one after the other before an answer is given, if there is any:
/// more are found with the next page.
const LOOKED_AT: usize = 20_000;
/// Rows that are asked for at once; after as many the list can be asked for anew.
const PART: usize = 200;
/// The same once so many were looked at in vain: what is rare is found sooner so.
const LONG_PART: usize = 2000;

/// Whether a row has what was typed, in any case, in any of its cells or its id.
pub(super) fn matches(row: &Row, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    let has = |text: &String| text.to_lowercase().contains(&filter);
    filter.is_empty() || row.cells.iter().any(has) || has(&row.id)
}

/// A page of rows that are all here: filtered, and in the order that is wanted.
pub(super) fn whole(mut rows: Vec<Row>, query: &Query) -> Page {
    rows.retain(|row| matches(row, &query.filter));
    for row in &mut rows {
        row.cursor.clone_from(&row.id);
    }
    if let Some(sort) = query.sort {
        let cell = |row: &Row| row.cells.get(sort.column).map(|cell| cell.to_lowercase());
        rows.sort_by(|one, other| {
            let order = cell(one).cmp(&cell(other));
            let order = if sort.descending { order.reverse() } else { order };
            if order == Ordering::Equal { one.id.cmp(&other.id) } else { order }
        });
    }
    if query.backwards {
        rows.reverse();
    }
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let after = query.after.as_ref();
    let start = after.and_then(|after| rows.iter().position(|row| row.cursor == *after));
    let mut rest: Vec<Row> = rows.into_iter().skip(start.map_or(0, |at| at + 1)).collect();
    let more = rest.len() > query.limit;
    rest.truncate(query.limit);
    Page { rows: rest, more, total: Total::Known(total) }
}

/// The store's order for the column that is wanted: things by their names and by when they
/// were added, happenings by when they were.
pub(super) fn order(query: &Query, columns: &[Column], named: Option<&str>) -> Order {
    let Some(sort) = query.sort else {
        return if query.backwards { Order::Reversed } else { Order::Usual };
    };
    let key = columns.get(sort.column).map(|column| column.key);
    match (named, key == named, sort.descending != query.backwards) {
        (Some(_), true, true) | (None, _, false) => Order::Reversed,
        (Some(_), true, false) | (None, _, true) => Order::Usual,
        (Some(_), false, true) => Order::Newest,
        (Some(_), false, false) => Order::Oldest,
    }
}

/// What is looked for: for the store, and in the rows that it gives.
pub(super) struct Sought {
    /// What the store looks for.
    pub(super) filter: String,
    /// In which order.
    pub(super) order: Order,
    /// What rows must have beside.
    pub(super) within: String,
}

impl Sought {
    /// What was typed if the list is about everything. Of a list that is about one thing, the
    /// store looks for that, and what was typed is looked for in the rows.
    pub(super) fn new(query: &Query, scope: Option<String>, order: Order) -> Self {
        let typed = query.filter.clone();
        match scope {
            Some(filter) => Self { filter, order, within: typed },
            None => Self { filter: typed, order, within: String::new() },
        }
    }
}

/// The filter by which the store knows what a list is about.
pub(super) fn filter_of(scope: &Scope) -> String {
    let kind = match scope.kind {
        Kind::Clients => "client",
        Kind::Sessions => "session",
        Kind::Grants => "grant",
        _ => "user",
    };
    format!("{kind}:{}", scope.id)
}

/// A page that is put together from parts of what the store holds. Where a part ends, the
/// row says where the next one begins. It is complete when there are as many rows as are
/// wanted, or some after a long search; one with none at all says that there are none.
pub(super) struct Parts {
    find: Find,
    within: String,
    limit: usize,
    rows: Vec<Row>,
    looked_at: usize,
    done: bool,
}

impl Parts {
    /// A page for this query, with nothing on it yet.
    pub(super) fn new(query: &Query, sought: Sought) -> Self {
        let Sought { filter, order, within } = sought;
        let find = Find { filter, order, after: query.after.clone(), limit: 0 };
        let limit = query.limit;
        Self { find, within, limit, rows: Vec::new(), looked_at: 0, done: false }
    }

    /// What to ask the store for next; nothing if the page is complete.
    pub(super) fn next(&mut self) -> Option<Find> {
        let long = self.looked_at >= LOOKED_AT;
        let enough = self.rows.len() >= self.limit || (long && !self.rows.is_empty());
        if self.done || enough {
            return None;
        }
        let wanted = match (self.within.is_empty(), long) {
            (true, _) => PART.min(self.limit - self.rows.len()),
            (false, false) => PART,
            (false, true) => LONG_PART,
        };
        self.find.limit = i64::try_from(wanted).unwrap_or(1);
        Some(self.find.clone())
    }

    /// Takes what the store gave.
    pub(super) fn take<T>(&mut self, part: shared::store::Page<T>, row: impl Fn(&T) -> Row) {
        self.looked_at += part.items.len();
        let rows = part.items.iter().map(row);
        self.rows.extend(rows.filter(|row| matches(row, &self.within)));
        if let (Some(last), Some(next)) = (self.rows.last_mut(), &part.next) {
            last.cursor.clone_from(next);
        }
        self.done = part.next.is_none();
        self.find.after = part.next;
    }

    /// The page.
    pub(super) fn page(self) -> Page {
        let more = !self.done && !self.rows.is_empty();
        Page { rows: self.rows, more, total: Total::Unknown }
    }
}

/// What was asked for, unless the operator may not see it.
///
/// # Errors
/// Every other one.
pub(super) fn if_seen<T>(asked: Result<T, AdminError>) -> Result<Option<T>, AdminError> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(AdminError::Forbidden(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a rule says of a field, for its form.
///
/// # Errors
/// The field, and what is wrong with it.
pub(super) fn checked(
    key: &'static str,
    rule: Result<(), InvalidField>,
) -> Result<(), (&'static str, String)> {
    rule.map_err(|invalid| (key, invalid.problem.to_owned()))
}

/// A moment in a column: to the second, with a blank where the standard has a letter.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', "")
}

/// When something was added; what came with the server was added at no moment.
pub(super) fn added(at: Timestamp) -> String {
    if at == Timestamp(0) { "with the server".to_owned() } else { moment(at) }
}

/// A moment that may not have come.
pub(super) fn moment_or(at: Option<Timestamp>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), moment)
}

/// So many of something, in words.
pub(super) fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    match number.try_into().unwrap_or(0) {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// What something was and what it becomes, if that is not the same.
pub(super) fn change(name: &str, before: &str, after: &str) -> Option<String> {
    let words = |text: &str| {
        let text = text.replace('\n', " ");
        match text.chars().count() {
            0 => "nothing".to_owned(),
            1..=100 => text,
            _ => text.chars().take(100).collect::<String>() + "…",
        }
    };
    (before != after).then(|| format!("{name}: {} → {}", words(before), words(after)))
}

/// What a form changes, with how many that touches.
///
/// # Errors
/// [`Trouble::Refused`] if it changes nothing.
pub(super) fn changes(
    changes: impl IntoIterator<Item = Option<String>>,
    touched: String,
) -> Result<Vec<String>, Trouble> {
    let mut lines: Vec<_> = changes.into_iter().flatten().collect();
    if lines.is_empty() {
        return Err(Trouble::Refused("nothing was changed".to_owned()));
    }
    lines.push(touched);
    Ok(lines)
}

/// Yes or no, in a word.
pub(super) const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// Names one after the other, or a word that there are none.
pub(super) fn names<T: Into<String>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of what has this in it, out of the numbers up to this one.
    fn found(filter: &str, after: Option<String>, count: usize) -> Page {
        let scope = Scope::new(Kind::Users, "1", "ada");
        let query = Query {
            kind: Kind::Sessions,
            scope: Some(scope),
            filter: filter.to_owned(),
            sort: None,
            backwards: false,
            after,
            limit: 10,
        };
        let sought = Sought::new(&query, Some("user:1".to_owned()), Order::Usual);
        let mut parts = Parts::new(&query, sought);
        while let Some(find) = parts.next() {
            let from = find.after.map_or(0, |after| after.parse::<usize>().unwrap());
            let to = count.min(from + usize::try_from(find.limit).unwrap());
            let items = (from..to).collect();
            let next = (to < count).then(|| to.to_string());
            let row = |number: &usize| Row { id: format!("#{number}."), ..Row::default() };
            parts.take(shared::store::Page { items, next }, row);
        }
        parts.page()
    }

    #[test]
    fn what_is_rare_is_found_however_far_away_it_is() {
        let page = found("#59999.", None, 60_001);
        let ids: Vec<_> = page.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!((ids, page.more), (vec!["#59999."], true));
        let rest = found("#59999.", page.rows.last().map(|row| row.cursor.clone()), 60_001);
        assert!(rest.rows.is_empty() && !rest.more);
        let none = found("nothing", None, 60_000);
        assert!(none.rows.is_empty() && !none.more);
    }

    #[test]
    fn what_was_found_is_shown_before_everything_was_looked_at() {
        let page = found("#1.", None, 60_000);
        assert!(page.rows.len() == 1 && page.more);
        let rest = found("#1.", page.rows.last().map(|row| row.cursor.clone()), 60_000);
        assert!(rest.rows.is_empty() && !rest.more);
    }
}
