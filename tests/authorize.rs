//! Asking for a sign-in, and getting it.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::client::RelyingParty;
use crate::harness::{at_once, on_every_database};

/// 19, 29, 46 (Core §3.1.2.5, RFC 9207 §2, RFC 9700 §4.12). That each redirect on the way
/// is a 302 or 303 the browser checks.
#[test]
fn the_answer_has_code_state_and_issuer_and_nothing_else() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());

        let request = shop.request();
        let returned = browser.sign_in(&request.url(), &ada).await;
        assert_eq!(returned.names(), ["code", "iss", "state"]);
        assert!(returned.url.as_str().starts_with("https://shop.example/cb?"));
        let tokens = shop.redeem(&request, &returned).await;
        assert_eq!(tokens.claims["sub"], *ada.id);
        assert_eq!(tokens.claims["nonce"], *request.params.get("nonce"));

        let request = shop.request().without("nonce").without("state");
        let returned = browser.sign_in(&request.url(), &ada).await;
        assert_eq!(returned.names(), ["code", "iss"]);
        let tokens = shop.redeem(&request, &returned).await;
        assert_eq!(tokens.claims.get("nonce"), None);
    });
}

/// 20 (RFC 6749 §10.10)
#[test]
fn a_thousand_codes_are_long_random_and_all_different() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().url(), &ada).await;

        let batches = at_once(10, |_| {
            let (shop, browser) = (shop.clone(), browser.stolen());
            async move {
                let mut codes = Vec::new();
                for _ in 0..100 {
                    let arrival = browser.open(&shop.request().url()).await;
                    codes.push(arrival.returned().code().to_owned());
                }
                codes
            }
        })
        .await;
        let codes: Vec<_> = batches.into_iter().flatten().collect();
        assert_eq!(codes.len(), 1000);
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 1000);
        let length = codes.iter().map(String::len).min().unwrap_or(0);
        assert!(length >= 22, "128 bits need 22 characters of base64url, not {length}");
        let bits = entropy_per_character(&codes) * f64::from(u32::try_from(length).unwrap());
        assert!(bits > 128.0, "{bits} bits");
    });
}

/// How much is learned from one character, in bits, if the alphabet is used as it seems.
fn entropy_per_character(texts: &[String]) -> f64 {
    let mut counts: BTreeMap<char, u32> = BTreeMap::new();
    texts.iter().flat_map(|text| text.chars()).for_each(|c| *counts.entry(c).or_default() += 1);
    let total = f64::from(counts.values().sum::<u32>());
    counts.values().map(|&count| f64::from(count) / total).map(|share| -share * share.log2()).sum()
}

/// 21, page e (Core §3.1.2.1): the cookies are `SameSite=Lax`, so such a form comes
/// without them.
#[test]
fn a_form_on_another_site_starts_a_sign_in_and_finds_the_session() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let authorize = format!("{}/authorize", server.issuer());

        let request = shop.request();
        let arrival = browser.post_from_elsewhere(&authorize, request.params.pairs()).await;
        let login = arrival.page();
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
        assert_eq!(shop.redeem(&request, &returned).await.claims["sub"], *ada.id);

        let request = shop.request();
        let arrival = browser.post_from_elsewhere(&authorize, request.params.pairs()).await;
        shop.redeem(&request, &arrival.returned()).await;
    });
}

/// 23, 24, 30 (RFC 6749 §3.1, §3.3, Core §15.1)
#[test]
fn what_is_unknown_or_ordered_otherwise_changes_nothing() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().with("scope", "openid profile email").url(), &ada).await;

        let plain = || shop.request().with("scope", "openid profile email");
        let mut reversed = plain();
        reversed.params = reversed.params.reversed();
        for request in [
            plain().with("scope", "email openid profile"),
            reversed,
            plain().with("x_colour", "red").with("resource_hint", "%00"),
            plain().with("display", "page"),
            plain().with("display", "popup"),
            plain().with("display", "touch"),
            plain().with("display", "wap"),
            plain().with("ui_locales", "se"),
            plain().with("claims_locales", "se"),
            plain().with("login_hint", "x@y"),
            plain().with("acr_values", "urn:mace:incommon:iap:silver"),
            plain().with("response_mode", "query"),
        ] {
            let returned = browser.open(&request.url()).await.returned();
            let tokens = shop.redeem(&request, &returned).await;
            assert_eq!(tokens.claims["sub"], *ada.id, "{}", request.url());
        }

        let fresh = server.browser();
        for (name, value) in
            [("ui_locales", "se tlh-x"), ("display", "wap"), ("claims_locales", "se")]
        {
            let page = fresh.open(&plain().with(name, value).url()).await.page();
            assert!(page.has("login-submit"), "{page}");
        }
    });
}

