//! Passkeys and what else is signed, by an authenticator that was written for these tests:
//! what no browser can be made to send.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use scraper::Selector;
use serde_json::json;

use crate::account::{age, open};
use crate::harness::browser::{Browser, Page};
use crate::harness::cli::Person;
use crate::harness::client::RelyingParty;
use crate::harness::http::Answer;
use crate::harness::passkey::{Passkey, Place, step};
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database, on_every_database_with};

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

/// Whoever takes long to find the key gets on: they were asked after a sign-in of the last
/// minutes. Nobody is asked in one that is older, and no other session answers.
#[test]
fn a_key_that_was_asked_for_in_time_is_added_later() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let keys = format!("{}/account/factors/keys", server.issuer());
        let ask = async |browser: &Browser| {
            let asked = browser.ask(&keys, &json!({"kind": "passkey"})).await;
            let (_, credential) = Passkey::make(&asked["publicKey"], Place::of(server.issuer()));
            json!({"challenge": asked["challenge"], "kind": "passkey", "credential": credential})
        };
        open(&server, &browser, &ada, "/account/factors").await;
        let (first, second) = (ask(&browser).await, ask(&browser).await);
        age(&server);
        let late = browser.call(&format!("{keys}/options"), &json!({"kind": "passkey"})).await;
        assert_refused(&late, 401, "sign_in_required");
        let added = browser.call(&keys, &first).await;
        assert_eq!(added.status, 200, "{added}");

        let page = browser.open(&format!("{}/logout", server.issuer())).await.page();
        browser.press(&page, "logout-confirm", &[]).await.page();
        server.cli(&["user", "factors", "reset", "ada"]).done();
        open(&server, &browser, &ada, "/account/factors").await;
        assert_refused(&browser.call(&keys, &second).await, 410, "challenge_ended");

        // The same while signing in, for who was signed in before.
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]).request().url();
        let (eve, browser) = (server.add_user("eve"), server.browser());
        open(&server, &browser, &eve, "/account").await;
        let url = step(&browser.open(&bank).await.page(), "enrolment");
        let asked = browser.ask(&url, &json!({"kind": "passkey"})).await;
        age(&server);
        let late = browser.call(&format!("{url}/options"), &json!({"kind": "passkey"})).await;
        assert_refused(&late, 409, "not_due");
        let (_, credential) = Passkey::make(&asked["publicKey"], Place::of(server.issuer()));
        let answer = json!({
            "challenge": asked["challenge"], "kind": "passkey", "credential": credential,
        });
        let forged = json!({"challenge": "none", "kind": "passkey", "credential": credential});
        assert_refused(&browser.call(&url, &forged).await, 410, "challenge_ended");
        let added = browser.call(&url, &answer).await;
        assert_eq!(added.status, 200, "{added}");
    });
}

/// Makes every question this much older, in seconds.
fn age_questions(server: &Server, seconds: i64) {
    let micros = seconds * 1_000_000;
    server.database.run(&format!("UPDATE challenges SET expires_at = expires_at - {micros}"));
}

/// A question for a new key ends after five minutes, whatever the browser does: the right answer
/// that comes later adds nothing, neither on the page of the account nor in a sign-in.
#[test]
fn a_new_key_comes_within_five_minutes() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let (ada, own) = (server.add_user("ada"), server.browser());
        open(&server, &own, &ada, "/account/factors").await;
        let account = format!("{}/account/factors/keys", server.issuer());
        let (eve, enrolling) = (server.add_user("eve"), server.browser());
        let page = enrolling.log_in(&bank.request().url(), &eve).await.page();
        for (name, browser, url) in
            [("ada", own, account), ("eve", enrolling, step(&page, "enrolment"))]
        {
            for (seconds, status) in [(300, 410), (240, 200)] {
                let asked = browser.ask(&url, &json!({"kind": "passkey"})).await;
                let place = Place::of(server.issuer());
                let (_, credential) = Passkey::make(&asked["publicKey"], place);
                let answer = json!({
                    "challenge": asked["challenge"], "kind": "passkey", "credential": credential,
                });
                age_questions(&server, seconds);
                let told = browser.call(&url, &answer).await;
                assert_eq!(told.status, status, "{name} after {seconds} s: {told}");
                let listed = server.cli(&["user", "factors", "list", name]).done();
                let number = listed["factors"].as_array().unwrap().len();
                assert_eq!(number, usize::from(status == 200), "{name}: {listed}");
            }
        }
    });
}

