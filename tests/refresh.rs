//! Refresh tokens.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::client::{Params, RelyingParty};
use crate::harness::http::Answer;
use crate::harness::server::Server;
use crate::harness::{on_every_database, on_every_database_with};

/// The refresh token of a good answer.
#[track_caller]
pub(crate) fn refresh_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()["refresh_token"].as_str().expect("there is a refresh token").to_owned()
}

/// 88 (Core §11)
#[test]
fn a_refresh_token_comes_only_with_offline_access_that_was_allowed() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let app = server.app("app");
        let brief = server.client_with("brief", "spa", &["--grant-type", "authorization_code"]);
        let narrow = server.client_with("narrow", "spa", &["--scope", "openid"]);

        for party in [&shop, &app] {
            let plain = party.sign_in(&browser, &ada, party.request()).await;
            assert_eq!(plain.refresh_token, None);
            let tokens = party.sign_in(&browser, &ada, party.offline_request()).await;
            assert!(tokens.refresh_token.is_some());
        }
        for party in [&brief, &narrow] {
            let tokens = party.sign_in(&browser, &ada, party.offline_request()).await;
            assert_eq!(tokens.refresh_token, None, "{}", party.id);
            assert!(tokens.scope.is_some_and(|scope| !scope.contains("offline_access")));
        }
        // A web application gets it only from somebody who was just asked.
        let unasked = shop.request().with("scope", "openid offline_access");
        let tokens = shop.sign_in(&browser, &ada, unasked).await;
        assert_eq!(tokens.refresh_token, None);
    });
}

/// 89 (RFC 6749 §6)
#[test]
fn a_refresh_may_ask_for_less_and_never_for_more() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let request = app.offline_request().with("scope", "openid profile email offline_access");
        let mut token = app.sign_in(&browser, &ada, request).await.refresh().to_owned();
        let ask = async |token: &str, scope: &str| {
            let grant = ("grant_type", "refresh_token");
            app.token(&Params::new(&[grant, ("refresh_token", token), ("scope", scope)])).await
        };

        for wider in ["openid phone", "openid profile email offline_access address", "admin"] {
            ask(&token, wider).await.assert_refused(400, "invalid_scope");
        }
        let narrow = ask(&token, "openid email").await;
        token = refresh_token(&narrow);
        let body = narrow.json();
        assert_eq!(body["scope"], "openid email");
        let access_token = body["access_token"].as_str().expect("there is an access token");
        let told = app.userinfo(access_token).await.json();
        assert_eq!(told["email"], *ada.email);
        assert_eq!(told.get("preferred_username"), None);

        // The new token is for the whole of what was allowed again (RFC 6749 §6).
        let whole = app.refresh(&token).await;
        assert_eq!(whole.status, 200, "{whole}");
        for word in ["openid", "profile", "email", "offline_access"] {
            let scope = whole.json()["scope"].to_string();
            assert!(scope.contains(word), "{scope}");
        }
    });
}

/// 90 (Core §12.2)
#[test]
fn a_refreshed_id_token_is_about_the_same_sign_in() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        for party in [server.app("app"), server.client("shop")] {
            let first = party.sign_in(&browser, &ada, party.offline_request()).await;
            tokio::time::sleep(Duration::from_millis(1100)).await;
            let second = party.refreshed(first.refresh()).await;
            for name in ["iss", "sub", "aud", "azp", "auth_time", "sid", "acr"] {
                assert_eq!(first.claims.get(name), second.claims.get(name), "{name}");
            }
            assert!(second.claims["iat"].as_i64() > first.claims["iat"].as_i64());
            assert_eq!(second.claims.get("nonce"), None);
            assert_ne!(first.access_token, second.access_token);
        }
    });
}

/// 91 (RFC 6749 §6)
#[test]
fn a_refresh_token_is_good_only_for_its_client() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let (shop, wiki) = (server.client("shop"), server.client("wiki"));
        let (app, other_app) = (server.app("app"), server.app("other"));
        for (owner, others) in [(&shop, [&wiki, &app]), (&app, [&other_app, &wiki])] {
            let tokens = owner.sign_in(&browser, &ada, owner.offline_request()).await;
            for other in others {
                other.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
            }
            let grant = ("grant_type", "refresh_token");
            let form = Params::new(&[grant, ("refresh_token", tokens.refresh())]);
            for form in [form.clone(), form.with("client_id", &shop.id)] {
                let answer = server.http().post(&owner.at("/token"), &form.borrowed()).await;
                assert!(matches!(answer.status, 400 | 401), "{answer}");
            }
            // None of these harmed its owner.
            owner.refreshed(tokens.refresh()).await;
        }
    });
}

