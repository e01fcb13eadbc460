//! What people see, and what keeps others from using it against them.

use std::time::Duration;

use reqwest::Method;

use crate::harness::browser::{Browser, Form, Page};
use crate::harness::http::{self, Answer};
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with};

/// One page of each kind: login, consent, the form to a client, error, nothing there, home,
/// logout.
async fn all_pages(server: &Server) -> Vec<Page> {
    let (ada, shop, browser) = (server.add_user("ada"), server.client("shop"), server.browser());
    let login = browser.open(&shop.request().url()).await.page();
    let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
    let in_a_form = shop.request().with("response_mode", "form_post").with("prompt", "none");
    let form_post = browser.open(&in_a_form.url()).await.page();
    assert!(form_post.has("form-post-submit"), "{form_post}");
    let mut pages = vec![login, consent, form_post];
    for address in ["/authorize?client_id=nobody", "/nothing-here", "/", "/logout"] {
        pages.push(browser.open(&shop.at(address)).await.page());
    }
    pages
}

/// Page a, page b: native forms, stable ids, nothing from elsewhere, nothing inline.
#[test]
fn pages_are_plain_forms_with_stable_ids() {
    on_every_database(async |server| {
        let pages = all_pages(&server).await;
        for page in &pages {
            assert_eq!(page.answer.header("content-type"), "text/html; charset=utf-8");
            let foreign = "iframe, frame, object, embed, noscript, template, style, base, \
                           script:not([src]), script:not([type='module']), [style]";
            assert_eq!(page.select(foreign, |_| ()).len(), 0, "{page}");
            let linked = page.select("link[href], script[src], img[src]", |element| {
                let value = element.value();
                value.attr("href").or(value.attr("src")).unwrap_or_default().to_owned()
            });
            for address in linked {
                let url = page.url.join(&address).expect("it is an address");
                let file = server.http().get(url.as_str()).await;
                assert_eq!(file.status, 200, "{url}");
                assert_ne!(file.media_type(), "text/html", "{url}");
                assert_eq!(file.header("x-content-type-options"), "nosniff", "{url}");
            }
            let handlers = page.select("body *", |element| {
                element.value().attrs().any(|(name, _)| name.starts_with("on"))
            });
            assert!(!handlers.contains(&true), "{page}");
        }
        let [login, consent, .., logout] = &pages[..] else { panic!("pages are missing") };
        for (page, ids) in [
            (login, &["username", "password", "login-submit"][..]),
            (consent, &["consent-allow", "consent-deny"]),
            (logout, &["logout-confirm"]),
        ] {
            for id in ids {
                assert!(page.has(id), "{id} is not on {page}");
            }
        }
        assert_eq!(
            login.attribute("username", "autocomplete").as_deref(),
            Some("username webauthn")
        );
        assert_eq!(
            login.attribute("password", "autocomplete").as_deref(),
            Some("current-password")
        );
        assert_eq!(login.attribute("password", "type").as_deref(), Some("password"));
        for (page, button) in [
            (login, "login-submit"),
            (consent, "consent-allow"),
            (consent, "consent-deny"),
            (logout, "logout-confirm"),
        ] {
            assert_eq!(page.attribute(button, "type").as_deref(), Some("submit"), "{button}");
            assert_eq!(page.form_of(button, &[]).method, "post", "{button}");
        }
    });
}

/// 48 (RFC 9700 §4.2, §4.16)
#[test]
fn pages_are_never_framed_kept_or_told_to_others() {
    on_every_database(async |server| {
        for page in all_pages(&server).await {
            let header = |name| page.answer.header(name);
            let policy = header("content-security-policy");
            for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
                assert!(policy.contains(directive), "{page}");
            }
            for danger in ["unsafe", " http: ", " https: ", "*"] {
                assert!(!policy.contains(danger), "{page}");
            }
            assert!(policy.contains("form-action 'self'"), "{page}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{page}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{page}");
            assert!(header("cache-control").contains("no-store"), "{page}");
            assert_ne!(header("x-request-id"), "", "{page}");
        }
    });
}

/// 65, page e (RFC 9700 §4.7): a session that somebody planted is not the one that the
/// person gets.
#[test]
fn cookies_are_out_of_reach_and_a_sign_in_brings_a_new_session() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().url(), &ada).await;
        let cookies = browser.set_cookies();
        assert!(cookies.len() >= 2, "{cookies:?}");
        for cookie in &cookies {
            let lower = cookie.to_ascii_lowercase();
            for attribute in ["; httponly", "; samesite=lax", "; path=/"] {
                assert!(lower.contains(attribute), "{cookie}");
            }
            assert!(!lower.contains("domain="), "{cookie}");
        }

        let first = browser.cookie("signet_session").expect("there is a session");
        assert!(first.len() >= 22, "{first}");
        let before = browser.stolen();
        browser.sign_in(&shop.request().with("prompt", "login").url(), &ada).await;
        assert_ne!(browser.cookie("signet_session"), Some(first));
        let silent = shop.request().with("prompt", "none").url();
        let returned = before.open(&silent).await.returned();
        returned.assert_error("login_required", server.issuer());
    });
}

