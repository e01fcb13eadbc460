//! Signing out as a client asks (OpenID Connect RP-Initiated Logout 1.0).

use serde_json::json;

use crate::harness::assertion::Key;
use crate::harness::browser::{Arrival, Browser, Page, Returned};
use crate::harness::cli::Person;
use crate::harness::client::{Params, RelyingParty};
use crate::harness::http::read_jwt;
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with, until_expired};

const BYE: &str = "https://shop.example/bye";

/// Somebody who is signed in at a client that has said where people go afterwards.
struct SignedIn {
    shop: RelyingParty,
    browser: Browser,
    ada: Person,
    id_token: String,
}

impl SignedIn {
    async fn at(server: &Server) -> Self {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let shop = server.client_with("shop", "web", &["--post-logout-redirect-uri", BYE]);
        let id_token = shop.sign_in(&browser, &ada, shop.request()).await.id_token.unwrap();
        Self { shop, browser, ada, id_token }
    }

    fn url(&self, params: &[(&str, &str)]) -> String {
        format!("{}?{}", self.shop.at("/logout"), Params::new(params).encoded())
    }

    async fn ask(&self, params: &[(&str, &str)]) -> Arrival {
        self.browser.open(&self.url(params)).await
    }

    /// Whether the browser's session is alive: a client may ask silently.
    async fn is_signed_in(&self) -> bool {
        let silent = self.shop.request().with("prompt", "none");
        let returned = self.browser.open(&silent.url()).await.returned();
        if returned.get("code").is_some() {
            return true;
        }
        returned.assert_error("login_required", &self.shop.issuer);
        false
    }
}

#[track_caller]
fn assert_at(returned: &Returned, expected: &str) {
    assert_eq!(returned.url.as_str(), expected);
}

/// Says yes on the page that asks.
async fn confirm(browser: &Browser, page: &Page) -> Arrival {
    assert_eq!(page.answer.status, 200, "{page}");
    browser.press(page, "logout-confirm", &[]).await
}

/// 105, 106 (RPI 2, 3): by GET and by POST, with a hint for the person who is here.
#[test]
fn a_hint_and_a_registered_address_end_the_session_and_lead_there() {
    on_every_database(async |server| {
        let mut here = SignedIn::at(&server).await;
        for method in ["GET", "POST"] {
            let again = here.shop.sign_in(&here.browser, &here.ada, here.shop.request()).await;
            here.id_token = again.id_token.unwrap();
            let state = "a b&c=%/é";
            let params = [
                ("id_token_hint", here.id_token.as_str()),
                ("post_logout_redirect_uri", BYE),
                ("state", state),
            ];
            let arrival = if method == "GET" {
                here.ask(&params).await
            } else {
                let form = Params::new(&params);
                here.browser.post_from_elsewhere(&here.shop.at("/logout"), form.pairs()).await
            };
            let returned = arrival.returned();
            assert!(returned.url.as_str().starts_with(&format!("{BYE}?")), "{}", returned.url);
            assert_eq!(returned.get("state"), Some(state));
            assert_eq!(returned.names(), ["state"], "nothing else");
            assert!(!here.is_signed_in().await, "{method}");
            let events = server.cli(&["audit", "list"]).done();
            assert!(events.to_string().contains("\"logout\""), "{events}");
        }
    });
}

/// 106 (RPI 2): what was posted so that no history keeps it is in no address, and what stands
/// for it there is good for this person alone.
#[test]
fn a_posted_hint_does_not_come_back_in_an_address() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        let params = [("id_token_hint", &*here.id_token), ("post_logout_redirect_uri", BYE)];
        let answer = here.shop.post("/logout", &Params::new(&params)).await;
        let address = answer.header("location");
        assert!(
            !address.contains("id_token_hint") && !address.contains(&here.id_token),
            "{address}"
        );

        let (eve, other) = (server.add_user("eve"), server.browser());
        here.shop.sign_in(&other, &eve, here.shop.request()).await;
        assert!(other.open(&address).await.is_page_with("logout-confirm"), "eve was not asked");
        let forged = address.replace("voucher=", "voucher=x");
        assert_ne!(forged, address);
        assert!(here.browser.open(&forged).await.is_page_with("logout-confirm"), "it was believed");
        assert!(here.is_signed_in().await);
        assert_at(&here.browser.open(&address).await.returned(), BYE);
        assert!(!here.is_signed_in().await);
    });
}

/// 107 (RPI 3)
#[test]
fn without_a_state_none_is_added() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        let params = [("id_token_hint", &*here.id_token), ("post_logout_redirect_uri", BYE)];
        assert_at(&here.ask(&params).await.returned(), BYE);
    });
}

