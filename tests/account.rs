//! The pages on which people look after their own account, without a script.

use serde_json::{Value, json};

use crate::harness::authenticator::Authenticator;
use crate::harness::browser::{Browser, Page};
use crate::harness::cli::Person;
use crate::harness::client::RelyingParty;
use crate::harness::server::{Server, Site};
use crate::harness::{on_every_database, on_every_database_with};

/// Signs in for a page of the account.
pub(crate) async fn open(server: &Server, browser: &Browser, person: &Person, path: &str) -> Page {
    let page = browser.open(&at(server, path)).await.page();
    if !page.has("login-submit") {
        return page;
    }
    browser.enter(&page, &person.username, &person.password).await.page()
}

pub(crate) fn at(server: &Server, path: &str) -> String {
    format!("{}{path}", server.issuer())
}

fn person(site: &Site, name: &str) -> Value {
    site.cli(&["user", "show", name]).done()
}

/// Whoever opens a page signs in first and comes to that very page.
#[test]
fn an_account_page_is_shown_to_its_owner_alone() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        for path in [
            "/account",
            "/account/profile",
            "/account/password",
            "/account/factors",
            "/account/factors/totp",
            "/account/sessions",
            "/account/applications",
            "/account/history",
        ] {
            assert!(server.browser().open(&at(&server, path)).await.is_page_with("login-submit"));
            let page = open(&server, &browser, &ada, path).await;
            assert_eq!(page.url.path(), path, "{page}");
            assert_eq!(page.answer.status, 200, "{page}");
            assert!(page.answer.header("cache-control").contains("no-store"), "{page}");
        }
        let page = open(&server, &browser, &ada, "/account").await;
        assert!(browser.follow(&page, "to-sessions").await.is_page_with("this-session"));
    });
}

/// What was confirmed of an address or a number is not confirmed of another one.
#[test]
fn a_changed_address_or_number_is_not_verified_any_more() {
    on_every_database(async |server| {
        let claims = json!({
            "email": "ada@people.example", "email_verified": true, "name": "Ada",
            "phone_number": "+44 1", "phone_number_verified": true,
            "address": {"formatted": "12 St James\nLondon", "locality": "London"},
        });
        std::fs::write(server.path("claims.json"), claims.to_string()).unwrap();
        let path = server.path("claims.json").display().to_string();
        let ada = server.add_user_with("ada", &["--claims", &path]);
        let browser = server.browser();
        let page = open(&server, &browser, &ada, "/account/profile").await;

        // Saved as it is, nothing changes.
        let saved = browser.press(&page, "profile-submit", &[]).await.page();
        assert!(saved.has("done"), "{saved}");
        let known = person(&server, "ada");
        assert_eq!(known["email_verified"], true, "{known}");
        assert_eq!(known["claims"]["phone_number_verified"], true, "{known}");
        assert_eq!(known["claims"]["address"]["formatted"], "12 St James\nLondon", "{known}");

        let changed = [
            ("email", "ada@other.example"),
            ("phone_number", "+44 2"),
            ("family_name", "Lovelace"),
            ("name", ""),
        ];
        let saved = browser.press(&saved, "profile-submit", &changed).await.page();
        assert!(saved.has("done"), "{saved}");
        assert_eq!(server.actions()[0], "user.profile_changed");
        let known = person(&server, "ada");
        assert_eq!(known["email"], "ada@other.example");
        assert_eq!(known["email_verified"], false, "{known}");
        assert_eq!(known["claims"]["phone_number_verified"], false, "{known}");
        assert_eq!(known["claims"]["family_name"], "Lovelace");
        assert_eq!(known["claims"].get("name"), None);
    });
}