/// 25, 26 (Core §3.1.2.1, RFC 6749 §3.3)
#[test]
fn the_scope_decides_what_is_answered() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let shop = server.client_with("shop", "web", &["--scope", "openid profile email"]);

        let request = shop.request().with("scope", "profile").without("nonce");
        let tokens = shop.sign_in(&browser, &ada, request).await;
        assert_eq!(tokens.id_token, None);

        for (asked, given) in [
            ("openid email", "openid email"),
            ("openid email unknown:thing", "openid email"),
            ("openid phone", "openid"),
        ] {
            let tokens = shop.sign_in(&browser, &ada, shop.request().with("scope", asked)).await;
            let told = tokens.scope.unwrap_or_else(|| asked.to_owned());
            let words = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(words(&told), words(given), "{asked}");
        }
    });
}

/// 27, 28 (RFC 6749 App. A.5)
#[test]
fn state_and_nonce_come_back_as_they_were() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        browser.sign_in(&shop.request().url(), &ada).await;

        let unreserved = "aZ0-._~".repeat(19)[..128].to_owned();
        let long = "x9-_".repeat(96);
        for text in [&*unreserved, "a b%20&c=d#e+f\"<g>\\h'%zz", &*long, "žluťoučký 🐎"] {
            let request = shop.request().with("state", text).with("nonce", text);
            let returned = browser.open(&request.url()).await.returned();
            assert_eq!(returned.get("state"), Some(text));
            let tokens = shop.redeem(&request, &returned).await;
            assert_eq!(tokens.claims["nonce"], *text);
        }

        // The way over the pages keeps them too.
        let request = shop.request().with("state", &long).with("prompt", "consent");
        let returned = browser.sign_in(&request.url(), &ada).await;
        assert_eq!(returned.get("state"), Some(&*long));
    });
}

/// 31 (Core §3.1.2.1)
#[test]
fn a_login_hint_fills_the_field_and_proves_nothing() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let eve = server.add_user("eve");
        for hint in [&*ada.email, "\"><script>alert(1)</script>"] {
            let page = browser.open(&shop.request().with("login_hint", hint).url()).await.page();
            assert_eq!(page.attribute("username", "value").as_deref(), Some(hint), "{page}");
        }

        let request = shop.request().with("login_hint", &ada.email);
        let tokens = shop.sign_in(&browser, &eve, request).await;
        assert_eq!(tokens.claims["sub"], *eve.id);
        let request = shop.request().with("login_hint", &ada.email);
        let tokens = shop.sign_in(&browser, &eve, request).await;
        assert_eq!(tokens.claims["sub"], *eve.id, "a hint changes no session");
    });
}

/// 36, 37, 38 (Core §3.1.2.1, §3.1.2.6)
#[test]
fn a_silent_request_gets_a_code_at_once_or_an_error() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let wiki = server.client("wiki");
        let silent = |party: &RelyingParty| party.request().with("prompt", "none");
        let issuer = server.issuer();

        let request = silent(&shop);
        let returned = browser.open(&request.url()).await.returned();
        returned.assert_error("login_required", issuer);
        assert_eq!(returned.get("state"), Some(request.params.get("state")));

        browser.sign_in(&shop.request().url(), &ada).await;
        let request = silent(&shop);
        let returned = browser.open(&request.url()).await.returned();
        shop.redeem(&request, &returned).await;

        browser
            .open(&silent(&wiki).url())
            .await
            .returned()
            .assert_error("consent_required", issuer);
        let more = silent(&shop).with("scope", "openid email");
        browser.open(&more.url()).await.returned().assert_error("consent_required", issuer);
    });
}

