//! What a refresh token that comes to the server is worth.
//!
//! A token is used once and gives a successor. A client whose answer was lost knows only
//! the old one and comes with it again; so does a thief. The two are told apart by what
//! became of the successor: as long as nobody has used it, nobody is known to have it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::model::{RefreshToken, Timestamp};

/// How much a network may lose and how many windows a client may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long after its use a token may come again because its answer was lost.
    pub retry_window: Duration,
    /// How long after its use it may come again from another window of the same client.
    pub overlap: Duration,
}

/// What presenting a refresh token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// It is alive: use it.
    Alive,
    /// Another window of the client was a moment faster: it gets a token beside the one
    /// that was given. Whichever is used first counts.
    Overlapping,
    /// The answer was lost: it gets another token in the place of the one that was given.
    Retry,
    /// It came while a twin of this very request was under way: refuse, harm nobody.
    Twin,
    /// Two holders have it: kill the family (RFC 9700 §4.14.2).
    Reused,
    /// It is too old: refuse.
    Expired,
}

/// Decides what presenting this token means, in a request that arrived at `arrived`.
///
/// `seen_generation` is the newest generation whose tokens somebody is known to have.
pub fn presented(
    token: &RefreshToken,
    seen_generation: i64,
    policy: Policy,
    arrived: Timestamp,
) -> Presented {
    // Whoever asked before that could not know better.
    let replaced = token.superseded_at.into_iter().chain(token.rival_used_at).min();
    if let Some(at) = replaced {
        return if arrived <= at { Presented::Twin } else { Presented::Reused };
    }
    let has_expired = arrived >= token.expires_at;
    let Some(used_at) = token.used_at else {
        return if has_expired { Presented::Expired } else { Presented::Alive };
    };
    let reused = |at| match arrived <= at {
        true => Presented::Twin,
        false if has_expired => Presented::Expired,
        false => Presented::Reused,
    };
    if let Some(at) = token.successor_used_at {
        return reused(at);
    }
    // It was used in its time: whether the answer was lost is not a matter of its own end.
    let since = arrived.since(used_at);
    if since < policy.overlap {
        return Presented::Overlapping;
    }
    let received = seen_generation > token.generation;
    if !received && since < policy.retry_window {
        return Presented::Retry;
    }
    reused(used_at)
}

/// What shows that it means this: for those who read the audit log.
pub fn evidence(
    token: &RefreshToken,
    seen_generation: i64,
    from: &str,
    now: Timestamp,
) -> Map<String, Value> {
    let mut evidence = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        evidence.extend(value.map(|value| (name.to_owned(), value)));
    };
    let moment = |at: Option<Timestamp>| at.map(|at| json!(at.to_string()));
    say("generation", Some(json!(token.generation)));
    say("issued_at", moment(Some(token.issued_at)));
    say("first_used_at", moment(token.used_at));
    say("first_used_from", token.used_from.as_ref().map(|from| json!(from)));
    say("seconds_since_first_use", token.used_at.map(|at| json!(now.since(at).as_secs())));
    say("superseded_at", moment(token.superseded_at));
    say("rival_used_at", moment(token.rival_used_at));
    say("successor_used_at", moment(token.successor_used_at));
    say("successor_access_token_seen", Some(json!(seen_generation > token.generation)));
    say("presented_from", Some(json!(from)));
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy =
        Policy { retry_window: Duration::from_hours(24), overlap: Duration::from_secs(10) };

    fn token() -> RefreshToken {
        RefreshToken {
            hash: String::new(),
            grant_id: "g".into(),
            generation: 1,
            issued_at: Timestamp(0),
            expires_at: Timestamp::from_seconds(1_000_000),
            used_at: None,
            used_from: None,
            superseded_at: None,
            rival_used_at: None,
            successor_used_at: None,
        }
    }

    fn second(at: i64) -> Timestamp {
        Timestamp::from_seconds(at)
    }

    fn meaning(token: &RefreshToken, seen: i64, at: i64) -> Presented {
        presented(token, seen, POLICY, Timestamp::from_seconds(at))
    }

    #[test]
    fn an_unused_token_is_alive_until_it_expires() {
        assert_eq!(meaning(&token(), 0, 5), Presented::Alive);
        assert_eq!(meaning(&token(), 1, 5), Presented::Alive);
        assert_eq!(meaning(&token(), 0, 1_000_000), Presented::Expired);
    }

    #[test]
    fn a_used_token_comes_from_another_window_or_after_a_lost_answer() {
        let used = RefreshToken { used_at: Some(second(100)), ..token() };
        for (seen, at, expected) in [
            (1, 100, Presented::Overlapping),
            (1, 109, Presented::Overlapping),
            (1, 110, Presented::Retry),
            (1, 86_499, Presented::Retry),
            (1, 86_500, Presented::Reused),
            (1, 1_000_000, Presented::Expired),
            (2, 1_000_000, Presented::Expired),
            // Somebody has used the access token that came with the successor.
            (2, 109, Presented::Overlapping),
            (2, 110, Presented::Reused),
        ] {
            assert_eq!(meaning(&used, seen, at), expected, "seen {seen}, at {at}");
        }
    }

    /// Whoever refreshed at the last moment and got no answer comes when the token has ended.
    #[test]
    fn an_answer_that_was_lost_comes_again_after_the_end_of_the_token() {
        let used = RefreshToken { used_at: Some(second(999_990)), ..token() };
        assert_eq!(meaning(&used, 1, 1_000_500), Presented::Retry);
        assert_eq!(meaning(&used, 2, 1_000_500), Presented::Expired);
    }

    #[test]
    fn the_window_closes_the_moment_the_successor_is_used() {
        let used = RefreshToken {
            used_at: Some(second(100)),
            successor_used_at: Some(second(105)),
            ..token()
        };
        assert_eq!(meaning(&used, 1, 105), Presented::Twin);
        assert_eq!(meaning(&used, 1, 106), Presented::Reused);
    }

    #[test]
    fn of_two_successors_the_one_that_was_not_used_first_is_nobodys() {
        for replaced in [
            RefreshToken { superseded_at: Some(second(100)), ..token() },
            RefreshToken { rival_used_at: Some(second(100)), ..token() },
        ] {
            assert_eq!(meaning(&replaced, 0, 100), Presented::Twin);
            assert_eq!(meaning(&replaced, 0, 101), Presented::Reused);
        }
    }

    #[test]
    fn without_windows_every_later_use_is_reuse() {
        let strict = Policy { retry_window: Duration::ZERO, overlap: Duration::ZERO };
        let used = RefreshToken { used_at: Some(second(100)), ..token() };
        let at = |micros| presented(&used, 1, strict, Timestamp(micros));
        assert_eq!(at(100_000_000), Presented::Twin);
        assert_eq!(at(100_000_001), Presented::Reused);
    }

    #[test]
    fn evidence_names_moments_and_places_and_no_secret() {
        let used = RefreshToken {
            hash: "secret".into(),
            used_at: Some(second(100)),
            used_from: Some("192.0.2.1".into()),
            ..token()
        };
        let now = Timestamp::from_seconds(160);
        let evidence = evidence(&used, 2, "192.0.2.9", now);
        assert_eq!(evidence["first_used_from"], "192.0.2.1");
        assert_eq!(evidence["presented_from"], "192.0.2.9");
        assert_eq!(evidence["seconds_since_first_use"], 60);
        assert_eq!(evidence["successor_access_token_seen"], true);
        assert!(!json!(evidence).to_string().contains("secret"));
    }
}
