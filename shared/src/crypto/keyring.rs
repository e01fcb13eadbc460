//! Signing keys in memory.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{digest, rand};
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{PrivateSigningKey, SigningError};
use serde_json::json;

use super::seal::{MasterKey, Purpose};
use super::{CryptoError, base64url};
use crate::model::{KeyState, SigningKeyRecord, Timestamp};

/// An RSA key that signs with RS256 (RFC 7518 §3.3).
pub struct SigningKey {
    pair: KeyPair,
    kid: String,
    modulus: String,
    exponent: String,
    jwk: CoreJsonWebKey,
}

impl SigningKey {
    /// Makes a key of 2048, 3072 or 4096 bits.
    pub fn generate(bits: u32) -> Result<Self, CryptoError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return Err(CryptoError::SigningKey("its size is not supported")),
        };
        let pair = KeyPair::generate(size);
        Self::from_pair(pair.map_err(|_| CryptoError::SigningKey("it could not be made"))?)
    }

    /// Opens a stored key.
    pub fn open(record: &SigningKeyRecord, master: &MasterKey) -> Result<Self, CryptoError> {
        let pkcs8 = master.open(Purpose::SigningKey, &record.kid, &record.sealed_private_key)?;
        let pair = KeyPair::from_pkcs8(pkcs8.expose());
        Self::from_pair(pair.map_err(|_| CryptoError::SigningKey("it is no PKCS#8 key"))?)
    }

    /// The record to store: public half in the open, private half sealed.
    pub fn seal(
        &self,
        master: &MasterKey,
        state: KeyState,
        now: Timestamp,
    ) -> Result<SigningKeyRecord, CryptoError> {
        let pkcs8 = self.pair.as_der().map_err(|_| CryptoError::SigningKey("no PKCS#8 form"))?;
        Ok(SigningKeyRecord {
            kid: self.kid.clone(),
            alg: self.alg().to_owned(),
            state,
            sealed_private_key: master.seal(Purpose::SigningKey, &self.kid, pkcs8.as_ref())?,
            created_at: now,
            activated_at: (state == KeyState::Active).then_some(now),
            retired_at: None,
        })
    }

    fn from_pair(pair: KeyPair) -> Result<Self, CryptoError> {
        let public = pair.public_key();
        let modulus = base64url(public.modulus().big_endian_without_leading_zero());
        let exponent = base64url(public.exponent().big_endian_without_leading_zero());
        let kid = thumbprint(&modulus, &exponent);
        let jwk = serde_json::from_value(json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent,
        }));
        let jwk = jwk.map_err(|_| CryptoError::SigningKey("it has no JWK form"))?;
        Ok(Self { pair, kid, modulus, exponent, jwk })
    }

    /// Its id: the RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The JWS algorithm.
    pub fn alg(&self) -> &'static str {
        "RS256"
    }

    /// The public modulus and exponent in base64url (RFC 7518 §6.3.1).
    pub fn components(&self) -> (&str, &str) {
        (&self.modulus, &self.exponent)
    }

    /// The signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), message, &mut signature)
            .map_err(|_| CryptoError::SigningKey("it could not sign"))?;
        Ok(signature)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl PrivateSigningKey for SigningKey {
    type VerificationKey = CoreJsonWebKey;

    fn sign(
        &self,
        algorithm: &CoreJwsSigningAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, SigningError> {
        if *algorithm != CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
            return Err(SigningError::UnsupportedAlg("this key signs RS256 only".to_owned()));
        }
        Self::sign(self, message).map_err(|fault| SigningError::Other(fault.to_string()))
    }

    fn as_verification_key(&self) -> CoreJsonWebKey {
        self.jwk.clone()
    }
}

/// The SHA-256 thumbprint of an RSA public key (RFC 7638 §3.1): members in
/// lexicographic order, no blanks.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    let canonical = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    base64url(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
}

/// All keys that are published, and the one that signs.
#[derive(Debug, Clone)]
pub struct Keyring {
    active: Arc<SigningKey>,
    published: Vec<Arc<SigningKey>>,
}

impl Keyring {
    /// Opens the stored keys.
    ///
    /// # Errors
    /// [`CryptoError::NoActiveKey`], or why a key cannot be opened.
    pub fn open(records: &[SigningKeyRecord], master: &MasterKey) -> Result<Self, CryptoError> {
        let mut active = None;
        let mut published = Vec::new();
        for record in records {
            let key = Arc::new(SigningKey::open(record, master)?);
            if record.state == KeyState::Active {
                active = Some(Arc::clone(&key));
            }
            published.push(key);
        }
        Ok(Self { active: active.ok_or(CryptoError::NoActiveKey)?, published })
    }

    /// The key that signs.
    pub fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The keys that are published.
    pub fn published(&self) -> impl Iterator<Item = &SigningKey> {
        self.published.iter().map(AsRef::as_ref)
    }

    /// The JWK set (RFC 7517 §5): public halves only.
    pub fn jwks(&self) -> CoreJsonWebKeySet {
        let keys = self.published.iter().map(|key| key.as_verification_key());
        CoreJsonWebKeySet::new(keys.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_agrees_with_rfc_7638() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        assert_eq!(thumbprint(modulus, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_key_survives_sealing_and_publishes_only_its_public_half() {
        let master = MasterKey::generate().unwrap();
        let key = SigningKey::generate(2048).unwrap();
        let record = key.seal(&master, KeyState::Active, Timestamp(0)).unwrap();
        let ring = Keyring::open(&[record], &master).unwrap();

        assert_eq!(ring.active().kid(), key.kid());
        let jwks = serde_json::to_value(ring.jwks()).unwrap();
        let members = jwks["keys"][0].as_object().unwrap();
        let mut names: Vec<_> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    }

    #[test]
    fn a_ring_without_an_active_key_is_a_fault() {
        let master = MasterKey::generate().unwrap();
        assert!(matches!(Keyring::open(&[], &master), Err(CryptoError::NoActiveKey)));
    }
}
