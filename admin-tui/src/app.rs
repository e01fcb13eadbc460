//! The loop: one event at a time goes to the screen, what it wants is done, and the
//! screen is drawn. Nothing here waits for the store.

use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyModifiers};
use futures::StreamExt;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Wrap};
use ratatui::{DefaultTerminal, Frame};
use shared::model::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::desk::{self, Desk};
use crate::screen::{Screen, Wanted};
use crate::theme::Theme;

/// The smallest window that screens are drawn for.
const LEAST: (u16, u16) = (80, 24);

/// The console: a screen in a frame.
pub(crate) struct App {
    screen: Box<dyn Screen>,
    theme: Theme,
    helping: bool,
}

impl App {
    /// A console that shows this screen.
    pub(crate) fn new(screen: Box<dyn Screen>, theme: Theme) -> Self {
        Self { screen, theme, helping: false }
    }

    /// Runs until somebody leaves, at the keyboard or with a signal.
    pub(crate) async fn run(
        mut self,
        terminal: &mut DefaultTerminal,
        desk: Desk,
    ) -> std::io::Result<()> {
        let (ask, questions) = mpsc::unbounded_channel();
        let (answer, mut answers) = mpsc::unbounded_channel();
        let desk = tokio::spawn(desk::work(desk, questions, answer));

        let mut keys = EventStream::new();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);

        loop {
            terminal.draw(|frame| self.draw(frame))?;
            let wanted = tokio::select! {
                event = keys.next() => match event {
                    Some(event) => self.on_event(&event?, now()),
                    // The terminal is gone.
                    None => Some(Wanted::Leave),
                },
                answer = answers.recv() => {
                    let answer = answer.ok_or_else(|| std::io::Error::other("the desk is gone"))?;
                    self.screen.on_answer(answer, now());
                    None
                }
                _ = second.tick() => self.screen.on_tick(now()),
                _ = terminate.recv() => Some(Wanted::Leave),
                _ = interrupt.recv() => Some(Wanted::Leave),
                _ = hang_up.recv() => Some(Wanted::Leave),
            };
            match wanted {
                // If the desk is gone, the next answer says so.
                Some(Wanted::Fetch(question)) => drop(ask.send((question, now()))),
                Some(Wanted::Leave) => break,
                None => {}
            }
        }
        // Nobody waits for a store that does not answer.
        drop(ask);
        let _ = tokio::time::timeout(Duration::from_secs(1), desk).await;
        Ok(())
    }

    fn on_event(&mut self, event: &Event, now: Timestamp) -> Option<Wanted> {
        let KeyEvent { code, modifiers, .. } = event.as_key_press_event()?;
        match code {
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Some(Wanted::Leave),
            // Not what the same key means alone.
            _ if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => None,
            KeyCode::Char('q') => Some(Wanted::Leave),
            KeyCode::Char('?') => {
                self.helping = !self.helping;
                None
            }
            code => self.screen.on_key(code, now),
        }
    }

    fn draw(&self, frame: &mut Frame) {
        let area = frame.area();
        if area.width < LEAST.0 || area.height < LEAST.1 {
            return too_small(frame, area);
        }
        let keys = format!(" {}  ? help  q quit ", self.screen.keys());
        let block =
            Block::bordered().title(Line::styled(" Signet ", self.theme.strong)).title_bottom(keys);
        let inner = block.inner(area);
        frame.render_widget(block, area);

        let help = if self.helping { 2 } else { 0 };
        let [main, help] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(help)]).areas(inner);
        self.screen.draw(frame, main);
        let lines = [self.screen.help(), "q, Esc and Ctrl-C leave. ? hides these lines."];
        let lines = lines.map(|line| Line::raw(format!(" {line}")));
        frame.render_widget(Paragraph::new(lines.to_vec()).style(self.theme.quiet), help);
    }
}

fn too_small(frame: &mut Frame, area: Rect) {
    let text = format!(
        "The window is too small: it has {} columns and {} rows, and {} and {} are needed.",
        area.width, area.height, LEAST.0, LEAST.1
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}

/// This moment: the one place where a clock is read.
#[expect(clippy::disallowed_methods, reason = "the one place where a clock is read")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since_epoch.unwrap_or(Duration::ZERO).as_micros();
    Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::screen::Question;
    use crate::screens::Counts;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn app() -> App {
        let place = "sqlite:data/signet.db".to_owned();
        App::new(Box::new(Counts::new(place, Theme::PLAIN)), Theme::PLAIN)
    }

    fn press(app: &mut App, code: KeyCode, modifiers: KeyModifiers) -> Option<Wanted> {
        app.on_event(&Event::Key(KeyEvent::new(code, modifiers)), NOW)
    }

    fn drawn(app: &App, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| app.draw(frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn q_esc_and_ctrl_c_leave() {
        for (code, modifiers) in [
            (KeyCode::Char('q'), KeyModifiers::NONE),
            (KeyCode::Esc, KeyModifiers::NONE),
            (KeyCode::Char('c'), KeyModifiers::CONTROL),
        ] {
            assert_eq!(press(&mut app(), code, modifiers), Some(Wanted::Leave), "{code}");
        }
        assert_eq!(press(&mut app(), KeyCode::Char('q'), KeyModifiers::CONTROL), None);
        assert_eq!(press(&mut app(), KeyCode::Char('c'), KeyModifiers::NONE), None);
    }

    #[test]
    fn other_keys_go_to_the_screen() {
        let wanted = press(&mut app(), KeyCode::Char('r'), KeyModifiers::NONE);
        assert_eq!(wanted, Some(Wanted::Fetch(Question::Count)));
    }

    #[test]
    fn a_question_mark_shows_and_hides_the_help() {
        let mut app = app();
        assert!(!drawn(&app, 80, 24).contains("Ctrl-C"));
        assert_eq!(press(&mut app, KeyCode::Char('?'), KeyModifiers::NONE), None);
        assert!(drawn(&app, 80, 24).contains("q, Esc and Ctrl-C leave."));
        assert_eq!(press(&mut app, KeyCode::Char('?'), KeyModifiers::SHIFT), None);
        assert!(!drawn(&app, 80, 24).contains("Ctrl-C"));
    }

    #[test]
    fn a_window_that_is_too_small_says_so_and_draws_nothing_else() {
        for (width, height) in [(79, 24), (80, 23), (20, 6)] {
            let text = drawn(&app(), width, height);
            assert!(text.contains("The window is too"), "{text}");
            assert!(!text.contains("signet.db"), "{text}");
        }
        drawn(&app(), 1, 1);
    }
}
