//! The way there and back: the request to the provider, and the check of its answer.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow};
use openidconnect::{
    AuthorizationCode, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope,
};
use serde::Deserialize;

use super::App;
use super::failure::Failure;
use super::provider::Registration;
use super::session::Session;
use super::tokens::Tokens;

/// What is asked for beside `openid`, which the client adds itself.
const SCOPES: [&str; 3] = ["profile", "email", "offline_access"];

/// What must be remembered until the provider answers.
pub(super) struct Pending {
    registration: Registration,
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// What the provider sends the browser back with (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Sends the browser to the provider.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    registration: Result<Path<Registration>, PathRejection>,
    mut jar: CookieJar,
) -> Result<(CookieJar, Redirect), Failure> {
    let Path(registration) = registration.map_err(|_| Failure::NotFound)?;
    let client = app.provider.client(registration).await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
        // Without it a provider may leave the refresh token out (Core §11).
        .add_prompt(CoreAuthPrompt::Consent)
        .set_pkce_challenge(challenge)
        .url();

    let pending = Some(Pending { registration, state, nonce, verifier });
    match app.sessions.find(&jar) {
        Some(session) => session.lock().await.pending = pending,
        None => jar = app.sessions.add(Session { pending, tokens: None }, jar),
    }
    Ok((jar, Redirect::to(address.as_str())))
}

/// Takes the provider's answer, and trades its code for tokens.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    registration: Result<Path<Registration>, PathRejection>,
    answer: Result<Query<Answer>, QueryRejection>,
    jar: CookieJar,
) -> Result<(CookieJar, Redirect), Failure> {
    let Path(registration) = registration.map_err(|_| Failure::NotFound)?;
    // A parameter that came twice could be read in two ways (RFC 6749 §3.1).
    let Query(answer) = answer.map_err(|_| Failure::ForeignAnswer)?;

    let session = app.sessions.find(&jar).ok_or(Failure::ForeignAnswer)?;
    let pending = {
        let pending = &mut session.lock().await.pending;
        pending.take_if(|pending| answer.belongs_to(pending, registration))
    };
    let pending = pending.ok_or(Failure::ForeignAnswer)?;
    let code = answer.into_code(app.provider.issuer())?;
    let tokens =
        Tokens::redeem(&app.provider, registration, code, pending.verifier, pending.nonce).await?;

    // A fresh id: whoever knew the old one, knew it before anybody was signed in.
    let jar = app.sessions.delete(jar);
    let jar = app.sessions.add(Session { pending: None, tokens: Some(tokens) }, jar);
    Ok((jar, Redirect::to("/tokens")))
}

impl Answer {
    /// Whether it answers what this browser asked.
    fn belongs_to(&self, pending: &Pending, registration: Registration) -> bool {
        self.state.as_ref() == Some(pending.state.secret()) && registration == pending.registration
    }

    /// The code, if the right provider gave one.
    fn into_code(self, issuer: &IssuerUrl) -> Result<AuthorizationCode, Failure> {
        // This provider always names itself, in errors too. An answer that does not is another's,
        // and its code must not be sent here (RFC 9207 §2.4).
        if self.iss.as_deref() != Some(issuer.as_str()) {
            return Err(Failure::ForeignIssuer);
        }
        match (self.error, self.code) {
            (Some(error), _) => {
                Err(Failure::Refused { error, description: self.error_description })
            }
            (None, Some(code)) => Ok(AuthorizationCode::new(code)),
            (None, None) => Err(Failure::ForeignAnswer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "http://localhost:8080";

    fn answer(query: &str) -> Answer {
        let uri = format!("http://localhost/callback?{query}").parse().unwrap();
        Query::try_from_uri(&uri).unwrap().0
    }

    fn code(query: &str) -> Result<AuthorizationCode, Failure> {
        answer(query).into_code(&IssuerUrl::new(ISSUER.into()).unwrap())
    }

    fn pending() -> Pending {
        Pending {
            registration: Registration::Public,
            state: CsrfToken::new("s1".into()),
            nonce: Nonce::new("n1".into()),
            verifier: PkceCodeVerifier::new("v1".into()),
        }
    }

    #[test]
    fn only_the_answer_with_the_same_state_belongs() {
        let public = Registration::Public;
        assert!(answer("code=c&state=s1").belongs_to(&pending(), public));
        assert!(!answer("code=c&state=s2").belongs_to(&pending(), public));
        assert!(!answer("code=c").belongs_to(&pending(), public));
        assert!(!answer("code=c&state=s1").belongs_to(&pending(), Registration::Confidential));
    }

    #[test]
    fn a_code_of_another_issuer_or_of_none_is_dropped() {
        let own = code("code=c&iss=http%3A%2F%2Flocalhost%3A8080").unwrap();
        assert_eq!(own.secret(), "c");
        for query in ["code=c", "code=c&iss=http%3A%2F%2Flocalhost%3A8080%2F", "error=x"] {
            assert!(matches!(code(query), Err(Failure::ForeignIssuer)), "{query}");
        }
    }

    #[test]
    fn an_error_wins_over_a_code() {
        let both = code("code=c&error=access_denied&iss=http://localhost:8080");
        assert!(matches!(both, Err(Failure::Refused { error, .. }) if error == "access_denied"));
    }

    #[test]
    fn a_parameter_sent_twice_is_no_answer() {
        let uri = "http://localhost/callback?state=a&state=b".parse().unwrap();
        assert!(Query::<Answer>::try_from_uri(&uri).is_err());
    }
}
