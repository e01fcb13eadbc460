//! What goes wrong at the endpoints that clients call.

use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Broken, Callers, assert_named, post, why};
use crate::harness::assertion::{Key, claims, jwks, proven};
use crate::harness::client::{Auth, Params, RelyingParty, basic};
use crate::harness::http::{self, now};
use crate::harness::{on_every_database, on_every_database_with};

#[test]
fn each_client_that_fails_to_prove_itself_is_told_by_its_code() {
    on_every_database(async |server| {
        let Callers { shop, app, poster, .. } = &Callers::of(&server);
        let form = Params::new(&[("grant_type", "refresh_token"), ("refresh_token", "x")]);
        let good = basic(&shop.id, &shop.secret);
        let in_body = form.clone().with("client_id", &shop.id).with("client_secret", &shop.secret);
        let wrong = RelyingParty { secret: "wrong".to_owned(), ..shop.clone() };
        let with_secret = RelyingParty { auth: Auth::Post, secret: "secret".into(), ..app.clone() };
        let by_header = RelyingParty { auth: Auth::Basic, ..poster.clone() };
        let named = form.clone().with("client_id", &shop.id);
        let twice = [good.as_str()];
        let broken = [
            Broken::told("wrong secret", &wrong.token(&form).await, "secret_wrong", ""),
            Broken::told(
                "public with secret",
                &with_secret.token(&form).await,
                "secret_unexpected",
                "none",
            ),
            Broken::told(
                "Basic instead of post",
                &by_header.token(&form).await,
                "auth_method_other",
                "client_secret_post",
            ),
            Broken::told(
                "no proof",
                &post(shop, "/token", &named, &[]).await,
                "auth_missing",
                "client_secret_basic",
            ),
            Broken::told(
                "two proofs",
                &post(shop, "/token", &in_body, &twice).await,
                "auth_twice",
                "",
            ),
            Broken::told(
                "nobody",
                &post(shop, "/token", &form, &[]).await,
                "client_id_missing",
                "",
            ),
            Broken::told(
                "unknown",
                &post(shop, "/token", &form.clone().with("client_id", "shopp"), &[]).await,
                "client_unknown",
                "shop",
            ),
            Broken::told(
                "no Basic",
                &post(shop, "/token", &form, &["Basic nonsense"]).await,
                "authorization_unreadable",
                "",
            ),
            Broken::told(
                "two names",
                &post(shop, "/token", &form.clone().with("client_id", "app"), &twice).await,
                "client_id_contradictory",
                "",
            ),
            Broken::told(
                "public asks",
                &app.post("/introspect", &Params::new(&[("token", "x")])).await,
                "introspection_public",
                "",
            ),
            Broken::told(
                "no token",
                &shop.post("/revoke", &Params::default()).await,
                "token_missing",
                "",
            ),
        ];
        assert_named(&server, &broken);

        // What was changed since is said.
        let code = &broken[0].code;
        assert_eq!(why(&server, code)["since"], Value::Null);
        server.cli(&["client", "rotate-secret", "shop"]).done();
        let since = why(&server, code)["since"].to_string();
        assert!(since.contains("its secret may be another now"), "{since}");
        let code = &broken[6].code;
        server.client("shopp");
        let since = why(&server, code)["since"].to_string();
        assert!(since.contains("was added"), "{since}");
    });
}

