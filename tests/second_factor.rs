//! Codes of an application, recovery codes, and who must show them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;

use crate::harness::authenticator::{Authenticator, Protected};
use crate::harness::browser::{Arrival, Browser, Page};
use crate::harness::cli::Person;
use crate::harness::client::RelyingParty;
use crate::harness::database::{Durability, Kind};
use crate::harness::http::read_jwt;
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database, on_every_database_with, on_every_site};

/// How many race.
const RACERS: usize = 16;

/// A person with an application and recovery codes, enrolled while they signed in to a
/// client that demands it.
async fn protected(server: &Server, name: &str) -> Protected {
    let bank = server.client_with(&format!("bank-of-{name}"), "web", &["--mfa", "required"]);
    let (person, browser) = (server.add_user(name), server.browser());
    let page = browser.log_in(&bank.request().url(), &person).await.page();
    browser.enrol(&page, &person).await.0
}

/// The page for a second factor, in a browser that nobody signed in with before.
async fn asked(server: &Server, app: &RelyingParty, person: &Person) -> (Browser, Page) {
    let browser = server.browser();
    let page = browser.log_in(&app.request().url(), person).await.page();
    assert!(page.has("code"), "{page}");
    (browser, page)
}

/// RFC 6238; `amr` by RFC 8176 §2: where it is required, whoever has no second factor
/// enrols one while signing in, and it counts only once a code was confirmed.
#[test]
fn whoever_needs_a_second_factor_enrols_one_while_signing_in() {
    on_every_database_with(&[("SIGNET_MFA", "required")], async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let request = app.request();
        let page = browser.log_in(&request.url(), &ada).await.page();
        let drawn = page.select("svg.qr path", |path| path.value().attr("d").unwrap().len());
        assert!(drawn[0] > 1000, "{page}");
        let uri = page.attribute("totp-uri", "href").unwrap();
        assert!(uri.starts_with("otpauth://totp/localhost:ada?secret="), "{uri}");

        let wrong = browser.press(&page, "enrol-submit", &[("code", "000000")]).await.page();
        assert!(wrong.has("code-notice"), "{wrong}");
        assert_eq!(wrong.text("totp-seed"), page.text("totp-seed"), "the seed stays");
        assert_eq!(server.cli(&["user", "factors", "list", "ada"]).done()["factors"], json!([]));

        let (ada, shown) = browser.enrol(&wrong, &ada).await;
        assert_eq!(ada.recovery_codes.len(), 10);
        let consent = browser.follow(&shown, "continue").await.page();
        let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
        let tokens = app.redeem(&request, &returned).await;
        assert_eq!(tokens.claims["acr"], "multi-factor");
        assert_eq!(tokens.claims["amr"], json!(["pwd", "otp", "mfa"]));

        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        assert_eq!(listed["factors"][0]["kind"], "totp", "{listed}");
        assert_eq!(listed["recovery_codes"], 10, "{listed}");
    });
}

/// A person who has a second factor is asked for it, also where it is optional; the code is
/// the one that `oathtool` makes.
#[test]
fn a_code_of_the_application_ends_the_sign_in() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.client("app"));
        let browser = server.browser();
        let request = app.request();
        let page = browser.log_in(&request.url(), &ada.person).await.page();
        let wrong = browser.show(&page, "000000").await.page();
        assert!(wrong.has("code-notice"), "{wrong}");
        let code = ada.authenticator.code(0);
        let typed = format!("{} {}", &code[..3], &code[3..]);
        let consent = browser.show(&wrong, &typed).await.page();
        let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
        assert_eq!(app.redeem(&request, &returned).await.claims["acr"], "multi-factor");

        let told = server.actions();
        for action in ["second_factor.failed", "second_factor.succeeded", "factor.added"] {
            assert!(told.iter().any(|each| each == action), "{action} in {told:?}");
        }
    });
}

/// Phones bring the digits for a code, and fill it in where they can; a recovery code has letters,
/// and no browser keeps it.
#[test]
fn phones_know_what_is_typed_as_a_code() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let enrolment =
            server.browser().log_in(&bank.request().url(), &server.add_user("eve")).await.page();
        let (browser, page) = asked(&server, &app, &ada.person).await;
        let recovery = browser.follow(&page, "use-recovery").await.page();
        for (page, mode, filled) in [
            (&enrolment, Some("numeric"), "one-time-code"),
            (&page, Some("numeric"), "one-time-code"),
            (&recovery, None, "off"),
        ] {
            assert_eq!(page.attribute("code", "inputmode").as_deref(), mode, "{page}");
            assert_eq!(page.attribute("code", "autocomplete").as_deref(), Some(filled), "{page}");
        }
    });
}