/// What cannot be stored is told and changes nothing; what was typed stays in the form.
#[test]
fn a_profile_that_cannot_be_is_told_and_changes_nothing() {
    on_every_database(async |server| {
        let (ada, eve) = (server.add_user("ada"), server.add_user("eve"));
        let browser = server.browser();
        let page = open(&server, &browser, &ada, "/account/profile").await;
        let before = person(&server, "ada");
        for (field, value) in [
            ("birthdate", "10.12.1815"),
            ("picture", "javascript:alert(1)"),
            ("email", "ada"),
            ("email", &*eve.email),
            // Somebody's name is no address for anybody else.
            ("email", "eve"),
            ("nickname", &"a".repeat(3000)),
        ] {
            let told = browser.press(&page, "profile-submit", &[(field, value)]).await.page();
            assert!(told.has("problem"), "{field}={value}: {told}");
            assert_eq!(told.attribute(field, "value").as_deref(), Some(value));
            assert_eq!(person(&server, "ada"), before, "{field}={value}");
        }
        // Two windows: what the second saves is not what the first has seen.
        let first = browser.press(&page, "profile-submit", &[("nickname", "A")]).await.page();
        assert!(first.has("done"), "{first}");
        let second = browser.press(&page, "profile-submit", &[("nickname", "B")]).await.page();
        assert!(second.text("problem").contains("another window"), "{second}");
        assert_eq!(person(&server, "ada")["claims"]["nickname"], "A");
    });
}

/// Phones bring the keyboard for what is typed; what is wrong, the server says.
#[test]
fn phones_know_what_is_typed_into_a_profile() {
    on_every_database(async |server| {
        let ada = server.add_user("ada");
        let page = open(&server, &server.browser(), &ada, "/account/profile").await;
        for (field, mode) in [
            ("email", Some("email")),
            ("phone_number", Some("tel")),
            ("website", Some("url")),
            ("name", None),
        ] {
            assert_eq!(page.attribute(field, "inputmode").as_deref(), mode, "{field}");
            assert_eq!(page.attribute(field, "type").as_deref(), Some("text"), "{field}");
        }
    });
}

/// NIST SP 800-63B-4 §3.1.1.2; whoever had the old password, or a copy of the session's cookie,
/// is out everywhere, and the one who changed it stays.
#[test]
fn a_new_password_is_a_good_one_and_ends_every_other_session() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let (own, thief) = (server.browser(), server.browser());
        let stolen = app.sign_in(&thief, &ada, app.offline_request()).await;
        let page = open(&server, &own, &ada, "/account/password").await;
        let kept = app.sign_in(&own, &ada, app.offline_request()).await;
        for (password, why) in [
            ("", "15 characters"),
            ("vK2#pq9!xR5m", "15 characters"),
            ("password12345678", "tried first"),
            ("ada@people.example", "easy to guess"),
        ] {
            let told = own.press(&page, "password-submit", &[("password", password)]).await.page();
            let problem = told.text("problem");
            let fits = problem.contains(why) || problem.contains("easy to guess");
            assert!(fits, "{password}: {problem}");
        }
        let new = "vier elefanten im regen";
        let copied = own.stolen();
        let done = own.press(&page, "password-submit", &[("password", new)]).await.page();
        assert!(done.has("done"), "{done}");
        assert_eq!(server.actions()[0], "user.password_changed");

        let silent = app.request().with("prompt", "none");
        thief.open(&silent.url()).await.returned().assert_error("login_required", server.issuer());
        app.refresh(stolen.refresh()).await.assert_refused(400, "invalid_grant");
        copied.open(&silent.url()).await.returned().assert_error("login_required", server.issuer());
        own.open(&silent.url()).await.returned().code();
        app.refreshed(kept.refresh()).await;
        let login = server.browser();
        let page = login.open(&app.request().url()).await.page();
        assert!(login.enter(&page, "ada", &ada.password).await.is_page_with("login-notice"));
        login.enter(&page, "ada", new).await.returned().code();
    });
}

