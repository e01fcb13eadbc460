//! Failing slows down whoever tries to sign in, and nobody else.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::account;
use crate::harness::browser::{Browser, Page};
use crate::harness::cli::Person;
use crate::harness::client::{Params, RelyingParty};
use crate::harness::database::Durability;
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database, on_every_database_with, on_every_site};

/// So many failures with one name cost nothing.
const FREE: usize = 5;

async fn login_page(server: &Server, app: &RelyingParty) -> (Browser, Page) {
    let browser = server.browser();
    let page = browser.open(&app.request().url()).await.page();
    (browser, page)
}

/// Fails until one has to wait, and gives how often that was.
async fn fail(server: &Server, app: &RelyingParty, name: &str) -> usize {
    let (browser, mut page) = login_page(server, app).await;
    for number in 0..20 {
        page = browser.enter(&page, name, "a wrong password").await.page();
        if page.answer.status == 429 {
            return number;
        }
        assert_eq!(page.answer.status, 200, "{page}");
    }
    panic!("nobody has to wait: {page}");
}

/// Whoever has to wait now waits for a quarter of an hour: nobody fails here for that long.
fn prolong(server: &Server) {
    server.database.run("UPDATE throttles SET failures = 12");
}

/// The answer says when to come again, in the same words whether there is such a person.
#[test]
fn wrong_passwords_slow_down_and_tell_nobody_who_is_here() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let mut told = Vec::new();
        for name in ["ada", "nobody"] {
            assert_eq!(fail(&server, &app, name).await, FREE, "{name}");
            let (browser, page) = login_page(&server, &app).await;
            // The right one is not looked at either.
            let blocked = browser.enter(&page, name, &ada.password).await.page();
            assert_eq!(blocked.answer.status, 429, "{blocked}");
            let seconds: u64 = blocked.answer.header("retry-after").parse().unwrap();
            assert!((1..=3).contains(&seconds), "{blocked}");
            let words = blocked.text("login-notice");
            told.push(words.replace("a second", "2 seconds").replace('3', "2"));
        }
        assert_eq!(told[0], told[1]);

        // It ends, and the right password then forgets what was before.
        tokio::time::sleep(std::time::Duration::from_millis(4100)).await;
        server.browser().sign_in(&app.request().url(), &ada).await;
        assert_eq!(fail(&server, &app, "ada").await, FREE);
        let events = server.cli(&["audit", "list"]).done().to_string();
        assert!(events.contains("login.throttled"), "{events}");
    });
}

/// It does not matter how many try at once.
#[test]
fn trying_at_once_gains_nothing() {
    on_every_database(async |server| {
        let (app, _) = (server.app("app"), server.add_user("ada"));
        let mut ready = Vec::new();
        for _ in 0..24 {
            ready.push(Some(login_page(&server, &app).await));
        }
        let pages = at_once(24, |number| {
            let (browser, page) = ready[number].take().unwrap();
            async move { browser.enter(&page, "ada", "a wrong password").await.page() }
        })
        .await;
        let looked_at = pages.iter().filter(|page| page.answer.status == 200).count();
        // Those whose passwords were being hashed at the same moment may have got through.
        assert!(looked_at <= FREE + 4, "{looked_at} passwords were tried");
    });
}

/// Whoever has to wait is told so before anything is hashed: they take no place from those who
/// sign in, and learn nothing from how many do.
#[test]
fn who_has_to_wait_is_told_so_however_busy_it_is() {
    let one_at_a_time =
        [("SIGNET_PASSWORD_HASH_PERMITS", "1"), ("SIGNET_PASSWORD_HASH_WAIT", "0s")];
    on_every_database_with(&one_at_a_time, async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        assert_eq!(fail(&server, &app, "ada").await, FREE);
        prolong(&server);
        let mut ready = Vec::new();
        for number in 0..12 {
            let is_free = number % 4 != 0;
            let person =
                if is_free { server.add_user(&format!("person{number}")) } else { ada.clone() };
            let (browser, page) = login_page(&server, &app).await;
            ready.push(Arc::new((browser, page, person)));
        }
        let told = at_once(ready.len(), |number| {
            let ready = Arc::clone(&ready[number]);
            async move {
                let (browser, page, person) = &*ready;
                let mut told = Vec::new();
                for _ in 0..20 {
                    let window = browser.stolen();
                    let answer = window.enter(page, &person.username, &person.password).await;
                    told.push(answer.page().answer.status);
                }
                told
            }
        })
        .await;
        let (mut blocked, mut free) = (Vec::new(), Vec::new());
        for (number, told) in told.into_iter().enumerate() {
            if number % 4 == 0 { blocked.extend(told) } else { free.extend(told) }
        }
        assert!(free.contains(&200) && free.contains(&503), "it is busy: {free:?}");
        assert!(free.iter().all(|status| [200, 503].contains(status)), "{free:?}");
        assert!(blocked.iter().all(|status| *status == 429), "{blocked:?}");
    });
}

