//! How much of everything there is, counted again every second.

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use shared::model::Timestamp;
use shared::store;

use crate::screen::{Answer, Loaded, Question, Screen, Wanted};
use crate::theme::Theme;
use crate::widgets::big_number::{self, Size};
use crate::widgets::shortened::shortened;

/// From when on a store that does not answer is said to keep one waiting.
const SLOW: Duration = Duration::from_secs(3);
/// Counting may take one part in this many of the store's time.
const SHARE: u32 = 5;
/// From this many columns for each number on, they are drawn large.
const LARGE: u16 = 40;

/// The screen.
pub(crate) struct Counts {
    /// The store's address, without its password.
    place: String,
    theme: Theme,
    counted: Loaded<Counted>,
    /// When the store was asked, until it answers: it is never asked twice at once.
    asked: Option<Timestamp>,
    /// Until then a store that took long is left alone.
    rests_until: Timestamp,
    /// The moment that is drawn.
    now: Timestamp,
}

/// How much there was at a moment.
#[derive(Debug)]
struct Counted {
    at: Timestamp,
    counts: store::Counts,
}

/// How the store does.
enum Health<'a> {
    /// Nothing was said yet.
    Unknown,
    /// It answers.
    Well(&'a Counted),
    /// It keeps one waiting, so long.
    Slow(Duration),
    /// It does not answer.
    Lost(&'a str, Timestamp),
}

impl Counts {
    /// A screen about the store at this address.
    pub(crate) fn new(place: String, theme: Theme) -> Self {
        let never = Timestamp(0);
        let counted = Loaded::Waiting;
        Self { place, theme, counted, asked: None, rests_until: never, now: never }
    }

    fn ask(&mut self, now: Timestamp) -> Option<Wanted> {
        self.now = now;
        if self.asked.is_some() {
            return None;
        }
        self.asked = Some(now);
        Some(Wanted::Fetch(Question::Count))
    }

    fn health(&self) -> Health<'_> {
        let waited = self.asked.map_or(Duration::ZERO, |asked| self.now.since(asked));
        match &self.counted {
            Loaded::Failed { why, since, .. } => Health::Lost(why, *since),
            _ if waited >= SLOW => Health::Slow(waited),
            Loaded::Waiting => Health::Unknown,
            Loaded::Here(counted) => Health::Well(counted),
        }
    }

    /// Whether the numbers may not be what a count at this moment would give.
    fn is_old(&self) -> bool {
        matches!(self.health(), Health::Slow(_) | Health::Lost(..))
    }

    fn draw_header(&self, frame: &mut Frame, area: Rect) {
        let [place, state, why, age] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(2),
            Constraint::Length(1),
        ])
        .areas(area);
        let kind = if self.place.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
        let room = usize::from(place.width).saturating_sub(kind.len() + 2);
        let address = shortened(&self.place, room);
        let line =
            Line::from_iter([Span::styled(kind, self.theme.strong), "  ".into(), address.into()]);
        frame.render_widget(line, place);

        let (badge, style, text) = self.state();
        let line = Line::from_iter([Span::styled(badge, style), "  ".into(), text.into()]);
        frame.render_widget(line, state);
        if let Health::Lost(reason, _) = self.health() {
            let text = format!("Why: {reason}.");
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), why);
        }
        if self.is_old() {
            let text = self.counted.last().map_or_else(
                || "Nothing was counted yet.".to_owned(),
                |counted| {
                    let age = self.now.since(counted.at).as_secs();
                    format!("The numbers are old: of {}, {age} s ago.", counted.at)
                },
            );
            frame.render_widget(Line::styled(text, self.theme.strong), age);
        }
    }

    fn state(&self) -> (&'static str, Style, String) {
        match self.health() {
            Health::Unknown => (" WAIT ", self.theme.slow, "counting".to_owned()),
            Health::Well(counted) => {
                let mut text = format!("refreshed {}", counted.at);
                let rest = self.rests_until.since(self.now).as_secs();
                if rest > 0 {
                    text = format!("{text}; counting takes long, so again in {rest} s");
                }
                (" LIVE ", self.theme.well, text)
            }
            Health::Slow(waited) => {
                let text = format!("the store has not answered for {} s", waited.as_secs());
                (" WAIT ", self.theme.slow, text)
            }
            Health::Lost(_, since) => {
                let text = format!("since {since}; tried again every second");
                (" STORE GONE ", self.theme.wrong, text)
            }
        }
    }

    fn draw_numbers(&self, frame: &mut Frame, area: Rect, counts: store::Counts) {
        let tiles = [
            ("People", counts.users, "disabled ones included"),
            ("Clients", counts.clients, "applications"),
            ("Sessions", counts.sessions, "alive"),
            ("Grants", counts.grants, "alive"),
            ("Signing keys", counts.signing_keys, "retired ones included"),
        ];
        let columns = Layout::horizontal([Constraint::Fill(1); 3]).spacing(1).split(area);
        let width = columns.iter().map(|column| column.width).min().unwrap_or(0);
        let largest = if width >= LARGE { Size::Large } else { Size::Small };
        let size = largest.that_fits(&tiles.map(|(_, number, _)| number), width);
        // The label, the number, the note and a gap.
        let height = size.rows() + 3;

        let rows = (0..2).map(|row| area.y.saturating_add(row * height));
        let places =
            rows.flat_map(|y| columns.iter().map(move |column| Rect { y, height, ..*column }));
        for ((label, number, note), place) in tiles.into_iter().zip(places) {
            self.draw_tile(frame, place.intersection(area), size, (label, number, note));
        }
    }

    fn draw_tile(
        &self,
        frame: &mut Frame,
        area: Rect,
        size: Size,
        (label, number, note): (&str, i64, &str),
    ) {
        let old = self.is_old();
        let style = if old { self.theme.quiet } else { self.theme.strong };
        let label = if old { format!("{label} (old)") } else { label.to_owned() };
        let mut lines = vec![Line::raw(label)];
        let number = big_number::lines(number, size);
        lines.extend(number.into_iter().map(|line| Line::styled(line, style)));
        lines.push(Line::styled(note, self.theme.quiet));
        frame.render_widget(Paragraph::new(lines), area);
    }
}

