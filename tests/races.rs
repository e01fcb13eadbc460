//! Many at the same moment, of whom one may win.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::harness::browser::Arrival;
use crate::harness::client::RelyingParty;
use crate::harness::database::{Durability, Kind};
use crate::harness::http::Answer;
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_database, on_every_database_with, on_every_site};

/// How many race.
const RACERS: usize = 16;

/// 81 (RFC 6749 §10.5)
#[test]
fn of_many_that_redeem_a_code_exactly_one_wins() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for _ in 0..10 {
            let request = app.offline_request();
            let returned = browser.sign_in(&request.url(), &ada).await;
            let form = app.code_form(&request, &returned);
            let answers = at_once(RACERS, |_| {
                let (app, form) = (app.clone(), form.clone());
                async move { app.token(&form).await }
            })
            .await;
            let (won, lost): (Vec<_>, Vec<_>) =
                answers.into_iter().partition(|answer| answer.status == 200);
            assert_eq!(won.len(), 1, "so many won");
            for answer in lost {
                answer.assert_refused(400, "invalid_grant");
            }
        }
    });
}

/// 81 (RFC 6749 §4.1.2): twins of one request are no replay, however long they wait for their turn,
/// so the one that wins keeps what it got.
#[test]
fn who_redeems_a_code_first_of_many_keeps_the_tokens() {
    on_every_database_with(&[("SIGNET_REQUESTS_AT_ONCE", "2")], async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let request = app.offline_request();
        let returned = browser.sign_in(&request.url(), &ada).await;
        let form = app.code_form(&request, &returned);
        // All are here before the first of them can be answered; four of them have no place yet.
        let over = slowly(&server, "UPDATE grants SET seen_generation = seen_generation").await;
        let answers = at_once(6, |_| {
            let (app, form) = (app.clone(), form.clone());
            async move { app.token(&form).await }
        })
        .await;
        over.await.unwrap();
        let won = answers.iter().find(|answer| answer.status == 200).expect("one wins");
        let access_token = won.json()["access_token"].as_str().unwrap_or_default().to_owned();
        assert_eq!(app.userinfo(&access_token).await.status, 200, "they were taken back");
        // At least one of those that had to wait for a place was not sent away.
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 400).collect();
        assert!(refused.len() >= 2, "{refused:?}");
        for lost in refused {
            lost.assert_refused(400, "invalid_grant");
        }
    });
}

/// 92 (RFC 9700 §4.14.2): each of them may be another window of the client, so each may
/// get a successor; the first successor that is used is the one that counts.
#[test]
fn of_many_that_use_a_refresh_token_exactly_one_successor_stays_alive() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for _ in 0..10 {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let mut alive = 0;
            for successor in race(&app, tokens.refresh()).await {
                match app.refresh(&successor).await {
                    next if next.status == 200 => alive += 1,
                    next => next.assert_refused(400, "invalid_grant"),
                }
            }
            assert_eq!(alive, 1);
        }
    });
}

/// 92 (RFC 9700 §4.14.2): where neither windows nor lost answers are reckoned with, one of them gets a
/// successor. The others kill the family if they come after it was told so, and do no harm
/// if they did not.
#[test]
fn without_any_window_exactly_one_gets_a_successor() {
    let strict = [("SIGNET_REFRESH_RETRY_WINDOW", "0s"), ("SIGNET_REFRESH_OVERLAP", "0s")];
    on_every_database_with(&strict, async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for _ in 0..10 {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let successors = race(&app, tokens.refresh()).await;
            assert_eq!(successors.len(), 1);
            let next = app.refresh(&successors[0]).await;
            if next.status != 200 {
                next.assert_refused(400, "invalid_grant");
                app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
            }
        }
    });
}

/// Two windows that use one token at the same moment, and then both what they got: one of
/// the two counts, at most.
#[test]
fn of_two_successors_used_at_once_at_most_one_counts() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        for _ in 0..10 {
            let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
            let successors = race(&app, tokens.refresh()).await;
            let answers = at_once(successors.len(), |number| {
                let (app, token) = (app.clone(), successors[number].clone());
                async move { app.refresh(&token).await }
            })
            .await;
            let won = answers.iter().filter(|answer| answer.status == 200).count();
            assert!(won <= 1, "{won} of them counted");
        }
    });
}

