//! Signing keys, as the store keeps them.

use super::Timestamp;

super::words::words! {
    /// What tokens are signed with: a JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
    SigningAlg {
        /// RSASSA-PKCS1-v1_5 with SHA-256; what every client understands.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

#[expect(clippy::derivable_impls, reason = "the arms are declared by a macro")]
impl Default for SigningAlg {
    fn default() -> Self {
        Self::Rs256
    }
}

super::words::words! {
    /// What a signing key is used for now.
    KeyState {
        /// Published, does not sign yet.
        Next = "next",
        /// Signs.
        Active = "active",
        /// Signs no more; stays published while its tokens live, and known for old hints.
        Retired = "retired",
    }
}

/// A signing key: the public half in the open, the private half sealed.
#[derive(Debug, Clone)]
pub struct SigningKeyRecord {
    /// The RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// What it is used for.
    pub state: KeyState,
    /// PKCS#8, sealed under the master key.
    pub sealed_private_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it begins to sign, if that is decided already.
    pub activates_at: Option<Timestamp>,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it ceased to sign.
    pub retired_at: Option<Timestamp>,
}
