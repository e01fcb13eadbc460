//! A list as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

use super::ListScreen;
use crate::look::Look;
use crate::screen::Health;
use crate::widgets::table::Shade;
use crate::widgets::{facts, frame, table};

/// From this many columns on, details stand beside the rows.
const WIDE: u16 = 120;

/// Where rows and details go.
fn split(area: Rect, pane: bool) -> (Rect, Option<Rect>) {
    if !pane {
        return (area, None);
    }
    let [list, pane] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(area)
    } else {
        Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area)
    };
    (list, Some(pane))
}

/// Where the rows are drawn: inside the frame, below the notice, if there is one, and
/// the heads.
pub(super) fn rows(screen: &ListScreen) -> Rect {
    let (list, _) = split(screen.area, screen.pane);
    let inner = Block::new().borders(Borders::ALL).inner(list);
    let above = u16::try_from(notice(screen).len()).unwrap_or(0) + 1;
    frame::below(inner, above)
}

/// Draws it.
pub(super) fn draw(screen: &ListScreen, buffer: &mut Buffer, area: Rect, look: &Look) {
    let (list, pane) = split(area, screen.pane);
    let inner = frame::boxed(buffer, list, title(screen, look), look.theme.border);
    let mut left = inner;
    for notice in notice(screen) {
        buffer.set_stringn(left.x, left.y, notice, usize::from(left.width), look.theme.wrong);
        left = frame::below(left, 1);
    }
    let columns = screen.spec.columns;
    table::heads(buffer, left, columns, screen.sort, look);
    let body = frame::below(left, 1);
    draw_rows(screen, buffer, body, look);
    if let Some(words) = nothing(screen) {
        let place = frame::below(body, 1);
        frame::text(buffer, place, &words, look.theme.quiet);
    }
    if let Some(editor) = &screen.typing {
        let place = Rect { x: list.x + 2, y: list.bottom() - 1, height: 1, width: list.width - 4 };
        buffer.set_stringn(place.x, place.y, " / ", 3, look.theme.accent);
        let line = Rect { x: place.x + 3, width: place.width.saturating_sub(3).min(50), ..place };
        buffer.set_stringn(line.x, line.y, " ".repeat(50), usize::from(line.width), Style::new());
        editor.draw(buffer, line, Style::new(), true);
    }
    if let Some(pane) = pane {
        draw_pane(screen, buffer, pane, look);
    }
}

fn draw_rows(screen: &ListScreen, buffer: &mut Buffer, area: Rect, look: &Look) {
    let old = screen.pace.is_old();
    let shown = screen.window.rows().enumerate().skip(screen.top);
    for ((number, row), line) in shown.zip(0..area.height) {
        let shade = Shade { chosen: number == screen.window.at(), old };
        table::row(buffer, frame::line(area, line), (screen.spec.columns, row), shade, look);
    }
}

fn title(screen: &ListScreen, look: &Look) -> Line<'static> {
    let mut spans =
        vec![Span::styled(format!(" {} ", screen.spec.kind.title()), look.theme.strong)];
    if let Some(scope) = &screen.scope {
        spans.push(Span::raw(format!("of {} ", scope.name)));
    }
    if screen.fresh || !screen.window.is_empty() {
        spans.push(Span::styled(format!("{} ", screen.window.count()), look.theme.quiet));
    }
    if !screen.filter.is_empty() {
        spans.push(Span::styled(format!("filter: {} ", screen.filter.trim()), look.theme.accent));
    }
    Line::from(spans)
}

/// What is said above the rows, a line each.
fn notice(screen: &ListScreen) -> Vec<String> {
    match screen.pace.health() {
        Health::Lost(since, why) => {
            let rows = if screen.window.is_empty() { "" } else { " The rows are old." };
            vec![format!("STORE GONE since {since}.{rows}"), format!("Why: {why}.")]
        }
        Health::Refused(why) => vec![format!("Refused: {why}.")],
        Health::Slow(seconds) => {
            vec![format!("The store has not answered for {seconds} s; the rows are old.")]
        }
        _ => Vec::new(),
    }
}

/// What is said where there are no rows.
fn nothing(screen: &ListScreen) -> Option<String> {
    if !screen.window.is_empty() {
        return None;
    }
    let things = screen.spec.kind.title().to_lowercase();
    if !screen.fresh {
        return (!screen.pace.is_old()).then(|| "Asking the store…".to_owned());
    }
    if screen.filter.is_empty() {
        return Some(format!("There are no {things}."));
    }
    let (filter, compared) = (screen.filter.trim(), screen.spec.filter);
    Some(format!("No {things} match {filter:?}. The filter compares {compared}. Esc shows all."))
}

fn draw_pane(screen: &ListScreen, buffer: &mut Buffer, area: Rect, look: &Look) {
    let chosen = screen.window.chosen();
    let here = screen.detail.as_ref().filter(|(id, _)| chosen.is_some_and(|row| row.id == *id));
    let name = chosen.and_then(|row| row.cells.first()).cloned().unwrap_or_default();
    let title = Line::from(Span::styled(format!(" {name} "), look.theme.strong));
    let inner = frame::boxed(buffer, area, title, look.theme.border);
    match here {
        Some((_, Ok(detail))) => {
            facts::draw(buffer, inner, (detail, 0, None), screen.pace.is_old(), look);
        }
        Some((_, Err(why))) => {
            frame::text(buffer, inner, why, look.theme.wrong);
        }
        None if chosen.is_some() => {
            frame::text(buffer, inner, "Asking the store…", look.theme.quiet);
        }
        None => {}
    }
}