/// 92 (RFC 9700 §4.14.2): once the successor was used, both sides know it, so who comes
/// with an old one is not the one who has the new.
#[test]
fn an_old_refresh_token_kills_the_family() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        for party in [server.app("app"), server.client("shop")] {
            let first = party.sign_in(&browser, &ada, party.offline_request()).await;
            let second = party.refreshed(first.refresh()).await;
            assert_ne!(first.refresh(), second.refresh());
            let third = party.refreshed(second.refresh()).await;

            party.refresh(first.refresh()).await.assert_refused(400, "invalid_grant");
            for tokens in [&first, &second, &third] {
                party.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
                let answer = party.userinfo(&tokens.access_token).await;
                answer.assert_refused(401, "invalid_token");
            }
            // Another sign-in is another family.
            let again = party.sign_in(&browser, &ada, party.offline_request()).await;
            party.refreshed(again.refresh()).await;
        }
    });
}

/// No window forgives anything.
const STRICT: [(&str, &str); 2] =
    [("SIGNET_REFRESH_RETRY_WINDOW", "0s"), ("SIGNET_REFRESH_OVERLAP", "0s")];
/// Lost answers are forgiven, windows at the same moment are not.
pub(crate) const NO_OVERLAP: [(&str, &str); 1] = [("SIGNET_REFRESH_OVERLAP", "0s")];

/// 92 (RFC 9700 §4.14.2): with no time for retries, the first reuse is theft.
#[test]
fn without_any_window_a_second_use_kills_the_family() {
    on_every_database_with(&STRICT, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let first = app.sign_in(&browser, &ada, app.offline_request()).await;
        let second = app.refreshed(first.refresh()).await;
        app.refresh(first.refresh()).await.assert_refused(400, "invalid_grant");
        app.refresh(second.refresh()).await.assert_refused(400, "invalid_grant");
        app.userinfo(&second.access_token).await.assert_refused(401, "invalid_token");
    });
}

/// A client whose answer was lost on the way knows only its old token. It may come again
/// with it, as long as nobody used what the answer carried (F2 §5.3.2.1-9).
#[test]
fn a_client_that_never_got_the_answer_may_ask_again() {
    on_every_database_with(&NO_OVERLAP, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let first = app.sign_in(&browser, &ada, app.offline_request()).await;
        let lost = refresh_token(&app.refresh(first.refresh()).await);
        let found = refresh_token(&app.refresh(first.refresh()).await);
        assert_ne!(lost, found);
        let next = refresh_token(&app.refresh(&found).await);

        // The window has closed: what came before is nobody's now.
        app.refresh(first.refresh()).await.assert_refused(400, "invalid_grant");
        app.refresh(&next).await.assert_refused(400, "invalid_grant");

        let told = events_of(&server, "token.refresh_retried");
        let evidence = &told[0]["evidence"];
        assert_eq!(evidence["generation"], 1, "{evidence}");
        assert_eq!(evidence["first_used_from"], "127.0.0.1", "{evidence}");
        assert!(evidence["first_used_at"].is_string(), "{evidence}");
        let told = events_of(&server, "token.theft_suspected");
        assert!(told[0]["evidence"]["successor_used_at"].is_string(), "{told}");
    });
}

/// A lost answer may be asked for again only so long: afterwards it is a thief who comes.
#[test]
fn a_lost_answer_comes_again_within_its_window_only() {
    let window = [("SIGNET_REFRESH_OVERLAP", "0s"), ("SIGNET_REFRESH_RETRY_WINDOW", "8s")];
    on_every_database_with(&window, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let first = app.sign_in(&browser, &ada, app.offline_request()).await;
        app.refresh(first.refresh()).await;
        let found = app.refresh(first.refresh()).await;
        assert_eq!(found.status, 200, "{found}");

        tokio::time::sleep(Duration::from_millis(8100)).await;
        app.refresh(first.refresh()).await.assert_refused(400, "invalid_grant");
        let told = events_of(&server, "token.theft_suspected");
        assert!(told[0]["evidence"]["seconds_since_first_use"].as_i64() >= Some(8), "{told}");
        app.refresh(&refresh_token(&found)).await.assert_refused(400, "invalid_grant");
    });
}

/// Of an answer that was lost and one that was not, only the later one is good.
#[test]
fn what_was_lost_and_is_found_again_kills_the_family() {
    on_every_database_with(&NO_OVERLAP, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let first = app.sign_in(&browser, &ada, app.offline_request()).await;
        let lost = refresh_token(&app.refresh(first.refresh()).await);
        let found = refresh_token(&app.refresh(first.refresh()).await);
        app.refresh(&lost).await.assert_refused(400, "invalid_grant");
        app.refresh(&found).await.assert_refused(400, "invalid_grant");
    });
}

