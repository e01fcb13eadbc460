//! Who is there? A password, then a code.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use shared::model::Timestamp;

use crate::keys::Command;
use crate::look::Look;
use crate::screen::{Reply, Screen, Wanted};
use crate::source::{Answer, Credentials, SignIn};
use crate::widgets::editor::Editor;
use crate::widgets::frame;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Username,
    Password,
    Code,
    /// Nothing: the desk looks at what was given.
    Checking,
}

/// The screen.
#[derive(Debug)]
pub(crate) struct SignInScreen {
    username: Editor,
    password: Editor,
    code: Editor,
    step: Step,
    said: String,
    /// Before that nothing is tried.
    waits_until: Timestamp,
    now: Timestamp,
}

impl SignInScreen {
    /// A screen on which nothing is typed yet.
    pub(crate) fn new() -> Self {
        Self {
            username: Editor::default(),
            password: Editor::hidden(),
            code: Editor::hidden(),
            step: Step::Username,
            said: String::new(),
            waits_until: Timestamp(0),
            now: Timestamp(0),
        }
    }

    fn editor(&mut self) -> Option<&mut Editor> {
        match self.step {
            Step::Username => Some(&mut self.username),
            Step::Password => Some(&mut self.password),
            Step::Code => Some(&mut self.code),
            Step::Checking => None,
        }
    }

    fn go_on(&mut self) -> Vec<Wanted> {
        let typed = self.editor().is_some_and(|editor| !editor.text().trim().is_empty());
        if !typed || self.now < self.waits_until {
            return Vec::new();
        }
        if self.step == Step::Username {
            self.step = Step::Password;
            return Vec::new();
        }
        let code = (self.step == Step::Code).then(|| self.code.secret());
        self.step = Step::Checking;
        self.said.clear();
        let username = self.username.text().trim().to_owned();
        vec![Wanted::SignIn(Credentials { username, password: self.password.secret(), code })]
    }

    fn begin_again(&mut self, said: String) {
        self.password.clear();
        self.code.clear();
        self.step = Step::Password;
        self.said = said;
    }

    fn words(&self) -> String {
        // It counts down to one: as long as it is said, nothing is tried.
        let wait = self.waits_until.since(self.now).as_millis().div_ceil(1000);
        match self.step {
            _ if wait > 0 => format!("Too many tries. It can be tried again in {wait} s."),
            Step::Checking => "Checking…".to_owned(),
            Step::Code if self.said.is_empty() => {
                "Six digits from your application, or a recovery code.".to_owned()
            }
            _ => self.said.clone(),
        }
    }
}

