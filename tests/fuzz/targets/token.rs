//! Tokens that come back: whatever is accepted was signed here, as what it is taken for.
//!
//! An input is a letter and a text:
//!
//! - `t`: a token as it comes.
//! - `a`, `i`: edits of a good access token or ID token signed with RS256, five bytes each;
//!   `A`, `I`: the same with EdDSA.
//! - `f`: a header, a line break and claims, under signatures that anybody can make.
//! - `s`: the same, signed here.
//! - `c`: claims of a client's assertion.
//! - `j`: a client's JWK set.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use shared::crypto::client_keys::ClientKeySet;
use shared::crypto::keyring::Keyring;
use shared::crypto::seal::{MasterKey, Purpose};
use shared::crypto::signing_key::SigningKey;
use shared::crypto::verifier::Verifier;
use shared::crypto::{base64url, jws, token};
use shared::model::access_token::ACCESS_TOKEN_TYPE;
use shared::model::{KeyState, SigningAlg, SigningKeyRecord, Timestamp};
use shared::rules::client_assertion;
use signet_fuzz::ISSUER;

const NOW: Timestamp = Timestamp::from_seconds(3_000_000_000);

/// Keys that sign nothing but what is made here. Their signatures are made in one way
/// only: a good token is good to the last letter.
const TEST_KEYS: [(SigningAlg, &str, &[u8]); 2] = [
    (
        SigningAlg::Rs256,
        "oKuv4dQA5kenPRGMmDEKnytkUrDBMgOo02BPP_nkzjY",
        include_bytes!("../test-key-rsa.der"),
    ),
    (
        SigningAlg::EdDsa,
        "vzg-qOQibhDLOz-Ws4QRZ_CGJRKnxIrwUmugVz5UUHg",
        include_bytes!("../test-key-ed25519.der"),
    ),
];

/// A provider whose keys are the same in every run, and what it signed.
struct Provider {
    ring: Keyring,
    verifier: Verifier,
    /// The same keys as if they were a client's.
    client_keys: ClientKeySet,
    access_tokens: Vec<String>,
    id_tokens: Vec<String>,
}

static PROVIDER: LazyLock<Provider> = LazyLock::new(|| {
    let master = MasterKey::parse(&base64url(&[7; 32])).expect("it is 32 bytes");
    let records = TEST_KEYS.map(|(alg, kid, pkcs8)| SigningKeyRecord {
        kid: kid.to_owned(),
        alg,
        state: KeyState::Active,
        sealed_private_key: master.seal(Purpose::SigningKey, kid, pkcs8).expect("it is sealed"),
        created_at: Timestamp(0),
        activates_at: None,
        activated_at: Some(Timestamp(0)),
        retired_at: None,
    });
    let ring = Keyring::default().renewed(records.to_vec(), &master).expect("they are keys");
    let verifier = Verifier::new(&ring, ISSUER).expect("it can verify");
    let client_keys = ClientKeySet::parse(&ring.jwks(|_| true).to_string()).expect("it is a set");
    let claims = json!({
        "iss": ISSUER, "sub": "u", "aud": ISSUER, "client_id": "shop", "exp": 4_000_000_000_i64,
        "iat": 1, "jti": "j", "scope": "openid", "auth_time": 1, "acr": "a", "amr": ["pwd"],
        "grant_id": "g", "sid": "s",
    });
    let sign = |typ: &str| {
        let sign = |key| jws::sign(key, typ, &claims).expect("it signs");
        ring.iter().map(|(key, _)| sign(key)).collect::<Vec<_>>()
    };
    let (access_tokens, id_tokens) = (sign(ACCESS_TOKEN_TYPE), sign("JWT"));
    for (key, record) in ring.iter() {
        assert_eq!(key.kid(), record.kid);
    }
    Provider { ring, verifier, client_keys, access_tokens, id_tokens }
});

fuzz_target!(|input: &[u8]| {
    let Some((&letter, bytes)) = input.split_first() else { return };
    let provider = &*PROVIDER;
    match letter {
        b'a' => provider.accepts_nothing_else(&edited(&provider.access_tokens[0], bytes)),
        b'A' => provider.accepts_nothing_else(&edited(&provider.access_tokens[1], bytes)),
        b'i' => provider.accepts_nothing_else(&edited(&provider.id_tokens[0], bytes)),
        b'I' => provider.accepts_nothing_else(&edited(&provider.id_tokens[1], bytes)),
        b'c' => an_assertion_is_for_us_and_now(bytes),
        b'j' => any_key_set_can_be_looked_at(&String::from_utf8_lossy(bytes)),
        b'f' | b's' => {
            let mut parts = bytes.splitn(2, |&byte| byte == b'\n');
            let (header, claims) =
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            if letter == b'f' {
                provider.accepts_no_forgery(header, claims);
            } else {
                provider.takes_a_token_for_what_it_says(header, claims);
            }
        }
        _ => provider.accepts_nothing_else(&String::from_utf8_lossy(bytes)),
    }
});

