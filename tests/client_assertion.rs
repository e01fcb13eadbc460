//! `private_key_jwt`: clients that prove who they are by a signature.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::harness::assertion::{Key, Publisher, claims, jwks, proven};
use crate::harness::client::{Params, RelyingParty};
use crate::harness::database::Durability;
use crate::harness::http::{Answer, now};
use crate::harness::server::{Server, Site};
use crate::harness::{at_once, on_every_database, on_every_database_with, on_every_site};

const LOOPBACK: (&str, &str) = ("SIGNET_FETCH_FROM_LOOPBACK", "true");

/// A service that proves itself with these keys.
fn service(server: &Site, name: &str, keys: &[&Key]) -> RelyingParty {
    let path = server.path(&format!("{name}.jwks"));
    std::fs::write(&path, jwks(keys)).expect("a file can be written");
    let path = path.to_str().expect("the path is text").to_owned();
    server.client_with(name, "service", &["--jwks", &path, "--scope", "orders:read"])
}

fn wish() -> Params {
    Params::new(&[("grant_type", "client_credentials")])
}

/// Asks for a token with these claims as the proof.
async fn ask(party: &RelyingParty, key: &Key, claims: &Value) -> Answer {
    send(party, &key.sign(claims)).await
}

async fn send(party: &RelyingParty, assertion: &str) -> Answer {
    post(party, "/token", &proven(wish(), assertion)).await
}

/// Sends a form without any authentication beside it.
async fn post(party: &RelyingParty, path: &str, form: &Params) -> Answer {
    party.http.post(&party.at(path), &form.borrowed()).await
}

#[track_caller]
fn assert_good(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer}");
    assert!(answer.json()["access_token"].is_string(), "{answer}");
}

/// 9 (Disc §3), 72 (RFC 7523 §3, Core §9): each that the metadata lists.
#[test]
fn every_algorithm_that_is_offered_proves_a_client() {
    on_every_database(async |server| {
        let metadata = server.get("/.well-known/openid-configuration").await.json();
        let offered = &metadata["token_endpoint_auth_signing_alg_values_supported"];
        for endpoint in ["introspection", "revocation"] {
            let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
            assert_eq!(metadata[&name], *offered, "{name}");
        }
        let offered = offered.as_array().unwrap();
        assert_eq!(offered.len(), 9, "{offered:?}");
        for alg in offered {
            let alg = alg.as_str().unwrap();
            let key = Key::new(alg.parse().unwrap(), "k");
            let party = service(&server, &alg.to_lowercase(), &[&key]);
            assert_good(&ask(&party, &key, &claims(&party.id, server.issuer())).await);
        }
    });
}

/// 72 (RFC 7523 §3): whatever is wrong with a proof, it proves nothing.
#[test]
fn a_proof_with_anything_wrong_is_refused() {
    on_every_database(async |server| {
        let (key, other) = (Key::new(Algorithm::ES256, "k"), Key::new(Algorithm::ES256, "k"));
        let stranger = Key::new(Algorithm::ES256, "unknown");
        let party = service(&server, "batch", &[&key]);
        let good = || claims(&party.id, server.issuer());
        let with = |name: &str, value: Value| {
            let mut claims = good();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value;
            }
            claims
        };
        for bad in [
            with("iss", json!("other")),
            with("iss", Value::Null),
            with("sub", json!("other")),
            with("sub", Value::Null),
            with("aud", json!("https://other.example")),
            with("aud", Value::Null),
            with("exp", json!(now() - 1)),
            with("exp", Value::Null),
            with("exp", json!(now() + 100_000)),
            with("jti", Value::Null),
            with("nbf", json!(now() + 61)),
            with("iat", json!(now() + 61)),
        ] {
            ask(&party, &key, &bad).await.assert_refused(401, "invalid_client");
        }
        // The form names the client, so it is found, and what its assertion lacks is seen.
        let named = || wish().with("client_id", &party.id);
        let nobodys = key.sign(&with("sub", Value::Null));
        post(&party, "/token", &proven(named(), &nobodys))
            .await
            .assert_refused(401, "invalid_client");
        let anothers = key.sign(&with("sub", json!("other")));
        post(&party, "/token", &proven(named(), &anothers))
            .await
            .assert_refused(400, "invalid_request");
        for key in [&other, &stranger] {
            ask(&party, key, &good()).await.assert_refused(401, "invalid_client");
        }

        let signed = key.sign(&good());
        let (_, rest) = signed.split_once('.').unwrap();
        let payload = rest.split('.').next().unwrap();
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256","kid":"k"}"#] {
            use base64::Engine;
            let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
            for assertion in [format!("{header}.{payload}."), format!("{header}.{rest}")] {
                send(&party, &assertion).await.assert_refused(401, "invalid_client");
            }
        }
        for assertion in ["x", "a.b.c", &signed[..signed.len() - 2], &format!("{signed}AA")] {
            send(&party, assertion).await.assert_refused(401, "invalid_client");
        }
        let wrong_type = proven(wish(), &key.sign(&good())).with("client_assertion_type", "x");
        post(&party, "/token", &wrong_type).await.assert_refused(401, "invalid_client");
        // And with nothing wrong it is accepted.
        assert_good(&ask(&party, &key, &good()).await);
    });
}

