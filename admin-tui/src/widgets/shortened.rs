//! Texts that may be too long.

/// A text in this many columns: what does not fit is left out of its middle, as an
/// address tells most at its ends.
pub(crate) fn shortened(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(1);
    let end: String = text.chars().skip(length - kept / 2).collect();
    text.chars().take(kept - kept / 2).chain(['…']).chain(end.chars()).collect()
}

/// A text in this many columns: what does not fit is left out at its end.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(shortened("postgres:///signet", 18), "postgres:///signet");
        assert_eq!(shortened("postgres:///signet", 9), "post…gnet");
        assert_eq!(shortened("postgres:///signet", 0), "…");
    }

    #[test]
    fn a_long_sentence_loses_its_end() {
        assert_eq!(cut("one two", 7), "one two");
        assert_eq!(cut("one two", 6), "one t…");
    }
}
