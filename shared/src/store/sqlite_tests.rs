use std::sync::Arc;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};

use crate::model::factor::FactorProof;
use crate::model::interaction::AskedClaims;
use crate::model::{
    Action, Actor, AuditEvent, AuthorizationCode, Client, ClientKind, Factor, Grant, Level,
    Profile, RefreshToken, Scope, Session, Timestamp, User, UserId,
};
use crate::store::{
    Challenge, EventFilter, Find, Order, Redemption, Store, StoreError, Tx, View, run,
};

/// Connections that only look.
const READERS: u32 = 4;

async fn store(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let store = Store::open(&url, READERS).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn user(name: &str) -> User {
    User {
        id: name.into(),
        username: name.to_owned(),
        email: None,
        email_verified: false,
        profile: Profile::default(),
        password_hash: None,
        disabled_at: None,
        sign_outs: 0,
        version: 1,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

/// A unit of work that has added a client and a person who is signed in.
async fn with_session(store: &Store) -> Tx {
    let mut tx = store.begin().await.unwrap();
    tx.add_user(&user("ada")).await.unwrap();
    let shop = Client::new("shop".into(), "Shop", ClientKind::Web, Timestamp(0));
    assert!(tx.add_client(&shop).await.unwrap());
    tx.add_session(&session(), "hash").await.unwrap();
    tx
}

async fn add_grant(tx: &mut Tx, grant: &Grant) {
    let code = AuthorizationCode {
        grant_id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        redirect_uri: "https://shop.example/cb".to_owned(),
        code_challenge: None,
        nonce: None,
        expires_at: grant.created_at,
        redeemed_at: None,
    };
    tx.add_grant(grant, &format!("code of {}", grant.id), &code).await.unwrap();
}

async fn count(store: &Store) -> i64 {
    store.view().await.unwrap().count(Timestamp(0)).await.unwrap().users
}

#[tokio::test]
async fn a_unit_that_is_dropped_leaves_no_trace_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;

    let mut dropped = store.begin().await.unwrap();
    assert!(dropped.add_user(&user("dropped")).await.unwrap());
    drop(dropped);
    let mut kept = store.begin().await.unwrap();
    assert!(kept.add_user(&user("kept")).await.unwrap());
    kept.commit().await.unwrap();

    assert_eq!(count(&store).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_exactly_those_that_commit_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let start = Arc::new(tokio::sync::Barrier::new(200));

    let units = (0..200).map(|number| {
        let (store, start) = (store.clone(), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            let mut tx = store.begin().await.unwrap();
            tx.add_user(&user(&format!("user{number}"))).await.unwrap();
            match number % 4 {
                0 => drop(tx),
                // Its caller hangs up while it waits to be durable.
                1 => drop(tokio::time::timeout(Duration::ZERO, tx.commit()).await),
                _ => tx.commit().await.unwrap(),
            }
        })
    });
    for unit in units.collect::<Vec<_>>() {
        unit.await.unwrap();
    }
    store.begin().await.unwrap().commit().await.unwrap();

    let kept = count(&store).await;
    assert_eq!(kept, 150, "what was asked to be kept is, heard or not; what was dropped is not");
}

/// Counts the tables as often as nobody has time to wait for.
async fn count_for_ever(view: &mut View) -> Result<i64, StoreError> {
    Ok(run!(
        view,
        fetch_one,
        sqlx::query_scalar(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)
             SELECT COUNT(*) FROM numbers, sqlite_master"
        )
    )?)
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_any_more_is_given_up() {
    const SOON: Duration = Duration::from_secs(5);
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for _ in 0..READERS {
        let mut view = store.view().await.unwrap();
        let asked = tokio::time::timeout(Duration::from_millis(20), count_for_ever(&mut view));
        assert!(asked.await.is_err(), "it is still counting");
    }

    let short = tokio::time::timeout(SOON, count(&store)).await;
    assert_eq!(short.expect("the next question does not wait for it"), 0);
    // The log can be emptied once nobody reads from it.
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("test.db"));
    let mut other = file.busy_timeout(SOON).connect().await.unwrap();
    let emptied = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut other);
    assert_eq!(emptied.await.unwrap_or(1), 0, "all have stopped");
    other.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_at_the_same_moment_gets_their_own_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut tx = with_session(&store).await;
    for number in 0..100 {
        add_grant(&mut tx, &grant(number)).await;
    }
    tx.commit().await.unwrap();

    let askers = (0..400).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let id = grant(number % 200).id;
            let found = store.find_family(&id);
            if number % 7 == 0 {
                // Hangs up at once, whether they ask for others too or not.
                drop(tokio::time::timeout(Duration::ZERO, found).await);
                return;
            }
            match found.await.unwrap() {
                Some((found, ada)) => {
                    assert_eq!((found.id, ada.id), (grant(number % 200).id, "ada".into()));
                }
                None => assert!(number % 200 >= 100, "{number} is there"),
            }
        })
    });
    for asker in askers.collect::<Vec<_>>() {
        asker.await.unwrap();
    }
}

