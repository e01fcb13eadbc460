//! The rows that are here, of however many there are.

use crate::view::{Page, Row, Total};

/// Rows that are asked for at once.
pub(super) const PAGE: usize = 200;
/// The most rows that are kept.
pub(super) const MOST: usize = 600;

/// Which part of the list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What is here, anew.
    Same,
    /// The list from its beginning.
    Beginning,
    /// The list from its end.
    End,
    /// What comes after it.
    After,
    /// What comes before it.
    Before,
}

/// Some rows of a list, one after the other, and the cursor among them.
///
/// Whoever goes to the end of a list looks at the beginning of one that stands on its head: in
/// here all is as if that were the list, and outside it is turned round.
#[derive(Debug, Default)]
pub(super) struct Window {
    backwards: bool,
    rows: Vec<Row>,
    /// The cursor that the first row comes after; the list's beginning if absent.
    start: Option<String>,
    /// The starts of the parts before, with how many rows they had, the nearest last.
    before: Vec<(Option<String>, usize)>,
    /// Whether others come after.
    more: bool,
    total: Option<Total>,
    at: usize,
}

impl Window {
    /// The rows, from above.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        (0..self.len()).filter_map(|place| self.rows.get(self.turned(place)))
    }

    /// How many are here.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is here.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row under the cursor.
    pub(super) fn chosen(&self) -> Option<&Row> {
        self.rows.get(self.at)
    }

    /// The place of the cursor, from above.
    pub(super) fn at(&self) -> usize {
        self.turned(self.at)
    }

    /// Moves the cursor, as far as there are rows.
    pub(super) fn move_to(&mut self, at: usize) {
        self.at = self.turned(at.min(self.len().saturating_sub(1)));
    }

    /// A place from above, counted as it is in here, and back.
    fn turned(&self, place: usize) -> usize {
        if self.backwards { self.len().saturating_sub(place + 1) } else { place }
    }

    /// How many there are, as far as anybody knows.
    pub(super) fn count(&self) -> String {
        match self.total {
            Some(Total::Known(total)) => total.to_string(),
            _ if self.more || !self.before.is_empty() => format!("{}+", self.rows.len()),
            _ => self.rows.len().to_string(),
        }
    }

    /// Which part should come next, with the cursor this near to an end.
    pub(super) fn needs(&self, near: usize) -> Option<Part> {
        if self.more && self.at + near >= self.rows.len() {
            return Some(Part::After);
        }
        (self.at < near && !self.before.is_empty()).then_some(Part::Before)
    }

    /// Whether the list begins here.
    pub(super) fn is_at_beginning(&self) -> bool {
        if self.backwards { !self.more } else { self.start.is_none() }
    }

    /// Whether it ends here.
    pub(super) fn is_at_end(&self) -> bool {
        if self.backwards { self.start.is_none() } else { !self.more }
    }

    /// Whether a part is asked for from the end of the list.
    pub(super) fn is_backwards(&self, part: Part) -> bool {
        match part {
            Part::Beginning => false,
            Part::End => true,
            Part::Same | Part::After | Part::Before => self.backwards,
        }
    }

    /// After which cursor a part begins, and how many rows it has.
    pub(super) fn question(&self, part: Part) -> (Option<String>, usize) {
        match part {
            Part::Beginning | Part::End => (None, PAGE),
            Part::Same => (self.start.clone(), self.rows.len().max(PAGE)),
            Part::After => (self.rows.last().map(|row| row.cursor.clone()), PAGE),
            Part::Before => {
                let before = self.before.last();
                let limit = before.map_or(PAGE, |(_, count)| *count);
                (before.and_then(|(start, _)| start.clone()), limit)
            }
        }
    }

    /// Takes rows that were asked for. The cursor stays on its row.
    pub(super) fn take(&mut self, part: Part, page: Page) {
        let chosen = self.chosen().map(|row| row.id.clone());
        self.total = Some(page.total);
        match part {
            Part::Same => (self.rows, self.more) = (page.rows, page.more),
            Part::Beginning | Part::End => {
                let backwards = self.is_backwards(part);
                if backwards != self.backwards {
                    (self.backwards, self.at) = (backwards, 0);
                }
                (self.rows, self.more) = (page.rows, page.more);
                (self.start, self.before) = (None, Vec::new());
            }
            Part::After => {
                self.rows.extend(page.rows);
                self.more = page.more;
                self.drop_first();
            }
            Part::Before => {
                self.start = self.before.pop().and_then(|(start, _)| start);
                let mut rows = page.rows;
                rows.append(&mut self.rows);
                self.rows = rows;
                self.drop_last();
            }
        }
        let same = chosen.and_then(|id| self.rows.iter().position(|row| row.id == id));
        let last = self.rows.len().saturating_sub(1);
        self.at = if part == Part::End { 0 } else { same.unwrap_or(self.at).min(last) };
    }

    /// Lets go of the first rows, if there are too many: as far as a place after which the
    /// list can be asked for.
    fn drop_first(&mut self) {
        while self.rows.len() > MOST {
            let mut known = self.known_places();
            let Some(last) = known.find(|&place| place + 1 >= PAGE) else { return };
            drop(known);
            let kept = self.rows.split_off(last + 1);
            let cursor = self.rows.last().map(|row| row.cursor.clone());
            self.before.push((std::mem::replace(&mut self.start, cursor), last + 1));
            self.rows = kept;
            self.at = self.at.saturating_sub(last + 1);
        }
    }

    /// Lets go of the last rows, if there are too many.
    fn drop_last(&mut self) {
        let last = self.known_places().filter(|&place| place < MOST).last();
        if let Some(last) = last.filter(|_| self.rows.len() > MOST) {
            self.more = true;
            self.rows.truncate(last + 1);
        }
    }

    /// The rows after which the list can be asked for.
    fn known_places(&self) -> impl Iterator<Item = usize> {
        let known = self.rows.iter().enumerate().filter(|(_, row)| !row.cursor.is_empty());
        known.map(|(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(numbers: std::ops::Range<usize>, more: bool) -> Page {
        let last = numbers.end - 1;
        let row = |number: usize| {
            let id = format!("{number:05}");
            // As the store says it: where a part ends, and nowhere else.
            let cursor = if number == last { id.clone() } else { String::new() };
            Row { id, cursor, ..Row::default() }
        };
        Page { rows: numbers.map(row).collect(), more, total: Total::Unknown }
    }

    fn id(window: &Window) -> &str {
        &window.chosen().unwrap().id
    }

    #[test]
    fn the_cursor_stays_on_its_row() {
        let mut window = Window::default();
        window.take(Part::Beginning, page(10..20, false));
        window.move_to(3);
        window.take(Part::Same, page(5..20, false));
        assert_eq!(id(&window), "00013");
        // The row is gone: another takes its place.
        window.take(Part::Same, page(14..20, false));
        assert_eq!(id(&window), "00019");
    }

    #[test]
    fn a_million_rows_are_never_here_at_once_and_one_comes_back_to_the_first() {
        let mut window = Window::default();
        window.take(Part::Beginning, page(0..PAGE, true));
        let mut next = PAGE;
        for _ in 0..20 {
            window.move_to(usize::MAX);
            assert_eq!(window.needs(10), Some(Part::After));
            let (after, limit) = window.question(Part::After);
            assert_eq!(after, Some(format!("{:05}", next - 1)));
            window.take(Part::After, page(next..next + limit, true));
            assert_eq!(id(&window), format!("{:05}", next - 1));
            next += limit;
            assert!(window.len() <= MOST);
        }
        while !window.is_at_beginning() {
            window.move_to(0);
            let first: usize = id(&window).parse().unwrap();
            assert_eq!(window.needs(10), Some(Part::Before));
            let (after, limit) = window.question(Part::Before);
            let start = after.map_or(0, |after| after.parse::<usize>().unwrap() + 1);
            assert_eq!(start + limit, first);
            window.take(Part::Before, page(start..first, true));
            assert_eq!(id(&window), format!("{first:05}"));
        }
        window.move_to(0);
        assert_eq!((id(&window), window.needs(10)), ("00000", None));
    }

    #[test]
    fn what_is_here_is_counted_and_a_plus_says_that_there_is_more() {
        let mut window = Window::default();
        window.take(Part::Beginning, page(0..3, false));
        assert_eq!(window.count(), "3");
        window.take(Part::Beginning, page(0..3, true));
        assert_eq!(window.count(), "3+");
    }
}
