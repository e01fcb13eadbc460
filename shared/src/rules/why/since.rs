//! Whether a request that went wrong would pass now.

use super::{Case, Cause};
use crate::model::client::Pkce;
use crate::model::{Client, GrantType, Scope};
use crate::rules::redirect_uri;

impl Case<'_> {
    /// What was changed since, if what failed would pass now.
    pub(super) fn since(&self) -> Option<String> {
        let client = self.client?;
        let at = self.incident.at;
        let (id, changed) = (&client.id, client.updated_at);
        if self.cause == Cause::ClientUnknown {
            return Some(format!(
                "Client {id} was added at {}: it is known now.",
                client.created_at
            ));
        }
        if self.cause == Cause::ClientDisabled {
            let enabled = client.disabled_at.is_none();
            return enabled.then(|| format!("Client {id} is not disabled any more."));
        }
        if changed <= at {
            return None;
        }
        match self.cause {
            Cause::SecretWrong | Cause::SecretNotStored => {
                return Some(format!(
                    "Client {id} was changed at {changed}; its secret may be another now."
                ));
            }
            Cause::AssertionKey | Cause::AssertionSignature | Cause::KeysMissing => {
                return Some(format!(
                    "Client {id} was changed at {changed}; its keys may be others now."
                ));
            }
            _ => {}
        }
        self.passes_now(client)
            .then(|| format!("Client {id} was changed at {changed}: this would pass now."))
    }

    fn passes_now(&self, client: &Client) -> bool {
        let asked = &self.incident.facts.asked;
        let scope = || Scope::parse(asked.scope.as_deref().unwrap_or_default()).unwrap_or_default();
        match self.cause {
            Cause::RedirectUriForeign => asked
                .redirect_uri
                .as_deref()
                .is_some_and(|uri| redirect_uri::is_registered(client, uri)),
            Cause::LogoutUriForeign => asked
                .post_logout_redirect_uri
                .as_ref()
                .is_some_and(|uri| client.post_logout_redirect_uris.contains(uri)),
            Cause::ScopeForeign => !scope().intersection(&client.scope).is_empty(),
            Cause::ServiceScopeForeign => client.scope.covers(&scope()),
            Cause::ResourceForeign => {
                // What a grant may be for was settled when it was given.
                self.incident.facts.credential.is_none()
                    && asked.resources.iter().all(|each| client.resources.contains(each))
            }
            Cause::CodesNotAllowed => client.may_use(GrantType::AuthorizationCode),
            Cause::GrantTypeForeign => asked
                .grant_type
                .as_deref()
                .and_then(GrantType::parse)
                .is_some_and(|grant_type| client.may_use(grant_type)),
            Cause::PkceMissing => client.pkce == Pkce::Excused,
            Cause::AuthMethodOther | Cause::SecretUnexpected | Cause::AuthMissing => {
                asked.auth_methods == [client.auth_method.as_str()]
            }
            Cause::IntrospectionPublic => client.is_confidential(),
            _ => false,
        }
    }
}
