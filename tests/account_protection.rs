//! What protects an account, and what becomes of it when some of it goes.

use crate::account::open;
use crate::harness::authenticator::Authenticator;
use crate::harness::browser::{Browser, Page};
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with};

/// Removes whatever factors a person has on the page that is open.
async fn remove_all(server: &Server, browser: &Browser, name: &str, mut page: Page) -> Page {
    let listed = server.cli(&["user", "factors", "list", name]).done();
    for factor in listed["factors"].as_array().unwrap() {
        let button = format!("remove-{}", factor["id"].as_str().unwrap());
        page = browser.press(&page, &button, &[]).await.page();
    }
    page
}

/// Recovery codes and remembered browsers are worth something beside a factor alone: they go
/// with the last one, and the next first one brings codes of its own.
#[test]
fn with_the_last_factor_goes_what_was_beside_it() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let page = browser.log_in(&bank.request().url(), &ada).await.page();
        let (protected, _) = browser.enrol(&page, &ada).await;
        let other = server.browser();
        let page = other.log_in(&bank.request().url(), &ada).await.page();
        let fields = [("code", &*protected.authenticator.code(0)), ("remember", "yes")];
        assert!(other.press(&page, "code-submit", &fields).await.is_page_with("consent-allow"));

        let page = open(&server, &browser, &ada, "/account/factors").await;
        let page = remove_all(&server, &browser, "ada", page).await;
        assert!(page.has("no-factors") && !page.has("browsers-number"), "{page}");
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        assert_eq!(listed["recovery_codes"], 0, "{listed}");

        // A browser that was remembered excuses nobody who has nothing.
        let again = bank.request().with("prompt", "login").url();
        let page = other.log_in(&again, &ada).await.page();
        assert!(page.has("totp-seed"), "{page}");
        let (new, _) = other.enrol(&page, &ada).await;
        assert_eq!(new.recovery_codes.len(), 10);
        assert!(!new.recovery_codes.contains(&protected.recovery_codes[0]));
    });
}

/// A password of fewer than 15 characters counts beside a second factor alone, whatever a
/// client asks for, and does not outlive it.
#[test]
fn a_short_password_never_stands_alone() {
    on_every_database(async |server| {
        let lax = server.client_with("lax", "spa", &["--mfa", "off"]);
        let (mut ada, browser) = (server.add_user("ada"), server.browser());
        let offer = open(&server, &browser, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        browser.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();
        assert!(
            server.browser().log_in(&lax.request().url(), &ada).await.is_page_with("consent-allow")
        );
        let page = open(&server, &browser, &ada, "/account/password").await;
        "vK2#pq9!xR".clone_into(&mut ada.password);
        let typed = [("password", &*ada.password)];
        assert!(browser.press(&page, "password-submit", &typed).await.is_page_with("done"));

        // The client asks for no code, and gets one all the same.
        assert!(server.browser().log_in(&lax.request().url(), &ada).await.is_page_with("code"));
        let page = open(&server, &browser, &ada, "/account/factors").await;
        let page = remove_all(&server, &browser, "ada", page).await;
        assert!(page.text("problem").contains("15 characters"), "{page}");
        assert!(page.has("to-password") && !page.has("no-factors"), "{page}");
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        let id = listed["factors"][0]["id"].as_str().unwrap();
        server.cli(&["user", "factors", "remove", "ada", id]).assert_failed(3, &["15 characters"]);

        // With a longer one it can go.
        let page = open(&server, &browser, &ada, "/account/password").await;
        let long = [("password", "vier elefanten im regen")];
        browser.press(&page, "password-submit", &long).await.page();
        let page = open(&server, &browser, &ada, "/account/factors").await;
        assert!(remove_all(&server, &browser, "ada", page).await.has("no-factors"));
    });
}

/// Somebody who lost the phone beside which they had chosen a short password gets another one.
#[test]
fn a_short_password_goes_with_the_factors_that_an_operator_takes() {
    on_every_database(async |server| {
        let (mut ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let offer = open(&server, &browser, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        browser.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();
        let short = "vK2#pq9!xR";
        let set = ["user", "set-password", "ada", "--password-stdin"];
        server.cli_with_input(&set, &format!("{short}\n")).done();
        let reset = server.cli(&["user", "factors", "reset", "ada"]).done();
        assert_eq!(reset["has_password"], false, "{reset}");
        short.clone_into(&mut ada.password);
        let login = server.browser().log_in(&app.request().url(), &ada).await;
        assert!(login.is_page_with("login-notice"));
        server.cli_with_input(&set, &format!("{short}\n")).assert_failed(3, &["15 characters"]);
        "vier elefanten im regen".clone_into(&mut ada.password);
        server.cli_with_input(&set, &format!("{}\n", ada.password)).done();
        let login = server.browser().log_in(&app.request().url(), &ada).await;
        assert!(login.is_page_with("consent-allow"));
        let reset = server.cli(&["user", "factors", "reset", "ada"]).done();
        assert_eq!(reset["has_password"], true, "{reset}");
    });
}

/// Where nobody is asked for a second factor, it makes up for nothing.
#[test]
fn where_no_factor_is_asked_for_every_password_is_long() {
    on_every_database_with(&[("SIGNET_MFA", "off")], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let offer = open(&server, &browser, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        browser.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();
        let page = open(&server, &browser, &ada, "/account/password").await;
        assert!(!page.text("password-hint").contains('8'), "{page}");
        let typed = [("password", "vK2#pq9!xR")];
        let page = browser.press(&page, "password-submit", &typed).await.page();
        assert!(page.text("problem").contains("15 characters"), "{page}");
    });
}
