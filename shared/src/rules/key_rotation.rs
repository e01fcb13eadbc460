//! When signing keys change their state.
//!
//! A key is published before it signs and after it has signed, so that nobody who keeps
//! the JWK set for its lifetime ever meets a token whose key is not in it.

use std::time::Duration;

use crate::model::{KeyState, SigningAlg, SigningKeyRecord, Timestamp};

/// No access or ID token lives longer, whatever settings and clients say.
pub const LONGEST_TOKEN: Duration = Duration::from_hours(24);

/// How long it may take until every server on a store has noticed a change.
pub const NOTICE: Duration = Duration::from_secs(1);

/// How long a retired key is remembered, so that old ID tokens are still good as hints.
const REMEMBERED: Duration = Duration::from_hours(400 * 24);

/// How keys rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long a key signs; for good if zero.
    pub signs_for: Duration,
    /// How long others may keep the JWK set.
    pub jwks_cache: Duration,
}

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Make a key that signs at once: there is none of this algorithm.
    Begin(SigningAlg),
    /// Make the key that will sign next.
    Prepare(SigningAlg),
    /// The key that signs is old: the next one begins to sign at that moment.
    Schedule(String, Timestamp),
    /// Let this key sign.
    Activate(String),
    /// Forget this key.
    Forget(String),
}

/// What is to be done with these keys at this moment, for those who want tokens that are
/// signed with these algorithms.
pub fn due(
    records: &[&SigningKeyRecord],
    wanted: &[SigningAlg],
    policy: Policy,
    now: Timestamp,
) -> Vec<Due> {
    let of = |alg: SigningAlg, state: KeyState| {
        records.iter().find(move |record| record.alg == alg && record.state == state)
    };
    let is_missing = |alg: &&SigningAlg| {
        of(**alg, KeyState::Active).or_else(|| of(**alg, KeyState::Next)).is_none()
    };
    let mut due: Vec<_> = wanted.iter().filter(is_missing).map(|&alg| Due::Begin(alg)).collect();
    for record in records {
        match record.state {
            KeyState::Active => {
                let Some(next) = of(record.alg, KeyState::Next) else {
                    due.push(Due::Prepare(record.alg));
                    continue;
                };
                let began = record.activated_at.unwrap_or(record.created_at);
                let old = !policy.signs_for.is_zero() && now >= began.plus(policy.signs_for);
                if next.activates_at.is_none() && old {
                    let at = earliest_activation(next, policy, now);
                    due.push(Due::Schedule(next.kid.clone(), at));
                }
            }
            KeyState::Next => {
                let nobody_signs = of(record.alg, KeyState::Active).is_none();
                // Whoever decided on the moment may have thought that the set is kept less long.
                let at = record.activates_at.map(|at| at.max(known_from(record, policy)));
                if nobody_signs || at.is_some_and(|at| now >= at) {
                    due.push(Due::Activate(record.kid.clone()));
                }
            }
            KeyState::Retired => {
                if record.retired_at.is_some_and(|at| now >= at.plus(REMEMBERED)) {
                    due.push(Due::Forget(record.kid.clone()));
                }
            }
        }
    }
    due
}

/// When the next key may begin to sign: whoever kept the JWK set from before it was
/// published has fetched it anew by then.
pub fn earliest_activation(next: &SigningKeyRecord, policy: Policy, now: Timestamp) -> Timestamp {
    known_from(next, policy).max(now)
}

fn known_from(key: &SigningKeyRecord, policy: Policy) -> Timestamp {
    key.created_at.plus(policy.jwks_cache).plus(NOTICE)
}

/// Whether a key is in the JWK set.
pub fn is_published(record: &SigningKeyRecord, now: Timestamp) -> bool {
    published_until(record).is_none_or(|until| now < until)
}

