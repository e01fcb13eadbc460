//! Checking this provider's own tokens when they come back.

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CryptoError;
use super::keyring::Keyring;
use crate::model::access_token::{ACCESS_TOKEN_TYPE, AccessClaims};
use crate::model::{IdTokenHint, SessionId, Timestamp};

/// Checks what its keys signed in its issuer's name.
pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
    access_tokens: Validation,
    hints: Validation,
}

#[derive(Deserialize)]
struct HintClaims {
    sub: String,
    aud: Audience,
    sid: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Verifier {
    /// For the tokens that these keys signed in this issuer's name.
    pub fn new(keyring: &Keyring, issuer: &str) -> Result<Self, CryptoError> {
        let mut keys = HashMap::new();
        for key in keyring.published() {
            let (modulus, exponent) = key.components();
            let decoding = DecodingKey::from_rsa_components(modulus, exponent)
                .map_err(|_| CryptoError::SigningKey("it cannot verify"))?;
            keys.insert(key.kid().to_owned(), decoding);
        }
        let mut access_tokens = Validation::new(Algorithm::RS256);
        access_tokens.set_issuer(&[issuer]);
        access_tokens.set_audience(&[issuer]);
        access_tokens.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        access_tokens.leeway = 0;

        // A hint says who somebody was, not that they are here now: its end does not
        // matter (Core §3.1.2.1, RP-Initiated Logout §2).
        let mut hints = Validation::new(Algorithm::RS256);
        hints.set_issuer(&[issuer]);
        hints.set_required_spec_claims(&["iss", "aud", "sub"]);
        hints.validate_exp = false;
        hints.validate_aud = false;
        Ok(Self { keys, access_tokens, hints })
    }

    /// The claims of an access token that is good in itself (RFC 9068 §4); whether its
    /// grant is alive, the store knows.
    pub fn access_token(&self, token: &str, now: Timestamp) -> Option<AccessClaims> {
        let is_access_token = |typ: Option<&str>| typ == Some(ACCESS_TOKEN_TYPE);
        let claims: AccessClaims = self.claims(token, &self.access_tokens, is_access_token)?;
        // The crate accepts a token in the very second of its end; RFC 7519 §4.1.4 does not.
        Some(claims).filter(|claims| now.seconds() < claims.exp)
    }

    /// What an ID token says of whom and for whom it was made, expired or not.
    pub fn id_token_hint(&self, token: &str) -> Option<IdTokenHint> {
        let is_id_token = |typ: Option<&str>| typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"));
        let claims: HintClaims = self.claims(token, &self.hints, is_id_token)?;
        let client_id = match claims.aud {
            Audience::One(client_id) => client_id,
            Audience::Several(all) => all.into_iter().next()?,
        };
        Some(IdTokenHint {
            user_id: claims.sub.into(),
            client_id: client_id.into(),
            session_id: claims.sid.map(SessionId::from),
        })
    }

    fn claims<T: DeserializeOwned>(
        &self,
        token: &str,
        validation: &Validation,
        is_right_type: impl Fn(Option<&str>) -> bool,
    ) -> Option<T> {
        let Header { typ, kid, .. } = jsonwebtoken::decode_header(token).ok()?;
        if !is_right_type(typ.as_deref()) {
            return None;
        }
        let key = self.keys.get(&kid?)?;
        jsonwebtoken::decode(token, key, validation).ok().map(|token| token.claims)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::crypto::jws;
    use crate::crypto::keyring::SigningKey;
    use crate::crypto::seal::MasterKey;
    use crate::model::KeyState;

    const ISSUER: &str = "https://id.example";

    fn ring() -> Keyring {
        let master = MasterKey::generate().unwrap();
        let key = SigningKey::generate(2048).unwrap();
        let record = key.seal(&master, KeyState::Active, Timestamp(0)).unwrap();
        Keyring::open(&[record], &master).unwrap()
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
        let token = jws::sign(ring.active(), ACCESS_TOKEN_TYPE, &claims()).unwrap();

        let end = Timestamp::from_seconds(4_000_000_000);
        assert!(verifier.access_token(&token, Timestamp(end.0 - 1)).is_some());
        assert!(verifier.access_token(&token, end).is_none());
    }

    #[test]
    fn one_kind_of_token_is_never_taken_for_another() {
        let ring = ring();
        let verifier = Verifier::new(&ring, ISSUER).unwrap();
        let access = jws::sign(ring.active(), ACCESS_TOKEN_TYPE, &claims()).unwrap();
        let id_token = jws::sign(ring.active(), "JWT", &claims()).unwrap();

        assert!(verifier.id_token_hint(&access).is_none());
        assert!(verifier.access_token(&id_token, Timestamp(0)).is_none());
        assert_eq!(verifier.id_token_hint(&id_token).unwrap().user_id, "u".into());
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
        let hint = |ring: &Keyring, claims: &Value| {
            verifier.id_token_hint(&jws::sign(ring.active(), "JWT", claims).unwrap())
        };
        assert!(hint(&ring, &with("exp", json!(1))).is_some());
        assert_eq!(hint(&ring, &with("aud", json!(["shop"]))).unwrap().client_id, "shop".into());
        assert!(hint(&ring, &with("iss", json!("https://evil.example"))).is_none());
        assert!(hint(&other, &claims()).is_none());
        assert!(verifier.id_token_hint("garbage").is_none());
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0.";
        assert!(verifier.id_token_hint(unsigned).is_none());
    }
}
