//! Trading a code for tokens.

use std::time::Duration;

use openidconnect::core::CoreJwsSigningAlgorithm;
use reqwest::Method;
use serde_json::Value;

use crate::harness::browser::{Browser, Returned};
use crate::harness::client::{Auth, Params, RelyingParty, Request, basic};
use crate::harness::http::{self, Answer, now, read_jwt};
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with};

/// A signed-in browser that gets codes from a client without being asked anything.
async fn visitor(server: &Server, parties: &[&RelyingParty]) -> Browser {
    let (ada, browser) = (server.add_user("ada"), server.browser());
    for party in parties {
        browser.sign_in(&party.request().url(), &ada).await;
    }
    browser
}

/// A fresh code, with the request it answers.
async fn code(browser: &Browser, party: &RelyingParty) -> (Request, Returned) {
    let request = party.request();
    let returned = browser.open(&request.url()).await.returned();
    (request, returned)
}

/// The form that would redeem a fresh code.
async fn code_form(browser: &Browser, party: &RelyingParty) -> Params {
    let (request, returned) = code(browser, party).await;
    party.code_form(&request, &returned)
}

/// A post to `/token` with nothing added.
async fn post(party: &RelyingParty, form: &Params, authorization: &[&str]) -> Answer {
    let mut request = party.http.request(Method::POST, &party.at("/token"));
    for value in authorization {
        request = request.header("authorization", *value);
    }
    http::answer(request.form(form.pairs())).await
}

/// 66, 67, 84, 85 (RFC 6749 §5.1, Core §2, §3.1.3.6, §3.1.3.7, §5.4)
#[test]
fn a_code_is_worth_tokens_that_verify_and_say_no_more_than_they_should() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let request = shop.request().with("scope", "openid profile email address phone");
        let returned = browser.sign_in(&request.url(), &ada).await;
        let answer = shop.token(&shop.code_form(&request, &returned)).await;

        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.media_type(), "application/json");
        assert!(answer.header("cache-control").contains("no-store"), "{answer}");
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        let seconds = body["expires_in"].as_i64().expect("expires_in is a number");
        assert!((1..=31_536_000).contains(&seconds), "{seconds}");

        let id_token = body["id_token"].as_str().expect("there is an ID token");
        let nonce = Some(request.params.get("nonce"));
        let claims = shop.verify(id_token, nonce, body["access_token"].as_str()).await;
        let (header, _) = read_jwt(id_token);
        assert_eq!(header["alg"], "RS256");
        let keys = server.get("/jwks").await.json();
        assert!(
            keys["keys"]
                .as_array()
                .is_some_and(|keys| { keys.iter().any(|key| key["kid"] == header["kid"]) })
        );
        assert_eq!(claims["iss"], *server.issuer());
        assert_eq!(claims["sub"], *ada.id);
        assert!(ada.id.is_ascii() && ada.id.len() <= 255);
        assert_eq!(claims["aud"], *shop.id);
        assert!(claims.get("azp").is_none_or(|azp| *azp == *shop.id));
        let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        assert!(issued.is_some_and(|at| (at - now()).abs() <= 10), "{claims}");
        assert!(expires > issued, "{claims}");
        assert!(claims["auth_time"].as_i64() <= issued, "{claims}");
        for name in ["name", "preferred_username", "email", "address", "phone_number", "updated_at"]
        {
            assert_eq!(claims.get(name), None, "{name}");
        }
    });
}

/// 68, 69 (RFC 6749 §2.3.1, RFC 7591 §2)
#[test]
fn a_client_proves_itself_by_its_own_method_alone() {
    on_every_database(async |server| {
        let secret = "p:a%s+s &=/\"wörd";
        let add = |name: &str, method: &str| {
            let uri = format!("https://{name}.example/cb");
            let mut args = vec!["client", "add", "--name", name, "--id"];
            let id = format!("{name}:a%2B+b");
            args.extend([&*id, "--kind", "web", "--redirect-uri", &uri, "--secret-stdin"]);
            args.extend(["--auth-method", method]);
            server.cli_with_input(&args, &format!("{secret}\n")).done();
            RelyingParty {
                id: id.clone(),
                secret: secret.to_owned(),
                redirect_uri: uri.clone(),
                auth: if method == "client_secret_basic" { Auth::Basic } else { Auth::Post },
                id_token_alg: CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                issuer: server.issuer().to_owned(),
                http: server.http(),
            }
        };
        let with_header = add("header", "client_secret_basic");
        let with_body = add("body", "client_secret_post");
        let public = server.app("public");
        let browser = visitor(&server, &[&with_header, &with_body, &public]).await;

        for party in [&with_header, &with_body, &public] {
            for auth in [Auth::Basic, Auth::Post, Auth::None] {
                let (request, returned) = code(&browser, party).await;
                let tried = RelyingParty { auth, secret: secret.to_owned(), ..party.clone() };
                let answer = tried.token(&party.code_form(&request, &returned)).await;
                if auth == party.auth {
                    assert_eq!(answer.status, 200, "{}: {answer}", party.id);
                    // And so does the library that real clients are made of.
                    let (request, returned) = code(&browser, party).await;
                    party.redeem(&request, &returned).await;
                } else {
                    answer.assert_refused(401, "invalid_client");
                }
            }
        }
    });
}