/// An application is added, renamed and removed; recovery codes are made anew and the old
/// ones are worth nothing.
#[test]
fn people_look_after_their_second_factors_themselves() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let page = open(&server, &browser, &ada, "/account/factors").await;
        assert!(page.has("no-factors") && !page.has("make-recovery"), "{page}");
        let offer = browser.follow(&page, "add-totp").await.page();
        let phone = Authenticator::scan(&offer);
        let fields = [("code", "000000"), ("name", "My phone")];
        let wrong = browser.press(&offer, "enrol-submit", &fields).await.page();
        assert_eq!(wrong.attribute("name", "value").as_deref(), Some("My phone"));
        let fields = [("code", &*phone.code(-1))];
        let codes = browser.press(&wrong, "enrol-submit", &fields).await.page();
        let old: Vec<String> = codes.select("#recovery-codes code", |code| code.text().collect());
        assert_eq!(old.len(), 10);

        let page = browser.follow(&codes, "continue").await.page();
        assert!(page.words().contains("My phone"), "{page}");
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        let id = listed["factors"][0]["id"].as_str().unwrap();
        let rename = format!("rename-{id}");
        let page = browser.press(&page, &rename, &[("name", "<b>Old</b> phone")]).await.page();
        assert!(page.words().contains("<b>Old</b> phone"), "{page}");
        // Where a name is cut there may be a blank, and at its end something unseen.
        let long = format!("{} phone", "o".repeat(59));
        for (typed, name) in [(&*long, &long[..59]), ("Old phone\u{7f}", "Old phone")] {
            let page = browser.press(&page, &rename, &[("name", typed)]).await.page();
            assert!(page.has("done") && page.words().contains(name), "{page}");
        }

        let shown = browser.press(&page, "make-recovery", &[]).await.page();
        let new: Vec<String> = shown.select("#recovery-codes code", |code| code.text().collect());
        assert!(new.iter().all(|code| !old.contains(code)));
        for (code, works) in [(&old[0], false), (&new[0], true)] {
            let thief = server.browser();
            let page = thief.log_in(&app.request().url(), &ada).await.page();
            let page = thief.follow(&page, "use-recovery").await.page();
            assert_eq!(thief.show(&page, code).await.is_page_with("consent-allow"), works);
        }

        let page = browser.follow(&shown, "continue").await.page();
        let page = browser.press(&page, &format!("remove-{id}"), &[]).await.page();
        assert!(page.has("no-factors"), "{page}");
        let login = server.browser().log_in(&app.request().url(), &ada).await;
        assert!(login.is_page_with("consent-allow"), "nobody is asked for what is gone");
        let told = server.cli(&["audit", "list"]).done().to_string();
        for action in ["factor.added", "factor.renamed", "recovery_codes.made", "factor.removed"] {
            assert!(told.contains(action), "{action}");
        }
    });
}

/// Where a second factor is required its owner keeps one: else whoever has the password could
/// enrol one of their own. An operator may take it away, as it may be lost.
#[test]
fn the_last_factor_stays_where_one_is_required() {
    on_every_database_with(&[("SIGNET_MFA", "required")], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let page = open(&server, &browser, &ada, "/account/factors").await;
        browser.enrol(&page, &ada).await;
        let page = open(&server, &browser, &ada, "/account/factors").await;
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        let id = listed["factors"][0]["id"].as_str().unwrap();
        let page = browser.press(&page, &format!("remove-{id}"), &[]).await.page();
        assert!(page.text("problem").contains("Add another one first"), "{page}");
        assert!(!page.has("no-factors"), "{page}");
        server.cli(&["user", "factors", "remove", "ada", id]).done();
    });
}

/// A password alone, or a browser that is remembered, adds and removes nothing.
#[test]
fn who_has_a_second_factor_shows_it_before_they_change_what_protects_them() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let offer = open(&server, &browser, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        browser.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();

        let other = server.browser();
        let page = open(&server, &other, &ada, "/account/sessions").await;
        let fields = [("code", &*phone.code(0)), ("remember", "yes")];
        other.press(&page, "code-submit", &fields).await.page();
        other.open(&at(&server, "/logout")).await;
        let page = other.open(&at(&server, "/logout")).await.page();
        other.press(&page, "logout-confirm", &[]).await.page();
        let page = open(&server, &other, &ada, "/account/sessions").await;
        assert!(page.has("this-session"), "it is remembered: {page}");
        for path in ["/account/factors", "/account/password", "/account/profile"] {
            assert!(other.open(&at(&server, path)).await.is_page_with("code"), "{path}");
        }
        // And it can be forgotten.
        let page = other.open(&at(&server, "/account/factors")).await.page();
        let page = other.show(&page, &phone.code(1)).await.page();
        assert_eq!(
            page.text("browsers-number"),
            "You are not asked for a second step in one browser."
        );
        assert!(!other.press(&page, "forget-browsers", &[]).await.is_page_with("browsers-number"));
        let again = server.browser();
        assert!(open(&server, &again, &ada, "/account").await.has("code"));
    });
}

