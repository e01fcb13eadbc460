//! The public keys of clients, and what is signed with them.

use std::str::FromStr;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use super::from_base64url;

/// What clients may sign with, as JWS calls it: nothing symmetric, and not `none`.
pub const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// More keys than this are not looked at.
const MOST_KEYS: usize = 50;
/// RSA keys of fewer bytes are refused (RFC 7518 §3.3).
const SHORTEST_MODULUS: usize = 256;

/// The keys of a client that can verify something.
#[derive(Default)]
pub struct ClientKeySet(Vec<ClientKey>);

struct ClientKey {
    kid: Option<String>,
    /// The one algorithm that it is for, if it says so.
    alg: Option<Algorithm>,
    key: DecodingKey,
}

/// Why a signed statement is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disbelief {
    /// It is no JWS of claims.
    Malformed,
    /// It is signed with an algorithm that is not accepted.
    Algorithm,
    /// None of the keys is the one that it names.
    UnknownKey,
    /// The signature is not right.
    Signature,
}

impl ClientKeySet {
    /// Reads a JWK set (RFC 7517 §5). Keys that cannot verify here are left out.
    ///
    /// # Errors
    /// If it is no JWK set.
    pub fn parse(json: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(json).ok()?;
        let keys = document.get("keys")?.as_array()?;
        Some(Self(keys.iter().take(MOST_KEYS).filter_map(ClientKey::read).collect()))
    }

    /// Whether there is no key in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys there are in it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The claims of a statement that one of the keys has signed. What they claim is for
    /// others to judge.
    ///
    /// # Errors
    /// [`Disbelief`].
    pub fn verify(&self, statement: &str) -> Result<Value, Disbelief> {
        let header = jsonwebtoken::decode_header(statement).map_err(|_| Disbelief::Malformed)?;
        // What must be understood is not: no extension is (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return Err(Disbelief::Malformed);
        }
        let allowed = ALGORITHMS.iter().any(|name| Algorithm::from_str(name) == Ok(header.alg));
        if !allowed {
            return Err(Disbelief::Algorithm);
        }
        let fits = |key: &&ClientKey| {
            // Of a name only another one is an objection (RFC 7515 §4.1.4).
            let named = header.kid.is_none() || key.kid.is_none() || key.kid == header.kid;
            named && key.alg.is_none_or(|alg| alg == header.alg)
        };
        let mut disbelief = Disbelief::UnknownKey;
        for key in self.0.iter().filter(fits) {
            match key.claims(statement, header.alg) {
                Some(claims) => return Ok(claims),
                // Without a name it may be by a key that is not here yet.
                None if header.kid.is_none() || key.kid.is_none() => {}
                None => disbelief = Disbelief::Signature,
            }
        }
        Err(disbelief)
    }
}

