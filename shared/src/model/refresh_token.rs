//! Refresh tokens.

use super::{GrantId, Timestamp};

/// One refresh token of a grant's chain; the store knows it by its hash.
///
/// Using one gives a token of the next generation. It may give several, where its answer
/// was lost or two windows came at the same moment; the first of them that is used is the
/// one that counts.
#[derive(Debug, Clone)]
pub struct RefreshToken {
    /// SHA-256 of the token, base64url.
    pub hash: String,
    /// The family it belongs to.
    pub grant_id: GrantId,
    /// Its place in the chain; the first is 1.
    pub generation: i64,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// When it stops working if it is not used.
    pub expires_at: Timestamp,
    /// When it was first used.
    pub used_at: Option<Timestamp>,
    /// The network address that it was first used from.
    pub used_from: Option<String>,
    /// When another token took its place unused.
    pub superseded_at: Option<Timestamp>,
    /// When another token of its generation was used.
    pub rival_used_at: Option<Timestamp>,
    /// When a token that it gave was used.
    pub successor_used_at: Option<Timestamp>,
}

impl RefreshToken {
    /// Whether it can be used for the first time.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let replaced = self.superseded_at.or(self.rival_used_at);
        self.used_at.is_none() && replaced.is_none() && now < self.expires_at
    }
}
