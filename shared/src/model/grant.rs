//! What one sign-in gave a client.

use super::interaction::AskedClaims;
use super::{ClientId, GrantId, Scope, SessionId, Timestamp, UserId};

/// What a person allowed a client in one sign-in: the family of all tokens that follow from it.
///
/// Revoking it kills the family; tokens themselves are never listed.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Named in every access token of the family (claim `grant_id`).
    pub id: GrantId,
    /// Who allowed it.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// The session it was given in.
    pub session_id: SessionId,
    /// What was allowed.
    pub scope: Scope,
    /// The APIs that its tokens may be for, beside this server (RFC 8707).
    pub resources: Vec<String>,
    /// The claims that were asked for one by one.
    pub claims: AskedClaims,
    /// Whether it lives on when its session ends: with `offline_access` (Back-Channel
    /// Logout §2.7).
    pub outlives_session: bool,
    /// The newest generation of its tokens that somebody is known to have received.
    pub seen_generation: i64,
    /// When the person had proved who they are (`auth_time`).
    pub auth_time: Timestamp,
    /// How (`amr`), space-separated.
    pub amr: String,
    /// What that is worth (`acr`).
    pub acr: String,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it ends, whatever is refreshed.
    pub expires_at: Timestamp,
    /// Since when it is dead.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// Whether its tokens are good.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

super::words::words! {
    /// Why a grant was revoked.
    RevocationReason {
        /// A code was presented twice (RFC 6749 §4.1.2).
        CodeReplay = "code_replay",
        /// A refresh token was used by two holders (RFC 9700 §4.14.2).
        RefreshTokenReuse = "refresh_token_reuse",
        /// The client said that it needs it no more (RFC 7009).
        RevokedByClient = "revoked_by_client",
        /// The person signed out and the grant had no `offline_access`.
        SignedOut = "signed_out",
        /// The consent it came from was withdrawn.
        ConsentWithdrawn = "consent_withdrawn",
        /// An operator disabled the person.
        UserDisabled = "user_disabled",
        /// The password was set anew.
        PasswordSet = "password_set",
        /// An operator took all second factors away, as the person lost them.
        FactorsReset = "factors_reset",
        /// An operator ended the session.
        SessionEnded = "session_ended",
        /// An operator revoked it.
        RevokedByOperator = "revoked_by_operator",
        /// An operator disabled the client.
        ClientDisabled = "client_disabled",
        /// An operator let the client know people by other names: no token may name somebody
        /// otherwise than those before it (Core §12.2).
        SubjectsChanged = "subjects_changed",
    }
}
