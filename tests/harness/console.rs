//! The operator's console in a real terminal: `tmux`, which was not written here.

use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::authenticator::Protected;
use super::server::Site;

/// How long something may take to be seen. Debug builds on a busy machine are slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal of its own, with a shell in which the console runs. It ends with the test.
pub(crate) struct Console {
    folder: TempDir,
}

impl Console {
    /// Runs the console with these arguments in a terminal of so many columns and rows.
    pub(crate) fn open(site: &Site, (columns, rows): (u16, u16), args: &[&str]) -> Self {
        let console = Self { folder: tempfile::tempdir().expect("a folder can be made") };
        let mut command = site.console(args);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line = words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>();
        // A shell of the terminal runs it, so that what is left of the screen can be seen.
        let line = format!("TERM=screen-256color {}; echo gone $?; exec cat", line.join(" "));
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let window = ["-x", &columns, "-y", &rows];
        command.env("LC_ALL", "C.UTF-8");
        let mut tmux = console.tmux(&["new-session", "-d"]);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => tmux.env(name, value),
                None => tmux.env_remove(name),
            };
        }
        let started = tmux.args(window).arg(line).status().expect("tmux is installed");
        assert!(started.success(), "tmux does not start");
        console
    }

    fn tmux(&self, args: &[&str]) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(self.folder.path().join("socket")).args(["-f", "/dev/null"]).args(args);
        tmux
    }

    /// Presses keys, by tmux's names for them.
    pub(crate) fn keys(&self, keys: &[&str]) {
        for key in keys {
            let pressed = self.tmux(&["send-keys", key]).status();
            assert!(pressed.is_ok_and(|status| status.success()), "{key} cannot be pressed");
        }
    }

    /// Types a text.
    pub(crate) fn text(&self, text: &str) {
        let typed = self.tmux(&["send-keys", "-l", "--", text]).status();
        assert!(typed.is_ok_and(|status| status.success()), "{text} cannot be typed");
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p"]).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until words are on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) -> String {
        self.wait_until(words, |screen| screen.contains(words))
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "{what:?} is not to be seen in\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Goes to a screen by the palette.
    #[track_caller]
    pub(crate) fn go(&self, screen: &str, seen: &str) {
        self.keys(&[":"]);
        self.wait_for("Go to or do");
        self.text(screen);
        self.wait_for(&format!(": {screen}"));
        self.keys(&["Enter"]);
        self.wait_until(seen, |text| text.contains(seen) && !text.contains("Go to or do"));
    }

    /// Shows name, password and code.
    #[track_caller]
    pub(crate) fn enter(&self, username: &str, password: &str, code: &str) {
        self.wait_for("Sign in to Signet");
        self.text(username);
        self.keys(&["Enter"]);
        self.text(password);
        self.keys(&["Enter"]);
        self.wait_for("Six digits");
        self.text(code);
        self.keys(&["Enter"]);
    }

    /// Signs an operator in.
    #[track_caller]
    pub(crate) fn sign_in(&self, operator: &Protected, code: &str) {
        self.enter(&operator.person.username, &operator.person.password, code);
        self.wait_for("People");
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.tmux(&["kill-server"]).status();
    }
}