/// Uses one refresh token many times at the same moment and gives the successors.
async fn race(app: &RelyingParty, token: &str) -> Vec<String> {
    let answers = at_once(RACERS, |_| {
        let (app, token) = (app.clone(), token.to_owned());
        async move { app.refresh(&token).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    for answer in lost {
        answer.assert_refused(400, "invalid_grant");
    }
    let successor = |answer: &Answer| answer.json()["refresh_token"].as_str().unwrap().to_owned();
    won.iter().map(successor).collect()
}

/// Of the same sign-in in many windows one ends it, whether it still has to be allowed or
/// was before.
#[test]
fn a_sign_in_that_ends_many_times_at_once_gives_one_code() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let login = browser.open(&shop.request().url()).await.page();
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let consent = std::sync::Arc::new(consent);
        let arrivals = at_once(RACERS, |_| {
            let (browser, consent) = (browser.stolen(), consent.clone());
            async move { browser.press(&consent, "consent-allow", &[]).await }
        })
        .await;
        assert_eq!(codes(arrivals), 1);

        for _ in 0..5 {
            // A form from elsewhere is kept until the browser comes for it.
            let params = shop.request().params;
            let answer = server.http().post(&shop.at("/authorize"), &params.borrowed()).await;
            let kept = answer.header("location");
            let arrivals = at_once(RACERS, |_| {
                let (browser, kept) = (browser.stolen(), kept.clone());
                async move { browser.open(&kept).await }
            })
            .await;
            assert_eq!(codes(arrivals), 1);
        }
    });
}

/// What is withdrawn while more is allowed stays withdrawn: only what the page asked stands.
#[test]
fn a_withdrawal_is_not_undone_by_a_consent_of_the_same_moment() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        shop.sign_in(&browser, &ada, shop.request().with("scope", "openid profile")).await;
        let more = shop.request().with("scope", "openid email");
        let page = browser.open(&more.url()).await.page();
        // A withdrawal that has begun and is slow to end; SQLite lets nobody write meanwhile.
        let database = server.database.clone();
        let withdrawal = match database.kind {
            Kind::Postgres => "BEGIN; DELETE FROM consents; SELECT pg_sleep(1); COMMIT",
            Kind::Sqlite => "DELETE FROM consents",
        };
        let withdrawn = tokio::task::spawn_blocking(move || database.run(withdrawal));
        tokio::time::sleep(Duration::from_millis(400)).await;
        browser.press(&page, "consent-allow", &[]).await.returned().code();
        withdrawn.await.unwrap();
        let allowed = server.database.run("SELECT scope FROM consents");
        assert_eq!(allowed, "openid email");
    });
}

/// Core §3.1.2.6: whoever wants no page is shown none, even if what made one needless ends at the
/// same moment; anybody else starts anew.
#[test]
fn a_session_that_ends_meanwhile_is_told_to_whoever_wants_no_page() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let silent = app.request().with("prompt", "none");
        for is_silent in [true, false] {
            let browser = server.browser();
            browser.sign_in(&app.request().url(), &ada).await;
            // A sign-out that has begun.
            let end = "UPDATE sessions SET ended_at = 1 WHERE ended_at IS NULL";
            let ended = slowly(&server, end).await;
            if is_silent {
                let returned = browser.open(&silent.url()).await.returned();
                assert_eq!(returned.get("error"), Some("interaction_required"));
            } else {
                let page = browser.open(&app.request().url()).await.page();
                assert!(page.has("username"), "{page}");
            }
            ended.await.unwrap();
        }
    });
}

/// Changes something in a unit of work that has begun when this answers, and lasts some time longer.
async fn slowly(server: &Server, change: &'static str) -> tokio::task::JoinHandle<()> {
    let database = server.database.clone();
    let over = tokio::task::spawn_blocking(move || database.run_slowly(change));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!over.is_finished(), "it was too fast");
    over
}

/// How many got a code; the others a page that says that it is over.
fn codes(arrivals: Vec<Arrival>) -> usize {
    let mut codes = 0;
    for arrival in arrivals {
        match arrival {
            Arrival::Left(returned) => {
                returned.code();
                codes += 1;
            }
            Arrival::Page(page) => page.assert_error("invalid_request", None),
        }
    }
    codes
}

