//! What is done at the console counts at once, and what happens is seen there at once.

use std::time::{Duration, Instant};

use openidconnect::core::CoreJwsSigningAlgorithm;

use super::operator;
use crate::account::open;
use crate::harness::cli::Person;
use crate::harness::client::{Auth, RelyingParty, Tokens};
use crate::harness::console::{Console, LARGE, SMALL};
use crate::harness::http::read_jwt;
use crate::harness::server::{Server, Site};
use crate::harness::{on_every_database, on_every_database_with};

/// How long after it happened something may be seen. It should be a second; debug builds on
/// a busy machine are slow.
const SOON: Duration = Duration::from_secs(3);

/// An application that somebody added without the command line.
fn added(site: &Site, id: &str) -> RelyingParty {
    RelyingParty {
        id: id.to_owned(),
        secret: String::new(),
        redirect_uri: format!("https://{id}.example/cb"),
        auth: Auth::None,
        id_token_alg: CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        issuer: site.issuer().to_owned(),
        http: site.http(),
    }
}

/// Waits until all of these words are in one line of the screen.
async fn see_line(console: &Console, words: &[&str]) {
    console
        .wait_until(&format!("{words:?} in one line"), |screen| {
            screen.lines().any(|line| words.iter().all(|word| line.contains(word)))
        })
        .await;
}

#[track_caller]
fn assert_soon(since: Instant, what: &str) {
    let took = since.elapsed();
    assert!(took < SOON, "{what} was seen only after {took:?}");
}

/// A person's history says what an operator did who signed in, as what one with the machine did.
#[test]
fn what_an_operator_does_is_told_to_whom_it_is_about() {
    on_every_database(async |server| {
        let (root, eve) =
            (operator(&server, "root", "administrator").await, server.add_user("eve"));
        let console = server.open_console(SMALL, "").await;
        console.sign_in(&root).await;
        console.go("Users").await;
        console.filter("eve").await;
        console.wait_for("› eve").await;
        console.keys(&["D"]).await;
        console.agree("eve can no longer sign in.").await;
        server.cli(&["user", "enable", "eve"]).done();
        let told = async |person: &Person| {
            let page = open(&server, &server.browser(), person, "/account/history").await;
            page.select("#events .thing-title", |line| {
                line.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
            })
        };
        assert_eq!(
            told(&eve).await,
            [
                "Signed in",
                "Account enabled again By an operator",
                "Account disabled By an operator",
                "Account made By an operator",
            ]
        );
        let browser = server.browser();
        let page = open(&server, &browser, &root.person, "/account/history").await;
        let page = browser.show(&page, &root.authenticator.code(1)).await.page();
        let own = page.select("#events .thing-title", |line| line.text().collect::<String>());
        assert!(own.contains(&"Signed in as an operator".to_owned()), "{page}");
    });
}

/// From an empty house to a refresh that fails, with the console alone.
#[test]
fn what_is_made_in_the_console_works_and_what_happens_is_seen_within_a_second() {
    on_every_database(async |server| {
        let root = operator(&server, "root", "administrator").await;
        for (size, name, operator) in [(SMALL, "ada", Some(&root)), (LARGE, "eve", None)] {
            let console = match operator {
                Some(operator) => {
                    let console = server.open_console(size, "").await;
                    console.sign_in(operator).await;
                    console
                }
                None => server.console_of_machine(size).await,
            };
            let events = server.console_of_machine(LARGE).await;
            let shop = format!("shop-of-{name}");
            let app = add_client(&console, &server, &shop).await;
            let person = add_person(&console, name).await;

            // Both look, and it happens.
            console.go("Sessions").await;
            console.filter(name).await;
            let request = app.offline_request();
            let returned = server.browser().sign_in(&request.url(), &person).await;
            let answered = Instant::now();
            see_line(&console, &[name, "127.0.0.1"]).await;
            assert_soon(answered, "the session");
            see_line(&events, &["login.succeeded", name]).await;
            assert_soon(answered, "the event");
            let tokens = app.redeem(&request, &returned).await;
            let tokens = app.refreshed(tokens.refresh()).await;

            console.go("Grants").await;
            console.filter(name).await;
            see_line(&console, &[&format!("› {name}"), &shop, "alive"]).await;
            console.keys(&["X"]).await;
            console.agree("Revokes 1 token family").await;
            console.wait_for(&format!("A token family of {name} is revoked.")).await;
            app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
            see_line(&console, &[name, &shop, "revoked"]).await;
        }
    });
}