/// Whoever reads the store learns nothing by which they could sign in.
#[test]
fn seeds_lie_sealed_and_recovery_codes_hashed_in_the_store() {
    on_every_database(async |server| {
        let ada = protected(&server, "ada").await;
        let rows = server.database.run("SELECT * FROM factors; SELECT * FROM recovery_codes");
        assert!(rows.contains("totp") && rows.lines().count() >= 11, "{rows}");
        for secret in
            ada.recovery_codes.iter().map(String::as_str).chain([ada.authenticator.seed()])
        {
            let plain = secret.replace('-', "");
            assert!(!rows.contains(secret) && !rows.contains(&plain), "{secret} is in {rows}");
        }
    });
}

/// RFC 6238 §5.2: a code that was accepted once is never accepted again, nor is one before it.
#[test]
fn a_code_works_once_and_no_earlier_one_after_it() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (this, next) = (ada.authenticator.code(0), ada.authenticator.code(1));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        assert!(browser.show(&page, &next).await.is_page_with("consent-allow"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        for code in [next, this] {
            assert!(browser.show(&page, &code).await.is_page_with("code-notice"));
        }
    });
}

/// Of sixteen that present one code at the same moment exactly one gets in.
#[test]
fn of_many_with_one_code_exactly_one_gets_in() {
    on_every_database(async |server| {
        let (ada, eve) = (protected(&server, "ada").await, protected(&server, "eve").await);
        let app = server.app("app");
        race(&server, &app, &ada, "use-totp", ada.authenticator.code(0)).await;
        race(&server, &app, &eve, "use-recovery", eve.recovery_codes[0].clone()).await;
    });
}

async fn race(server: &Server, app: &RelyingParty, ada: &Protected, link: &str, code: String) {
    let mut ready = Vec::new();
    for _ in 0..RACERS {
        let (browser, mut page) = asked(server, app, &ada.person).await;
        if page.has(link) {
            page = browser.follow(&page, link).await.page();
        }
        ready.push(Some((browser, page)));
    }
    let arrivals = at_once(RACERS, |number| {
        let (browser, page) = ready[number].take().unwrap();
        let code = code.clone();
        async move { browser.show(&page, &code).await }
    })
    .await;
    let won = arrivals.iter().filter(|arrival| arrival.is_page_with("consent-allow")).count();
    assert_eq!(won, 1, "so many got in with {link}");
    assert!(arrivals.iter().all(|each| matches!(each, Arrival::Page(_))));
}

/// Browsers that are known count their failures apart, so that none waits for another: of
/// those that present one code at the same moment exactly one gets in all the same.
#[test]
fn of_many_known_browsers_with_one_code_exactly_one_gets_in() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (spare, to_know) = ada.recovery_codes.split_last().unwrap();
        let mut known = Vec::new();
        for code in to_know {
            let (browser, page) = asked(&server, &app, &ada.person).await;
            let page = browser.follow(&page, "use-recovery").await.page();
            assert!(browser.show(&page, code).await.is_page_with("consent-allow"));
            known.push(Arc::new(browser));
        }
        let again = app.request().with("prompt", "login").url();
        for (link, code) in [("use-totp", &ada.authenticator.code(0)), ("use-recovery", spare)] {
            let mut ready = Vec::new();
            for browser in &known {
                let page = browser.log_in(&again, &ada.person).await.page();
                ready.push(Some(if page.has(link) {
                    browser.follow(&page, link).await.page()
                } else {
                    page
                }));
            }
            let held_up = hold_up(&server).await;
            let arrivals = at_once(known.len(), |number| {
                let (browser, page) = (Arc::clone(&known[number]), ready[number].take().unwrap());
                let code = code.clone();
                async move { browser.show(&page, &code).await }
            })
            .await;
            held_up.await.unwrap();
            let won = arrivals.into_iter().filter(|each| each.is_page_with("consent-allow"));
            assert_eq!(won.count(), 1, "so many got in with {link}");
        }
    });
}

