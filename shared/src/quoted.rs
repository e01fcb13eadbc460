//! Words for a shell.

/// A word as a shell leaves it as it is: what a stranger sent does nothing when an operator
/// pastes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_for_a_shell_to_do() {
        for (word, safe) in [
            ("redirect_uris=https://app.example/cb", "redirect_uris=https://app.example/cb"),
            ("", "''"),
            ("a b", "'a b'"),
            ("=ls", "'=ls'"),
            ("$(ls)", "'$(ls)'"),
            ("it's; ls", r"'it'\''s; ls'"),
        ] {
            assert_eq!(quoted(word), safe);
        }
    }
}
