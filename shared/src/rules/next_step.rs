//! The one decision of a sign-in: what is due next.

use std::time::Duration;

use super::acr::{AcrNames, Demand, Preference};
use crate::model::{ErrorCode, Level, MfaPolicy, Refusal, Request, Timestamp};

/// What is wished of the sign-in.
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
    /// What the sign-in must be worth.
    pub demand: Demand,
    /// What it should be worth, if the person can do that.
    pub preference: Preference,
}

impl Wish {
    /// What a client's request says.
    pub fn read(request: &Request, names: &AcrNames) -> Self {
        Self {
            silent: request.prompt.none,
            // A sign-in that may be zero seconds old is a fresh one (Core §3.1.2.1).
            fresh_login: request.prompt.login || request.max_age == Some(0),
            choose_account: request.prompt.select_account,
            ask_consent: request.prompt.consent,
            max_age: request.max_age.map(Duration::from_secs),
            demand: names.demand(&request.essential_acr),
            preference: names.preference(&request.acr_values),
        }
    }
}

/// What is known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Who signed in, if anybody did.
    pub login: Option<Login>,
    /// Whether a second factor is asked for.
    pub mfa: MfaPolicy,
    /// The best that can be enrolled here.
    pub enrolable: Level,
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
    /// What it is worth.
    pub level: Level,
    /// What it would be worth with the best factor that the person has; `None` if they
    /// have none but the password.
    pub reach: Option<Level>,
    /// Whether the person wished not to be asked for a second factor in this browser.
    pub browser_is_remembered: bool,
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
    /// This page is shown.
    Page(Page),
    /// Nothing: the client is told why.
    Refused(Refusal),
    /// Nothing: the client gets its code.
    Done,
}

/// A page of the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The sign-in page.
    Login,
    /// The page for a factor that brings the sign-in to this level.
    SecondFactor(Level),
    /// The page on which a person adds a factor that brings them to this level.
    Enrol(Level),
    /// The consent page.
    Consent,
}

impl Page {
    /// Its path below the issuer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SecondFactor(_) => "second-factor",
            Self::Enrol(_) => "enrol",
            Self::Consent => "consent",
        }
    }
}

/// How old a sign-in may be for what could lock its owner out, or let somebody else in.
pub const RECENT: Duration = Duration::from_mins(5);

/// Decides the next step. Every step comes back here; no step knows another.
///
/// The order is the order of trust: who, then proof, then permission (Core §3.1.2.3,
/// §3.1.2.4). Where the client wished for silence, a page that would be due is a refusal
/// (§3.1.2.6).
pub fn next_step(wish: Wish, known: Known, now: Timestamp) -> Step {
    decide(wish, known, now, &mut |_| {})
}

/// The same decision, with everything that was found on the way to it.
pub fn explain(wish: Wish, known: Known, now: Timestamp) -> (Step, Vec<Finding>) {
    let mut findings = Vec::new();
    let step = decide(wish, known, now, &mut |finding| findings.push(finding));
    (step, findings)
}

/// Something that was found on the way to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Nobody is signed in.
    Nobody,
    /// Somebody is signed in, since then, and that is worth this.
    SignedIn(Timestamp, Level),
    /// The client wants a fresh sign-in (`prompt=login`, or `max_age=0`).
    WantsFresh,
    /// The client wants the person to choose who they are (`prompt=select_account`).
    WantsChoice,
    /// The sign-in is older than the client accepts (`max_age`).
    TooOld(Duration),
    /// Whatever was wanted of it, the sign-in was made for this very request.
    JustNow,
    /// It is somebody else than the client expects (`id_token_hint`, the claim `sub`).
    SomebodyElse,
    /// The client insists on a level that nobody here has heard of.
    UnknownDemand,
    /// The sign-in is worth enough, which is this.
    Enough(Level),
    /// It has to be worth this, and the person has a factor for it.
    NeedsFactor(Level),
    /// It has to be worth this, and the person has no factor for it.
    NeedsEnrolment(Level),
    /// It has to be worth this, which nobody can enrol here.
    BeyondReach(Level),
    /// A factor is added only to a sign-in of the last minutes.
    TooOldToEnrol,
    /// The person allowed all of it before, or nobody has to be asked.
    Allowed,
    /// The person did not allow all of it yet.
    NotAllowed,
    /// The person has just said yes.
    SaidYes,
    /// The person has just said no.
    SaidNo,
    /// The client wants the person to be asked again (`prompt=consent`).
    WantsConsent,
    /// Another application may have taken the client's own scheme, so the person has to be
    /// there (RFC 8252 §8.6).
    NotProven,
    /// A page is due, and the client wants none shown (`prompt=none`).
    WantsSilence,
}

fn decide(wish: Wish, known: Known, now: Timestamp, tell: &mut dyn FnMut(Finding)) -> Step {
    let step = due(wish, known, now, tell);
    let Step::Page(page) = step else { return step };
    if !wish.silent {
        return step;
    }
    tell(Finding::WantsSilence);
    Step::Refused(match page {
        Page::Login => LOGIN_REQUIRED,
        Page::SecondFactor(_) | Page::Enrol(_) => MORE_REQUIRED,
        Page::Consent => CONSENT_REQUIRED,
    })
}

const LOGIN_REQUIRED: Refusal =
    ErrorCode::LoginRequired.because("somebody has to sign in, and prompt is none");
const MORE_REQUIRED: Refusal =
    ErrorCode::InteractionRequired.because("a second factor has to be shown, and prompt is none");
