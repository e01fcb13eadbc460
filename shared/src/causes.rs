//! Saying what went wrong, with all that led to it.

use std::error::Error;

/// An error with all its causes in one line, each said once.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        // Many errors repeat their cause's words at their own end.
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the store failed")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("no such\n  file")]
    struct Inner;

    #[test]
    fn every_cause_is_said_once_in_one_line() {
        assert_eq!(causes(&Outer(Inner)), "the store failed: no such file");
    }
}