/// A person's own browser has a count of its own: nobody can lock them out of it.
#[test]
fn a_stranger_locks_nobody_out() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let known = server.browser();
        known.sign_in(&app.request().url(), &ada).await;
        fail(&server, &app, "ada").await;

        let again = app.request().with("prompt", "login");
        known.sign_in(&again.url(), &ada).await;
        // What it was given is good for nobody else, and in no other browser.
        let eve = server.add_user("eve");
        fail(&server, &app, "eve").await;
        let page = known.open(&again.url()).await.page();
        assert_eq!(known.enter(&page, "eve", &eve.password).await.page().answer.status, 429);
        let mut page = known.open(&again.url()).await.page();
        for _ in 0..10 {
            page = known.enter(&page, "ada", "a wrong password").await.page();
            assert_eq!(page.answer.status, 200, "{page}");
        }
        page = known.enter(&page, "ada", "a wrong password").await.page();
        assert_eq!(page.answer.status, 429, "a known browser has an end too: {page}");
    });
}

/// A password makes the browsers known in which it was typed, a thief's too. With another one
/// they are strangers again.
#[test]
fn a_new_password_makes_every_browser_a_stranger() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let thief = server.browser();
        thief.sign_in(&app.request().url(), &ada).await;
        let set = ["user", "set-password", "ada", "--password-stdin"];
        server.cli_with_input(&set, "vier elefanten im regen\n").done();
        fail(&server, &app, "ada").await;
        let page = thief.open(&app.request().url()).await.page();
        let page = thief.enter(&page, "ada", "a guess").await.page();
        assert_eq!(page.answer.status, 429, "{page}");
    });
}

/// Whoever changes their password stays known in the browser in which they do it.
#[test]
fn a_browser_stays_known_in_which_its_owner_changes_the_password() {
    on_every_database(async |server| {
        let (ada, app, known) = (server.add_user("ada"), server.app("app"), server.browser());
        let page = account::open(&server, &known, &ada, "/account/password").await;
        let typed = [("password", "vier elefanten im regen")];
        known.press(&page, "password-submit", &typed).await.page();
        fail(&server, &app, "ada").await;
        let page = known.open(&app.request().with("prompt", "login").url()).await.page();
        let arrival = known.enter(&page, "ada", "vier elefanten im regen").await;
        assert!(arrival.is_page_with("consent-allow"));
    });
}

/// Failures are in the store: they count at every server, and after a restart.
#[test]
fn failures_count_at_every_server() {
    on_every_site(Durability::Relaxed, async |site| {
        let twin = site.twin();
        let mut here = site.start().await;
        let there = twin.start().await;
        let (ada, app) = (here.add_user("ada"), here.app("app"));
        fail(&here, &app, "ada").await;
        prolong(&here);
        let blocked = async |server: &Server, ada: &Person| {
            let browser = server.browser();
            let away = RelyingParty { http: server.http(), ..app.clone() };
            let page = browser.open(&away.request().url()).await.page();
            browser.enter(&page, "ada", &ada.password).await.page().answer.status
        };
        assert_eq!(blocked(&there, &ada).await, 429);
        here.kill();
        here.start_again().await;
        assert_eq!(blocked(&here, &ada).await, 429);
    });
}