/// Of several servers that start at once on a fresh store one makes the tables and the
/// keys, and all work as one.
#[test]
fn servers_that_start_at_once_share_what_one_of_them_makes() {
    on_every_site(Durability::Relaxed, async |site| {
        let (other, third) = (site.twin(), site.twin());
        let mut servers = [site.spawn(), other.spawn(), third.spawn()];
        let mut keys = BTreeSet::new();
        for server in &mut servers {
            server.wait_until_ready().await;
            // The key that signs comes first.
            keys.insert(server.get("/jwks").await.json()["keys"][0].to_string());
        }
        assert_eq!(keys.len(), 1, "{keys:?}");
        let [first, second, third] = &servers;
        let listed = first.cli(&["key", "list"]).done();
        let signing = listed.as_array().unwrap().iter().filter(|key| key["state"] == "active");
        assert_eq!(signing.count(), 1, "{listed}");

        // A sign-in that begins at one goes on at another, and the code is worth something
        // at the third.
        let (ada, mut shop) = (first.add_user("ada"), first.client("shop"));
        let request = shop.request();
        let begun = first.browser();
        let login = begun.open(&request.url()).await.page();
        let gone_on = begun.moved(second.http());
        let consent = gone_on.enter(&login, &ada.username, &ada.password).await.page();
        let returned = gone_on.press(&consent, "consent-allow", &[]).await.returned();
        shop.http = third.http();
        let tokens = shop.redeem(&request, &returned).await;
        shop.http = first.http();
        assert_eq!(shop.userinfo(&tokens.access_token).await.status, 200);
        first.cli(&["user", "disable", &ada.username]).done();
        shop.http = second.http();
        shop.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
    });
}

/// Of several operators with the same idea one is first.
#[test]
fn a_user_name_is_given_once() {
    on_every_database(async |server| {
        let add = |_| {
            let args = ["user", "add", "ada", "--password-stdin"];
            server.cli_with_input(&args, "korrekt pferd batterie\n").code
        };
        let outcomes = operators(4, add);
        assert_eq!(outcomes.iter().filter(|&&code| code == 0).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|&&code| code == 3).count(), 3, "{outcomes:?}");
    });
}

#[test]
fn a_role_or_group_is_renamed_to_a_free_name_alone() {
    on_every_database(async |server| {
        for kind in ["role", "group"] {
            for one in ["a", "b", "c", "d"] {
                server.cli(&[kind, "add", one]).done();
            }
            let rename = |number| {
                let one = ["a", "b", "c", "d"][number];
                server.cli(&[kind, "change", one, "--name", "same"]).code
            };
            let outcomes = held_up(&server, || operators(4, rename));
            assert_eq!(outcomes.iter().filter(|&&code| code == 0).count(), 1, "{outcomes:?}");
            assert_eq!(outcomes.iter().filter(|&&code| code == 3).count(), 3, "{outcomes:?}");
        }
    });
}

/// Whoever changes roles, groups and who is in them waits for the others, and no two wait for
/// each other.
#[test]
fn roles_and_groups_are_changed_by_many_at_once() {
    on_every_database(async |server| {
        for person in ["root", "ada", "bob"] {
            server.add_user(person);
        }
        server.cli(&["role", "give", "administrator", "root"]).done();
        server.cli(&["group", "add", "staff"]).done();
        server.cli(&["group", "join", "staff", "ada"]).done();
        let work = |number: usize| {
            let args: &[&str] = match number {
                0 => &["role", "give", "administrator", "--group", "staff"],
                1 => &["group", "leave", "staff", "ada"],
                2 => &["group", "join", "staff", "bob"],
                _ => &["role", "give", "support", "--group", "staff"],
            };
            server.cli(args).done();
        };
        held_up(&server, || operators(4, work));
        let told = server.cli(&["group", "show", "staff"]).done();
        assert_eq!(told["roles"], serde_json::json!(["administrator", "support"]), "{told:#}");
    });
}

/// On PostgreSQL, holds up whoever changes roles and groups until everybody has come, so that
/// all go on at once; SQLite has one who writes.
fn held_up<T>(server: &Server, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        if server.database.kind == Kind::Postgres {
            scope.spawn(|| {
                server.database.run(
                    "SELECT 1 FROM roles FOR UPDATE; SELECT 1 FROM user_groups FOR UPDATE;
                     SELECT pg_sleep(1)",
                );
            });
            std::thread::sleep(Duration::from_millis(200));
        }
        work()
    })
}

/// Operators who do something at the same moment, each with a number.
fn operators<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let racers: Vec<_> = (0..count).map(|number| scope.spawn(move || work(number))).collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer arrives")).collect()
    })
}
