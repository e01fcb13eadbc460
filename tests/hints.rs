//! What a client knows of whom it sends: `id_token_hint`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::harness::assertion::Key;
use crate::harness::http::read_jwt;
use crate::harness::{on_every_database, on_every_database_with, until_expired};

/// 40 (Core §3.1.2.1): a silent renewal works for the person of the hint and nobody else; what
/// this server has not signed is no hint, whatever it claims.
#[test]
fn a_hint_is_good_for_the_person_it_is_about_alone() {
    on_every_database(async |server| {
        let (ada, eve) = (server.add_user("ada"), server.add_user("eve"));
        let (shop, browser, other) = (server.client("shop"), server.browser(), server.browser());
        let adas = shop.sign_in(&browser, &ada, shop.request()).await;
        let eves = shop.sign_in(&other, &eve, shop.request()).await;
        let hinted = |token: &str| shop.request().with("id_token_hint", token);
        let silent = |token: &str| hinted(token).with("prompt", "none");
        let (adas, eves) = (adas.id_token.unwrap_or_default(), eves.id_token.unwrap_or_default());

        let request = silent(&adas);
        let returned = browser.open(&request.url()).await.returned();
        assert_eq!(shop.redeem(&request, &returned).await.claims["sub"], *ada.id);

        let returned = browser.open(&silent(&eves).url()).await.returned();
        returned.assert_error("login_required", server.issuer());
        let (header, claims) = read_jwt(&adas);
        let kid = header["kid"].as_str().unwrap();
        let stranger = Key::new(Algorithm::RS256, kid);
        let unsigned = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": kid}).to_string());
        let payload = adas.split('.').nth(1).unwrap();
        for bad in [
            "garbage",
            "a.b.c",
            &format!("{adas}x"),
            "eyJhbGciOiJub25lIn0.e30.",
            &stranger.sign(&claims),
            &format!("{unsigned}.{payload}."),
        ] {
            let returned = browser.open(&silent(bad).url()).await.returned();
            returned.assert_error("invalid_request", server.issuer());
        }

        // Not silent, the person is asked to sign in; if it is the wrong one, the client is told.
        let login = browser.open(&hinted(&eves).url()).await.page();
        let returned = browser.enter(&login, &ada.username, &ada.password).await.returned();
        returned.assert_error("login_required", server.issuer());
        let request = hinted(&eves);
        let returned = browser.sign_in(&request.url(), &eve).await;
        assert_eq!(shop.redeem(&request, &returned).await.claims["sub"], *eve.id);
    });
}

/// 40 (Core §3.1.2.1, §3.1.2.2): an access token is no hint; an ID token that has expired still is.
#[test]
fn a_hint_may_have_expired() {
    on_every_database_with(&[("SIGNET_ID_TOKEN_LIFETIME", "6s")], async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.request()).await;
        until_expired(&tokens.claims).await;
        let silent =
            |token: &str| shop.request().with("id_token_hint", token).with("prompt", "none");

        let hint = tokens.id_token.unwrap_or_default();
        let returned = browser.open(&silent(&hint).url()).await.returned();
        assert!(!returned.code().is_empty());
        let returned = browser.open(&silent(&tokens.access_token).url()).await.returned();
        returned.assert_error("invalid_request", server.issuer());
    });
}
