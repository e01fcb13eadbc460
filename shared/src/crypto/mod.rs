//! Cryptography: everything that touches a key, a hash or randomness.
//!
//! Randomness comes from [`random`] alone. What is only compared is hashed, what
//! must be read back is sealed under a key that is never in the store.

mod checked;
pub mod client_keys;
pub mod jws;
pub mod keyring;
pub mod password;
pub mod random;
pub mod recovery_code;
pub mod seal;
pub mod signing_key;
pub mod subject;
pub mod throttle_key;
pub mod token;
pub mod totp;
pub mod verifier;
pub mod webauthn;

use crate::model::SigningAlg;

/// Something cryptographic went wrong. Always a fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    /// The operating system gave no randomness.
    #[error("the system's random source failed")]
    Random,
    /// A sealed value was sealed under another master key.
    #[error(
        "sealed under master key {sealed_under}, but the key at hand is {at_hand}: is this the right master_key_file?"
    )]
    ForeignMasterKey {
        /// The key it was sealed under, by its id.
        sealed_under: String,
        /// The key at hand, by its id.
        at_hand: String,
    },
    /// A sealed value was altered or moved to another place.
    #[error("a sealed value cannot be opened: it was altered")]
    Altered,
    /// A master key file does not hold 32 bytes in base64.
    #[error("the master key is not 32 bytes in base64")]
    MalformedMasterKey,
    /// A signing key could not be made, read or used.
    #[error("signing key: {0}")]
    SigningKey(&'static str),
    /// No key signs with an algorithm.
    #[error("there is no active signing key for {0}")]
    NoActiveKey(SigningAlg),
    /// A stored password hash cannot be read.
    #[error("a password hash cannot be read")]
    MalformedHash,
    /// The settings for keys, or what is known of one, cannot be used.
    #[error("keys for Web Authentication cannot be asked for")]
    Webauthn,
    /// A seed cannot make codes.
    #[error("a seed for codes cannot be used")]
    Totp,
    /// The hashing thread ended without an answer.
    #[error("a password hash was not finished")]
    Interrupted,
}

/// Base64url without padding, as JOSE writes it (RFC 7515 §2).
pub fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`base64url`] wrote.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}
