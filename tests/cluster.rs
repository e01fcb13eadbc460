//! Two servers on one store: what one does the other knows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::client::{Params, RelyingParty};
use crate::harness::database::Durability;
use crate::harness::http::read_jwt;
use crate::harness::on_every_site;
use crate::harness::server::Server;

/// All is seen within this time.
const SOON: Duration = Duration::from_secs(1);

/// Sign in at one, redeem at the other, refresh in turns, and end it at either.
#[test]
fn a_sign_in_goes_on_at_any_server() {
    pair(async |here, there| {
        let (ada, app, browser) = (here.add_user("ada"), here.app("app"), here.browser());
        let away = RelyingParty { http: there.http(), ..app.clone() };

        let request = app.offline_request();
        let returned = browser.sign_in(&request.url(), &ada).await;
        let mut tokens = away.redeem(&request, &returned).await;
        for turn in 0..10 {
            let party = if turn % 2 == 0 { &app } else { &away };
            tokens = party.refreshed(tokens.refresh()).await;
            let other = if turn % 2 == 0 { &away } else { &app };
            assert_eq!(other.userinfo(&tokens.access_token).await.status, 200);
        }

        let form = Params::new(&[("token", tokens.refresh())]);
        assert_eq!(app.post("/revoke", &form).await.status, 200);
        // What is revoked is read from the store each time: it is seen at once.
        away.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        away.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");

        // A session ends everywhere, too.
        let gone = browser.moved(there.http());
        let page = gone.open(&away.at("/logout")).await.page();
        gone.press(&page, "logout-confirm", &[]).await.page();
        let silent = browser.open(&app.request().with("prompt", "none").url()).await.returned();
        silent.assert_error("login_required", here.issuer());
    });
}

/// A code that one server accepted is not accepted by another, nor a recovery code.
#[test]
fn a_second_factor_counts_once_everywhere() {
    pair(async |here, there| {
        let bank = here.client_with("bank", "spa", &["--mfa", "required"]);
        let away = RelyingParty { http: there.http(), ..bank.clone() };
        let (ada, browser) = (here.add_user("ada"), here.browser());
        let page = browser.log_in(&bank.request().url(), &ada).await.page();
        let (ada, _) = browser.enrol(&page, &ada).await;
        let codes = [ada.authenticator.code(0), ada.recovery_codes[0].clone()];
        for (code, link) in codes.iter().zip(["use-totp", "use-recovery"]) {
            for (server, party, works) in [(&here, &bank, true), (&there, &away, false)] {
                let browser = server.browser();
                let page = browser.log_in(&party.request().url(), &ada.person).await.page();
                let has_link = page.has(link);
                let page = if has_link { browser.follow(&page, link).await.page() } else { page };
                assert_eq!(browser.show(&page, code).await.is_page_with("consent-allow"), works);
            }
        }
    });
}

/// A key that is rotated or revoked by one signs and verifies at the other.
#[test]
fn keys_are_the_same_at_every_server() {
    pair(async |here, there| {
        let batch = here.client_with("batch", "service", &[]);
        let away = RelyingParty { http: there.http(), ..batch.clone() };
        let form = Params::new(&[("grant_type", "client_credentials")]);
        let token = async |party: &RelyingParty| {
            party.token(&form).await.json()["access_token"].as_str().unwrap().to_owned()
        };
        let old = token(&batch).await;
        assert_eq!(away.introspect(&old).await["active"], true);

        let signs_at = loop {
            let outcome = here.cli(&["key", "rotate"]);
            if outcome.code == 0 {
                break outcome.done();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let next = signs_at[0]["kid"].clone();
        let signer = |token: &str| read_jwt(token).0["kid"].clone();
        let deadline = Instant::now() + Duration::from_secs(20);
        while signer(&token(&batch).await) != next {
            assert!(Instant::now() < deadline, "the next key does not sign");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(SOON).await;
        let fresh = token(&away).await;
        assert_eq!(signer(&fresh), next, "the other server signs with it too");
        for token in [&old, &fresh] {
            assert_eq!(batch.introspect(token).await["active"], true);
            assert_eq!(away.introspect(token).await["active"], true);
        }

        there.cli(&["key", "revoke", next.as_str().unwrap()]).done();
        for party in [&batch, &away] {
            assert_eq!(party.introspect(&fresh).await, json!({"active": false}));
            assert_eq!(party.introspect(&old).await["active"], true);
        }
        for server in [&here, &there] {
            let jwks = server.get("/jwks").await.json();
            let kids: Vec<&Value> =
                jwks["keys"].as_array().unwrap().iter().map(|key| &key["kid"]).collect();
            assert!(!kids.contains(&&next), "{jwks}");
        }
    });
}

/// A client that changes or goes is not remembered as it was.
#[test]
fn clients_are_the_same_at_every_server() {
    pair(async |here, there| {
        let batch = here.client_with("batch", "service", &[]);
        let away = RelyingParty { http: there.http(), ..batch.clone() };
        let form = Params::new(&[("grant_type", "client_credentials")]);
        for party in [&batch, &away] {
            assert_eq!(party.token(&form).await.status, 200);
        }
        let rotated = here.cli(&["client", "rotate-secret", "batch"]).done();
        let secret = rotated["client_secret"].as_str().unwrap().to_owned();
        for party in [batch, away] {
            party.token(&form).await.assert_refused(401, "invalid_client");
            let party = RelyingParty { secret: secret.clone(), ..party };
            assert_eq!(party.token(&form).await.status, 200);
        }
    });
}

/// Two servers on one store, both databases.
fn pair(test: impl AsyncFn(Server, Server)) {
    on_every_site(Durability::Relaxed, async |mut site| {
        site.set("SIGNET_JWKS_CACHE_LIFETIME", "1s");
        let twin = site.twin();
        let here = site.start().await;
        test(here, twin.start().await).await;
    });
}
