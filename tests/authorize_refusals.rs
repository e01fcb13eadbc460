//! Requests that start no sign-in, and who hears of it.

use reqwest::Method;

use crate::harness::browser::{Arrival, Browser, Page};
use crate::harness::client::{Params, Request};
use crate::harness::http;
use crate::harness::on_every_database;

/// Checks that a request ends on a page here and goes nowhere.
async fn assert_shown(browser: &Browser, request: &Request, error: &str, parameter: Option<&str>) {
    let page = browser.open(&request.url()).await.page();
    page.assert_error(error, parameter);
    assert!(page.url.path().ends_with("/authorize"), "{page}");
}

/// Checks that the client is told of an error at once, with its state and without a code.
async fn assert_returned(browser: &Browser, request: &Request, issuer: &str, error: &str) {
    let returned = browser.open(&request.url()).await.returned();
    returned.assert_error(error, issuer);
    assert_eq!(returned.get("state"), Some(request.params.get("state")), "{}", returned.url);
}

/// 49, 50, 53, page c (RFC 6749 §3.1, §4.1.2.1)
#[test]
fn a_request_of_nobody_known_is_shown_on_a_page() {
    on_every_database(async |server| {
        let (shop, browser) = (server.client("shop"), server.browser());
        server.client("gone");
        server.cli(&["client", "delete", "gone"]).done();
        for id in ["nobody", "gone", "SHOP", "shop ", "shop\u{e9}", &"x".repeat(300)] {
            let request = shop.request().with("client_id", id);
            assert_shown(&browser, &request, "invalid_client", Some("client_id")).await;
        }
        for request in [shop.request().without("client_id"), shop.request().with("client_id", "")] {
            assert_shown(&browser, &request, "invalid_request", Some("client_id")).await;
        }
        for name in ["client_id", "redirect_uri"] {
            let value = shop.request().params.get(name).to_owned();
            let request = shop.request().also(name, &value);
            assert_shown(&browser, &request, "invalid_request", Some(name)).await;
        }
    });
}

/// 51, 52 (Core §3.1.2.1, RFC 9700 §4.1)
#[test]
fn no_redirect_uri_but_the_registered_one_is_ever_followed() {
    on_every_database(async |server| {
        let browser = server.browser();
        let shop = server.client("shop");
        let uri = "https://query.example/cb?x=1";
        let query = server.client_with("query", "web", &["--redirect-uri", uri]);
        for other in [
            "https://shop.example/cb/",
            "https://shop.example/cb/more",
            "https://shop.example/cb%2Fmore",
            "https://shop.example/c",
            "https://shop.example/",
            "https://shop.example",
            "https://shop.example/CB",
            "https://SHOP.example/cb",
            "HTTPS://shop.example/cb",
            "https://shop.example:443/cb",
            "https://shop.example:8443/cb",
            "https://shop.example/cb?",
            "https://shop.example/cb?x=1",
            "https://shop.example/cb#",
            "https://shop.example/cb#fragment",
            "https://user@shop.example/cb",
            "https://user:password@shop.example/cb",
            "https://shop.example@evil.example/cb",
            "https://shop.example/x/../cb",
            "https://shop.example/./cb",
            "https://shop.example/x/..%2fcb",
            "https://shop.example//cb",
            "https://shop.example/%63b",
            "https://shop.example\\cb",
            "https://shop.example/cb ",
            " https://shop.example/cb",
            "https://shop.example/cb\n",
            "http://shop.example/cb",
            "https://evil.example/cb",
            "https://shop.example.evil.example/cb",
            "https://sub.shop.example/cb",
            "//shop.example/cb",
            "/cb",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            let request = shop.request().with("redirect_uri", other);
            assert_shown(&browser, &request, "invalid_request", Some("redirect_uri")).await;
        }
        for other in [
            "https://query.example/cb",
            "https://query.example/cb?x=2",
            "https://query.example/cb?x=1&y=2",
            "https://query.example/cb?x=1&x=1",
            "https://query.example/cb?y=2&x=1",
            "https://query.example/cb?x=%31",
        ] {
            let request = query.request().with("redirect_uri", other);
            assert_shown(&browser, &request, "invalid_request", Some("redirect_uri")).await;
        }
        for request in
            [shop.request().without("redirect_uri"), shop.request().with("redirect_uri", "")]
        {
            assert_shown(&browser, &request, "invalid_request", Some("redirect_uri")).await;
        }
    });
}