/// Each session is shown with its browser and address, and can be ended from another one.
#[test]
fn sessions_are_seen_and_ended() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let browsers = [server.browser(), server.browser(), server.browser()];
        let tokens = app.sign_in(&browsers[1], &ada, app.request()).await;
        app.sign_in(&browsers[2], &ada, app.request()).await;
        let page = open(&server, &browsers[0], &ada, "/account/sessions").await;
        assert_eq!(page.select("li.thing", |_| ()).len(), 3, "{page}");
        assert!(page.words().contains("From 127.0.0.1"), "{page}");

        let sid = tokens.claims["sid"].as_str().unwrap();
        let page = browsers[0].press(&page, &format!("end-{sid}"), &[]).await.page();
        assert_eq!(page.select("li.thing", |_| ()).len(), 2, "{page}");
        let silent = app.request().with("prompt", "none");
        let out = async |browser: &Browser| {
            browser.open(&silent.url()).await.returned().get("error").is_some()
        };
        assert!(out(&browsers[1]).await);
        app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        assert!(!out(&browsers[2]).await);
        let page = browsers[0].press(&page, "end-others", &[]).await.page();
        assert!(page.has("this-session") && !page.has("end-others"), "{page}");
        assert_eq!(server.actions()[0], "sessions.ended");
        assert!(out(&browsers[2]).await);
        assert!(!out(&browsers[0]).await);
    });
}

/// Nobody reaches what is another's by naming it.
#[test]
fn a_form_reaches_only_what_is_its_owners() {
    on_every_database(async |server| {
        let (ada, eve, app) = (server.add_user("ada"), server.add_user("eve"), server.app("app"));
        let (own, evil) = (server.browser(), server.browser());
        let tokens = app.sign_in(&own, &ada, app.request()).await;
        let offer = open(&server, &own, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        own.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();
        let factors = server.cli(&["user", "factors", "list", "ada"]).done();

        let sid = tokens.claims["sid"].as_str().unwrap();
        let page = open(&server, &evil, &eve, "/account/sessions").await;
        let mut form = page.form_of("this-session", &[]);
        form.fields.push(("session".to_owned(), sid.to_owned()));
        evil.send(&form).await;
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);

        let id = factors["factors"][0]["id"].as_str().unwrap();
        for action in ["remove", "rename"] {
            let mut form = page.form_of("this-session", &[]);
            form.action = at(&server, "/account/factors");
            for (name, value) in [("factor", id), ("action", action), ("name", "mine")] {
                form.fields.push((name.to_owned(), value.to_owned()));
            }
            evil.send(&form).await;
        }
        assert_eq!(server.cli(&["user", "factors", "list", "ada"]).done(), factors);

        // Nor does another site's form reach anything.
        let page = own.open(&at(&server, "/account/sessions")).await.page();
        let form = page.form_of("this-session", &[("csrf", "guessed")]);
        own.send(&form).await.page().assert_error("invalid_request", None);
    });
}