/// On PostgreSQL, holds up whoever uses a code until everybody has come, so that all go on at
/// once; SQLite has one who writes.
async fn hold_up(server: &Server) -> JoinHandle<()> {
    let database = server.database.clone();
    let held_up = tokio::task::spawn_blocking(move || {
        if database.kind == Kind::Postgres {
            database.run(
                "SELECT 1 FROM factors FOR UPDATE; SELECT 1 FROM recovery_codes FOR UPDATE;
                 SELECT pg_sleep(1)",
            );
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    held_up
}

/// Windows of one browser that send the same code at the same moment: one of them gets on,
/// and nothing breaks.
#[test]
fn of_many_windows_with_one_code_one_gets_on() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let code = ada.authenticator.code(0);
        let (browser, page) = asked(&server, &app, &ada.person).await;
        let page = Arc::new(page);
        let arrivals = at_once(RACERS, |_| {
            let (window, page, code) = (browser.stolen(), page.clone(), code.clone());
            async move { window.show(&page, &code).await.page() }
        })
        .await;
        let won = arrivals.iter().filter(|page| page.has("consent-allow")).count();
        assert_eq!(won, 1);
        for page in arrivals {
            assert!(page.answer.status < 500, "{page}");
        }
    });
}

/// A server with one connection to its database has enough to check a code with.
#[test]
fn a_code_is_checked_on_one_connection() {
    on_every_database_with(&[("SIGNET_DATABASE_CONNECTIONS", "1")], async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        let code = ada.authenticator.code(0);
        let shown = browser.show(&page, &code);
        let arrival = tokio::time::timeout(Duration::from_secs(10), shown).await;
        assert!(arrival.expect("it waits for nobody").is_page_with("consent-allow"));
    });
}

/// A recovery code lets in once, however it is typed, and its use is written down.
#[test]
fn a_recovery_code_works_once() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let code = ada.recovery_codes[3].replace('-', " ").to_uppercase();
        for works in [true, false] {
            let (browser, page) = asked(&server, &app, &ada.person).await;
            let page = browser.follow(&page, "use-recovery").await.page();
            let arrival = browser.show(&page, &code).await;
            assert_eq!(arrival.is_page_with("consent-allow"), works);
        }
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        assert_eq!(listed["recovery_codes"], 9, "{listed}");
        assert!(server.actions().contains(&"recovery_code.used".to_owned()));
    });
}

/// Who asks for it: the settings, a client for itself, a role of the person.
#[test]
fn a_role_or_a_client_may_ask_for_more() {
    on_every_database_with(&[("SIGNET_MFA", "off")], async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let eve = server.add_user("eve");
        let login = async |person: &Person| {
            server.browser().log_in(&app.request().url(), person).await.page()
        };
        assert!(login(&ada.person).await.has("consent-allow"), "off asks nobody");
        server.cli(&["role", "add", "staff", "--mfa", "optional"]).done();
        server.cli(&["role", "add", "operators", "--mfa", "required"]).done();
        for (role, person) in [("staff", "ada"), ("staff", "eve")] {
            server.cli(&["role", "give", role, person]).done();
        }
        assert!(login(&ada.person).await.has("code"), "optional asks whoever has one");
        assert!(login(&eve).await.has("consent-allow"), "and nobody else");
        server.cli(&["role", "give", "operators", "eve"]).done();
        assert!(login(&eve).await.has("totp-seed"), "required asks everybody");
        server.cli(&["role", "set-mfa", "operators"]).done();
        assert!(login(&eve).await.has("consent-allow"));
        server.cli(&["role", "take", "staff", "ada"]).done();
        assert!(login(&ada.person).await.has("consent-allow"));
        server.cli(&["group", "add", "team"]).done();
        server.cli(&["role", "give", "staff", "--group", "team"]).done();
        server.cli(&["group", "join", "team", "ada"]).done();
        assert!(login(&ada.person).await.has("code"), "by a group as by oneself");
    });
}

