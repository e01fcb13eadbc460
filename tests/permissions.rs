//! APIs, permissions, roles and groups: what they let into tokens, and what operators may
//! do with them.

use serde_json::{Value, json};

use crate::account::open;
use crate::harness::cli::Person;
use crate::harness::client::{Params, RelyingParty, Tokens};
use crate::harness::http::read_jwt;
use crate::harness::on_every_database;
use crate::harness::server::{Server, Site};

const ORDERS: &str = "https://orders.example/";

/// An API with two permissions, and a role for each.
fn add_orders(site: &Site) {
    let add = ["api", "add", ORDERS, "--name", "Orders", "--tell-roles", "--tell-permissions"];
    site.cli(&add).done();
    for (permission, words) in
        [("orders.read", "See your orders"), ("orders.refund", "Give money back")]
    {
        let add = ["api", "permission", "add", ORDERS, permission, "--description", words];
        site.cli(&add).done();
    }
    for (role, permissions) in
        [("customer", &["orders.read"][..]), ("manager", &["orders.read", "orders.refund"])]
    {
        site.cli(&["role", "add", role]).done();
        for permission in permissions {
            site.cli(&["role", "permit", role, ORDERS, permission]).done();
        }
    }
}

/// An application that may ask for everything.
fn add_shop(site: &Site) -> RelyingParty {
    let scope = "openid profile offline_access orders.read orders.refund";
    site.client_with("shop", "web", &["--scope", scope])
}

async fn sign_in(server: &Server, shop: &RelyingParty, person: &Person) -> Tokens {
    let request =
        shop.offline_request().with("scope", "openid offline_access orders.read orders.refund");
    shop.sign_in(&server.browser(), person, request).await
}

fn access_claims(tokens: &Tokens) -> Value {
    read_jwt(&tokens.access_token).1
}

/// A token's scope is what the client asked for, of what it may ask for, of what the person
/// allowed, of what their roles permit (RFC 6749 §3.3).
#[test]
fn a_token_carries_no_permission_that_its_person_lacks() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada, bob) = (add_shop(&server), server.add_user("ada"), server.add_user("bob"));
        server.cli(&["role", "give", "customer", &ada.username]).done();
        server.cli(&["role", "give", "manager", &bob.username]).done();

        let ada = access_claims(&sign_in(&server, &shop, &ada).await);
        assert_eq!(ada["scope"], "openid offline_access orders.read", "{ada}");
        assert_eq!(ada["aud"], json!([ORDERS, server.issuer()]));
        assert_eq!(ada["roles"], json!(["customer"]));
        assert_eq!(ada["permissions"], json!(["orders.read"]));

        let bob = access_claims(&sign_in(&server, &shop, &bob).await);
        assert_eq!(bob["scope"], "openid offline_access orders.read orders.refund", "{bob}");
        assert_eq!(bob["permissions"], json!(["orders.read", "orders.refund"]));
    });
}

/// Roles are looked at for each token: what was given counts from the next on, and so does
/// what was taken.
#[test]
fn a_role_that_is_given_or_taken_counts_from_the_next_token_on() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada) = (add_shop(&server), server.add_user("ada"));
        let first = sign_in(&server, &shop, &ada).await;
        assert_eq!(access_claims(&first)["scope"], "openid offline_access");
        assert_eq!(access_claims(&first)["aud"], *server.issuer());

        server.cli(&["group", "add", "staff"]).done();
        server.cli(&["group", "join", "staff", &ada.username]).done();
        server.cli(&["role", "give", "manager", "--group", "staff"]).done();
        let second = shop.refreshed(first.refresh()).await;
        assert_eq!(access_claims(&second)["permissions"], json!(["orders.read", "orders.refund"]));

        server.cli(&["group", "leave", "staff", &ada.username]).done();
        let third = shop.refreshed(second.refresh()).await;
        assert_eq!(access_claims(&third)["scope"], "openid offline_access");
        assert!(access_claims(&third).get("permissions").is_none());
    });
}

