//! The operator at the console, in a real terminal: tmux, which was not written here.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::authenticator::Protected;
use super::server::{Server, Site, console_program};

/// The smallest window that the console is made for.
pub(crate) const SMALL: (u16, u16) = (80, 24);
/// A window in which everything finds its place.
pub(crate) const LARGE: (u16, u16) = (200, 60);

/// How long something may take to appear. Debug builds on a busy machine are slow.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the screen is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// What the shell says when it waits for a command.
const PROMPT: &str = "shell> ";

/// A terminal with a shell in it, in which somebody starts the console. Whatever happens, it
/// ends with the test, and what runs in it.
#[derive(Debug)]
pub(crate) struct Console {
    socket: PathBuf,
    tmux: Child,
}

impl Site {
    /// A terminal of this size with a shell in it.
    pub(crate) async fn terminal(&self, (width, height): (u16, u16)) -> Console {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let found = Command::new("tmux").arg("-V").output();
        assert!(found.is_ok(), "tmux is not installed: the console is tried in a terminal of it");
        let socket = self.path(&format!("tmux-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        // In the foreground, so that it ends with the test.
        let mut command = self.command_of(PathBuf::from("tmux"), &["-D", "-f", "/dev/null", "-S"]);
        command.arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("LC_ALL", "C.UTF-8").env("PS1", PROMPT).env("SHELL", "/bin/sh");
        for name in ["TMUX", "NO_COLOR", "ENV"] {
            command.env_remove(name);
        }
        let console = Console { socket, tmux: command.spawn().expect("tmux starts") };
        let deadline = Instant::now() + PATIENCE;
        while !console.socket.exists() {
            assert!(Instant::now() < deadline, "tmux does not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (width, height) = (width.to_string(), height.to_string());
        let program = console_program();
        let folder = program.parent().expect("the console lies in a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        // What runs in a terminal has the path of whoever asked for the terminal.
        let mut ask =
            console.command(&["new-session", "-d", "-x", &width, "-y", &height, "/bin/sh", "-i"]);
        let asked = ask.env("PATH", format!("{folder}:{path}")).status();
        assert!(asked.is_ok_and(|status| status.success()), "tmux gives a terminal");
        console.tmux(&["set-option", "-s", "set-clipboard", "on"]);
        console.wait_for(PROMPT.trim()).await;
        console
    }

    /// The console in a terminal of this size, started with these words.
    pub(crate) async fn open_console(&self, size: (u16, u16), words: &str) -> Console {
        let console = self.terminal(size).await;
        console.start(words).await;
        console
    }
}

impl Server {
    /// The console at work, entered without signing in.
    pub(crate) async fn console_of_machine(&self, size: (u16, u16)) -> Console {
        let console = self.open_console(size, "--break-glass").await;
        console.wait_for("Signet › Home").await;
        console
    }
}

impl Console {
    /// Starts the console in the shell.
    pub(crate) async fn start(&self, words: &str) {
        self.text(&format!("clear; signet-admin {words}"));
        self.keys(&["Enter"]).await;
    }

    /// Presses keys, by the names that tmux has for them.
    pub(crate) async fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
            if *key == "Escape" {
                // With what follows at once it would be another key.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Types a text.
    pub(crate) fn text(&self, text: &str) {
        if !text.is_empty() {
            self.tmux(&["send-keys", "-l", "--", text]);
        }
    }

    /// Pastes a text, as a terminal does.
    pub(crate) fn paste(&self, text: &str) {
        let mut load = self.command(&["load-buffer", "-"]);
        let mut load = load.stdin(Stdio::piped()).spawn().expect("tmux starts");
        let mut input = load.stdin.take().expect("its input is a pipe");
        input.write_all(text.as_bytes()).expect("tmux reads");
        drop(input);
        assert!(load.wait().is_ok_and(|status| status.success()), "tmux takes a text");
        self.tmux(&["paste-buffer", "-p", "-d"]);
    }

    /// Opens a form with a key.
    pub(crate) async fn open_form(&self, key: &str, title: &str) {
        self.keys(&[key]).await;
        self.wait_for(&format!("╭ {title} ─")).await;
    }

    /// Fills the fields of a form from the one under the cursor on, each with a text, and
    /// goes on.
    pub(crate) async fn fill(&self, texts: &[&str]) {
        for (number, text) in texts.iter().enumerate() {
            if number > 0 {
                self.keys(&["Tab"]).await;
            }
            self.text(text);
        }
        self.keys(&["C-s"]).await;
    }

    /// Goes to a screen by its name, through the palette.
    pub(crate) async fn go(&self, name: &str) {
        self.keys(&[":"]).await;
        self.wait_for("Go to or do").await;
        let word = name.to_lowercase();
        self.text(&word);
        self.wait_for(&format!("│ › {word} ")).await;
        self.keys(&["Enter"]).await;
        self.wait_for(&format!("Signet › {name} ")).await;
    }

    /// Shows only what has this.
    pub(crate) async fn filter(&self, text: &str) {
        self.keys(&["/"]).await;
        self.text(text);
        self.keys(&["Enter"]).await;
        self.wait_for(&format!("filter: {text}")).await;
    }

    /// Does what a key does, once the console has said this about it.
    pub(crate) async fn agree(&self, said: &str) {
        self.wait_for("Do it?").await;
        assert!(self.words().contains(said), "{said} is not on:\n{}", self.screen());
        self.keys(&["y"]).await;
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// What was put on the terminal's clipboard last.
    pub(crate) fn clipboard(&self) -> String {
        self.tmux(&["show-buffer"])
    }

    /// The words on the screen, without frames and the ends of lines.
    pub(crate) fn words(&self) -> String {
        let screen = self.screen().replace(['│', '╭', '╮', '╰', '╯', '─'], " ");
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until these words are on the screen, however its lines break.
    pub(crate) async fn wait_for(&self, words: &str) {
        let sought = words.split_whitespace().collect::<Vec<_>>().join(" ");
        self.wait_until(words, |screen| screen.contains(words) || self.words().contains(&sought))
            .await;
    }

    /// Waits until these words are not on the screen.
    pub(crate) async fn wait_until_gone(&self, words: &str) {
        self.wait_until(&format!("no {words}"), |screen| !screen.contains(words)).await;
    }

    /// Waits until something holds of the screen.
    pub(crate) async fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return;
            }
            assert!(Instant::now() < deadline, "the screen never shows {what}:\n{screen}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Types what a person signs in with, and a code of theirs.
    pub(crate) async fn enter(&self, username: &str, password: &str, code: &str) {
        self.wait_for("Sign in to Signet").await;
        self.text(username);
        self.keys(&["Enter"]).await;
        self.password(password, code).await;
    }

    /// The same where the name was typed before.
    pub(crate) async fn password(&self, password: &str, code: &str) {
        self.wait_for("› Password").await;
        self.text(password);
        self.keys(&["Enter"]).await;
        self.wait_for("› Code").await;
        self.text(code);
        self.keys(&["Enter"]).await;
    }

    /// Signs an operator in, who gets to the first screen.
    pub(crate) async fn sign_in(&self, operator: &Protected) {
        let person = &operator.person;
        let code = operator.authenticator.code(0);
        self.enter(&person.username, &person.password, &code).await;
        self.wait_for("Signet › Home").await;
    }

    /// Makes the window larger or smaller.
    pub(crate) fn resize(&self, (width, height): (u16, u16)) {
        let (width, height) = (width.to_string(), height.to_string());
        self.tmux(&["resize-window", "-x", &width, "-y", &height]);
    }

    /// The process of the console, while it runs.
    pub(crate) fn pid(&self) -> u32 {
        let shell = self.of_terminal("pane_pid");
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        let children = children.expect("the shell runs");
        let first = children.split_whitespace().next().expect("the console runs");
        first.parse().expect("a process has a number")
    }

    /// Waits until the shell is back.
    pub(crate) async fn wait_for_shell(&self) {
        self.wait_until("the shell", |screen| {
            screen.lines().rfind(|line| !line.is_empty()).is_some_and(|line| {
                line.trim_end().ends_with(PROMPT.trim()) && self.of_terminal("alternate_on") == "0"
            })
        })
        .await;
    }

    /// What the terminal is set to: lines and echo, as the shell's `stty` tells, and what
    /// tmux knows of screen, cursor and mouse.
    pub(crate) async fn settings(&self) -> String {
        let file = self.socket.with_extension("stty");
        // It may be there from before.
        let _ = std::fs::remove_file(&file);
        self.text(&format!("stty -a > {0}.new; mv {0}.new {0}", file.display()));
        self.keys(&["Enter"]).await;
        let deadline = Instant::now() + PATIENCE;
        while !file.exists() {
            assert!(Instant::now() < deadline, "the shell does not hear:\n{}", self.screen());
            tokio::time::sleep(LOOK).await;
        }
        let stty = std::fs::read_to_string(&file).expect("it was written");
        let modes = ["alternate_on", "cursor_flag", "mouse_any_flag", "mouse_sgr_flag"];
        let modes = modes.map(|mode| format!("{mode}={}", self.of_terminal(mode)));
        format!("{stty}{}", modes.join(" "))
    }

    /// What tmux knows of the terminal.
    pub(crate) fn of_terminal(&self, what: &str) -> String {
        self.tmux(&["display-message", "-p", &format!("#{{{what}}}")]).trim().to_owned()
    }

    /// The terminal goes away, as when a line breaks.
    pub(crate) fn hang_up(&mut self) {
        self.tmux.kill().expect("tmux can be killed");
        self.tmux.wait().expect("tmux ends");
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.env_remove("TMUX").args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket);
        command.args(words);
        command
    }

    #[track_caller]
    fn tmux(&self, words: &[&str]) -> String {
        let output = self.command(words).output().expect("tmux starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {words:?}: {complaint}");
        String::from_utf8(output.stdout).expect("a screen is text")
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may be gone already. With it goes the terminal, and what runs there hears so.
        let _ = self.command(&["kill-server"]).output();
        let _ = self.tmux.kill();
        let _ = self.tmux.wait();
    }
}
