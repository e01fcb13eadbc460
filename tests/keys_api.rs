//! The steps of a sign-in in JSON, as applications on phones take them. What keys sign is
//! tested in a browser; here is what no key is needed for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::http::{self, Answer};
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_site};

async fn post(server: &Server, browser: &Browser, path: &str, body: &Value) -> Answer {
    let request = server.http().request(Method::POST, &format!("{}{path}", server.issuer()));
    http::answer(request.header("cookie", browser.cookie_header()).json(body)).await
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.media_type(), "application/problem+json", "{answer}");
    assert!(answer.header("cache-control").contains("no-store"), "{answer}");
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{answer}");
    assert_eq!(problem["status"], status, "{answer}");
}

/// RFC 9457; every step in JSON is bound to its interaction, its browser and its turn.
#[test]
fn steps_in_json_are_bound_as_the_pages_are() {
    on_every_database(async |server| {
        let (app, browser) = (server.app("app"), server.browser());
        server.add_user("ada");
        let page = browser.open(&app.request().url()).await.page();
        let id = page.url.query().unwrap().trim_start_matches("interaction=").to_owned();
        let step = |name: &str| format!("/api/v1/interactions/{id}/{name}");
        let nothing = json!({});

        let asked = post(&server, &browser, &step("passkey/options"), &nothing).await;
        assert_eq!(asked.status, 200, "{asked}");
        let asked = asked.json();
        let options = &asked["publicKey"];
        assert_eq!(options["rpId"], "localhost", "{asked}");
        assert_eq!(options["userVerification"], "required", "{asked}");
        assert_eq!(options["allowCredentials"], json!([]), "{asked}");

        // Another browser, another step, another sign-in.
        let other = server.browser();
        let stolen = post(&server, &other, &step("passkey/options"), &nothing).await;
        assert_problem(&stolen, 403, "other_browser");
        for name in ["key/options", "key", "enrolment/options", "enrolment"] {
            let body = json!({"kind": "passkey", "challenge": "c", "credential": {}});
            assert_problem(&post(&server, &browser, &step(name), &body).await, 409, "not_due");
        }
        let unknown = "/api/v1/interactions/none/passkey/options";
        assert_problem(&post(&server, &browser, unknown, &nothing).await, 410, "interaction_ended");

        // What is no answer uses the question up.
        let answer = json!({"challenge": asked["challenge"], "credential": {"id": "x"}});
        let refused = post(&server, &browser, &step("passkey"), &answer).await;
        assert_problem(&refused, 403, "not_accepted");
        let again = post(&server, &browser, &step("passkey"), &answer).await;
        assert_problem(&again, 410, "challenge_ended");
        assert_problem(
            &post(&server, &browser, &step("passkey"), &nothing).await,
            400,
            "malformed",
        );

        // A form of another site is none of these.
        let url = format!("{}{}", server.issuer(), step("passkey"));
        let form = server.http().request(Method::POST, &url);
        let form = form.header("cookie", browser.cookie_header()).form(&[("challenge", "c")]);
        assert_problem(&http::answer(form).await, 400, "malformed");
        let foreign = server.http().request(Method::POST, &url).json(&answer);
        let foreign = foreign.header("sec-fetch-site", "cross-site");
        assert_eq!(http::answer(foreign).await.status, 403);
    });
}

/// Without a domain name there are no passkeys, and nothing offers them.
#[test]
fn an_address_without_a_name_has_no_passkeys() {
    on_every_site(crate::harness::database::Durability::Relaxed, async |mut site| {
        let issuer = site.issuer().replace("localhost", "127.0.0.1");
        site.set("SIGNET_ISSUER", &issuer);
        let server = site.start().await;
        let (app, browser) = (server.app("app"), server.browser());
        let page = browser.open(&app.request().url()).await.page();
        assert!(!page.has("passkey"), "{page}");
        let id = page.url.query().unwrap().trim_start_matches("interaction=").to_owned();
        let path = format!("/api/v1/interactions/{id}/passkey/options");
        assert_problem(&post(&server, &browser, &path, &json!({})).await, 404, "no_passkeys");
    });
}
