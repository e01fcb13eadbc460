//! Signing keys, as the store keeps them.

use super::Timestamp;

super::client::words! {
    /// What a signing key is used for now.
    KeyState {
        /// Published, does not sign yet.
        Next = "next",
        /// Signs.
        Active = "active",
        /// Signs no more; stays published while its tokens live.
        Retired = "retired",
    }
}

/// A signing key: the public half in the open, the private half sealed.
#[derive(Debug, Clone)]
pub struct SigningKeyRecord {
    /// The RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// The JWS algorithm, `RS256`.
    pub alg: String,
    /// What it is used for.
    pub state: KeyState,
    /// PKCS#8, sealed under the master key.
    pub sealed_private_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it ceased to sign.
    pub retired_at: Option<Timestamp>,
}
