//! What a client is told about people beyond the usual: claims asked for one by one, names
//! of its own, other algorithms.

use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::{Value, json};

use crate::harness::client::RelyingParty;
use crate::harness::http::read_jwt;
use crate::harness::{on_every_database, on_every_database_with};

fn userinfo_wish(name: &str) -> String {
    json!({"userinfo": {name: {"essential": true}}}).to_string()
}

/// 41, 85 (Core §5.5)
#[test]
fn a_claim_that_is_asked_for_by_name_comes_where_it_is_asked_for() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let request = app.request().with("claims", &userinfo_wish("email"));
        let tokens = app.sign_in(&browser, &ada, request).await;
        let told = app.userinfo(&tokens.access_token).await.json();
        assert_eq!(told["email"], *ada.email);
        assert!(told.get("preferred_username").is_none(), "{told}");
        assert!(tokens.claims.get("email").is_none(), "{}", tokens.claims);

        let wish = json!({"id_token": {"preferred_username": null, "auth_time": null}});
        let request = app.offline_request().with("claims", &wish.to_string());
        let tokens = app.sign_in(&browser, &ada, request).await;
        assert_eq!(tokens.claims["preferred_username"], *ada.username);
        assert!(tokens.claims.get("email").is_none());
        let told = app.userinfo(&tokens.access_token).await.json();
        assert!(told.get("preferred_username").is_none(), "{told}");
        // And again when it is refreshed.
        let refreshed = app.refreshed(tokens.refresh()).await;
        assert_eq!(refreshed.claims["preferred_username"], *ada.username);
    });
}

/// 41 (Core §5.5.1): what is unknown or not this client's is left out, and harms nothing.
#[test]
fn a_claim_that_cannot_be_told_is_left_out() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let narrow = server.client_with("narrow", "spa", &["--scope", "openid"]);
        let wish = json!({"userinfo": {"email": null, "shoe_size": {"essential": true}}, "x": 1});
        let request = narrow.request().with("claims", &wish.to_string());
        let tokens = narrow.sign_in(&browser, &ada, request).await;
        let told = narrow.userinfo(&tokens.access_token).await.json();
        assert_eq!(told, json!({"sub": ada.id}));
    });
}

/// 41 (Core §5.5): nobody is told a claim that the person was not asked about.
#[test]
fn a_claim_that_is_asked_for_by_name_needs_consent() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        app.sign_in(&browser, &ada, app.request()).await;
        let wish = userinfo_wish("email");
        let silent = app.request().with("prompt", "none");
        let asked = browser.open(&silent.clone().with("claims", &wish).url()).await.returned();
        asked.assert_error("consent_required", server.issuer());
        browser.open(&silent.url()).await.returned().code();

        let page = browser.open(&app.request().with("claims", &wish).url()).await.page();
        assert!(page.has("consent-allow"), "{page}");
        assert!(page.words().contains("e-mail address"), "{page}");
        browser.press(&page, "consent-allow", &[]).await.returned().code();
        let again = silent.with("claims", &wish);
        browser.open(&again.url()).await.returned().code();
    });
}

/// 41 (Core §5.5): what is no request for claims is refused.
#[test]
fn a_malformed_request_for_claims_is_refused() {
    on_every_database(async |server| {
        let (app, browser) = (server.app("app"), server.browser());
        for bad in ["x", "{", "[]", "1", r#"{"userinfo":[]}"#, r#"{"id_token":{"sub":1}}"#] {
            let returned = browser.open(&app.request().with("claims", bad).url()).await.returned();
            returned.assert_error("invalid_request", server.issuer());
        }
    });
}