/// A question for a key that is there ends after five minutes, too: the right answer that comes
/// later lets nobody in, neither as the only step nor as the second one.
#[test]
fn a_key_is_shown_within_five_minutes() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let app = server.app("app");
        let silent = app.request().with("prompt", "none").url();
        for (is_second, still_due) in [(false, "login_required"), (true, "interaction_required")] {
            let (browser, mut page) = login(&server, &app).await;
            if is_second {
                page = browser.enter(&page, &ada.username, &ada.password).await.page();
            }
            let url = step(&page, if is_second { "key" } else { "passkey" });
            for (seconds, status, due) in [(300, 410, still_due), (240, 200, "consent_required")] {
                let asked = browser.ask(&url, &json!({})).await;
                let credential = key.sign(&asked["publicKey"], Place::of(server.issuer()));
                let answer = json!({"challenge": asked["challenge"], "credential": credential});
                age_questions(&server, seconds);
                let told = browser.call(&url, &answer).await;
                assert_eq!(told.status, status, "{still_due} after {seconds} s: {told}");
                browser.open(&silent).await.returned().assert_error(due, server.issuer());
            }
        }
    });
}

/// Windows of one browser in which a passkey opens the session anew while in others the same
/// session goes up in worth: the database makes nobody wait for each other.
#[test]
fn a_session_and_a_key_are_come_to_in_one_order() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let app = server.app("app");
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
            // The first to get in leaves nothing to ask for the others.
            let mut shown = Vec::new();
            for url in &urls {
                shown.push(browser.sign_with_key(url, &key, Place::of(server.issuer())).await);
            }
            let answers = at_once(16, |number| {
                let (url, shown) = (urls[number].clone(), shown[number].clone());
                let window = browser.stolen();
                async move { window.call(&url, &shown).await }
            })
            .await;
            for answer in answers {
                assert!(answer.status < 500, "{answer}");
            }
        }
    });
}

/// RFC 8176 §2: tokens say that a key was shown, alone or beside a password, and that this is
/// worth more than a code.
#[test]
fn tokens_say_that_a_key_was_shown() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let app = server.client_with("app", "spa", &["--first-party"]);
        for (has_password, amr) in
            [(false, &["hwk", "mfa", "user"][..]), (true, &["hwk", "mfa", "pwd", "user"])]
        {
            let (browser, request) = (server.browser(), app.request());
            let page = browser.open(&request.url()).await.page();
            let url = if has_password {
                let page = browser.enter(&page, &ada.username, &ada.password).await.page();
                step(&page, "key")
            } else {
                step(&page, "passkey")
            };
            let shown = browser.show_key(&url, &key, Place::of(server.issuer())).await.json();
            let returned = browser.open(shown["location"].as_str().unwrap()).await.returned();
            let claims = app.redeem(&request, &returned).await.claims;
            assert_eq!(claims["acr"], "phishing-resistant", "{claims:#}");
            let mut told: Vec<_> = claims["amr"].as_array().unwrap().iter().collect();
            told.sort_by_key(|method| method.as_str());
            assert_eq!(json!(told), json!(amr), "{claims:#}");
        }
    });
}

/// Whoever shows a key may wish not to be asked again in this browser, as with a code.
#[test]
fn a_browser_is_remembered_with_a_key_too() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let app = server.app("app");
        for remember in [false, true] {
            let (browser, page) = login(&server, &app).await;
            let page = browser.enter(&page, &ada.username, &ada.password).await.page();
            assert!(page.has("remember"), "{page}");
            let url = step(&page, "key");
            let asked = browser.ask(&url, &json!({})).await;
            let credential = key.sign(&asked["publicKey"], Place::of(server.issuer()));
            let answer = json!({
                "challenge": asked["challenge"], "credential": credential, "remember": remember,
            });
            let shown = browser.call(&url, &answer).await;
            assert_eq!(shown.status, 200, "{shown}");
            let again = app.request().with("prompt", "login");
            let arrival = browser.log_in(&again.url(), &ada).await;
            assert_eq!(arrival.is_page_with("use-key"), !remember);
        }
    });
}

/// The button that Enter presses in each form with something to fill in (HTML §4.10.21.2).
fn pressed_by_enter(page: &Page) -> Vec<Option<String>> {
    let fields = Selector::parse("input:not([type=hidden])").unwrap();
    let buttons = Selector::parse("button[type=submit]").unwrap();
    let pressed = page.select("form", |form| {
        form.select(&fields).next()?;
        Some(form.select(&buttons).next().and_then(|button| button.attr("id").map(str::to_owned)))
    });
    pressed.into_iter().flatten().collect()
}