async fn add_client(console: &Console, site: &Site, id: &str) -> RelyingParty {
    console.go("Clients").await;
    console.open_form("a", "Add a client").await;
    let redirect_uri = format!("https://{id}.example/cb");
    console.fill(&["Shop", "spa", id, &redirect_uri, "openid offline_access"]).await;
    console.wait_for(&format!("{id} is added.")).await;
    console.wait_for(&format!("Redirect URIs {redirect_uri}")).await;
    added(site, id)
}

async fn add_person(console: &Console, name: &str) -> Person {
    let (email, password) = (format!("{name}@people.example"), format!("korrekt pferd {name}"));
    console.go("Users").await;
    console.open_form("a", "Add a person").await;
    console.fill(&[name, "", &email, "", &password]).await;
    console.wait_for(&format!("Signet › Users › {name} ")).await;
    let screen = console.screen();
    assert!(!screen.contains(&password), "{screen}");
    Person { id: String::new(), username: name.to_owned(), email, password }
}

/// The only text on the screen that is as long as a secret and looks like one.
#[track_caller]
fn secret_on(console: &Console) -> String {
    let is_secret = |word: &&str| {
        let looks_like_one = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        word.len() == 43 && word.chars().all(looks_like_one)
    };
    let words = console.words();
    let found: Vec<_> = words.split(' ').filter(is_secret).collect();
    assert_eq!(found.len(), 1, "{}", console.screen());
    found[0].to_owned()
}

/// The secret of a web application is good, and is seen this once: a key pressed by accident
/// does not take it away, and nothing brings it back.
#[test]
fn a_secret_is_shown_once_in_the_console() {
    on_every_database(async |server| {
        let ada = server.add_user("ada");
        for (size, id) in [(SMALL, "shop"), (LARGE, "bank")] {
            let console = server.console_of_machine(size).await;
            console.go("Clients").await;
            console.open_form("a", "Add a client").await;
            console.fill(&["Web", "web", id, &format!("https://{id}.example/cb")]).await;
            console.wait_for(&format!("╭ Secret of {id} ─")).await;
            console.wait_for("It is shown this once and never again.").await;
            let secret = secret_on(&console);
            console.keys(&["Enter", "q", "j"]).await;
            console.wait_for(&secret).await;
            console.keys(&["Escape"]).await;
            console.wait_until_gone(&secret).await;
            for screen in ["Clients", "Audit"] {
                console.go(screen).await;
                assert!(!console.screen().contains(&secret), "{}", console.screen());
            }
            let told = server.cli(&["audit", "list"]).stdout;
            assert!(told.contains("client.added") && !told.contains(&secret), "{told}");

            let web = RelyingParty { secret, auth: Auth::Basic, ..added(&server, id) };
            web.sign_in(&server.browser(), &ada, web.request()).await;
        }
    });
}

#[test]
fn a_session_that_is_ended_in_the_console_is_over() {
    for size in [SMALL, LARGE] {
        on_every_database(async |server| {
            let (ada, browser) = (server.add_user("ada"), server.browser());
            let app = server.client_with("app", "spa", &["--first-party"]);
            server.cli(&["client", "change", "app", "offline_access=always"]).done();
            let lives_on = app.sign_in(&browser, &ada, app.offline_request()).await;
            let dies = app.sign_in(&browser, &ada, app.request()).await;

            let console = server.console_of_machine(size).await;
            console.go("Sessions").await;
            console.wait_for("› ada").await;
            console.keys(&["E"]).await;
            console.agree("Ends 1 session and 1 token family of ada.").await;
            console.wait_until_gone("› ada").await;
            let page = browser.open(&app.request().url()).await.page();
            assert!(page.has("login-submit"), "{page}");
            app.refresh(dies.refresh()).await.assert_refused(400, "invalid_grant");
            app.refreshed(lives_on.refresh()).await;
            console.go("Audit").await;
            see_line(&console, &["session.ended"]).await;
        });
    }
}

