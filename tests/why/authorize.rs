//! What goes wrong in browsers: requests to sign in and to sign out.

use super::{Broken, assert_named, code_at, why};
use crate::harness::client::{Params, Request};
use crate::harness::on_every_database;

type Bend = fn(Request) -> Request;
const URI: &str = "https://shop.example/cb";

/// How a request to sign in is broken, the cause, and the nearest right value.
const AT_AUTHORIZE: &[(&str, Bend, &str, &str)] = &[
    ("unknown client", |it| it.with("client_id", "shoop"), "client_unknown", "shop"),
    ("no client", |it| it.without("client_id"), "client_id_missing", ""),
    ("client twice", |it| it.also("client_id", "shop"), "parameter_repeated", ""),
    ("no redirect", |it| it.without("redirect_uri"), "redirect_uri_missing", URI),
    (
        "slash",
        |it| it.with("redirect_uri", "https://shop.example/cb/"),
        "redirect_uri_foreign",
        URI,
    ),
    ("case", |it| it.with("redirect_uri", "https://shop.example/CB"), "redirect_uri_foreign", URI),
    (
        "port",
        |it| it.with("redirect_uri", "https://shop.example:8443/cb"),
        "redirect_uri_foreign",
        URI,
    ),
    ("http", |it| it.with("redirect_uri", "http://shop.example/cb"), "redirect_uri_foreign", URI),
    (
        "query",
        |it| it.with("redirect_uri", "https://shop.example/cb?x=1"),
        "redirect_uri_foreign",
        URI,
    ),
    (
        "host",
        |it| it.with("redirect_uri", "https://www.shop.example/cb"),
        "redirect_uri_foreign",
        URI,
    ),
    ("scope twice", |it| it.also("scope", "email"), "parameter_repeated", ""),
    ("implicit", |it| it.with("response_type", "token"), "response_type_other", ""),
    ("no type", |it| it.without("response_type"), "response_type_missing", "code"),
    ("fragment", |it| it.with("response_mode", "fragment"), "response_mode_other", ""),
    (
        "no PKCE",
        |it| it.without("code_challenge").without("code_challenge_method"),
        "pkce_missing",
        "",
    ),
    ("plain", |it| it.with("code_challenge_method", "plain"), "challenge_method", "S256"),
    ("no method", |it| it.without("code_challenge_method"), "challenge_method", "S256"),
    ("short challenge", |it| it.with("code_challenge", "abc"), "challenge_malformed", ""),
    ("prompt", |it| it.with("prompt", "log-in"), "prompt_unknown", "login"),
    ("none login", |it| it.with("prompt", "none login"), "prompt_contradictory", ""),
    ("max_age", |it| it.with("max_age", "1h"), "max_age_malformed", ""),
    ("request", |it| it.with("request", "eyJhbGciOiJub25lIn0.e30."), "request_object", ""),
    ("request_uri", |it| it.with("request_uri", "https://shop.example/r"), "request_uri", ""),
    ("registration", |it| it.with("registration", "{}"), "registration_parameter", ""),
    ("no scope", |it| it.without("scope"), "scope_missing", ""),
    ("misspelt scope", |it| it.with("scope", "open_id"), "scope_foreign", "openid"),
    ("foreign scope", |it| it.with("scope", "orders:write"), "scope_foreign", ""),
    ("quoted scope", |it| it.with("scope", "open\"id"), "scope_malformed", ""),
    (
        "API with a slash",
        |it| it.with("resource", "https://api.example/v1/"),
        "resource_foreign",
        "https://api.example/v1",
    ),
    ("hint", |it| it.with("id_token_hint", "x"), "hint_foreign", ""),
    ("claims", |it| it.with("claims", "{"), "claims_malformed", ""),
    ("long state", |it| it.with("state", &"x".repeat(5000)), "value_too_long", ""),
    ("long acr_values", |it| it.with("acr_values", &"x".repeat(1500)), "value_too_long", ""),
    ("state that is no text", |it| it.with("state", "a\u{1}b"), "value_no_text", ""),
    ("long claims", |it| it.with("claims", &"x".repeat(9000)), "value_too_long", ""),
];