/// RFC 6749 §4.4, RFC 8707 §2.2
#[test]
fn a_service_needs_a_role_for_what_stands_for_permissions() {
    on_every_database(async |server| {
        add_orders(&server);
        let batch = server.client_with("batch", "service", &["--scope", "orders.read ping"]);
        let wish = Params::new(&[("grant_type", "client_credentials")]);
        let claims = async || {
            let answer = batch.token(&wish).await;
            assert_eq!(answer.status, 200, "{answer}");
            read_jwt(answer.json()["access_token"].as_str().unwrap()).1
        };
        assert_eq!(claims().await["scope"], "ping");
        server.cli(&["role", "give", "customer", "--client", "batch"]).done();
        let with_role = claims().await;
        assert_eq!(with_role["scope"], "orders.read ping");
        assert_eq!(with_role["aud"], ORDERS);
        // What is for that API alone.
        let named = batch.token(&wish.clone().with("resource", ORDERS)).await;
        assert_eq!(named.status, 200, "{named}");
        let foreign = batch.token(&wish.clone().with("resource", "https://else.example/")).await;
        foreign.assert_refused(400, "invalid_target");

        server.cli(&["role", "take", "customer", "--client", "batch"]).done();
        batch
            .token(&wish.clone().with("scope", "orders.read"))
            .await
            .assert_refused(400, "invalid_scope");
    });
}

/// A person's list of applications says what they allowed in the words that they allowed it in.
#[test]
fn what_was_allowed_is_listed_in_the_words_of_the_question() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada, browser) = (add_shop(&server), server.add_user("ada"), server.browser());
        server.cli(&["role", "give", "customer", &ada.username]).done();
        let words = "See what you ordered";
        server.cli(&["api", "scope", "set", ORDERS, "orders.read", "--description", words]).done();
        let request = shop.request().with("scope", "openid orders.read");
        shop.sign_in(&browser, &ada, request).await;
        let page = open(&server, &browser, &ada, "/account/applications").await;
        let listed = page.select(".may li", |line| line.text().collect::<String>());
        assert_eq!(listed, ["Recognize you", words], "{page}");
    });
}

/// A scope is not opened to everybody by chance: not by a word about it, and not by the name of a
/// permission that no scope stands for.
#[test]
fn a_scope_is_opened_to_everybody_only_if_that_is_said() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada) = (add_shop(&server), server.add_user("ada"));
        let scope = async || {
            let request = shop.request().with("scope", "openid orders.read orders.refund");
            let tokens = shop.sign_in(&server.browser(), &ada, request).await;
            access_claims(&tokens)["scope"].as_str().unwrap().to_owned()
        };
        let set = ["api", "scope", "set", ORDERS, "orders.read", "--description", "Your orders"];
        server.cli(&set).done();
        assert_eq!(scope().await, "openid");
        server.cli(&[&set[..5], &["--without-permissions"]].concat()).done();
        assert_eq!(scope().await, "openid orders.read");

        let shop_may = |scopes: &str| {
            server.cli(&["client", "change", "shop", &format!("scope=openid {scopes}")]).done();
        };
        shop_may("orders.read");
        server.cli(&["api", "scope", "delete", ORDERS, "orders.refund"]).done();
        shop_may("orders.read orders.refund");
        assert_eq!(scope().await, "openid orders.read");
    });
}

/// A disabled API is nobody's.
#[test]
fn nobody_gets_tokens_for_a_disabled_api() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada) = (add_shop(&server), server.add_user("ada"));
        server.cli(&["role", "give", "customer", &ada.username]).done();
        let first = sign_in(&server, &shop, &ada).await;
        assert_eq!(access_claims(&first)["permissions"], json!(["orders.read"]));
        server.cli(&["api", "disable", ORDERS]).done();
        let second = shop.refreshed(first.refresh()).await;
        assert_eq!(access_claims(&second)["scope"], "openid offline_access");
        let form = Params::new(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", second.refresh()),
            ("resource", ORDERS),
        ]);
        shop.token(&form).await.assert_refused(400, "invalid_target");
        server.cli(&["api", "enable", ORDERS]).done();
        let third = shop.refreshed(second.refresh()).await;
        assert_eq!(access_claims(&third)["permissions"], json!(["orders.read"]));
    });
}

/// An API that was named at the sign-in is no different: once it is disabled, or is not the
/// client's any more, tokens are for the others or not issued (RFC 8707 §2).
#[test]
fn an_api_that_was_named_is_left_out_once_it_is_disabled() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada) = (add_shop(&server), server.add_user("ada"));
        server.cli(&["role", "give", "customer", &ada.username]).done();
        let request =
            shop.offline_request().with("scope", "openid offline_access profile orders.read");
        let one = request.clone().with("resource", ORDERS);
        let both = one.clone().with("resource", server.issuer());
        let one = shop.sign_in(&server.browser(), &ada, one).await;
        let both = shop.sign_in(&server.browser(), &ada, both).await;
        assert_eq!(access_claims(&one)["aud"], ORDERS);
        let refresh = async |tokens: &Tokens| {
            let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
            shop.token(&Params::new(&form)).await
        };
        server.cli(&["api", "disable", ORDERS]).done();
        refresh(&one).await.assert_refused(400, "invalid_target");
        let both = shop.refreshed(both.refresh()).await;
        assert_eq!(access_claims(&both)["aud"], *server.issuer());
        server.cli(&["api", "enable", ORDERS]).done();
        let one = shop.refreshed(one.refresh()).await;
        assert_eq!(access_claims(&one)["permissions"], json!(["orders.read"]));
        let scope = "scope=openid profile offline_access";
        server.cli(&["client", "change", "shop", scope]).done();
        refresh(&one).await.assert_refused(400, "invalid_target");
    });
}

