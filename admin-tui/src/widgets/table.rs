//! Columns that line up.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::shortened::{cut, shortened};
use crate::look::Look;
use crate::view::{Column, Mark, Row, Sort, Width};

/// Blanks between columns.
const GAP: u16 = 2;
/// The shortest that a share may become.
const SHORTEST: u16 = 8;
/// The sign before a row, with its gap.
const SIGN: u16 = 2;

/// How wide each column is; those at the end that do not fit are left out. A share may
/// shrink a little before that, as names are still known by their beginnings.
pub(crate) fn widths(columns: &[Column], room: u16) -> Vec<u16> {
    let mut left = room.saturating_sub(SIGN);
    let mut widths = Vec::new();
    for column in columns {
        let gap = if widths.is_empty() { 0 } else { GAP };
        let (least, wanted) = match column.width {
            Width::Fixed(width) => (width, width),
            Width::Share(width) => (width.min(SHORTEST), width),
        };
        let Some(room) = left.checked_sub(gap).filter(|room| *room >= least) else { break };
        let width = wanted.min(room);
        widths.push(width);
        left = room - width;
    }
    let shares = |(column, _): &(&Column, &u16)| matches!(column.width, Width::Share(_));
    let sharing = columns.iter().zip(&widths).filter(shares).count();
    let share = left / u16::try_from(sharing.max(1)).unwrap_or(1);
    let mut odd = left - share * u16::try_from(sharing).unwrap_or(0);
    for (width, column) in widths.iter_mut().zip(columns) {
        if matches!(column.width, Width::Share(_)) {
            *width += share + odd;
            odd = 0;
        }
    }
    widths
}

/// Draws the heads, with a sign on the one that the rows are in the order of.
pub(crate) fn heads(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Column],
    sort: Option<Sort>,
    look: &Look,
) {
    let mut x = area.x + SIGN;
    for ((number, column), width) in columns.iter().enumerate().zip(widths(columns, area.width)) {
        let sign = match sort {
            Some(sort) if sort.column == number && sort.descending => " ▼",
            Some(sort) if sort.column == number => " ▲",
            _ => "",
        };
        let style = if sign.is_empty() { look.theme.quiet } else { look.theme.accent };
        let text = format!("{}{sign}", column.name.to_uppercase());
        buffer.set_stringn(x, area.y, text, usize::from(width), style);
        x = x.saturating_add(width + GAP);
    }
}

/// How a row is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shade {
    /// Whether the cursor is on it.
    pub(crate) chosen: bool,
    /// Whether it may not be what the store holds by now.
    pub(crate) old: bool,
}

/// Draws a row.
pub(crate) fn row(
    buffer: &mut Buffer,
    area: Rect,
    (columns, row): (&[Column], &Row),
    shade: Shade,
    look: &Look,
) {
    let theme = &look.theme;
    let mut style = match row.mark {
        _ if shade.old => theme.quiet,
        Mark::Off => theme.quiet,
        Mark::Soon => theme.slow,
        Mark::Alert => theme.wrong,
        Mark::None => Style::new(),
    };
    if shade.chosen {
        // The cursor is seen also on a row that is dim.
        style = theme.chosen.remove_modifier(Modifier::DIM);
        buffer.set_style(area, style);
        buffer.set_stringn(area.x, area.y, "›", 1, style);
    }
    let sign = if shade.chosen { area.x + 1 } else { area.x };
    buffer.set_stringn(sign, area.y, row.mark.sign(), 1, style);
    if shade.chosen && row.mark == Mark::None {
        buffer.set_stringn(area.x, area.y, "› ", 2, style);
    }
    let mut x = area.x + SIGN;
    for ((number, cell), width) in row.cells.iter().enumerate().zip(widths(columns, area.width)) {
        let room = usize::from(width);
        // Names tell most at their beginning, ids and addresses at both ends.
        let text =
            if number == 0 || cell.contains(' ') { cut(cell, room) } else { shortened(cell, room) };
        let style =
            if number == 0 || shade.chosen { style } else { style.patch(second(row, shade, look)) };
        buffer.set_stringn(x, area.y, text, room, style);
        x = x.saturating_add(width + GAP);
    }
}

/// What is beside the name steps back a little, unless the row stands out as a whole.
fn second(row: &Row, shade: Shade, look: &Look) -> Style {
    match row.mark {
        Mark::None if !shade.old => look.theme.quiet,
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn column(width: Width) -> Column {
        Column { key: "", name: "", width, sortable: false }
    }

    #[test]
    fn what_is_left_is_shared() {
        let columns = [column(Width::Share(10)), column(Width::Fixed(8)), column(Width::Share(20))];
        let widths = widths(&columns, 80);
        assert_eq!(widths, [28, 8, 38]);
        assert_eq!(widths.iter().sum::<u16>() + 2 * GAP + SIGN, 80);
    }

    #[test]
    fn a_share_shrinks_and_what_does_not_fit_is_left_out() {
        let columns =
            [column(Width::Fixed(10)), column(Width::Share(20)), column(Width::Fixed(20))];
        assert_eq!(widths(&columns, 40), [10, 26]);
        assert_eq!(widths(&columns, 24), [10, 10]);
        assert_eq!(widths(&columns, 21), [10]);
        assert!(widths(&columns, 3).is_empty());
    }
}
