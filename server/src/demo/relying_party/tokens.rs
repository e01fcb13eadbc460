//! What a sign-in brought, and the ways of changing it at the token endpoint.

use openidconnect::core::{CoreErrorResponseType, CoreTokenResponse};
use openidconnect::{
    AccessToken, AuthorizationCode, ConfigurationError, Nonce, OAuth2TokenResponse,
    PkceCodeVerifier, RefreshToken, RequestTokenError, StandardErrorResponse,
};

use super::failure::Failure;
use super::id_token::{self, Expected, IdToken};
use super::provider::{Provider, Registration};
use super::user_info::UserInfo;

/// Characters of a refresh token that are shown: enough to tell two apart.
const SHOWN: usize = 10;

/// Everything the application holds for the person who is signed in.
pub(super) struct Tokens {
    pub(super) registration: Registration,
    /// What to call the person.
    pub(super) name: String,
    pub(super) id_token: IdToken,
    pub(super) access_token: AccessToken,
    pub(super) family: Family,
    /// What `UserInfo` last answered.
    pub(super) user_info: UserInfo,
    /// What came of the last button.
    pub(super) report: Option<Report>,
    nonce: Nonce,
}

/// The refresh tokens of one sign-in: each may be used once and leaves a successor.
pub(super) enum Family {
    /// The provider gave none.
    Absent,
    /// The newest one works.
    Alive { newest: RefreshToken, used: Option<RefreshToken>, generation: u32 },
    /// None of them works any more.
    Revoked,
}

/// What a button did, step by step.
pub(super) struct Report {
    pub(super) title: &'static str,
    pub(super) steps: Vec<Step>,
}

/// One request and what came of it.
pub(super) struct Step {
    pub(super) asked: String,
    pub(super) answered: String,
}

/// What the token endpoint made of a request.
pub(super) enum Exchanged {
    Granted(Box<CoreTokenResponse>),
    Refused(StandardErrorResponse<CoreErrorResponseType>),
}

impl Tokens {
    /// Trades a code for tokens, checks them, and asks who the person is.
    pub(super) async fn redeem(
        provider: &Provider,
        registration: Registration,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
        nonce: Nonce,
    ) -> Result<Self, Failure> {
        let client = provider.client(registration).await?;
        let request = client.exchange_code(code)?.set_pkce_verifier(verifier);
        let answer = request.request_async(&provider.http_client()).await;
        let response = match exchanged(answer)? {
            Exchanged::Granted(response) => response,
            Exchanged::Refused(refusal) => {
                return Err(Failure::Refused {
                    error: refusal.error().to_string(),
                    description: refusal.error_description().cloned(),
                });
            }
        };
        let expected = Expected::SignIn(&nonce);
        let id_token = id_token::check(provider, registration, &response, expected).await?;
        let access_token = response.access_token().clone();
        let user_info = UserInfo::ask(provider, &access_token, &id_token.subject).await?;
        let name = user_info.name.clone().unwrap_or_else(|| id_token.subject.to_string());
        let family = Family::new(response.refresh_token().cloned());
        Ok(Self {
            registration,
            name,
            id_token,
            access_token,
            family,
            user_info,
            report: None,
            nonce,
        })
    }

    /// Presents a refresh token; what comes back is not taken over yet.
    pub(super) async fn present(
        &self,
        provider: &Provider,
        refresh_token: &RefreshToken,
    ) -> Result<Exchanged, Failure> {
        let client = provider.client(self.registration).await?;
        let request = client.exchange_refresh_token(refresh_token)?;
        exchanged(request.request_async(&provider.http_client()).await)
    }

    /// Takes over what a refresh token brought. An ID token need not be among it (Core §12.2).
    pub(super) async fn renew(
        &mut self,
        provider: &Provider,
        response: &CoreTokenResponse,
    ) -> Result<(), Failure> {
        // The old token is spent whatever the check below says of the rest.
        self.family.rotate(response.refresh_token().cloned());
        if response.extra_fields().id_token().is_some() {
            let expected = Expected::Refresh(&self.id_token.subject, &self.nonce);
            self.id_token =
                id_token::check(provider, self.registration, response, expected).await?;
        }
        self.access_token = response.access_token().clone();
        self.user_info =
            UserInfo::ask(provider, &self.access_token, &self.id_token.subject).await?;
        Ok(())
    }
}

impl Family {
    fn new(first: Option<RefreshToken>) -> Self {
        first.map_or(Self::Absent, |newest| Self::Alive { newest, used: None, generation: 1 })
    }

    /// Puts the successor in the place of the newest token, if the provider gave one.
    fn rotate(&mut self, successor: Option<RefreshToken>) {
        if let (Self::Alive { newest, used, generation }, Some(successor)) = (self, successor) {
            *used = Some(std::mem::replace(newest, successor));
            *generation += 1;
        }
    }
}

/// A refresh token, so shortened that it is of no use to anybody.
pub(super) fn shortened(token: &RefreshToken) -> String {
    let start: String = token.secret().chars().take(SHOWN).collect();
    format!("{start}…")
}

/// Tells a refusal, which is worth showing, from an answer that means nothing.
fn exchanged(
    answer: Result<
        CoreTokenResponse,
        RequestTokenError<reqwest::Error, StandardErrorResponse<CoreErrorResponseType>>,
    >,
) -> Result<Exchanged, Failure> {
    match answer {
        Ok(response) => Ok(Exchanged::Granted(Box::new(response))),
        Err(RequestTokenError::ServerResponse(refusal)) => Ok(Exchanged::Refused(refusal)),
        Err(error) => {
            Err(Failure::Unanswered { endpoint: "token", reason: shared::causes(&error) })
        }
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        Self::Unanswered { endpoint: "token", reason: shared::causes(&error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> RefreshToken {
        RefreshToken::new(text.into())
    }

    #[test]
    fn each_rotation_is_a_generation_and_keeps_the_token_it_spent() {
        let mut family = Family::new(Some(token("one")));
        family.rotate(Some(token("two")));
        family.rotate(Some(token("three")));

        let Family::Alive { newest, used: Some(used), generation } = family else {
            panic!("the family is alive and has a spent token");
        };
        assert_eq!((newest.secret().as_str(), used.secret().as_str()), ("three", "two"));
        assert_eq!(generation, 3);
    }

    #[test]
    fn a_provider_that_does_not_rotate_leaves_the_family_as_it_was() {
        let mut family = Family::new(Some(token("one")));
        family.rotate(None);
        assert!(matches!(family, Family::Alive { used: None, generation: 1, .. }));
    }

    #[test]
    fn a_shortened_token_shows_its_start_alone() {
        assert_eq!(shortened(&token("abcdefghijklmnop")), "abcdefghij…");
    }
}
