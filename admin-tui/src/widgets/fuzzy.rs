//! Names that are found by some of their letters.

/// How well a name matches what was typed, the more the better; `None` if it does not.
///
/// The letters have to come in order. Those that begin a word, or follow the one before,
/// count for more; each letter that is skipped on the way costs a little.
pub(crate) fn score(typed: &str, name: &str) -> Option<i64> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut total = 0;
    let mut next = 0;
    let mut last = None;
    for letter in typed.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let rest = name.iter().enumerate().skip(next);
        let hits = rest.filter(|(_, c)| **c == letter).map(|(at, _)| at);
        let begins = |at: usize| {
            at == 0
                || at
                    .checked_sub(1)
                    .and_then(|before| name.get(before))
                    .is_some_and(|c| !c.is_alphanumeric())
        };
        let follows = |at: usize| last.is_some_and(|last| last + 1 == at);
        let worth = |at: usize| match (follows(at), begins(at)) {
            (true, _) => 8,
            (_, true) => 6,
            _ => 0,
        };
        let gap = |at: usize| i64::try_from(at - next).unwrap_or(i64::MAX).min(3);
        let best = hits.max_by_key(|&at| (worth(at) - gap(at), std::cmp::Reverse(at)))?;
        total += worth(best) - gap(best);
        last = Some(best);
        next = best + 1;
    }
    let length = i64::try_from(name.len()).unwrap_or(i64::MAX);
    Some(total * 100 - length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_to_come_in_order() {
        assert!(score("udi", "user: disable").is_some());
        assert!(score("idu", "user: disable").is_none());
        assert!(score("", "anything").is_some());
    }

    #[test]
    fn beginnings_of_words_are_better_than_middles() {
        assert!(score("us", "users") > score("us", "focus"));
        assert!(score("cd", "client: delete") > score("cd", "record"));
        assert!(score("user", "users") > score("user", "user: disable"));
    }
}
