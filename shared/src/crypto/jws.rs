//! Signed tokens.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::signing_key::{PublicKey, SigningKey};
use super::{CryptoError, base64url, from_base64url};

/// Signs claims into a compact JWS with the header `{"typ","alg","kid"}` (RFC 7515 §7.1).
///
/// `typ` says what kind of token it is, so that one kind is never taken for another
/// (RFC 8725 §3.11): `at+jwt` for access tokens, `JWT` for ID tokens.
pub fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, CryptoError> {
    let claims = serde_json::to_vec(claims).map_err(|_| CryptoError::SigningKey("claims"))?;
    let header = format!(r#"{{"typ":"{typ}","alg":"{}","kid":"{}"}}"#, key.alg(), key.kid());
    let mut token = base64url(header.as_bytes());
    token.push('.');
    token.push_str(&base64url(&claims));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&base64url(&signature));
    Ok(token)
}

/// A compact JWS as it came: nothing of it is true until its signature is checked.
pub(super) struct Jws<'a> {
    /// What it says about itself.
    pub(super) header: Header,
    signed: &'a str,
    claims: &'a str,
    signature: &'a str,
}

/// The members of a header that this provider writes (RFC 7515 §4.1).
#[derive(Deserialize)]
pub(super) struct Header {
    /// What kind of token it is.
    pub(super) typ: Option<String>,
    /// The key that signed it.
    pub(super) kid: Option<String>,
    alg: String,
}

impl<'a> Jws<'a> {
    /// Reads the three parts (RFC 7515 §7.1) and the header.
    pub(super) fn read(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = serde_json::from_slice(&from_base64url(header)?).ok()?;
        Some(Self { header, signed, claims, signature })
    }

    /// The claims, if this key signed them by its own algorithm, whatever else a header may
    /// say (RFC 8725 §3.1).
    pub(super) fn claims<T: DeserializeOwned>(&self, key: &PublicKey) -> Option<T> {
        let signature = from_base64url(self.signature)?;
        let is_good = self.header.alg == key.alg().as_str()
            && key.has_signed(self.signed.as_bytes(), &signature);
        is_good.then_some(())?;
        serde_json::from_slice(&from_base64url(self.claims)?).ok()
    }
}