/// 73 (Core §9), 74 (F2 §5.3.2.1-13): what may be said otherwise.
#[test]
fn a_proof_may_be_for_the_issuer_or_the_endpoint_and_a_little_early() {
    on_every_database(async |server| {
        let key = Key::new(Algorithm::ES256, "k");
        let party = service(&server, "batch", &[&key]);
        let endpoint = party.at("/token");
        for audience in [json!(server.issuer()), json!(endpoint), json!(["x", server.issuer()])] {
            let mut claims = claims(&party.id, "");
            claims["aud"] = audience;
            assert_good(&ask(&party, &key, &claims).await);
        }
        for name in ["nbf", "iat"] {
            let mut early = claims(&party.id, server.issuer());
            early[name] = json!(now() + 8);
            assert_good(&ask(&party, &key, &early).await);
        }
        // The client need not be named beside it; if it is, it is the same.
        let assertion = key.sign(&claims(&party.id, server.issuer()));
        let named = proven(wish(), &assertion).with("client_id", "other");
        post(&party, "/token", &named).await.assert_refused(400, "invalid_request");
        let named = named.with("client_id", &party.id);
        assert_good(&post(&party, "/token", &named).await);
    });
}

/// 70 (RFC 6749 §2.3), 69 (RFC 7591 §2)
#[test]
fn a_client_with_keys_has_no_other_way_in() {
    on_every_database(async |server| {
        let key = Key::new(Algorithm::ES256, "k");
        let party = service(&server, "batch", &[&key]);
        assert_eq!(party.secret, "", "it has no secret");
        let named = wish().with("client_id", &party.id);
        post(&party, "/token", &named).await.assert_refused(401, "invalid_client");
        let secret = named.clone().with("client_secret", "x");
        post(&party, "/token", &secret).await.assert_refused(401, "invalid_client");
        let assertion = key.sign(&claims(&party.id, server.issuer()));
        let both = proven(secret, &assertion);
        post(&party, "/token", &both).await.assert_refused(400, "invalid_request");

        let shop = server.client("shop");
        let assertion = key.sign(&claims(&shop.id, server.issuer()));
        send(&shop, &assertion).await.assert_refused(401, "invalid_client");
    });
}

/// 72 (RFC 7523 §3): an assertion counts once, on all servers together, however many come
/// at the same moment.
#[test]
fn an_assertion_counts_once_across_servers() {
    on_every_site(Durability::Relaxed, async |site| {
        let twin = site.twin();
        let (server, other) = (site.start().await, twin.start().await);
        let key = Key::new(Algorithm::ES256, "k");
        let party = service(&server, "batch", &[&key]);
        let elsewhere = RelyingParty { http: other.http(), ..party.clone() };
        for _ in 0..5 {
            let assertion = key.sign(&claims(&party.id, server.issuer()));
            let answers = at_once(16, |number| {
                let party = if number % 2 == 0 { party.clone() } else { elsewhere.clone() };
                let assertion = assertion.clone();
                async move { send(&party, &assertion).await }
            })
            .await;
            let won = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(won, 1, "so many counted");
            for lost in answers.iter().filter(|answer| answer.status != 200) {
                lost.assert_refused(401, "invalid_client");
            }
        }
    });
}