/// RFC 9470 §4: a client that asks for more than the session has makes the person do only
/// what is missing.
#[test]
fn a_client_that_asks_for_more_gets_only_the_missing_step() {
    on_every_database_with(&[("SIGNET_MFA", "off")], async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let browser = server.browser();
        let before = app.sign_in(&browser, &ada.person, app.request()).await;
        assert_eq!(before.claims["acr"], "password");

        let request = app.request().with("acr_values", "multi-factor");
        let silent = request.clone().with("prompt", "none");
        let refused = browser.open(&silent.url()).await.returned();
        refused.assert_error("interaction_required", server.issuer());

        let page = browser.open(&request.url()).await.page();
        assert!(page.has("code") && !page.has("password"), "{page}");
        let returned = browser.show(&page, &ada.authenticator.code(0)).await.returned();
        let after = app.redeem(&request, &returned).await;
        assert_eq!(after.claims["acr"], "multi-factor");
        assert_eq!(after.claims["amr"], json!(["pwd", "otp", "mfa"]));
        assert_eq!(after.claims["auth_time"], before.claims["auth_time"]);
        assert_eq!(after.claims["sid"], before.claims["sid"]);

        let returned = browser.open(&silent.url()).await.returned();
        assert_eq!(app.redeem(&silent, &returned).await.claims["acr"], "multi-factor");
        let plain = app.request().with("acr_values", "password");
        let returned = browser.open(&plain.url()).await.returned();
        assert_eq!(app.redeem(&plain, &returned).await.claims["acr"], "password");
    });
}

/// Core §5.5.1.1: what a client only wishes for is not asked of who cannot do it; what it
/// insists on is.
#[test]
fn a_wish_for_more_is_not_asked_of_who_has_nothing_and_a_demand_is() {
    on_every_database(async |server| {
        let (eve, app, browser) = (server.add_user("eve"), server.app("app"), server.browser());
        let wish = app.request().with("acr_values", "multi-factor");
        assert_eq!(app.sign_in(&browser, &eve, wish).await.claims["acr"], "password");
        let demand = json!({"id_token": {"acr": {"essential": true, "values": ["multi-factor"]}}});
        let demand = app.request().with("claims", &demand.to_string());
        assert!(browser.open(&demand.url()).await.is_page_with("totp-seed"));
    });
}

/// Where a client insists on a key, an application that makes codes is neither offered nor
/// taken: it would not be enough.
#[test]
fn where_only_a_key_is_enough_nothing_else_is_offered() {
    on_every_database(async |server| {
        let (eve, app, browser) = (server.add_user("eve"), server.app("app"), server.browser());
        let values = ["phishing-resistant"];
        let demand = json!({"id_token": {"acr": {"essential": true, "values": values}}});
        let demand = app.request().with("claims", &demand.to_string());
        let page = browser.log_in(&demand.url(), &eve).await.page();
        assert!(page.has("add-passkey") && !page.has("totp-seed"), "{page}");
        let mut form = page.form_of("switch", &[]);
        form.fields.retain(|(name, _)| name != "decision");
        form.fields.push(("code".to_owned(), "000000".to_owned()));
        let page = browser.send(&form).await.page();
        assert!(page.has("add-passkey") && !page.has("totp-seed"), "{page}");
        let listed = server.cli(&["user", "factors", "list", "eve"]).done();
        assert_eq!(listed["factors"], json!([]));
    });
}

/// Whoever wished so is not asked again in this browser, until it is forgotten; what a
/// client insists on is asked all the same.
#[test]
fn a_remembered_browser_is_not_asked_again() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        assert_eq!(page.attribute("remember", "checked"), None);
        let wrong = [("code", "000000"), ("remember", "yes")];
        let page = browser.press(&page, "code-submit", &wrong).await.page();
        assert!(page.has("code-notice"), "{page}");
        // The box stays as it was.
        let page = browser.show(&page, &ada.authenticator.code(0)).await.page();
        browser.press(&page, "consent-allow", &[]).await.returned();

        let again = app.request().with("prompt", "login");
        assert!(matches!(browser.log_in(&again.url(), &ada.person).await, Arrival::Left(_)));
        let demand = json!({"id_token": {"acr": {"essential": true, "values": ["multi-factor"]}}});
        let demand = app.request().with("claims", &demand.to_string());
        assert!(browser.open(&demand.url()).await.is_page_with("code"));
        // Elsewhere, and for somebody else here, nothing is remembered.
        asked(&server, &app, &ada.person).await;
        server.cli(&["user", "factors", "reset", "ada"]).done();
        assert!(!browser.log_in(&again.url(), &ada.person).await.is_page_with("code"));
    });
}