fn refresh_token(family: usize, name: &str) -> RefreshToken {
    RefreshToken {
        hash: format!("{family} {name}"),
        grant_id: grant(family).id,
        generation: 1,
        issued_at: Timestamp(0),
        expires_at: Timestamp(1),
        used_at: None,
        used_from: None,
        superseded_at: None,
        rival_used_at: None,
        successor_used_at: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_use_tokens_of_a_family_at_the_same_moment_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut tx = with_session(&store).await;
    for family in 0..20 {
        add_grant(&mut tx, &grant(family)).await;
        for rival in ["one", "two"] {
            tx.add_refresh_token(&refresh_token(family, rival)).await.unwrap();
        }
    }
    tx.commit().await.unwrap();

    let start = Arc::new(tokio::sync::Barrier::new(120));
    let askers = (0..120).map(|number| {
        let (store, start) = (store.clone(), Arc::clone(&start));
        tokio::spawn(async move {
            let (family, rival) = (number % 20, if number < 60 { "one" } else { "two" });
            let redemption = Redemption {
                token: refresh_token(family, rival),
                successor: Some(RefreshToken {
                    generation: 2,
                    ..refresh_token(family, &format!("successor {number}"))
                }),
                from: "127.0.0.1".to_owned(),
                event: AuditEvent::new(Action::TokenRefreshed, Actor::System, Timestamp(0)),
            };
            start.wait().await;
            let used = store.redeem_refresh_token(Arc::new(redemption), || Timestamp(0)).await;
            used.unwrap().then_some((family, number))
        })
    });
    let mut users = std::collections::HashMap::new();
    for asker in askers.collect::<Vec<_>>() {
        if let Some((family, number)) = asker.await.unwrap() {
            assert_eq!(users.insert(family, number), None, "{family} was used twice");
        }
    }

    assert_eq!(users.len(), 20, "each family was used");
    let mut view = store.view().await.unwrap();
    for number in 0..120 {
        let family = number % 20;
        let successor = refresh_token(family, &format!("successor {number}")).hash;
        let is_there = view.find_refresh_token(&successor).await.unwrap().is_some();
        assert_eq!(is_there, users[&family] == number, "{successor}");
    }
    let find = Find { limit: 100, ..Find::default() };
    let events = view.find_events(&find, &EventFilter::All).await.unwrap().items;
    assert_eq!(events.len(), 20, "one event each");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_units_with_one_code_exactly_one_redeems_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let (ada, hash): (UserId, _) = ("ada".into(), "hash");
    let factor = Factor {
        id: "totp".into(),
        user_id: ada.clone(),
        name: "Phone".to_owned(),
        proof: FactorProof::Totp { sealed_seed: "sealed".to_owned() },
        created_at: Timestamp(0),
        last_used_at: None,
    };
    let mut tx = store.begin().await.unwrap();
    tx.add_user(&user("ada")).await.unwrap();
    assert!(tx.add_factor(&factor).await.unwrap());
    tx.set_recovery_codes(&ada, &[hash.to_owned()], Timestamp(0)).await.unwrap();
    tx.commit().await.unwrap();

    for is_recovery in [false, true] {
        let start = Arc::new(tokio::sync::Barrier::new(16));
        let units = (0..16).map(|_| {
            let (store, start) = (store.clone(), Arc::clone(&start));
            let (ada, totp) = (ada.clone(), factor.id.clone());
            tokio::spawn(async move {
                start.wait().await;
                let mut tx = store.begin().await.unwrap();
                let redeemed = if is_recovery {
                    tx.redeem_recovery_code(&ada, hash, Timestamp(1)).await
                } else {
                    tx.redeem_totp_period(&totp, 7, Timestamp(1)).await
                };
                tx.commit().await.unwrap();
                redeemed.unwrap()
            })
        });
        let mut redeemed = 0;
        for unit in units.collect::<Vec<_>>() {
            redeemed += usize::from(unit.await.unwrap());
        }
        assert_eq!(redeemed, 1, "recovery: {is_recovery}");
    }
    let mut tx = store.begin().await.unwrap();
    assert!(!tx.redeem_totp_period(&factor.id, 6, Timestamp(2)).await.unwrap(), "an earlier one");
    assert!(tx.redeem_totp_period(&factor.id, 8, Timestamp(2)).await.unwrap(), "a later one");
}

#[tokio::test]
async fn a_question_is_answered_in_time_in_its_browser_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let asked = Challenge {
        id: "id".to_owned(),
        purpose: "passkey".to_owned(),
        browser_hash: "browser".to_owned(),
        sealed_state: "sealed".to_owned(),
        expires_at: Timestamp(100),
    };
    let mut tx = store.begin().await.unwrap();
    tx.add_challenge(&asked).await.unwrap();
    tx.commit().await.unwrap();
    let mut view = store.view().await.unwrap();
    for (purpose, browser, now, is_there) in [
        ("passkey", "browser", 99, true),
        ("passkey", "browser", 100, false),
        ("passkey", "other", 99, false),
        ("key", "browser", 99, false),
    ] {
        let found = view.find_challenge("id", purpose, browser, Timestamp(now)).await.unwrap();
        assert_eq!(found.is_some(), is_there, "{purpose} {browser} {now}");
    }
    let mut tx = store.begin().await.unwrap();
    assert!(tx.redeem_challenge("id").await.unwrap());
    assert!(!tx.redeem_challenge("id").await.unwrap());
}