/// What is withdrawn ends at once: tokens, refresh tokens, and the next sign-in asks again.
#[test]
fn a_withdrawn_permission_ends_at_once() {
    on_every_database(async |server| {
        let (ada, shop, browser) = (server.add_user("ada"), server.app("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;
        let page = open(&server, &browser, &ada, "/account/applications").await;
        assert!(page.words().contains("Keep access while you are away"), "{page}");
        let page = browser.press(&page, "withdraw-shop", &[]).await.page();
        assert!(page.has("no-applications"), "{page}");
        shop.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        shop.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        assert!(browser.open(&shop.request().url()).await.is_page_with("consent-allow"));
        assert_eq!(server.actions()[0], "consent.withdrawn");
    });
}

/// Whatever is done on these pages is written down with where it was done from.
#[test]
fn what_is_done_here_is_known_by_its_address_and_session() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let tokens = app.sign_in(&browser, &ada, app.request()).await;
        let other = app.sign_in(&server.browser(), &ada, app.request()).await;
        let page = open(&server, &browser, &ada, "/account/profile").await;
        browser.press(&page, "profile-submit", &[("nickname", "A")]).await.page();
        let offer = open(&server, &browser, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        let fields = [("code", &*phone.code(-1))];
        let page = browser.press(&offer, "enrol-submit", &fields).await.page();
        let page = browser.follow(&page, "continue").await.page();
        let page = browser.press(&page, "make-recovery", &[]).await.page();
        let page = browser.follow(&page, "continue").await.page();
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        let id = listed["factors"][0]["id"].as_str().unwrap();
        let page = browser.press(&page, &format!("rename-{id}"), &[("name", "B")]).await.page();
        browser.press(&page, &format!("remove-{id}"), &[]).await.page();
        let page = open(&server, &browser, &ada, "/account/password").await;
        let typed = [("password", "vier elefanten im regen")];
        browser.press(&page, "password-submit", &typed).await.page();
        let page = open(&server, &browser, &ada, "/account/applications").await;
        browser.press(&page, "withdraw-app", &[]).await.page();
        let page = open(&server, &browser, &ada, "/account/sessions").await;
        assert_eq!(page.select("li.thing", |_| ()).len(), 1, "the other one has ended: {page}");

        let here = &tokens.claims["sid"];
        assert_ne!(*here, other.claims["sid"]);
        let events = server.cli(&["audit", "list"]).done();
        for action in [
            "user.profile_changed",
            "factor.added",
            "recovery_codes.made",
            "factor.renamed",
            "factor.removed",
            "user.password_changed",
            "consent.withdrawn",
        ] {
            let mut events = events.as_array().unwrap().iter();
            let event = events.find(|event| event["action"] == action).unwrap();
            assert_eq!(event["address"], "127.0.0.1", "{event}");
            assert_eq!(event["session_id"], *here, "{event}");
        }
    });
}

/// Makes everybody's sign-in older than what could lock them out may be.
pub(crate) fn age(server: &Server) {
    let micros = 6 * 60 * 1_000_000;
    server.database.run(&format!("UPDATE sessions SET auth_time = auth_time - {micros}"));
}

/// Whoever takes long to bring a seed into an application need not begin again: it was shown
/// to a sign-in of the last minutes. Nothing is begun in one that is older.
#[test]
fn an_application_that_was_begun_in_time_is_added_later() {
    on_every_database(async |server| {
        let (ada, browser, other) = (server.add_user("ada"), server.browser(), server.browser());
        let path = "/account/factors/totp";
        let offer = open(&server, &browser, &ada, path).await;
        let theirs = open(&server, &other, &ada, path).await;
        age(&server);
        let page = browser.open(&at(&server, "/account/factors")).await;
        assert!(page.is_page_with("login-submit"));
        // What was begun in another session is nothing here, and nothing new is begun.
        let mut form = offer.form_of("enrol-submit", &[]);
        form.fields.retain(|(name, _)| name != "offer");
        let foreign = theirs.form_of("enrol-submit", &[]).fields;
        form.fields.extend(foreign.into_iter().filter(|(name, _)| name == "offer"));
        assert!(browser.send(&form).await.is_page_with("login-submit"));

        let phone = Authenticator::scan(&offer);
        let wrong = browser.press(&offer, "enrol-submit", &[("code", "000000")]).await.page();
        assert!(wrong.has("code-notice"), "{wrong}");
        let fields = [("code", &*phone.code(-1))];
        let codes = browser.press(&wrong, "enrol-submit", &fields).await.page();
        assert_eq!(codes.select("#recovery-codes code", |_| ()).len(), 10, "{codes}");
        let again = browser.press(&wrong, "enrol-submit", &fields).await;
        assert!(again.is_page_with("login-submit"), "it was taken once");
    });
}

/// A phone that loads the page again, after its application was opened, shows the seed that
/// is in the application. What was confirmed is never offered again.
#[test]
fn a_page_that_is_loaded_again_shows_the_same_seed() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let path = "/account/factors/totp";
        let offer = open(&server, &browser, &ada, path).await;
        let again = open(&server, &browser, &ada, path).await;
        assert_eq!(offer.text("totp-seed"), again.text("totp-seed"));
        let elsewhere = open(&server, &server.browser(), &ada, path).await;
        assert_ne!(offer.text("totp-seed"), elsewhere.text("totp-seed"));

        let code = Authenticator::scan(&offer).code(-1);
        let codes = browser.press(&again, "enrol-submit", &[("code", &code)]).await.page();
        assert_eq!(codes.select("#recovery-codes code", |_| ()).len(), 10, "{codes}");
        let next = open(&server, &browser, &ada, path).await;
        assert_ne!(offer.text("totp-seed"), next.text("totp-seed"));
    });
}