/// When a key that signs no more leaves the JWK set: once the last token that it signed has
/// expired, and every server has noticed that it signs no more.
pub fn published_until(record: &SigningKeyRecord) -> Option<Timestamp> {
    let retired_at = record.retired_at.filter(|_| record.state == KeyState::Retired);
    retired_at.map(|at| at.plus(LONGEST_TOKEN).plus(NOTICE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy =
        Policy { signs_for: Duration::from_secs(1000), jwks_cache: Duration::from_mins(1) };

    fn key(kid: &str, state: KeyState, created: i64) -> SigningKeyRecord {
        let created_at = Timestamp::from_seconds(created);
        SigningKeyRecord {
            kid: kid.to_owned(),
            alg: SigningAlg::Rs256,
            state,
            sealed_private_key: String::new(),
            created_at,
            activates_at: None,
            activated_at: (state == KeyState::Active).then_some(created_at),
            retired_at: (state == KeyState::Retired).then_some(created_at),
        }
    }

    fn at(records: &[SigningKeyRecord], second: i64) -> Vec<Due> {
        let records: Vec<_> = records.iter().collect();
        due(&records, &[], POLICY, Timestamp::from_seconds(second))
    }

    #[test]
    fn a_key_that_signs_always_has_a_successor() {
        let active = key("a", KeyState::Active, 0);
        assert_eq!(at(std::slice::from_ref(&active), 1), [Due::Prepare(SigningAlg::Rs256)]);
        assert_eq!(at(&[active, key("n", KeyState::Next, 0)], 1), []);
    }

    #[test]
    fn an_old_key_gives_way_once_its_successor_is_known() {
        let active = key("a", KeyState::Active, 0);
        let early = [active.clone(), key("n", KeyState::Next, 0)];
        assert_eq!(at(&early, 999), []);
        let now = Timestamp::from_seconds(1000);
        assert_eq!(at(&early, 1000), [Due::Schedule("n".into(), now)]);

        let late = [active, key("n", KeyState::Next, 999)];
        let later = Timestamp::from_seconds(999 + 60).plus(NOTICE);
        assert_eq!(at(&late, 1000), [Due::Schedule("n".into(), later)]);
    }

    #[test]
    fn what_is_wanted_is_there_before_it_is_needed() {
        let wanted = [SigningAlg::Rs256, SigningAlg::Es256];
        let due = |records: &[&SigningKeyRecord]| due(records, &wanted, POLICY, Timestamp(0));
        assert_eq!(due(&[]), wanted.map(Due::Begin));
        let retired = key("r", KeyState::Retired, 0);
        assert_eq!(due(&[&retired]), wanted.map(Due::Begin));
        let (active, next) = (key("a", KeyState::Active, 0), key("n", KeyState::Next, 0));
        assert_eq!(due(&[&active, &next]), [Due::Begin(SigningAlg::Es256)]);
        // One that is published already is better than one that nobody knows.
        let begun = [Due::Begin(SigningAlg::Es256), Due::Activate("n".into())];
        assert_eq!(due(&[&retired, &next]), begun);
    }

    #[test]
    fn a_key_signs_for_nobody_who_may_not_know_it_yet() {
        let mut next = key("n", KeyState::Next, 100);
        // As somebody decided whose settings let others keep the set for a second.
        next.activates_at = Some(Timestamp::from_seconds(102));
        let keys = [key("a", KeyState::Active, 0), next];
        assert_eq!(at(&keys, 160), []);
        assert_eq!(at(&keys, 161), [Due::Activate("n".into())]);
    }

    #[test]
    fn a_scheduled_key_signs_at_its_moment() {
        let mut next = key("n", KeyState::Next, 0);
        next.activates_at = Some(Timestamp::from_seconds(70));
        let keys = [key("a", KeyState::Active, 0), next];
        assert_eq!(at(&keys, 69), []);
        assert_eq!(at(&keys, 70), [Due::Activate("n".into())]);
    }

    #[test]
    fn a_retired_key_is_published_while_its_tokens_live() {
        let retired = key("r", KeyState::Retired, 0);
        let end = Timestamp(0).plus(LONGEST_TOKEN).plus(NOTICE);
        assert!(is_published(&retired, Timestamp(end.0 - 1)));
        assert!(!is_published(&retired, end));
        assert_eq!(at(std::slice::from_ref(&retired), end.seconds()), []);
        let much_later = Timestamp(0).plus(REMEMBERED).seconds();
        assert_eq!(at(&[retired], much_later), [Due::Forget("r".into())]);
    }

    #[test]
    fn without_an_age_nothing_rotates_by_itself() {
        let policy = Policy { signs_for: Duration::ZERO, ..POLICY };
        let keys = [key("a", KeyState::Active, 0), key("n", KeyState::Next, 0)];
        let records: Vec<_> = keys.iter().collect();
        assert_eq!(due(&records, &[], policy, Timestamp::from_seconds(1_000_000_000)), []);
    }

    /// A hundred rotations, each second looked at: who fetches the set at any moment and
    /// keeps it for its lifetime has the key that signs at every moment of it.
    #[test]
    fn no_cached_set_ever_misses_the_key_that_signs() {
        let policy = Policy { signs_for: Duration::from_secs(10), ..POLICY };
        let mut keys = vec![key("0", KeyState::Active, 0)];
        let (mut made, mut rotations) = (0, 0);
        let mut history = Vec::new();
        for second in 0..100_000 {
            let now = Timestamp::from_seconds(second);
            for due in due(&keys.iter().collect::<Vec<_>>(), &[], policy, now) {
                match due {
                    Due::Prepare(_) => {
                        made += 1;
                        keys.push(key(&made.to_string(), KeyState::Next, second));
                    }
                    Due::Schedule(kid, at) => {
                        let next = keys.iter_mut().find(|key| key.kid == kid).unwrap();
                        next.activates_at = Some(at);
                    }
                    Due::Activate(kid) => {
                        rotations += 1;
                        for key in &mut keys {
                            if key.state == KeyState::Active {
                                (key.state, key.retired_at) = (KeyState::Retired, Some(now));
                            }
                            if key.kid == kid {
                                (key.state, key.activated_at) = (KeyState::Active, Some(now));
                            }
                        }
                    }
                    Due::Forget(kid) => keys.retain(|key| key.kid != kid),
                    Due::Begin(alg) => panic!("{alg} has a key"),
                }
            }
            let signs = keys.iter().find(|key| key.state == KeyState::Active).unwrap();
            let published: Vec<_> = keys
                .iter()
                .filter(|key| is_published(key, now))
                .map(|key| key.kid.clone())
                .collect();
            let cached = usize::try_from(POLICY.jwks_cache.as_secs()).unwrap();
            history.push(published);
            for then in history.iter().rev().take(cached) {
                assert!(then.contains(&signs.kid), "at {now}: {} is missing", signs.kid);
            }
            if rotations == 100 {
                return;
            }
        }
        panic!("there were only {rotations} rotations");
    }
}