/// A stranger learns nothing about who has an account here.
#[test]
fn an_unknown_name_and_a_wrong_password_are_answered_with_the_same_words() {
    on_every_database(async |server| {
        let (ada, shop) = (server.add_user("ada"), server.client("shop"));
        let gone = server.add_user("gone");
        server.cli(&["user", "disable", "gone"]).done();

        let mut answers = Vec::new();
        for (username, password) in [
            (&*ada.username, "wrong password"),
            (&*ada.email, "wrong password"),
            (&*ada.username, &*gone.password),
            ("nobody", "wrong password"),
            ("nobody@people.example", "wrong password"),
            (&*gone.username, "wrong password"),
            (&*gone.username, &*gone.password),
        ] {
            let browser = server.browser();
            let login = browser.open(&shop.request().url()).await.page();
            let again = browser.enter(&login, username, password).await.page();
            assert_eq!(again.attribute("username", "value").as_deref(), Some(username));
            assert!(!again.answer.body.contains(password), "the password is on the page");
            assert_eq!(browser.cookie("signet_session"), None);
            answers.push((again.answer.status, again.words()));
        }
        assert_eq!(answers[0].0, 200);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    });
}

/// A password may be mistyped, left out, or typed with the name in other letters.
#[test]
fn a_mistyped_password_can_be_typed_again() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let request = shop.request();
        let login = browser.open(&request.url()).await.page();
        let empty = browser.enter(&login, &ada.username, "").await.page();
        let again = browser.enter(&empty, &ada.username, "wrong").await.page();
        let mail = ada.email.to_uppercase();
        let consent = browser.enter(&again, &mail, &ada.password).await.page();
        let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
        assert_eq!(shop.redeem(&request, &returned).await.claims["sub"], *ada.id);
    });
}

/// Sends a form with the browser's cookies and these headers.
async fn forge(
    browser: &Browser,
    server: &Server,
    form: &Form,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = server.http().request(Method::POST, &form.action);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    http::answer(request.header("cookie", browser.cookie_header()).form(&form.fields)).await
}

/// 65, page e. The browser keeps its cookies from such a form; were it to send them, the
/// form would still be refused.
#[test]
fn a_form_that_is_not_from_the_page_is_refused() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let login = browser.open(&shop.request().url()).await.page();
        let filled = [("username", &*ada.username), ("password", &*ada.password)];
        let login_form = login.form_of("login-submit", &filled);
        assert_only_its_own_page_sends(&browser, &server, &login_form).await;
        assert_eq!(browser.cookie("signet_session"), None);

        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let consent_form = consent.form_of("consent-allow", &[]);
        assert_only_its_own_page_sends(&browser, &server, &consent_form).await;
        browser.press(&consent, "consent-allow", &[]).await.returned().code();

        let logout = browser.open(&shop.at("/logout")).await.page();
        let logout_form = logout.form_of("logout-confirm", &[]);
        assert_only_its_own_page_sends(&browser, &server, &logout_form).await;
        let silent = shop.request().with("prompt", "none");
        browser.open(&silent.url()).await.returned().code();
    });
}

async fn assert_only_its_own_page_sends(browser: &Browser, server: &Server, form: &Form) {
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
    ] {
        let answer = forge(browser, server, form, headers).await;
        assert!((400..500).contains(&answer.status), "{headers:?}: {answer}");
        assert_eq!(answer.header("set-cookie"), "", "{headers:?}");
    }
    let own = [("sec-fetch-site", "same-origin")];
    for csrf in [None, Some(""), Some("x"), Some(&*"A".repeat(43))] {
        let mut fields = form.fields.clone();
        fields.retain(|(name, _)| name != "csrf");
        fields.extend(csrf.map(|value| ("csrf".to_owned(), value.to_owned())));
        let form = Form { method: form.method.clone(), action: form.action.clone(), fields };
        let answer = forge(browser, server, &form, &own).await;
        assert!((400..500).contains(&answer.status), "{csrf:?}: {answer}");
    }
    // Another browser with its own cookie has the value, but not what it is made of.
    let other = server.browser();
    other.open(&format!("{}/logout", server.issuer())).await;
    let answer = forge(&other, server, form, &own).await;
    assert!((400..500).contains(&answer.status), "{answer}");
}

/// 65 (RFC 9700 §4.7): who sends somebody a link to their own sign-in gets nothing.
#[test]
fn another_browser_cannot_go_on_with_a_sign_in() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let (stranger, knower) = (server.browser(), server.browser());
        knower.sign_in(&server.client("wiki").request().url(), &ada).await;

        let request = shop.request();
        let login = browser.open(&request.url()).await.page();
        for other in [&stranger, &knower] {
            let page = other.open(login.url.as_str()).await.page();
            page.assert_error("invalid_request", None);
            let page = other.enter(&login, &ada.username, &ada.password).await.page();
            page.assert_error("invalid_request", None);
        }
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        for other in [&stranger, &knower] {
            let page = other.open(consent.url.as_str()).await.page();
            page.assert_error("invalid_request", None);
            let page = other.press(&consent, "consent-allow", &[]).await.page();
            page.assert_error("invalid_request", None);
        }
        let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
        shop.redeem(&request, &returned).await;

        // What is over cannot be gone on with either.
        for page in [
            browser.open(login.url.as_str()).await.page(),
            browser.open(consent.url.as_str()).await.page(),
            browser.press(&consent, "consent-allow", &[]).await.page(),
            browser.enter(&login, &ada.username, &ada.password).await.page(),
        ] {
            page.assert_error("invalid_request", None);
        }
    });
}

