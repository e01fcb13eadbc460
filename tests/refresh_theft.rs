//! Several holders of one refresh token: windows of one client, or its owner and a thief.

use crate::harness::{on_every_database, on_every_database_with};
use crate::refresh::{NO_OVERLAP, events_of, refresh_token};

/// Two windows of one client that refresh at the same moment both get tokens. Whichever
/// the client goes on with is good.
#[test]
fn two_windows_do_not_kill_each_other() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for kept in 0..2 {
            let mut token =
                app.sign_in(&browser, &ada, app.offline_request()).await.refresh().to_owned();
            for _ in 0..3 {
                let windows = [app.refresh(&token).await, app.refresh(&token).await];
                // What each of them got opens what it should, at once.
                for answer in &windows {
                    let body = answer.json();
                    let access_token = body["access_token"].as_str().unwrap();
                    assert_eq!(app.userinfo(access_token).await.status, 200);
                }
                token = refresh_token(&windows[kept]);
            }
            refresh_token(&app.refresh(&token).await);
        }
        assert!(!events_of(&server, "token.refresh_overlapped").as_array().unwrap().is_empty());
        assert!(events_of(&server, "token.theft_suspected").as_array().unwrap().is_empty());
    });
}

/// 92 (RFC 9700 §4.14.2): a copied token, used by its owner and by a thief in every order of six requests.
/// Whoever comes second, the next request of the other one is the end of the family.
#[test]
fn a_copied_token_kills_the_family_whoever_uses_it_when() {
    on_every_database_with(&NO_OVERLAP, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for order in 0..32_u32 {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let mut held = [tokens.refresh().to_owned(), tokens.refresh().to_owned()];
            let (mut last, mut second_came, mut is_dead) = (None, false, false);
            for turn in 0..6 {
                let holder = usize::from(turn > 0 && order & (1 << (turn - 1)) != 0);
                let case = format!("order {order:05b}, turn {turn}");
                let answer = app.refresh(&held[holder]).await;
                let other_was_last = last.is_some_and(|last| last != holder);
                if is_dead || (second_came && other_was_last) {
                    answer.assert_refused(400, "invalid_grant");
                    is_dead = true;
                    continue;
                }
                if other_was_last && answer.status != 200 {
                    // The other one had used what it got already: it ends here.
                    answer.assert_refused(400, "invalid_grant");
                    is_dead = true;
                    continue;
                }
                assert_eq!(answer.status, 200, "{case}: {answer}");
                held[holder] = refresh_token(&answer);
                second_came |= other_was_last;
                last = Some(holder);
            }
            if is_dead {
                let answer = app.userinfo(&tokens.access_token).await;
                answer.assert_refused(401, "invalid_token");
            }
        }
    });
}

/// 92 (RFC 9700 §4.14.2): the same with the usual settings, and a thief who is as quick as
/// another window. Nobody can tell the two at first, so both get tokens; once each of them has
/// made one more request, in whatever order, the family is dead.
#[test]
fn a_copied_token_kills_the_family_once_both_have_gone_on() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for order in 0..32_u32 {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let mut held = [tokens.refresh().to_owned(), tokens.refresh().to_owned()];
            let (mut second_came, mut went_on, mut is_dead) = (false, None, false);
            for turn in 0..6 {
                let holder = usize::from(turn > 0 && order & (1 << (turn - 1)) != 0);
                let case = format!("order {order:05b}, turn {turn}");
                let answer = app.refresh(&held[holder]).await;
                if second_came {
                    // One of them goes on as if nothing had happened; the other one ends it.
                    let first = *went_on.get_or_insert(holder);
                    is_dead |= first != holder;
                } else if holder == 1 {
                    second_came = true;
                    // Too late, where the owner had used the successor already.
                    is_dead = turn > 1;
                }
                if is_dead {
                    answer.assert_refused(400, "invalid_grant");
                } else {
                    assert_eq!(answer.status, 200, "{case}: {answer}");
                    held[holder] = refresh_token(&answer);
                }
            }
            let told = app.userinfo(&tokens.access_token).await;
            assert_eq!(told.status, if is_dead { 401 } else { 200 }, "order {order:05b}: {told}");
        }
    });
}

/// What it costs that a thief may be that quick: windows that do not tell each other which
/// token they got look like two holders, and are signed out together.
#[test]
fn two_windows_that_each_keep_their_own_token_are_two_holders() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let first = app.sign_in(&browser, &ada, app.offline_request()).await;
        let windows = [app.refresh(first.refresh()).await, app.refresh(first.refresh()).await];
        let [one, other] = windows.map(|answer| refresh_token(&answer));
        let next = refresh_token(&app.refresh(&one).await);
        app.refresh(&other).await.assert_refused(400, "invalid_grant");
        app.refresh(&next).await.assert_refused(400, "invalid_grant");
        let told = events_of(&server, "token.theft_suspected");
        assert!(told[0]["evidence"]["rival_used_at"].is_string(), "{told}");
    });
}

/// 92 (RFC 9700 §4.14.2): both have tokens for a moment,
/// and the family is dead once both have used them.
#[test]
fn a_thief_who_is_quick_is_caught_when_both_go_on() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for first in 0..2 {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let held = [
                refresh_token(&app.refresh(tokens.refresh()).await),
                refresh_token(&app.refresh(tokens.refresh()).await),
            ];
            let next = refresh_token(&app.refresh(&held[first]).await);
            app.refresh(&held[1 - first]).await.assert_refused(400, "invalid_grant");
            app.refresh(&next).await.assert_refused(400, "invalid_grant");
            app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        }
    });
}
