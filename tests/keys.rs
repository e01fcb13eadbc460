//! Signing keys that change while everybody goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::{Value, json};

use crate::harness::client::{Params, RelyingParty};
use crate::harness::database::Durability;
use crate::harness::http::read_jwt;
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with, on_every_site};

/// Others may keep the keys for a second, so a key is published for two before it signs.
const QUICK: (&str, &str) = ("SIGNET_JWKS_CACHE_LIFETIME", "1s");

fn keys(server: &Server) -> Vec<Value> {
    server.cli(&["key", "list"]).done().as_array().unwrap().clone()
}

/// The keys in this state, by what they sign with.
fn kids(server: &Server, state: &str) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = keys(server);
    let wanted = keys.iter().filter(|key| key["state"] == state);
    wanted.map(|key| (text(&key["alg"]), text(&key["kid"]))).collect()
}

async fn published(server: &Server) -> BTreeSet<String> {
    let document = server.get("/jwks").await.json();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Waits until something holds.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// 17 (Core §10.1.1)
#[test]
fn a_rotation_adds_a_key_and_keeps_the_old_one() {
    on_every_database_with(&[QUICK], async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let before = app.sign_in(&browser, &ada, app.request()).await;
        until("there is a next key", || async { !kids(&server, "next").is_empty() }).await;
        let (old, next) = (kids(&server, "active"), kids(&server, "next"));
        let told = server.get("/jwks").await;
        assert!(told.header("cache-control").contains("max-age=1"), "{told}");
        until("the next key is published", || async {
            published(&server).await.is_superset(&next.values().cloned().collect())
        })
        .await;

        let decided = server.cli(&["key", "rotate"]).done();
        assert_eq!(decided[0]["kid"], *next["RS256"], "{decided}");
        until("the next key signs", || async { kids(&server, "active") == next }).await;

        let after = app.sign_in(&browser, &ada, app.request()).await;
        let signed_by =
            |token: &Option<String>| read_jwt(token.as_deref().unwrap()).0["kid"].clone();
        assert_eq!(signed_by(&after.id_token), *next["RS256"]);
        assert!(published(&server).await.contains(&old["RS256"]));
        // What the old key signed is as good as before.
        app.verify(before.id_token.as_deref().unwrap(), nonce(&before.claims), None).await;
        assert_eq!(app.userinfo(&before.access_token).await.status, 200);
        let hint = app.request().with("prompt", "none");
        let hint = hint.with("id_token_hint", before.id_token.as_deref().unwrap());
        browser.open(&hint.url()).await.returned().code();
    });
}

fn nonce(claims: &Value) -> Option<&str> {
    claims["nonce"].as_str()
}

/// A key that grows old gives way by itself.
#[test]
fn keys_rotate_by_their_age() {
    on_every_database_with(&[QUICK, ("SIGNET_SIGNING_KEY_ROTATION", "2s")], async |server| {
        let first = kids(&server, "active");
        until("another key signs", || async { kids(&server, "active") != first }).await;
        assert!(published(&server).await.contains(&first["RS256"]));
        let events = server.cli(&["audit", "list"]).done().to_string();
        for action in ["key.created", "key.rotation_scheduled", "key.activated"] {
            assert!(events.contains(action), "{action}: {events}");
        }
    });
}

/// In an emergency a key goes at once, and what it signed with it.
#[test]
fn a_revoked_key_takes_its_tokens_along() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let batch = server.client_with("batch", "service", &[]);
        let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
        let form = Params::new(&[("grant_type", "client_credentials")]);
        let machine = batch.token(&form).await.json();
        let machine = machine["access_token"].as_str().unwrap();
        // What is dead already is not counted: tokens of a sign-in that has ended, and one
        // that was given back.
        let (eve, gone) = (server.add_user("eve"), server.browser());
        let ended = app.sign_in(&gone, &eve, app.request()).await;
        let page = gone.open(&app.at("/logout")).await.page();
        gone.press(&page, "logout-confirm", &[]).await.page();
        app.userinfo(&ended.access_token).await.assert_refused(401, "invalid_token");
        let given_back = batch.token(&form).await.json();
        let given_back = Params::new(&[("token", given_back["access_token"].as_str().unwrap())]);
        assert_eq!(batch.post("/revoke", &given_back).await.status, 200);
        until("there is a next key", || async { !kids(&server, "next").is_empty() }).await;
        let (old, next) = (kids(&server, "active"), kids(&server, "next"));
        let kid = old["RS256"].as_str();

        // A machine's token is written down a moment later.
        let expected = json!({"kid": kid, "access_tokens": 2, "id_tokens": 1});
        until("both tokens are counted", || async {
            server.cli(&["key", "revoke", kid, "--dry-run"]).done() == expected
        })
        .await;
        assert_eq!(kids(&server, "active"), old, "it was only asked about");
        assert_eq!(server.cli(&["key", "revoke", kid]).done(), expected);

        assert!(!published(&server).await.contains(kid));
        assert_eq!(kids(&server, "active")["RS256"], next["RS256"]);
        app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        assert_eq!(batch.introspect(machine).await, json!({"active": false}));
        let hint = app.request().with("id_token_hint", tokens.id_token.as_deref().unwrap());
        let returned = browser.open(&hint.url()).await.returned();
        returned.assert_error("invalid_request", server.issuer());
        // What needs no key lives on, and gives tokens of the new one.
        let fresh = app.refreshed(tokens.refresh()).await;
        assert_eq!(app.userinfo(&fresh.access_token).await.status, 200);
        server.cli(&["key", "revoke", kid]).assert_failed(3, &[kid]);
    });
}

