//! One thing, on a page of its own.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use shared::model::Timestamp;

use crate::keys::Command;
use crate::look::Look;
use crate::pace::Pace;
use crate::place::Target;
use crate::screen::{Health, Loaded, Reply, Screen, Wanted};
use crate::source::{Answer, Question, Trouble};
use crate::view::{Detail, Fact, Link};
use crate::widgets::{facts, frame};

/// The screen.
#[derive(Debug)]
pub(crate) struct DetailScreen {
    question: Question,
    /// What is looked at, if it is a thing.
    target: Option<Target>,
    detail: Loaded<Detail>,
    pace: Pace,
    /// The fact under the cursor.
    at: usize,
    /// The first line that is drawn.
    top: u16,
    area: Rect,
}

impl DetailScreen {
    /// A page about it, with nothing on it yet.
    pub(crate) fn new(target: Target) -> Self {
        Self { target: Some(target.clone()), ..Self::answering(Question::Detail(target)) }
    }

    /// A page with the answer to a question.
    pub(crate) fn answering(question: Question) -> Self {
        let (detail, pace) = (Loaded::Waiting, Pace::starting_at(0));
        Self { question, target: None, detail, pace, at: 0, top: 0, area: Rect::ZERO }
    }

    fn fact(&self) -> Option<&Fact> {
        self.detail.last()?.facts().nth(self.at)
    }

    fn ask(&mut self, now: Timestamp) -> Vec<Wanted> {
        vec![Wanted::Ask(self.pace.ask(now), self.question.clone())]
    }

    fn move_to(&mut self, at: usize) {
        let count = self.detail.last().map_or(0, |detail| detail.facts().count());
        self.at = at.min(count.saturating_sub(1));
        self.scroll();
    }

    fn inner(&self) -> Rect {
        let inner = Block::bordered().inner(self.area);
        frame::below(inner, u16::from(self.pace.is_old()))
    }

    fn scroll(&mut self) {
        let inner = self.inner();
        let Some(detail) = self.detail.last() else { return };
        let spans = facts::spans(detail, inner.width.saturating_sub(2));
        let Some(&(begin, end)) = spans.get(self.at) else { return };
        // The title above the first fact comes into view with it.
        let begin = if self.at == 0 { 0 } else { begin };
        self.top = self.top.min(begin).max(end.saturating_sub(inner.height).min(begin));
    }

    fn title(&self, look: &Look) -> Line<'static> {
        let detail = self.detail.last();
        let target = self.target.as_ref().map_or("", |target| &target.name);
        let name = detail.map_or(target, |detail| &detail.title);
        let mut spans = vec![Span::styled(format!(" {name} "), look.theme.strong)];
        if let Some(state) = detail.map(|detail| &detail.state).filter(|state| !state.is_empty()) {
            spans.push(Span::styled(format!("· {state} "), look.theme.slow));
        }
        Line::from(spans)
    }
}

impl Screen for DetailScreen {
    fn on_command(&mut self, command: Command, now: Timestamp) -> Vec<Wanted> {
        let page = usize::from(self.inner().height / 2).max(1);
        match command {
            Command::Up => self.move_to(self.at.saturating_sub(1)),
            Command::Down => self.move_to(self.at + 1),
            Command::PageUp => self.move_to(self.at.saturating_sub(page)),
            Command::PageDown => self.move_to(self.at + page),
            Command::First => self.move_to(0),
            Command::Last => self.move_to(usize::MAX),
            Command::Open => {
                let link = self.fact().and_then(|fact| fact.link.clone());
                return link.map(Wanted::Go).into_iter().collect();
            }
            Command::Refresh if !self.pace.is_out() => return self.ask(now),
            Command::Back => return vec![Wanted::Back],
            _ => {}
        }
        Vec::new()
    }

