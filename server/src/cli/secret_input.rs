//! Secrets come from a prompt or from standard input, never from the command line,
//! where every process could read them.

use std::io::{BufRead, IsTerminal};

use shared::model::Secret;

use super::CommandError;

/// A new password: asked for twice, or the first line of standard input.
pub(super) fn new_password(from_stdin: bool) -> Result<Secret<String>, CommandError> {
    if from_stdin {
        return first_line();
    }
    if !std::io::stdin().is_terminal() {
        let hint = "there is no terminal to ask for the password; use --password-stdin";
        return Err(CommandError::Usage(hint.to_owned()));
    }
    let first = prompt("Password: ")?;
    let second = prompt("Again: ")?;
    if first.expose() != second.expose() {
        return Err(CommandError::Usage("the two passwords differ".to_owned()));
    }
    Ok(first)
}

/// The first line of standard input, without its end.
pub(super) fn first_line() -> Result<Secret<String>, CommandError> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| CommandError::Usage(format!("standard input: {error}")))?;
    let secret = Secret::from(line.trim_end_matches(['\r', '\n']));
    drop(Secret::new(line));
    Ok(secret)
}

fn prompt(text: &str) -> Result<Secret<String>, CommandError> {
    let typed = rpassword::prompt_password(text);
    typed.map(Secret::new).map_err(|error| CommandError::Usage(error.to_string()))
}
