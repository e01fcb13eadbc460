//! The one decision of a sign-in: what is due next.

use std::time::Duration;

use crate::model::{ErrorCode, Refusal, Request, Timestamp};

/// What the client wishes of the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent wishes, as prompt has them")]
pub struct Wish {
    /// Show no page at all (`prompt=none`).
    pub silent: bool,
    /// Sign in again (`prompt=login`).
    pub fresh_login: bool,
    /// Let the person choose who they are (`prompt=select_account`).
    pub choose_account: bool,
    /// Ask again, even if the answer is remembered (`prompt=consent`).
    pub ask_consent: bool,
    /// How old the sign-in may be.
    pub max_age: Option<Duration>,
}

impl From<&Request> for Wish {
    fn from(request: &Request) -> Self {
        Self {
            silent: request.prompt.none,
            // A sign-in that may be zero seconds old is a fresh one (Core §3.1.2.1).
            fresh_login: request.prompt.login || request.max_age == Some(0),
            choose_account: request.prompt.select_account,
            ask_consent: request.prompt.consent,
            max_age: request.max_age.map(Duration::from_secs),
        }
    }
}

/// What is known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Who signed in, if anybody did.
    pub login: Option<Login>,
    /// What they said to this client.
    pub consent: ConsentFact,
    /// Whether nobody else can receive what is sent to this client. Another application
    /// on a device may have taken a native client's own scheme (RFC 8252 §8.6).
    pub client_is_proven: bool,
}

/// A person's proof of who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// When it was given.
    pub at: Timestamp,
    /// Whether it was given in this very interaction.
    pub just_now: bool,
    /// Whether it is the person that the client expects, or the client expects nobody.
    pub expected: bool,
    /// Whether it is worth what the client demands of it.
    pub is_enough: bool,
}

/// What a person said to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentFact {
    /// Nothing, or not to all that is asked now.
    Missing,
    /// Yes to all of it, some time ago, or without being asked by the operator's word.
    Remembered,
    /// Yes, in this very interaction.
    JustAllowed,
    /// No, in this very interaction.
    JustDenied,
}

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The sign-in page.
    Login,
    /// The consent page.
    Consent,
    /// Nothing: the client is told why.
    Refused(Refusal),
    /// Nothing: the client gets its code.
    Done,
}

/// Decides the next step. Every step comes back here; no step knows another.
///
/// The order is the order of trust: who, then permission (Core §3.1.2.3, §3.1.2.4).
/// Where the client wished for silence, a page that would be due is a refusal (§3.1.2.6).
pub fn next_step(wish: Wish, known: Known, now: Timestamp) -> Step {
    match due(wish, known, now) {
        Step::Login if wish.silent => Step::Refused(LOGIN_REQUIRED),
        Step::Consent if wish.silent => Step::Refused(CONSENT_REQUIRED),
        step => step,
    }
}

const LOGIN_REQUIRED: Refusal =
    ErrorCode::LoginRequired.because("somebody has to sign in, and prompt is none");
/// Core §3.1.2.1, on `id_token_hint`
const SOMEBODY_ELSE: Refusal =
    ErrorCode::LoginRequired.because("somebody else signed in than the client expects");
/// Core §5.5.1.1, on `acr`
const NOT_ENOUGH: Refusal = ErrorCode::UnmetAuthenticationRequirements
    .because("the sign-in is not worth what the client demands");
const CONSENT_REQUIRED: Refusal =
    ErrorCode::ConsentRequired.because("somebody has to be asked, and prompt is none");
const DENIED: Refusal = ErrorCode::AccessDenied.because("the person said no");

