//! Second factors, and keys that need no first one.

use super::{FactorId, FactorKind, Timestamp, UserId};

/// Something that a person has beside a password.
#[derive(Debug, Clone)]
pub struct Factor {
    /// Names it.
    pub id: FactorId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the person calls it.
    pub name: String,
    /// What is needed to check what it says.
    pub proof: FactorProof,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last served to sign in.
    pub last_used_at: Option<Timestamp>,
}

/// What is needed to check what a factor says.
#[derive(Debug, Clone)]
pub enum FactorProof {
    /// An application that makes codes.
    Totp {
        /// Its seed, sealed.
        sealed_seed: String,
    },
    /// A key for `WebAuthn`.
    Key {
        /// Passkey or security key.
        kind: FactorKind,
        /// Its id, in base64url.
        credential_id: String,
        /// Its public key and what else is known of it, as JSON.
        credential: String,
        /// How often it says that it has signed; 0 if it does not count.
        sign_count: i64,
    },
}

impl Factor {
    /// What kind of thing it is.
    pub const fn kind(&self) -> FactorKind {
        match &self.proof {
            FactorProof::Totp { .. } => FactorKind::Totp,
            FactorProof::Key { kind, .. } => *kind,
        }
    }
}
