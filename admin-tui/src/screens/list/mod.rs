//! A list of any kind: live, filtered, sorted, a page at a time, with details beside it.

mod draw;
mod window;

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shared::model::Timestamp;

use crate::keys::Command;
use crate::look::Look;
use crate::pace::Pace;
use crate::place::{Place, Scope, Target};
use crate::screen::{Health, Reply, Screen, Wanted};
use crate::source::{Answer, Question, Trouble};
use crate::view::{Detail, Link, ListSpec, Query, Sort};
use crate::widgets::editor::Editor;
use window::{Part, Window};

/// This near to the end of what is here, more is asked for; at least a page of the screen.
const NEAR: usize = 60;
/// Rows that one notch of the wheel moves.
const NOTCH: usize = 3;
/// The first ticket of questions for details.
const DETAILS: u64 = 1 << 32;

/// The screen.
#[derive(Debug)]
pub(crate) struct ListScreen {
    spec: &'static ListSpec,
    scope: Option<Scope>,
    window: Window,
    filter: String,
    typing: Option<Editor>,
    /// The order that was chosen.
    sort: Option<Sort>,
    pace: Pace,
    /// What the question that is out is about.
    part: Part,
    /// Whether the rows are of the filter and order that are shown.
    fresh: bool,
    pane: bool,
    detail: Option<(String, Result<Detail, String>)>,
    details: Pace,
    /// The first row that is drawn, and how many there is room for.
    top: usize,
    height: usize,
    area: Rect,
}

impl ListScreen {
    /// A list with nothing in it yet.
    pub(crate) fn new(spec: &'static ListSpec, scope: Option<Scope>) -> Self {
        Self {
            spec,
            scope,
            window: Window::default(),
            filter: String::new(),
            typing: None,
            sort: None,
            pace: Pace::starting_at(0),
            part: Part::Beginning,
            fresh: false,
            pane: false,
            detail: None,
            details: Pace::starting_at(DETAILS),
            top: 0,
            height: 1,
            area: Rect::ZERO,
        }
    }

    fn chosen(&self) -> Option<Target> {
        let row = self.window.chosen()?;
        Some(row.target(self.spec.kind, self.scope.clone()))
    }

    fn ask(&mut self, part: Part, now: Timestamp) -> Vec<Wanted> {
        let (after, limit) = self.window.question(part);
        self.part = part;
        let query = Query {
            kind: self.spec.kind,
            scope: self.scope.clone(),
            filter: self.filter.trim().to_owned(),
            sort: self.sort,
            backwards: self.window.is_backwards(part),
            after,
            limit,
        };
        vec![Wanted::Ask(self.pace.ask(now), Question::Page(query))]
    }

    /// Asks for other rows than those that are here; nobody waits for those any more.
    fn start_anew(&mut self, now: Timestamp) -> Vec<Wanted> {
        self.fresh = false;
        self.jump(Part::Beginning, now)
    }

    /// Goes to an end of the list, wherever the rows are from that are here.
    fn jump(&mut self, part: Part, now: Timestamp) -> Vec<Wanted> {
        let mut wanted: Vec<_> = self.pace.forget().map(Wanted::Forget).into_iter().collect();
        wanted.extend(self.ask(part, now));
        wanted
    }

    /// Asks for what comes next, if the cursor is near an end and nothing is asked yet.
    fn moved(&mut self, now: Timestamp) -> Vec<Wanted> {
        self.scroll();
        let mut wanted = Vec::new();
        let near = NEAR.max(self.height);
        if !self.pace.is_out()
            && let Some(part) = self.window.needs(near)
        {
            wanted.extend(self.ask(part, now));
        }
        wanted.extend(self.ask_detail(now));
        wanted
    }

    /// Asks for the details of the row under the cursor, if they are shown and are not
    /// here: one question at a time, however fast the cursor moves.
    fn ask_detail(&mut self, now: Timestamp) -> Vec<Wanted> {
        let Some(target) = self.chosen() else { return Vec::new() };
        let here = self.detail.as_ref().is_some_and(|(id, _)| *id == target.id);
        if !self.pane || here || self.details.is_out() {
            return Vec::new();
        }
        vec![Wanted::Ask(self.details.ask(now), Question::Detail(target))]
    }

    fn scroll(&mut self) {
        let at = self.window.at();
        self.top = self.top.min(at).max((at + 1).saturating_sub(self.height));
    }

    fn move_by(&mut self, down: bool, rows: usize, now: Timestamp) -> Vec<Wanted> {
        let at = self.window.at();
        self.window.move_to(if down { at + rows } else { at.saturating_sub(rows) });
        self.moved(now)
    }

    fn sort_by(&mut self, next: bool, now: Timestamp) -> Vec<Wanted> {
        let sortable = |number: usize| self.spec.columns.get(number).is_some_and(|c| c.sortable);
        let number = self.sort.map_or(0, |sort| sort.column + usize::from(next));
        let count = self.spec.columns.len();
        let mut around = (number..count).chain(0..number.min(count));
        let Some(column) = around.find(|&number| sortable(number)) else {
            return vec![Wanted::Say("This list has one order only.".to_owned())];
        };
        let descending = !next && self.sort.is_none_or(|sort| !sort.descending);
        self.sort = Some(Sort { column, descending });
        self.start_anew(now)
    }

    fn set_filter(&mut self, filter: String, now: Timestamp) -> Vec<Wanted> {
        if filter == self.filter {
            return Vec::new();
        }
        self.filter = filter;
        self.start_anew(now)
    }

    fn close_something(&mut self, now: Timestamp) -> Vec<Wanted> {
        if !self.filter.is_empty() {
            return self.set_filter(String::new(), now);
        }
        vec![Wanted::Back]
    }