/// 70, 71 (RFC 6749 §2.3, §5.2)
#[test]
fn a_client_that_cannot_prove_itself_is_told_how() {
    on_every_database(async |server| {
        let (shop, post_shop) = (
            server.client("shop"),
            server.client_with("poster", "web", &["--auth-method", "client_secret_post"]),
        );
        let browser = visitor(&server, &[&shop, &post_shop]).await;
        let form = code_form(&browser, &shop).await;
        let good = basic(&shop.id, &shop.secret);

        for authorization in [
            basic(&shop.id, "wrong"),
            basic(&shop.id, ""),
            basic(&shop.id, &shop.secret.to_uppercase()),
            basic("nobody", &shop.secret),
            basic(&post_shop.id, &shop.secret),
        ] {
            let answer = post(&shop, &form, &[&authorization]).await;
            answer.assert_refused(401, "invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Basic "), "{answer}");
        }
        for authorization in ["Basic", "Basic !", "Basic bm9jb2xvbg==", "Bearer x", "Negotiate x"] {
            let answer = post(&shop, &form, &[authorization]).await;
            assert!(matches!(answer.status, 400 | 401), "{answer}");
            assert!(matches!(
                answer.json()["error"].as_str(),
                Some("invalid_request" | "invalid_client")
            ));
        }
        let wrong = RelyingParty { secret: "wrong".to_owned(), ..post_shop.clone() };
        wrong
            .token(&code_form(&browser, &post_shop).await)
            .await
            .assert_refused(401, "invalid_client");
        let nobody = post(&shop, &form, &[]).await;
        assert!(matches!(nobody.status, 400 | 401), "{nobody}");

        let twice = form.clone().with("client_id", &shop.id).with("client_secret", &shop.secret);
        post(&shop, &twice, &[&good]).await.assert_refused(400, "invalid_request");
        post(&shop, &form, &[&good, &good]).await.assert_refused(400, "invalid_request");
        let other = form.clone().with("client_id", &post_shop.id);
        let answer = post(&shop, &other, &[&good]).await;
        assert!(matches!(answer.status, 400 | 401), "{answer}");

        // None of these used the code up.
        assert_eq!(post(&shop, &form.with("client_id", &shop.id), &[&good]).await.status, 200);
    });
}

/// 75, 76 (RFC 6749 §3.2, §5.2)
#[test]
fn a_token_request_that_is_no_plain_form_is_refused() {
    on_every_database(async |server| {
        let shop = server.client("shop");
        let no_refresh =
            server.client_with("brief", "web", &["--grant-type", "authorization_code"]);
        let browser = visitor(&server, &[&shop]).await;
        let form = code_form(&browser, &shop).await;
        let good = basic(&shop.id, &shop.secret);
        let address = shop.at("/token");
        let send = |method: Method, url: &str| {
            server.http().request(method, url).header("authorization", &good)
        };

        let got = http::answer(send(Method::GET, &format!("{address}?{}", form.encoded()))).await;
        assert!(matches!(got.status, 400 | 405), "{got}");
        let json: Value = form.pairs().iter().cloned().collect();
        let answer = http::answer(send(Method::POST, &address).json(&json)).await;
        answer.assert_refused(400, "invalid_request");
        let bare = send(Method::POST, &address).body(form.encoded());
        http::answer(bare).await.assert_refused(400, "invalid_request");
        let split = send(Method::POST, &format!("{address}?code={}", form.get("code")));
        let answer = http::answer(split.form(form.clone().without("code").pairs())).await;
        answer.assert_refused(400, "invalid_request");

        for name in ["grant_type", "code", "redirect_uri", "code_verifier"] {
            let twice = form.clone().also(name, form.get(name));
            shop.token(&twice).await.assert_refused(400, "invalid_request");
        }
        let unknown_twice = form.clone().also("x", "1").also("x", "1");
        shop.token(&unknown_twice).await.assert_refused(400, "invalid_request");
        for name in ["grant_type", "code"] {
            shop.token(&form.clone().without(name)).await.assert_refused(400, "invalid_request");
        }
        let unknown = form.clone().with("grant_type", "magic");
        shop.token(&unknown).await.assert_refused(400, "unsupported_grant_type");
        no_refresh.refresh("x").await.assert_refused(400, "unauthorized_client");

        // Unknown parameters are ignored, and none of the above used the code up.
        assert_eq!(shop.token(&form.with("x_colour", "red")).await.status, 200);
    });
}

