//! What a token is, whether it is good, and its trail.

use serde_json::Value;

use super::{Admin, AdminError, Site};
use crate::crypto::token;
use crate::model::{Grant, GrantId, OperatorPermission, Timestamp, User};
use crate::store::{EventFilter, Find, RecordedEvent, View};

/// What is known of a token that somebody pasted.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// What it is.
    pub kind: TokenKind,
    /// Whether it opens anything at this moment.
    pub is_good: bool,
    /// Why not, or until when.
    pub why: String,
    /// What it says, if it says anything.
    pub claims: Option<Value>,
    /// Who allowed it, if anybody did.
    pub user: Option<User>,
    /// The family that it belongs to.
    pub grant: Option<Grant>,
    /// What happened with its family, the newest first.
    pub trail: Vec<RecordedEvent>,
}

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token of this server.
    Access,
    /// An ID token of this server.
    Id,
    /// A refresh token of this server.
    Refresh,
    /// A JWT that this server has not signed, or whose key is gone.
    ForeignJwt,
    /// Nothing that is known here.
    Unknown,
}

impl TokenKind {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Access => "an access token of this server",
            Self::Id => "an ID token of this server",
            Self::Refresh => "a refresh token of this server",
            Self::ForeignJwt => "a JWT that no key of this server has signed",
            Self::Unknown => "nothing that is known here",
        }
    }
}

/// Events of a trail.
const TRAIL: i64 = 50;

impl Admin {
    /// Says what a token is worth. It is not written down anywhere.
    pub async fn inspect_token(
        &self,
        site: &Site<'_>,
        text: &str,
        now: Timestamp,
    ) -> Result<Inspected, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        self.may(OperatorPermission::UsersRead).await?;
        self.may(OperatorPermission::SessionsRead).await?;
        let text = text.trim();
        let mut view = self.store.view().await?;
        if let Some(found) = view.find_refresh_token(&token::hash(text)).await? {
            let (refresh, grant, user) = found;
            let (is_good, why) = match (refresh.used_at, refresh.superseded_at) {
                (Some(at), _) => (false, format!("it was used at {at}")),
                (None, Some(at)) => (false, format!("another took its place at {at}")),
                _ if now >= refresh.expires_at => {
                    (false, format!("it ended at {}", refresh.expires_at))
                }
                _ => worth(&grant, &user, refresh.expires_at, now),
            };
            let trail = trail(&mut view, &grant.id).await?;
            let (kind, claims) = (TokenKind::Refresh, None);
            let (user, grant) = (Some(user), Some(grant));
            return Ok(Inspected { kind, is_good, why, claims, user, grant, trail });
        }
        let Some(claims) = read_claims(text) else {
            let why = "it is neither a JWT nor a refresh token that was ever given here".to_owned();
            return Ok(Inspected::without_family(TokenKind::Unknown, false, why, None));
        };
        let verifier = site.verifier();
        // At the beginning of time no token has ended: that is looked at below.
        if let Some(access) = verifier.access_token(text, Timestamp(0)) {
            return self.access_token(&mut view, access, claims, now).await;
        }
        if verifier.id_token_hint(text).is_some() {
            let (is_good, why) = ends(&claims, now);
            return Ok(Inspected::without_family(TokenKind::Id, is_good, why, Some(claims)));
        }
        let why = "its signature is no key's of this server; if the key was revoked, it is worth \
                   nothing any more"
            .to_owned();
        Ok(Inspected::without_family(TokenKind::ForeignJwt, false, why, Some(claims)))
    }

    async fn access_token(
        &self,
        view: &mut View,
        access: crate::model::access_token::AccessClaims,
        claims: Value,
        now: Timestamp,
    ) -> Result<Inspected, AdminError> {
        let (in_time, until) = ends(&claims, now);
        let Some(grant_id) = access.grant_id.as_deref().map(GrantId::from) else {
            let is_revoked = view.is_token_revoked(&access.jti).await?;
            let client = view.find_client(&access.client_id.as_str().into()).await?;
            let gone = client.is_none_or(|client| client.disabled_at.is_some());
            let (is_good, why) = match (is_revoked, gone) {
                (true, _) => (false, "its client gave it back".to_owned()),
                (_, true) => (false, "its client is gone or disabled".to_owned()),
                _ => (in_time, until),
            };
            return Ok(Inspected::without_family(TokenKind::Access, is_good, why, Some(claims)));
        };
        let grant = view.find_grant(&grant_id).await?;
        let user = match &grant {
            Some(grant) => view.find_user(&grant.user_id).await?,
            None => None,
        };
        let (is_good, why) = match (&grant, &user) {
            (Some(grant), Some(user)) if in_time => {
                let end = Timestamp::from_seconds(access.exp);
                worth(grant, user, end, now)
            }
            (Some(_), Some(_)) => (false, until),
            _ => (false, "its family is gone".to_owned()),
        };
        let trail = trail(view, &grant_id).await?;
        let (kind, claims) = (TokenKind::Access, Some(claims));
        Ok(Inspected { kind, is_good, why, claims, user, grant, trail })
    }
}

impl Inspected {
    fn without_family(kind: TokenKind, is_good: bool, why: String, claims: Option<Value>) -> Self {
        Self { kind, is_good, why, claims, user: None, grant: None, trail: Vec::new() }
    }
}

/// Whether what a token hangs on is alive.
fn worth(grant: &Grant, user: &User, until: Timestamp, now: Timestamp) -> (bool, String) {
    match grant.revoked_at {
        Some(at) => (false, format!("its family was revoked at {at}")),
        None if now >= grant.expires_at => {
            (false, format!("its family ended at {}", grant.expires_at))
        }
        None if !user.is_active() => (false, "its person is disabled".to_owned()),
        None => (true, format!("it is good until {until}")),
    }
}

fn ends(claims: &Value, now: Timestamp) -> (bool, String) {
    let exp = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
    let end = Timestamp::from_seconds(exp);
    if now < end {
        (true, format!("it is good until {end}"))
    } else {
        (false, format!("it ended at {end}"))
    }
}

async fn trail(view: &mut View, grant: &GrantId) -> Result<Vec<RecordedEvent>, AdminError> {
    let find = Find { limit: TRAIL, ..Find::default() };
    Ok(view.find_events(&find, &EventFilter::Grant(grant.to_string())).await?.items)
}

/// What a JWT says, believed or not.
fn read_claims(text: &str) -> Option<Value> {
    let mut parts = text.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = crate::crypto::from_base64url(payload)?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}