/// Enter in the box for remembering a browser leaves nobody signed out. Where only a key is
/// enough, being remembered would excuse nobody, so it is not offered.
#[test]
fn enter_sends_a_code_and_nothing_else() {
    on_every_database(async |server| {
        let (ada, _, _) = with_key(&server, "ada").await;
        let app = server.app("app");
        let values = ["phishing-resistant"];
        let demand = json!({"id_token": {"acr": {"essential": true, "values": values}}});
        let demand = app.request().with("claims", &demand.to_string()).url();
        let page = server.browser().log_in(&demand, &ada).await.page();
        assert!(page.has("use-key") && page.has("switch") && !page.has("remember"), "{page}");
        assert_eq!(pressed_by_enter(&page), [], "{page}");

        let usual = app.request().url();
        let page = server.browser().log_in(&usual, &ada).await.page();
        assert!(page.has("use-key") && page.has("remember"), "{page}");
        assert_eq!(pressed_by_enter(&page), [Some("code-submit".to_owned())], "{page}");
        // All ten were used.
        server.database.run("UPDATE recovery_codes SET used_at = created_at");
        let browser = server.browser();
        let page = browser.log_in(&usual, &ada).await.page();
        assert!(page.has("use-key") && page.has("remember") && !page.has("code"), "{page}");
        assert_eq!(pressed_by_enter(&page), [], "{page}");
        assert!(browser.press(&page, "switch", &[]).await.is_page_with("login-submit"));
    });
}

/// Web Authentication Level 3 §7.2 step 11: an application that was named with its signing
/// certificate, in the settings or by its client, and a site that was named, use the passkeys of this address; no others do.
#[test]
fn applications_and_sites_that_were_named_use_passkeys() {
    let android = format!("com.example.house:{}", ["0a"; 32].join(":"));
    let of_client = format!("com.example.bank:{}", ["0c"; 32].join(":"));
    let settings =
        [("SIGNET_ANDROID_APPS", &*android), ("SIGNET_PASSKEY_ORIGINS", "https://shop.example")];
    on_every_database_with(&settings, async |server| {
        let app = server.app("app");
        let more = ["--mfa", "required", "--android-app", &of_client];
        let bank = server.client_with("bank", "spa", &more);
        let apk = |byte: u8| format!("android:apk-key-hash:{}", URL_SAFE_NO_PAD.encode([byte; 32]));
        // It enrols one there, too.
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let page = browser.log_in(&bank.request().url(), &ada).await.page();
        let url = step(&page, "enrolment");
        let (_, refused) = browser.enrol_key(&url, Place::of(&apk(0x0b))).await;
        assert_refused(&refused, 422, "wrong_answer");
        let (key, enrolled) = browser.enrol_key(&url, Place::of(&apk(0x0a))).await;
        assert_eq!(enrolled.status, 200, "{enrolled}");

        let evil = ["https://evil.example", "https://shop.example.evil.example", &apk(0x0b)];
        for origin in evil {
            let (browser, page) = login(&server, &app).await;
            let answer = browser.show_key(&step(&page, "passkey"), &key, Place::of(origin)).await;
            assert_refused(&answer, 403, "not_accepted");
        }
        for origin in [server.issuer(), "https://shop.example", &apk(0x0a), &apk(0x0c)] {
            let (browser, page) = login(&server, &app).await;
            let answer = browser.show_key(&step(&page, "passkey"), &key, Place::of(origin)).await;
            assert_eq!(answer.status, 200, "{origin}: {answer}");
            let location = answer.json()["location"].as_str().unwrap().to_owned();
            assert!(browser.open(&location).await.is_page_with("consent-allow"));
        }
    });
}

/// Of sixteen that present one answer at the same moment exactly one gets in.
#[test]
fn of_many_with_one_answer_exactly_one_gets_in() {
    on_every_database(async |server| {
        let (ada, key, _) = with_key(&server, "ada").await;
        let app = server.app("app");
        for is_second in [false, true] {
            let (browser, mut page) = login(&server, &app).await;
            if is_second {
                page = browser.enter(&page, &ada.username, &ada.password).await.page();
            }
            let url = step(&page, if is_second { "key" } else { "passkey" });
            let asked = browser.ask(&url, &json!({})).await;
            let credential = key.sign(&asked["publicKey"], Place::of(server.issuer()));
            let answer = json!({"challenge": asked["challenge"], "credential": credential});
            let answers = at_once(16, |_| {
                let (window, url, answer) = (browser.stolen(), url.clone(), answer.clone());
                async move { window.call(&url, &answer).await }
            })
            .await;
            let won = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(won, 1, "{:?}", answers.iter().map(|each| each.status).collect::<Vec<_>>());
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                let code = &answer.json()["code"];
                assert!(code == "challenge_ended" || code == "not_due", "{answer}");
            }
        }
    });
}