    fn on_mouse(&mut self, mouse: MouseEvent, now: Timestamp) -> Vec<Wanted> {
        match mouse.kind {
            MouseEventKind::ScrollUp => return self.on_command(Command::Up, now),
            MouseEventKind::ScrollDown => return self.on_command(Command::Down, now),
            MouseEventKind::Down(MouseButton::Left) => {
                let inner = self.inner();
                let Some(detail) = self.detail.last() else { return Vec::new() };
                let spans = facts::spans(detail, inner.width.saturating_sub(2));
                let line = mouse.row.checked_sub(inner.y).map(|line| line + self.top);
                let hit = line.and_then(|line| {
                    spans.iter().position(|(begin, end)| (*begin..*end).contains(&line))
                });
                match hit {
                    Some(hit) if hit == self.at => return self.on_command(Command::Open, now),
                    Some(hit) => self.move_to(hit),
                    None => {}
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn on_tick(&mut self, now: Timestamp) -> Vec<Wanted> {
        if self.pace.is_due(now) { self.ask(now) } else { Vec::new() }
    }

    fn on_reply(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted> {
        if !self.pace.take(reply.ticket, reply.answer.as_ref().err(), reply.took, now) {
            return Vec::new();
        }
        if let Err(Trouble::Forbidden(_)) = &reply.answer {
            self.detail = Loaded::Waiting;
        }
        match reply.answer {
            Ok(Answer::Detail(detail)) => self.detail.take(Ok(detail), now),
            Ok(_) => {}
            Err(trouble) => self.detail.take(Err(trouble.words().to_owned()), now),
        }
        self.move_to(self.at);
        Vec::new()
    }

    fn on_leave(&mut self) {
        self.pace.forget();
    }

    fn lay_out(&mut self, area: Rect) {
        self.area = area;
        self.scroll();
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let mut inner = frame::boxed(buffer, area, self.title(look), look.theme.border);
        if let Loaded::Failed { why, since, .. } = &self.detail {
            let notice = match self.pace.health() {
                Health::Refused(_) => format!("Refused: {why}."),
                _ => format!("No answer since {since}: {why}"),
            };
            buffer.set_stringn(
                inner.x,
                inner.y,
                notice,
                usize::from(inner.width),
                look.theme.wrong,
            );
            inner = frame::below(inner, 1);
        } else if let Health::Slow(seconds) = self.pace.health() {
            let notice = format!("The store has not answered for {seconds} s.");
            buffer.set_stringn(inner.x, inner.y, notice, usize::from(inner.width), look.theme.slow);
            inner = frame::below(inner, 1);
        }
        let old = self.pace.is_old();
        match self.detail.last() {
            Some(detail) => {
                facts::draw(buffer, inner, (detail, self.top, Some(self.at)), old, look);
            }
            None if !old => {
                frame::text(buffer, inner, "Asking the store…", look.theme.quiet);
            }
            None => {}
        }
    }

    fn target(&self) -> Option<Target> {
        let target = self.target.clone()?;
        let name = self.detail.last().map_or(target.name, |detail| detail.title.clone());
        Some(Target { name, ..target })
    }

    fn links(&self) -> Vec<Link> {
        let facts = self.detail.last().into_iter().flat_map(Detail::facts);
        facts
            .filter_map(|fact| {
                let place = fact.link.clone()?;
                Some(Link { name: fact.name.clone(), place })
            })
            .collect()
    }

    fn copied(&self) -> Option<String> {
        self.fact().map(|fact| fact.value.clone())
    }

    fn health(&self) -> Health {
        self.pace.health()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::place::{Kind, Place};
    use crate::testing::{self, NOW};

    fn loaded() -> DetailScreen {
        let mut screen = DetailScreen::new(testing::ada());
        screen.lay_out(Rect::new(0, 0, 80, 24));
        let wanted = screen.on_tick(NOW);
        let [Wanted::Ask(ticket, Question::Detail(_))] = wanted.as_slice() else {
            panic!("{wanted:?}")
        };
        screen.on_reply(testing::reply(*ticket, Ok(Answer::Detail(testing::detail()))), NOW);
        screen
    }

    #[test]
    fn enter_follows_the_fact_under_the_cursor_and_y_copies_it() {
        let mut screen = loaded();
        assert_eq!(screen.copied().as_deref(), Some("ada"));
        assert_eq!(screen.on_command(Command::Open, NOW), []);
        screen.on_command(Command::Last, NOW);
        let sessions = Place::List(Kind::Sessions, Some(testing::scope()));
        assert_eq!(screen.on_command(Command::Open, NOW), [Wanted::Go(sessions)]);
    }

    #[test]
    fn a_store_that_is_gone_leaves_what_was_here() {
        let mut screen = loaded();
        let later = NOW.plus(Duration::from_secs(1));
        let wanted = screen.on_tick(later);
        let [Wanted::Ask(ticket, _)] = wanted.as_slice() else { panic!("{wanted:?}") };
        let gone = Err(Trouble::Gone("there is no file".to_owned()));
        screen.on_reply(testing::reply(*ticket, gone), later);
        let text = testing::drawn(&screen, 80, 24);
        assert!(text.contains("there is no file") && text.contains("ada@example.org"), "{text}");
    }

    #[test]
    fn whoever_may_see_it_no_longer_does_not() {
        let mut screen = loaded();
        let later = NOW.plus(Duration::from_secs(1));
        let wanted = screen.on_tick(later);
        let [Wanted::Ask(ticket, _)] = wanted.as_slice() else { panic!("{wanted:?}") };
        let forbidden = Err(Trouble::Forbidden("this needs users.read".to_owned()));
        screen.on_reply(testing::reply(*ticket, forbidden), later);
        let text = testing::drawn(&screen, 80, 24);
        assert!(text.contains("this needs users.read"), "{text}");
        assert!(!text.contains("ada@example.org") && !text.contains("No answer"), "{text}");
    }

    #[test]
    fn it_looks_like_this() {
        for (width, height) in testing::SIZES {
            testing::assert_snapshot(
                "detail",
                (width, height),
                &testing::drawn(&loaded(), width, height),
            );
        }
    }
}