/// The access token of an answer shows that the answer arrived: nobody comes again because
/// it was lost.
#[test]
fn an_access_token_that_was_used_closes_the_window() {
    on_every_database_with(&NO_OVERLAP, async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let (app, api) =
            (server.app("app"), server.client_with("api", "web", &["--introspect-any"]));
        let stranger = server.client("stranger");
        for uses in ["userinfo", "introspection"] {
            let first = app.sign_in(&browser, &ada, app.offline_request()).await;
            // Its own access token says nothing about the next answer.
            app.userinfo(&first.access_token).await;
            let lost = app.refresh(first.refresh()).await;
            refresh_token(&app.refresh(first.refresh()).await);

            let access_token = lost.json()["access_token"].as_str().unwrap().to_owned();
            // Whoever may not ask after it changes nothing by asking.
            let form = Params::new(&[("token", &access_token)]);
            assert_eq!(stranger.post("/revoke", &form).await.status, 200);
            assert_eq!(stranger.introspect(&access_token).await["active"], false);
            refresh_token(&app.refresh(first.refresh()).await);
            if uses == "userinfo" {
                assert_eq!(app.userinfo(&access_token).await.status, 200);
            } else {
                assert_eq!(api.introspect(&access_token).await["active"], true);
            }
            app.refresh(first.refresh()).await.assert_refused(400, "invalid_grant");
            app.userinfo(&access_token).await.assert_refused(401, "invalid_token");
        }
    });
}

/// The connection is cut before the answer and at each of its bytes; the client comes again
/// with what it has. It is never signed out.
#[test]
fn a_connection_cut_at_any_byte_signs_nobody_out() {
    // The requests come at once after each other. Without windows at the same moment the later
    // one takes the place of the earlier one; with the usual settings it stands beside it.
    for settings in [&NO_OVERLAP[..], &[]] {
        on_every_database_with(settings, a_connection_cut_at_any_byte);
    }
}

async fn a_connection_cut_at_any_byte(server: Server) {
    let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
    let mut token = app.sign_in(&browser, &ada, app.offline_request()).await.refresh().to_owned();
    let mut cut = 0;
    loop {
        let request = refresh_request(&app, &token);
        let read = cut_off(&server, &request, cut).await;
        if read < cut {
            // The whole answer fitted in: it is known at every byte.
            break;
        }
        let answer = app.refresh(&token).await;
        assert_eq!(answer.status, 200, "cut at byte {cut}: {answer}");
        token = refresh_token(&answer);
        cut += 1;
    }
    assert!(cut > 1500, "an answer has more than {cut} bytes");

    // And while the request is on its way.
    let request = refresh_request(&app, &token);
    for sent in (0..request.len()).step_by(7) {
        cut_off(&server, &request[..sent], 0).await;
    }
    refresh_token(&app.refresh(&token).await);
    assert!(events_of(&server, "token.theft_suspected").as_array().unwrap().is_empty());
}

/// The events of this kind, newest first.
pub(crate) fn events_of(server: &Server, action: &str) -> Value {
    let events = server.cli(&["audit", "list", "--limit", "10000"]).done();
    let wanted = |event: &&Value| event["action"] == action;
    events.as_array().unwrap().iter().filter(wanted).cloned().collect()
}

/// A refresh as it goes over the wire.
fn refresh_request(app: &RelyingParty, token: &str) -> Vec<u8> {
    let body = format!("grant_type=refresh_token&client_id={}&refresh_token={token}", app.id);
    format!(
        "POST /token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends this, reads so many bytes of the answer and cuts the connection. Gives how many
/// there were.
async fn cut_off(server: &Server, request: &[u8], bytes: usize) -> usize {
    let mut connection = TcpStream::connect(server.address()).await.expect("somebody listens");
    connection.write_all(request).await.expect("the server reads");
    let mut answer = vec![0; bytes];
    let mut read = 0;
    while read < bytes {
        match connection.read(&mut answer[read..]).await {
            Ok(0) | Err(_) => break,
            Ok(more) => read += more,
        }
    }
    read
}

/// 93 (RFC 6749 §10.10, App. A.17)
#[test]
fn refresh_tokens_are_long_printable_and_all_different() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let mut token =
            app.sign_in(&browser, &ada, app.offline_request()).await.refresh().to_owned();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..20 {
            assert!(token.len() >= 22, "128 bits need 22 characters of base64url: {token}");
            assert!(token.bytes().all(|byte| (0x20..=0x7E).contains(&byte)), "{token}");
            assert!(seen.insert(token.clone()), "{token} comes twice");
            token = refresh_token(&app.refresh(&token).await);
        }
        for guess in ["", "x", &"A".repeat(43), &token[1..], &format!("{token}A"), "\u{0}"] {
            let answer = app.refresh(guess).await;
            assert_eq!(answer.status, 400, "{answer}");
        }
        refresh_token(&app.refresh(&token).await);
    });
}

