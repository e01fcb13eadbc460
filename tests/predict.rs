//! What operators are told that the server would do is what it then does.

use serde_json::{Value, json};

use crate::harness::browser::{Arrival, Browser};
use crate::harness::cli::Person;
use crate::harness::client::{Params, RelyingParty, Request};
use crate::harness::http::read_jwt;
use crate::harness::on_every_database;
use crate::harness::server::{Server, Site};

const ORDERS: &str = "https://orders.example/";

/// How many combinations are tried on each database.
const COMBINATIONS: usize = 200;

/// A source of choices that are the same in each run (an LCG, Knuth's MMIX).
struct Choices(u64);

impl Choices {
    fn number(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.number(from.len())]
    }
}

/// Somebody in a browser, and how operators name where they are.
struct Here {
    browser: Browser,
    user: Option<Person>,
}

/// What the server did, in the words of the prediction.
async fn done(server: &Server, here: &Here, request: &Request) -> (String, Value) {
    let arrival = here.browser.open(&request.url()).await;
    match arrival {
        Arrival::Left(returned) => match returned.get("error") {
            Some(error) => ("error".to_owned(), json!(error)),
            None => ("code".to_owned(), json!(returned.get("code"))),
        },
        Arrival::Page(page) if page.has("error-code") => {
            ("error_page".to_owned(), json!(page.text("error-code")))
        }
        Arrival::Page(page) => {
            let path = page.url.path().to_owned();
            assert!(page.url.as_str().starts_with(server.issuer()), "{page}");
            ("page".to_owned(), json!(path.trim_start_matches('/')))
        }
    }
}

