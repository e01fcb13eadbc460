//! Broken client configurations: whatever goes wrong, the code in the error leads the operator
//! to the cause, the nearest right value and the change that mends it.

use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::assertion::{Key, claims, jwks, proven};
use crate::harness::browser::{Arrival, Browser};
use crate::harness::cli::Person;
use crate::harness::client::{Auth, Params, RelyingParty, Request, basic};
use crate::harness::http::{self, Answer, incident_code, now};
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database, on_every_database_with};

/// What is broken, the code that the error carried, and what should be said of it.
struct Broken {
    how: String,
    code: String,
    cause: &'static str,
    nearest: Option<String>,
}

impl Broken {
    fn new(how: &str, code: Option<String>, cause: &'static str, nearest: &str) -> Self {
        let code = code.unwrap_or_else(|| panic!("no code: {how}"));
        let nearest = (!nearest.is_empty()).then(|| nearest.to_owned());
        Self { how: how.to_owned(), code, cause, nearest }
    }

    /// What a client was told in JSON.
    fn told(how: &str, answer: &Answer, cause: &'static str, nearest: &str) -> Self {
        assert!((400..500).contains(&answer.status), "{how}: {answer}");
        Self::new(how, answer.incident_code(), cause, nearest)
    }
}

/// What the operator is told. An incident is written a moment after its error was answered.
#[track_caller]
fn why(server: &Server, code: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let outcome = server.cli(&["why", code]);
        if outcome.code == 0 || Instant::now() > deadline {
            return outcome.done();
        }
    }
}

/// Every cause is named, with the nearest value where there is one.
#[track_caller]
fn assert_named(server: &Server, broken: &[Broken]) {
    for Broken { how, code, cause, nearest } in broken {
        let said = why(server, code);
        assert_eq!(said["cause"], *cause, "{how}: {said:#}");
        assert_eq!(said["nearest"], json!(nearest), "{how}: {said:#}");
        assert!(said["what"].as_str().is_some_and(|what| what.ends_with('.')), "{how}: {said:#}");
        assert!(said["change"].as_str().is_some_and(|change| change.len() > 20), "{how}");
    }
}

/// The code of the error that a browser came to: on a page, or at the client.
async fn code_at(browser: &Browser, url: &str) -> Option<String> {
    match browser.open(url).await {
        Arrival::Page(page) => {
            assert!((400..500).contains(&page.answer.status), "{page}");
            let code = page.text("incident-code");
            (!code.is_empty()).then_some(code)
        }
        Arrival::Left(returned) => {
            incident_code(returned.get("error_description").unwrap_or_default())
        }
    }
}

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

/// Everybody who calls the endpoints of clients.
struct Callers {
    shop: RelyingParty,
    app: RelyingParty,
    poster: RelyingParty,
    ada: Person,
    browser: Browser,
}

impl Callers {
    fn of(server: &Server) -> Self {
        let more = ["--auth-method", "client_secret_post"];
        Self {
            shop: server.client("shop"),
            app: server.app("app"),
            poster: server.client_with("poster", "web", &more),
            ada: server.add_user("ada"),
            browser: server.browser(),
        }
    }

    /// The form that would redeem a fresh code.
    async fn code_form(&self, party: &RelyingParty) -> Params {
        let request = party.request();
        let returned = self.browser.sign_in(&request.url(), &self.ada).await;
        party.code_form(&request, &returned)
    }
}

/// Sends a form to an endpoint with nothing added but these headers.
async fn post(party: &RelyingParty, path: &str, form: &Params, authorization: &[&str]) -> Answer {
    let mut request = party.http.request(Method::POST, &party.at(path));
    for value in authorization {
        request = request.header("authorization", *value);
    }
    http::answer(request.form(form.pairs())).await
}

