//! What would have been right, beside what was sent.

use super::asked::masked;
use super::{Case, Cause, Comparison};
use crate::model::{GrantType, Scope};

/// What `prompt` may say (Core §3.1.2.1).
const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];
/// Where applications go on this server, below the issuer.
const ADDRESSES: [&str; 9] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/authorize",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/logout",
    "/jwks",
];

impl Case<'_> {
    /// What was sent beside the nearest of what would have been right.
    pub(super) fn compared(&self) -> Option<Comparison> {
        let asked = &self.incident.facts.asked;
        let credential = self.incident.facts.credential.as_ref();
        let assertion = self.incident.facts.assertion.as_ref();
        match self.cause {
            Cause::ClientUnknown => {
                near(asked.client_id.as_deref()?, self.others.iter().map(|each| each.id.as_str()))
            }
            Cause::RedirectUriForeign => {
                among(asked.redirect_uri.as_deref()?, &self.client?.redirect_uris)
            }
            Cause::LogoutUriForeign => among(
                asked.post_logout_redirect_uri.as_deref()?,
                &self.client?.post_logout_redirect_uris,
            ),
            Cause::CodeRedirectUri => {
                among(asked.redirect_uri.as_deref()?, credential?.redirect_uri.as_slice())
            }
            Cause::ScopeForeign | Cause::ServiceScopeForeign => {
                self.compared_scope(&self.client?.scope)
            }
            Cause::ScopeWider => self.compared_scope(&Scope::parse(&credential?.scope).ok()?),
            Cause::ResourceForeign => {
                let of_client = || self.client.map(|client| client.resources.as_slice());
                let of_grant = credential.map(|credential| credential.resources.as_slice());
                let allowed = of_grant.or_else(of_client)?;
                let foreign = |resource: &&String| !allowed.contains(resource);
                among(asked.resources.iter().find(foreign)?, allowed)
            }
            Cause::PromptUnknown => {
                let mut words = asked.prompt.as_deref()?.split_whitespace();
                near(words.find(|word| !PROMPTS.contains(word))?, PROMPTS)
            }
            Cause::ResponseTypeOther => near(asked.response_type.as_deref()?, ["code"]),
            Cause::ResponseModeOther => {
                near(asked.response_mode.as_deref()?, ["query", "form_post"])
            }
            Cause::GrantTypeUnknown => {
                near(asked.grant_type.as_deref()?, GrantType::WORDS.iter().copied())
            }
            Cause::ChallengeMethod => near(asked.code_challenge_method.as_deref()?, ["S256"]),
            Cause::AssertionAudience => {
                let expected = assertion?.expected_aud.as_str();
                Comparison::with_nearest(assertion?.aud.first()?, [expected])
            }
            Cause::AssertionClient => {
                let expected = asked.client_id.as_deref()?;
                let claimed = [assertion?.sub.as_deref(), assertion?.iss.as_deref()];
                let other = claimed.into_iter().flatten().find(|name| *name != expected)?;
                Comparison::with_nearest(other, [expected])
            }
            Cause::AddressUnknown => near(asked.path.as_deref()?, ADDRESSES),
            _ => None,
        }
    }

    /// The first part of the scope that may not be had, beside what may.
    fn compared_scope(&self, allowed: &Scope) -> Option<Comparison> {
        let asked = self.incident.facts.asked.scope.as_deref()?;
        let foreign = asked.split(' ').find(|word| !word.is_empty() && !allowed.contains(word))?;
        near(foreign, allowed.iter())
    }

    /// The value that was probably meant.
    pub(super) fn nearest(&self, compared: Option<&Comparison>) -> Option<String> {
        if let Some(compared) = compared {
            return Some(compared.registered.clone());
        }
        match self.cause {
            Cause::AuthMethodOther | Cause::SecretUnexpected | Cause::AuthMissing => {
                self.client.map(|client| client.auth_method.as_str().to_owned())
            }
            Cause::RedirectUriMissing => {
                let credential = self.incident.facts.credential.as_ref();
                let of_code = credential.and_then(|credential| credential.redirect_uri.clone());
                of_code.or_else(|| self.client?.redirect_uris.first().cloned())
            }
            Cause::ChallengeMethod => Some("S256".to_owned()),
            Cause::ResponseTypeMissing => Some("code".to_owned()),
            Cause::AssertionAudience => {
                let assertion = self.incident.facts.assertion.as_ref();
                assertion.map(|assertion| assertion.expected_aud.clone())
            }
            _ => None,
        }
    }
}

/// Addresses are always worth comparing.
fn among(sent: &str, registered: &[String]) -> Option<Comparison> {
    let registered: Vec<_> = registered.iter().map(|each| masked(each)).collect();
    Comparison::with_nearest(sent, registered.iter().map(String::as_str))
}

/// Words are worth comparing if one may have been meant for the other.
fn near<'a>(sent: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Comparison> {
    Comparison::with_nearest(sent, known).filter(Comparison::is_near)
}
