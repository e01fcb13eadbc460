//! Machines that work for themselves, and tokens for other APIs.

use serde_json::{Value, json};

use crate::harness::client::{Params, RelyingParty};
use crate::harness::http::{Answer, read_jwt};
use crate::harness::{on_every_database, on_every_database_with};

const API: &str = "https://api.example/v1";
const OTHER_API: &str = "urn:example:other";

fn wish(more: &[(&str, &str)]) -> Params {
    let mut params = Params::new(&[("grant_type", "client_credentials")]);
    for (name, value) in more {
        params = params.also(name, value);
    }
    params
}

#[track_caller]
fn access_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()["access_token"].as_str().expect("there is an access token").to_owned()
}

/// The claims of the access token that comes of a wish.
async fn claims(party: &RelyingParty, more: &[(&str, &str)]) -> Value {
    read_jwt(&access_token(&party.token(&wish(more)).await)).1
}

/// RFC 6749 §4.4.3, RFC 9068 §2.2
#[test]
fn a_service_gets_a_token_of_its_own_and_nothing_else() {
    on_every_database(async |server| {
        let scope = "orders:read orders:write";
        let batch = server.client_with("batch", "service", &["--scope", scope]);
        let answer = batch.token(&wish(&[])).await;
        let token = access_token(&answer);
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["scope"], scope);
        for name in ["id_token", "refresh_token"] {
            assert!(body.get(name).is_none(), "{body}");
        }
        let (header, claims) = read_jwt(&token);
        assert_eq!(header["typ"], "at+jwt");
        assert_eq!(header["alg"], "RS256");
        assert_eq!(claims["sub"], "batch");
        assert_eq!(claims["client_id"], "batch");
        assert_eq!(claims["aud"], *server.issuer());
        for name in ["auth_time", "acr", "amr", "grant_id", "sid"] {
            assert!(claims.get(name).is_none(), "{claims}");
        }

        let told = batch.introspect(&token).await;
        assert_eq!(told["active"], true);
        assert_eq!(told["sub"], "batch");
        assert_eq!(told["scope"], scope);
        // It is about no person.
        batch.userinfo(&token).await.assert_refused(403, "insufficient_scope");
    });
}

/// RFC 6749 §3.3, §5.2
#[test]
fn a_service_gets_what_it_may_have_and_no_more() {
    on_every_database(async |server| {
        let scope = ["--scope", "orders:read orders:write"];
        let batch = server.client_with("batch", "service", &scope);
        let narrow = batch.token(&wish(&[("scope", "orders:read")])).await;
        assert_eq!(read_jwt(&access_token(&narrow)).1["scope"], "orders:read");
        for wider in ["orders:read admin", "openid", "offline_access", "a\"b"] {
            let answer = batch.token(&wish(&[("scope", wider)])).await;
            answer.assert_refused(400, "invalid_scope");
        }
        let bare = server.client_with("bare", "service", &[]);
        let answer = bare.token(&wish(&[])).await;
        assert!(answer.json().get("scope").is_none(), "{answer}");

        // A web application works for itself only if it may, and never with what is people's.
        let shop = server.client("shop");
        shop.token(&wish(&[])).await.assert_refused(400, "unauthorized_client");
        let both = ["--grant-type", "authorization_code", "--grant-type", "client_credentials"];
        let both = [&both[..], &["--scope", "openid email reports"]].concat();
        let both = server.client_with("both", "web", &both);
        assert_eq!(claims(&both, &[]).await["scope"], "reports");
        both.token(&wish(&[("scope", "openid")])).await.assert_refused(400, "invalid_scope");
        for (kind, name) in [("spa", "app"), ("native", "phone")] {
            let args = [
                "client",
                "add",
                "--name",
                name,
                "--kind",
                kind,
                "--redirect-uri",
                "https://app.example/cb",
                "--grant-type",
                "client_credentials",
            ];
            server.cli(&args).assert_failed(3, &["grant_types"]);
        }
    });
}

/// 166 (RFC 7009 §2.1), 163 (RFC 7662 §2.2): a machine's token has no family, and is taken back all the same.
#[test]
fn a_service_gives_its_token_back() {
    on_every_database(async |server| {
        let (batch, other) = (
            server.client_with("batch", "service", &[]),
            server.client_with("other", "service", &[]),
        );
        let token = access_token(&batch.token(&wish(&[])).await);
        let kept = access_token(&batch.token(&wish(&[])).await);
        let form = Params::new(&[("token", &token)]);
        assert_eq!(other.introspect(&token).await, json!({"active": false}));
        assert_eq!(other.post("/revoke", &form).await.status, 200);
        assert_eq!(batch.introspect(&token).await["active"], true);
        assert_eq!(batch.post("/revoke", &form).await.status, 200);
        assert_eq!(batch.introspect(&token).await, json!({"active": false}));
        assert_eq!(batch.introspect(&kept).await["active"], true);

        // All die when the client is disabled, and are not alive again when it is not.
        server.cli(&["client", "disable", "batch"]).done();
        assert_eq!(other.introspect(&kept).await, json!({"active": false}));
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        server.cli(&["client", "enable", "batch"]).done();
        assert_eq!(batch.introspect(&kept).await, json!({"active": false}));
        let kept = access_token(&batch.token(&wish(&[])).await);

        // All die with the client.
        let api = server.client_with("api", "web", &["--introspect-any"]);
        assert_eq!(api.introspect(&kept).await["active"], true);
        server.cli(&["client", "delete", "batch"]).done();
        assert_eq!(api.introspect(&kept).await, json!({"active": false}));
        batch.token(&wish(&[])).await.assert_refused(401, "invalid_client");
        // And they stay dead: whoever gets the id after it is another client.
        let namesake = server.client_with("batch", "service", &[]);
        let fresh = access_token(&namesake.token(&wish(&[])).await);
        assert_eq!(api.introspect(&fresh).await["active"], true);
        for asking in [&api, &namesake] {
            assert_eq!(asking.introspect(&kept).await, json!({"active": false}));
        }
    });
}

