//! The operator's console, in a real terminal beside a running server.

use serde_json::json;

use crate::harness::authenticator::Protected;
use crate::harness::console::Console;
use crate::harness::http::read_jwt;
use crate::harness::on_every_database;
use crate::harness::server::Server;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 60);

/// Somebody with a role and an application for codes, which the role asks for.
async fn operator(server: &Server, name: &str, role: &str) -> Protected {
    let person = server.add_user(name);
    server.cli(&["role", "give", role, name]).done();
    let browser = server.browser();
    let page = browser.log_in(&format!("{}/account", server.issuer()), &person).await.page();
    browser.enrol(&page, &person).await.0
}

/// Nothing is shown before somebody has shown who they are, and then what their role permits.
#[test]
fn operators_sign_in_before_anything_is_shown() {
    on_every_database(async |server| {
        let reader = operator(&server, "rita", "read-only").await;
        let nobody = operator(&server, "norm", "support").await;
        server.cli(&["role", "take", "support", "norm"]).done();
        let console = Console::open(&server, SMALL, &[]);
        let password = &nobody.person.password;
        console.enter("norm", "another long password", "000000");
        let screen = console.wait_for("not right");
        assert!(!screen.contains("People"), "{screen}");

        let console = Console::open(&server, SMALL, &[]);
        console.enter("norm", password, &nobody.authenticator.code(0));
        console.wait_for("none of your roles is an operator's");

        let console = Console::open(&server, SMALL, &[]);
        console.sign_in(&reader, &reader.authenticator.code(0));
        console.go("users", "› norm");
        let screen = console.screen();
        assert!(screen.contains("rita (read-only)"), "{screen}");
        for hint in ["a add", "D disable", "X delete"] {
            assert!(!screen.contains(hint), "{hint} in\n{screen}");
        }
        // The code counts once, at this door too.
        let again = Console::open(&server, SMALL, &[]);
        again.enter("rita", &reader.person.password, &reader.authenticator.code(0));
        again.wait_for("not right");
        let events = server.cli(&["audit", "list", "console."]).done();
        assert_eq!(events[0]["action"], "console.entered", "{events}");
        assert_eq!(events[0]["user_id"], *reader.person.id);
    });
}

/// Whoever has the machine enters without, and it is said on every screen and in the log.
#[test]
fn breaking_the_glass_is_written_down_and_needs_the_master_key() {
    on_every_database(async |server| {
        let console = Console::open(&server, LARGE, &["--break-glass"]);
        console.wait_for("People");
        for (screen, seen) in [("users", "› Users"), ("audit", "console.glass_broken")] {
            console.go(screen, seen);
            console.wait_for("BREAK GLASS");
        }
        console.keys(&["q"]);
        console.wait_for("gone 0");
        console.text("as before");
        let screen = console.wait_for("as before");
        assert!(!screen.contains("BREAK GLASS"), "{screen}");

        let key = server.path("master.key");
        std::fs::rename(&key, key.with_extension("away")).unwrap();
        let refused = Console::open(&server, LARGE, &["--break-glass"]);
        refused.wait_for("it is not on this machine");
        std::fs::rename(key.with_extension("away"), &key).unwrap();
    });
}