#[test]
fn each_client_that_fails_to_prove_itself_is_told_by_its_code() {
    on_every_database(async |server| {
        let Callers { shop, app, poster, .. } = &Callers::of(&server);
        let form = Params::new(&[("grant_type", "refresh_token"), ("refresh_token", "x")]);
        let good = basic(&shop.id, &shop.secret);
        let in_body = form.clone().with("client_id", &shop.id).with("client_secret", &shop.secret);
        let wrong = RelyingParty { secret: "wrong".to_owned(), ..shop.clone() };
        let with_secret = RelyingParty { auth: Auth::Post, secret: "secret".into(), ..app.clone() };
        let by_header = RelyingParty { auth: Auth::Basic, ..poster.clone() };
        let named = form.clone().with("client_id", &shop.id);
        let twice = [good.as_str()];
        let broken = [
            Broken::told("wrong secret", &wrong.token(&form).await, "secret_wrong", ""),
            Broken::told(
                "public with secret",
                &with_secret.token(&form).await,
                "secret_unexpected",
                "none",
            ),
            Broken::told(
                "Basic instead of post",
                &by_header.token(&form).await,
                "auth_method_other",
                "client_secret_post",
            ),
            Broken::told(
                "no proof",
                &post(shop, "/token", &named, &[]).await,
                "auth_missing",
                "client_secret_basic",
            ),
            Broken::told(
                "two proofs",
                &post(shop, "/token", &in_body, &twice).await,
                "auth_twice",
                "",
            ),
            Broken::told(
                "nobody",
                &post(shop, "/token", &form, &[]).await,
                "client_id_missing",
                "",
            ),
            Broken::told(
                "unknown",
                &post(shop, "/token", &form.clone().with("client_id", "shopp"), &[]).await,
                "client_unknown",
                "shop",
            ),
            Broken::told(
                "no Basic",
                &post(shop, "/token", &form, &["Basic nonsense"]).await,
                "authorization_unreadable",
                "",
            ),
            Broken::told(
                "two names",
                &post(shop, "/token", &form.clone().with("client_id", "app"), &twice).await,
                "client_id_contradictory",
                "",
            ),
            Broken::told(
                "public asks",
                &app.post("/introspect", &Params::new(&[("token", "x")])).await,
                "introspection_public",
                "",
            ),
            Broken::told(
                "no token",
                &shop.post("/revoke", &Params::default()).await,
                "token_missing",
                "",
            ),
        ];
        assert_named(&server, &broken);

        // What was changed since is said.
        let code = &broken[0].code;
        assert_eq!(why(&server, code)["since"], Value::Null);
        server.cli(&["client", "rotate-secret", "shop"]).done();
        let since = why(&server, code)["since"].to_string();
        assert!(since.contains("its secret may be another now"), "{since}");
        let code = &broken[6].code;
        server.client("shopp");
        let since = why(&server, code)["since"].to_string();
        assert!(since.contains("was added"), "{since}");
    });
}

#[test]
fn each_assertion_that_is_not_believed_is_told_by_its_code() {
    on_every_database(async |server| {
        let (key, other) = (Key::new(Algorithm::ES256, "k"), Key::new(Algorithm::ES256, "k"));
        let stranger = Key::new(Algorithm::ES256, "unknown");
        let path = server.path("batch.jwks");
        std::fs::write(&path, jwks(&[&key])).expect("a file can be written");
        let path = path.to_str().expect("the path is text").to_owned();
        let more = ["--jwks", &path, "--scope", "orders:read"];
        let batch = server.client_with("batch", "service", &more);
        let issuer = server.issuer();
        let wish = Params::new(&[("grant_type", "client_credentials")]);
        let ask = async |assertion: &str| {
            post(&batch, "/token", &proven(wish.clone(), assertion), &[]).await
        };
        let signed = |name: &str, value: Value| {
            let mut claims = claims(&batch.id, issuer);
            claims[name] = value;
            key.sign(&claims)
        };
        let once = key.sign(&claims(&batch.id, issuer));
        assert_eq!(ask(&once).await.status, 200);
        let slash = format!("{issuer}/");
        let sent = [
            ("aud", signed("aud", json!(slash)), "assertion_aud", issuer),
            ("iss", signed("iss", json!("other")), "assertion_iss_sub", "batch"),
            ("exp", signed("exp", json!(now() - 1)), "assertion_expired", ""),
            ("far exp", signed("exp", json!(now() + 100_000)), "assertion_exp_far", ""),
            ("no exp", signed("exp", Value::Null), "assertion_time", ""),
            ("nbf", signed("nbf", json!(now() + 61)), "assertion_early", ""),
            ("no jti", signed("jti", Value::Null), "assertion_jti_missing", ""),
            ("jti again", once, "assertion_jti_used", ""),
            ("kid", stranger.sign(&claims(&batch.id, issuer)), "assertion_kid", ""),
            ("signature", other.sign(&claims(&batch.id, issuer)), "assertion_signature", ""),
            (
                "alg",
                "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJiYXRjaCJ9.c2ln".to_owned(),
                "assertion_alg",
                "",
            ),
        ];
        let mut broken = Vec::new();
        for (how, assertion, cause, nearest) in sent {
            broken.push(Broken::told(how, &ask(&assertion).await, cause, nearest));
        }
        let wrong_type =
            proven(wish.clone(), &signed("x", json!(1))).with("client_assertion_type", "x");
        let answer = post(&batch, "/token", &wrong_type, &[]).await;
        broken.push(Broken::told("type", &answer, "assertion_type", ""));
        let wider = proven(wish.clone().with("scope", "orders:write"), &signed("x", json!(1)));
        let answer = post(&batch, "/token", &wider, &[]).await;
        broken.push(Broken::told("scope", &answer, "service_scope_foreign", "orders:read"));
        let api =
            proven(wish.clone().with("resource", "https://api.example"), &signed("x", json!(1)));
        let answer = post(&batch, "/token", &api, &[]).await;
        broken.push(Broken::told("resource", &answer, "resource_foreign", ""));
        assert_named(&server, &broken);
    });
}