impl Screen for Counts {
    fn on_key(&mut self, key: KeyCode, now: Timestamp) -> Option<Wanted> {
        match key {
            KeyCode::Char('r') => self.ask(now),
            KeyCode::Esc => Some(Wanted::Leave),
            _ => None,
        }
    }

    fn on_tick(&mut self, now: Timestamp) -> Option<Wanted> {
        self.now = now;
        if now < self.rests_until { None } else { self.ask(now) }
    }

    fn on_answer(&mut self, answer: Answer, now: Timestamp) {
        let Answer::Counted { at, counts, took } = answer;
        self.asked = None;
        // A store that is lost is asked again at once: that may be how it comes back.
        let rest = if counts.is_ok() { took * (SHARE - 1) } else { Duration::ZERO };
        self.rests_until = now.plus(rest);
        self.now = now;
        self.counted.take(counts.map(|counts| Counted { at, counts }), now);
    }

    fn draw(&self, frame: &mut Frame, area: Rect) {
        let [_, main, _] =
            Layout::horizontal([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
                .areas(area);
        let [header, _, numbers] =
            Layout::vertical([Constraint::Length(5), Constraint::Length(1), Constraint::Fill(1)])
                .areas(main);
        self.draw_header(frame, header);
        if let Some(counted) = self.counted.last() {
            self.draw_numbers(frame, numbers, counted.counts);
        }
    }

    fn keys(&self) -> &'static str {
        "r refresh"
    }

    fn help(&self) -> &'static str {
        "r counts at once; else it is done every second, less often if it takes long."
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
    const FETCH: Option<Wanted> = Some(Wanted::Fetch(Question::Count));
    const COUNTS: store::Counts =
        store::Counts { users: 1234, clients: 5, sessions: 60, grants: 789, signing_keys: 1 };

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn empty() -> Counts {
        Counts::new("sqlite:data/signet.db".to_owned(), Theme::PLAIN)
    }

    fn answer(counts: Result<store::Counts, &str>, at: Timestamp, took: u64) -> Answer {
        let counts = counts.map_err(str::to_owned);
        Answer::Counted { at, counts, took: Duration::from_secs(took) }
    }

    fn loaded() -> Counts {
        let mut screen = empty();
        assert_eq!(screen.on_tick(NOW), FETCH);
        screen.on_answer(answer(Ok(COUNTS), NOW, 0), NOW);
        screen
    }

    fn lost() -> Counts {
        let mut screen = loaded();
        assert_eq!(screen.on_tick(after(1)), FETCH);
        screen.on_answer(answer(Err("there is no file data/signet.db"), after(1), 0), after(1));
        screen
    }

    fn drawn(screen: &Counts, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| screen.draw(frame, frame.area())).unwrap();
        terminal.backend().to_string()
    }

    fn assert_drawn(screen: &Counts, words: &[&str]) {
        let text = drawn(screen, 78, 22);
        for word in words {
            assert!(text.contains(word), "{word:?} is not in\n{text}");
        }
    }

    #[test]
    fn it_counts_every_second() {
        let mut screen = loaded();
        assert_eq!(screen.on_tick(after(1)), FETCH);
        screen.on_answer(answer(Ok(COUNTS), after(1), 0), after(1));
        assert_eq!(screen.on_tick(after(2)), FETCH);
    }

