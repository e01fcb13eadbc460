//! Moments, as the store keeps them.

use std::time::Duration;

/// A moment in microseconds since the Unix epoch.
///
/// Nothing in this crate reads a clock: a moment is always handed in as `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// A moment given in whole seconds, as the specifications count.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Whole seconds since the Unix epoch, rounded down (`NumericDate`, RFC 7519 §2).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Whole seconds since the Unix epoch, rounded up: later than every whole second before.
    pub const fn seconds_up(self) -> i64 {
        Self(self.0.saturating_add(999_999)).seconds()
    }

    /// This moment and a while later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// This moment, a while ago.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the second.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match chrono::DateTime::from_timestamp_micros(self.0) {
            Some(moment) => moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).fmt(f),
            None => write!(f, "{} µs", self.0),
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_down_and_arithmetic_saturates() {
        assert_eq!(Timestamp(1_999_999).seconds(), 1);
        assert_eq!(Timestamp(1_000_001).seconds_up(), 2);
        assert_eq!(Timestamp(1_000_000).seconds_up(), 1);
        assert_eq!(Timestamp(i64::MAX).plus(Duration::from_secs(1)), Timestamp(i64::MAX));
        assert_eq!(Timestamp(0).since(Timestamp(5)), Duration::ZERO);
    }

    #[test]
    fn it_reads_as_rfc_3339() {
        assert_eq!(Timestamp::from_seconds(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
    }
}
