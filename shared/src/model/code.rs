//! Authorization codes.

use super::{ClientId, GrantId, Timestamp};

/// What an authorization code stands for; the store knows it by its hash.
#[derive(Debug, Clone)]
pub struct AuthorizationCode {
    /// What was allowed.
    pub grant_id: GrantId,
    /// To whom.
    pub client_id: ClientId,
    /// Where it was sent; must be repeated at the exchange (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// The S256 challenge its verifier must meet (RFC 7636 §4.6).
    pub code_challenge: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub redeemed_at: Option<Timestamp>,
}
