//! What the server says about itself, and whether it is true.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::assertion::{claims, proven};
use crate::harness::client::Params;
use crate::harness::http::{self, Answer};
use crate::harness::on_every_database;
use crate::harness::server::Server;

const CONFIGURATION: &str = "/.well-known/openid-configuration";

/// Every member of server metadata in IANA's registry that a provider of ours could have.
const REGISTERED: &[&str] = &[
    "acr_values_supported",
    "authorization_details_types_supported",
    "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported",
    "authorization_endpoint",
    "authorization_response_iss_parameter_supported",
    "authorization_signing_alg_values_supported",
    "backchannel_authentication_endpoint",
    "backchannel_logout_session_supported",
    "backchannel_logout_supported",
    "check_session_iframe",
    "claim_types_supported",
    "claims_locales_supported",
    "claims_parameter_supported",
    "claims_supported",
    "code_challenge_methods_supported",
    "device_authorization_endpoint",
    "display_values_supported",
    "dpop_signing_alg_values_supported",
    "end_session_endpoint",
    "frontchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "grant_types_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "id_token_signing_alg_values_supported",
    "introspection_endpoint",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "issuer",
    "jwks_uri",
    "mtls_endpoint_aliases",
    "op_policy_uri",
    "op_tos_uri",
    "protected_resources",
    "pushed_authorization_request_endpoint",
    "registration_endpoint",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_pushed_authorization_requests",
    "require_request_uri_registration",
    "require_signed_request_object",
    "response_modes_supported",
    "response_types_supported",
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "scopes_supported",
    "service_documentation",
    "signed_metadata",
    "subject_types_supported",
    "tls_client_certificate_bound_access_tokens",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "userinfo_endpoint",
    "userinfo_signing_alg_values_supported",
];

async fn metadata(server: &Server) -> Value {
    server.get(CONFIGURATION).await.json()
}

/// The words of a list, each once.
#[track_caller]
fn words(document: &Value, name: &str) -> BTreeSet<String> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("{name} is no list: {document}"));
    let words: BTreeSet<_> =
        list.iter().map(|word| word.as_str().expect("a list of words").to_owned()).collect();
    assert_eq!(words.len(), list.len(), "{name} has a word twice");
    words
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// 1, 2, 3, 4 (Disc §3, §4, §4.3, RFC 8414 §2, §3). On this machine the issuer may be http.
#[test]
fn the_metadata_is_at_two_addresses_and_names_the_issuer_and_its_endpoints() {
    on_every_database(async |server| {
        let issuer = server.issuer();
        let answer = server.get(CONFIGURATION).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.media_type(), "application/json");
        assert_eq!(answer.header("set-cookie"), "");
        let document = answer.json();
        assert_eq!(document["issuer"], *issuer);
        let other = server.get("/.well-known/oauth-authorization-server").await;
        assert_eq!(other.status, 200, "{other}");
        assert_eq!(other.json()["issuer"], *issuer);

        let members = document.as_object().expect("the metadata is an object");
        for (name, value) in members {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                let url = value.as_str().expect("an endpoint is text");
                assert!(url.starts_with(&format!("{issuer}/")), "{name}: {url}");
                let found = server.http().get(url).await;
                assert!(found.status != 404 && found.status < 500, "{name}: {found}");
            }
        }
    });
}

