//! A token that comes without saying what it is.

use std::sync::Arc;

use shared::crypto::token;
use shared::model::access_token::AccessClaims;
use shared::model::{Client, ClientId, Grant, RefreshToken, Timestamp, User};

use crate::app::App;
use crate::web::failure::Fault;

/// A token of this server, and what it hangs on.
pub(super) struct Found {
    /// Which it is.
    pub(super) token: Token,
    /// What it hangs on.
    pub(super) root: Root,
}

/// What kind of token it is.
pub(super) enum Token {
    /// Good in itself; whether it lives, its root knows.
    Access(AccessClaims),
    /// Of any state.
    Refresh(RefreshToken),
}

/// What a token dies with.
pub(super) enum Root {
    /// What a person allowed.
    Family(Box<Grant>, Box<User>),
    /// The client that works for itself.
    Machine {
        /// The client.
        client: Arc<Client>,
        /// Whether the token was given back, or is from before the client was disabled or added.
        is_revoked: bool,
    },
}

impl Found {
    /// Looks a token up, whatever it is. Hints on the kind are not needed: the two kinds
    /// do not look alike (RFC 7009 §2.1, RFC 7662 §2.1).
    pub(super) async fn look_up(
        app: &App,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        if let Some(claims) = app.keys.current().verifier.access_token(text, now) {
            return Self::of_access_token(app, claims).await;
        }
        let mut view = app.store.view().await?;
        let found = view.find_refresh_token(&token::hash(text)).await?;
        Ok(found.map(|(token, grant, user)| Self {
            token: Token::Refresh(token),
            root: Root::Family(Box::new(grant), Box::new(user)),
        }))
    }

    /// What an access token that is good in itself hangs on.
    pub(super) async fn of_access_token(
        app: &App,
        claims: AccessClaims,
    ) -> Result<Option<Self>, Fault> {
        let root = if let Some(grant_id) = &claims.grant_id {
            let family = app.store.find_family(&grant_id.as_str().into()).await?;
            let Some((grant, user)) = family else { return Ok(None) };
            Root::Family(Box::new(grant), Box::new(user))
        } else {
            let id = claims.client_id.as_str().into();
            let Some(found) = app.clients.find(&app.store, &id).await? else { return Ok(None) };
            let is_revoked = app.store.view().await?.is_token_revoked(&claims.jti).await?;
            let is_from_before = claims.iat < found.client.own_tokens_since.seconds();
            Root::Machine { client: found.client, is_revoked: is_revoked || is_from_before }
        };
        Ok(Some(Self { token: Token::Access(claims), root }))
    }

    /// Takes note that an access token arrived, as somebody has it who may: what was used to
    /// get it does not come again because an answer was lost.
    pub(super) async fn note_arrival(&self, app: &App) -> Result<(), Fault> {
        let (Token::Access(claims), Root::Family(grant, _)) = (&self.token, &self.root) else {
            return Ok(());
        };
        if let Some(seen) = claims.generation.filter(|&seen| seen > grant.seen_generation) {
            let mut tx = app.store.begin().await?;
            tx.set_grant_seen(&grant.id, seen).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whose token it is.
    pub(super) fn client_id(&self) -> &ClientId {
        match &self.root {
            Root::Family(grant, _) => &grant.client_id,
            Root::Machine { client, .. } => &client.id,
        }
    }

    /// Whether it opens anything at this moment.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        let unused = match &self.token {
            Token::Access(_) => true,
            Token::Refresh(token) => token.is_alive(now),
        };
        unused
            && match &self.root {
                Root::Family(grant, user) => grant.is_alive(now) && user.is_active(),
                Root::Machine { is_revoked, .. } => !is_revoked,
            }
    }
}
