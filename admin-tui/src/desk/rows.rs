//! Lists that the store gives whole, and words that several lists use.

use std::cmp::Ordering;

use shared::model::Timestamp;

use crate::view::{Page, Query, Row, Total};

/// Rows that are looked at one after the other before an answer is given; more are found
/// with the next page.
const LOOKED_AT: usize = 20_000;
/// Rows that are asked for at once.
pub(super) const BATCH: i64 = 500;

/// Whether a row has what was typed, in any case, in any of its cells or its id.
pub(super) fn matches(row: &Row, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    let has = |text: &String| text.to_lowercase().contains(&filter);
    filter.is_empty() || row.cells.iter().any(has) || has(&row.id)
}

/// A page of rows that are all here: filtered, and in the order that is wanted.
pub(super) fn whole(mut rows: Vec<Row>, query: &Query) -> Page {
    rows.retain(|row| matches(row, &query.filter));
    if let Some(sort) = query.sort {
        let cell = |row: &Row| row.cells.get(sort.column).map(|cell| cell.to_lowercase());
        rows.sort_by(|one, other| {
            let order = cell(one).cmp(&cell(other));
            let order = if sort.descending { order.reverse() } else { order };
            if order == Ordering::Equal { one.id.cmp(&other.id) } else { order }
        });
    }
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let after = query.after.as_ref();
    let start = after.and_then(|after| rows.iter().position(|row| row.cursor == *after));
    let mut rest: Vec<Row> = rows.into_iter().skip(start.map_or(0, |at| at + 1)).collect();
    let more = rest.len() > query.limit;
    rest.truncate(query.limit);
    Page { rows: rest, more, total: Total::Known(total) }
}

/// A page that is put together from what the store gives in one order, a batch at a time.
pub(super) struct Scan<'a> {
    query: &'a Query,
    after: Option<String>,
    rows: Vec<Row>,
    looked_at: usize,
}

impl<'a> Scan<'a> {
    /// A page for this query, with nothing on it yet.
    pub(super) fn new(query: &'a Query) -> Self {
        let after = Some(query.after.clone().unwrap_or_default());
        Self { query, after, rows: Vec::new(), looked_at: 0 }
    }

    /// After which cursor the next batch begins; none if the page is complete.
    pub(super) fn next(&self) -> Option<String> {
        let enough = self.rows.len() > self.query.limit || self.looked_at >= LOOKED_AT;
        self.after.clone().filter(|_| !enough)
    }

    /// Takes a batch, of [`BATCH`] rows unless it is the last.
    pub(super) fn take(&mut self, batch: Vec<Row>) {
        self.looked_at += batch.len();
        let full = i64::try_from(batch.len()).unwrap_or(0) >= BATCH;
        self.after = batch.last().filter(|_| full).map(|last| last.cursor.clone());
        let filter = &self.query.filter;
        self.rows.extend(batch.into_iter().filter(|row| matches(row, filter)));
    }

    /// The page.
    pub(super) fn page(mut self) -> Page {
        let more = self.after.is_some() || self.rows.len() > self.query.limit;
        self.rows.truncate(self.query.limit);
        Page { rows: self.rows, more, total: Total::Unknown }
    }
}

/// A moment in a column: to the second, with a blank where the standard has a letter.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', "")
}

/// A moment that may not have come.
pub(super) fn moment_or(at: Option<Timestamp>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), moment)
}

/// So many of something, in words.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
