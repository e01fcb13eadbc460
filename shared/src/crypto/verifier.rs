//! Checking this provider's own tokens when they come back.

use std::collections::HashMap;

use serde::Deserialize;

use super::CryptoError;
use super::checked::Checked;
use super::jws::Jws;
use super::keyring::Keyring;
use super::signing_key::PublicKey;
use crate::model::access_token::{ACCESS_TOKEN_TYPE, AccessClaims, Audience};
use crate::model::{IdTokenHint, SessionId, Timestamp};

/// Checks what its keys signed in its issuer's name.
pub struct Verifier {
    keys: HashMap<String, PublicKey>,
    issuer: String,
    /// Of these keys: other keys have another verifier.
    checked: Checked,
}

#[derive(Deserialize)]
struct HintClaims {
    iss: String,
    sub: String,
    aud: Audience,
    sid: Option<String>,
    /// A signed answer of `/userinfo` has none (Core §2, §5.3.2).
    #[serde(rename = "exp")]
    _exp: i64,
}

impl Verifier {
    /// For the tokens that these keys signed in this issuer's name.
    pub fn new(keyring: &Keyring, issuer: &str) -> Result<Self, CryptoError> {
        let keys = keyring.iter().map(|(key, record)| Ok((record.kid.clone(), key.public()?)));
        let keys = keys.collect::<Result<_, CryptoError>>()?;
        Ok(Self { keys, issuer: issuer.to_owned(), checked: Checked::default() })
    }

    /// The claims of an access token that is good in itself (RFC 9068 §4); whether its
    /// grant is alive, the store knows, and whom it is meant for is a matter of where it is
    /// used.
    pub fn access_token(&self, token: &str, now: Timestamp) -> Option<AccessClaims> {
        let name = Checked::name(token)?;
        let known = self.checked.find(&name);
        let is_new = known.is_none();
        let claims = known.or_else(|| self.signed_access_token(token))?;
        if now.seconds() >= claims.exp {
            return None;
        }
        if is_new {
            self.checked.remember(name, claims.clone());
        }
        Some(claims)
    }

    fn signed_access_token(&self, token: &str) -> Option<AccessClaims> {
        let token = Jws::read(token)?;
        if token.header.typ.as_deref() != Some(ACCESS_TOKEN_TYPE) {
            return None;
        }
        let claims: AccessClaims = token.claims(self.signer(&token)?)?;
        Some(claims).filter(|claims| claims.iss == self.issuer)
    }

    /// What an ID token says of whom and for whom it was made. A hint says who somebody was,
    /// not that they are here now: its end does not matter (Core §3.1.2.1, RP-Initiated
    /// Logout §2).
    pub fn id_token_hint(&self, token: &str) -> Option<IdTokenHint> {
        let token = Jws::read(token)?;
        if !token.header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("jwt")) {
            return None;
        }
        let claims: HintClaims = token.claims(self.signer(&token)?)?;
        if claims.iss != self.issuer {
            return None;
        }
        Some(IdTokenHint {
            subject: claims.sub,
            client_id: claims.aud.names().first()?.as_str().into(),
            session_id: claims.sid.map(SessionId::from),
        })
    }

    fn signer(&self, token: &Jws<'_>) -> Option<&PublicKey> {
        self.keys.get(token.header.kid.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::crypto::jws;
    use crate::crypto::seal::MasterKey;
    use crate::crypto::signing_key::SigningKey;
    use crate::model::{KeyState, SigningAlg};

    const ISSUER: &str = "https://id.example";

    fn ring() -> Keyring {
        let master = MasterKey::generate().unwrap();
        let records = SigningAlg::ALL.iter().map(|&alg| {
            let key = SigningKey::generate(alg, 2048).unwrap();
            key.seal(&master, KeyState::Active, Timestamp(0)).unwrap()
        });
        Keyring::default().renewed(records.collect(), &master).unwrap()
    }

    fn sign(ring: &Keyring, typ: &str, claims: &Value) -> String {
        jws::sign(ring.active(SigningAlg::Rs256).unwrap(), typ, claims).unwrap()
    }

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "sub": "u", "aud": ISSUER, "client_id": "c", "exp": 4_000_000_000_i64,
            "iat": 1, "jti": "j", "scope": "openid", "auth_time": 1, "acr": "a", "amr": ["pwd"],
            "grant_id": "g",
        })
    }

    #[test]
    fn an_access_token_is_good_until_the_second_it_ends() {
        let ring = ring();
        let verifier = Verifier::new(&ring, ISSUER).unwrap();
        let token = sign(&ring, ACCESS_TOKEN_TYPE, &claims());

        let end = Timestamp::from_seconds(4_000_000_000);
        for _ in 0..2 {
            assert!(verifier.access_token(&token, Timestamp(end.0 - 1)).is_some());
            assert!(verifier.access_token(&token, end).is_none());
        }
        // The signature is a part of what is known: with another one it is another token.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        assert!(verifier.access_token(&forged, Timestamp(0)).is_none());
    }

    #[test]
    fn one_kind_of_token_is_never_taken_for_another() {
        let ring = ring();
        let verifier = Verifier::new(&ring, ISSUER).unwrap();
        let access = sign(&ring, ACCESS_TOKEN_TYPE, &claims());
        let id_token = sign(&ring, "JWT", &claims());

        assert!(verifier.id_token_hint(&access).is_none());
        assert!(verifier.access_token(&id_token, Timestamp(0)).is_none());
        assert_eq!(verifier.id_token_hint(&id_token).unwrap().subject, "u");
        let user_info = sign(&ring, "JWT", &json!({"iss": ISSUER, "sub": "u", "aud": "c"}));
        assert!(verifier.id_token_hint(&user_info).is_none());
    }

    #[test]
    fn an_expired_hint_is_good_and_a_strange_one_is_not() {
        let (ring, other) = (ring(), self::ring());
        let verifier = Verifier::new(&ring, ISSUER).unwrap();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            claims
        };
        let hint =
            |ring: &Keyring, claims: &Value| verifier.id_token_hint(&sign(ring, "JWT", claims));
        assert!(hint(&ring, &with("exp", json!(1))).is_some());
        assert_eq!(hint(&ring, &with("aud", json!(["shop"]))).unwrap().client_id, "shop".into());
        assert!(hint(&ring, &with("iss", json!("https://evil.example"))).is_none());
        assert!(hint(&other, &claims()).is_none());
        assert!(verifier.id_token_hint("garbage").is_none());
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0.";
        assert!(verifier.id_token_hint(unsigned).is_none());
    }

    #[test]
    fn every_algorithm_verifies_with_its_own_key_and_no_other() {
        let ring = ring();
        let verifier = Verifier::new(&ring, ISSUER).unwrap();
        for &alg in SigningAlg::ALL {
            let token = jws::sign(ring.active(alg).unwrap(), "JWT", &claims()).unwrap();
            assert!(verifier.id_token_hint(&token).is_some(), "{alg}");
            let (_, rest) = token.split_once('.').unwrap();
            for (other, record) in ring.iter() {
                let header = json!({"alg": alg.as_str(), "kid": other.kid(), "typ": "JWT"});
                let header = crate::crypto::base64url(header.to_string().as_bytes());
                let good = verifier.id_token_hint(&format!("{header}.{rest}")).is_some();
                // With the same header in other words the signature is over other bytes.
                assert!(!good, "{alg} was taken for one of {}", record.alg);
            }
        }
    }
}