/// 94 (RFC 6749 §10.4): disabling, a new password, signing out and deleting the client end what was given.
#[test]
fn what_an_operator_ends_is_over_at_once() {
    on_every_database(async |server| {
        let app = server.app("app");
        let doomed = server.app("doomed");
        let shop = server.client("shop");
        let (ada, eve, kim) =
            (server.add_user("ada"), server.add_user("eve"), server.add_user("kim"));
        let sign_in = async |person, party: &RelyingParty| {
            party.sign_in(&server.browser(), person, party.offline_request()).await
        };
        let over = [sign_in(&ada, &app).await, sign_in(&eve, &app).await];
        let (confidential, kims) = (sign_in(&ada, &shop).await, sign_in(&kim, &app).await);
        let deleted = sign_in(&kim, &doomed).await;

        server.cli(&["user", "disable", &ada.email]).done();
        let new = "another password\n";
        let args = ["user", "set-password", &*eve.username, "--password-stdin"];
        server.cli_with_input(&args, new).done();
        server.cli(&["client", "delete", &doomed.id]).done();

        for tokens in &over {
            app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
            app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        }
        shop.refresh(confidential.refresh()).await.assert_refused(400, "invalid_grant");
        let gone = doomed.refresh(deleted.refresh()).await;
        assert!(matches!(gone.status, 400 | 401), "{gone}");
        let error = gone.json()["error"].clone();
        assert!(error == "invalid_client" || error == "invalid_grant", "{gone}");
        doomed.userinfo(&deleted.access_token).await.assert_refused(401, "invalid_token");
        app.refreshed(kims.refresh()).await;
    });
}

/// 94 (Core §11), 119 (Back-Channel Logout §2.7): what is for offline use outlives the session, all else ends with it.
#[test]
fn signing_out_ends_access_that_is_not_for_offline_use() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let online = app.sign_in(&browser, &ada, app.request()).await;
        let offline = app.sign_in(&browser, &ada, app.offline_request()).await;
        let page = browser.open(&app.at("/logout")).await.page();
        browser.press(&page, "logout-confirm", &[]).await.page();
        app.userinfo(&online.access_token).await.assert_refused(401, "invalid_token");
        app.refreshed(offline.refresh()).await;
    });
}

/// A refresh token ends with its time and with its grant's.
#[test]
fn refresh_tokens_end_with_their_time() {
    for settings in [("SIGNET_REFRESH_TOKEN_LIFETIME", "6s"), ("SIGNET_GRANT_LIFETIME", "6s")] {
        on_every_database_with(&[settings], async |server| {
            let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
            let first = app.sign_in(&browser, &ada, app.offline_request()).await;
            let second = app.refreshed(first.refresh()).await;
            tokio::time::sleep(Duration::from_millis(6100)).await;
            app.refresh(second.refresh()).await.assert_refused(400, "invalid_grant");
        });
    }
}

/// Whoever refreshed in time and never got the answer may ask again, also once the time of
/// their token is over.
#[test]
fn an_answer_lost_at_the_last_moment_comes_again() {
    let short = [("SIGNET_REFRESH_TOKEN_LIFETIME", "4s"), ("SIGNET_REFRESH_OVERLAP", "0s")];
    on_every_database_with(&short, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let first = app.sign_in(&browser, &ada, app.offline_request()).await;
        app.refreshed(first.refresh()).await;
        tokio::time::sleep(Duration::from_millis(4100)).await;
        let found = app.refreshed(first.refresh()).await;
        app.refreshed(found.refresh()).await;
        app.refresh(first.refresh()).await.assert_refused(400, "invalid_grant");
    });
}

/// 67 (RFC 6749 §5.1): what is given is good for a second at least, up to the end of its grant.
#[test]
fn no_token_is_over_before_it_is_given() {
    on_every_database_with(&[("SIGNET_GRANT_LIFETIME", "4s")], async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let mut token =
            app.sign_in(&browser, &ada, app.offline_request()).await.refresh().to_owned();
        let end = loop {
            let answer = app.refresh(&token).await;
            if answer.status != 200 {
                break answer;
            }
            let seconds = answer.json()["expires_in"].as_i64().unwrap();
            assert!((1..=5).contains(&seconds), "{answer}");
            token = refresh_token(&answer);
        };
        end.assert_refused(400, "invalid_grant");
    });
}
