//! What would happen, or why it did not: the question.

use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use shared::model::Timestamp;

use crate::keys::{Command, Context, command};
use crate::look::Look;
use crate::place::{Place, WhyAsked};
use crate::screen::{Reply, Screen, Wanted};
use crate::widgets::editor::Editor;
use crate::widgets::frame;

/// What can be typed: a label, and what it is.
const FIELDS: [(&str, &str); 8] = [
    (
        "Code, token or URL",
        "A code from an error page or error_description (K7QF-2M9P), a token, or the authorization \
         request as the application sends it. Leave it empty to put a request together below.",
    ),
    ("Person", "Who is in the browser: user name, address or id. Empty: nobody is signed in."),
    ("Session", "The id of a live session of theirs, or none. Empty: their newest one."),
    ("Client", "Which application asks, by its client id."),
    ("Scope", "What it asks for."),
    ("prompt", "none, login, consent, select_account, or several of them."),
    ("max_age", "How old the sign-in may be, in seconds."),
    ("acr_values", "What the sign-in should be worth, most preferred first."),
];

/// The screen.
#[derive(Debug)]
pub(crate) struct WhyScreen {
    fields: [Editor; FIELDS.len()],
    at: usize,
    area: Rect,
}

impl WhyScreen {
    /// A question with nothing in it but a usual scope.
    pub(crate) fn new() -> Self {
        let mut fields: [Editor; FIELDS.len()] = Default::default();
        if let Some(scope) = fields.get_mut(4) {
            *scope = Editor::new("openid");
        }
        Self { fields, at: 0, area: Rect::ZERO }
    }

    fn asked(&self) -> WhyAsked {
        let [what, user, session, client, scope, prompt, max_age, acr_values] = &self.fields;
        let text = |editor: &Editor| editor.text().trim().to_owned();
        WhyAsked {
            what: what.secret(),
            user: text(user),
            session: text(session),
            client: text(client),
            scope: text(scope),
            prompt: text(prompt),
            max_age: text(max_age),
            acr_values: text(acr_values),
        }
    }

    fn go_on(&self) -> Vec<Wanted> {
        let asked = self.asked();
        if asked.what.expose().trim().is_empty() && asked.client.is_empty() {
            let hint = "Type a code, a token or a URL, or name a client.";
            return vec![Wanted::Say(hint.to_owned())];
        }
        vec![Wanted::Go(Place::Because(asked))]
    }
}

impl Screen for WhyScreen {
    fn on_command(&mut self, _: Command, _: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn on_typed(&mut self, key: KeyEvent, _: Timestamp) -> Vec<Wanted> {
        match command(Context::Ask, key) {
            Some(Command::Submit) => return self.go_on(),
            Some(Command::Back) => return vec![Wanted::Back],
            Some(Command::NextField) => self.at = (self.at + 1) % FIELDS.len(),
            Some(Command::PreviousField) => {
                self.at = (self.at + FIELDS.len() - 1) % FIELDS.len();
            }
            _ => {
                if let Some(editor) = self.fields.get_mut(self.at) {
                    editor.on_key(key);
                }
            }
        }
        Vec::new()
    }

    fn on_paste(&mut self, text: &str, _: Timestamp) -> Vec<Wanted> {
        if let Some(editor) = self.fields.get_mut(self.at) {
            editor.insert(text.trim());
        }
        Vec::new()
    }

    fn on_mouse(&mut self, mouse: MouseEvent, _: Timestamp) -> Vec<Wanted> {
        if mouse.kind == MouseEventKind::Down(MouseButton::Left) {
            let line = mouse.row.saturating_sub(self.area.y + 1) / 2;
            self.at = usize::from(line).min(FIELDS.len() - 1);
        }
        Vec::new()
    }

    fn on_tick(&mut self, _: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }

    fn on_reply(&mut self, _: Reply, _: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }

    fn lay_out(&mut self, area: Rect) {
        self.area = area;
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let title = Line::from(Span::styled(" Why ", look.theme.strong));
        let inner = frame::boxed(buffer, area, title, look.theme.border);
        for (((label, _), editor), number) in FIELDS.iter().zip(&self.fields).zip(0_u16..) {
            let line = frame::line(inner, number * 2);
            let focused = usize::from(number) == self.at;
            let style = if focused { look.theme.accent } else { look.theme.quiet };
            let sign = if focused { "›" } else { " " };
            buffer.set_stringn(line.x, line.y, format!("{sign} {label}"), 21, style);
            let line = Rect { x: line.x + 22, width: line.width.saturating_sub(22), ..line };
            editor.draw(buffer, line, Style::new(), focused);
        }
        let below = frame::below(inner, u16::try_from(FIELDS.len() * 2).unwrap_or(16));
        let help = FIELDS.get(self.at).map_or("", |(_, help)| help);
        let used = frame::text(buffer, below, help, look.theme.slow);
        let keys = "Enter says why · Tab next field · Esc back";
        frame::text(buffer, frame::below(below, used), keys, look.theme.quiet);
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::testing::{self, NOW};

    fn typed(screen: &mut WhyScreen, text: &str) {
        for letter in text.chars() {
            assert_eq!(screen.on_typed(KeyCode::Char(letter).into(), NOW), []);
        }
    }

    #[test]
    fn a_code_is_asked_about_as_it_was_typed() {
        let mut screen = WhyScreen::new();
        typed(&mut screen, "k7qf-2m9p");
        let wanted = screen.on_typed(KeyCode::Enter.into(), NOW);
        let [Wanted::Go(Place::Because(asked))] = wanted.as_slice() else { panic!("{wanted:?}") };
        assert_eq!(asked.what.expose(), "k7qf-2m9p");
    }

    #[test]
    fn a_request_is_put_together_from_its_parts() {
        let mut screen = WhyScreen::new();
        screen.on_typed(KeyCode::Tab.into(), NOW);
        typed(&mut screen, "ada");
        screen.on_typed(KeyCode::Tab.into(), NOW);
        screen.on_typed(KeyCode::Down.into(), NOW);
        typed(&mut screen, "shop");
        let wanted = screen.on_typed(KeyCode::Enter.into(), NOW);
        let [Wanted::Go(Place::Because(asked))] = wanted.as_slice() else { panic!("{wanted:?}") };
        assert_eq!((asked.user.as_str(), asked.client.as_str()), ("ada", "shop"));
        assert_eq!(asked.scope, "openid");
    }

    #[test]
    fn nothing_is_asked_without_a_question() {
        let wanted = WhyScreen::new().on_typed(KeyCode::Enter.into(), NOW);
        assert!(matches!(wanted.as_slice(), [Wanted::Say(_)]), "{wanted:?}");
    }

    #[test]
    fn it_looks_like_this() {
        let mut screen = WhyScreen::new();
        typed(&mut screen, "K7QF-2M9P");
        for (width, height) in testing::SIZES {
            let drawn = testing::drawn(&screen, width, height);
            testing::assert_snapshot("why", (width, height), &drawn);
        }
    }
}
