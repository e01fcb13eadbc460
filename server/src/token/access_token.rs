//! Checking this server's own access tokens (RFC 9068 §4).

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use shared::crypto::CryptoError;
use shared::crypto::keyring::Keyring;
use shared::model::Timestamp;

use super::mint::{ACCESS_TOKEN_TYPE, AccessClaims};

/// Checks signature, type, issuer, audience and lifetime of access tokens.
pub(crate) struct Verifier {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl Verifier {
    /// For the tokens that these keys signed in this issuer's name.
    pub(crate) fn new(keyring: &Keyring, issuer: &str) -> Result<Self, CryptoError> {
        let mut keys = HashMap::new();
        for key in keyring.published() {
            let (modulus, exponent) = key.components();
            let decoding = DecodingKey::from_rsa_components(modulus, exponent)
                .map_err(|_| CryptoError::SigningKey("it cannot verify"))?;
            keys.insert(key.kid().to_owned(), decoding);
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 0;
        Ok(Self { keys, validation })
    }

    /// The claims of a token that is good in itself; whether its grant is alive, the
    /// store knows.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<AccessClaims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(ACCESS_TOKEN_TYPE) {
            return None;
        }
        let key = self.keys.get(&header.kid?)?;
        let decoded = jsonwebtoken::decode::<AccessClaims>(token, key, &self.validation);
        // The crate accepts a token in the very second of its end; RFC 7519 §4.1.4 does not.
        decoded.ok().map(|token| token.claims).filter(|claims| now.seconds() < claims.exp)
    }
}