/// 35 (Core §3.1.2.1): who wants another account than the one that is signed in gets the page
/// on which to choose it.
#[test]
fn another_account_can_be_chosen_though_somebody_is_signed_in() {
    on_every_database(async |server| {
        let (ada, eve) = (server.add_user("ada"), server.add_user("eve"));
        let (shop, browser) = (server.client("shop"), server.browser());
        shop.sign_in(&browser, &ada, shop.request()).await;
        let request = shop.request().with("prompt", "select_account");
        let login = browser.open(&request.url()).await.page();
        assert!(login.has("login-submit"), "{login}");
        let returned = browser.sign_in(&request.url(), &eve).await;
        assert_eq!(shop.redeem(&request, &returned).await.claims["sub"], *eve.id);
        let silent = shop.request().with("prompt", "none select_account");
        let returned = browser.open(&silent.url()).await.returned();
        returned.assert_error("invalid_request", server.issuer());
        // And the same person may sign in again.
        let request = shop.request().with("prompt", "select_account consent");
        let login = browser.open(&request.url()).await.page();
        let consent = browser.enter(&login, &eve.username, &eve.password).await.page();
        browser.press(&consent, "consent-allow", &[]).await.returned().code();
    });
}

/// 33, 34 (Core §3.1.2.1): both, one after the other, though the person is signed in and has
/// allowed it before.
#[test]
fn a_request_may_want_a_sign_in_and_consent() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        shop.sign_in(&browser, &ada, shop.request()).await;
        for prompt in ["login consent", "consent login"] {
            let request = shop.request().with("prompt", prompt);
            let login = browser.open(&request.url()).await.page();
            assert!(login.has("login-submit"), "{login}");
            let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
            assert!(consent.has("consent-allow"), "{consent}");
            let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
            shop.redeem(&request, &returned).await;
        }
    });
}

/// 33, 39 (Core §3.1.2.1)
#[test]
fn a_fresh_sign_in_is_asked_for_where_the_request_wants_one() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let first = shop.sign_in(&browser, &ada, shop.request()).await;
        let first_at = first.claims["auth_time"].as_i64().expect("there is an auth_time");
        tokio::time::sleep(std::time::Duration::from_millis(2100)).await;

        let old_enough = shop.request().with("max_age", "10000");
        let returned = browser.open(&old_enough.url()).await.returned();
        let tokens = shop.redeem(&old_enough, &returned).await;
        assert_eq!(tokens.claims["auth_time"], first_at);

        let mut before = first_at;
        for (name, value) in [("prompt", "login"), ("max_age", "1"), ("max_age", "0")] {
            let request = shop.request().with(name, value);
            let arrival = browser.open(&request.url()).await;
            assert!(arrival.is_page_with("login-submit"), "{name}={value}");
            let arrival = browser.enter(&arrival.page(), &ada.username, &ada.password).await;
            let returned = arrival.returned();
            let tokens = shop.redeem(&request, &returned).await;
            let at = tokens.claims["auth_time"].as_i64().expect("there is an auth_time");
            assert!(at > before, "{name}={value}: {at}");
            before = at;
            tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        }
    });
}

/// 45 (RFC 6749 §3.1.2)
#[test]
fn the_query_of_a_registered_redirect_uri_is_kept() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let uri = "https://shop.example/cb?tenant=a%26b&x=1";
        let shop = server.client_with("shop", "web", &["--redirect-uri", uri]);

        let request = shop.request();
        let returned = browser.sign_in(&request.url(), &ada).await;
        assert!(returned.url.as_str().starts_with(&format!("{uri}&")), "{}", returned.url);
        assert_eq!(returned.names(), ["code", "iss", "state", "tenant", "x"]);
        shop.redeem(&request, &returned).await;

        let refused = browser.open(&shop.request().with("response_type", "token").url()).await;
        assert!(refused.returned().url.as_str().starts_with(&format!("{uri}&error=")));
    });
}

/// 47 (RFC 6749 §4.1.2.1)
#[test]
fn whoever_denies_is_sent_back_without_a_code() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        for _ in 0..2 {
            let request = shop.request().with("prompt", "login");
            let login = browser.open(&request.url()).await.page();
            let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
            let returned = browser.press(&consent, "consent-deny", &[]).await.returned();
            returned.assert_error("access_denied", server.issuer());
            assert_eq!(returned.get("state"), Some(request.params.get("state")));
        }
    });
}
