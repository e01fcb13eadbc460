//! Tokens taken apart for the eye, and the check an API makes of an access token (RFC 9068 §4).

use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::Value;

use super::failure::Failure;
use super::provider::Provider;

/// A JWT made readable. Nothing of it is believed on that account.
pub(super) struct Decoded {
    /// The header, as indented JSON.
    pub(super) header: String,
    /// The claims, as indented JSON.
    pub(super) claims: String,
    /// The `exp` claim.
    pub(super) expires_at: Option<DateTime<Utc>>,
}

/// Why an API would answer 401.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it is no JWT")]
    Malformed,
    #[error("its typ is not at+jwt, so it may be an ID token")]
    Type,
    #[error("its key is not among the published ones")]
    UnknownKey,
    #[error("{0}")]
    Claims(jsonwebtoken::errors::Error),
}

impl Decoded {
    /// Takes a signed JWT apart.
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.').map(json);
        let (header, claims) = (parts.next()??, parts.next()??);
        let expires_at = claims.get("exp").and_then(Value::as_i64);
        Some(Self {
            header: format!("{header:#}"),
            claims: format!("{claims:#}"),
            expires_at: expires_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        })
    }
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Checks an access token with the provider's published keys; asks for newer ones once.
pub(super) async fn check(provider: &Provider, token: &str) -> Result<Result<(), Unfit>, Failure> {
    let issuer = provider.issuer().as_str();
    let metadata = provider.metadata().await?;
    let verdict = check_with(&published(metadata.jwks()), token, issuer);
    if !matches!(verdict, Err(Unfit::UnknownKey)) {
        return Ok(verdict);
    }
    let metadata = provider.discover().await?;
    Ok(check_with(&published(metadata.jwks()), token, issuer))
}

/// The same keys in the words of the crate that checks with them.
fn published(keys: &CoreJsonWebKeySet) -> JwkSet {
    let readable = |key| serde_json::from_value(serde_json::to_value(key).ok()?).ok();
    JwkSet { keys: keys.keys().iter().filter_map(readable).collect() }
}

fn check_with(keys: &JwkSet, token: &str, issuer: &str) -> Result<(), Unfit> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Unfit::Malformed)?;
    // An ID token is signed by the same key and must not open an API (RFC 9068 §5).
    let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
    if typ.strip_prefix("application/").unwrap_or(&typ) != "at+jwt" {
        return Err(Unfit::Type);
    }
    let key = header.kid.and_then(|kid| keys.find(&kid)).ok_or(Unfit::UnknownKey)?;

    // The algorithm is the key's: who forges a token also chooses its header.
    let mut wanted = Validation::new(algorithm(key));
    wanted.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    wanted.set_issuer(&[issuer]);
    // This stands for the provider's own API, UserInfo, whose name is the issuer.
    wanted.set_audience(&[issuer]);
    wanted.validate_nbf = true;
    // The provider runs by the same clock.
    wanted.leeway = 0;
    let key = DecodingKey::from_jwk(key).map_err(Unfit::Claims)?;
    jsonwebtoken::decode::<Value>(token, &key, &wanted).map_err(Unfit::Claims)?;
    Ok(())
}

fn algorithm(key: &Jwk) -> Algorithm {
    let named = key.common.key_algorithm.map(|algorithm| algorithm.to_string());
    named.and_then(|name| Algorithm::from_str(&name).ok()).unwrap_or(Algorithm::RS256)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "http://localhost:8080";

    /// A provider's key: signs tokens, and is published.
    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }

        fn published(&self) -> JwkSet {
            let point = self.0.public_key().as_ref();
            let (x, y) = point[1..].split_at(32);
            let key = json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k1",
                "x": BASE64_URL_SAFE_NO_PAD.encode(x), "y": BASE64_URL_SAFE_NO_PAD.encode(y),
            });
            serde_json::from_value(json!({ "keys": [key] })).unwrap()
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
            let input = format!("{}.{}", part(header), part(claims));
            let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
            format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
        }
    }

    fn header() -> Value {
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k1" })
    }

    fn claims() -> Value {
        json!({ "iss": ISSUER, "aud": ISSUER, "sub": "alice", "exp": 4_102_444_800_u32 })
    }

    fn with(mut json: Value, member: &str, value: Value) -> Value {
        json[member] = value;
        json
    }

    #[test]
    fn a_good_token_is_fit_and_reads_well() {
        let signer = Signer::new();
        let token = signer.sign(&header(), &claims());
        check_with(&signer.published(), &token, ISSUER).unwrap();

        let decoded = Decoded::read(&token).unwrap();
        assert!(decoded.header.contains("\"typ\": \"at+jwt\""));
        assert!(decoded.claims.contains("\"sub\": \"alice\""));
        assert_eq!(decoded.expires_at.unwrap().to_string(), "2100-01-01 00:00:00 UTC");
    }

    #[test]
    fn each_claim_must_be_right() {
        let signer = Signer::new();
        let keys = signer.published();
        for (member, value) in [
            ("iss", json!("http://localhost:9999")),
            ("aud", json!("somebody-else")),
            ("exp", json!(1_000_000_000)),
            ("sub", Value::Null),
        ] {
            let token = signer.sign(&header(), &with(claims(), member, value));
            let verdict = check_with(&keys, &token, ISSUER);
            assert!(matches!(verdict, Err(Unfit::Claims(_))), "{member}: {verdict:?}");
        }
    }

    #[test]
    fn an_id_token_is_no_access_token() {
        let signer = Signer::new();
        for typ in [json!("JWT"), Value::Null] {
            let token = signer.sign(&with(header(), "typ", typ), &claims());
            let verdict = check_with(&signer.published(), &token, ISSUER);
            assert!(matches!(verdict, Err(Unfit::Type)));
        }
    }

    #[test]
    fn the_header_chooses_neither_algorithm_nor_key() {
        let signer = Signer::new();
        let keys = signer.published();
        let confused = signer.sign(&with(header(), "alg", json!("HS256")), &claims());
        assert!(matches!(check_with(&keys, &confused, ISSUER), Err(Unfit::Claims(_))));
        let unsigned = signer.sign(&with(header(), "alg", json!("none")), &claims());
        assert!(matches!(check_with(&keys, &unsigned, ISSUER), Err(Unfit::Malformed)));
        let forged = Signer::new().sign(&header(), &claims());
        assert!(matches!(check_with(&keys, &forged, ISSUER), Err(Unfit::Claims(_))));
        let foreign = signer.sign(&with(header(), "kid", json!("k2")), &claims());
        assert!(matches!(check_with(&keys, &foreign, ISSUER), Err(Unfit::UnknownKey)));
    }

    #[test]
    fn what_is_no_jwt_does_not_read() {
        for text in ["", "abc", "a.b.c", "e30", "!.e30.x"] {
            assert!(Decoded::read(text).is_none(), "{text}");
        }
    }
}