#[test]
fn each_code_that_gives_no_token_is_told_by_its_code() {
    on_every_database_with(&[("SIGNET_CODE_LIFETIME", "5s")], async |server| {
        let callers = Callers::of(&server);
        let Callers { shop, app, .. } = &callers;
        let old = callers.code_form(shop).await;
        let asked = Instant::now();
        let form = callers.code_form(app).await;
        let fresh = callers.code_form(app).await;
        assert_eq!(app.token(&fresh).await.status, 200);
        let uri = "https://app.example/cb";
        let with = |name: &str, value: &str| form.clone().with(name, value);
        let without = |name: &str| form.clone().without(name);
        let mut broken = Vec::new();
        for (how, bent, cause, nearest) in [
            ("used", fresh, "code_used", ""),
            ("unknown", with("code", "nonsense"), "code_unknown", ""),
            ("missing", without("code"), "code_missing", ""),
            (
                "slash",
                with("redirect_uri", "https://app.example/cb/"),
                "code_redirect_uri_other",
                uri,
            ),
            ("no redirect", without("redirect_uri"), "redirect_uri_missing", uri),
            ("verifier", with("code_verifier", &"a".repeat(43)), "verifier_wrong", ""),
            ("no verifier", without("code_verifier"), "verifier_missing", ""),
            ("no type", without("grant_type"), "grant_type_missing", ""),
            (
                "type",
                with("grant_type", "authorisation_code"),
                "grant_type_unknown",
                "authorization_code",
            ),
            ("not its type", with("grant_type", "client_credentials"), "grant_type_foreign", ""),
            ("twice", form.clone().also("code", "x"), "parameter_repeated", ""),
            ("API", with("resource", "https://api.example"), "resource_foreign", ""),
        ] {
            broken.push(Broken::told(how, &app.token(&bent).await, cause, nearest));
        }
        let answer = shop.token(&form).await;
        broken.push(Broken::told("another client's", &answer, "code_of_other_client", ""));
        let query = format!("{}?x=1", app.at("/token"));
        let answer = http::answer(app.http.request(Method::POST, &query).form(form.pairs())).await;
        broken.push(Broken::told("query", &answer, "parameters_in_query", ""));
        let json = app.http.request(Method::POST, &app.at("/token")).json(&json!({"code": "x"}));
        broken.push(Broken::told("JSON", &http::answer(json).await, "not_a_form", ""));
        let get = app.http.request(Method::GET, &app.at("/token"));
        broken.push(Broken::told("GET", &http::answer(get).await, "method_other", ""));

        let left = Duration::from_millis(5100).saturating_sub(asked.elapsed());
        tokio::time::sleep(left).await;
        broken.push(Broken::told("expired", &shop.token(&old).await, "code_expired", ""));
        assert_named(&server, &broken);
        // The operator alone is told whose it is.
        let foreign = broken.iter().find(|each| each.cause == "code_of_other_client").unwrap();
        let said = why(&server, &foreign.code);
        assert_eq!(said["facts"]["credential"]["client_id"], "app", "{said:#}");
    });
}