/// 163 (RFC 7662 §2.1), 166 (RFC 7009 §2.1): the other endpoints take the same proof.
#[test]
fn the_same_proof_opens_introspection_and_revocation() {
    on_every_database(async |server| {
        let key = Key::new(Algorithm::ES256, "k");
        let party = service(&server, "batch", &[&key]);
        let token = ask(&party, &key, &claims(&party.id, server.issuer())).await.json();
        let token = token["access_token"].as_str().unwrap().to_owned();
        let form = |path: &str| {
            let assertion = key.sign(&claims(&party.id, &party.at(path)));
            proven(Params::new(&[("token", &token)]), &assertion)
        };
        let told = post(&party, "/introspect", &form("/introspect")).await.json();
        assert_eq!(told["active"], true, "{told}");
        assert_eq!(post(&party, "/revoke", &form("/revoke")).await.status, 200);
        let told = post(&party, "/introspect", &form("/introspect")).await.json();
        assert_eq!(told, json!({"active": false}));
    });
}

/// 132 (Core §10.1.1): a new key is fetched when it is first used, and the other end is
/// not asked again and again.
#[test]
fn published_keys_are_fetched_and_fetched_anew() {
    on_every_database_with(&[LOOPBACK], async |server| {
        let (old, new) = (Key::new(Algorithm::ES256, "old"), Key::new(Algorithm::EdDSA, "new"));
        let publisher = Publisher::start(&jwks(&[&old])).await;
        let party = published(&server, "batch", &publisher.url());
        assert_eq!(publisher.asked(), 0, "nothing is fetched before it is needed");
        let good = || claims(&party.id, server.issuer());
        for _ in 0..3 {
            assert_good(&ask(&party, &old, &good()).await);
        }
        assert_eq!(publisher.asked(), 1, "what was fetched is kept");

        publisher.publish(&jwks(&[&new]));
        for _ in 0..5 {
            ask(&party, &new, &good()).await.assert_refused(401, "invalid_client");
        }
        assert_eq!(publisher.asked(), 1, "it was asked a moment ago");
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert_good(&ask(&party, &new, &good()).await);
        assert_eq!(publisher.asked(), 2);
        ask(&party, &old, &good()).await.assert_refused(401, "invalid_client");
    });
}

fn published(server: &Server, name: &str, url: &str) -> RelyingParty {
    server.client_with(name, "service", &["--jwks-uri", url])
}

/// What cannot be fetched proves nobody.
#[test]
fn keys_that_cannot_be_fetched_prove_nothing() {
    on_every_database_with(&[LOOPBACK], async |server| {
        let key = Key::new(Algorithm::ES256, "k");
        let good = jwks(&[&key]);
        let large = format!("{}{good}", " ".repeat(100_000));
        let length = large.len();
        for (number, answer) in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned(),
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{large}"),
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{large}"),
            "nonsense".to_owned(),
            String::new(),
        ]
        .into_iter()
        .enumerate()
        {
            let publisher = Publisher::start("").await;
            publisher.say(&answer);
            let party = published(&server, &format!("batch{number}"), &publisher.url());
            let answer = ask(&party, &key, &claims(&party.id, server.issuer())).await;
            answer.assert_refused(401, "invalid_client");
            assert_eq!(publisher.asked(), 1);
        }
        // A redirect leads nowhere.
        let (target, publisher) = (Publisher::start(&good).await, Publisher::start("").await);
        let location = target.url();
        publisher.say(&format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ));
        let party = published(&server, "redirected", &publisher.url());
        let answer = ask(&party, &key, &claims(&party.id, server.issuer())).await;
        answer.assert_refused(401, "invalid_client");
        assert_eq!((publisher.asked(), target.asked()), (1, 0));
    });
}