/// RFC 6749 §2.3.1: a client secret that somebody may have made up cannot be tried for ever. Whoever
/// tries locks nobody out elsewhere, and one that is random needs no such thing.
#[test]
fn guessing_a_clients_secret_slows_down() {
    on_every_database_with(&[("SIGNET_TRUSTED_PROXIES", "127.0.0.1")], async |server| {
        let args = ["client", "add", "--name", "short", "--id", "short", "--kind", "service"];
        let secret = "made up by me";
        server.cli_with_input(&[&args[..], &["--secret-stdin"]].concat(), secret).done();
        let random = server.client_with("random", "service", &[]);
        let short = RelyingParty { id: "short".into(), secret: secret.into(), ..random.clone() };
        let form = Params::new(&[("grant_type", "client_credentials")]);
        let guess = |party: &RelyingParty| RelyingParty { secret: "wrong".into(), ..party.clone() };
        for tried in 0..30 {
            let answer = guess(&short).token(&form).await;
            assert_eq!(answer.status, 401, "{tried}: {answer}");
        }
        // The right one is not looked at either.
        let blocked = short.token(&form).await;
        assert_eq!(blocked.status, 429, "{blocked}");
        let seconds: u64 = blocked.header("retry-after").parse().unwrap();
        assert!((1..=5).contains(&seconds), "{blocked}");
        assert_eq!(blocked.header("cache-control"), "no-store");
        let http = short.http.clone().adding("x-forwarded-for", "192.0.2.1");
        let elsewhere = RelyingParty { http, ..short.clone() };
        assert_eq!(elsewhere.token(&form).await.status, 200);
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        assert_eq!(short.token(&form).await.status, 200);

        for _ in 0..40 {
            assert_eq!(guess(&random).token(&form).await.status, 401);
        }
        assert_eq!(random.token(&form).await.status, 200);
    });
}

/// Whoever hangs up before the answer has tried all the same.
#[test]
fn who_does_not_wait_for_the_answer_is_counted() {
    on_every_database(async |server| {
        let (_, app) = (server.add_user("ada"), server.app("app"));
        let (browser, page) = login_page(&server, &app).await;
        let form = page.form_of("login-submit", &[("username", "ada"), ("password", "wrong one")]);
        let fields: Vec<_> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let body = Params::new(&fields).encoded();
        let request = format!(
            "POST /login HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\norigin: {}\r\n\
             sec-fetch-site: same-origin\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
            browser.cookie_header(),
            server.issuer(),
            body.len(),
        );
        for _ in 0..50 {
            let mut connection = TcpStream::connect(server.address()).await.unwrap();
            connection.write_all(request.as_bytes()).await.unwrap();
            // Long enough for the request to be read, and shorter than a hash in this build.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        for _ in 0..100 {
            let failed = |action: &&String| *action == "login.failed";
            if server.actions().iter().filter(failed).count() >= FREE {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("not all are counted: {:?}", server.actions());
    });
}

/// An address that tries many names is slowed down as a whole; who is known is not.
#[test]
fn trying_many_names_slows_down_the_address() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let known = server.browser();
        known.sign_in(&app.request().url(), &ada).await;
        let (browser, mut page) = login_page(&server, &app).await;
        let mut tried = 0;
        while page.answer.status != 429 {
            tried += 1;
            assert!(tried < 40, "{page}");
            page = browser.enter(&page, &format!("name{tried}"), "a wrong password").await.page();
        }
        assert_eq!(tried, 31, "thirty are free");
        let eve = server.add_user("eve");
        let (browser, page) = login_page(&server, &app).await;
        let blocked = browser.enter(&page, "eve", &eve.password).await.page();
        assert_eq!(blocked.answer.status, 429, "{blocked}");
        known.sign_in(&app.request().with("prompt", "login").url(), &ada).await;
    });
}

/// Six digits are no password: wrong codes slow down, too.
#[test]
fn wrong_codes_slow_down() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        // Enrolled while signing in, and on the page of the account.
        let account = format!("{}/account/factors/totp", server.issuer());
        for (name, url) in [("ada", bank.request().url()), ("eve", account)] {
            let (person, browser) = (server.add_user(name), server.browser());
            let page = browser.log_in(&url, &person).await.page();
            let (person, _) = browser.enrol(&page, &person).await;

            let thief = server.browser();
            let mut page = thief.log_in(&bank.request().url(), &person.person).await.page();
            for _ in 0..FREE {
                page = thief.show(&page, "000000").await.page();
                assert_eq!(page.answer.status, 200, "{page}");
            }
            let blocked = thief.show(&page, &person.authenticator.code(0)).await.page();
            assert_eq!(blocked.answer.status, 429, "{blocked}");
            assert!(!blocked.answer.header("retry-after").is_empty());
            // Where they signed in before, nothing of that is felt.
            let again = bank.request().with("prompt", "login");
            let page = browser.log_in(&again.url(), &person.person).await.page();
            let code = person.authenticator.code(0);
            assert!(browser.show(&page, &code).await.is_page_with("consent-allow"), "{name}");
        }
    });
}

