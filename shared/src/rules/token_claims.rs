//! What tokens say: the same for the server, which signs it, and for the console, which shows
//! what would be signed.

use std::time::Duration;

use super::claims;
use super::rbac::Decision;
use crate::model::access_token::AccessClaims;
use crate::model::client::OfflineAccess;
use crate::model::id_token::IdClaims;
use crate::model::scope::OFFLINE_ACCESS;
use crate::model::{Client, Grant, GrantType, Scope, Timestamp, User};

/// How long tokens are good where a client has no wish of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Access tokens.
    pub access_token: Duration,
    /// ID tokens.
    pub id_token: Duration,
}

/// What all tokens are made of.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// This server's name.
    pub issuer: &'a str,
    /// To whom.
    pub client: &'a Client,
    /// What the access token is for.
    pub decision: &'a Decision,
    /// How long they are good.
    pub lifetimes: Lifetimes,
    /// When they are made.
    pub now: Timestamp,
}

impl Terms<'_> {
    /// The claims of an access token that a client has for itself (RFC 9068 §2.2).
    pub fn access_token_of_client(&self, jti: String) -> AccessClaims {
        let Self { client, decision, now, .. } = *self;
        let client_id = client.id.to_string();
        let usual = self.lifetimes.access_token;
        let lifetime = client.tokens.access_token_lifetime.unwrap_or(usual);
        AccessClaims {
            iss: self.issuer.to_owned(),
            sub: client_id.clone(),
            aud: decision.audience.clone().into(),
            client_id,
            exp: now.plus(lifetime).seconds(),
            iat: now.seconds(),
            jti,
            scope: decision.scope.to_string(),
            roles: decision.roles.clone(),
            permissions: decision.permissions.clone(),
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            grant_id: None,
            generation: None,
        }
    }

    /// The claims of an access token that a person allowed.
    pub fn access_token(
        &self,
        jti: String,
        grant: &Grant,
        subject: &str,
        generation: i64,
    ) -> AccessClaims {
        let own = self.access_token_of_client(jti);
        AccessClaims {
            sub: subject.to_owned(),
            // No token outlives its grant by more than the rest of its last second, in which
            // one would be over before it was given (RFC 6749 §5.1).
            exp: own.exp.min(grant.expires_at.seconds_up()),
            auth_time: Some(grant.auth_time.seconds()),
            acr: Some(grant.acr.clone()),
            amr: methods(grant),
            grant_id: Some(grant.id.to_string()),
            generation: Some(generation),
            ..own
        }
    }

    /// The claims of the ID token beside it (Core §2). A request's nonce is put in by whoever
    /// has the request.
    pub fn id_token(&self, grant: &Grant, user: &User, subject: &str, at_hash: String) -> IdClaims {
        let Self { client, now, .. } = *self;
        let lifetime = client.tokens.id_token_lifetime.unwrap_or(self.lifetimes.id_token);
        IdClaims {
            iss: self.issuer.to_owned(),
            sub: subject.to_owned(),
            aud: client.id.to_string(),
            exp: now.plus(lifetime).seconds(),
            iat: now.seconds(),
            auth_time: grant.auth_time.seconds(),
            nonce: None,
            acr: grant.acr.clone(),
            amr: methods(grant),
            at_hash,
            sid: grant.session_id.to_string(),
            // Scopes ask for claims at `/userinfo` (Core §5.4); here only what was named.
            asked: claims::told(user, &Scope::default(), &grant.claims.id_token, &client.scope),
        }
    }
}

/// Whether a refresh token comes with them (Core §11).
pub fn may_refresh(client: &Client, scope: &Scope) -> bool {
    let wanted = scope.contains(OFFLINE_ACCESS) || client.offline_access == OfflineAccess::Always;
    wanted && client.may_use(GrantType::RefreshToken)
}

fn methods(grant: &Grant) -> Vec<String> {
    grant.amr.split_whitespace().map(str::to_owned).collect()
}