/// Consent cannot be skipped by asking for the next page (Core §3.1.2.4).
#[test]
fn no_step_can_be_jumped() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let login = browser.open(&shop.request().url()).await.page();
        for path in ["/consent", "/continue"] {
            let mut url = login.url.clone();
            url.set_path(path);
            assert!(browser.open(url.as_str()).await.is_page_with("login-submit"), "{path}");
        }
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        for path in ["/login", "/continue"] {
            let mut url = consent.url.clone();
            url.set_path(path);
            assert!(browser.open(url.as_str()).await.is_page_with("consent-allow"), "{path}");
        }
    });
}

/// 34 (Core §3.1.2.4)
#[test]
fn consent_is_remembered_and_asked_again_only_for_more() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let ask = async |scope: &str| {
            let request = shop.request().with("scope", scope);
            browser.open(&request.url()).await
        };
        browser.sign_in(&shop.request().with("scope", "openid profile").url(), &ada).await;
        ask("openid profile").await.returned().code();
        ask("openid").await.returned().code();

        let more = ask("openid profile email").await.page();
        let returned = browser.press(&more, "consent-deny", &[]).await.returned();
        returned.assert_error("access_denied", server.issuer());
        ask("openid profile").await.returned().code();
        let more = ask("openid email").await.page();
        assert!(more.words().contains("shop"), "{more}");
        browser.press(&more, "consent-allow", &[]).await.returned().code();
        ask("openid profile email").await.returned().code();

        let forced = shop.request().with("prompt", "consent").url();
        let page = browser.open(&forced).await.page();
        browser.press(&page, "consent-allow", &[]).await.returned().code();
        let wiki = server.client("wiki");
        assert!(browser.open(&wiki.request().url()).await.is_page_with("consent-allow"));
        let (eve, other) = (server.add_user("eve"), server.browser());
        let login = other.open(&shop.request().url()).await.page();
        assert!(
            other.enter(&login, &eve.username, &eve.password).await.is_page_with("consent-allow")
        );
    });
}

/// 114 in part: any site may send a browser to `/logout`, so that alone changes nothing.
#[test]
fn signing_out_is_asked_for_and_then_done() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().url(), &ada).await;
        let copy = browser.stolen();
        let silent = || shop.request().with("prompt", "none").url();

        let page = browser.open(&shop.at("/logout")).await.page();
        browser.open(&silent()).await.returned().code();
        let done = browser.press(&page, "logout-confirm", &[]).await.page();
        assert_eq!(done.answer.status, 200, "{done}");
        assert!(!done.has("logout-confirm"), "{done}");
        assert_eq!(browser.cookie("signet_session"), None);
        for browser in [&browser, &copy] {
            let returned = browser.open(&silent()).await.returned();
            returned.assert_error("login_required", server.issuer());
        }
        // Twice is once.
        assert_eq!(browser.press(&page, "logout-confirm", &[]).await.page().answer.status, 200);
        assert!(browser.open(&shop.request().url()).await.is_page_with("login-submit"));
    });
}

/// A session and a sign-in in progress end by themselves.
#[test]
fn a_session_and_a_sign_in_end_with_their_time() {
    let settings = [("SIGNET_SESSION_LIFETIME", "6s"), ("SIGNET_INTERACTION_LIFETIME", "6s")];
    on_every_database_with(&settings, async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().url(), &ada).await;
        let late = server.browser();
        let login = late.open(&shop.request().url()).await.page();
        tokio::time::sleep(Duration::from_millis(6100)).await;

        let silent = shop.request().with("prompt", "none");
        let returned = browser.open(&silent.url()).await.returned();
        returned.assert_error("login_required", server.issuer());
        let page = late.enter(&login, &ada.username, &ada.password).await.page();
        page.assert_error("invalid_request", None);
    });
}

/// Disabling ends what is going on, at once and for good.
#[test]
fn a_disabled_person_is_signed_out() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().url(), &ada).await;
        let consent = browser.open(&shop.request().with("prompt", "consent").url()).await.page();
        server.cli(&["user", "disable", &ada.username]).done();

        let silent = shop.request().with("prompt", "none");
        let returned = browser.open(&silent.url()).await.returned();
        returned.assert_error("login_required", server.issuer());
        let arrival = browser.press(&consent, "consent-allow", &[]).await;
        assert!(arrival.is_page_with("login-submit"), "{arrival:?}");
    });
}
