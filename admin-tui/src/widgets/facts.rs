//! Names and what is known under them, in two columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame;
use crate::look::Look;
use crate::view::{Detail, Fact};

/// The widest that names are drawn.
const NAME: u16 = 20;

/// A line of a detail.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Title(&'a str),
    Fact(usize, &'a Fact),
    Gap,
}

fn parts(detail: &Detail) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut number = 0;
    for section in &detail.sections {
        if !parts.is_empty() {
            parts.push(Part::Gap);
        }
        parts.push(Part::Title(&section.title));
        for fact in &section.facts {
            parts.push(Part::Fact(number, fact));
            number += 1;
        }
    }
    parts
}

fn name_width(detail: &Detail, room: u16) -> u16 {
    let longest = detail.facts().map(|fact| fact.name.chars().count()).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(NAME).min(NAME).min(room / 2)
}

fn height(part: Part<'_>, width: u16) -> u16 {
    match part {
        Part::Fact(_, fact) => frame::lines(&fact.value, width),
        Part::Title(_) | Part::Gap => 1,
    }
}

/// At which line each fact begins and ends.
pub(crate) fn spans(detail: &Detail, room: u16) -> Vec<(u16, u16)> {
    let width = value_width(detail, room);
    let mut spans = Vec::new();
    let mut line: u16 = 0;
    for part in parts(detail) {
        let end = line.saturating_add(height(part, width));
        if matches!(part, Part::Fact(..)) {
            spans.push((line, end));
        }
        line = end;
    }
    spans
}

fn value_width(detail: &Detail, room: u16) -> u16 {
    room.saturating_sub(name_width(detail, room) + 4).max(1)
}

/// Draws a detail from a line on, with the cursor on a fact if there is one.
pub(crate) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    (detail, from, cursor): (&Detail, u16, Option<usize>),
    old: bool,
    look: &Look,
) {
    let names = name_width(detail, area.width);
    let width = value_width(detail, area.width);
    let mut line: u16 = 0;
    for part in parts(detail) {
        let end = line.saturating_add(height(part, width));
        if let Some(at) = line.checked_sub(from) {
            if at >= area.height {
                break;
            }
            let place = frame::below(area, at);
            match part {
                Part::Gap => {}
                Part::Title(title) => {
                    buffer.set_stringn(
                        place.x,
                        place.y,
                        title,
                        usize::from(place.width),
                        look.theme.accent,
                    );
                }
                Part::Fact(number, fact) => {
                    let chosen = cursor == Some(number);
                    draw_fact(buffer, place, (fact, names), (chosen, old), look);
                }
            }
        }
        line = end;
    }
}

fn draw_fact(
    buffer: &mut Buffer,
    area: Rect,
    (fact, names): (&Fact, u16),
    (chosen, old): (bool, bool),
    look: &Look,
) {
    let value = Rect {
        x: area.x.saturating_add(names + 4),
        width: area.width.saturating_sub(names + 4),
        ..area
    };
    let plain = if old { look.theme.quiet } else { Style::new() };
    let (name_style, value_style) =
        if chosen { (look.theme.chosen, look.theme.chosen) } else { (look.theme.quiet, plain) };
    if chosen {
        buffer.set_style(Rect { height: 1, ..area }, look.theme.chosen);
    }
    let sign = if chosen { "›" } else { " " };
    buffer.set_stringn(area.x, area.y, sign, 1, name_style);
    buffer.set_stringn(area.x + 2, area.y, &fact.name, usize::from(names), name_style);
    frame::text(buffer, value, &fact.value, value_style);
    if fact.link.is_some() {
        let end = u16::try_from(fact.value.chars().count()).unwrap_or(u16::MAX);
        let x = value.x.saturating_add(end).saturating_add(1);
        if x < area.right() {
            let style = if chosen { look.theme.chosen } else { look.theme.accent };
            buffer.set_stringn(x, area.y, "›", 1, style);
        }
    }
}
