//! Work that takes a while: how far it is, and a way to break it off.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Dialog, Outcome};
use crate::look::Look;
use crate::source::Progress;
use crate::widgets::frame;

/// The dialog.
#[derive(Debug)]
pub(crate) struct ProgressDialog {
    title: String,
    progress: Option<Progress>,
    cancelled: bool,
}

impl ProgressDialog {
    /// Work that has just begun.
    pub(crate) fn new(title: String) -> Self {
        Self { title, progress: None, cancelled: false }
    }

    /// The work has gone on.
    pub(crate) fn set(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    fn bar(&self, width: u16, look: &Look) -> String {
        let width = u64::from(width.saturating_sub(8)).max(1);
        match &self.progress {
            Some(Progress { done, of: Some(of), .. }) if *of > 0 => {
                let filled = done.saturating_mul(width).checked_div(*of).unwrap_or(0).min(width);
                let percent = done.saturating_mul(100).checked_div(*of).unwrap_or(0).min(100);
                let repeat = |text: &str, times| text.repeat(usize::try_from(times).unwrap_or(0));
                format!("{}{} {percent:>3} %", repeat("█", filled), repeat("·", width - filled))
            }
            _ => {
                let second = usize::try_from(look.now.seconds().rem_euclid(4)).unwrap_or(0);
                format!("{} working", ["|", "/", "-", "\\"].get(second).unwrap_or(&"|"))
            }
        }
    }
}

impl Dialog for ProgressDialog {
    fn on_key(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Esc && !self.cancelled {
            self.cancelled = true;
            return Outcome::Cancel;
        }
        Outcome::Stays
    }

    fn place(&self, area: Rect) -> Rect {
        frame::middle(area, 56, 7)
    }

    fn keys(&self) -> String {
        if self.cancelled { "" } else { "Esc break off" }.to_owned()
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = self.place(area);
        let inner = frame::dialog(buffer, place, &self.title, &self.keys(), look);
        let inner = frame::below(inner, 1);
        let bar = self.bar(inner.width, look);
        buffer.set_stringn(inner.x, inner.y, bar, usize::from(inner.width), look.theme.accent);
        let text = match (&self.progress, self.cancelled) {
            (_, true) => "Breaking off; what is done is done.",
            (Some(progress), _) => &progress.text,
            (None, _) => "",
        };
        frame::text(buffer, frame::below(inner, 2), text, Style::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn esc_breaks_it_off_once() {
        let mut dialog = ProgressDialog::new("End sessions".to_owned());
        assert_eq!(dialog.on_key(KeyCode::Char('x').into()), Outcome::Stays);
        assert_eq!(dialog.on_key(KeyCode::Esc.into()), Outcome::Cancel);
        assert_eq!(dialog.on_key(KeyCode::Esc.into()), Outcome::Stays);
        assert!(testing::drawn_dialog(&dialog, 80, 24).contains("Breaking off"));
    }

    #[test]
    fn how_far_it_is_stands_there_in_numbers() {
        let mut dialog = ProgressDialog::new("End sessions".to_owned());
        dialog.set(Progress { done: 1, of: Some(4), text: "1 of 4 sessions".to_owned() });
        let text = testing::drawn_dialog(&dialog, 80, 24);
        assert!(text.contains(" 25 %") && text.contains("1 of 4 sessions"), "{text}");
    }
}