/// Core §3.1.2.1, on `id_token_hint`
const SOMEBODY_ELSE: Refusal =
    ErrorCode::LoginRequired.because("somebody else signed in than the client expects");
/// Core §5.5.1.1, on `acr`
const NOT_ENOUGH: Refusal = ErrorCode::UnmetAuthenticationRequirements
    .because("the sign-in is not worth what the client demands");
const CONSENT_REQUIRED: Refusal =
    ErrorCode::ConsentRequired.because("somebody has to be asked, and prompt is none");
const DENIED: Refusal = ErrorCode::AccessDenied.because("the person said no");

fn due(wish: Wish, known: Known, now: Timestamp, tell: &mut dyn FnMut(Finding)) -> Step {
    let Some(login) = known.login else {
        tell(Finding::Nobody);
        return Step::Page(Page::Login);
    };
    tell(Finding::SignedIn(login.at, login.level));
    if demands_login(wish, login, now, tell) {
        return Step::Page(Page::Login);
    }
    if !login.expected {
        return Step::Refused(SOMEBODY_ELSE);
    }
    if wish.demand == Demand::Unknown {
        tell(Finding::UnknownDemand);
        return Step::Refused(NOT_ENOUGH);
    }
    if let Some(step) = step_up(wish, known, login, now, tell) {
        return step;
    }
    permission(wish, known, login, tell)
}

/// Whether somebody has to sign in who is signed in.
fn demands_login(wish: Wish, login: Login, now: Timestamp, tell: &mut dyn FnMut(Finding)) -> bool {
    let stale = wish.max_age.filter(|age| now > login.at.plus(*age));
    let reasons = [
        wish.fresh_login.then_some(Finding::WantsFresh),
        wish.choose_account.then_some(Finding::WantsChoice),
        stale.map(Finding::TooOld),
        (!login.expected).then_some(Finding::SomebodyElse),
    ];
    let mut demanded = false;
    for reason in reasons.into_iter().flatten() {
        demanded = true;
        tell(reason);
    }
    if demanded && login.just_now {
        tell(Finding::JustNow);
    }
    demanded && !login.just_now
}

/// Whether somebody has to be asked.
fn permission(wish: Wish, known: Known, login: Login, tell: &mut dyn FnMut(Finding)) -> Step {
    match known.consent {
        ConsentFact::JustDenied => {
            tell(Finding::SaidNo);
            return Step::Refused(DENIED);
        }
        ConsentFact::JustAllowed => {
            tell(Finding::SaidYes);
            return Step::Done;
        }
        ConsentFact::Missing => {
            tell(Finding::NotAllowed);
            return Step::Page(Page::Consent);
        }
        ConsentFact::Remembered => tell(Finding::Allowed),
    }
    if wish.ask_consent {
        tell(Finding::WantsConsent);
        return Step::Page(Page::Consent);
    }
    // Somebody who has just signed in for this client knows that it is at work.
    if !known.client_is_proven && !login.just_now {
        tell(Finding::NotProven);
        return Step::Page(Page::Consent);
    }
    Step::Done
}

/// What is missing between what the sign-in is worth and what it has to be.
fn step_up(
    wish: Wish,
    known: Known,
    login: Login,
    now: Timestamp,
    tell: &mut dyn FnMut(Finding),
) -> Option<Step> {
    let reach = login.reach.unwrap_or(Level::Password).max(login.level);
    let needed = needed(wish, known, login).max(wished(wish, known, login, reach));
    if login.level >= needed {
        tell(Finding::Enough(needed));
        return None;
    }
    if reach >= needed {
        tell(Finding::NeedsFactor(needed));
        return Some(Step::Page(Page::SecondFactor(needed)));
    }
    if needed > known.enrolable {
        tell(Finding::BeyondReach(needed));
        return Some(Step::Refused(NOT_ENOUGH));
    }
    tell(Finding::NeedsEnrolment(needed));
    // A new factor is a way in for good: whoever finds an open browser adds none.
    if !login.just_now && now > login.at.plus(RECENT) {
        tell(Finding::TooOldToEnrol);
        return Some(Step::Page(Page::Login));
    }
    // Who has a factor shows it before they add another: else a password alone would do.
    let unproven = login.level == Level::Password && login.reach.is_some();
    let page = if unproven { Page::SecondFactor(Level::MultiFactor) } else { Page::Enrol(needed) };
    Some(Step::Page(page))
}

/// What the sign-in has to be worth, whatever the person has.
fn needed(wish: Wish, known: Known, login: Login) -> Level {
    let by_policy = match known.mfa {
        MfaPolicy::Required if !is_remembered(login) => Level::MultiFactor,
        _ => Level::Password,
    };
    match wish.demand {
        Demand::AtLeast(level) => level.max(by_policy),
        Demand::Nothing | Demand::Unknown => by_policy,
    }
}

/// Whether the person need not show a second factor in this browser. Who has none any more is
/// excused from nothing.
fn is_remembered(login: Login) -> bool {
    login.browser_is_remembered && login.reach.is_some()
}

/// What it should be worth with what the person has.
fn wished(wish: Wish, known: Known, login: Login, reach: Level) -> Level {
    let by_policy = match known.mfa {
        MfaPolicy::Optional if login.reach.is_some() && !is_remembered(login) => Level::MultiFactor,
        _ => Level::Password,
    };
    wish.preference.best(reach).unwrap_or(Level::Password).max(by_policy)
}

#[cfg(test)]
#[path = "next_step_tests.rs"]
mod tests;