    #[test]
    fn r_counts_at_once_but_never_twice_at_a_time() {
        let mut screen = loaded();
        assert_eq!(screen.on_key(KeyCode::Char('r'), NOW), FETCH);
        assert_eq!(screen.on_key(KeyCode::Char('r'), NOW), None);
        assert_eq!(screen.on_tick(after(1)), None);
    }

    #[test]
    fn esc_leaves_and_other_keys_do_nothing() {
        assert_eq!(loaded().on_key(KeyCode::Esc, NOW), Some(Wanted::Leave));
        assert_eq!(loaded().on_key(KeyCode::Enter, NOW), None);
    }

    #[test]
    fn a_store_that_takes_long_is_asked_less_often() {
        let mut screen = loaded();
        assert_eq!(screen.on_tick(after(1)), FETCH);
        screen.on_answer(answer(Ok(COUNTS), after(1), 2), after(3));
        assert_eq!(screen.on_tick(after(10)), None);
        assert_drawn(&screen, &["LIVE", "again in 1 s"]);
        assert_eq!(screen.on_tick(after(11)), FETCH);
    }

    #[test]
    fn the_time_it_took_to_come_back_does_not_count() {
        let mut screen = lost();
        assert_eq!(screen.on_tick(after(2)), FETCH);
        screen.on_answer(answer(Ok(COUNTS), after(2), 0), after(9));
        assert_eq!(screen.on_tick(after(10)), FETCH);
    }

    #[test]
    fn a_store_that_is_lost_is_asked_again_at_once_however_long_it_took() {
        let mut screen = loaded();
        assert_eq!(screen.on_tick(after(1)), FETCH);
        screen.on_answer(answer(Err("no"), after(1), 10), after(11));
        assert_eq!(screen.on_tick(after(12)), FETCH);
    }

    #[test]
    fn the_numbers_are_large_and_have_labels() {
        let text = drawn(&loaded(), 80, 24);
        let lines: Vec<_> = text.lines().map(|line| line.trim_matches('"').trim_end()).collect();
        assert_eq!(
            lines.join("\n").trim_end(),
            [
                " SQLite  sqlite:data/signet.db",
                "  LIVE   refreshed 2023-11-14T22:13:20Z",
                "",
                "",
                "",
                "",
                " People                    Clients                    Sessions",
                " ▄█   ▀▀█ ▀▀█ █ █          █▀▀                        █▀▀ █▀█",
                "  █   █▀▀ ▀▀█ ▀▀█          ▀▀█                        █▀█ █ █",
                " ▀▀▀  ▀▀▀ ▀▀▀   ▀          ▀▀▀                        ▀▀▀ ▀▀▀",
                " disabled ones included    applications               alive",
                "",
                " Grants                    Signing keys",
                " ▀▀█ █▀█ █▀█               ▄█",
                "   █ █▀█ ▀▀█                █",
                "   ▀ ▀▀▀ ▀▀▀               ▀▀▀",
                " alive                     retired ones included",
            ]
            .join("\n")
        );
    }

    #[test]
    fn on_a_large_window_the_numbers_are_larger() {
        let text = drawn(&loaded(), 198, 58);
        assert!(text.contains("██████  ██  ██"), "{text}");
    }

    #[test]
    fn before_the_first_answer_it_says_that_it_counts() {
        assert_drawn(&empty(), &["WAIT", "counting"]);
    }

    #[test]
    fn a_store_that_is_gone_is_told_in_words_and_the_last_numbers_are_old() {
        let mut screen = lost();
        screen.on_tick(after(36));
        assert_drawn(
            &screen,
            &[
                "STORE GONE   since 2023-11-14T22:13:21Z; tried again every second",
                "Why: there is no file data/signet.db.",
                "The numbers are old: of 2023-11-14T22:13:20Z, 36 s ago.",
                "People (old)",
                "█▀█",
            ],
        );
    }

    #[test]
    fn a_store_that_comes_back_is_live_again() {
        let mut screen = lost();
        assert_eq!(screen.on_tick(after(2)), FETCH);
        screen.on_answer(answer(Ok(COUNTS), after(2), 0), after(2));
        assert_drawn(&screen, &["LIVE   refreshed 2023-11-14T22:13:22Z"]);
        assert!(!drawn(&screen, 78, 22).contains("old"));
    }

    #[test]
    fn a_store_that_keeps_one_waiting_makes_the_numbers_old() {
        let mut screen = loaded();
        assert_eq!(screen.on_tick(after(1)), FETCH);
        screen.on_tick(after(5));
        assert_drawn(&screen, &["WAIT   the store has not answered for 4 s", "People (old)"]);
    }
}