    fn take_page(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted> {
        if !self.pace.take(reply.ticket, reply.answer.as_ref().err(), reply.took, now) {
            return Vec::new();
        }
        match reply.answer {
            Ok(Answer::Page(page)) => {
                let before = self.window.at();
                self.window.take(self.part, page);
                if matches!(self.part, Part::After | Part::Before) {
                    // The rows stay where they are, whatever came above them or went.
                    self.top = (self.top + self.window.at()).saturating_sub(before);
                }
                self.fresh = true;
            }
            Err(Trouble::Forbidden(_)) => {
                (self.window, self.detail, self.fresh) = (Window::default(), None, false);
            }
            _ => {}
        }
        self.moved(now)
    }

    fn take_detail(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted> {
        if !self.details.take(reply.ticket, None, reply.took, now) {
            return Vec::new();
        }
        let id = self.window.chosen().map(|row| row.id.clone()).unwrap_or_default();
        match reply.answer {
            Ok(Answer::Detail(detail)) => self.detail = Some((detail.id.clone(), Ok(detail))),
            Ok(_) => {}
            Err(trouble) => self.detail = Some((id, Err(trouble.words().to_owned()))),
        }
        self.ask_detail(now)
    }
}

impl Screen for ListScreen {
    fn on_command(&mut self, command: Command, now: Timestamp) -> Vec<Wanted> {
        let page = self.height.saturating_sub(1).max(1);
        match command {
            Command::Up => self.move_by(false, 1, now),
            Command::Down => self.move_by(true, 1, now),
            Command::PageUp => self.move_by(false, page, now),
            Command::PageDown => self.move_by(true, page, now),
            Command::First if !self.window.is_at_beginning() => {
                self.window.move_to(0);
                self.scroll();
                self.jump(Part::Beginning, now)
            }
            Command::First => self.move_by(false, usize::MAX, now),
            Command::Last => {
                self.window.move_to(usize::MAX);
                if self.window.is_at_end() {
                    return self.moved(now);
                }
                self.scroll();
                self.jump(Part::End, now)
            }
            Command::Open => {
                self.chosen().map(|target| Wanted::Go(Place::Detail(target))).into_iter().collect()
            }
            Command::Filter => {
                self.typing = Some(Editor::new(&self.filter));
                Vec::new()
            }
            Command::Sort => self.sort_by(true, now),
            Command::Reverse => self.sort_by(false, now),
            Command::Pane => {
                self.pane = !self.pane;
                self.lay_out(self.area);
                self.ask_detail(now)
            }
            Command::Refresh if self.pace.is_out() => Vec::new(),
            Command::Refresh => self.ask(Part::Same, now),
            Command::Back => self.close_something(now),
            _ => Vec::new(),
        }
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    fn on_typed(&mut self, key: KeyEvent, now: Timestamp) -> Vec<Wanted> {
        match key.code {
            KeyCode::Enter => self.typing = None,
            KeyCode::Esc => {
                self.typing = None;
                return self.set_filter(String::new(), now);
            }
            KeyCode::Up => return self.move_by(false, 1, now),
            KeyCode::Down => return self.move_by(true, 1, now),
            _ => {
                let Some(editor) = &mut self.typing else { return Vec::new() };
                editor.on_key(key);
                let filter = editor.text().to_owned();
                return self.set_filter(filter, now);
            }
        }
        Vec::new()
    }

    fn on_paste(&mut self, text: &str, now: Timestamp) -> Vec<Wanted> {
        let Some(editor) = &mut self.typing else { return Vec::new() };
        editor.insert(text);
        let filter = editor.text().to_owned();
        self.set_filter(filter, now)
    }

    fn on_mouse(&mut self, mouse: MouseEvent, now: Timestamp) -> Vec<Wanted> {
        let rows = draw::rows(self);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.move_by(false, NOTCH, now),
            MouseEventKind::ScrollDown => self.move_by(true, NOTCH, now),
            MouseEventKind::Down(MouseButton::Left)
                if rows.contains((mouse.column, mouse.row).into()) =>
            {
                let at = self.top + usize::from(mouse.row - rows.y);
                if at >= self.window.len() {
                    return Vec::new();
                }
                if at == self.window.at() {
                    return self.on_command(Command::Open, now);
                }
                self.window.move_to(at);
                self.moved(now)
            }
            _ => Vec::new(),
        }
    }

    fn on_tick(&mut self, now: Timestamp) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        if self.pace.is_due(now) {
            let part = if self.fresh { Part::Same } else { Part::Beginning };
            wanted.extend(self.ask(part, now));
        }
        if self.pane && self.details.is_due(now) {
            let target = self.chosen();
            let ask = |target| Wanted::Ask(self.details.ask(now), Question::Detail(target));
            wanted.extend(target.map(ask));
        }
        wanted
    }

    fn on_reply(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted> {
        if reply.ticket > DETAILS {
            return self.take_detail(reply, now);
        }
        self.take_page(reply, now)
    }

    fn on_leave(&mut self) {
        self.pace.forget();
        self.details.forget();
    }

    fn lay_out(&mut self, area: Rect) {
        self.area = area;
        self.height = usize::from(draw::rows(self).height).max(1);
        self.scroll();
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        draw::draw(self, buffer, area, look);
    }

    fn target(&self) -> Option<Target> {
        self.chosen()
    }

    fn links(&self) -> Vec<Link> {
        self.window.chosen().map(|row| row.links.clone()).unwrap_or_default()
    }

    fn copied(&self) -> Option<String> {
        self.window.chosen().map(|row| row.id.clone())
    }

    fn health(&self) -> Health {
        self.pace.health()
    }
}

#[cfg(test)]
mod tests;
