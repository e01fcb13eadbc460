//! What a token is worth (RFC 7662), and giving it back (RFC 7009).

use serde_json::json;

use crate::harness::client::Params;
use crate::harness::http::{now, read_jwt};
use crate::harness::{on_every_database, on_every_database_with, until_expired};

/// 163, 164 (RFC 7662 §2.2)
#[test]
fn a_client_learns_what_its_own_tokens_are_worth() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;

        for token in [&*tokens.access_token, tokens.refresh()] {
            let told = shop.introspect(token).await;
            for (name, value) in [
                ("active", json!(true)),
                ("client_id", json!("shop")),
                ("sub", json!(ada.id)),
                ("iss", json!(server.issuer())),
                ("scope", json!("openid offline_access")),
            ] {
                assert_eq!(told[name], value, "{told}");
            }
            let (issued, ends) = (told["iat"].as_i64(), told["exp"].as_i64());
            assert!(issued.is_some_and(|at| (at - now()).abs() <= 10), "{told}");
            assert!(ends > issued, "{told}");
        }
        assert_eq!(shop.introspect(&tokens.access_token).await["token_type"], "Bearer");
    });
}

/// 168 (RFC 7009 §2.1, §2.2.1, RFC 7662 §2.1): whatever a token is said to be, it is what it is.
#[test]
fn a_hint_on_the_kind_of_a_token_changes_nothing() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let nothing = json!({"active": false});
        for hint in ["nonsense", "access_token", "refresh_token"] {
            let hinted = |token: &str| Params::new(&[("token", token), ("token_type_hint", hint)]);
            let unknown = shop.post("/introspect", &hinted("x")).await;
            assert_eq!((unknown.status, unknown.json()), (200, nothing.clone()), "{hint}");
            for which in ["access", "refresh"] {
                let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;
                let token =
                    if which == "access" { &*tokens.access_token } else { tokens.refresh() };
                let told = shop.introspect(token).await;
                assert_eq!(told["active"], true, "{told}");
                let answer = shop.post("/introspect", &hinted(token)).await;
                assert_eq!((answer.status, answer.json()), (200, told), "{which}, {hint}");
                let answer = shop.post("/revoke", &hinted(token)).await;
                assert_eq!((answer.status, &*answer.body), (200, ""), "{which}, {hint}");
                assert_eq!(shop.introspect(token).await, nothing, "{which}, {hint}");
            }
        }
    });
}

/// 163, 165 (RFC 7662 §2.2, §4): nothing is said of what is unknown, used or another's.
#[test]
fn of_all_other_tokens_a_client_learns_nothing() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let other = server.client("other");
        let api = server.client_with("api", "web", &["--introspect-any"]);
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;
        let nothing = json!({"active": false});

        for unknown in ["x", "a.b.c", tokens.id_token.as_deref().unwrap_or_default()] {
            assert_eq!(shop.introspect(unknown).await, nothing, "{unknown}");
        }
        for token in [&*tokens.access_token, tokens.refresh()] {
            assert_eq!(other.introspect(token).await, nothing);
        }
        assert_eq!(api.introspect(&tokens.access_token).await["active"], true);
        // That one is for nobody but its client: an API that has it was given the wrong one.
        assert_eq!(api.introspect(tokens.refresh()).await, nothing);
        shop.refreshed(tokens.refresh()).await;
        assert_eq!(shop.introspect(tokens.refresh()).await, nothing, "it is used");
        server.cli(&["user", "disable", "ada"]).done();
        assert_eq!(api.introspect(&tokens.access_token).await, nothing, "she is disabled");
    });
}

/// 163 (RFC 7662 §2.1)
#[test]
fn only_a_client_that_proves_who_it_is_may_ask() {
    on_every_database(async |server| {
        let (shop, app) = (server.client("shop"), server.app("app"));
        let form = Params::new(&[("token", "x")]);
        app.post("/introspect", &form).await.assert_refused(401, "invalid_client");
        let wrong = crate::harness::client::RelyingParty { secret: "wrong".into(), ..shop.clone() };
        wrong.post("/introspect", &form).await.assert_refused(401, "invalid_client");
        shop.post("/introspect", &Params::new(&[])).await.assert_refused(400, "invalid_request");
        assert_eq!(server.get("/introspect").await.status, 405);
    });
}

/// 103, 166, 167 (RFC 7009 §2.1): either token takes the family along, at once.
#[test]
fn a_token_given_back_is_dead_everywhere_at_once() {
    on_every_database(async |server| {
        let (ada, shop, app) = (server.add_user("ada"), server.client("shop"), server.app("app"));
        let api = server.client_with("api", "web", &["--introspect-any"]);
        for party in [&shop, &app] {
            for which in ["access", "refresh"] {
                let browser = server.browser();
                let tokens = party.sign_in(&browser, &ada, party.offline_request()).await;
                let token =
                    if which == "access" { &*tokens.access_token } else { tokens.refresh() };
                let refreshed = party.refreshed(tokens.refresh()).await;
                let token = if which == "access" { token } else { refreshed.refresh() };
                let form = Params::new(&[("token", token), ("token_type_hint", "nonsense")]);
                assert_eq!(api.introspect(&refreshed.access_token).await["active"], true);
                let answer = party.post("/revoke", &form).await;
                assert_eq!((answer.status, &*answer.body), (200, ""), "{answer}");

                party.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
                for token in [
                    &*tokens.access_token,
                    tokens.refresh(),
                    &*refreshed.access_token,
                    refreshed.refresh(),
                ] {
                    assert_eq!(api.introspect(token).await, json!({"active": false}));
                }
                party.refresh(refreshed.refresh()).await.assert_refused(400, "invalid_grant");
                assert_eq!(party.post("/revoke", &form).await.status, 200, "twice is once");
            }
        }
    });
}

/// 166 (RFC 7009 §2.1, §2.2)
#[test]
fn what_is_unknown_or_anothers_is_left_as_it_is() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let other = server.client("other");
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;

        for token in ["unknown", &*tokens.access_token, tokens.refresh()] {
            let answer = other.post("/revoke", &Params::new(&[("token", token)])).await;
            assert_eq!(answer.status, 200, "{answer}");
        }
        shop.refreshed(tokens.refresh()).await;
        let wrong = crate::harness::client::RelyingParty { secret: "wrong".into(), ..shop.clone() };
        let form = Params::new(&[("token", tokens.refresh())]);
        wrong.post("/revoke", &form).await.assert_refused(401, "invalid_client");
        shop.post("/revoke", &Params::new(&[])).await.assert_refused(400, "invalid_request");
    });
}

/// 163 (RFC 7662 §2.2): of a token whose time is over nothing is said but that.
#[test]
fn of_an_expired_token_a_client_learns_that_alone() {
    let lifetimes =
        [("SIGNET_ACCESS_TOKEN_LIFETIME", "6s"), ("SIGNET_REFRESH_TOKEN_LIFETIME", "6s")];
    on_every_database_with(&lifetimes, async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;
        for token in [&*tokens.access_token, tokens.refresh()] {
            assert_eq!(shop.introspect(token).await["active"], true);
        }
        until_expired(&read_jwt(&tokens.access_token).1).await;
        for token in [&*tokens.access_token, tokens.refresh()] {
            assert_eq!(shop.introspect(token).await, json!({"active": false}));
        }
    });
}