fn due(wish: Wish, known: Known, now: Timestamp) -> Step {
    let Some(login) = known.login else {
        return Step::Login;
    };
    let stale = wish.max_age.is_some_and(|age| now > login.at.plus(age));
    let demanded = wish.fresh_login || wish.choose_account || stale;
    let unwanted = demanded || !login.expected || !login.is_enough;
    if unwanted && !login.just_now {
        return Step::Login;
    }
    if !login.expected {
        return Step::Refused(SOMEBODY_ELSE);
    }
    if !login.is_enough {
        return Step::Refused(NOT_ENOUGH);
    }
    // Somebody who has just signed in for this client knows that it is at work.
    let may_be_silent = known.client_is_proven || login.just_now;
    match known.consent {
        ConsentFact::JustDenied => Step::Refused(DENIED),
        ConsentFact::JustAllowed => Step::Done,
        ConsentFact::Remembered if !wish.ask_consent && may_be_silent => Step::Done,
        ConsentFact::Remembered | ConsentFact::Missing => Step::Consent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(10_000);

    fn logins() -> Vec<Option<Login>> {
        let mut all = vec![None];
        for (age, just_now) in [(10, false), (500, false), (0, true), (500, true)] {
            let at = Timestamp::from_seconds(10_000 - age);
            for bits in 0..4 {
                let (expected, is_enough) = (bits & 1 != 0, bits & 2 != 0);
                all.push(Some(Login { at, just_now, expected, is_enough }));
            }
        }
        all
    }

    fn wishes() -> Vec<Wish> {
        let mut all = Vec::new();
        for bits in 0..16 {
            for max_age in [None, Some(0), Some(60), Some(1000)] {
                all.push(Wish {
                    silent: bits & 1 != 0,
                    fresh_login: bits & 2 != 0 || max_age == Some(0),
                    choose_account: bits & 4 != 0,
                    ask_consent: bits & 8 != 0,
                    max_age: max_age.map(Duration::from_secs),
                });
            }
        }
        all
    }

    /// Every combination, against the rules said one by one and in other words.
    #[test]
    fn every_combination_obeys_every_rule() {
        use ConsentFact::{JustAllowed, JustDenied, Missing, Remembered};
        let consents = [Missing, Remembered, JustAllowed, JustDenied];
        let facts = consents.into_iter().flat_map(|consent| [(consent, true), (consent, false)]);
        let facts: Vec<_> = facts.collect();
        for wish in wishes() {
            for login in logins() {
                for &(consent, client_is_proven) in &facts {
                    let known = Known { login, consent, client_is_proven };
                    let step = next_step(wish, known, NOW);
                    let case = format!("{wish:?} {known:?} gave {step:?}");

                    let good_login = login.is_some_and(|login| {
                        let age = NOW.since(login.at);
                        let demanded = wish.fresh_login || wish.choose_account;
                        let young = wish.max_age.is_none_or(|max| age <= max);
                        let good = !demanded && young && login.expected && login.is_enough;
                        login.just_now || good
                    });
                    let page = matches!(step, Step::Login | Step::Consent);
                    assert!(!(wish.silent && page), "silence shows no page: {case}");
                    if !good_login {
                        let refused = Step::Refused(LOGIN_REQUIRED);
                        let expected = if wish.silent { refused } else { Step::Login };
                        assert_eq!(step, expected, "who comes first: {case}");
                        continue;
                    }
                    if login.is_some_and(|login| !login.expected) {
                        assert_eq!(step, Step::Refused(SOMEBODY_ELSE), "not who: {case}");
                        continue;
                    }
                    if login.is_some_and(|login| !login.is_enough) {
                        assert_eq!(step, Step::Refused(NOT_ENOUGH), "not enough: {case}");
                        continue;
                    }
                    let seen = client_is_proven || login.is_some_and(|login| login.just_now);
                    let silent = consent == Remembered && !wish.ask_consent && seen;
                    let asks = matches!(consent, Missing | Remembered) && !silent;
                    let expected = match (consent, asks, wish.silent) {
                        (JustDenied, ..) => Step::Refused(DENIED),
                        (_, true, true) => Step::Refused(CONSENT_REQUIRED),
                        (_, true, false) => Step::Consent,
                        _ => Step::Done,
                    };
                    assert_eq!(step, expected, "{case}");
                }
            }
        }
    }
}