/// From the client that is made to the session that is ended: what operators do is what
/// applications feel, and what happens is seen.
#[test]
fn what_operators_do_is_what_applications_feel() {
    on_every_database(async |server| {
        let api = "https://orders.example/";
        server.cli(&["api", "add", api, "--name", "Orders", "--tell-permissions"]).done();
        server.cli(&["api", "permission", "add", api, "orders.read"]).done();
        server.cli(&["role", "add", "clerk"]).done();
        server.cli(&["role", "permit", "clerk", api, "orders.read"]).done();
        let scope = "openid offline_access orders.read";
        let app = server.client_with("app", "spa", &["--scope", scope]);
        let ada = server.add_user("ada");
        let boss = operator(&server, "boss", "administrator").await;
        let console = Console::open(&server, LARGE, &[]);
        console.sign_in(&boss, &boss.authenticator.code(0));

        // A client is made here and is known there.
        console.go("clients", "› app");
        console.keys(&["a"]);
        console.wait_for("Add a client");
        console.text("Phone");
        console.keys(&["Tab", "s", "Tab"]);
        console.text("phone");
        console.keys(&["Tab"]);
        console.text("https://phone.example/cb");
        console.keys(&["C-s"]);
        console.wait_for("https://phone.example/cb");
        let made = server.cli(&["client", "show", "phone"]).done();
        assert_eq!(made["kind"], "spa", "{made}");
        assert_eq!(made["redirect_uris"], json!(["https://phone.example/cb"]));

        // Somebody signs in there and is seen here.
        let browser = server.browser();
        let request = app.request().with("scope", scope);
        let tokens = app.sign_in(&browser, &ada, request.clone()).await;
        assert_eq!(read_jwt(&tokens.access_token).1["scope"], "openid offline_access");
        console.go("audit", "token.issued");
        console.go("sessions", "ada");

        // A role that is given is in the next token.
        console.go("users", "ada");
        console.keys(&["/"]);
        console.text("ada");
        console
            .wait_until("only ada", |screen| screen.contains("› ada") && !screen.contains("boss@"));
        console.keys(&["Enter", "R"]);
        console.wait_for("Give ada a role");
        console.text("clerk");
        console.keys(&["C-s"]);
        console.wait_for("it permits orders.read");
        console.keys(&["y"]);
        console.wait_until("the role is given", |screen| !screen.contains("Give ada a role"));
        let tokens = app.refreshed(tokens.refresh()).await;
        assert_eq!(read_jwt(&tokens.access_token).1["permissions"], json!(["orders.read"]));

        // A consent that is withdrawn is asked for again, and its tokens are dead.
        console.go("consents", "ada");
        console.keys(&["W"]);
        console.wait_for("Withdraw");
        console.keys(&["y"]);
        console.wait_until("it is gone", |screen| !screen.contains("› ada"));
        app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        assert!(browser.open(&request.url()).await.is_page_with("consent-allow"));

        // Keys that rotate leave everybody at peace.
        let tokens = app.sign_in(&browser, &ada, request).await;
        console.go("keys", "active");
        console.keys(&["R"]);
        console.wait_for("Rotate");
        console.keys(&["y"]);
        console.wait_for("signs");
        let tokens = app.refreshed(tokens.refresh()).await;

        // A session that is ended takes along what hangs on it.
        server.cli(&["client", "change", "app", "offline_access=always"]).done();
        let short = app.sign_in(&browser, &ada, app.request().with("scope", "openid")).await;
        console.go("sessions", "ada");
        console.keys(&["/"]);
        console.text("ada");
        console.wait_for("Sessions 1 filter: ada");
        console.keys(&["Enter", "E"]);
        console.wait_for("End");
        console.keys(&["y"]);
        console.wait_until("it is gone", |screen| !screen.contains("› ada"));
        app.refresh(short.refresh()).await.assert_refused(400, "invalid_grant");
        // What was meant to outlive it does.
        app.refreshed(tokens.refresh()).await;
    });
}

/// The code of an error page leads to what is registered.
#[test]
fn the_code_of_an_error_page_is_explained() {
    on_every_database(async |server| {
        let app = server.app("app");
        let wrong = format!("{}/", app.request().params.get("redirect_uri"));
        let request = app.request().with("redirect_uri", &wrong);
        let page = server.browser().open(&request.url()).await.page();
        let code = page.text("incident-code");
        let console = Console::open(&server, LARGE, &["--break-glass"]);
        console.wait_for("People");
        console.go("why", "Code, token or URL");
        console.text(&code.to_lowercase());
        console.keys(&["Enter"]);
        let screen = console.wait_for("a trailing slash");
        assert!(screen.contains(app.request().params.get("redirect_uri")), "{screen}");

        // A token is told for what it is worth.
        let ada = server.add_user("ada");
        let tokens = app.sign_in(&server.browser(), &ada, app.offline_request()).await;
        console.keys(&["Escape"]);
        console.wait_for("Code, token or URL");
        console.keys(&["C-u"]);
        console.text(tokens.refresh());
        console.keys(&["Enter"]);
        let screen = console.wait_for("a refresh token of this server");
        assert!(screen.contains("good") && screen.contains("token.issued"), "{screen}");
    });
}

/// Of two who change one thing, the second is told, and loses nothing of what they typed.
#[test]
fn two_consoles_do_not_overwrite_each_other() {
    on_every_database(async |server| {
        server.app("app");
        let consoles = [(); 2].map(|()| Console::open(&server, LARGE, &["--break-glass"]));
        for console in &consoles {
            console.wait_for("People");
            console.go("clients", "› app");
            console.keys(&["e"]);
            console.wait_for("client_name");
        }
        let [one, other] = &consoles;
        one.text(" first");
        one.keys(&["C-s"]);
        one.wait_until("a question or the list", |screen| {
            screen.contains("yes") || screen.contains("Yes") || !screen.contains("client_name")
        });
        one.keys(&["y"]);
        one.wait_until("it is saved", |_| {
            server.cli(&["client", "show", "app"]).done()["name"] == "app first"
        });
        other.text(" second");
        other.keys(&["C-s", "y"]);
        other.wait_for("meanwhile");
        other.wait_for("app second");
        assert_eq!(server.cli(&["client", "show", "app"]).done()["name"], "app first");
    });
}