impl Screen for SignInScreen {
    fn on_command(&mut self, _: Command, _: Timestamp) -> Vec<Wanted> {
        Vec::new()
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn on_typed(&mut self, key: KeyEvent, now: Timestamp) -> Vec<Wanted> {
        self.now = now;
        match (key.code, self.step) {
            (KeyCode::Enter, _) | (KeyCode::Tab | KeyCode::Down, Step::Username) => self.go_on(),
            (KeyCode::Esc, Step::Username) => vec![Wanted::Leave],
            (KeyCode::Esc, Step::Checking) => Vec::new(),
            (KeyCode::Esc, _) => {
                self.begin_again(String::new());
                self.step = Step::Username;
                Vec::new()
            }
            (KeyCode::BackTab | KeyCode::Up, Step::Password) => {
                self.step = Step::Username;
                Vec::new()
            }
            _ => {
                if let Some(editor) = self.editor() {
                    editor.on_key(key);
                }
                Vec::new()
            }
        }
    }

    fn on_paste(&mut self, text: &str, _: Timestamp) -> Vec<Wanted> {
        if let Some(editor) = self.editor() {
            editor.insert(text);
        }
        Vec::new()
    }

    fn on_tick(&mut self, now: Timestamp) -> Vec<Wanted> {
        self.now = now;
        Vec::new()
    }

    fn on_reply(&mut self, reply: Reply, now: Timestamp) -> Vec<Wanted> {
        self.now = now;
        match reply.answer {
            Ok(Answer::SignIn(SignIn::CodeWanted)) => {
                self.code.clear();
                self.step = Step::Code;
            }
            Ok(Answer::SignIn(SignIn::Wait(span))) => {
                self.waits_until = now.plus(span);
                self.begin_again(String::new());
            }
            Ok(Answer::SignIn(SignIn::Wrong)) => {
                // Which it was nobody is told: whoever guesses would learn half of it.
                self.begin_again("The user name, password or code is not right.".to_owned());
            }
            // Whoever is in sees another screen.
            Ok(_) => {}
            Err(trouble) => {
                // Nothing typed is lost: it was not what was wrong.
                self.step = if self.code.text().is_empty() { Step::Password } else { Step::Code };
                trouble.words().clone_into(&mut self.said);
            }
        }
        Vec::new()
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look) {
        let place = frame::middle(area, 60, 11);
        let keys = "Enter go on  Esc back";
        let inner = frame::dialog(buffer, place, "Sign in to Signet", keys, look);
        let mut fields = vec![
            ("User name", &self.username, Step::Username),
            ("Password", &self.password, Step::Password),
        ];
        if self.step == Step::Code || !self.code.text().is_empty() {
            fields.push(("Code", &self.code, Step::Code));
        }
        for ((label, editor, step), number) in fields.into_iter().zip([1_u16, 3, 5]) {
            let line = frame::line(inner, number);
            let focused = self.step == step;
            let style = if focused { look.theme.accent } else { look.theme.quiet };
            let sign = if focused { "›" } else { " " };
            buffer.set_stringn(line.x, line.y, format!("{sign} {label}"), 12, style);
            let line = Rect { x: line.x + 13, width: line.width.saturating_sub(13), ..line };
            editor.draw(buffer, line, Style::new(), focused);
        }
        frame::text(buffer, frame::below(inner, 7), &self.words(), look.theme.slow);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::source::Trouble;
    use crate::testing::{self, NOW};

    fn typed(screen: &mut SignInScreen, text: &str) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for c in text.chars() {
            let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
            wanted.extend(screen.on_typed(code.into(), NOW));
        }
        wanted
    }

    fn asked() -> SignInScreen {
        let mut screen = SignInScreen::new();
        let wanted = typed(&mut screen, "ada\ncorrect horse\n");
        let (username, password) = ("ada".to_owned(), "correct horse".into());
        let credentials = Credentials { username, password, code: None };
        assert_eq!(wanted, [Wanted::SignIn(credentials)]);
        screen
    }

    fn answer(screen: &mut SignInScreen, answer: SignIn) {
        screen.on_reply(testing::reply(1, Ok(Answer::SignIn(answer))), NOW);
    }

    #[test]
    fn the_code_goes_out_with_the_password() {
        let mut screen = asked();
        answer(&mut screen, SignIn::CodeWanted);
        let wanted = typed(&mut screen, "123456\n");
        let [Wanted::SignIn(Credentials { code: Some(code), .. })] = wanted.as_slice() else {
            panic!("{wanted:?}")
        };
        assert_eq!(code.expose(), "123456");
    }

    #[test]
    fn nothing_is_tried_while_it_is_checked_or_has_to_wait() {
        let mut screen = asked();
        assert_eq!(typed(&mut screen, "x\n"), []);
        answer(&mut screen, SignIn::Wait(Duration::from_secs(30)));
        assert_eq!(typed(&mut screen, "again and again\n"), []);
        assert!(testing::drawn(&screen, 80, 24).contains("tried again in 30 s"));
        // In the last second too.
        screen.on_tick(NOW.plus(Duration::from_millis(29_900)));
        assert!(testing::drawn(&screen, 80, 24).contains("tried again in 1 s"));
    }

    #[test]
    fn what_is_wrong_is_typed_again_and_what_is_not_is_kept() {
        let mut screen = asked();
        let gone = Trouble::Gone("no answer".to_owned());
        screen.on_reply(testing::reply(1, Err(gone)), NOW);
        assert!(testing::drawn(&screen, 80, 24).contains("no answer"));
        assert_eq!(typed(&mut screen, "\n").len(), 1);
        answer(&mut screen, SignIn::Wrong);
        assert!(testing::drawn(&screen, 80, 24).contains("is not right"));
        assert_eq!(typed(&mut screen, "\n"), []);
    }

    #[test]
    fn it_looks_like_this() {
        let mut screen = asked();
        answer(&mut screen, SignIn::CodeWanted);
        typed(&mut screen, "123");
        for (width, height) in testing::SIZES {
            testing::assert_snapshot(
                "sign_in",
                (width, height),
                &testing::drawn(&screen, width, height),
            );
        }
    }
}
