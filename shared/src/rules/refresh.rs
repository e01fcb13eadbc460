//! What a refresh token that comes to the server is worth.

use std::time::Duration;

use crate::model::{RefreshToken, Timestamp};

/// What presenting a refresh token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// It is alive: use it.
    Alive,
    /// It was used, but a client whose answer was lost knows no better: give it another
    /// successor if the one it never got is unused.
    Retry,
    /// It was replaced a moment ago, by a twin of this very request: refuse, harm nobody.
    Overlapping,
    /// Two holders have it: kill the family (RFC 9700 §4.14.2).
    Reused,
    /// It is too old: refuse.
    Expired,
}

/// How long after a token was replaced its late arrival still counts as part of one
/// race and not as theft.
const OVERLAP: Duration = Duration::from_secs(10);

/// Decides what presenting this token means, in a request that arrived at `arrived`.
///
/// `retry_window` is how long after its use a token may come again; if it is zero, only
/// a twin that was under way before the token was used does no harm.
pub fn presented(token: &RefreshToken, retry_window: Duration, arrived: Timestamp) -> Presented {
    if let Some(at) = token.superseded_at {
        return if arrived.since(at) < OVERLAP {
            Presented::Overlapping
        } else {
            Presented::Reused
        };
    }
    // An old token does not live longer by having been used.
    if arrived >= token.expires_at {
        return Presented::Expired;
    }
    if let Some(at) = token.used_at {
        if arrived.since(at) < retry_window {
            return Presented::Retry;
        }
        return if arrived < at { Presented::Overlapping } else { Presented::Reused };
    }
    Presented::Alive
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn token(used_at: Option<i64>, superseded_at: Option<i64>) -> RefreshToken {
        RefreshToken {
            hash: String::new(),
            grant_id: "g".into(),
            generation: 1,
            issued_at: Timestamp(0),
            expires_at: Timestamp::from_seconds(1_000_000),
            used_at: used_at.map(Timestamp::from_seconds),
            superseded_at: superseded_at.map(Timestamp::from_seconds),
        }
    }

    #[test]
    fn each_state_has_its_meaning() {
        for (used, superseded, now, expected) in [
            (None, None, 5, Presented::Alive),
            (None, None, 1_000_000, Presented::Expired),
            (Some(10), None, 11, Presented::Retry),
            (Some(10), None, 86_409, Presented::Retry),
            (Some(10), None, 86_410, Presented::Reused),
            (Some(10), None, 1_000_000, Presented::Expired),
            (None, Some(10), 11, Presented::Overlapping),
            (None, Some(10), 20, Presented::Reused),
        ] {
            let now = Timestamp::from_seconds(now);
            assert_eq!(presented(&token(used, superseded), DAY, now), expected, "at {now}");
        }
    }

    #[test]
    fn without_a_window_every_later_use_is_reuse() {
        let now = Timestamp::from_seconds(10);
        let token = token(Some(10), None);
        assert_eq!(presented(&token, Duration::ZERO, now), Presented::Reused);
        let before = Timestamp(now.0 - 1);
        assert_eq!(presented(&token, Duration::ZERO, before), Presented::Overlapping);
    }
}
