//! Spans of time, as people write them.

use std::time::Duration;

/// The seconds of a day.
pub const DAY: u64 = 86_400;

/// A span in the largest unit that leaves no rest: `365d`, `12h`, `90s`, `500ms`.
pub fn span_text(span: Duration) -> String {
    if span.subsec_millis() > 0 {
        return format!("{}ms", span.as_millis());
    }
    let seconds = span.as_secs();
    let fits = |&(length, _): &(u64, &str)| seconds > 0 && seconds.is_multiple_of(length);
    let (length, unit) =
        [(DAY, "d"), (3_600, "h"), (60, "m")].into_iter().find(fits).unwrap_or((1, "s"));
    format!("{}{unit}", seconds / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_as_it_would_be_typed() {
        for text in ["0s", "90s", "1m", "15m", "90m", "12h", "30d", "365d", "500ms", "1500ms"] {
            assert_eq!(span_text(humantime::parse_duration(text).unwrap()), text);
        }
    }
}
