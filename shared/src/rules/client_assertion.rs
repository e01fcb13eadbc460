//! What a client must claim to be believed (RFC 7523 §3, Core §9).

use std::time::Duration;

use serde_json::Value;

use crate::model::Timestamp;

/// The only kind of assertion that proves a client (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far a client's clock may be ahead.
const AHEAD: Duration = Duration::from_secs(30);
/// How long an assertion may be good; what was used is remembered for that long.
const LONGEST: Duration = Duration::from_hours(1);
/// The longest `jti`.
const LONGEST_JTI: usize = 500;

/// An assertion that is good, if it was never used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its own name.
    pub jti: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Which client an assertion speaks of, before anybody has looked at its signature.
pub fn claimed_client(assertion: &str) -> Option<String> {
    use base64::Engine;
    let claims = assertion.split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

/// Checks what an assertion claims. Its audience must be one of `audiences`: the issuer
/// or the endpoint that it was sent to.
///
/// # Errors
/// What is wrong, in fixed words.
pub fn check(
    claims: &Value,
    client_id: &str,
    audiences: &[&str],
    now: Timestamp,
) -> Result<Assertion, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(client_id) || text("sub") != Some(client_id) {
        return Err("iss and sub of the assertion are not the client");
    }
    let is_meant = |name: &Value| name.as_str().is_some_and(|name| audiences.contains(&name));
    let for_us = match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().any(is_meant),
        Some(name) => is_meant(name),
        None => false,
    };
    if !for_us {
        return Err("aud of the assertion is not this server");
    }
    let moment = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(seconds).map(Some).ok_or("a time is not a number"),
    };
    let expires_at = moment("exp")?.ok_or("exp of the assertion is missing")?;
    if now >= expires_at {
        return Err("the assertion has expired");
    }
    if expires_at > now.plus(LONGEST).plus(AHEAD) {
        return Err("the assertion is good for more than an hour");
    }
    for name in ["nbf", "iat"] {
        if moment(name)?.is_some_and(|at| at > now.plus(AHEAD)) {
            return Err("the assertion is from the future");
        }
    }
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI);
    let jti = jti.ok_or("jti of the assertion is missing")?.to_owned();
    Ok(Assertion { jti, expires_at })
}

/// A `NumericDate`, which may have a fraction (RFC 7519 §2).
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range saturates")]
fn seconds(number: f64) -> Timestamp {
    Timestamp((number * 1_000_000.0) as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn checked(name: &str, value: Value) -> Result<Assertion, &'static str> {
        let mut claims = json!({
            "iss": "c", "sub": "c", "aud": "https://id.example", "exp": 1_000_060, "jti": "j",
        });
        claims[name] = value;
        check(&claims, "c", &["https://id.example", "https://id.example/token"], NOW)
    }

    #[test]
    fn what_is_accepted() {
        for (name, value) in [
            ("iat", json!(1_000_008)),
            ("nbf", json!(1_000_008.5)),
            ("aud", json!("https://id.example/token")),
            ("aud", json!(["https://other.example", "https://id.example"])),
            ("exp", json!(1_000_001)),
            ("exp", json!(1_003_600)),
        ] {
            assert!(checked(name, value.clone()).is_ok(), "{name} {value}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (name, value) in [
            ("iss", json!("other")),
            ("sub", Value::Null),
            ("aud", json!("https://other.example")),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("exp", json!(1_000_000)),
            ("exp", Value::Null),
            ("exp", json!("soon")),
            ("exp", json!(1_010_000)),
            ("exp", json!(1e300)),
            ("iat", json!(1_000_061)),
            ("nbf", json!(1_000_061)),
            ("jti", Value::Null),
            ("jti", json!("")),
            ("jti", json!("x".repeat(501))),
        ] {
            assert!(checked(name, value.clone()).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn the_client_is_read_before_the_signature() {
        // {"sub":"c"}
        assert_eq!(claimed_client("e30.eyJzdWIiOiJjIn0.x").as_deref(), Some("c"));
        for garbage in ["", "a.b.c", "e30.e30.", "e30"] {
            assert_eq!(claimed_client(garbage), None, "{garbage}");
        }
    }
}