#[test]
fn each_refresh_token_that_is_worth_nothing_is_told_by_its_code() {
    let strict = [("SIGNET_REFRESH_OVERLAP", "0s"), ("SIGNET_REFRESH_RETRY_WINDOW", "0s")];
    on_every_database_with(&strict, async |server| {
        let callers = Callers::of(&server);
        let Callers { app, ada, browser, .. } = &callers;
        let brief = server.client_with("brief", "spa", &["--refresh-token-lifetime", "1s"]);
        let short = brief.sign_in(browser, ada, brief.offline_request()).await;
        let first = app.sign_in(browser, ada, app.offline_request()).await;
        let second = app.refreshed(first.refresh()).await;
        let grant = ("grant_type", "refresh_token");
        let form = |token: &str| Params::new(&[grant, ("refresh_token", token)]);
        let wider = form(second.refresh()).with("scope", "openid e-mail");
        let mut broken = vec![
            Broken::told("unknown", &app.refresh("nonsense").await, "refresh_token_unknown", ""),
            Broken::told(
                "missing",
                &app.token(&Params::new(&[grant])).await,
                "refresh_token_missing",
                "",
            ),
            Broken::told("wider", &app.token(&wider).await, "scope_wider", ""),
            Broken::told(
                "another client's",
                &brief.refresh(second.refresh()).await,
                "refresh_token_of_other_client",
                "",
            ),
            Broken::told("reused", &app.refresh(first.refresh()).await, "refresh_token_reused", ""),
            Broken::told("its family", &app.refresh(second.refresh()).await, "theft_suspected", ""),
        ];
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let answer = brief.refresh(short.refresh()).await;
        broken.push(Broken::told("expired", &answer, "refresh_token_expired", ""));
        let given = app.sign_in(browser, ada, app.offline_request()).await;
        assert_eq!(
            app.post("/revoke", &Params::new(&[("token", given.refresh())])).await.status,
            200
        );
        let answer = app.refresh(given.refresh()).await;
        broken.push(Broken::told("given back", &answer, "tokens_given_back", ""));
        let withdrawn = app.sign_in(browser, ada, app.offline_request()).await;
        server.cli(&["consent", "withdraw", "ada", "app"]).done();
        let answer = app.refresh(withdrawn.refresh()).await;
        broken.push(Broken::told("withdrawn", &answer, "consent_withdrawn", ""));
        assert_named(&server, &broken);
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

/// Who is not signed in, or says no, has made no mistake.
#[test]
fn what_happens_every_day_has_no_code() {
    on_every_database(async |server| {
        let (shop, browser, ada) =
            (server.client("shop"), server.browser(), server.add_user("ada"));
        let silent = shop.request().with("prompt", "none");
        let returned = browser.open(&silent.url()).await.returned();
        returned.assert_error("login_required", server.issuer());
        assert_eq!(incident_code(returned.get("error_description").unwrap()), None);

        let login = browser.open(&shop.request().url()).await.page();
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let returned = browser.press(&consent, "consent-deny", &[]).await.returned();
        returned.assert_error("access_denied", server.issuer());
        assert_eq!(incident_code(returned.get("error_description").unwrap()), None);
        // The sign-in is over: its form has come too late.
        let page = browser.press(&consent, "consent-allow", &[]).await.page();
        assert!(!page.has("incident-code"), "{page}");
        assert_eq!(server.cli(&["why"]).done(), json!([]));
    });
}

#[test]
fn a_code_that_leads_nowhere_says_how_long_codes_are_kept() {
    on_every_database_with(&[("SIGNET_INCIDENT_RETENTION", "3d")], async |server| {
        server.cli(&["why", "0000-0000"]).assert_failed(3, &["0000-0000", "3 days"]);
        server.cli(&["why", "nonsense!"]).assert_failed(3, &["nonsense!", "8 characters"]);
    });
}

/// Nothing that opens anything and nobody's name is kept, wherever a client puts it.
#[test]
fn no_secret_and_no_address_is_in_any_incident() {
    on_every_database(async |server| {
        let callers = Callers::of(&server);
        let Callers { shop, app, ada, browser, .. } = &callers;
        let tokens = app.sign_in(browser, ada, app.offline_request()).await;
        let form = callers.code_form(app).await;
        let request = shop.request().with("prompt", "wrong").with("login_hint", &ada.email);
        let secrets = [
            &ada.email,
            &ada.password,
            &shop.secret,
            form.get("code"),
            form.get("code_verifier"),
            &tokens.access_token,
            tokens.refresh(),
            tokens.id_token.as_deref().unwrap(),
            request.params.get("state"),
            request.params.get("nonce"),
            request.params.get("code_challenge"),
            "hunter2",
            "the-jti-of-it",
        ];
        let mut codes = 0;
        let mut count = |code: Option<String>| codes += usize::from(code.is_some());
        count(code_at(browser, &request.url()).await);
        count(code_at(browser, &request.clone().with("id_token_hint", secrets[7]).url()).await);
        for secret in &secrets[..8] {
            let inside = format!("https://shop.example/cb?login={secret}");
            for (name, value) in [
                ("client_id", *secret),
                ("redirect_uri", &inside),
                ("redirect_uri", &format!("https://ada:hunter2@shop.example/{secret}")),
                ("resource", &inside),
            ] {
                // A password is like any other word; nobody sends it as any of these.
                if *secret != &*ada.password {
                    count(code_at(browser, &request.clone().with(name, value).url()).await);
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut claims = claims(secrets[2], secrets[4]);
        claims["jti"] = json!("the-jti-of-it");
        let assertion = Key::new(Algorithm::ES256, "k").sign(&claims);
        for bent in [
            form.clone().with("redirect_uri", "https://app.example/"),
            form.clone().with("refresh_token", tokens.refresh()).with("grant_type", "x"),
            form.clone().with("client_secret", &shop.secret).with("password", "hunter2"),
            proven(form.clone(), &assertion),
        ] {
            count(app.token(&bent).await.incident_code());
        }
        let wider =
            Params::new(&[("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())]);
        count(app.token(&wider.with("scope", "openid phone")).await.incident_code());
        let kept = all(&server, codes).await;
        for secret in secrets.into_iter().chain([&*assertion]) {
            assert!(!kept.contains(secret), "{secret} is in {kept}");
        }
        // Of addresses, whoever they are of, only the host.
        for (at, _) in kept.match_indices('@') {
            assert!(kept[..at].ends_with("***"), "{kept}");
        }
        assert!(kept.contains("***@people.example"), "{kept}");
    });
}

/// Everything that is kept, once there is as much of it as codes were told.
async fn all(server: &Server, codes: usize) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let kept = server.cli(&["why", "--limit", "10000"]).done();
        let count = kept.as_array().map_or(0, Vec::len);
        assert!(count <= codes, "{count} are kept, {codes} codes were told");
        if count == codes {
            return kept.to_string();
        }
        assert!(Instant::now() < deadline, "{count} of {codes} are kept");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Strangers send nonsense without end: they are answered, and of it little is kept.
#[test]
fn a_flood_of_nonsense_leaves_little_behind() {
    on_every_database(async |server| {
        let shop = server.client("shop");
        let started = Instant::now();
        let mut codes = 0;
        for _ in 0..4 {
            let answers = at_once(100, |number| {
                let (shop, form) = (shop.clone(), Params::new(&[("grant_type", "x")]));
                async move {
                    if number % 2 == 0 {
                        return shop.token(&form).await;
                    }
                    shop.http.get(&shop.at("/authorize")).await
                }
            });
            for answer in answers.await {
                assert!(matches!(answer.status, 400 | 503), "{answer}");
                let told = answer.body.contains("(code ") || answer.body.contains("incident-code");
                codes += usize::from(told);
            }
        }
        // The first second and the last are seldom whole.
        let most = 50 * (usize::try_from(started.elapsed().as_secs()).unwrap() + 2);
        assert!((1..=most).contains(&codes), "{codes} codes, at most {most}");
        all(&server, codes).await;
    });
}