/// 51 (RFC 8252 §7.3, §8.3)
#[test]
fn only_a_native_client_may_choose_its_loopback_port() {
    on_every_database(async |server| {
        let browser = server.browser();
        let uris = ["http://127.0.0.1/cb", "http://[::1]:7000/cb", "http://localhost/cb"];
        let more: Vec<_> = uris.iter().flat_map(|uri| ["--redirect-uri", uri]).collect();
        let native = server.client_with("native", "native", &more);
        let web = server.client_with("web", "web", &more);
        for (party, uri, allowed) in [
            (&native, "http://127.0.0.1:4711/cb", true),
            (&native, "http://127.0.0.1/cb", true),
            (&native, "http://[::1]:4711/cb", true),
            (&native, "http://127.0.0.1:4711/other", false),
            (&native, "http://127.0.0.1:4711@evil.example/cb", false),
            (&native, "http://127.0.0.1:99999/cb", false),
            (&native, "http://localhost:4711/cb", false),
            (&native, "https://127.0.0.1:4711/cb", false),
            (&web, "http://127.0.0.1:4711/cb", false),
            (&web, "http://127.0.0.1/cb", true),
        ] {
            let request = party.request().with("redirect_uri", uri);
            let page = browser.open(&request.url()).await.page();
            if allowed {
                assert!(page.has("login-submit"), "{uri}: {page}");
            } else {
                page.assert_error("invalid_request", Some("redirect_uri"));
            }
        }
    });
}

/// 44, 54, 55, 56, 62, 63 (RFC 6749 §3.1.1, §4.1.2.1): types that are switched off are
/// refused, with a nonce or without, whatever the response mode.
#[test]
fn a_response_type_that_is_not_offered_is_returned_to_the_client() {
    on_every_database(async |server| {
        let (shop, browser, issuer) = (server.client("shop"), server.browser(), server.issuer());
        for request in
            [shop.request().without("response_type"), shop.request().with("response_type", "")]
        {
            assert_returned(&browser, &request, issuer, "invalid_request").await;
        }
        for kind in [
            "token",
            "id_token",
            "id_token token",
            "code token",
            "code id_token",
            "none",
            "CODE",
            "x",
        ] {
            let request = shop.request().with("response_type", kind);
            for request in [
                request.clone(),
                request.clone().without("nonce"),
                request.with("response_mode", "query"),
            ] {
                assert_returned(&browser, &request, issuer, "unsupported_response_type").await;
            }
        }
        let more = ["--grant-type", "refresh_token"];
        let codeless = server.client_with("codeless", "web", &more);
        assert_returned(&browser, &codeless.request(), issuer, "unauthorized_client").await;
    });
}

/// 61 (RFC 7636 §4.2, §4.4.1, RFC 9700 §2.1.1)
#[test]
fn a_challenge_is_wanted_and_has_to_be_a_good_one() {
    on_every_database(async |server| {
        let (browser, issuer) = (server.browser(), server.issuer());
        let excused = server.client_with("old", "web", &["--without-pkce"]);
        let (app, shop) = (server.app("app"), server.client("shop"));
        let (short, long) = ("a".repeat(42), "a".repeat(129));
        for party in [&app, &shop] {
            let none = party.request().without("code_challenge");
            for request in [none.clone(), none.without("code_challenge_method")] {
                assert_returned(&browser, &request, issuer, "invalid_request").await;
            }
        }
        for party in [&app, &shop, &excused] {
            let bad = |challenge: &str| party.request().with("code_challenge", challenge);
            for request in [
                party.request().with("code_challenge_method", "plain"),
                party.request().with("code_challenge_method", "s256"),
                party.request().without("code_challenge_method"),
                bad(&short),
                bad(&long),
                bad(&"+/".repeat(22)),
                bad(&format!("{}=", "a".repeat(43))),
                bad(&"ä".repeat(43)),
            ] {
                assert_returned(&browser, &request, issuer, "invalid_request").await;
            }
        }
        let bare = excused.request().without("code_challenge").without("code_challenge_method");
        assert!(browser.open(&bare.url()).await.is_page_with("login-submit"));
    });
}