/// 77 (RFC 6749 §4.1.2)
#[test]
fn a_replayed_code_kills_what_it_gave() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let request = app.offline_request();
        let returned = browser.sign_in(&request.url(), &ada).await;
        let tokens = app.redeem(&request, &returned).await;
        let second = app.refreshed(tokens.refresh()).await;
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
        let form = app.code_form(&request, &returned);

        // Who does not know the verifier does no harm.
        let stranger = form.clone().with("code_verifier", &"x".repeat(43));
        app.token(&stranger).await.assert_refused(400, "invalid_grant");
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);

        app.token(&form).await.assert_refused(400, "invalid_grant");
        for token in [&tokens, &second] {
            app.userinfo(&token.access_token).await.assert_refused(401, "invalid_token");
            app.refresh(token.refresh()).await.assert_refused(400, "invalid_grant");
        }
        app.token(&form).await.assert_refused(400, "invalid_grant");
    });
}

/// 78 (F2 §5.3.2.1-11)
#[test]
fn a_code_ends_with_its_time() {
    on_every_database_with(&[("SIGNET_CODE_LIFETIME", "5s")], async |server| {
        let shop = server.client("shop");
        let browser = visitor(&server, &[&shop]).await;
        let form = code_form(&browser, &shop).await;
        assert_eq!(shop.token(&code_form(&browser, &shop).await).await.status, 200);
        tokio::time::sleep(Duration::from_millis(5100)).await;
        shop.token(&form).await.assert_refused(400, "invalid_grant");
    });
}

/// 79, 80, 82 (RFC 6749 §4.1.3, §5.2, RFC 7636 §4.6, RFC 9700 §4.8.2): what is missing is
/// `invalid_grant` as what is wrong is.
#[test]
fn a_code_is_good_only_for_whom_and_what_it_was_made() {
    on_every_database(async |server| {
        let uris = ["--redirect-uri", "https://shop.example/cb", "--redirect-uri"];
        let more = [&uris[..], &["https://shop.example/other", "--without-pkce"]].concat();
        let shop = server.client_with("shop", "web", &more);
        let (app, other_app) = (server.app("app"), server.app("other"));
        let browser = visitor(&server, &[&shop, &app, &other_app]).await;

        let form = code_form(&browser, &shop).await;
        for bent in [
            form.clone().without("redirect_uri"),
            form.clone().with("redirect_uri", "https://shop.example/other"),
            form.clone().with("redirect_uri", "https://shop.example/cb/"),
            form.clone().with("redirect_uri", "https://SHOP.example/cb"),
            form.clone().with("redirect_uri", "https://shop.example:443/cb"),
            form.clone().without("code_verifier"),
            form.clone().with("code_verifier", &"A".repeat(43)),
            form.clone().with("code_verifier", "short"),
            form.clone().with("code", "x"),
            form.clone().with("code", &form.get("code").to_uppercase()),
            form.clone().with("code", &"x".repeat(10_000)),
        ] {
            shop.token(&bent).await.assert_refused(400, "invalid_grant");
        }
        other_app.token(&form).await.assert_refused(400, "invalid_grant");
        let stolen = code_form(&browser, &app).await;
        other_app.token(&stolen).await.assert_refused(400, "invalid_grant");
        shop.token(&stolen).await.assert_refused(400, "invalid_grant");
        // None of these used a code up.
        assert_eq!(shop.token(&form).await.status, 200);
        assert_eq!(app.token(&stolen).await.status, 200);

        // Without a challenge there is nothing to verify, and somebody took it away who
        // sends a verifier nevertheless.
        let mut request = shop.request().without("code_challenge");
        request = request.without("code_challenge_method");
        let returned = browser.open(&request.url()).await.returned();
        let form = shop.code_form(&request, &returned);
        shop.token(&form).await.assert_refused(400, "invalid_grant");
        assert_eq!(shop.token(&form.without("code_verifier")).await.status, 200);
    });
}

/// 83 (RFC 6749 §5.2)
#[test]
fn hostile_words_in_a_token_request_are_refused_like_others() {
    on_every_database(async |server| {
        let shop = server.client("shop");
        let words = ["\u{0}", "\"\\\u{7f}é", "' OR 1=1 --", "<script>", &"A".repeat(20_000)];
        for name in [
            "grant_type",
            "code",
            "redirect_uri",
            "code_verifier",
            "client_id",
            "scope",
            "resource",
            "refresh_token",
            "client_assertion",
            "client_assertion_type",
        ] {
            for word in words {
                let form = Params::new(&[
                    ("grant_type", "authorization_code"),
                    ("code", "x"),
                    ("redirect_uri", &shop.redirect_uri),
                    ("code_verifier", &"A".repeat(43)),
                ]);
                let answer = shop.token(&form.with(name, word)).await;
                let error = match name {
                    // What no form may hold.
                    _ if word.contains('\0') => "invalid_request",
                    "grant_type" => "unsupported_grant_type",
                    // Beside the one in the header.
                    "client_id" | "client_assertion" => "invalid_request",
                    // There is no such code, whatever else it says.
                    _ => "invalid_grant",
                };
                answer.assert_refused(400, error);
                for shown in ["OR 1=1", "<script>", "AAAA"] {
                    assert!(!answer.body.contains(shown), "{answer}");
                }
            }
        }
    });
}
