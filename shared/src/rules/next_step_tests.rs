//! Every combination of session, age, factors, policy, prompt, `max_age`, `acr` and consent,
//! against the rules said one by one and in other words.

use super::*;
use ConsentFact::{JustAllowed, JustDenied, Missing, Remembered};
use Level::{MultiFactor, Password, PhishingResistant};

const NOW: Timestamp = Timestamp::from_seconds(10_000);

fn logins() -> Vec<Option<Login>> {
    let mut all = vec![None];
    for (age, just_now) in
        [(10, false), (300, false), (301, false), (500, false), (0, true), (500, true)]
    {
        let at = Timestamp::from_seconds(10_000 - age);
        for bits in 0..4 {
            let (expected, browser_is_remembered) = (bits & 1 != 0, bits & 2 != 0);
            for &level in Level::ALL {
                for reach in [None, Some(MultiFactor), Some(PhishingResistant)] {
                    let login =
                        Login { at, just_now, expected, level, reach, browser_is_remembered };
                    all.push(Some(login));
                }
            }
        }
    }
    all
}

fn wishes() -> Vec<Wish> {
    let demands = [
        Demand::Nothing,
        Demand::AtLeast(Password),
        Demand::AtLeast(MultiFactor),
        Demand::AtLeast(PhishingResistant),
        Demand::Unknown,
    ];
    let preferences = [
        [None, None, None],
        [Some(MultiFactor), None, None],
        [Some(PhishingResistant), None, None],
        [Some(PhishingResistant), Some(MultiFactor), None],
    ];
    let mut all = Vec::new();
    for bits in 0..16 {
        for max_age in [None, Some(0), Some(60), Some(1000)] {
            for demand in demands {
                for preference in preferences.map(Preference) {
                    all.push(Wish {
                        silent: bits & 1 != 0,
                        fresh_login: bits & 2 != 0 || max_age == Some(0),
                        choose_account: bits & 4 != 0,
                        ask_consent: bits & 8 != 0,
                        max_age: max_age.map(Duration::from_secs),
                        demand,
                        preference,
                    });
                }
            }
        }
    }
    all
}

/// What is known of the client and of this server; who is signed in comes with each case.
fn circumstances() -> Vec<Known> {
    let mut all = Vec::new();
    for &mfa in MfaPolicy::ALL {
        for enrolable in [MultiFactor, PhishingResistant] {
            for consent in [Missing, Remembered, JustAllowed, JustDenied] {
                for client_is_proven in [true, false] {
                    all.push(Known { login: None, mfa, enrolable, consent, client_is_proven });
                }
            }
        }
    }
    all
}

#[test]
fn every_combination_obeys_every_rule() {
    for wish in wishes() {
        for login in logins() {
            for known in circumstances() {
                let known = Known { login, ..known };
                let step = next_step(wish, known, NOW);
                if let Err(rule) = obeys(wish, known, step) {
                    panic!("{rule}: {wish:?} {known:?} gave {step:?}");
                }
            }
        }
    }
}

/// Whether a step is right, or the rule that it breaks.
fn obeys(wish: Wish, known: Known, step: Step) -> Result<(), &'static str> {
    let is = |expected, rule| if step == expected { Ok(()) } else { Err(rule) };
    if wish.silent && matches!(step, Step::Page(_)) {
        return Err("silence shows no page");
    }
    let Some(login) = known.login.filter(|login| is_good(wish, *login)) else {
        let told =
            if wish.silent { Step::Refused(LOGIN_REQUIRED) } else { Step::Page(Page::Login) };
        return is(told, "who comes first");
    };
    if !login.expected {
        return is(Step::Refused(SOMEBODY_ELSE), "it has to be who is expected");
    }
    let firm = firm(wish, known, login);
    if wish.demand == Demand::Unknown || firm > best(known, login) {
        return is(Step::Refused(NOT_ENOUGH), "what nobody can do is refused");
    }
    if is_sufficient(wish, known, login) {
        return after_proof(wish, known, login, step);
    }
    if is_old(login) && firm > login.level.max(login.reach.unwrap_or(Password)) {
        let told =
            if wish.silent { Step::Refused(LOGIN_REQUIRED) } else { Step::Page(Page::Login) };
        return is(told, "an old sign-in adds no second factor");
    }
    let (due, rule) = proof(wish, known, login);
    is(if wish.silent { Step::Refused(MORE_REQUIRED) } else { Step::Page(due) }, rule)
}

/// What has to be shown or added by somebody whose sign-in is not worth enough, and the rule
/// that says so.
fn proof(wish: Wish, known: Known, login: Login) -> (Page, &'static str) {
    let firm = firm(wish, known, login);
    let would_do = |level: Level| is_sufficient(wish, known, Login { level, ..login });
    let own = Level::ALL.iter().copied().filter(|level| login.reach >= Some(*level));
    let mut more = own.filter(|level| *level > login.level);
    if let Some(least) = more.find(|level| would_do(*level)) {
        return (Page::SecondFactor(least), "who has enough shows it, and no more than is needed");
    }
    if login.reach.is_some() && login.level == Password {
        let any = Page::SecondFactor(MultiFactor);
        return (any, "a password alone adds no second factor beside another");
    }
    (Page::Enrol(firm), "nobody enrols more than is needed")
}

/// Whether the proof is young enough and of the right person, or was given just now.
fn is_good(wish: Wish, login: Login) -> bool {
    let young = wish.max_age.is_none_or(|max| NOW.since(login.at) <= max);
    let undisturbed = !wish.fresh_login && !wish.choose_account && young && login.expected;
    login.just_now || undisturbed
}

/// Whether it is too old for a factor to be added: five minutes and not in this sign-in.
fn is_old(login: Login) -> bool {
    !login.just_now && NOW.since(login.at).as_secs() > 300
}

/// What has to be shown, whether the person can or not.
fn firm(wish: Wish, known: Known, login: Login) -> Level {
    // Who has no factor is excused from none.
    let excused = login.browser_is_remembered && login.reach.is_some();
    let policy = known.mfa == MfaPolicy::Required && !excused;
    let by_client = match wish.demand {
        Demand::AtLeast(level) => level,
        _ => Password,
    };
    if policy { by_client.max(MultiFactor) } else { by_client }
}

/// The most that this person can come to here.
fn best(known: Known, login: Login) -> Level {
    login.level.max(login.reach.unwrap_or(Password)).max(known.enrolable)
}

fn is_sufficient(wish: Wish, known: Known, login: Login) -> bool {
    let own = login.level.max(login.reach.unwrap_or(Password));
    let preferred = wish.preference.0.into_iter().flatten().find(|level| *level <= own);
    let habit =
        known.mfa == MfaPolicy::Optional && login.reach.is_some() && !login.browser_is_remembered;
    login.level >= firm(wish, known, login)
        && preferred.is_none_or(|level| login.level >= level)
        && (!habit || login.level >= MultiFactor)
}

/// Who is proven; what is left is permission.
fn after_proof(wish: Wish, known: Known, login: Login, step: Step) -> Result<(), &'static str> {
    let seen = known.client_is_proven || login.just_now;
    let silently = known.consent == Remembered && !wish.ask_consent && seen;
    let asks = matches!(known.consent, Missing | Remembered) && !silently;
    let expected = match (known.consent, asks, wish.silent) {
        (JustDenied, ..) => Step::Refused(DENIED),
        (_, true, true) => Step::Refused(CONSENT_REQUIRED),
        (_, true, false) => Step::Page(Page::Consent),
        _ => Step::Done,
    };
    if step == expected { Ok(()) } else { Err("then comes permission") }
}