/// 23, 35, 39 (RFC 6749 §3.1, Core §3.1.2.1)
#[test]
fn a_request_that_contradicts_itself_is_returned_to_the_client() {
    on_every_database(async |server| {
        let (shop, browser, issuer) = (server.client("shop"), server.browser(), server.issuer());
        for name in ["scope", "nonce", "response_type", "code_challenge"] {
            let value = shop.request().params.get(name).to_owned();
            let request = shop.request().also(name, &value);
            assert_returned(&browser, &request, issuer, "invalid_request").await;
        }
        let unknown_twice = shop.request().also("x", "1").also("x", "2");
        assert_returned(&browser, &unknown_twice, issuer, "invalid_request").await;
        for (name, value) in [
            ("prompt", "none login"),
            ("prompt", "none consent"),
            ("prompt", "none select_account"),
            ("max_age", "-1"),
            ("max_age", "abc"),
        ] {
            assert_returned(&browser, &shop.request().with(name, value), issuer, "invalid_request")
                .await;
        }
        // Of two states neither is the client's.
        let returned = browser.open(&shop.request().also("state", "other").url()).await.returned();
        returned.assert_error("invalid_request", issuer);
    });
}

/// 57, 58, 59, 60 (Core §3.1.2.6, §6.1)
#[test]
fn request_objects_are_refused_and_never_ignored() {
    on_every_database(async |server| {
        let (shop, browser, issuer) = (server.client("shop"), server.browser(), server.issuer());
        // {"alg":"none"}.{}
        let object = shop.request().with("request", "eyJhbGciOiJub25lIn0.e30.");
        assert_returned(&browser, &object, issuer, "request_not_supported").await;
        let uri = shop.request().with("request_uri", "https://shop.example/request.jwt");
        assert_returned(&browser, &uri, issuer, "request_uri_not_supported").await;
        let both = object.with("request_uri", "https://shop.example/request.jwt");
        assert_returned(&browser, &both, issuer, "invalid_request").await;
        // {"alg":"none"}.{"redirect_uri":"https://shop.example/cb"}: what stands in an object
        // that is not read leads nowhere.
        let inside =
            "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL3Nob3AuZXhhbXBsZS9jYiJ9.";
        let object = shop.request().with("request", inside);
        for request in [
            object.clone().with("redirect_uri", "https://evil.example/cb"),
            object.without("redirect_uri"),
        ] {
            assert_shown(&browser, &request, "invalid_request", Some("redirect_uri")).await;
        }
    });
}

/// 22, 75 (RFC 6749 §3.1)
#[test]
fn a_post_that_is_no_plain_form_is_refused() {
    on_every_database(async |server| {
        let shop = server.client("shop");
        let params = shop.request().params;
        let http = server.http();
        let post = |url: &str| http.request(Method::POST, url);
        let address = shop.at("/authorize");
        let json = format!("{{\"client_id\":\"{}\"}}", shop.id);
        let split = format!("{address}?state=in-the-query");
        for request in [
            post(&address).header("content-type", "application/json").body(json),
            post(&address).header("content-type", "text/plain").body(params.encoded()),
            post(&address).body(params.encoded()),
            post(&split).form(params.clone().without("state").pairs()),
            post(&shop.request().url()),
        ] {
            let answer = http::answer(request).await;
            assert!((400..500).contains(&answer.status), "{answer}");
            assert_eq!(answer.header("location"), "", "{answer}");
        }
    });
}

/// What would run if a page did not escape it, and what would break a careless reader.
const HOSTILE: &[&str] = &[
    "\"><script>alert(1)</script><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "x\r\nSet-Cookie: signet_session=evil\r\n\r\n<html>",
    "' OR '1'='1' --",
    "../../../../etc/passwd",
    "\u{202e}\u{0}\u{feff}",
    "%00%ff%",
];