#[test]
fn each_broken_request_to_sign_in_is_told_by_its_code() {
    on_every_database(async |server| {
        let more = ["--resource", "https://api.example/v1"];
        let shop = server.client_with("shop", "web", &more);
        let browser = server.browser();
        let mut broken = Vec::new();
        for (how, bend, cause, nearest) in AT_AUTHORIZE {
            let code = code_at(&browser, &bend(shop.request()).url()).await;
            broken.push(Broken::new(how, code, cause, nearest));
        }
        let uri = "https://shop.example/cb";
        let codeless = server.client_with(
            "codeless",
            "web",
            &["--grant-type", "refresh_token", "--redirect-uri", uri],
        );
        let code = code_at(&browser, &codeless.request().url()).await;
        broken.push(Broken::new("no codes", code, "codes_not_allowed", ""));
        let code = code_at(&browser, &format!("{}?client_id=%ff", shop.at("/authorize"))).await;
        broken.push(Broken::new("not UTF-8", code, "malformed", ""));
        let code = code_at(&browser, &shop.at("/oauth/authorize")).await;
        broken.push(Broken::new("another path", code, "address_unknown", "/authorize"));
        let page = browser.open(&shop.request().url()).await.page();
        let code = code_at(&server.browser(), page.url.as_str()).await;
        broken.push(Broken::new("without cookies", code, "other_browser", ""));
        assert_named(&server, &broken);
    });
}

/// The two addresses are held against each other character by character, in the terminal too.
#[test]
fn a_redirect_uri_is_shown_below_the_registered_one() {
    on_every_database(async |server| {
        let (shop, browser) = (server.client("shop"), server.browser());
        for (uri, position, difference) in [
            ("https://shop.example/cb/", 23, "a trailing slash"),
            ("https://shop.example/CB", 21, "other case"),
            ("https://shop.example:8443/cb", 20, "another port: 8443 instead of none"),
            ("http://shop.example/cb", 4, "http instead of https"),
            ("https://shop.example/cb?x=1", 23, "a query that is not registered"),
            (
                "https://www.shop.example/cb",
                8,
                "another host: www.shop.example instead of shop.example",
            ),
        ] {
            let request = shop.request().with("redirect_uri", uri);
            let code = code_at(&browser, &request.url()).await.expect("there is a code");
            let compared = &why(&server, &code)["compared"];
            assert_eq!(compared["sent"], uri);
            assert_eq!(compared["registered"], URI);
            assert_eq!(compared["position"], position, "{compared}");
            assert_eq!(compared["difference"], difference);

            // However it is typed.
            let typed = code.to_lowercase().replace('-', " ");
            let output = server.command(&["why", &typed]).output().expect("signet runs");
            let text = String::from_utf8(output.stdout).expect("it is text");
            let lines: Vec<_> = text.lines().collect();
            let sent = lines.iter().position(|line| line.contains("sent ")).expect(&text);
            let start = lines[sent].find(uri).expect("it is shown");
            assert_eq!(lines[sent + 1].find(URI), Some(start), "{text}");
            assert_eq!(lines[sent + 2].find('^'), Some(start + position), "{text}");
            assert!(text.contains(&format!("redirect_uri={URI}, exactly")), "{text}");
        }
        // Another client's address.
        let wiki = server.client("wiki");
        let request = shop.request().with("redirect_uri", &wiki.redirect_uri);
        let code = code_at(&browser, &request.url()).await.expect("there is a code");
        let change = why(&server, &code)["change"].to_string();
        assert!(change.contains("client_id=wiki"), "{change}");
    });
}

#[test]
fn each_sign_out_that_leads_nowhere_is_told_by_its_code() {
    on_every_database(async |server| {
        let bye = "https://shop.example/bye";
        let shop = server.client_with("shop", "web", &["--post-logout-redirect-uri", bye]);
        let browser = server.browser();
        let mut broken = Vec::new();
        for (how, params, cause, nearest) in [
            (
                "slash",
                [("client_id", "shop"), ("post_logout_redirect_uri", "https://shop.example/bye/")],
                "post_logout_redirect_uri_foreign",
                bye,
            ),
            (
                "nobody's",
                [("x", "y"), ("post_logout_redirect_uri", bye)],
                "post_logout_redirect_uri_nobodys",
                "",
            ),
            ("unknown", [("client_id", "shap"), ("x", "y")], "client_unknown", "shop"),
            ("hint", [("id_token_hint", "x"), ("x", "y")], "hint_foreign", ""),
        ] {
            let url = format!("{}?{}", shop.at("/logout"), Params::new(&params).encoded());
            broken.push(Broken::new(how, code_at(&browser, &url).await, cause, nearest));
        }
        // Who asks by a hint alone is known by it.
        let ada = server.add_user("ada");
        let tokens = shop.sign_in(&browser, &ada, shop.request()).await;
        let hint = tokens.id_token.expect("there is an ID token");
        let params =
            [("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://shop.example/by")];
        let url = format!("{}?{}", shop.at("/logout"), Params::new(&params).encoded());
        let code = code_at(&browser, &url).await;
        broken.push(Broken::new("by hint", code, "post_logout_redirect_uri_foreign", bye));
        assert_named(&server, &broken);
    });
}