/// Recovery codes are counted as codes of an application are, and together with them.
#[test]
fn wrong_recovery_codes_slow_down() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let (ada, own) = (server.add_user("ada"), server.browser());
        let page = own.log_in(&bank.request().url(), &ada).await.page();
        let (ada, _) = own.enrol(&page, &ada).await;
        let thief = server.browser();
        let mut page = thief.log_in(&bank.request().url(), &ada.person).await.page();
        for _ in 0..2 {
            page = thief.show(&page, "000000").await.page();
        }
        page = thief.follow(&page, "use-recovery").await.page();
        for _ in 2..FREE {
            page = thief.show(&page, "aaaaa-aaaaa-aaaaa-aaaaa").await.page();
            assert_eq!(page.answer.status, 200, "{page}");
        }
        let blocked = thief.show(&page, &ada.recovery_codes[0]).await.page();
        assert_eq!(blocked.answer.status, 429, "{blocked}");
        let listed = server.cli(&["user", "factors", "list", "ada"]).done();
        assert_eq!(listed["recovery_codes"], 10, "it was not even looked at");
    });
}

/// A network that tries from many addresses is slowed down as a whole, and no other one is. The
/// addresses are those that a trusted proxy tells.
#[test]
fn trying_from_many_addresses_slows_down_the_network() {
    on_every_database_with(&[("SIGNET_TRUSTED_PROXIES", "127.0.0.1")], async |server| {
        let app = server.app("app");
        let from = async |address: &str, name: &str| {
            let http = server.http().adding("x-forwarded-for", address);
            let browser = Browser::new(http);
            let page = browser.open(&app.request().url()).await.page();
            browser.enter(&page, name, "a wrong password").await.page().answer.status
        };
        for number in 0..200 {
            // At each address fewer than are free there.
            let address = format!("203.0.113.{}", number % 10);
            assert_eq!(from(&address, &format!("name{number}")).await, 200, "{number}");
        }
        // One more is free, as is the first one anywhere; each after it waits.
        assert_eq!(from("203.0.113.200", "another").await, 429);
        assert_eq!(from("203.0.114.200", "another").await, 200);
    });
}

/// Fails with codes until one has to wait, and gives how often that was.
async fn fail_with_codes(browser: &Browser, page: Page) -> usize {
    let mut page = page;
    for number in 0..20 {
        page = browser.show(&page, "000000").await.page();
        if page.answer.status == 429 {
            return number;
        }
        assert_eq!(page.answer.status, 200, "{page}");
    }
    panic!("nobody has to wait: {page}");
}

/// A stolen password buys nothing where codes are asked for: not by a sign-in that ends with a
/// refusal, and not at a client that asks for no code.
#[test]
fn a_password_alone_makes_no_browser_known() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let lax = server.client_with("lax", "spa", &["--mfa", "off"]);
        let demand = r#"{"id_token":{"acr":{"essential":true,"values":["x"]}}}"#;
        let ways = [bank.request().with("claims", demand), lax.request()];
        for (name, way) in ["ada", "eve"].into_iter().zip(ways) {
            let (person, own) = (server.add_user(name), server.browser());
            let page = own.log_in(&bank.request().url(), &person).await.page();
            let (person, _) = own.enrol(&page, &person).await;

            let thief = server.browser();
            drop(thief.log_in(&way.url(), &person.person).await);
            let again = bank.request().with("prompt", "login").url();
            let page = thief.log_in(&again, &person.person).await.page();
            assert_eq!(fail_with_codes(&thief, page).await, FREE, "{name}");
            // Nor does another jar begin anew.
            let other = server.browser();
            drop(other.log_in(&way.url(), &person.person).await);
            let page = other.log_in(&again, &person.person).await.page();
            assert_eq!(fail_with_codes(&other, page).await, 0, "{name}");
        }
    });
}

/// A browser that was known before there was a second factor is known for passwords alone.
#[test]
fn only_a_second_factor_makes_a_browser_known_for_codes() {
    on_every_database(async |server| {
        let bank = server.client_with("bank", "spa", &["--mfa", "required"]);
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let thief = server.browser();
        thief.sign_in(&app.request().url(), &ada).await;
        let own = server.browser();
        let page = own.log_in(&bank.request().url(), &ada).await.page();
        let (ada, _) = own.enrol(&page, &ada).await;
        let again = bank.request().with("prompt", "login").url();
        let page = thief.log_in(&again, &ada.person).await.page();
        assert_eq!(fail_with_codes(&thief, page).await, FREE);
        // Strangers fail, and both browsers are still known where they were.
        fail(&server, &app, "ada").await;
        assert!(thief.log_in(&again, &ada.person).await.is_page_with("code"));
        let page = own.log_in(&again, &ada.person).await.page();
        assert!(own.show(&page, &ada.authenticator.code(0)).await.is_page_with("consent-allow"));
    });
}