/// No page can be jumped, replayed, or finished in another browser.
#[test]
fn no_way_leads_around_the_second_factor() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        let interaction = page.url.query().unwrap();
        for path in ["consent", "continue", "enrol", "login", "second-factor"] {
            let arrival = browser.open(&app.at(&format!("/{path}?{interaction}"))).await;
            assert!(arrival.is_page_with("code"), "{path}");
        }
        let silent = browser.open(&app.request().with("prompt", "none").url()).await.returned();
        silent.assert_error("interaction_required", server.issuer());

        // Before the password there is nothing to show.
        let early = server.browser();
        let login = early.open(&app.request().url()).await.page();
        let interaction = login.url.query().unwrap();
        let arrival = early.open(&app.at(&format!("/second-factor?{interaction}"))).await;
        assert!(arrival.is_page_with("login-submit"));

        // What another browser has begun is not to be had here.
        let stolen = server.browser().press(&page, "code-submit", &[("code", "000000")]).await;
        stolen.page().assert_error("invalid_request", None);

        // What was done is done once.
        let code = ada.authenticator.code(0);
        let consent = browser.show(&page, &code).await.page();
        assert!(browser.show(&page, &code).await.is_page_with("consent-allow"));
        browser.press(&consent, "consent-allow", &[]).await.returned();
        browser.show(&page, &code).await.page().assert_error("invalid_request", None);
    });
}

/// An operator helps a person who lost their phone: they are out everywhere, and enrol anew.
#[test]
fn an_operator_takes_away_what_was_lost() {
    on_every_database(async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        let page = browser.show(&page, &ada.authenticator.code(0)).await.page();
        browser.press(&page, "consent-allow", &[]).await.returned();

        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        let id = listed["factors"][0]["id"].as_str().unwrap();
        assert!(listed["factors"][0]["last_used_at"].is_string(), "{listed}");
        let unknown = server.cli(&["user", "factors", "remove", "ada", "nothing"]);
        unknown.assert_failed(3, &["nothing"]);
        server.cli(&["user", "factors", "remove", "ada", id]).done();
        assert_eq!(server.cli(&["user", "factors", "list", "ada"]).done()["factors"], json!([]));
        // Whoever found the phone may have signed in with it.
        let silent = browser.open(&app.request().with("prompt", "none").url()).await.returned();
        silent.assert_error("login_required", server.issuer());

        let reset = server.cli(&["user", "factors", "reset", "ada"]).done();
        assert_eq!(reset["factors"], 0, "{reset}");
        let silent = browser.open(&app.request().with("prompt", "none").url()).await.returned();
        silent.assert_error("login_required", server.issuer());
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        assert_eq!(listed["recovery_codes"], 0, "{listed}");
        assert!(!browser.log_in(&app.request().url(), &ada.person).await.is_page_with("code"));
    });
}

/// The levels have the names that the settings give them, wherever clients see them.
#[test]
fn clients_know_the_levels_by_the_names_of_the_settings() {
    let names = [
        ("SIGNET_ACR_PASSWORD", "urn:example:low"),
        ("SIGNET_ACR_MULTI_FACTOR", "urn:example:high"),
        ("SIGNET_ACR_PHISHING_RESISTANT", "urn:example:highest"),
    ];
    on_every_database_with(&names, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let metadata = server.get("/.well-known/openid-configuration").await.json();
        let supported = metadata["acr_values_supported"].as_array().unwrap();
        assert!(names.iter().all(|(_, name)| supported.contains(&json!(name))), "{metadata}");
        assert_eq!(supported.len(), names.len(), "{metadata}");
        let before = app.sign_in(&browser, &ada, app.request()).await;
        assert_eq!(before.claims["acr"], "urn:example:low");

        let values = ["urn:example:high"];
        let demand = json!({"id_token": {"acr": {"essential": true, "values": values}}});
        let request = app.request().with("claims", &demand.to_string());
        let page = browser.open(&request.url()).await.page();
        let (_, shown) = browser.enrol(&page, &ada).await;
        let returned = browser.follow(&shown, "continue").await.returned();
        let tokens = app.redeem(&request, &returned).await;
        assert_eq!(tokens.claims["acr"], "urn:example:high");
        assert_eq!(read_jwt(&tokens.access_token).1["acr"], "urn:example:high");
        // The usual names mean nothing here.
        let demand = demand.to_string().replace("urn:example:high", "multi-factor");
        let unknown = app.request().with("claims", &demand);
        let returned = browser.open(&unknown.url()).await.returned();
        returned.assert_error("unmet_authentication_requirements", server.issuer());
    });
}