#[test]
fn each_assertion_that_is_not_believed_is_told_by_its_code() {
    on_every_database(async |server| {
        let (key, other) = (Key::new(Algorithm::ES256, "k"), Key::new(Algorithm::ES256, "k"));
        let stranger = Key::new(Algorithm::ES256, "unknown");
        let path = server.path("batch.jwks");
        std::fs::write(&path, jwks(&[&key])).expect("a file can be written");
        let path = path.to_str().expect("the path is text").to_owned();
        let more = ["--jwks", &path, "--scope", "orders:read"];
        let batch = server.client_with("batch", "service", &more);
        let issuer = server.issuer();
        let wish = Params::new(&[("grant_type", "client_credentials")]);
        let ask = async |assertion: &str| {
            post(&batch, "/token", &proven(wish.clone(), assertion), &[]).await
        };
        let signed = |name: &str, value: Value| {
            let mut claims = claims(&batch.id, issuer);
            claims[name] = value;
            key.sign(&claims)
        };
        let once = key.sign(&claims(&batch.id, issuer));
        assert_eq!(ask(&once).await.status, 200);
        let slash = format!("{issuer}/");
        let sent = [
            ("aud", signed("aud", json!(slash)), "assertion_aud", issuer),
            ("iss", signed("iss", json!("other")), "assertion_iss_sub", "batch"),
            ("exp", signed("exp", json!(now() - 1)), "assertion_expired", ""),
            ("far exp", signed("exp", json!(now() + 100_000)), "assertion_exp_far", ""),
            ("no exp", signed("exp", Value::Null), "assertion_time", ""),
            ("nbf", signed("nbf", json!(now() + 61)), "assertion_early", ""),
            ("no jti", signed("jti", Value::Null), "assertion_jti_missing", ""),
            ("jti again", once, "assertion_jti_used", ""),
            ("kid", stranger.sign(&claims(&batch.id, issuer)), "assertion_kid", ""),
            ("signature", other.sign(&claims(&batch.id, issuer)), "assertion_signature", ""),
            (
                "alg",
                "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJiYXRjaCJ9.c2ln".to_owned(),
                "assertion_alg",
                "",
            ),
        ];
        let mut broken = Vec::new();
        for (how, assertion, cause, nearest) in sent {
            broken.push(Broken::told(how, &ask(&assertion).await, cause, nearest));
        }
        let wrong_type =
            proven(wish.clone(), &signed("x", json!(1))).with("client_assertion_type", "x");
        let answer = post(&batch, "/token", &wrong_type, &[]).await;
        broken.push(Broken::told("type", &answer, "assertion_type", ""));
        let wider = proven(wish.clone().with("scope", "orders:write"), &signed("x", json!(1)));
        let answer = post(&batch, "/token", &wider, &[]).await;
        broken.push(Broken::told("scope", &answer, "service_scope_foreign", "orders:read"));
        let api =
            proven(wish.clone().with("resource", "https://api.example"), &signed("x", json!(1)));
        let answer = post(&batch, "/token", &api, &[]).await;
        broken.push(Broken::told("resource", &answer, "resource_foreign", ""));
        assert_named(&server, &broken);
    });
}

#[test]
fn each_code_that_gives_no_token_is_told_by_its_code() {
    on_every_database_with(&[("SIGNET_CODE_LIFETIME", "5s")], async |server| {
        let callers = Callers::of(&server);
        let Callers { shop, app, .. } = &callers;
        let old = callers.code_form(shop).await;
        let asked = Instant::now();
        let form = callers.code_form(app).await;
        let fresh = callers.code_form(app).await;
        assert_eq!(app.token(&fresh).await.status, 200);
        let uri = "https://app.example/cb";
        let with = |name: &str, value: &str| form.clone().with(name, value);
        let without = |name: &str| form.clone().without(name);
        let mut broken = Vec::new();
        for (how, bent, cause, nearest) in [
            ("used", fresh, "code_used", ""),
            ("unknown", with("code", "nonsense"), "code_unknown", ""),
            ("missing", without("code"), "code_missing", ""),
            (
                "slash",
                with("redirect_uri", "https://app.example/cb/"),
                "code_redirect_uri_other",
                uri,
            ),
            ("no redirect", without("redirect_uri"), "redirect_uri_missing", uri),
            ("verifier", with("code_verifier", &"a".repeat(43)), "verifier_wrong", ""),
            ("no verifier", without("code_verifier"), "verifier_missing", ""),
            ("no type", without("grant_type"), "grant_type_missing", ""),
            (
                "type",
                with("grant_type", "authorisation_code"),
                "grant_type_unknown",
                "authorization_code",
            ),
            ("not its type", with("grant_type", "client_credentials"), "grant_type_foreign", ""),
            ("twice", form.clone().also("code", "x"), "parameter_repeated", ""),
            ("API", with("resource", "https://api.example"), "resource_foreign", ""),
        ] {
            broken.push(Broken::told(how, &app.token(&bent).await, cause, nearest));
        }
        let answer = shop.token(&form).await;
        broken.push(Broken::told("another client's", &answer, "code_of_other_client", ""));
        let query = format!("{}?x=1", app.at("/token"));
        let answer = http::answer(app.http.request(Method::POST, &query).form(form.pairs())).await;
        broken.push(Broken::told("query", &answer, "parameters_in_query", ""));
        let json = app.http.request(Method::POST, &app.at("/token")).json(&json!({"code": "x"}));
        broken.push(Broken::told("JSON", &http::answer(json).await, "not_a_form", ""));
        let get = app.http.request(Method::GET, &app.at("/token"));
        broken.push(Broken::told("GET", &http::answer(get).await, "method_other", ""));

        let left = Duration::from_millis(5100).saturating_sub(asked.elapsed());
        tokio::time::sleep(left).await;
        broken.push(Broken::told("expired", &shop.token(&old).await, "code_expired", ""));
        assert_named(&server, &broken);
        // The operator alone is told whose it is.
        let foreign = broken.iter().find(|each| each.cause == "code_of_other_client").unwrap();
        let said = why(&server, &foreign.code);
        assert_eq!(said["facts"]["credential"]["client_id"], "app", "{said:#}");
    });
}

