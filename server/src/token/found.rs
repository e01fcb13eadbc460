//! A token that comes without saying what it is.

use shared::crypto::token;
use shared::model::access_token::AccessClaims;
use shared::model::{Grant, RefreshToken, Timestamp, User};

use crate::app::App;
use crate::web::failure::Fault;

/// A token of this server, and the family it belongs to.
pub(super) struct Found {
    /// Which it is.
    pub(super) token: Token,
    /// Its family.
    pub(super) grant: Grant,
    /// Who gave the grant.
    pub(super) user: User,
}

/// What kind of token it is.
pub(super) enum Token {
    /// Good in itself; whether it lives, its family knows.
    Access(AccessClaims),
    /// Of any state.
    Refresh(RefreshToken),
}

impl Found {
    /// Looks a token up, whatever it is. Hints on the kind are not needed: the two kinds
    /// do not look alike (RFC 7009 §2.1, RFC 7662 §2.1).
    pub(super) async fn look_up(
        app: &App,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let mut view = app.store.view().await?;
        let (token, grant_id) = if let Some(claims) = app.verifier.access_token(text, now) {
            let grant_id = claims.grant_id.as_str().into();
            (Token::Access(claims), grant_id)
        } else {
            match view.find_refresh_token(&token::hash(text)).await? {
                Some(found) => (Token::Refresh(found.clone()), found.grant_id),
                None => return Ok(None),
            }
        };
        let Some(grant) = view.find_grant(&grant_id).await? else { return Ok(None) };
        let user = view.find_user(&grant.user_id).await?;
        Ok(user.map(|user| Self { token, grant, user }))
    }

    /// Whether it opens anything at this moment.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        let unused = match &self.token {
            Token::Access(_) => true,
            Token::Refresh(token) => {
                token.used_at.is_none() && token.superseded_at.is_none() && now < token.expires_at
            }
        };
        unused && self.grant.is_alive(now) && self.user.is_active()
    }
}
