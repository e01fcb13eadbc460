//! What is known of a sign-in, out of what the store says: the same for the server, which
//! acts on it, and for the console, which asks what the server would do.

use super::next_step::{ConsentFact, Known, Login};
use super::{claims, mfa};
use crate::model::client::ConsentPolicy;
use crate::model::interaction::ConsentAnswer;
use crate::model::{Client, ClientKind, Consent, Level, MfaPolicy, Request, Session, Standing};

/// What the settings say about sign-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether second factors are asked for.
    pub mfa: MfaPolicy,
    /// The best that can be enrolled here.
    pub enrolable: Level,
    /// Whether a browser may be remembered, so that no second factor is asked for in it. Those
    /// that were remembered while it was so count no more once it is not.
    pub remembers: bool,
}

/// Who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn<'a> {
    /// In which session.
    pub session: &'a Session,
    /// Whether they signed in for this very request.
    pub just_now: bool,
    /// The name by which the client knows them.
    pub subject: &'a str,
    /// What counts beside the password.
    pub standing: &'a Standing,
    /// What they said on the consent page of this very request.
    pub answered: Option<ConsentAnswer>,
    /// What they allowed the client before.
    pub consent: Option<&'a Consent>,
}

/// What is known of a sign-in.
pub fn known(rules: Rules, client: &Client, request: &Request, who: Option<SignedIn<'_>>) -> Known {
    // Any application on a device may take another one's scheme. Who can listen on a
    // loopback port of a person's machine can do worse (RFC 8252 §8.6).
    let client_is_proven =
        client.kind != ClientKind::Native || request.redirect_uri.starts_with("http");
    let Rules { mfa, enrolable, remembers } = rules;
    let nobody =
        Known { login: None, mfa, enrolable, consent: ConsentFact::Missing, client_is_proven };
    let Some(who) = who else { return nobody };
    let expected = request.expected_subject.as_deref().is_none_or(|name| name == who.subject);
    Known {
        login: Some(Login {
            at: who.session.auth_time,
            just_now: who.just_now,
            expected,
            level: who.session.level,
            reach: who.standing.reach(),
            browser_is_remembered: remembers && who.standing.browser_is_remembered,
        }),
        mfa: mfa::policy(mfa, client.mfa, who.standing),
        consent: consent(client, request, who),
        ..nobody
    }
}

fn consent(client: &Client, request: &Request, who: SignedIn<'_>) -> ConsentFact {
    match who.answered {
        Some(ConsentAnswer::Allowed) => ConsentFact::JustAllowed,
        Some(ConsentAnswer::Denied) => ConsentFact::JustDenied,
        None if client.consent == ConsentPolicy::Implied => ConsentFact::Remembered,
        None => {
            let asked = claims::consent_scope(&request.scope, &request.claims);
            match who.consent {
                Some(consent) if consent.scope.covers(&asked) => ConsentFact::Remembered,
                _ => ConsentFact::Missing,
            }
        }
    }
}

/// Whether what somebody allowed before has to be looked up.
pub fn needs_consent(client: &Client, answered: Option<ConsentAnswer>) -> bool {
    answered.is_none() && client.consent == ConsentPolicy::Ask
}