/// Each edit is its kind, a place in two bytes, a second place or a byte, and a byte.
fn edited(token: &str, edits: &[u8]) -> String {
    let mut text = token.as_bytes().to_vec();
    for edit in edits.as_chunks::<5>().0 {
        let &[kind, high, low, other, byte] = edit;
        let place = usize::from(u16::from_be_bytes([high, low])) % (text.len() + 1);
        let distance = usize::from(other);
        match kind % 6 {
            0 if place < text.len() => text[place] = byte,
            1 => text.insert(place, byte),
            2 => drop(text.drain(place..(place + distance).min(text.len()))),
            3 => text.truncate(place),
            4 => text.extend_from_within(place..(place + distance).min(text.len())),
            5 if place + distance < text.len() => text.swap(place, place + distance),
            _ => {}
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

impl Provider {
    fn accepts_nothing_else(&self, text: &str) {
        let (is_access_token, is_id_token) = (
            self.access_tokens.iter().any(|each| each == text),
            self.id_tokens.iter().any(|each| each == text),
        );
        assert_eq!(self.verifier.access_token(text, NOW).is_some(), is_access_token, "{text}");
        assert_eq!(self.verifier.id_token_hint(text).is_some(), is_id_token, "{text}");
        let as_statement = self.client_keys.verify(text).is_ok();
        assert_eq!(as_statement, is_access_token || is_id_token, "{text}");
        let _ = client_assertion::claimed_client(text);
    }

    fn accepts_no_forgery(&self, header: &[u8], claims: &[u8]) {
        let message = format!("{}.{}", base64url(header), base64url(claims));
        let mut signatures = vec![String::new(), "AA".to_owned()];
        for good in self.access_tokens.iter().chain(&self.id_tokens) {
            signatures.extend(good.rsplit('.').next().map(str::to_owned));
        }
        // The published key taken for a shared secret (RFC 8725 §2.1).
        let public = self.ring.iter().flat_map(|(key, _)| [&key.jwk()["n"], &key.jwk()["x"]]);
        signatures.extend(public.filter_map(Value::as_str).map(|key| token::bind(key, &message)));
        for signature in signatures {
            self.accepts_nothing_else(&format!("{message}.{signature}"));
        }
        self.accepts_nothing_else(&message);
    }

    fn named(&self, kid: &Value) -> &SigningKey {
        let keys = || self.ring.iter().map(|(key, _)| key);
        keys().find(|key| kid == key.kid()).or_else(|| keys().next()).expect("there is one")
    }

    fn takes_a_token_for_what_it_says(&self, header: &[u8], claims: &[u8]) {
        // Most of them are no tokens at all; signing takes longest.
        let (Ok(head), Ok(says)) =
            (serde_json::from_slice::<Value>(header), serde_json::from_slice::<Value>(claims))
        else {
            return;
        };
        let key = self.named(&head["kid"]);
        let message = format!("{}.{}", base64url(header), base64url(claims));
        let signature = key.sign(message.as_bytes()).expect("it signs");
        let token = format!("{message}.{}", base64url(&signature));

        let access_token = self.verifier.access_token(&token, NOW);
        let hint = self.verifier.id_token_hint(&token);
        if access_token.is_none() && hint.is_none() {
            return;
        }
        assert!(access_token.is_none() || hint.is_none(), "it is taken for both");
        assert_eq!((&head["alg"], &head["kid"]), (&json!(key.alg().as_str()), &json!(key.kid())));
        assert!(is_or_has(&says["iss"], ISSUER), "{says}");
        if let Some(access_token) = access_token {
            assert_eq!(head["typ"], "at+jwt");
            assert!(access_token.aud.names().iter().all(|name| is_or_has(&says["aud"], name)));
            assert_eq!(says["sub"], access_token.sub.as_str());
            assert_eq!(says["exp"], access_token.exp);
            assert!(NOW.seconds() < access_token.exp);
        }
        if let Some(hint) = hint {
            let typ = head["typ"].as_str();
            assert!(typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")), "{head}");
            assert_eq!(says["sub"], hint.subject.as_str());
            assert!(is_or_has(&says["aud"], hint.client_id.as_str()), "{says}");
        }
    }
}

fn an_assertion_is_for_us_and_now(claims: &[u8]) {
    let Ok(claims) = serde_json::from_slice::<Value>(claims) else { return };
    let audiences = [ISSUER, "https://id.example/token"];
    let Ok(assertion) = client_assertion::check(&claims, "shop", &audiences, NOW) else { return };
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("shop"), &json!("shop")));
    assert!(audiences.iter().any(|audience| is_or_has(&claims["aud"], audience)), "{claims}");
    assert!(NOW < assertion.expires_at, "{claims}");
    assert!(assertion.expires_at <= NOW.plus(Duration::from_mins(61)), "{claims}");
    assert!(!assertion.jti.is_empty() && claims["jti"] == assertion.jti.as_str());
}

fn any_key_set_can_be_looked_at(json: &str) {
    let Some(keys) = ClientKeySet::parse(json) else { return };
    for token in &PROVIDER.access_tokens {
        let _ = keys.verify(token);
    }
}

fn is_or_has(value: &Value, text: &str) -> bool {
    value == text || value.as_array().is_some_and(|all| all.iter().any(|each| each == text))
}