impl ClientKey {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
            return None;
        }
        match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => {
                let modulus = from_base64url(&rsa.n)?;
                (modulus.len() >= SHORTEST_MODULUS).then_some(())?;
            }
            AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_) => {}
            _ => return None,
        }
        let alg = match jwk.common.key_algorithm {
            // One that no signature has makes it a key for something else.
            Some(named) => Some(Algorithm::from_str(&named.to_string()).ok()?),
            None => None,
        };
        Some(Self { kid: jwk.common.key_id.clone(), alg, key: DecodingKey::from_jwk(&jwk).ok()? })
    }

    fn claims(&self, statement: &str, alg: Algorithm) -> Option<Value> {
        let mut validation = Validation::new(alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let read = jsonwebtoken::decode::<Value>(statement, &self.key, &validation).ok()?;
        Some(read.claims)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::jws;
    use crate::crypto::signing_key::SigningKey;
    use crate::model::SigningAlg;

    fn set(keys: &[&Value]) -> ClientKeySet {
        ClientKeySet::parse(&json!({"keys": keys}).to_string()).unwrap()
    }

    /// A statement with a header of its own.
    fn signed(key: &SigningKey, header: &str) -> String {
        let parts = [header, r#"{"iss":"c"}"#];
        let input = parts.map(|part| crate::crypto::base64url(part.as_bytes())).join(".");
        let signature = crate::crypto::base64url(&key.sign(input.as_bytes()).unwrap());
        format!("{input}.{signature}")
    }

    #[test]
    fn every_algorithm_is_believed_with_its_own_key() {
        for &alg in SigningAlg::ALL {
            let key = SigningKey::generate(alg, 2048).unwrap();
            let other = SigningKey::generate(alg, 2048).unwrap();
            let statement = jws::sign(&key, "JWT", &json!({"iss": "c"})).unwrap();
            let (mine, theirs) = (key.jwk(), other.jwk());
            assert_eq!(set(&[theirs, mine]).verify(&statement).unwrap()["iss"], "c");
            assert_eq!(set(&[theirs]).verify(&statement), Err(Disbelief::UnknownKey));

            let mut renamed = theirs.clone();
            renamed["kid"] = json!(key.kid());
            assert_eq!(set(&[&renamed]).verify(&statement), Err(Disbelief::Signature));
        }
    }

    /// RFC 7515 §4.1.4, RFC 7517 §4.5
    #[test]
    fn a_key_without_a_name_goes_by_any() {
        let key = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        let statement = jws::sign(&key, "JWT", &json!({"iss": "c"})).unwrap();
        let nameless = |key: &SigningKey| {
            let mut jwk = key.jwk().clone();
            jwk.as_object_mut().unwrap().remove("kid");
            jwk
        };
        assert!(set(&[&nameless(&key)]).verify(&statement).is_ok());
        let other = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        assert_eq!(set(&[&nameless(&other)]).verify(&statement), Err(Disbelief::UnknownKey));
    }

    /// RFC 7515 §4.1.11
    #[test]
    fn what_must_be_understood_is_not() {
        let key = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        let statement = signed(&key, r#"{"alg":"ES256","crit":["exp"],"exp":1}"#);
        assert_eq!(set(&[key.jwk()]).verify(&statement), Err(Disbelief::Malformed));
    }

    /// Core §10.1.1: who looks for it where the keys are published may find it.
    #[test]
    fn a_statement_that_names_no_key_may_be_by_one_that_is_not_here_yet() {
        let key = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        let other = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        let statement = signed(&key, r#"{"alg":"ES256"}"#);
        assert_eq!(set(&[other.jwk()]).verify(&statement), Err(Disbelief::UnknownKey));
        assert!(set(&[other.jwk(), key.jwk()]).verify(&statement).is_ok());
    }

    #[test]
    fn a_key_is_used_for_its_own_algorithm_only() {
        let key = SigningKey::generate(SigningAlg::Rs256, 2048).unwrap();
        let statement = jws::sign(&key, "JWT", &json!({})).unwrap();
        let with = |alg: &str| {
            let mut jwk = key.jwk().clone();
            jwk["alg"] = json!(alg);
            jwk
        };
        assert!(set(&[&with("RS256")]).verify(&statement).is_ok());
        assert_eq!(set(&[&with("PS256")]).verify(&statement), Err(Disbelief::UnknownKey));
        assert!(set(&[&with("RSA-OAEP")]).is_empty());
    }

    #[test]
    fn nothing_symmetric_and_nothing_unsigned_is_believed() {
        let secret = json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"});
        assert!(set(&[&secret]).is_empty());
        let key = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        let keys = set(&[key.jwk()]);
        for (header, disbelief) in [
            (r#"{"alg":"none"}"#, Disbelief::Malformed),
            (r#"{"alg":"HS256"}"#, Disbelief::Algorithm),
        ] {
            let header = crate::crypto::base64url(header.as_bytes());
            assert_eq!(keys.verify(&format!("{header}.e30.")), Err(disbelief), "{header}");
        }
        assert_eq!(keys.verify("garbage"), Err(Disbelief::Malformed));
    }

    #[test]
    fn short_rsa_keys_and_keys_for_encryption_are_left_out() {
        let mut jwk = SigningKey::generate(SigningAlg::Rs256, 2048).unwrap().jwk().clone();
        jwk["use"] = json!("enc");
        assert!(set(&[&jwk]).is_empty());
        jwk["use"] = json!("sig");
        jwk["n"] = json!(crate::crypto::base64url(&[0xff; 128]));
        assert!(set(&[&jwk]).is_empty());
        assert!(ClientKeySet::parse("[]").is_none());
    }
}
