//! A person's passkey in software, as an application on a phone asks for it: what it signs was
//! not written by the server's own library.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::http::Answer;

/// A key pair for one site and one person.
pub(crate) struct Passkey {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    /// The person, as the server named them when it was made.
    owner: String,
    rp_id: String,
}

/// Where an answer is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) origin: &'a str,
    /// Whether that is a frame in a page of another site.
    pub(crate) is_framed: bool,
}

impl<'a> Place<'a> {
    /// A page, or an application, of its own.
    pub(crate) fn of(origin: &'a str) -> Self {
        Self { origin, is_framed: false }
    }

    /// What the browser says of it and of the question (Web Authentication §5.8.1).
    fn client_data(self, kind: &str, question: &Value) -> Vec<u8> {
        let said = json!({
            "type": kind, "challenge": question["challenge"],
            "origin": self.origin, "crossOrigin": self.is_framed,
        });
        said.to_string().into_bytes()
    }
}

/// User present and verified.
const SEEN: u8 = 0b101;
/// With the new key's data.
const NEW: u8 = 0b100_0000;

impl Passkey {
    /// Makes one, and what is answered to the question for it, with attestation `none`.
    pub(crate) fn make(question: &Value, place: Place<'_>) -> (Self, Value) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key = Self {
            pair,
            id,
            owner: text(&question["user"]["id"]),
            rp_id: text(&question["rp"]["id"]),
        };
        let data = key.authenticator_data(SEEN | NEW, &key.described());
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": the data}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let client_data = place.client_data("webauthn.create", question);
        let response = json!({
            "clientDataJSON": encoded(&client_data), "attestationObject": encoded(&object),
            "transports": ["internal"],
        });
        let answer = key.answer(&response);
        (key, answer)
    }

    /// What is answered to a question for any key.
    pub(crate) fn sign(&self, question: &Value, place: Place<'_>) -> Value {
        let client_data = place.client_data("webauthn.get", question);
        let data = self.authenticator_data(SEEN, &[]);
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(&json!({
            "clientDataJSON": encoded(&client_data), "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()), "userHandle": self.owner,
        }))
    }

    fn answer(&self, response: &Value) -> Value {
        let id = encoded(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "clientExtensionResults": {},
        })
    }

    /// §6.1; it does not count how often it signs.
    fn authenticator_data(&self, flags: u8, more: &[u8]) -> Vec<u8> {
        let rp = digest(&SHA256, self.rp_id.as_bytes());
        [rp.as_ref(), &[flags, 0, 0, 0, 0], more].concat()
    }

    /// §6.5.1: no model, the id, and the public key as COSE writes it (RFC 9053 §7.1).
    fn described(&self) -> Vec<u8> {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let start = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20";
        [&[0; 16], &length[..], &self.id, start, x, b"\x22\x58\x20", y].concat()
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The address of a step of the sign-in that a page belongs to.
pub(crate) fn step(page: &Page, name: &str) -> String {
    let (_, id) = page.url.query_pairs().find(|(name, _)| name == "interaction").unwrap();
    let origin = page.url.origin().ascii_serialization();
    format!("{origin}/api/v1/interactions/{id}/{name}")
}

impl Browser {
    /// Asks at the address of a step, and gives what came.
    pub(crate) async fn ask(&self, url: &str, body: &Value) -> Value {
        let asked = self.call(&format!("{url}/options"), body).await;
        assert_eq!(asked.status, 200, "{asked}");
        asked.json()
    }

    /// Shows a passkey where one is asked for.
    pub(crate) async fn show_key(&self, url: &str, key: &Passkey, place: Place<'_>) -> Answer {
        let answer = self.sign_with_key(url, key, place).await;
        self.call(url, &answer).await
    }

    /// What shows a passkey at the address for it, once it is sent there.
    pub(crate) async fn sign_with_key(&self, url: &str, key: &Passkey, place: Place<'_>) -> Value {
        let asked = self.ask(url, &json!({})).await;
        let credential = key.sign(&asked["publicKey"], place);
        json!({"challenge": asked["challenge"], "credential": credential})
    }

    /// Enrols a passkey at the address for it.
    pub(crate) async fn enrol_key(&self, url: &str, place: Place<'_>) -> (Passkey, Answer) {
        let asked = self.ask(url, &json!({"kind": "passkey"})).await;
        let (key, credential) = Passkey::make(&asked["publicKey"], place);
        let answer = json!({
            "challenge": asked["challenge"], "kind": "passkey", "name": "In software",
            "credential": credential,
        });
        let answer = self.call(url, &answer).await;
        (key, answer)
    }

    /// A person's passkey, added on the page of the account that is open here.
    pub(crate) async fn add_key(&self, issuer: &str) -> Passkey {
        let url = format!("{issuer}/account/factors/keys");
        let (key, answer) = self.enrol_key(&url, Place::of(issuer)).await;
        assert_eq!(answer.status, 200, "{answer}");
        key
    }
}
