//! Scripts of other origins: what they may read and what they may send.

use reqwest::Method;

use crate::harness::client::RelyingParty;
use crate::harness::http::{self, Answer};
use crate::harness::on_every_database;
use crate::harness::server::Server;

/// What a browser asks before it sends something of a script's own.
async fn preflight(server: &Server, path: &str, method: &str, origin: &str) -> Answer {
    let url = format!("{}{path}", server.issuer());
    let request = server
        .http()
        .request(Method::OPTIONS, &url)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization");
    http::answer(request).await
}

fn allowed(answer: &Answer) -> String {
    // No cookie ever goes with it.
    assert_eq!(answer.header("access-control-allow-credentials"), "", "{answer}");
    answer.header("access-control-allow-origin")
}

/// 18 (Disc §4): public to all, with a cache lifetime.
#[test]
fn every_script_may_read_metadata_and_keys() {
    on_every_database(async |server| {
        for path in [
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
            "/jwks",
        ] {
            let url = format!("{}{path}", server.issuer());
            let request = server.http().request(Method::GET, &url);
            let answer = http::answer(request.header("origin", "https://any.example")).await;
            assert_eq!(allowed(&answer), "*", "{answer}");
            assert!(answer.header("cache-control").contains("max-age"), "{answer}");
        }
    });
}

/// 104 (Core §5.3), RFC 6749 §3.2: for applications that are registered, by the origins of
/// their redirect URIs.
#[test]
fn scripts_of_registered_applications_may_use_tokens() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let dev = ["--redirect-uri", "http://localhost:3000/cb"];
        let (app, _) = (server.app("app"), server.client_with("dev", "spa", &dev));
        let good = ["https://app.example", "http://localhost:3000"];
        let bad = [
            "https://evil.example",
            "https://app.example.evil.example",
            "http://app.example",
            "https://app.example:8443",
            "null",
            "https://APP.example",
            "http://localhost:3001",
        ];
        for (path, method) in [("/token", "POST"), ("/userinfo", "GET"), ("/revoke", "POST")] {
            for origin in good {
                let answer = preflight(&server, path, method, origin).await;
                assert_eq!(allowed(&answer), origin, "{answer}");
                let headers = answer.header("access-control-allow-headers").to_lowercase();
                assert!(headers.contains("authorization"), "{answer}");
                assert!(answer.header("access-control-allow-methods").contains(method));
                assert!(answer.header("vary").to_lowercase().contains("origin"), "{answer}");
            }
            for origin in bad {
                let answer = preflight(&server, path, method, origin).await;
                assert_eq!(allowed(&answer), "", "{answer}");
            }
        }
        let tokens = app.sign_in(&browser, &ada, app.request()).await;
        for (origin, expected) in [(good[0], good[0]), (bad[0], "")] {
            let answer = userinfo(&app, &tokens.access_token, origin).await;
            assert_eq!(answer.status, 200, "{answer}");
            assert_eq!(allowed(&answer), expected, "{answer}");
            let refused = userinfo(&app, "x", origin).await;
            assert_eq!(refused.status, 401, "{refused}");
            assert_eq!(allowed(&refused), expected, "a script can read why: {refused}");
        }
    });
}

async fn userinfo(app: &RelyingParty, token: &str, origin: &str) -> Answer {
    let request = app.http.request(Method::GET, &app.at("/userinfo"));
    http::answer(request.bearer_auth(token).header("origin", origin)).await
}

/// 104 (Core §5.3), 168 (RFC 7009 §2.3): what is sent after the question is allowed to be read,
/// whether it is granted or refused.
#[test]
fn scripts_of_registered_applications_read_what_their_forms_come_to() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let post = async |path: &str, form: &[(&str, &str)], origin: &str| {
            let request = app.http.request(Method::POST, &app.at(path)).form(form);
            http::answer(request.header("origin", origin)).await
        };
        for (origin, expected) in [("https://app.example", true), ("https://evil.example", false)] {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let refresh = [
                ("grant_type", "refresh_token"),
                ("client_id", &*app.id),
                ("refresh_token", tokens.refresh()),
            ];
            let revoke = [("client_id", &*app.id), ("token", tokens.refresh())];
            for (path, form, status) in [
                ("/token", &refresh[..], 200),
                ("/revoke", &revoke[..], 200),
                ("/token", &refresh[..], 400),
                ("/revoke", &[("token", "x")], 400),
            ] {
                let answer = post(path, form, origin).await;
                assert_eq!(answer.status, status, "{path}: {answer}");
                assert_eq!(allowed(&answer), if expected { origin } else { "" }, "{answer}");
            }
        }
    });
}

/// 168 (RFC 7009 §2.3): pages and what only servers call are for no script.
#[test]
fn no_script_reads_pages_or_introspection() {
    on_every_database(async |server| {
        server.app("app");
        for path in ["/authorize", "/login", "/consent", "/logout", "/introspect", "/"] {
            let answer = preflight(&server, path, "POST", "https://app.example").await;
            assert_eq!(allowed(&answer), "", "{path}: {answer}");
        }
    });
}

/// An application that was added a moment ago is known at once, one that is gone is not.
#[test]
fn origins_follow_the_applications() {
    on_every_database(async |server| {
        let origin = "https://late.example";
        assert_eq!(allowed(&preflight(&server, "/token", "POST", origin).await), "");
        server.app("late");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(allowed(&preflight(&server, "/token", "POST", origin).await), origin);
        server.cli(&["client", "delete", "late"]).done();
        assert_eq!(allowed(&preflight(&server, "/token", "POST", origin).await), "");
    });
}
