//! Refresh tokens.

use super::{GrantId, Timestamp};

/// One refresh token of a grant's chain; the store knows it by its hash.
///
/// A token is *alive* until it is used, which makes its successor, or until it
/// is superseded: its predecessor came again before it was ever used, as happens
/// when the answer that carried it was lost, and got another successor.
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
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When another token took its place unused.
    pub superseded_at: Option<Timestamp>,
}