#[test]
fn a_consent_that_is_withdrawn_in_the_console_is_asked_for_again() {
    for size in [SMALL, LARGE] {
        on_every_database(async |server| {
            let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            browser.open(&app.offline_request().url()).await.returned().code();

            let console = server.console_of_machine(size).await;
            console.go("Consents").await;
            console.wait_for("› ada").await;
            console.keys(&["W"]).await;
            console.agree("ada forgets to have allowed app: openid offline_access.").await;
            console.wait_for("The consent is withdrawn; ").await;
            app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
            let page = browser.open(&app.offline_request().url()).await.page();
            assert!(page.has("consent-allow"), "{page}");

            // What was said stays known, and by whom.
            let browser = server.browser();
            app.sign_in(&browser, &ada, app.offline_request()).await;
            console.wait_for("› ada").await;
            console.keys(&["Enter"]).await;
            console.resize(LARGE);
            console.wait_for("withdrawn: openid offline_access by operator").await;
            console.wait_for("granted: openid offline_access by").await;
        });
    }
}

#[test]
fn a_role_that_is_given_in_the_console_is_in_the_next_token() {
    for size in [SMALL, LARGE] {
        on_every_database(async |server| {
            let ada = server.add_user("ada");
            let console = server.console_of_machine(size).await;
            console.go("APIs").await;
            console.open_form("a", "Add an API").await;
            // The field begins with https://, and a space sets what a token tells.
            console.fill(&["orders.example/", "Orders", "", " "]).await;
            console.wait_for("https://orders.example/ is added.").await;
            console.open_form("A", "Add a permission to https://orders.example/").await;
            console.fill(&["orders.read", "See your orders"]).await;
            console.wait_for("orders.read stands for orders.read").await;
            console.go("Roles").await;
            console.open_form("a", "Add a role").await;
            console.fill(&["customer"]).await;
            console.wait_for("customer is added").await;
            console.keys(&["P"]).await;
            console.wait_for("‹ https://orders.example/ orders.read ›").await;
            console.keys(&["C-s"]).await;
            console.agree("customer permits https://orders.example/").await;
            console.wait_for("customer permits orders.read.").await;

            let scope = "openid offline_access orders.read";
            let shop = server.client_with("shop", "spa", &["--scope", scope]);
            let request = shop.request().with("scope", scope);
            let first = shop.sign_in(&server.browser(), &ada, request).await;
            assert!(read_jwt(&first.access_token).1.get("permissions").is_none());

            console.go("Users").await;
            console.wait_for("› ada").await;
            console.open_form("R", "Give ada a role").await;
            console.text("customer");
            console.wait_for("‹ customer ›").await;
            console.keys(&["C-s"]).await;
            console.agree("ada gets the role customer").await;
            console.wait_for("ada has the role customer.").await;
            let second = shop.refreshed(first.refresh()).await;
            let claims = read_jwt(&second.access_token).1;
            assert_eq!(claims["permissions"], serde_json::json!(["orders.read"]), "{claims}");
        });
    }
}

#[test]
fn a_key_that_is_rotated_in_the_console_troubles_nobody() {
    let quick = [("SIGNET_JWKS_CACHE_LIFETIME", "1s")];
    for size in [SMALL, LARGE] {
        on_every_database_with(&quick, async |server| {
            let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
            let before = app.sign_in(&browser, &ada, app.offline_request()).await;
            let old = kid(&before);
            // As much of it as a small terminal shows.
            let start = |kid: &str| kid[..10].to_owned();
            let console = server.console_of_machine(size).await;
            console.go("Keys").await;
            see_line(&console, &["RS256", "next"]).await;
            see_line(&console, &[&start(&old), "active"]).await;
            console.keys(&["R"]).await;
            console.agree("1 next key signs as soon as everybody can know it").await;
            console.wait_for("RS256 signs from").await;
            see_line(&console, &[&start(&old), "retired"]).await;

            let after = new_signer(&server, &app, &ada, &old).await;
            see_line(&console, &[&start(&after), "active"]).await;
            let nonce = before.claims["nonce"].as_str();
            app.verify(before.id_token.as_deref().unwrap(), nonce, None).await;
            assert_eq!(app.userinfo(&before.access_token).await.status, 200);
            let refreshed = app.refreshed(before.refresh()).await;
            assert_eq!(app.userinfo(&refreshed.access_token).await.status, 200);
        });
    }
}

fn kid(tokens: &Tokens) -> String {
    let header = read_jwt(tokens.id_token.as_deref().unwrap()).0;
    header["kid"].as_str().unwrap().to_owned()
}

/// Signs in until another key than the old one signs; each ID token verifies.
async fn new_signer(server: &Server, app: &RelyingParty, ada: &Person, old: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let tokens = app.sign_in(&server.browser(), ada, app.request()).await;
        let now = kid(&tokens);
        if now != old {
            return now;
        }
        assert!(Instant::now() < deadline, "the old key signs on");
    }
}