#[test]
fn each_refresh_token_that_is_worth_nothing_is_told_by_its_code() {
    let strict = [("SIGNET_REFRESH_OVERLAP", "0s"), ("SIGNET_REFRESH_RETRY_WINDOW", "0s")];
    on_every_database_with(&strict, async |server| {
        let callers = Callers::of(&server);
        let Callers { app, ada, browser, .. } = &callers;
        let brief = server.client_with("brief", "spa", &["--refresh-token-lifetime", "1s"]);
        let short = brief.sign_in(browser, ada, brief.offline_request()).await;
        let first = app.sign_in(browser, ada, app.offline_request()).await;
        let second = app.refreshed(first.refresh()).await;
        let grant = ("grant_type", "refresh_token");
        let form = |token: &str| Params::new(&[grant, ("refresh_token", token)]);
        let wider = form(second.refresh()).with("scope", "openid e-mail");
        let mut broken = vec![
            Broken::told("unknown", &app.refresh("nonsense").await, "refresh_token_unknown", ""),
            Broken::told(
                "missing",
                &app.token(&Params::new(&[grant])).await,
                "refresh_token_missing",
                "",
            ),
            Broken::told("wider", &app.token(&wider).await, "scope_wider", ""),
            Broken::told(
                "another client's",
                &brief.refresh(second.refresh()).await,
                "refresh_token_of_other_client",
                "",
            ),
            Broken::told("reused", &app.refresh(first.refresh()).await, "refresh_token_reused", ""),
            Broken::told("its family", &app.refresh(second.refresh()).await, "theft_suspected", ""),
        ];
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let answer = brief.refresh(short.refresh()).await;
        broken.push(Broken::told("expired", &answer, "refresh_token_expired", ""));
        let given = app.sign_in(browser, ada, app.offline_request()).await;
        assert_eq!(
            app.post("/revoke", &Params::new(&[("token", given.refresh())])).await.status,
            200
        );
        let answer = app.refresh(given.refresh()).await;
        broken.push(Broken::told("given back", &answer, "tokens_given_back", ""));
        let withdrawn = app.sign_in(browser, ada, app.offline_request()).await;
        server.cli(&["consent", "withdraw", "ada", "app"]).done();
        let answer = app.refresh(withdrawn.refresh()).await;
        broken.push(Broken::told("withdrawn", &answer, "consent_withdrawn", ""));
        server.cli(&["api", "add", "https://api.example", "--name", "A"]).done();
        server.cli(&["client", "change", "app", "resources=https://api.example"]).done();
        let request = app.offline_request().with("resource", "https://api.example");
        let given = app.sign_in(browser, ada, request).await;
        server.cli(&["api", "disable", "https://api.example"]).done();
        let answer = app.refresh(given.refresh()).await;
        broken.push(Broken::told("disabled API", &answer, "resource_gone", ""));
        assert_named(&server, &broken);
    });
}
