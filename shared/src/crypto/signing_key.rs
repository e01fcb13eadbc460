//! One signing key in memory, of any of the four algorithms.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaEncoding, VerificationAlgorithm,
};
use aws_lc_rs::{digest, rand};
use serde_json::{Value, json};

use super::seal::{MasterKey, Purpose};
use super::{CryptoError, base64url};
use crate::model::{KeyState, SigningAlg, SigningKeyRecord, Timestamp};

/// A key that signs with one algorithm.
pub struct SigningKey {
    pair: Pair,
    alg: SigningAlg,
    kid: String,
    jwk: Value,
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

const NOT_MADE: CryptoError = CryptoError::SigningKey("it could not be made");
const NOT_PKCS8: CryptoError = CryptoError::SigningKey("it is no PKCS#8 key");
const NOT_SIGNED: CryptoError = CryptoError::SigningKey("it could not sign");

impl SigningKey {
    /// Makes a key; an RSA key of 2048, 3072 or 4096 bits, which takes up to seconds of
    /// one core.
    pub fn generate(alg: SigningAlg, rsa_bits: u32) -> Result<Self, CryptoError> {
        let pair = match alg {
            SigningAlg::Rs256 | SigningAlg::Ps256 => {
                let size = match rsa_bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    _ => return Err(CryptoError::SigningKey("its size is not supported")),
                };
                Pair::Rsa(RsaKeyPair::generate(size).map_err(|_| NOT_MADE)?, encoding(alg))
            }
            SigningAlg::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                Pair::P256(pair.map_err(|_| NOT_MADE)?)
            }
            SigningAlg::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().map_err(|_| NOT_MADE)?),
        };
        Self::from_pair(pair, alg)
    }

    /// Opens a stored key.
    pub fn open(record: &SigningKeyRecord, master: &MasterKey) -> Result<Self, CryptoError> {
        let pkcs8 = master.open(Purpose::SigningKey, &record.kid, &record.sealed_private_key)?;
        let pkcs8 = pkcs8.expose();
        let alg = record.alg;
        let pair = match alg {
            SigningAlg::Rs256 | SigningAlg::Ps256 => {
                RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Pair::Rsa(pair, encoding(alg)))
            }
            SigningAlg::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Pair::P256)
            }
            SigningAlg::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed25519),
        };
        Self::from_pair(pair.map_err(|_| NOT_PKCS8)?, alg)
    }

    /// The record to store: public half in the open, private half sealed.
    pub fn seal(
        &self,
        master: &MasterKey,
        state: KeyState,
        now: Timestamp,
    ) -> Result<SigningKeyRecord, CryptoError> {
        let no_form = |_| CryptoError::SigningKey("it has no PKCS#8 form");
        let seal = |pkcs8: &[u8]| master.seal(Purpose::SigningKey, &self.kid, pkcs8);
        let sealed_private_key = match &self.pair {
            Pair::Rsa(pair, _) => seal(pair.as_der().map_err(no_form)?.as_ref()),
            Pair::P256(pair) => seal(pair.to_pkcs8v1().map_err(no_form)?.as_ref()),
            Pair::Ed25519(pair) => seal(pair.to_pkcs8().map_err(no_form)?.as_ref()),
        }?;
        Ok(SigningKeyRecord {
            kid: self.kid.clone(),
            alg: self.alg,
            state,
            sealed_private_key,
            created_at: now,
            activates_at: None,
            activated_at: (state == KeyState::Active).then_some(now),
            retired_at: None,
        })
    }

    fn from_pair(pair: Pair, alg: SigningAlg) -> Result<Self, CryptoError> {
        // The members of RFC 7638 §3.2, in lexicographic order: what the thumbprint is made of.
        let members = match &pair {
            Pair::Rsa(pair, _) => {
                let public = pair.public_key();
                let exponent = public.exponent().big_endian_without_leading_zero();
                let modulus = public.modulus().big_endian_without_leading_zero();
                vec![
                    ("e", base64url(exponent)),
                    ("kty", "RSA".to_owned()),
                    ("n", base64url(modulus)),
                ]
            }
            Pair::P256(pair) => {
                // An uncompressed point: 4, then both coordinates (SEC 1 §2.3.3).
                let point = pair.public_key().as_ref();
                let (x, y) = point
                    .get(1..)
                    .and_then(|both| both.split_at_checked(32))
                    .ok_or(CryptoError::SigningKey("its public half is no point"))?;
                let words = [("crv", "P-256".to_owned()), ("kty", "EC".to_owned())];
                words.into_iter().chain([("x", base64url(x)), ("y", base64url(y))]).collect()
            }
            Pair::Ed25519(pair) => {
                let x = base64url(pair.public_key().as_ref());
                vec![("crv", "Ed25519".to_owned()), ("kty", "OKP".to_owned()), ("x", x)]
            }
        };
        let kid = thumbprint(&members);
        let mut jwk = json!({"use": "sig", "alg": alg.as_str(), "kid": kid});
        if let Value::Object(jwk) = &mut jwk {
            jwk.extend(members.into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
        }
        Ok(Self { pair, alg, kid, jwk })
    }

    /// Its id: the RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs with.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// The public half as a JWK (RFC 7517 §4).
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// The public half, to check what it signed.
    pub fn public(&self) -> Result<PublicKey, CryptoError> {
        let (algorithm, bytes): (&'static dyn VerificationAlgorithm, _) = match &self.pair {
            Pair::Rsa(pair, _) if self.alg == SigningAlg::Ps256 => {
                (&RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref())
            }
            Pair::Rsa(pair, _) => (&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
            Pair::P256(pair) => (&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
            Pair::Ed25519(pair) => (&ED25519, pair.public_key().as_ref()),
        };
        let parsed = ParsedPublicKey::new(algorithm, bytes)
            .map_err(|_| CryptoError::SigningKey("it cannot verify"))?;
        Ok(PublicKey { parsed, alg: self.alg })
    }

    /// The signature over `message`, as JWS has it (RFC 7518 §3, RFC 8037 §3.1).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let random = rand::SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(*encoding, &random, message, &mut signature);
                signed.map_err(|_| NOT_SIGNED)?;
                Ok(signature)
            }
            Pair::P256(pair) => {
                let signature = pair.sign(&random, message).map_err(|_| NOT_SIGNED)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// The public half of a key, read once: reading it costs as much as a third of checking a
/// signature.
pub struct PublicKey {
    parsed: ParsedPublicKey,
    alg: SigningAlg,
}

impl PublicKey {
    /// What its private half signs with.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// Whether its private half made this signature over `message`.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

fn encoding(alg: SigningAlg) -> &'static dyn RsaEncoding {
    if alg == SigningAlg::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {})", self.alg, self.kid)
    }
}

/// The SHA-256 thumbprint of a public key (RFC 7638 §3): no blanks between members.
fn thumbprint(members: &[(&str, String)]) -> String {
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
    let canonical = format!("{{{}}}", members.join(","));
    base64url(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_agrees_with_rfc_7638() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let members =
            [("e", "AQAB".to_owned()), ("kty", "RSA".to_owned()), ("n", modulus.to_owned())];
        assert_eq!(thumbprint(&members), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn every_kind_survives_sealing_and_publishes_only_its_public_half() {
        let master = MasterKey::generate().unwrap();
        for (alg, members) in [
            (SigningAlg::Rs256, vec!["alg", "e", "kid", "kty", "n", "use"]),
            (SigningAlg::Ps256, vec!["alg", "e", "kid", "kty", "n", "use"]),
            (SigningAlg::Es256, vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
            (SigningAlg::EdDsa, vec!["alg", "crv", "kid", "kty", "use", "x"]),
        ] {
            let key = SigningKey::generate(alg, 2048).unwrap();
            let record = key.seal(&master, KeyState::Active, Timestamp(0)).unwrap();
            let again = SigningKey::open(&record, &master).unwrap();
            assert_eq!(again.jwk(), key.jwk());
            let mut names: Vec<_> =
                key.jwk().as_object().unwrap().keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, members, "{alg}");
        }
    }
}
