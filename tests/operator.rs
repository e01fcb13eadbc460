//! What operators do and see beside a running server.

use serde_json::Value;

use crate::harness::browser::Arrival;
use crate::harness::on_every_database;
use crate::harness::server::Site;

/// 94: a withdrawn consent kills what came of it, and the next sign-in asks again.
#[test]
fn a_withdrawn_consent_kills_its_tokens_and_is_asked_for_again() {
    on_every_database(async |server| {
        let (ada, app, other) = (server.add_user("ada"), server.app("app"), server.app("other"));
        let browser = server.browser();
        let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
        let kept = other.sign_in(&browser, &ada, other.offline_request()).await;

        let listed = server.cli(&["consent", "list", &ada.username]).done();
        assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
        let withdrawn = server.cli(&["consent", "withdraw", &ada.username, &app.id]).done();
        assert_eq!(withdrawn["grants"], 1);

        app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        other.refreshed(kept.refresh()).await;
        let Arrival::Page(page) = browser.open(&app.offline_request().url()).await else {
            panic!("nobody was asked");
        };
        assert!(page.has("consent-allow"), "{}", page.words());
        let again = server.cli(&["consent", "withdraw", &ada.username, &app.id]);
        again.assert_failed(3, &["no consent"]);
    });
}

/// Who did what is written down with its reason and without a secret.
#[test]
fn the_audit_log_tells_what_happened() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let page = browser.open(&app.request().url()).await.page();
        let page = browser.enter(&page, &ada.username, "a wrong password").await.page();
        let page = browser.enter(&page, "nobody", "a wrong password").await.page();
        browser.enter(&page, &ada.username, &ada.password).await.page();

        let events = server.cli(&["audit", "list"]).done();
        let told: Vec<_> = events
            .as_array()
            .into_iter()
            .flatten()
            .map(|event| (event["action"].as_str().unwrap_or_default(), event["detail"].as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("login.succeeded", None),
                ("login.failed", Some("unknown_user")),
                ("login.failed", Some("wrong_password")),
                ("client.added", None),
                ("user.added", None),
                ("key.created", None),
            ],
            "{events}"
        );
        assert_eq!(events[0]["user_id"], *ada.id);
        assert_eq!(events[0]["address"], "127.0.0.1");
        assert!(!events.to_string().contains(&ada.username), "{events}");
    });
}

/// The console counts what the server and the command line make, on the same store.
#[test]
fn the_console_counts_what_there_is() {
    on_every_database(async |server| {
        assert_eq!(counts(&server)["users"], 0);
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        app.sign_in(&server.browser(), &ada, app.request()).await;

        let counts = counts(&server);
        for (what, number) in
            [("users", 1), ("clients", 1), ("sessions", 1), ("grants", 1), ("signing_keys", 1)]
        {
            assert_eq!(counts[what], number, "{what}: {counts}");
        }
    });
}

fn counts(site: &Site) -> Value {
    let output = site.console(&["--print", "json"]).output().expect("the console starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}