/// A request out of all kinds of wishes, reasonable and not.
fn wish(choices: &mut Choices, party: &RelyingParty) -> Request {
    let mut request = party.request();
    let all = ["openid", "profile", "email", "offline_access", "orders.read", "orders.refund", "x"];
    let scope: Vec<_> = all.into_iter().filter(|_| choices.number(2) == 0).collect();
    request = request.with("scope", &scope.join(" "));
    let prompts = [
        "",
        "",
        "",
        "none",
        "none",
        "login",
        "consent",
        "select_account",
        "consent login",
        "none login",
        "bogus",
    ];
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["urn:x"]}}}"#;
    let strong = r#"{"id_token":{"acr":{"essential":true,"values":["multi-factor"]}}}"#;
    for (name, values) in [
        ("prompt", &prompts[..]),
        ("max_age", &["", "", "", "0", "100000", "abc"]),
        ("acr_values", &["", "", "multi-factor", "password", "phishing-resistant"]),
        ("claims", &["", "", "", "", essential, strong, "{", r#"{"userinfo":{"name":null}}"#]),
        ("resource", &["", "", "", "", ORDERS, "https://else.example/"]),
        ("id_token_hint", &["", "", "", "", "", "", "garbage"]),
        ("ui_locales", &["", "de"]),
    ] {
        let value = *choices.pick(values);
        request = if value.is_empty() { request.without(name) } else { request.with(name, value) };
    }
    match choices.number(16) {
        0 => request.with("response_type", "token"),
        1 => request.without("code_challenge"),
        2 => request.with("redirect_uri", "https://evil.example/"),
        3 => request.with("client_id", "nobody"),
        4 => request.also("nonce", "twice"),
        5 => request.with("request", "x.y.z"),
        _ => request,
    }
}

fn add_orders(site: &Site) {
    site.cli(&["api", "add", ORDERS, "--name", "Orders", "--tell-roles", "--tell-permissions"])
        .done();
    for permission in ["orders.read", "orders.refund"] {
        site.cli(&["api", "permission", "add", ORDERS, permission]).done();
    }
    site.cli(&["role", "add", "customer"]).done();
    site.cli(&["role", "permit", "customer", ORDERS, "orders.read"]).done();
}

/// Different kinds of clients, some of which people have allowed something.
fn add_clients(site: &Site) -> Vec<RelyingParty> {
    let scope = "openid profile email offline_access orders.read orders.refund";
    vec![
        site.client_with("shop", "web", &["--scope", scope]),
        site.client_with("house", "spa", &["--scope", scope, "--first-party"]),
        site.client_with("strict", "web", &["--scope", "openid email", "--mfa", "required"]),
        site.client_with("always", "web", &["--scope", scope, "--offline-access", "always"]),
        site.client_with("pair", "web", &["--scope", scope, "--subject-type", "pairwise"]),
    ]
}

/// Everything that a token says, without what is made up for each.
fn lasting(mut claims: Value) -> Value {
    if let Value::Object(members) = &mut claims {
        for name in ["jti", "grant_id", "at_hash", "iat", "exp", "nonce"] {
            members.remove(name);
        }
    }
    claims
}

/// What Why says of two hundred requests, made of everything that can be in one, is what
/// the server then does with them; and the claims that it says would be minted are minted.
#[test]
fn what_is_predicted_is_what_happens() {
    on_every_database(async |server| {
        add_orders(&server);
        let clients = add_clients(&server);
        let (ada, bob) = (server.add_user("ada"), server.add_user("bob"));
        server.cli(&["role", "give", "customer", &ada.username]).done();
        let here = |user: &Person| Here { browser: server.browser(), user: Some(user.clone()) };
        let people = [here(&ada), here(&bob), Here { browser: server.browser(), user: None }];
        let everything = "openid profile email orders.read orders.refund";
        let allowed = clients[0].request().with("scope", everything);
        people[0].browser.sign_in(&allowed.url(), &ada).await;
        people[1].browser.sign_in(&clients[1].request().url(), &bob).await;

        let mut choices = Choices(20_261_127);
        let mut seen = std::collections::BTreeMap::<String, usize>::new();
        for number in 0..COMBINATIONS {
            let (here, party) = (choices.pick(&people), choices.pick(&clients));
            let request = wish(&mut choices, party);
            let url = request.url();
            let mut command = vec!["predict", url.as_str()];
            if let Some(user) = &here.user {
                command.extend(["--user", user.username.as_str()]);
            }
            let predicted = server.cli(&command).done();
            let (outcome, detail) = done(&server, here, &request).await;
            let case = format!("{number}: {:?} {} {predicted}", here.user, request.url());
            assert_eq!(predicted["outcome"], outcome, "{detail} {case}");
            *seen
                .entry(format!(
                    "{outcome} {}",
                    if outcome == "code" { &Value::Null } else { &detail }
                ))
                .or_default() += 1;
            if outcome != "code" {
                assert_eq!(predicted["detail"], detail, "{case}");
                continue;
            }
            let form = Params::new(&[
                ("grant_type", "authorization_code"),
                ("code", detail.as_str().expect("there is a code")),
                ("redirect_uri", request.params.get("redirect_uri")),
                ("code_verifier", &request.verifier),
            ]);
            let answer = party.token(&form).await;
            let tokens = &predicted["tokens"];
            if answer.status != 200 {
                // Nothing of it is permitted to this person.
                assert!(tokens.is_null(), "{answer} {case}");
                continue;
            }
            let body = answer.json();
            let minted = |name: &str| {
                body[name].as_str().map_or(Value::Null, |token| lasting(read_jwt(token).1))
            };
            assert_eq!(lasting(tokens["access_token"].clone()), minted("access_token"), "{case}");
            assert_eq!(lasting(tokens["id_token"].clone()), minted("id_token"), "{case}");
            let refresh = body.get("refresh_token").is_some();
            assert_eq!(tokens["refresh_token"], refresh, "{case}");
        }
        // The requests were of all kinds.
        for kind in
            ["code null", "page \"login\"", "page \"consent\"", "error_page \"invalid_request\""]
        {
            assert!(seen.contains_key(kind), "{seen:?}");
        }
        assert!(seen.len() >= 8, "{seen:?}");
    });
}

/// People paste the whole address, its path, or its query; that of another server is told.
#[test]
fn a_request_is_read_as_it_was_copied() {
    on_every_database(async |server| {
        let url = server.app("app").request().url();
        let (address, query) = url.split_once('?').unwrap();
        let predict = |request: &str| server.cli(&["predict", request]);
        let whole = predict(&url).done();
        assert_eq!(whole["detail"], "login", "{whole:#}");
        for other in [query.to_owned(), format!("/authorize?{query}"), format!("?{query}#x")] {
            assert_eq!(predict(&other).done(), whole, "{other}");
        }
        let elsewhere = format!("https://login.example/authorize?{query}");
        predict(&elsewhere).assert_failed(3, &["https://login.example/authorize", address]);
        let foreign = predict("client_id=app&redirect_uri=https://x.example/cb?y=1").done();
        let told = foreign["checks"].to_string();
        assert!(told.contains("redirect_uri is not registered"), "{foreign:#}");
    });
}
