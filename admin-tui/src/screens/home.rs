//! The first screen: how much there is, what happens, and what wants to be looked at.

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use shared::model::Timestamp;
use shared::store::Counts;

use crate::keys::Command;
use crate::look::Look;
use crate::pace::Pace;
use crate::place::{Kind, Place};
use crate::screen::{Health, Loaded, Reply, Screen, Wanted};
use crate::source::{Answer, HomeFacts, Question, Trouble};
use crate::view::{Column, Query, Row, Width};
use crate::widgets::big_number::{self, Size};
use crate::widgets::table::{self, Shade};
use crate::widgets::{frame, shortened, sparkline};

/// Tickets of questions for counts begin here: far from all others.
const COUNTING: u64 = 1 << 32;
/// Those of questions for what happens begin here.
const WATCHING: u64 = 2 << 32;
/// What counting may take of the store's time: one part in so many.
const COUNTING_SHARE: u32 = 20;
/// Rows of the tail.
const EVENTS: usize = 100;
/// From this many rows on, numbers are drawn large.
const TALL: u16 = 34;

/// How the columns of the tail are drawn; its rows are those of the audit list.
const TAIL: &[Column] = &[
    Column { key: "at", name: "when", width: Width::Fixed(20), sortable: false },
    Column { key: "action", name: "what", width: Width::Fixed(28), sortable: false },
    Column { key: "about", name: "about", width: Width::Share(12), sortable: false },
    Column { key: "actor", name: "by", width: Width::Share(12), sortable: false },
];

/// The screen.
#[derive(Debug)]
pub(crate) struct Home {
    /// The store's address, without its password.
    place: String,
    /// What happens, the newest first. Nothing that is counted keeps it waiting.
    tail: Option<Vec<Row>>,
    watching: Pace,
    facts: Loaded<Box<HomeFacts>>,
    pace: Pace,
    /// How much there is; of millions that takes a while.
    counts: Option<Counts>,
    counting: Pace,
    /// The id of the event under the cursor; the newest, whichever that is, if absent.
    chosen: Option<String>,
}

impl Home {
    /// The screen for the store at this address.
    pub(crate) fn new(place: String) -> Self {
        Self {
            place,
            tail: None,
            watching: Pace::starting_at(WATCHING),
            facts: Loaded::Waiting,
            pace: Pace::starting_at(0),
            counts: None,
            counting: Pace::starting_at(COUNTING).with_share(COUNTING_SHARE),
            chosen: None,
        }
    }