#[tokio::test]
async fn of_questions_of_one_name_the_one_that_waits_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for (now, state, waits) in
        [(0, "first", "first"), (99, "second", "first"), (198, "third", "first"), (298, "4", "4")]
    {
        let asked = Challenge {
            id: "id".to_owned(),
            purpose: "totp".to_owned(),
            browser_hash: "browser".to_owned(),
            sealed_state: state.to_owned(),
            expires_at: Timestamp(now + 100),
        };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.hold_challenge(&asked, Timestamp(now)).await.unwrap(), waits, "at {now}");
        tx.commit().await.unwrap();
    }
}

fn session() -> Session {
    Session {
        id: "session".into(),
        user_id: "ada".into(),
        auth_time: Timestamp(0),
        amr: "pwd".to_owned(),
        level: Level::Password,
        user_agent: None,
        address: None,
        created_at: Timestamp(0),
        expires_at: Timestamp(1000),
    }
}

#[tokio::test]
async fn a_session_is_in_use_whoever_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let tx = with_session(&store).await;
    tx.commit().await.unwrap();
    let last = async || {
        let mut view = store.view().await.unwrap();
        view.list_user_sessions(&"ada".into(), Timestamp(500)).await.unwrap()[0].last_used_at
    };
    assert_eq!(last().await, Timestamp(0), "its owner signed in");

    let mut tx = store.begin().await.unwrap();
    add_grant(&mut tx, &Grant { created_at: Timestamp(10), ..grant(1) }).await;
    tx.commit().await.unwrap();
    assert_eq!(last().await, Timestamp(10), "an application was let in");

    let mut tx = store.begin().await.unwrap();
    let token = RefreshToken {
        hash: "hash".to_owned(),
        grant_id: "grant1".into(),
        generation: 1,
        issued_at: Timestamp(20),
        expires_at: Timestamp(900),
        used_at: None,
        used_from: None,
        superseded_at: None,
        rival_used_at: None,
        successor_used_at: None,
    };
    tx.add_refresh_token(&token).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(last().await, Timestamp(20), "it got new tokens");

    let mut tx = store.begin().await.unwrap();
    tx.set_session_seen(&"session".into(), Timestamp(30)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(last().await, Timestamp(30), "its owner looked at their account");
    let mut view = store.view().await.unwrap();
    for (since, is_seen) in [(29, true), (30, false)] {
        let seen = view.is_session_seen_since(&"session".into(), Timestamp(since)).await;
        assert_eq!(seen.unwrap(), is_seen);
    }
}

