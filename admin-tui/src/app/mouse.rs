//! What the mouse does.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use shared::model::Timestamp;

use super::{App, Effect};

impl App {
    /// A click on the menu goes there, the wheel moves what is in front, and the rest is
    /// the screen's.
    pub(super) fn on_mouse(&mut self, mouse: MouseEvent, now: Timestamp) -> Vec<Effect> {
        if let Some(front) = self.fronts.last_mut() {
            let key = match mouse.kind {
                MouseEventKind::ScrollUp => KeyCode::Up,
                MouseEventKind::ScrollDown => KeyCode::Down,
                _ => return Vec::new(),
            };
            let outcome = front.dialog().on_key(key.into());
            return self.on_outcome(outcome, now);
        }
        let tabs = self.parts(self.area).tabs;
        let at = (mouse.column, mouse.row).into();
        if mouse.kind == MouseEventKind::Down(MouseButton::Left) && tabs.contains(at) {
            let hit = self.tab_at(mouse.column.saturating_sub(tabs.x));
            let place = hit.and_then(|number| self.tabs().into_iter().nth(number));
            return place.map(|place| self.go(place, now)).unwrap_or_default();
        }
        let wanted = self.screen().on_mouse(mouse, now);
        self.fulfil(wanted, now)
    }
}