/// What people are asked is in the words of the API, and says what is not theirs to allow.
#[test]
fn the_consent_page_speaks_in_the_words_of_the_api() {
    on_every_database(async |server| {
        add_orders(&server);
        let (shop, ada) = (add_shop(&server), server.add_user("ada"));
        server.cli(&["role", "give", "customer", &ada.username]).done();
        let browser = server.browser();
        let request = shop.request().with("scope", "openid orders.read orders.refund");
        let login = browser.open(&request.url()).await.page();
        let page = browser.enter(&login, &ada.username, &ada.password).await.page();
        let words = page.words();
        assert!(
            words.contains("See your orders") && words.contains("Orders: orders.read"),
            "{words}"
        );
        assert_eq!(words.matches("Not open to your account").count(), 1, "{words}");

        browser.press(&page, "consent-allow", &[]).await;
        let history = server.cli(&["consent", "history", &ada.username, "shop"]).done();
        assert_eq!(history[0]["change"], "granted", "{history}");
        assert_eq!(history[0]["scope"], "openid orders.read orders.refund");
        let shown = history[0]["words"].to_string();
        assert!(shown.contains("See your orders: Orders: orders.read"), "{shown}");
    });
}

/// Granted, widened, withdrawn: by whom, and which words were shown.
#[test]
fn what_was_said_to_an_application_is_kept_over_time() {
    on_every_database(async |server| {
        let (shop, ada, browser) =
            (server.client("shop"), server.add_user("ada"), server.browser());
        shop.sign_in(&browser, &ada, shop.request().with("scope", "openid")).await;
        shop.sign_in(&browser, &ada, shop.request().with("scope", "openid email")).await;
        // Once more what was allowed before is nothing new.
        let again = shop.request().with("scope", "openid").with("prompt", "consent");
        shop.sign_in(&browser, &ada, again).await;
        server.cli(&["consent", "withdraw", &ada.username, &shop.id]).done();
        shop.sign_in(&browser, &ada, shop.request().with("scope", "openid")).await;

        let history = server.cli(&["consent", "history", &ada.username, &shop.id]).done();
        let told: Vec<_> = history
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    one["change"].as_str().unwrap(),
                    one["scope"].as_str().unwrap(),
                    &one["actor"]["kind"],
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("granted", "openid", &json!("user")),
                ("withdrawn", "openid email", &json!("operator")),
                ("widened", "email", &json!("user")),
                ("granted", "openid", &json!("user")),
            ]
        );
    });
}

/// What is in use says what uses it.
#[test]
fn what_is_in_use_is_not_deleted() {
    on_every_database(async |server| {
        add_orders(&server);
        add_shop(&server);
        let ada = server.add_user("ada");
        server.cli(&["role", "give", "customer", &ada.username]).done();
        for (command, words) in [
            (
                &["api", "delete", ORDERS][..],
                &["permissions: orders.read, orders.refund; scopes: orders.read, orders.refund"][..],
            ),
            (&["api", "permission", "delete", ORDERS, "orders.read"], &["customer", "manager"]),
            (&["api", "scope", "delete", ORDERS, "orders.read"], &["shop"]),
            (&["role", "delete", "customer"], &["1 people"]),
            (&["role", "delete", "administrator"], &["came with the server"]),
            (&["role", "forbid", "administrator", "signet", "users.read"], &["came with"]),
            (&["api", "delete", "urn:signet:admin"], &["own"]),
        ] {
            server.cli(command).assert_failed(3, words);
        }
        server.cli(&["role", "take", "customer", &ada.username]).done();
        server.cli(&["role", "delete", "customer"]).done();
        server.cli(&["role", "show", "customer"]).assert_failed(3, &["customer"]);
    });
}