/// What was typed into a form is not lost if its owner has to sign in again first.
#[test]
fn a_profile_that_was_typed_too_slowly_is_kept_until_its_owner_is_back() {
    on_every_database(async |server| {
        let (ada, browser, other) = (server.add_user("ada"), server.browser(), server.browser());
        let form = open(&server, &browser, &ada, "/account/profile").await;
        // Meanwhile more is asked of whoever changes it than this browser has shown.
        let offer = open(&server, &other, &ada, "/account/factors/totp").await;
        let phone = Authenticator::scan(&offer);
        other.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();

        let typed = [("nickname", "A long text"), ("formatted", "12 St James\nLondon")];
        let asked = browser.press(&form, "profile-submit", &typed).await.page();
        let back = browser.show(&asked, &phone.code(0)).await.page();
        assert_eq!(back.url.path(), "/account/profile", "{back}");
        assert!(back.text("problem").contains("not saved yet"), "{back}");
        assert_eq!(back.attribute("nickname", "value").as_deref(), Some("A long text"));
        assert_eq!(person(&server, "ada")["claims"].get("nickname"), None);
        // It is kept for this browser alone.
        let url = back.url.to_string();
        let eve = server.add_user("eve");
        let stranger = server.browser();
        open(&server, &stranger, &eve, "/account/profile").await;
        let shown = stranger.open(&url).await.page();
        assert_eq!(shown.attribute("nickname", "value").as_deref(), Some(""));

        let saved = browser.press(&back, "profile-submit", &[]).await.page();
        assert!(saved.has("done"), "{saved}");
        let known = person(&server, "ada");
        assert_eq!(known["claims"]["nickname"], "A long text", "{known}");
        assert_eq!(known["claims"]["address"]["formatted"], "12 St James\nLondon", "{known}");
    });
}

/// The history tells what happened, page by page.
#[test]
fn the_history_tells_what_happened() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let uri = "https://corner.example/cb";
        let words = ["client", "add", "--name", "Corner Shop", "--id", "corner", "--kind", "spa"];
        server.cli(&[&words[..], &["--redirect-uri", uri]].concat()).done();
        let (id, redirect_uri) = ("corner".to_owned(), uri.to_owned());
        let corner = RelyingParty { id, redirect_uri, ..app.clone() };
        let login = browser.open(&corner.request().url()).await.page();
        browser.enter(&login, "ada", "a wrong password").await.page();
        let page = open(&server, &browser, &ada, "/account/history").await;
        assert!(page.words().contains("Corner Shop"), "{page}");
        let told = page.select("#events .thing-title", |line| line.text().collect::<String>());
        assert_eq!(told[..2], ["Signed in", "Sign-in failed"], "{page}");
        assert!(!page.has("earlier"), "{page}");

        for _ in 0..30 {
            app.sign_in(&browser, &ada, app.request()).await;
        }
        let page = open(&server, &browser, &ada, "/account/history").await;
        assert_eq!(page.select("#events li", |_| ()).len(), 50);
        let earlier = browser.follow(&page, "earlier").await.page();
        assert!(earlier.words().contains("Sign-in failed"), "{earlier}");

        // What happened in one moment is told too, wherever a page ends in it.
        let known = server.database.run(&format!(
            "UPDATE audit_events SET at = (SELECT MAX(at) FROM audit_events);
             SELECT COUNT(*) FROM audit_events WHERE user_id = '{}'",
            ada.id
        ));
        let mut page = open(&server, &browser, &ada, "/account/history").await;
        let mut told = page.select("#events li", |_| ()).len();
        while page.has("earlier") {
            page = browser.follow(&page, "earlier").await.page();
            told += page.select("#events li", |_| ()).len();
        }
        assert_eq!(told.to_string(), known);
    });
}