    /// Asks what is to be asked now.
    fn ask(&mut self, now: Timestamp) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        if self.watching.is_due(now) {
            wanted.push(Wanted::Ask(self.watching.ask(now), Question::Page(events())));
        }
        if self.pace.is_due(now) {
            wanted.push(Wanted::Ask(self.pace.ask(now), Question::Home));
        }
        wanted.extend(self.ask_counts(now));
        wanted
    }

    /// Asks how much there is, once there is something to see.
    fn ask_counts(&mut self, now: Timestamp) -> Option<Wanted> {
        let is_due = self.facts.last().is_some() && self.counting.is_due(now);
        is_due.then(|| Wanted::Ask(self.counting.ask(now), Question::Counts))
    }

    /// The latest events.
    fn tail(&self) -> &[Row] {
        self.tail.as_deref().unwrap_or_default()
    }

    /// How the store does: as what happens tells, unless only what is counted tells of trouble.
    fn health_of_both(&self) -> Health {
        let trouble_in_counting = !self.watching.is_old() && self.pace.is_old();
        if trouble_in_counting { self.pace.health() } else { self.watching.health() }
    }

    fn take_tail(&mut self, answer: Result<Answer, Trouble>) {
        match answer {
            Ok(Answer::Page(page)) => self.tail = Some(page.rows),
            Err(Trouble::Forbidden(_)) => self.tail = None,
            _ => {}
        }
    }

    fn take_facts(&mut self, answer: Result<Answer, Trouble>, now: Timestamp) {
        if let Err(Trouble::Forbidden(_)) = &answer {
            self.facts = Loaded::Waiting;
        }
        match answer {
            Ok(Answer::Home(facts)) => self.facts.take(Ok(facts), now),
            Ok(_) => {}
            Err(trouble) => self.facts.take(Err(trouble.words().to_owned()), now),
        }
    }

    fn draw_facts(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> u16 {
        let Some(facts) = self.facts.last() else { return 0 };
        let mut left = area;
        for alert in &facts.alerts {
            let used = frame::text(buffer, left, &format!("! {alert}"), look.theme.wrong);
            left = frame::below(left, used);
        }
        for client in &facts.failing {
            let used = frame::text(buffer, left, &format!("Failing: {client}"), look.theme.quiet);
            left = frame::below(left, used);
        }
        if !facts.alerts.is_empty() || !facts.failing.is_empty() {
            left = frame::below(left, 1);
        }
        left = frame::below(left, draw_series(buffer, left, facts, look));
        area.height.saturating_sub(left.height)
    }

    /// The place of the event under the cursor: new ones move it down.
    fn at(&self) -> usize {
        let is_it = |row: &Row| self.chosen.as_ref() == Some(&row.id);
        self.tail().iter().position(is_it).unwrap_or(0)
    }

    fn move_to(&mut self, at: usize) -> Vec<Wanted> {
        let at = at.min(self.tail().len().saturating_sub(1));
        self.chosen = self.tail().get(at).filter(|_| at > 0).map(|row| row.id.clone());
        Vec::new()
    }

    fn open(&self) -> Vec<Wanted> {
        let row = self.tail().get(self.at());
        let place = row.map(|row| Place::Detail(row.target(Kind::Audit, None)));
        place.map(Wanted::Go).into_iter().collect()
    }

    fn draw_store(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> u16 {
        let kind = if self.place.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
        let room = usize::from(area.width).saturating_sub(kind.len() + 2);
        let address = shortened::shortened(&self.place, room);
        let line = Line::from_iter([
            Span::styled(kind, look.theme.strong),
            "  ".into(),
            Span::styled(address, look.theme.quiet),
        ]);
        line.render(frame::line(area, 0), buffer);
        let notice = match self.health_of_both() {
            Health::Lost(since, why) => {
                format!("STORE GONE since {since}; tried again all the time. {why}")
            }
            Health::Refused(why) => format!("Refused: {why}."),
            Health::Slow(seconds) => {
                format!("The store has not answered for {seconds} s; the numbers are old.")
            }
            _ if self.tail.is_none() => "Asking the store…".to_owned(),
            _ => return 2,
        };
        2 + frame::text(buffer, frame::below(area, 1), &notice, look.theme.wrong)
    }

    fn draw_numbers(&self, buffer: &mut Buffer, area: Rect, look: &Look) -> u16 {
        let Some(counts) = self.counts else {
            let waiting = "Counting what there is…";
            return 1 + frame::text(buffer, area, waiting, look.theme.quiet);
        };
        let tiles = [
            ("People", counts.users),
            ("Clients", counts.clients),
            ("Sessions alive", counts.sessions),
            ("Grants alive", counts.grants),
            ("Signing keys", counts.signing_keys),
        ];
        let columns = Layout::horizontal([Constraint::Fill(1); 5]).spacing(1).split(area);
        let width = columns.iter().map(|column| column.width).min().unwrap_or(0);
        let size = if look.ascii || area.height < TALL {
            Size::Plain
        } else {
            Size::Small.that_fits(&tiles.map(|(_, number)| number), width)
        };
        let style = if self.pace.is_old() { look.theme.quiet } else { look.theme.strong };
        for ((label, number), column) in tiles.into_iter().zip(columns.iter()) {
            let room = usize::from(column.width);
            buffer.set_stringn(column.x, column.y, label, room, look.theme.quiet);
            for (line, row) in big_number::lines(number, size).iter().zip(1..) {
                let place = frame::line(*column, row);
                buffer.set_stringn(place.x, place.y, line, usize::from(place.width), style);
            }
        }
        size.rows() + 2
    }
}

fn draw_series(buffer: &mut Buffer, area: Rect, facts: &HomeFacts, look: &Look) -> u16 {
    let (name, total) = (18, 8);
    let room = usize::from(area.width.saturating_sub(name + total + 1));
    for (series, number) in facts.series.iter().zip(0..area.height) {
        let line = frame::line(area, number);
        buffer.set_stringn(line.x, line.y, series.name, usize::from(name), look.theme.quiet);
        let bars = sparkline::line(&series.points, room);
        buffer.set_stringn(line.x + name, line.y, &bars, room, look.theme.accent);
        let sum: u64 = series.points.iter().sum();
        let text = format!("{sum:>7}");
        let x = line.x + name + u16::try_from(bars.chars().count()).unwrap_or(0);
        buffer.set_stringn(x, line.y, text, usize::from(total), look.theme.strong);
    }
    u16::try_from(facts.series.len()).unwrap_or(0) + 1
}

impl Screen for Home {
    fn on_command(&mut self, command: Command, now: Timestamp) -> Vec<Wanted> {
        match command {
            Command::Up => self.move_to(self.at().saturating_sub(1)),
            Command::Down => self.move_to(self.at() + 1),
            Command::First => self.move_to(0),
            Command::Last => self.move_to(usize::MAX),
            Command::Open => self.open(),
            Command::Refresh => {
                for pace in [&mut self.watching, &mut self.pace] {
                    if !pace.is_out() {
                        pace.forget();
                    }
                }
                self.ask(now)
            }
            _ => Vec::new(),
        }
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _: Timestamp) -> Vec<Wanted> {
        match mouse.kind {
            MouseEventKind::ScrollDown => self.move_to(self.at() + 1),
            MouseEventKind::ScrollUp => self.move_to(self.at().saturating_sub(1)),
            _ => Vec::new(),
        }
    }

    fn on_tick(&mut self, now: Timestamp) -> Vec<Wanted> {
        self.ask(now)
    }

    fn on_reply(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted> {
        let failed = reply.answer.as_ref().err();
        if self.counting.take(reply.ticket, failed, reply.took, now) {
            match reply.answer {
                Ok(Answer::Counts(counts)) => self.counts = Some(counts),
                Err(Trouble::Forbidden(_)) => self.counts = None,
                // That it could not be counted, the other question tells as well.
                _ => {}
            }
        } else if self.watching.take(reply.ticket, failed, reply.took, now) {
            self.take_tail(reply.answer);
        } else if self.pace.take(reply.ticket, failed, reply.took, now) {
            self.take_facts(reply.answer, now);
        }
        if self.counts.is_none() { self.ask_counts(now).into_iter().collect() } else { Vec::new() }
    }

    fn on_leave(&mut self) {
        self.watching.forget();
        self.pace.forget();
        self.counting.forget();
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let mut left = frame::below(inside, self.draw_store(buffer, inside, look));
        if self.tail.is_none() && self.facts.last().is_none() {
            return;
        }
        left = frame::below(left, self.draw_numbers(buffer, left, look));
        left = frame::below(left, self.draw_facts(buffer, left, look));
        let wide = Rect { x: area.x, width: area.width, ..left };
        if wide.height < 3 {
            return;
        }
        let title = Line::from(Span::styled(" Events ", look.theme.strong));
        let inner = frame::boxed(buffer, wide, title, look.theme.border);
        let at = self.at();
        let top = (at + 1).saturating_sub(usize::from(inner.height));
        for ((place, row), number) in self.tail().iter().enumerate().skip(top).zip(0..inner.height)
        {
            let shade = Shade { chosen: place == at, old: self.watching.is_old() };
            table::row(buffer, frame::line(inner, number), (TAIL, row), shade, look);
        }
        if self.tail.as_ref().is_some_and(Vec::is_empty) {
            buffer.set_string(inner.x, inner.y, "Nothing has happened yet.", Style::new());
        }
    }

    fn health(&self) -> Health {
        self.health_of_both()
    }
}

/// The newest of all events.
fn events() -> Query {
    Query {
        kind: Kind::Audit,
        scope: None,
        filter: String::new(),
        sort: None,
        backwards: false,
        after: None,
        limit: EVENTS,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{self, NOW};

    fn loaded() -> Home {
        let mut screen = Home::new("sqlite:data/signet.db".to_owned());
        let (tail, home) = (Question::Page(events()), Question::Home);
        assert_eq!(screen.on_tick(NOW), [Wanted::Ask(WATCHING + 1, tail), Wanted::Ask(1, home)]);
        let tail = Answer::Page(testing::events());
        screen.on_reply(testing::reply(WATCHING + 1, Ok(tail)), NOW);
        let facts = Box::new(testing::home());
        let wanted = screen.on_reply(testing::reply(1, Ok(Answer::Home(facts))), NOW);
        assert!(wanted.contains(&Wanted::Ask(COUNTING + 1, Question::Counts)), "{wanted:?}");
        let counts = Answer::Counts(testing::counts());
        screen.on_reply(testing::reply(COUNTING + 1, Ok(counts)), NOW);
        screen
    }

    #[test]
    fn it_asks_at_each_tick_and_r_asks_at_once_but_never_twice_at_a_time() {
        let mut screen = loaded();
        let wanted = screen.on_command(Command::Refresh, NOW);
        assert!(wanted.contains(&Wanted::Ask(2, Question::Home)), "{wanted:?}");
        assert_eq!(screen.on_command(Command::Refresh, NOW), []);
        assert_eq!(screen.on_tick(NOW.plus(Duration::from_secs(1))), []);
    }

    /// What is counted over a busy hour takes as long as it takes.
    #[test]
    fn what_happens_is_asked_for_while_what_is_counted_is_out() {
        let mut screen = loaded();
        screen.on_command(Command::Refresh, NOW);
        let tail = Answer::Page(testing::events());
        screen.on_reply(testing::reply(WATCHING + 2, Ok(tail)), NOW);
        let later = NOW.plus(Duration::from_secs(1));
        let tail = Question::Page(events());
        assert_eq!(screen.on_tick(later), [Wanted::Ask(WATCHING + 3, tail)]);
        // One that never comes is told.
        let tail = Answer::Page(testing::events());
        screen.on_reply(testing::reply(WATCHING + 3, Ok(tail)), later);
        screen.on_tick(NOW.plus(Duration::from_secs(5)));
        let text = testing::drawn(&screen, 80, 20);
        assert!(text.contains("has not answered for 5 s"), "{text}");
    }

    /// The first screen is there before anything is counted.
    #[test]
    fn what_happens_is_shown_before_anything_is_counted() {
        let mut screen = Home::new("sqlite:data/signet.db".to_owned());
        screen.on_tick(NOW);
        let tail = Answer::Page(testing::events());
        screen.on_reply(testing::reply(WATCHING + 1, Ok(tail)), NOW);
        let text = testing::drawn(&screen, 80, 20);
        assert!(text.contains("login.succeeded") && text.contains("Counting"), "{text}");
    }

    /// Also whoever may see what happens and not all that is counted is told so.
    #[test]
    fn what_may_not_be_counted_is_told_beside_what_happens() {
        let mut screen = loaded();
        screen.on_command(Command::Refresh, NOW);
        let tail = Answer::Page(testing::events());
        screen.on_reply(testing::reply(WATCHING + 2, Ok(tail)), NOW);
        let forbidden = Trouble::Forbidden("this needs the permission keys.read".to_owned());
        screen.on_reply(testing::reply(2, Err(forbidden)), NOW);
        let text = testing::drawn(&screen, 80, 20);
        for word in ["Refused: this needs the permission keys.read.", "login.succeeded"] {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
    }

    #[test]
    fn a_store_that_is_gone_is_told_in_words_and_the_numbers_stay() {
        let mut screen = loaded();
        screen.on_command(Command::Refresh, NOW);
        let gone = Trouble::Gone("there is no file data/signet.db".to_owned());
        screen.on_reply(testing::reply(WATCHING + 2, Err(gone)), NOW);
        let text = testing::drawn(&screen, 80, 20);
        for word in ["STORE GONE since 2023-11-14T22:13:20Z", "data/signet.db", "1234"] {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
    }

    #[test]
    fn enter_opens_the_event_under_the_cursor_which_new_ones_do_not_take_away() {
        let opened = |screen: &mut Home| match screen.on_command(Command::Open, NOW).as_slice() {
            [Wanted::Go(Place::Detail(target))] => (target.kind, target.id.clone()),
            other => panic!("{other:?}"),
        };
        let mut screen = loaded();
        assert_eq!(opened(&mut screen), (Kind::Audit, "2".to_owned()));
        screen.on_command(Command::Down, NOW);
        screen.on_command(Command::Down, NOW);
        assert_eq!(opened(&mut screen).1, "1");
        screen.on_command(Command::Refresh, NOW);
        let mut tail = testing::events();
        tail.rows.insert(0, Row { id: "3".to_owned(), ..tail.rows[0].clone() });
        screen.on_reply(testing::reply(WATCHING + 2, Ok(Answer::Page(tail))), NOW);
        assert_eq!(opened(&mut screen).1, "1");
        screen.on_command(Command::First, NOW);
        assert_eq!(opened(&mut screen).1, "3");
    }

    #[test]
    fn before_the_first_answer_it_says_so() {
        let screen = Home::new("sqlite:data/signet.db".to_owned());
        assert!(testing::drawn(&screen, 80, 20).contains("Asking the store"));
    }

    #[test]
    fn it_looks_like_this() {
        for (width, height) in testing::SIZES {
            testing::assert_snapshot(
                "home",
                (width, height),
                &testing::drawn(&loaded(), width, height),
            );
        }
    }
}