/// Whoever is the last who may do everything stays so, in every way of losing it.
#[test]
fn the_last_administrator_cannot_be_removed() {
    on_every_database(async |server| {
        let (ada, bob) = (server.add_user("ada"), server.add_user("bob"));
        server.cli(&["role", "give", "administrator", &ada.username]).done();
        let last = &["nobody would be left"][..];
        for command in [
            &["role", "take", "administrator", &ada.username][..],
            &["user", "disable", &ada.username],
            &["user", "delete", &ada.username],
        ] {
            server.cli(command).assert_failed(3, last);
        }
        // Through a group it is the same.
        server.cli(&["group", "add", "admins"]).done();
        server.cli(&["role", "give", "administrator", "--group", "admins"]).done();
        server.cli(&["group", "join", "admins", &bob.username]).done();
        server.cli(&["role", "take", "administrator", &ada.username]).done();
        for command in [
            &["group", "leave", "admins", &bob.username][..],
            &["role", "take", "administrator", "--group", "admins"],
            &["user", "disable", &bob.username],
        ] {
            server.cli(command).assert_failed(3, last);
        }
        server.cli(&["role", "give", "administrator", &ada.username]).done();
        server.cli(&["user", "delete", &bob.username]).done();
        server.cli(&["user", "show", &bob.username]).assert_failed(3, &["bob"]);
    });
}

/// Of two administrators who remove each other at the same moment, one stays.
#[test]
fn two_administrators_do_not_remove_each_other() {
    on_every_database(async |server| {
        let names = ["ada", "bob"];
        for name in names {
            server.add_user(name);
        }
        for _ in 0..5 {
            for name in names {
                // Whoever still has it is told so.
                server.cli(&["role", "give", "administrator", name]);
            }
            let site: &Site = &server;
            let codes: Vec<_> = std::thread::scope(|scope| {
                let take = |name| {
                    scope.spawn(move || site.cli(&["role", "take", "administrator", name]).code)
                };
                let racers = names.map(take);
                racers.into_iter().map(|racer| racer.join().unwrap()).collect()
            });
            let mut sorted = codes.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 3], "{codes:?}");
        }
    });
}