/// Whoever keeps the keys knows the one that signs, also where it is the first of its kind:
/// it is made when a client that wants it is added, and not when it is first used.
#[test]
fn a_key_is_published_before_a_client_needs_it() {
    on_every_database(async |server| {
        server.client_with("signed", "spa", &["--userinfo-alg", "EdDSA"]);
        for alg in ["PS256", "ES256"] {
            server.client_with(&alg.to_lowercase(), "spa", &["--id-token-alg", alg]);
        }
        until("there is a key for each", || async {
            let signing = kids(&server, "active");
            let algs = ["RS256", "PS256", "ES256", "EdDSA"];
            algs.iter().all(|&alg| signing.contains_key(alg))
        })
        .await;
        let signing = kids(&server, "active").into_values().collect();
        until("all are published", || async { published(&server).await.is_superset(&signing) })
            .await;
    });
}

/// The servers know how long others keep the keys; whoever rotates them may be mistaken.
#[test]
fn a_rotation_waits_for_whoever_keeps_the_keys_as_long_as_the_server_says() {
    on_every_site(Durability::Relaxed, async |site| {
        let mut elsewhere = site.clone();
        elsewhere.set(QUICK.0, QUICK.1);
        let server = site.start().await;
        until("there is a next key", || async { !kids(&server, "next").is_empty() }).await;
        let before = kids(&server, "active");
        elsewhere.cli(&["key", "rotate"]).done();
        // By its own settings the next key would sign two seconds after it was made.
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(kids(&server, "active"), before, "others keep the keys for five minutes");
    });
}

/// 17 (Core §10.1.1): a hundred rotations, 25 of each algorithm, under clients and APIs that keep the keys
/// as long as they may: every token verifies.
#[test]
fn of_a_hundred_rotations_nobody_notices_one() {
    on_every_database_with(&[QUICK], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let algs = ["RS256", "PS256", "ES256", "EdDSA"];
        let apps = algs.map(|alg| {
            let app = server.client_with(alg, "spa", &["--id-token-alg", alg]);
            let id_token_alg: CoreJwsSigningAlgorithm = serde_json::from_value(json!(alg)).unwrap();
            RelyingParty { id_token_alg, ..app }
        });
        until("all keys are published", || async {
            published(&server).await.len() >= 2 * algs.len()
        })
        .await;
        let mut cached = Cached::fetch(&server).await;
        let (mut clients, mut kept) = (Vec::new(), Vec::new());
        for app in apps {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            cached = cached.verify(&server, tokens.id_token.as_deref().unwrap()).await;
            clients.push((app, tokens.refresh().to_owned()));
        }
        let mut rotated = BTreeSet::new();
        let mut verified = 0;
        let deadline = Instant::now() + Duration::from_secs(400);
        while rotated.len() < 100 {
            assert!(Instant::now() < deadline, "only {} rotations", rotated.len());
            let next = kids(&server, "next");
            if next.len() == clients.len() {
                server.cli(&["key", "rotate"]).done();
            }
            for (app, token) in &mut clients {
                let answer = app.refresh(token).await;
                assert_eq!(answer.status, 200, "{answer}");
                let body = answer.json();
                body["refresh_token"].as_str().unwrap().clone_into(token);
                for name in ["id_token", "access_token"] {
                    let token = body[name].as_str().unwrap();
                    cached = cached.verify(&server, token).await;
                    verified += 1;
                    if verified % 7 == 0 {
                        kept.push(token.to_owned());
                    }
                }
            }
            let known = keys(&server);
            let retired = known.iter().filter(|key| key["state"] == "retired");
            rotated.extend(retired.map(|key| key["kid"].to_string()));
        }
        assert!(verified > 500, "only {verified} tokens were verified");
        // Long after their keys ceased to sign, the tokens are as good as before.
        let mut signers = BTreeSet::new();
        for token in &kept {
            cached = cached.verify(&server, token).await;
            signers.insert(read_jwt(token).0["kid"].to_string());
        }
        let retired = signers.intersection(&rotated).count();
        assert!(retired > 30, "only {retired} of {} keys have retired", signers.len());
    });
}

/// The keys, as somebody keeps them who fetches them when they are a second old and never
/// before, whatever token comes.
struct Cached {
    keys: JwkSet,
    until: Instant,
}

impl Cached {
    async fn fetch(server: &Server) -> Self {
        let until = Instant::now() + Duration::from_secs(1);
        let keys = serde_json::from_value(server.get("/jwks").await.json());
        Self { keys: keys.expect("it is a JWK set"), until }
    }

    async fn verify(self, server: &Server, jwt: &str) -> Self {
        let cached = if Instant::now() < self.until { self } else { Self::fetch(server).await };
        let header = jsonwebtoken::decode_header(jwt).unwrap();
        let key = cached.keys.find(header.kid.as_deref().unwrap());
        let key = key.unwrap_or_else(|| panic!("the key of {header:?} is not known"));
        let mut validation = Validation::new(header.alg);
        validation.validate_aud = false;
        let key = DecodingKey::from_jwk(key).unwrap();
        jsonwebtoken::decode::<Value>(jwt, &key, &validation).expect("it verifies");
        cached
    }
}