/// 64 (RFC 9700 §4.16): in addresses, and in the form that people sign in with.
#[test]
fn hostile_words_in_any_parameter_stay_words() {
    on_every_database(async |server| {
        let (shop, browser) = (server.client("shop"), server.browser());
        let names: Vec<_> =
            shop.request().params.pairs().iter().map(|(name, _)| name.clone()).collect();
        let others = [
            "prompt",
            "max_age",
            "display",
            "ui_locales",
            "claims_locales",
            "login_hint",
            "id_token_hint",
            "acr_values",
            "claims",
            "response_mode",
            "resource",
            "request",
            "request_uri",
        ];
        let of_logout =
            ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];
        let pages = ["/login", "/consent", "/continue", "/logout"];
        for words in HOSTILE.iter().copied().chain([&*"A".repeat(20_000)]) {
            for name in names.iter().map(String::as_str).chain(others) {
                let url = shop.request().with(name, words).url();
                assert_harmless(&browser, &url).await;
            }
            for name in of_logout {
                let query = Params::new(&[("client_id", &*shop.id)]).with(name, words);
                assert_harmless(&browser, &format!("{}?{}", shop.at("/logout"), query.encoded()))
                    .await;
            }
            let query = shop.request().without("client_id").with("interaction", words);
            for page in pages {
                let url = format!("{}?{}", shop.at(page), query.params.encoded());
                assert_harmless(&browser, &url).await;
            }
            let login = browser.open(&shop.request().url()).await.page();
            let shown = browser.enter(&login, words, "a wrong password").await.page();
            assert_page_is_harmless(&browser, &shown);
            // The field holds what was typed, with the ends of lines that HTML knows. A form
            // with a NUL in it is not read.
            let typed = (!words.contains('\0')).then(|| words.replace("\r\n", "\n"));
            assert_eq!(shown.attribute("username", "value"), typed, "{shown}");
        }
        // What is not even UTF-8.
        for query in ["client_id=%ff%fe", "client_id=shop&redirect_uri=%c3%28", "%", "=&=&&", "a"] {
            assert_harmless(&browser, &format!("{}?{query}", shop.at("/authorize"))).await;
        }
    });
}

async fn assert_harmless(browser: &Browser, url: &str) {
    if let Arrival::Page(page) = browser.open(url).await {
        assert_page_is_harmless(browser, &page);
    }
}

#[track_caller]
fn assert_page_is_harmless(browser: &Browser, page: &Page) {
    assert!(page.answer.status < 500, "{page}");
    assert_eq!(page.select("[onerror], [onload], script:not([src])", |_| ()).len(), 0, "{page}");
    let cookies = browser.set_cookies();
    assert!(!cookies.iter().any(|cookie| cookie.contains("evil")), "{cookies:?}");
    for trace in ["panicked", "backtrace", ".rs:", "SELECT "] {
        assert!(!page.answer.body.contains(trace), "{page}");
    }
}

/// Too much is refused (RFC 9110 §15.5.14), and even who is still sending hears it; an
/// address that takes no posts says what it takes (§15.5.6). Clients are told in JSON,
/// people on a page.
#[test]
fn what_no_address_takes_is_refused_in_the_manner_of_the_caller() {
    on_every_database(async |server| {
        let shop = server.client("shop");
        let http = server.http();
        let in_its_manner = |path: &str, answer: &http::Answer| match path {
            "/authorize" | "/login" | "/continue" | "/logout/confirm" => {
                assert!(answer.body.contains("This request is not taken"), "{path}: {answer}");
                assert!(answer.header("content-security-policy").contains("default-src 'none'"));
            }
            _ => assert_eq!(answer.json()["error"], "invalid_request", "{path}"),
        };
        for path in ["/authorize", "/token", "/login", "/userinfo", "/introspect", "/revoke"] {
            for length in [100_000, 900_000] {
                let request = http.request(Method::POST, &shop.at(path));
                let form = [("client_id", "shop"), ("state", &*"x".repeat(length))];
                let answer = http::answer(request.form(&form)).await;
                assert_eq!(answer.status, 413, "{path}");
                in_its_manner(path, &answer);
            }
        }
        for (method, path, allowed) in [
            (Method::GET, "/token", "POST"),
            (Method::GET, "/revoke", "POST"),
            (Method::PUT, "/userinfo", "GET,HEAD,POST"),
            (Method::POST, "/jwks", "GET,HEAD"),
            (Method::POST, "/continue", "GET,HEAD"),
            (Method::GET, "/logout/confirm", "POST"),
        ] {
            let answer = http::answer(http.request(method, &shop.at(path))).await;
            assert_eq!(answer.status, 405, "{path}");
            assert_eq!(answer.header("allow"), allowed, "{path}");
            in_its_manner(path, &answer);
        }
    });
}
