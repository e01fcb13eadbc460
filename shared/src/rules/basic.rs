//! What a client says of itself in the `Authorization` header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use crate::model::Secret;

/// Reads `Basic` credentials, a client's id and its secret: both parts form-encoded, then
/// joined by a colon, then base64 (RFC 6749 §2.3.1).
pub fn read(header: &str) -> Option<(String, Secret<String>)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Secret::new(STANDARD.decode(encoded.trim()).ok()?);
    let text = std::str::from_utf8(decoded.expose()).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), Secret::new(form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    // A lone value, so that an ampersand or equals sign in it divides nothing.
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let encoded = STANDARD.encode("my%3Aclient:a%2Bb%25+c=&d");
        let (id, secret) = read(&format!("bAsIc {encoded}")).unwrap();
        assert_eq!((id.as_str(), secret.expose().as_str()), ("my:client", "a+b% c=&d"));
    }

    #[test]
    fn what_is_not_basic_is_not_read() {
        for value in ["Bearer abc", "Basic", "Basic !!!", "Basic bm9jb2xvbg=="] {
            assert!(read(value).is_none(), "{value}");
        }
    }
}
