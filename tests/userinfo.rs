//! What a client is told about a person.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::http::{self, Answer, now, read_jwt};
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with, until_expired};

/// Every standard claim that can be stored (Core §5.1).
fn all_claims() -> Value {
    json!({
        "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
        "middle_name": "King", "nickname": "Countess", "preferred_username": "ada.l",
        "profile": "https://people.example/ada", "picture": "https://people.example/ada.png",
        "website": "https://ada.example/", "gender": "female", "birthdate": "1815-12-10",
        "zoneinfo": "Europe/London", "locale": "en-GB",
        "email_verified": true,
        "phone_number": "+44 20 7946 0000", "phone_number_verified": true,
        "address": {
            "formatted": "12 St James's Square\nLondon SW1Y 4JH\nUnited Kingdom",
            "street_address": "12 St James's Square", "locality": "London", "region": "London",
            "postal_code": "SW1Y 4JH", "country": "United Kingdom",
        },
    })
}

/// The claims of each scope (Core §5.4).
const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];
const OTHERS: [(&str, &[&str]); 4] = [
    ("openid", &["sub"]),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// 95, 98, 99, 100, page f (Core §5.1, §5.3.1, §5.3.2, §5.4)
#[test]
fn each_scope_tells_its_claims_with_their_types_and_no_others() {
    on_every_database(async |server| {
        let file = server.path("claims.json");
        let stored = all_claims();
        std::fs::write(&file, stored.to_string()).expect("the file can be written");
        let ada = server.add_user_with("ada", &["--claims", file.to_str().unwrap()]);
        let (shop, browser) = (server.client("shop"), server.browser());

        for scope in [
            "openid",
            "openid profile",
            "openid email",
            "openid address",
            "openid phone",
            "openid profile email address phone",
        ] {
            let tokens = shop.sign_in(&browser, &ada, shop.request().with("scope", scope)).await;
            let answer = shop.userinfo(&tokens.access_token).await;
            assert_eq!(answer.status, 200, "{answer}");
            assert_eq!(answer.media_type(), "application/json");
            assert!(answer.header("cache-control").contains("no-store"), "{answer}");
            let told = answer.json();
            assert_eq!(told["sub"], tokens.claims["sub"]);

            let words: Vec<_> = scope.split(' ').collect();
            let mut expected: Vec<_> = OTHERS
                .iter()
                .filter(|(scope, _)| words.contains(scope))
                .flat_map(|(_, claims)| claims.iter().copied())
                .collect();
            expected.extend(PROFILE.iter().filter(|_| words.contains(&"profile")));
            expected.sort_unstable();
            let names: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, expected, "{scope}");

            for (name, value) in told.as_object().unwrap() {
                match name.as_str() {
                    "sub" => assert_eq!(*value, *ada.id),
                    "email" => assert_eq!(*value, *ada.email),
                    "updated_at" => {
                        let seconds = value.as_i64().expect("updated_at is a number of seconds");
                        assert!((seconds - now()).abs() < 300, "{seconds}");
                    }
                    stored_one => assert_eq!(*value, stored[stored_one], "{stored_one}"),
                }
            }
        }
    });
}

/// 99 (Core §5.3.2)
#[test]
fn what_is_not_known_is_not_told() {
    on_every_database(async |server| {
        let added = ["user", "add", "bob", "--password-stdin"];
        server.cli_with_input(&added, "korrekt pferd bob\n").done();
        let bob = crate::harness::cli::Person {
            id: server.cli(&["user", "show", "bob"]).done()["id"].as_str().unwrap().to_owned(),
            username: "bob".to_owned(),
            email: String::new(),
            password: "korrekt pferd bob".to_owned(),
        };
        let (shop, browser) = (server.client("shop"), server.browser());
        let request = shop.request().with("scope", "openid profile email address phone");
        let tokens = shop.sign_in(&browser, &bob, request).await;
        let told = shop.userinfo(&tokens.access_token).await.json();
        let names: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["preferred_username", "sub", "updated_at"], "{told}");
        assert_eq!(told["preferred_username"], "bob");
    });
}

async fn ask(server: &Server, method: Method, headers: &[&str], form: &[(&str, &str)]) -> Answer {
    let mut request = server.http().request(method.clone(), "/userinfo");
    for value in headers {
        request = request.header("authorization", *value);
    }
    http::answer(if method == Method::POST { request.form(form) } else { request }).await
}

/// 95, 96, 102 (Core §5.3.1, RFC 6750 §2, RFC 9700 §4.3.2)
#[test]
fn the_token_comes_in_one_way_and_never_in_the_query() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let token = shop.sign_in(&browser, &ada, shop.request()).await.access_token;
        let header = format!("Bearer {token}");
        let form = [("access_token", &*token)];
        let (get, post) = (Method::GET, Method::POST);

        for scheme in [&*header, &*format!("bearer {token}")] {
            for method in [&get, &post] {
                let answer = ask(&server, method.clone(), &[scheme], &[]).await;
                assert_eq!(answer.status, 200, "{answer}");
                assert_eq!(answer.json()["sub"], *ada.id);
            }
        }
        let answer = ask(&server, post.clone(), &[], &form).await;
        assert!(matches!(answer.status, 200 | 400 | 401), "{answer}");
        let in_query = server.get(&format!("/userinfo?access_token={token}")).await;
        assert!(matches!(in_query.status, 400 | 401), "{in_query}");

        let two = [&*header, &*header];
        ask(&server, get, &two, &[]).await.assert_refused(400, "invalid_request");
        ask(&server, post, &[&header], &form).await.assert_refused(400, "invalid_request");
    });
}

/// 97 (RFC 6750 §3, Core §5.3.3)
#[test]
fn a_caller_without_a_good_token_is_told_what_is_wanted() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.request()).await;

        let nobody = ask(&server, Method::GET, &[], &[]).await;
        assert_eq!(nobody.status, 401, "{nobody}");
        let challenge = nobody.header("www-authenticate");
        assert!(challenge.starts_with("Bearer") && !challenge.contains("error"), "{challenge}");

        let good = &tokens.access_token;
        let id_token = tokens.id_token.as_deref().expect("there is an ID token");
        let (head, rest) = good.split_once('.').expect("an access token is a JWT");
        let (claims, signature) = rest.split_once('.').expect("an access token is a JWT");
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
        let altered = format!("{head}.{}.{signature}", &claims[4..]);
        for bad in ["x", "a.b.c", id_token, &good[..good.len() - 4], &unsigned, &altered] {
            let answer = shop.userinfo(bad).await;
            answer.assert_refused(401, "invalid_token");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer "), "{challenge}");
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        }

        let plain = shop.request().with("scope", "profile email").without("nonce");
        let plain = shop.sign_in(&browser, &ada, plain).await;
        let answer = shop.userinfo(&plain.access_token).await;
        answer.assert_refused(403, "insufficient_scope");
        assert!(answer.header("www-authenticate").contains("error=\"insufficient_scope\""));
    });
}

/// 103 (RFC 6750 §3.1): an access token ends with its time.
#[test]
fn an_access_token_ends_with_its_time() {
    on_every_database_with(&[("SIGNET_ACCESS_TOKEN_LIFETIME", "6s")], async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.request()).await;
        assert_eq!(shop.userinfo(&tokens.access_token).await.status, 200);
        until_expired(&read_jwt(&tokens.access_token).1).await;
        shop.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
    });
}