/// 5, 6, 7, 8, 10, 11, 12 (Disc §3, RFC 8414 §2, RFC 9207 §3, RFC 5646)
#[test]
fn the_metadata_has_what_it_must_have() {
    on_every_database(async |server| {
        let document = metadata(&server).await;
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            assert!(document[name].is_string(), "{name}");
        }
        assert_eq!(words(&document, "response_types_supported"), set(&["code"]));
        assert_eq!(words(&document, "subject_types_supported"), set(&["public", "pairwise"]));
        let algorithms = words(&document, "id_token_signing_alg_values_supported");
        assert!(algorithms.contains("RS256") && !algorithms.contains("none"), "{algorithms:?}");

        let scopes = words(&document, "scopes_supported");
        assert!(scopes.contains("openid"), "{scopes:?}");
        let is_token = |scope: &String| {
            let allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            !scope.is_empty() && scope.bytes().all(allowed)
        };
        assert!(scopes.iter().all(is_token), "{scopes:?}");

        assert_eq!(document["request_parameter_supported"], false);
        assert_eq!(document["request_uri_parameter_supported"], false);
        let objects = "request_object_signing_alg_values_supported";
        assert!(document.get(objects).is_none() || !words(&document, objects).contains("none"));
        assert_eq!(words(&document, "code_challenge_methods_supported"), set(&["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        for tag in words(&document, "ui_locales_supported") {
            let canonical = tag.len() == 2 && tag.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(canonical, "teach this test the tag {tag}");
        }
        let claims = words(&document, "claims_supported");
        for claim in ["sub", "iss", "auth_time", "acr", "name", "email", "address", "phone_number"]
        {
            assert!(claims.contains(claim), "{claim}");
        }
    });
}

/// 13 (RFC 8414 §3.2)
#[test]
fn the_metadata_has_nothing_made_up_or_empty() {
    on_every_database(async |server| {
        let document = metadata(&server).await;
        for (name, value) in document.as_object().expect("the metadata is an object") {
            assert!(REGISTERED.contains(&name.as_str()), "{name} is not registered");
            assert!(!value.is_null(), "{name}");
            assert!(value.as_array().is_none_or(|list| !list.is_empty()), "{name}");
            assert!(value.as_str().is_none_or(|text| !text.is_empty()), "{name}");
        }
    });
}

/// 9 (Disc §3). That what is listed works the other tests show; here, that what is not
/// listed is refused.
#[test]
fn what_the_metadata_does_not_list_is_refused() {
    on_every_database(async |server| {
        let document = metadata(&server).await;
        assert_eq!(words(&document, "response_modes_supported"), set(&["query", "form_post"]));
        assert_eq!(
            words(&document, "grant_types_supported"),
            set(&["authorization_code", "refresh_token", "client_credentials"])
        );
        assert_eq!(
            words(&document, "token_endpoint_auth_methods_supported"),
            set(&["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
        );

        let (shop, browser) = (server.client("shop"), server.browser());
        for mode in ["fragment", "form_post.jwt", "jwt", "query.jwt", "web_message"] {
            let request = shop.request().with("response_mode", mode);
            let returned = browser.open(&request.url()).await.returned();
            returned.assert_error("invalid_request", server.issuer());
            assert_eq!(returned.url.fragment(), None, "{mode}");
        }
        for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
            let form = Params::new(&[("grant_type", grant)]);
            shop.token(&form).await.assert_refused(400, "unsupported_grant_type");
        }
        let assertion = [
            ("grant_type", "authorization_code"),
            ("code", "x"),
            ("client_id", &shop.id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", "a.b.c"),
        ];
        let answer = server.http().post(&shop.at("/token"), &assertion).await;
        answer.assert_refused(401, "invalid_client");

        // `client_secret_jwt`: the secret is good, but not to sign with.
        let batch = server.client_with("batch", "service", &[]);
        let wish = Params::new(&[("grant_type", "client_credentials")]);
        assert_eq!(batch.token(&wish).await.status, 200);
        let secret = EncodingKey::from_secret(batch.secret.as_bytes());
        let said = claims(&batch.id, server.issuer());
        let assertion = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &said, &secret);
        let form = proven(wish, &assertion.expect("it signs"));
        let answer = server.http().post(&batch.at("/token"), &form.borrowed()).await;
        answer.assert_refused(401, "invalid_client");
        let unlisted = ["--kind", "service", "--auth-method", "client_secret_jwt"];
        let args = [&["client", "add", "--name", "x"][..], &unlisted].concat();
        server.cli(&args).assert_failed(2, &["client_secret_jwt"]);
    });
}

/// 14, 15, 16 (Core §10.1, RFC 7517 §4.5, §8.1.1)
#[test]
fn the_published_keys_are_public_strong_and_distinct() {
    on_every_database(async |server| {
        // Keys of every kind are there, as there are clients that want them.
        let wanted = set(&["RS256", "PS256", "ES256", "EdDSA"]);
        for alg in &wanted {
            server.client_with(&alg.to_lowercase(), "spa", &["--id-token-alg", alg]);
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        let answer = loop {
            let answer = server.get("/jwks").await;
            assert_eq!(answer.status, 200, "{answer}");
            let document = answer.json();
            let keys = document["keys"].as_array().expect("there is a list of keys");
            let algs = keys.iter().filter_map(|key| key["alg"].as_str().map(str::to_owned));
            if algs.collect::<BTreeSet<_>>() == wanted {
                break answer;
            }
            assert!(Instant::now() < deadline, "{document}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let types = ["application/json", "application/jwk-set+json"];
        assert!(types.contains(&&*answer.media_type()), "{answer}");
        assert_eq!(metadata(&server).await["jwks_uri"], *format!("{}/jwks", server.issuer()));

        let document = answer.json();
        let keys = document["keys"].as_array().expect("there is a list of keys");
        assert!(!keys.is_empty());
        for key in keys {
            for name in ["kid", "alg"] {
                assert!(key[name].is_string(), "{name}: {key}");
            }
            assert!(key["use"] == "sig" || key["key_ops"].is_array(), "{key}");
            for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(name).is_none(), "{name} is published");
            }
            let number = |name: &str| {
                let text = key[name].as_str().unwrap_or_else(|| panic!("{name}: {key}"));
                URL_SAFE_NO_PAD.decode(text).expect("it is base64url without padding")
            };
            let curve = |name: &str, members: &[&str]| {
                assert_eq!(key["crv"], name, "{key}");
                for member in members {
                    assert_eq!(number(member).len(), 32, "{member}: {key}");
                }
            };
            match key["alg"].as_str().unwrap_or_default() {
                "RS256" | "PS256" => {
                    assert_eq!((&key["kty"], &key["e"]), (&json!("RSA"), &json!("AQAB")));
                    let modulus = number("n");
                    assert!(modulus.len() * 8 >= 2048 && modulus[0] >= 0x80, "{}", modulus.len());
                }
                "ES256" => {
                    assert_eq!(key["kty"], "EC");
                    curve("P-256", &["x", "y"]);
                }
                "EdDSA" => {
                    assert_eq!((&key["kty"], key.get("y")), (&json!("OKP"), None));
                    curve("Ed25519", &["x"]);
                }
                other => panic!("nobody wants {other}"),
            }
        }
        let kids: BTreeSet<_> = keys.iter().map(|key| key["kid"].to_string()).collect();
        assert_eq!(kids.len(), keys.len());
    });
}

/// 18 (RFC 9110 §9.3.2, §9.3.7)
#[test]
fn anyone_may_read_and_keep_the_documents() {
    on_every_database(async |server| {
        for path in [CONFIGURATION, "/.well-known/oauth-authorization-server", "/jwks"] {
            let ask = async |method: Method| -> Answer {
                let request = server.http().request(method, path);
                let request = request.header("origin", "https://spa.example");
                http::answer(request.header("access-control-request-method", "GET")).await
            };
            let got = ask(Method::GET).await;
            assert_eq!(got.status, 200, "{got}");
            assert_eq!(got.header("access-control-allow-origin"), "*", "{got}");
            assert!(got.header("cache-control").contains("max-age="), "{got}");
            let head = ask(Method::HEAD).await;
            assert_eq!((head.status, &*head.body), (200, ""), "{path}");
            let options = ask(Method::OPTIONS).await;
            assert!(options.status < 300, "{options}");
            assert_eq!(options.header("access-control-allow-origin"), "*", "{options}");
        }
    });
}