/// However many wait for a host that says nothing, everybody else is answered meanwhile.
#[test]
fn a_host_that_says_nothing_holds_up_nobody_else() {
    let room = ("SIGNET_REQUESTS_AT_ONCE", "4");
    on_every_database_with(&[LOOPBACK, room], async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let tokens = app.sign_in(&browser, &ada, app.request()).await;
        let key = Key::new(Algorithm::ES256, "k");
        let publisher = Publisher::silent().await;
        let party = published(&server, "batch", &publisher.url());
        let asking: Vec<_> = (0..40)
            .map(|_| {
                let (party, assertion) =
                    (party.clone(), key.sign(&claims(&party.id, server.issuer())));
                tokio::spawn(async move { send(&party, &assertion).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(asking.iter().any(|asking| !asking.is_finished()), "nobody waits for it");
        for _ in 0..10 {
            let answer = app.userinfo(&tokens.access_token).await;
            assert_eq!(answer.status, 200, "{answer}");
        }
        assert!(asking.iter().any(|asking| !asking.is_finished()), "it was over before");
        for asking in asking {
            let answer = asking.await.unwrap();
            assert!(matches!(answer.status, 401 | 503), "{answer}");
        }
        assert_eq!(publisher.asked(), 1, "one has asked for all of them");
    });
}

/// Without the setting for development nothing on this machine is ever asked.
#[test]
fn this_machine_is_not_asked_for_keys() {
    on_every_database(async |server| {
        let key = Key::new(Algorithm::ES256, "k");
        let publisher = Publisher::start(&jwks(&[&key])).await;
        let by_name = publisher.url().replace("127.0.0.1", "localhost");
        for (name, url) in [("number", publisher.url()), ("name", by_name)] {
            let party = published(&server, name, &url);
            let answer = ask(&party, &key, &claims(&party.id, server.issuer())).await;
            answer.assert_refused(401, "invalid_client");
        }
        assert_eq!(publisher.asked(), 0);
    });
}

/// Keys are fetched over TLS from whoever an authority vouches for; one that the operator
/// adds counts, and no other.
#[test]
fn keys_are_fetched_from_whom_an_authority_vouches_for() {
    on_every_site(Durability::Relaxed, async |site| {
        let key = Key::new(Algorithm::ES256, "k");
        let (known, unknown) = (
            Publisher::start_over_tls(&jwks(&[&key])).await,
            Publisher::start_over_tls(&jwks(&[&key])).await,
        );
        let mut site = site;
        let anchor = site.path("anchor.pem");
        let certificate = known.certificate.as_deref().expect("it speaks TLS");
        std::fs::write(&anchor, certificate).expect("a file can be written");
        site.set(LOOPBACK.0, LOOPBACK.1);
        site.set("SIGNET_FETCH_TRUST_ANCHOR", &anchor.display().to_string());
        let server = site.start().await;
        let party = published(&server, "known", &known.url());
        assert_good(&ask(&party, &key, &claims(&party.id, server.issuer())).await);
        let party = published(&server, "unknown", &unknown.url());
        let answer = ask(&party, &key, &claims(&party.id, server.issuer())).await;
        answer.assert_refused(401, "invalid_client");
        assert_eq!((known.asked(), unknown.asked()), (1, 0));
    });
}

/// What an operator gets wrong is said at once.
#[test]
fn keys_are_looked_at_when_a_client_is_added() {
    on_every_database(async |server| {
        let path = server.path("keys");
        let path = path.to_str().unwrap();
        let add = ["client", "add", "--name", "x", "--kind", "service", "--jwks", path];
        let key = Key::new(Algorithm::ES256, "k");
        let mut private = key.jwk();
        private["d"] = json!("AAAA");
        for bad in ["", "[]", r#"{"keys":[]}"#, &json!({"keys": [private]}).to_string()] {
            std::fs::write(path, bad).unwrap();
            server.cli(&add).assert_failed(3, &["jwks"]);
        }
        let method = ["--auth-method", "private_key_jwt"];
        let add = ["client", "add", "--name", "x", "--kind", "service"];
        server.cli(&[&add[..], &method].concat()).assert_failed(3, &["jwks"]);
        let uri = ["--jwks-uri", "http://keys.example/jwks"];
        server.cli(&[&add[..], &uri].concat()).assert_failed(3, &["jwks_uri"]);
    });
}