/// A client that was disabled is nobody to send people to.
#[test]
fn a_disabled_client_is_no_place_to_go() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        server.cli(&["client", "disable", &here.shop.id]).done();
        for whose in [("id_token_hint", &*here.id_token), ("client_id", &*here.shop.id)] {
            let page = here.ask(&[whose, ("post_logout_redirect_uri", BYE)]).await.page();
            page.assert_error("invalid_request", Some("client_id"));
        }
    });
}

/// 108 (RPI 3): the address is compared character by character.
#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        for address in [
            "https://evil.example/",
            "https://shop.example/bye?x=1",
            "https://shop.example/Bye",
            "https://shop.example/bye/",
            "https://shop.example:443/bye",
            "http://shop.example/bye",
            "https://shop.example/bye#x",
            &here.shop.redirect_uri,
            "javascript:alert(1)",
        ] {
            let params = [
                ("id_token_hint", &*here.id_token),
                ("post_logout_redirect_uri", address),
                ("state", "s"),
            ];
            let page = here.ask(&params).await.page();
            page.assert_error("invalid_request", Some("post_logout_redirect_uri"));
        }
        assert!(here.is_signed_in().await, "what is refused changes nothing");
    });
}

/// 109 (RPI 2, 3): an address alone is nobody's; with the client's name it is, and the
/// person is asked.
#[test]
fn an_address_needs_a_client() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        let page = here.ask(&[("post_logout_redirect_uri", BYE)]).await.page();
        page.assert_error("invalid_request", Some("post_logout_redirect_uri"));
        assert!(here.is_signed_in().await);

        let named = [("client_id", "shop"), ("post_logout_redirect_uri", BYE), ("state", "s")];
        let page = here.ask(&named).await.page();
        assert!(here.is_signed_in().await, "it only asks");
        let returned = confirm(&here.browser, &page).await.returned();
        assert_at(&returned, "https://shop.example/bye?state=s");
        assert!(!here.is_signed_in().await);
        // Who is signed out already goes straight there.
        let returned = here.ask(&named).await.returned();
        assert_at(&returned, "https://shop.example/bye?state=s");
    });
}

/// 110 (RPI 2)
#[test]
fn a_client_that_is_not_the_hints_is_refused() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        server.client("wiki");
        for client in ["wiki", "nobody"] {
            let params = [("id_token_hint", &*here.id_token), ("client_id", client)];
            here.ask(&params).await.page().assert_error("invalid_request", Some("client_id"));
        }
        let page = here.ask(&[("client_id", "nobody")]).await.page();
        page.assert_error("invalid_request", Some("client_id"));
        assert!(here.is_signed_in().await);
        let params = [("id_token_hint", &*here.id_token), ("client_id", "shop")];
        assert!(here.ask(&params).await.page().words().contains("signed out"));
        assert!(!here.is_signed_in().await);
    });
}

/// 111 (RPI 2, 6)
#[test]
fn a_hint_that_is_not_ours_is_not_believed() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        let (header, claims) = read_jwt(&here.id_token);
        let alg = jsonwebtoken::Algorithm::RS256;
        let stranger = Key::new(alg, header["kid"].as_str().unwrap());
        let mut other_issuer = claims.clone();
        other_issuer["iss"] = json!("https://evil.example");
        // Signed with the very same key, in the name of another issuer on the same store.
        let mut twin = server.twin();
        twin.set_issuer_path("/other");
        let twin = twin.start().await;
        let issuer = twin.issuer().to_owned();
        let elsewhere = RelyingParty { issuer, http: twin.http(), ..here.shop.clone() };
        let others = elsewhere.sign_in(&twin.browser(), &here.ada, elsewhere.request()).await;
        let others = others.id_token.unwrap();
        assert_eq!(read_jwt(&others).0, header);

        let payload = here.id_token.split('.').nth(1).unwrap();
        let tokens = here.shop.sign_in(&here.browser, &here.ada, here.shop.request()).await;
        for hint in [
            &format!("eyJhbGciOiJub25lIn0.{payload}."),
            &stranger.sign(&claims),
            &stranger.sign(&other_issuer),
            &others,
            &format!("{}x", here.id_token),
            &tokens.access_token,
            "garbage",
        ] {
            let params = [("id_token_hint", hint), ("post_logout_redirect_uri", BYE)];
            let page = here.ask(&params).await.page();
            page.assert_error("invalid_request", Some("id_token_hint"));
        }
        assert!(here.is_signed_in().await);
    });
}

