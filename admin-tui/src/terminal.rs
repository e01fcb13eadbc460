//! The terminal, taken and given back, also after a panic.

use std::io::{stdin, stdout};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use ratatui::DefaultTerminal;
use rustix::termios::QueueSelector;

/// Takes the terminal, with its mouse.
pub(crate) fn take() -> std::io::Result<DefaultTerminal> {
    let terminal = ratatui::try_init()?;
    // ratatui's own hook gives back the rest; this one runs before it.
    let rest = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back_input();
        rest(panic);
    }));
    execute!(stdout(), EnableMouseCapture, EnableBracketedPaste)?;
    Ok(terminal)
}

/// Gives it back. Nothing is lost if that is done twice.
pub(crate) fn give_back() {
    give_back_input();
    ratatui::restore();
}

fn give_back_input() {
    // There is nowhere left to say that this failed.
    let _ = execute!(stdout(), DisableBracketedPaste, DisableMouseCapture);
    // What was typed and not read yet, perhaps of a password, is no command for the shell.
    let _ = rustix::termios::tcflush(stdin(), QueueSelector::IFlush);
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    /// Run by the test below, in a terminal of its own.
    #[test]
    #[ignore = "it panics, which another test wants to see"]
    fn somebody_panics_at_the_console() {
        let _terminal = super::take().unwrap();
        panic!("something broke");
    }

    #[test]
    fn the_terminal_is_given_back_after_a_panic() {
        let program = std::env::current_exe().unwrap().display().to_string();
        let test = "terminal::tests::somebody_panics_at_the_console";
        let words = format!("stty -g; {program} --ignored --exact {test} --nocapture; stty -g");
        let mut script = Command::new("script");
        script.args(["-qc", &words, "/dev/null"]).stdin(Stdio::null());
        let shown = script.env("TERM", "xterm-256color").output().unwrap().stdout;
        let shown = String::from_utf8_lossy(&shown);
        let (before, after) = shown.split_once("something broke").expect(&shown);
        assert!(before.contains("\u{1b}[?1049h"), "the screen is taken: {shown:?}");
        // The other screen, the mouse and pastes, before anything is said.
        for given_back in ["\u{1b}[?1049l", "\u{1b}[?1000l", "\u{1b}[?2004l"] {
            assert!(before.contains(given_back), "{given_back:?} is not in {shown:?}");
        }
        let settings = |line: Option<&str>| line.unwrap_or_default().trim().to_owned();
        let (first, last) = (settings(before.lines().next()), settings(after.lines().last()));
        assert!(first.contains(':'), "{shown:?}");
        assert_eq!(first, last, "the keyboard is as it was: {shown:?}");
    }
}
