//! Passkeys and what else is signed, by an authenticator that was written for these tests:
//! what no browser can be made to send.

use serde_json::json;

use crate::harness::browser::{Browser, Page};
use crate::harness::cli::Person;
use crate::harness::client::RelyingParty;
use crate::harness::http::Answer;
use crate::harness::passkey::{Passkey, Place, step};
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database};

/// A person with a passkey, and the browser in which they added it.
async fn with_key(server: &Server, name: &str) -> (Person, Passkey, Browser) {
    let (person, browser) = (server.add_user(name), server.browser());
    let url = format!("{}/account/factors", server.issuer());
    browser.log_in(&url, &person).await.page();
    let key = browser.add_key(server.issuer()).await;
    (person, key, browser)
}

/// The sign-in page, in a browser that nobody signed in with before.
async fn login(server: &Server, app: &RelyingParty) -> (Browser, Page) {
    let browser = server.browser();
    let page = browser.open(&app.request().url()).await.page();
    (browser, page)
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.json()["code"], code, "{answer}");
}

/// Web Authentication Level 3 §7.2 step 13: what was signed in a frame of another site's page
/// lets nobody in, neither as the only step nor as the second one.
#[test]
fn what_is_signed_in_a_foreign_frame_is_not_accepted() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let app = server.app("app");
        let framed = Place { origin: server.issuer(), is_framed: true };
        let (browser, page) = login(&server, &app).await;
        let url = step(&page, "passkey");
        assert_refused(&browser.show_key(&url, &key, framed).await, 403, "not_accepted");
        let shown = browser.show_key(&url, &key, Place::of(server.issuer())).await;
        assert_eq!(shown.status, 200, "{shown}");

        let (browser, page) = login(&server, &app).await;
        let page = browser.enter(&page, &ada.username, &ada.password).await.page();
        let url = step(&page, "key");
        assert_refused(&browser.show_key(&url, &key, framed).await, 403, "not_accepted");
        let shown = browser.show_key(&url, &key, Place::of(server.issuer())).await;
        assert_eq!(shown.status, 200, "{shown}");
    });
}

/// A question for a new key is answered where it was asked: not in another sign-in, and not on
/// the page of the account.
#[test]
fn a_question_for_a_new_key_belongs_to_one_sign_in() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let first = browser.log_in(&bank.request().url(), &ada).await.page();
        let second = browser.open(&bank.request().url()).await.page();
        let account = format!("{}/account/factors/keys", server.issuer());
        let (here, there) = (step(&first, "enrolment"), step(&second, "enrolment"));
        let kind = json!({"kind": "passkey"});
        for (asked_at, told_at) in [(&here, &there), (&here, &account), (&account, &here)] {
            let asked = browser.ask(asked_at, &kind).await;
            let (_, credential) = Passkey::make(&asked["publicKey"], Place::of(server.issuer()));
            let answer = json!({
                "challenge": asked["challenge"], "kind": "passkey", "credential": credential,
            });
            assert_refused(&browser.call(told_at, &answer).await, 410, "challenge_ended");
        }
        let (_, enrolled) = browser.enrol_key(&here, Place::of(server.issuer())).await;
        assert_eq!(enrolled.status, 200, "{enrolled}");
    });
}

/// Windows of one browser in which a passkey opens the session anew while in others the same
/// session goes up in worth: the database makes nobody wait for each other.
#[test]
fn a_session_and_a_key_are_come_to_in_one_order() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let key = std::sync::Arc::new(key);
        let app = server.app("app");
        let issuer = server.issuer().to_owned();
        for _ in 0..6 {
            let browser = server.browser();
            let asked = browser.log_in(&app.request().url(), &ada).await.page();
            let mut urls = Vec::new();
            for number in 0..16 {
                urls.push(if number % 2 == 0 {
                    let again = app.request().with("prompt", "login").url();
                    step(&browser.open(&again).await.page(), "passkey")
                } else {
                    step(&asked, "key")
                });
            }
            let answers = at_once(16, |number| {
                let (window, key) = (browser.stolen(), key.clone());
                let (url, issuer) = (urls[number].clone(), issuer.clone());
                async move { window.show_key(&url, &key, Place::of(&issuer)).await }
            })
            .await;
            for answer in answers {
                assert!(answer.status < 500, "{answer}");
            }
        }
    });
}