/// A client that changes keeps its people; a disabled one has none until it is enabled.
#[test]
fn a_client_is_changed_disabled_and_enabled() {
    on_every_database(async |server| {
        let (shop, ada, browser) =
            (server.client("shop"), server.add_user("ada"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;

        let bad = ["client", "change", "shop", "redirect_uris=javascript:alert(1)"];
        server.cli(&bad).assert_failed(3, &["redirect_uris"]);
        server.cli(&["client", "change", "shop", "colour=red"]).assert_failed(2, &["client_name"]);
        let another = "access_token_lifetime=7m";
        let changed =
            server.cli(&["client", "change", "shop", "client_name=Store", another]).done();
        assert_eq!(changed["client_name"], "Store", "{changed}");
        let tokens = shop.refreshed(tokens.refresh()).await;
        let claims = access_claims(&tokens);
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, 7 * 60);

        assert_eq!(server.cli(&["client", "disable", "shop"]).done()["grants"], 1);
        shop.refresh(tokens.refresh()).await.assert_refused(401, "invalid_client");
        browser
            .open(&shop.request().url())
            .await
            .page()
            .assert_error("invalid_client", Some("client_id"));
        server.cli(&["client", "enable", "shop"]).done();
        // What died stays dead.
        shop.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        shop.sign_in(&browser, &ada, shop.request()).await;
    });
}

/// Sessions are ended one by one, by person, by client and all at once, with their tokens.
#[test]
fn operators_end_sessions_and_token_families() {
    on_every_database(async |server| {
        let shop = server.client("shop");
        let (ada, bob) = (server.add_user("ada"), server.add_user("bob"));
        let always = ["client", "change", "shop", "offline_access=always"];
        server.cli(&always).done();
        let sign_in =
            async |person: &Person| shop.sign_in(&server.browser(), person, shop.request()).await;
        let dead = async |tokens: &Tokens| {
            shop.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        };
        let (first, second, third) =
            (sign_in(&ada).await, sign_in(&ada).await, sign_in(&bob).await);

        let sessions = server.cli(&["session", "list", &ada.username]).done();
        assert_eq!(sessions.as_array().unwrap().len(), 2, "{sessions}");
        let newest = sessions[0]["id"].as_str().unwrap();
        assert_eq!(
            server.cli(&["session", "end", newest]).done(),
            json!({"sessions": 1, "grants": 1})
        );
        dead(&second).await;
        server.cli(&["session", "end", newest]).assert_failed(3, &["session"]);

        let families = server.cli(&["grant", "list", &bob.username]).done();
        let family = families[0]["id"].as_str().unwrap();
        server.cli(&["grant", "revoke", family]).done();
        dead(&third).await;

        let ended = server.cli(&["session", "end", "--client", &shop.id]).done();
        assert_eq!(ended, json!({"sessions": 2, "grants": 1}));
        dead(&first).await;
        let fourth = sign_in(&bob).await;
        let ended = server.cli(&["session", "end", "--all"]).done();
        assert_eq!(ended, json!({"sessions": 1, "grants": 1}));
        dead(&fourth).await;
    });
}

/// A person who is changed, disabled, enabled and deleted.
#[test]
fn operators_look_after_people() {
    on_every_database(async |server| {
        let (shop, ada) = (server.client("shop"), server.add_user("ada"));
        server.add_user("bob");
        let tokens = shop.sign_in(&server.browser(), &ada, shop.offline_request()).await;
        server.cli(&["user", "change", "ada", "--username", "bob"]).assert_failed(3, &["taken"]);
        let changed =
            ["user", "change", "ada", "--username", "lovelace", "--email-verified", "true"];
        assert_eq!(server.cli(&changed).done()["email_verified"], true);
        let moved = ["user", "change", "lovelace", "--email", "a@example.org"];
        assert_eq!(server.cli(&moved).done()["email_verified"], false);

        server.cli(&["user", "disable", "lovelace"]).done();
        shop.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        server.cli(&["user", "enable", "lovelace"]).done();
        let renamed = Person { username: "lovelace".to_owned(), ..ada };
        shop.sign_in(&server.browser(), &renamed, shop.request()).await;

        server.cli(&["user", "delete", "lovelace"]).done();
        let browser = server.browser();
        let login = browser.open(&shop.request().url()).await.page();
        let again = browser.enter(&login, "lovelace", &renamed.password).await.page();
        assert!(again.has("password"), "{}", again.words());
        let events = server.cli(&["audit", "list", "user."]).done();
        assert_eq!(events[0]["action"], "user.deleted", "{events}");
    });
}

/// Everybody who can obtain a permission is listed with the chain: role, group, scope, client.
#[test]
fn who_can_obtain_a_permission_is_told_with_the_way() {
    on_every_database(async |server| {
        add_orders(&server);
        add_shop(&server);
        let (ada, bob) = (server.add_user("ada"), server.add_user("bob"));
        server.add_user("eve");
        let whole = ["api", "scope", "set", ORDERS, "orders.whole", "--description", "All"];
        let both = ["--permission", "orders.read", "--permission", "orders.refund"];
        server.cli(&[&whole[..], &both].concat()).done();
        server.cli(&["role", "give", "customer", &ada.username]).done();
        server.cli(&["group", "add", "staff"]).done();
        server.cli(&["group", "join", "staff", &bob.username]).done();
        server.cli(&["role", "give", "manager", "--group", "staff"]).done();

        let told = server.cli(&["who-can", ORDERS, "orders.read"]).done();
        let way = |name: &str, role: &str, group: Option<&str>, scopes: &[&str]| {
            json!([name, role, group, scopes])
        };
        let ways = told["holders"].as_array().unwrap().iter();
        let ways: Vec<_> = ways
            .map(|way| json!([way["name"], way["role"], way["group"], way["scopes"]]))
            .collect();
        let expected = [
            way("ada", "customer", None, &["orders.read"]),
            way("bob", "manager", Some("staff"), &["orders.read", "orders.whole"]),
        ];
        assert_eq!(ways, expected, "{told:#}");
        assert_eq!(told["clients"][0]["client_id"], "shop", "{told:#}");
        assert_eq!(told["clients"][0]["scopes"], json!(["orders.read"]), "{told:#}");
        assert_eq!(told["api_disabled"], false, "{told:#}");

        server.cli(&["api", "disable", ORDERS]).done();
        server.cli(&["user", "disable", &ada.username]).done();
        let told = server.cli(&["who-can", ORDERS, "orders.read"]).done();
        assert_eq!(told["holders"].as_array().unwrap().len(), 1, "{told:#}");
        assert_eq!(told["api_disabled"], true, "{told:#}");
        let shown = server.cli(&["api", "show", ORDERS]).done();
        let by_id = server.cli(&["who-can", shown["id"].as_str().unwrap(), "orders.read"]).done();
        assert_eq!(by_id, told);
    });
}