fn grant(number: usize) -> Grant {
    Grant {
        id: format!("grant{number}").into(),
        user_id: "ada".into(),
        client_id: "shop".into(),
        session_id: "session".into(),
        scope: Scope::default(),
        resources: Vec::new(),
        claims: AskedClaims::default(),
        outlives_session: false,
        seen_generation: 0,
        auth_time: Timestamp(0),
        amr: "pwd".to_owned(),
        acr: "password".to_owned(),
        created_at: Timestamp(0),
        expires_at: Timestamp(1),
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_statement_that_fails_fails_its_own_unit_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;

    let mut bad = store.begin().await.unwrap();
    bad.add_user(&user("bad")).await.unwrap();
    // There is no such client: the foreign key objects.
    let (whose, whom, scope) = ("bad".into(), "nobody".into(), crate::model::Scope::default());
    assert!(bad.set_consent(&whose, &whom, &scope, Timestamp(0)).await.is_err());
    drop(bad);
    let mut good = store.begin().await.unwrap();
    good.add_user(&user("good")).await.unwrap();
    good.commit().await.unwrap();

    assert_eq!(count(&store).await, 1);
}

/// What begins a unit goes along with its first statement, and counts for nothing in it.
#[tokio::test]
async fn what_a_unit_counts_is_its_own_whatever_came_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for name in ["one", "two"] {
        let mut tx = store.begin().await.unwrap();
        assert!(tx.add_user(&user(name)).await.unwrap());
        // The next one begins while this one is open, behind a savepoint.
        let next = store.clone();
        let next = tokio::spawn(async move {
            let mut tx = next.begin().await.unwrap();
            assert!(!tx.redeem_code("nobody's", Timestamp(0)).await.unwrap());
            assert!(!tx.add_user(&user("one")).await.unwrap());
        });
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
        next.await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert!(!tx.redeem_code("nobody's", Timestamp(0)).await.unwrap());
    }
    assert_eq!(count(&store).await, 2);
}

/// Units that do something, or nothing but say that something happened, or fail, or give up
/// before or after they did something, in any order: each leaves what it should.
#[tokio::test(flavor = "multi_thread")]
async fn units_of_every_kind_leave_what_they_should() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for round in 0..30 {
        let units = (0..40).map(|number| {
            let (store, name) = (store.clone(), format!("{round}-{number}"));
            tokio::spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let said = AuditEvent::new(Action::LoggedOut, Actor::System, Timestamp(number));
                match (number + round) % 5 {
                    0 => {
                        assert!(tx.add_user(&user(&name)).await.unwrap());
                        tx.add_audit_event(said);
                        tx.commit().await.unwrap();
                    }
                    1 => {
                        tx.add_audit_event(said);
                        tx.commit().await.unwrap();
                    }
                    2 => {
                        let (whose, whom) = ("nobody".into(), "nobody".into());
                        let scope = Scope::default();
                        let failed = tx.set_consent(&whose, &whom, &scope, Timestamp(0)).await;
                        assert!(failed.is_err());
                    }
                    3 => drop(tx),
                    _ => assert!(tx.add_user(&user(&name)).await.unwrap()),
                }
            })
        });
        let units: Vec<_> = units.collect();
        for unit in units {
            unit.await.unwrap();
        }
    }
    assert_eq!(count(&store).await, 30 * 8);
    let find = Find { limit: 1000, ..Find::default() };
    let mut view = store.view().await.unwrap();
    let events = view.find_events(&find, &EventFilter::All).await.unwrap().items;
    assert_eq!(events.len(), 30 * 16);
}