/// 41 (Core §5.5.1): a client that expects one person gets no other.
#[test]
fn a_person_can_be_demanded_by_their_subject() {
    on_every_database(async |server| {
        let (ada, eve) = (server.add_user("ada"), server.add_user("eve"));
        let (app, browser) = (server.app("app"), server.browser());
        app.sign_in(&browser, &ada, app.request()).await;
        let expecting = |sub: &str| {
            let wish = json!({"id_token": {"sub": {"value": sub}}}).to_string();
            app.request().with("claims", &wish).with("prompt", "none")
        };
        browser.open(&expecting(&ada.id).url()).await.returned().code();
        let other = browser.open(&expecting(&eve.id).url()).await.returned();
        other.assert_error("login_required", server.issuer());
    });
}

/// 32 (Core §3.1.2.1, §5.5.1.1): what a sign-in is worth is said truly; a wish for more
/// changes nothing, a demand for more is refused.
#[test]
fn the_worth_of_a_sign_in_is_true_and_can_be_demanded() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for wish in ["gold", "gold password", "password"] {
            let request = app.request().with("acr_values", wish);
            let tokens = app.sign_in(&browser, &ada, request).await;
            assert_eq!(tokens.claims["acr"], "password", "{wish}");
        }
        let demand = |values: &[&str]| {
            let wish = json!({"id_token": {"acr": {"essential": true, "values": values}}});
            app.request().with("claims", &wish.to_string())
        };
        let request = demand(&["gold", "password"]);
        assert_eq!(app.sign_in(&browser, &ada, request).await.claims["acr"], "password");
        let returned = browser.sign_in(&demand(&["gold"]).url(), &ada).await;
        returned.assert_error("unmet_authentication_requirements", server.issuer());
    });
}

/// 86 (Core §8.1)
#[test]
fn a_pairwise_name_is_stable_in_its_sector_and_told_nowhere_else() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let pairwise = |name: &str, more: &[&str]| {
            let words = [&["--subject-type", "pairwise"], more].concat();
            server.client_with(name, "spa", &words)
        };
        let sector = ["--sector-identifier", "sector.example"];
        let (one, two) = (pairwise("one", &sector), pairwise("two", &sector));
        let (alone, public) = (pairwise("alone", &[]), server.app("public"));
        let mut subjects = Vec::new();
        for party in [&one, &two, &alone, &public] {
            let first = party.sign_in(&browser, &ada, party.offline_request()).await;
            let again = party.sign_in(&server.browser(), &ada, party.request()).await;
            let sub = first.claims["sub"].as_str().unwrap().to_owned();
            assert_eq!(again.claims["sub"], *sub, "it is stable");
            assert_eq!(party.refreshed(first.refresh()).await.claims["sub"], *sub);
            assert_eq!(party.userinfo(&first.access_token).await.json()["sub"], *sub);
            assert_eq!(read_jwt(&first.access_token).1["sub"], *sub);
            subjects.push(sub);

            // Hints and demands speak of the same name.
            let silent = party.request().with("prompt", "none");
            let hint = silent.with("id_token_hint", first.id_token.as_deref().unwrap());
            browser.open(&hint.url()).await.returned().code();
        }
        assert_eq!(subjects[0], subjects[1], "one sector, one name");
        assert_ne!(subjects[0], subjects[2]);
        assert_eq!(subjects[3], ada.id);
        assert!(subjects[..3].iter().all(|sub| *sub != ada.id), "{subjects:?}");

        // Whose names are others from now on, by its hosts or by its own wish, begins anew.
        for (party, change) in [
            (&alone, "redirect_uris=https://elsewhere.example/cb"),
            (&one, "sector_identifier=another.example"),
            (&public, "subject_type=pairwise"),
        ] {
            let before = party.sign_in(&browser, &ada, party.offline_request()).await;
            server.cli(&["client", "change", &party.id, change]).done();
            party.refresh(before.refresh()).await.assert_refused(400, "invalid_grant");
        }
        // Others are left as they are, also when their hosts change.
        let kept = two.sign_in(&browser, &ada, two.offline_request()).await;
        let uris = format!("redirect_uris={} https://elsewhere.example/cb", two.redirect_uri);
        server.cli(&["client", "change", &two.id, &uris]).done();
        two.refreshed(kept.refresh()).await;

        let args = [
            "client",
            "add",
            "--name",
            "x",
            "--kind",
            "spa",
            "--subject-type",
            "pairwise",
            "--redirect-uri",
            "https://a.example/cb",
            "--redirect-uri",
            "https://b.example/cb",
        ];
        server.cli(&args).assert_failed(3, &["sector_identifier"]);
    });
}

