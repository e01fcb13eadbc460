//! What of a request is kept when it goes wrong.

use serde_json::Value;

use crate::model::incident::{AskedParams, Assertion};
use crate::rules::params::Params;

/// No value is kept longer than this. Bytes.
const LONGEST: usize = 500;
/// Nobody's name and no word is this long without a break, but tokens and secrets are.
const SECRET: usize = 40;
/// The values in an address that are longer than this may be secrets.
const SHORT: usize = 20;
/// As many APIs as are kept of one request.
const MOST_RESOURCES: usize = 5;

/// What stands for characters that are not kept.
const HIDDEN: &str = "***";

/// A value as it may be kept and shown: cut, without control characters, and without what
/// might be a secret, a password or somebody's e-mail address that was put where it does not
/// belong. A registered value has to be masked too before the two are compared.
pub fn masked(text: &str) -> String {
    let plain: String = cut(text, 4 * LONGEST)
        .chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect();
    let plain = without_names(&plain.replace("%40", "@"), &plain);
    cut(&without_secrets(&plain), LONGEST).to_owned()
}

fn cut(text: &str, longest: usize) -> &str {
    let end = (0..=longest.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Hides what stands before an at sign: a name and a password in an address (RFC 3986 §3.2.1),
/// or the name in an e-mail address. `decoded` has the at signs; without one the text stays.
fn without_names(decoded: &str, text: &str) -> String {
    let Some((before, after)) = decoded.rsplit_once('@') else { return text.to_owned() };
    let begins = |part: &str| {
        let delimiter =
            |c: char| matches!(c, '/' | '=' | '&' | '?' | '#' | ',' | ';') || c.is_whitespace();
        part.rfind(delimiter).map_or(0, |at| {
            at + part.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        })
    };
    let mut kept = String::new();
    for part in before.split('@') {
        kept.push_str(part.get(..begins(part)).unwrap_or_default());
        kept.push_str(HIDDEN);
        kept.push('@');
    }
    kept.push_str(after);
    kept
}

/// Hides what is as long as a token, and of long values in an address.
fn without_secrets(text: &str) -> String {
    let mut kept = String::new();
    let mut word = String::new();
    let mut is_value = false;
    for c in text.chars() {
        if c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '%' | '+')
            || (is_value && matches!(c, '.' | '~'))
        {
            word.push(c);
            continue;
        }
        push(&mut kept, &word, is_value);
        word.clear();
        kept.push(c);
        is_value = c == '=';
    }
    push(&mut kept, &word, is_value);
    kept
}

fn push(kept: &mut String, word: &str, is_value: bool) {
    let longest = if is_value { SHORT } else { SECRET };
    if word.len() < longest {
        kept.push_str(word);
    } else {
        kept.push_str(HIDDEN);
    }
}

impl AskedParams {
    /// What is kept of these parameters; of codes, challenges and verifiers only how long
    /// they are.
    pub fn read(params: &Params) -> Self {
        let text = |name| params.get(name).map(masked);
        let length = |name| params.get(name).map(|value| value.chars().count());
        Self {
            client_id: text("client_id"),
            redirect_uri: text("redirect_uri"),
            post_logout_redirect_uri: text("post_logout_redirect_uri"),
            response_type: text("response_type"),
            response_mode: text("response_mode"),
            scope: text("scope"),
            resources: params.get_all("resource").take(MOST_RESOURCES).map(masked).collect(),
            prompt: text("prompt"),
            max_age: text("max_age"),
            grant_type: text("grant_type"),
            code_challenge_method: text("code_challenge_method"),
            code_challenge_length: length("code_challenge"),
            code_verifier_length: length("code_verifier"),
            repeated: params.repeated().map(masked),
            auth_methods: Vec::new(),
            path: None,
        }
    }
}

impl Assertion {
    /// What is kept of a client's assertion, whoever has signed it: neither its `jti` nor its
    /// signature.
    pub fn read(assertion: &str, expected_aud: &str) -> Self {
        let mut parts = assertion.split('.').map(part);
        let header = parts.next().unwrap_or_default();
        let claims = parts.next().unwrap_or_default();
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(masked);
        let aud = match claims.get("aud") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(name)) => vec![name.as_str()],
            _ => Vec::new(),
        };
        Self {
            alg: text(&header, "alg"),
            kid: text(&header, "kid"),
            iss: text(&claims, "iss"),
            sub: text(&claims, "sub"),
            aud: aud.into_iter().take(MOST_RESOURCES).map(masked).collect(),
            exp: claims.get("exp").map(|exp| masked(&exp.to_string())),
            expected_aud: expected_aud.to_owned(),
        }
    }
}

fn part(text: &str) -> Value {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_might_be_a_secret_or_a_name_is_hidden() {
        let secret = "dGhpcyBpcyBhIHNlY3JldCBvZiA0MyBjaGFyYWN0ZXJzISE";
        for (text, kept) in [
            ("https://shop.example/cb", "https://shop.example/cb"),
            ("https://shop.example/cb?x=1&y=2", "https://shop.example/cb?x=1&y=2"),
            ("https://ada:hunter2@shop.example/cb", "https://***@shop.example/cb"),
            ("ada@people.example", "***@people.example"),
            (
                "https://a.example/?login=ada@people.example",
                "https://a.example/?login=***@people.example",
            ),
            (
                "https://a.example/?login=ada%40people.example",
                "https://a.example/?login=***@people.example",
            ),
            ("https://a.example/?t=eyJhbGciOi.eyJzdWIiOi.c2ln&x=1", "https://a.example/?t=***&x=1"),
            ("0193a5b2-7c1d-7f00-8000-0123456789ab", "0193a5b2-7c1d-7f00-8000-0123456789ab"),
            ("openid profile", "openid profile"),
            ("a\nb\0c", "a\u{FFFD}b\u{FFFD}c"),
            (secret, HIDDEN),
        ] {
            assert_eq!(masked(text), kept);
        }
        assert_eq!(masked(&format!("a{}", "ä ".repeat(400))).len(), LONGEST - 1);
    }

    #[test]
    fn of_codes_and_verifiers_only_the_length_is_kept() {
        let query = "code=sesame&code_verifier=abc&code_challenge=defg&state=s3cr3t&nonce=n0nc3\
                     &login_hint=ada&id_token_hint=h1nt&password=pw&client_secret=cs\
                     &client_assertion=as&token=t0k3n&refresh_token=rt&scope=openid&x=1&x=2";
        let asked = AskedParams::read(&Params::parse(query.as_bytes()).unwrap());
        let kept = serde_json::to_value(&asked).unwrap();
        let expected = serde_json::json!({
            "scope": "openid", "code_challenge_length": 4, "code_verifier_length": 3,
            "repeated": "x",
        });
        assert_eq!(kept, expected);
    }

    #[test]
    fn an_assertion_is_read_without_its_name_and_signature() {
        // {"alg":"ES256","kid":"k"}.{"iss":"c","sub":"d","aud":["x"],"jti":"j","exp":5}
        let text = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.\
                    eyJpc3MiOiJjIiwic3ViIjoiZCIsImF1ZCI6WyJ4Il0sImp0aSI6ImoiLCJleHAiOjV9.c2ln";
        let read = serde_json::to_value(Assertion::read(text, "https://id.example")).unwrap();
        let expected = serde_json::json!({
            "alg": "ES256", "kid": "k", "iss": "c", "sub": "d", "aud": ["x"], "exp": "5",
            "expected_aud": "https://id.example",
        });
        assert_eq!(read, expected);
        assert_eq!(Assertion::read("nonsense", "").aud, Vec::<String>::new());
    }
}
