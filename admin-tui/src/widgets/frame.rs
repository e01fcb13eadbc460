//! Frames around parts of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Padding, Paragraph, Widget, Wrap};

use crate::look::Look;

/// Draws a frame with a title, and says what is inside.
pub(crate) fn boxed(buffer: &mut Buffer, area: Rect, title: Line<'_>, border: Style) -> Rect {
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(border)
        .padding(Padding::horizontal(1))
        .title(title);
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// A dialog's place: in the middle, no larger than there is room.
pub(crate) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    Rect { x, y, width, height }
}

/// What is inside of a dialog's frame at this place.
pub(crate) fn inside(place: Rect) -> Rect {
    Block::bordered().padding(Padding::horizontal(1)).inner(place)
}

/// The hint at the bottom of a dialog that is drawn in this column: a key, and what it does.
pub(crate) fn hint_at(place: Rect, keys: &str, column: u16) -> Option<&str> {
    let mut x = place.x + 3;
    keys.split("  ").find(|hint| {
        let end = x + u16::try_from(hint.chars().count()).unwrap_or(0);
        let is_it = (x..end).contains(&column) && end < place.right();
        x = end + 2;
        is_it
    })
}

/// Draws a dialog's frame over what is there, with its keys at the bottom, and says what
/// is inside.
pub(crate) fn dialog(
    buffer: &mut Buffer,
    area: Rect,
    title: &str,
    keys: &str,
    look: &Look,
) -> Rect {
    Clear.render(area, buffer);
    let title = Line::from(Span::styled(format!(" {title} "), look.theme.strong));
    let inner = boxed(buffer, area, title, look.theme.accent);
    if area.height > 1 && !keys.is_empty() {
        let keys = format!(" {keys} ");
        let room = usize::from(area.width.saturating_sub(4));
        buffer.set_stringn(area.x + 2, area.bottom() - 1, keys, room, look.theme.quiet);
    }
    inner
}

/// Draws a text in so many lines as it needs, and says how many that are.
pub(crate) fn text(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let paragraph = Paragraph::new(text).style(style).wrap(Wrap { trim: false });
    let height = lines(text, area.width);
    paragraph.render(Rect { height: height.min(area.height), ..area }, buffer);
    height
}

/// In how many lines a text is drawn.
pub(crate) fn lines(text: &str, width: u16) -> u16 {
    let width = usize::from(width).max(1);
    let needed = |line: &str| {
        let mut count = 1;
        let mut used = 0;
        for word in line.split(' ') {
            let long = Span::raw(word).width();
            if used > 0 && used + 1 + long > width {
                count += 1;
                used = 0;
            }
            used += long + usize::from(used > 0);
            count += used.saturating_sub(1) / width;
            used = if used == 0 { 0 } else { (used - 1) % width + 1 };
        }
        count
    };
    u16::try_from(text.lines().map(needed).sum::<usize>().max(1)).unwrap_or(u16::MAX)
}

/// The part of an area that is below so many lines.
pub(crate) fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect { y: area.y + lines, height: area.height - lines, ..area }
}

/// One line of an area.
pub(crate) fn line(area: Rect, number: u16) -> Rect {
    Rect { height: 1, ..below(area, number) }.intersection(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_in_lines_as_they_are_drawn() {
        for (words, width) in
            [("one two three", 7), ("a", 1), ("", 5), ("abcdefghij kl", 4), ("one\ntwo", 9)]
        {
            let area = Rect::new(0, 0, width, 20);
            let mut buffer = Buffer::empty(area);
            text(&mut buffer, area, words, Style::new());
            let drawn = buffer
                .content
                .chunks(usize::from(width))
                .rposition(|line| line.iter().any(|cell| cell.symbol() != " "));
            let drawn = u16::try_from(drawn.map_or(1, |last| last + 1)).unwrap();
            assert_eq!(lines(words, width), drawn, "{words:?} in {width}");
        }
    }

    #[test]
    fn a_dialog_is_in_the_middle_and_fits() {
        assert_eq!(middle(Rect::new(0, 0, 80, 24), 40, 10), Rect::new(20, 7, 40, 10));
        assert_eq!(middle(Rect::new(0, 0, 8, 4), 40, 10), Rect::new(0, 0, 8, 4));
    }
}