/// 84 (Core §2, §3.1.3.6), 101 (Core §5.3.2): each algorithm, verified with the published
/// keys by a library.
#[test]
fn tokens_are_signed_as_the_client_wants() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
            let words = ["--id-token-alg", alg, "--userinfo-alg", alg];
            let app = server.client_with(&alg.to_lowercase(), "spa", &words);
            let app = RelyingParty { id_token_alg: algorithm(alg), ..app };
            let request = app.offline_request().with("scope", "openid email offline_access");
            let tokens = app.sign_in(&browser, &ada, request).await;
            assert_eq!(read_jwt(tokens.id_token.as_deref().unwrap()).0["alg"], alg);
            assert!(tokens.claims["at_hash"].is_string(), "{}", tokens.claims);
            // APIs know one algorithm.
            assert_eq!(read_jwt(&tokens.access_token).0["alg"], "RS256");

            let answer = app.userinfo(&tokens.access_token).await;
            assert_eq!(answer.media_type(), "application/jwt", "{answer}");
            let told = verified(&app, &answer.body).await;
            assert_eq!(told["iss"], *server.issuer());
            assert_eq!(told["aud"], *app.id);
            assert_eq!(told["sub"], *ada.id);
            assert_eq!(told["email"], *ada.email);
            assert!(told.get("nonce").is_none(), "{told}");
            let refreshed = app.refreshed(tokens.refresh()).await;
            assert_eq!(read_jwt(refreshed.id_token.as_deref().unwrap()).0["alg"], alg);
        }
    });
}

fn algorithm(name: &str) -> CoreJwsSigningAlgorithm {
    serde_json::from_value(json!(name)).expect("the library knows it")
}

/// The claims of a JWT that a published key has signed.
async fn verified(party: &RelyingParty, jwt: &str) -> Value {
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(party.http.get(&party.at("/jwks")).await.json()).unwrap();
    let header = jsonwebtoken::decode_header(jwt).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).expect("its key is published");
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.set_audience(&[&party.id]);
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    jsonwebtoken::decode::<Value>(jwt, &key, &validation).expect("it verifies").claims
}

/// A client of the same house is not asked about, unless it wants to be.
#[test]
fn a_first_party_client_skips_consent() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let shop = server.client_with("shop", "web", &["--first-party"]);
        let login = browser.open(&shop.request().url()).await.page();
        browser.enter(&login, &ada.username, &ada.password).await.returned().code();
        browser.open(&shop.request().with("prompt", "none").url()).await.returned().code();
        let page = browser.open(&shop.request().with("prompt", "consent").url()).await.page();
        assert!(page.has("consent-allow"), "{page}");
    });
}

/// RFC 8252 §8.6: what is sent to a scheme of an application's own may reach another one,
/// so nobody is signed in there silently.
#[test]
fn an_application_that_others_can_pass_for_is_never_answered_silently() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let schemes = ["--redirect-uri", "com.example.app:/cb"];
        for more in [&[][..], &["--first-party"]] {
            let name = if more.is_empty() { "phone" } else { "own" };
            let phone = server.client_with(name, "native", &[&schemes, more].concat());
            browser.sign_in(&phone.request().url(), &ada).await.code();
            let silent = browser.open(&phone.request().with("prompt", "none").url()).await;
            silent.returned().assert_error("consent_required", server.issuer());
            let page = browser.open(&phone.request().url()).await.page();
            assert!(page.has("consent-allow"), "{page}");
            // Who has just signed in for it knows that it is at work.
            let login = browser.open(&phone.request().with("prompt", "login").url()).await.page();
            browser.enter(&login, &ada.username, &ada.password).await.returned().code();
        }
        let claimed = ["--redirect-uri", "https://phone.example/cb"];
        let claimed = server.client_with("claimed", "native", &claimed);
        browser.sign_in(&claimed.request().url(), &ada).await.code();
        browser.open(&claimed.request().with("prompt", "none").url()).await.returned().code();
    });
}