/// All parts of a list, one after the other.
macro_rules! all_parts {
    ($find:expr, |$part:ident| $page:expr) => {{
        let (mut part, mut found) = ($find.clone(), Vec::new());
        loop {
            let $part = &part;
            let page = $page.await.unwrap();
            found.extend(page.items);
            part.after = page.next;
            if part.after.is_none() {
                break found;
            }
        }
    }};
}

/// Of a crowd that has next to nothing of what there is, and of one that has most of it, every
/// part has what it should, in order, from either end.
#[tokio::test]
async fn what_a_crowd_has_is_found_however_little_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut tx = store.begin().await.unwrap();
    for number in 0..10 {
        for name in ["quiet", "loud"] {
            assert!(tx.add_user(&user(&format!("{name}{number}"))).await.unwrap());
        }
    }
    let shop = Client::new("shop".into(), "Shop", ClientKind::Web, Timestamp(0));
    assert!(tx.add_client(&shop).await.unwrap());
    // One in forty is a quiet one's.
    for number in 0..200_i64 {
        let (name, which) =
            if number % 40 == 7 { ("quiet", number / 40) } else { ("loud", number % 10) };
        let whose = UserId::from(format!("{name}{which}"));
        let session = Session {
            id: format!("session{number:03}").into(),
            user_id: whose.clone(),
            auth_time: Timestamp(number),
            ..session()
        };
        tx.add_session(&session, &number.to_string()).await.unwrap();
        let of_this = Grant {
            user_id: whose.clone(),
            session_id: session.id.clone(),
            created_at: Timestamp(number),
            ..grant(usize::try_from(number).unwrap())
        };
        add_grant(&mut tx, &of_this).await;
        if name == "quiet" || number < 10 {
            tx.set_consent(&whose, &shop.id, &Scope::default(), Timestamp(number)).await.unwrap();
        }
    }
    tx.commit().await.unwrap();

    let mut view = store.view().await.unwrap();
    for (filter, count) in [("user:quiet", 5), ("user:loud", 195)] {
        for order in [Order::Usual, Order::Reversed] {
            let find = Find { filter: filter.to_owned(), order, after: None, limit: 2 };
            let sessions = all_parts!(find, |part| view.find_sessions(part, Timestamp(0)));
            let sessions: Vec<_> = sessions.iter().map(|found| found.session.auth_time).collect();
            let grants = all_parts!(find, |part| view.find_grants(part));
            let grants: Vec<_> = grants.iter().map(|found| found.grant.created_at).collect();
            let consents = all_parts!(find, |part| view.find_consents(part));
            let consents: Vec<_> = consents.iter().map(|one| one.consent.updated_at).collect();
            assert_eq!((sessions.len(), grants.len()), (count, count), "{filter} {order:?}");
            assert!(consents.len() > 2, "{filter} {order:?}");
            for found in [sessions, grants, consents] {
                let in_order = |pair: &[Timestamp]| match order {
                    Order::Reversed => pair[0] <= pair[1],
                    _ => pair[0] >= pair[1],
                };
                assert!(found.windows(2).all(in_order), "{filter} {order:?}: {found:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_closed_store_says_so_and_what_was_kept_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    let mut tx = first.begin().await.unwrap();
    tx.add_user(&user("kept")).await.unwrap();
    tx.commit().await.unwrap();
    first.close().await;
    assert!(first.begin().await.is_err());

    assert_eq!(count(&store(&folder).await).await, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_those_beside_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
    assert!(files.len() > 1, "there is a log beside it");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
    store.close().await;
}
