//! What the mouse does.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use shared::model::Timestamp;

use super::chrome::Parts;
use super::{App, Effect};
use crate::dialogs::{self, Outcome};

impl App {
    /// What is in front gets clicks and the wheel; else a click on the menu goes there, and
    /// the rest is the screen's.
    pub(super) fn on_mouse(&mut self, mouse: MouseEvent, now: Timestamp) -> Vec<Effect> {
        let Parts { tabs, body, .. } = self.parts(self.area);
        let at = (mouse.column, mouse.row).into();
        if let Some(front) = self.fronts.last_mut() {
            let dialog = front.dialog();
            let outcome = match mouse.kind {
                MouseEventKind::ScrollUp => dialog.on_key(KeyCode::Up.into()),
                MouseEventKind::ScrollDown => dialog.on_key(KeyCode::Down.into()),
                MouseEventKind::Down(MouseButton::Left) => dialogs::click(dialog, at, body),
                _ => Outcome::Stays,
            };
            return self.on_outcome(outcome, now);
        }
        if mouse.kind == MouseEventKind::Down(MouseButton::Left) && tabs.contains(at) {
            let hit = self.tab_at(mouse.column.saturating_sub(tabs.x));
            let place = hit.and_then(|number| self.tabs().into_iter().nth(number));
            return place.map(|place| self.go(place, now)).unwrap_or_default();
        }
        let wanted = self.screen().on_mouse(mouse, now);
        self.fulfil(wanted, now)
    }
}