/// Once no browser is to be remembered, those that were are asked again.
#[test]
fn what_was_remembered_counts_while_it_may_be() {
    on_every_site(Durability::Relaxed, async |site| {
        let mut server = site.start().await;
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        let fields = [("code", &*ada.authenticator.code(0)), ("remember", "yes")];
        let page = browser.press(&page, "code-submit", &fields).await.page();
        browser.press(&page, "consent-allow", &[]).await.returned();
        let again = app.request().with("prompt", "login").url();
        assert!(matches!(browser.log_in(&again, &ada.person).await, Arrival::Left(_)));
        server.kill();
        server.start_again_with("SIGNET_REMEMBER_BROWSER", "0s").await;
        assert!(browser.log_in(&again, &ada.person).await.is_page_with("code"));
    });
}

/// A browser is remembered for as many days as the page says, and then asked again.
#[test]
fn what_was_remembered_ends_after_the_days_that_were_told() {
    on_every_database_with(&[("SIGNET_REMEMBER_BROWSER", "7d")], async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        assert!(page.words().contains("in this browser for 7 days"), "{page}");
        let fields = [("code", &*ada.authenticator.code(0)), ("remember", "yes")];
        let page = browser.press(&page, "code-submit", &fields).await.page();
        browser.press(&page, "consent-allow", &[]).await.returned();
        let again = app.request().with("prompt", "login").url();
        let pass = |hours: i64| {
            let micros = hours * 60 * 60 * 1_000_000;
            let age = "UPDATE remembered_browsers SET expires_at = expires_at - ";
            server.database.run(&format!("{age}{micros}"));
        };
        for hours in [0, 7 * 24 - 1] {
            pass(hours);
            let arrival = browser.log_in(&again, &ada.person).await;
            assert!(matches!(arrival, Arrival::Left(_)), "after {hours} h: {arrival:?}");
        }
        pass(1);
        assert!(browser.log_in(&again, &ada.person).await.is_page_with("code"));
    });
}

/// Where no browser is to be remembered, nobody is offered it, and asking for it does nothing.
#[test]
fn no_browser_is_remembered_where_none_may_be() {
    on_every_database_with(&[("SIGNET_REMEMBER_BROWSER", "0s")], async |server| {
        let (ada, app) = (protected(&server, "ada").await, server.app("app"));
        let (browser, page) = asked(&server, &app, &ada.person).await;
        assert!(!page.has("remember"), "{page}");
        let mut form = page.form_of("code-submit", &[("code", &ada.authenticator.code(0))]);
        form.fields.push(("remember".to_owned(), "yes".to_owned()));
        assert!(browser.send(&form).await.is_page_with("consent-allow"));
        let again = app.request().with("prompt", "login");
        assert!(browser.log_in(&again.url(), &ada.person).await.is_page_with("code"));
    });
}

/// A form that another site made up, or one of another page, neither shows nor adds anything.
#[test]
fn a_forged_form_neither_shows_nor_adds_a_factor() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let page = browser.log_in(&bank.request().url(), &ada).await.page();
        let phone = Authenticator::scan(&page);
        let code = phone.code(-1);
        let forged = [("csrf", "guessed"), ("code", &*code)];
        let refused = browser.press(&page, "enrol-submit", &forged).await.page();
        refused.assert_error("invalid_request", None);
        let form = page.form_of("enrol-submit", &[("code", &code)]);
        let elsewhere = browser.post_from_elsewhere(&form.action, &form.fields).await.page();
        elsewhere.assert_error("invalid_request", None);
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        assert_eq!(listed["factors"], json!([]));
        let enrolment = page.attribute("code", "name").map(|_| page.form_of("enrol-submit", &[]));
        let (ada, _) = browser.enrol(&page, &ada).await;

        let (browser, page) = asked(&server, &bank, &ada.person).await;
        let code = ada.authenticator.code(0);
        let forged = [("csrf", "guessed"), ("code", &*code)];
        let refused = browser.press(&page, "code-submit", &forged).await.page();
        refused.assert_error("invalid_request", None);
        let mut form = page.form_of("code-submit", &[("code", &code)]);
        let elsewhere = browser.post_from_elsewhere(&form.action, &form.fields).await.page();
        elsewhere.assert_error("invalid_request", None);
        // The value of another page.
        let other = enrolment.unwrap().fields.into_iter().find(|(name, _)| name == "csrf").unwrap();
        form.fields.retain(|(name, _)| name != "csrf");
        form.fields.push(other);
        browser.send(&form).await.page().assert_error("invalid_request", None);
        assert!(browser.show(&page, &code).await.is_page_with("consent-allow"));
    });
}