/// RFC 8707 §2: tokens are for the APIs that were asked for, among those that are allowed.
#[test]
fn a_service_names_the_api_that_its_token_is_for() {
    on_every_database(async |server| {
        let resources = ["--resource", API, "--resource", OTHER_API];
        let batch = server.client_with("batch", "service", &resources);
        assert_eq!(claims(&batch, &[]).await["aud"], json!([API, OTHER_API]));
        assert_eq!(claims(&batch, &[("resource", API)]).await["aud"], API);
        let both = [("resource", OTHER_API), ("resource", API), ("resource", API)];
        assert_eq!(claims(&batch, &both).await["aud"], json!([OTHER_API, API]));
        assert_eq!(claims(&batch, &[("resource", server.issuer())]).await["aud"], *server.issuer());
        for foreign in ["https://evil.example/", "https://api.example/v1/", "x", "#"] {
            let answer = batch.token(&wish(&[("resource", foreign)])).await;
            answer.assert_refused(400, "invalid_target");
        }
    });
}

/// RFC 8707 §2.1, §2.2: a person's tokens are for the APIs of the request, and each token
/// for fewer of them, if the client wants.
#[test]
fn a_sign_in_may_be_for_an_api() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let resources = ["--resource", API, "--resource", OTHER_API];
        let app = server.client_with("app", "spa", &resources);
        let audience = |token: &str| read_jwt(token).1["aud"].clone();

        let request = app.offline_request().also("resource", API).also("resource", OTHER_API);
        let returned = browser.sign_in(&request.url(), &ada).await;
        let form = app.code_form(&request, &returned).with("resource", API);
        let evil = form.clone().with("resource", "https://evil.example/");
        app.token(&evil).await.assert_refused(400, "invalid_target");
        let first = app.token(&form).await;
        assert_eq!(audience(&access_token(&first)), API);
        // Such a token does not open what is here.
        app.userinfo(&access_token(&first)).await.assert_refused(401, "invalid_token");

        let refresh = async |token: &str, more: &[(&str, &str)]| {
            let mut form =
                Params::new(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
            for (name, value) in more {
                form = form.also(name, value);
            }
            app.token(&form).await
        };
        let refresh_token =
            |answer: &Answer| answer.json()["refresh_token"].as_str().unwrap().to_owned();
        let all = refresh(&refresh_token(&first), &[]).await;
        assert_eq!(audience(&access_token(&all)), json!([API, OTHER_API]));
        let own = refresh(&refresh_token(&all), &[("resource", server.issuer())]).await;
        assert_eq!(audience(&access_token(&own)), *server.issuer());
        assert_eq!(app.userinfo(&access_token(&own)).await.status, 200);

        // What was not asked for at the sign-in is not given later.
        let plain = app.sign_in(&browser, &ada, app.offline_request()).await;
        let answer = refresh(plain.refresh(), &[("resource", API)]).await;
        answer.assert_refused(400, "invalid_target");
        let foreign = app.request().also("resource", "https://evil.example/");
        let returned = browser.open(&foreign.url()).await.returned();
        returned.assert_error("invalid_target", server.issuer());
    });
}

/// 67 (RFC 6749 §5.1): each client's tokens live as long as it was given.
#[test]
fn lifetimes_are_the_clients_own() {
    on_every_database_with(&[("SIGNET_ACCESS_TOKEN_LIFETIME", "10m")], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let own = [
            "--access-token-lifetime",
            "2m",
            "--id-token-lifetime",
            "1h",
            "--refresh-token-lifetime",
            "2h",
        ];
        let (usual, app) = (server.app("usual"), server.client_with("app", "spa", &own));
        for (party, seconds) in [(&usual, 600), (&app, 120)] {
            let request = party.offline_request();
            let returned = browser.sign_in(&request.url(), &ada).await;
            let answer = party.token(&party.code_form(&request, &returned)).await;
            assert_eq!(answer.json()["expires_in"], seconds);
            let claims = read_jwt(&access_token(&answer)).1;
            let span =
                |claims: &Value| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
            assert_eq!(span(&claims), seconds);
            if party.id == app.id {
                let id_token = read_jwt(answer.json()["id_token"].as_str().unwrap()).1;
                assert_eq!(span(&id_token), 3600);
            }
        }
        for (flag, time) in [("--access-token-lifetime", "25h"), ("--id-token-lifetime", "0s")] {
            let args = ["client", "add", "--name", "x", "--kind", "service", flag, time];
            server.cli(&args).assert_failed(3, &["lifetime"]);
        }
    });
}