/// 88 (Core §11): when a client gets a refresh token is its policy.
#[test]
fn refresh_tokens_come_as_the_policy_says() {
    on_every_database_with(&[], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let with = |name: &str, kind: &str, policy: &str| {
            server.client_with(name, kind, &["--offline-access", policy])
        };
        let offline = |party: &RelyingParty| party.request().with("scope", "openid offline_access");

        let prompted = with("prompted", "spa", "prompted");
        let tokens = prompted.sign_in(&browser, &ada, offline(&prompted)).await;
        assert_eq!(tokens.refresh_token, None);
        let asked = offline(&prompted).with("prompt", "consent");
        prompted.sign_in(&browser, &ada, asked).await.refresh();

        let remembered = with("remembered", "web", "remembered");
        remembered.sign_in(&browser, &ada, offline(&remembered)).await.refresh();
        let plain = remembered.sign_in(&browser, &ada, remembered.request()).await;
        assert_eq!(plain.refresh_token, None);

        // Without the scope it ends with the session (119).
        let always = with("always", "spa", "always");
        let bound = always.sign_in(&browser, &ada, always.request()).await;
        let lasting = always.sign_in(&browser, &ada, offline(&always)).await;
        let bound = always.refreshed(bound.refresh()).await;
        let page = browser.open(&always.at("/logout")).await.page();
        browser.press(&page, "logout-confirm", &[]).await.page();
        always.refresh(bound.refresh()).await.assert_refused(400, "invalid_grant");
        always.refreshed(lasting.refresh()).await;
    });
}

/// 88, 119 (Core §11): a session that ends by itself takes along what would end with it.
#[test]
fn a_refresh_token_without_offline_access_ends_when_its_session_does() {
    on_every_database_with(&[("SIGNET_SESSION_LIFETIME", "6s")], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let app = server.client_with("app", "spa", &["--offline-access", "always"]);
        let bound = app.sign_in(&browser, &ada, app.request()).await;
        let lasting = app.sign_in(&browser, &ada, app.offline_request()).await;
        let began = std::time::Instant::now();
        let bound = app.refreshed(bound.refresh()).await;
        tokio::time::sleep(std::time::Duration::from_secs(7).saturating_sub(began.elapsed())).await;
        app.refresh(bound.refresh()).await.assert_refused(400, "invalid_grant");
        assert_eq!(app.userinfo(&bound.access_token).await.status, 401);
        app.refreshed(lasting.refresh()).await;
    });
}

/// Core §5.5: what a client is not registered for any more it is not told either, however it
/// asked for it when it was.
#[test]
fn claims_asked_for_one_by_one_end_with_the_scope_of_the_client() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let claims = r#"{"userinfo":{"email":null},"id_token":{"email":null}}"#;
        let tokens =
            app.sign_in(&browser, &ada, app.offline_request().with("claims", claims)).await;
        let told = |id_token: &Option<String>| read_jwt(id_token.as_deref().unwrap()).1;
        assert_ne!(told(&tokens.id_token)["email"], Value::Null);
        let before = app.userinfo(&tokens.access_token).await.json();
        assert_ne!(before["email"], Value::Null, "{before}");

        server.cli(&["client", "change", "app", "scope=openid offline_access"]).done();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let tokens = app.refreshed(tokens.refresh()).await;
        assert_eq!(told(&tokens.id_token)["email"], Value::Null);
        let after = app.userinfo(&tokens.access_token).await.json();
        assert_eq!(after["email"], Value::Null, "{after}");
    });
}
