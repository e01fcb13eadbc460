//! What is kept of what goes wrong, and what is not.

use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{Callers, code_at};
use crate::harness::assertion::{Key, claims, proven};
use crate::harness::client::Params;
use crate::harness::http::incident_code;
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database, on_every_database_with};

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