/// 112 (RPI 2)
#[test]
fn an_expired_hint_is_accepted() {
    on_every_database_with(&[("SIGNET_ID_TOKEN_LIFETIME", "6s")], async |server| {
        let here = SignedIn::at(&server).await;
        until_expired(&read_jwt(&here.id_token).1).await;
        let params = [("id_token_hint", &*here.id_token), ("post_logout_redirect_uri", BYE)];
        assert_at(&here.ask(&params).await.returned(), BYE);
        assert!(!here.is_signed_in().await);
    });
}

/// 113 (RPI 2): a client that means somebody else ends nobody's session without a word.
#[test]
fn a_hint_for_somebody_else_only_asks() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        let (eve, other) = (server.add_user("eve"), server.browser());
        let eves = here.shop.sign_in(&other, &eve, here.shop.request()).await.id_token.unwrap();
        let params = [("id_token_hint", &*eves), ("post_logout_redirect_uri", BYE)];
        let page = here.ask(&params).await.page();
        assert!(page.words().contains(&here.ada.username), "{page}");
        assert!(here.is_signed_in().await);
        assert_at(&confirm(&here.browser, &page).await.returned(), BYE);
        assert!(!here.is_signed_in().await);
    });
}

/// RPI 2: a hint from a session that is over is suspect. Neither it nor what stands for it when it
/// was posted ends a later one without a word.
#[test]
fn a_hint_of_an_earlier_session_only_asks() {
    on_every_database(async |server| {
        let mut here = SignedIn::at(&server).await;
        let (shop, old) = (here.shop.clone(), here.id_token.clone());
        let params = [("id_token_hint", &*old), ("post_logout_redirect_uri", BYE)];
        let posted = shop.post("/logout", &Params::new(&params)).await.header("location");
        assert_at(&here.ask(&params).await.returned(), BYE);

        let again = shop.sign_in(&here.browser, &here.ada, shop.request()).await;
        here.id_token = again.id_token.unwrap();
        for url in [here.url(&params), posted] {
            let arrival = here.browser.open(&url).await;
            assert!(arrival.is_page_with("logout-confirm"), "{url}");
            assert!(here.is_signed_in().await);
        }
    });
}

/// 114 (RPI 2): whatever is missing, the person is asked or signed out, and sees a page.
#[test]
fn without_an_address_the_person_sees_a_page() {
    on_every_database(async |server| {
        let mut here = SignedIn::at(&server).await;
        for params in [&[][..], &[("state", "s")], &[("ui_locales", "se")]] {
            let page = here.ask(params).await.page();
            assert!(here.is_signed_in().await, "it only asks");
            let page = confirm(&here.browser, &page).await.page();
            assert_eq!(page.answer.status, 200);
            assert!(page.words().contains("signed out"), "{page}");
            assert!(!here.is_signed_in().await);
            let again = here.shop.sign_in(&here.browser, &here.ada, here.shop.request()).await;
            here.id_token = again.id_token.unwrap();
        }
        let page = here.ask(&[("id_token_hint", &here.id_token)]).await.page();
        assert!(page.words().contains("signed out"), "{page}");
        assert!(!here.is_signed_in().await);
    });
}

/// 65 (RFC 9700 §4.7), RPI 6: nobody else signs a person out: the page's form needs its own value, and what other
/// sites send is only a question.
#[test]
fn another_site_cannot_sign_a_person_out() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        let page = here.ask(&[]).await.page();
        let form = page.form_of("logout-confirm", &[]);
        let without: Vec<_> =
            form.fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
        for fields in [&without, &form.fields] {
            let answer = here.browser.post_from_elsewhere(&form.action, fields).await.page();
            assert!((400..500).contains(&answer.answer.status), "{answer}");
        }
        let forged = here.browser.press(&page, "logout-confirm", &[("csrf", "x")]).await.page();
        assert!((400..500).contains(&forged.answer.status), "{forged}");
        let form = Params::new(&[("state", "s")]);
        let asked = here.browser.post_from_elsewhere(&here.shop.at("/logout"), form.pairs()).await;
        assert!(asked.page().has("logout-confirm"));
        assert!(here.is_signed_in().await);
    });
}

/// 105 (RPI 2), 22 (RFC 6749 §3.1): parameters that cannot be read are an error page.
#[test]
fn a_request_to_sign_out_that_cannot_be_read_is_refused() {
    on_every_database(async |server| {
        let here = SignedIn::at(&server).await;
        for query in ["state=a&state=b", "state=%00", "id_token_hint=a&id_token_hint=a"] {
            let url = format!("{}?{query}", here.shop.at("/logout"));
            here.browser.open(&url).await.page().assert_error("invalid_request", None);
        }
        assert!(here.is_signed_in().await);
    });
}
