//! Clients with keys of their own: what they sign, and where they publish their keys.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls};

use super::client::Params;
use super::http::now;

/// A key of a client.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) alg: Algorithm,
    pub(crate) kid: String,
    encoding: EncodingKey,
    jwk: Value,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    /// Makes a key for an algorithm.
    pub(crate) fn new(alg: Algorithm, kid: &str) -> Self {
        let (encoding, mut jwk) = match alg {
            Algorithm::ES256 | Algorithm::ES384 => {
                let (signing, curve) = if alg == Algorithm::ES256 {
                    (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256")
                } else {
                    (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384")
                };
                let pair = EcdsaKeyPair::generate(signing).unwrap();
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let jwk = json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y)});
                (EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()), jwk)
            }
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let x = text(pair.public_key().as_ref());
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
                (EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref()), jwk)
            }
            _ => {
                let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
                let public = pair.public_key();
                let modulus = public.modulus().big_endian_without_leading_zero();
                let exponent = public.exponent().big_endian_without_leading_zero();
                let jwk = json!({"kty": "RSA", "n": text(modulus), "e": text(exponent)});
                // The library wants what PKCS#8 has behind its 26 bytes of preface.
                let pkcs8 = pair.as_der().unwrap();
                (EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]), jwk)
            }
        };
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        Self { alg, kid: kid.to_owned(), encoding, jwk }
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> Value {
        self.jwk.clone()
    }

    /// Claims, signed.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(self.alg) };
        jsonwebtoken::encode(&header, claims, &self.encoding).expect("it signs")
    }
}

/// A JWK set of these keys, as JSON.
pub(crate) fn jwks(keys: &[&Key]) -> String {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}

/// What a client claims to prove who it is (RFC 7523 §3), never twice the same.
pub(crate) fn claims(client_id: &str, audience: &str) -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let jti = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    json!({
        "iss": client_id, "sub": client_id, "aud": audience, "jti": jti,
        "iat": now(), "exp": now() + 60,
    })
}

/// A form with the proof beside it.
pub(crate) fn proven(form: Params, assertion: &str) -> Params {
    form.with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .with("client_assertion", assertion)
}

/// Where a client publishes its keys: answers every request with the same words.
#[derive(Clone)]
pub(crate) struct Publisher {
    address: SocketAddr,
    /// The certificate that it shows, where it speaks TLS.
    pub(crate) certificate: Option<String>,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    pub(crate) async fn start(body: &str) -> Self {
        Self::listen(body, None).await
    }

    /// Over TLS, with a certificate of its own making for `localhost`.
    pub(crate) async fn start_over_tls(body: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        Self::listen(body, Some(made.expect("a certificate can be made"))).await
    }

    /// One that takes every question and answers none.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let publisher = Self {
            address: listener.local_addr().expect("it has an address"),
            certificate: None,
            answer: Arc::default(),
            asked: Arc::default(),
        };
        let asked = Arc::clone(&publisher.asked);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok(connection) = listener.accept().await {
                asked.fetch_add(1, Ordering::SeqCst);
                open.push(connection);
            }
        });
        publisher
    }

    async fn listen(body: &str, shown: Option<rcgen::CertifiedKey<rcgen::KeyPair>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let publisher = Self {
            address: listener.local_addr().expect("it has an address"),
            certificate: shown.as_ref().map(|made| made.cert.pem()),
            answer: Arc::default(),
            asked: Arc::default(),
        };
        publisher.publish(body);
        let served = publisher.clone();
        let tls = shown.map(|made| {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
            let config = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("there are versions")
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key.into());
            TlsAcceptor::from(Arc::new(config.expect("the two belong together")))
        });
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                match &tls {
                    None => served.answer(connection).await,
                    Some(tls) => {
                        if let Ok(connection) = tls.accept(connection).await {
                            served.answer(connection).await;
                        }
                    }
                }
            }
        });
        publisher
    }

    async fn answer(&self, mut connection: impl AsyncRead + AsyncWrite + Unpin) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut request = [0; 4096];
        let _ = connection.read(&mut request).await;
        let answer = self.answer.lock().unwrap().clone();
        let _ = connection.write_all(answer.as_bytes()).await;
        let _ = connection.shutdown().await;
    }

    /// Says this from now on.
    pub(crate) fn publish(&self, body: &str) {
        let length = body.len();
        self.say(&format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        ));
    }

    /// Answers so from now on, byte for byte.
    pub(crate) fn say(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    pub(crate) fn url(&self) -> String {
        match self.certificate {
            None => format!("http://{}/jwks", self.address),
            Some(_) => format!("https://localhost:{}/jwks", self.address.port()),
        }
    }

    /// How often somebody has asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
