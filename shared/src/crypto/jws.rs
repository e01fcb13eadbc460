//! Signed tokens.

use serde::Serialize;

use super::signing_key::SigningKey;
use super::{CryptoError, base64url};

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
