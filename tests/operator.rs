//! What operators do and see beside a running server.

use serde_json::Value;

use crate::harness::database::Durability;
use crate::harness::server::Site;
use crate::harness::{on_every_database, on_every_site};

/// Who did what is written down with its reason and without a secret.
#[test]
fn the_audit_log_tells_what_happened() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let page = browser.open(&app.request().url()).await.page();
        let page = browser.enter(&page, &ada.username, "a wrong password").await.page();
        let page = browser.enter(&page, "nobody", "a wrong password").await.page();
        browser.enter(&page, &ada.username, &ada.password).await.page();

        let events = server.cli(&["audit", "list"]).done();
        // A server makes its keys when it finds the time.
        let is_of_people = |event: &&Value| event["action"] != "key.created";
        let of_people: Vec<_> =
            events.as_array().into_iter().flatten().filter(is_of_people).collect();
        let told: Vec<_> = of_people
            .iter()
            .map(|event| (event["action"].as_str().unwrap_or_default(), event["detail"].as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("login.succeeded", Some("password")),
                ("login.failed", Some("unknown_user")),
                ("login.failed", Some("wrong_password")),
                ("client.added", None),
                ("user.added", None),
            ],
            "{events}"
        );
        assert_eq!(of_people[0]["user_id"], *ada.id);
        assert_eq!(of_people[0]["address"], "127.0.0.1");
        assert!(!events.to_string().contains(&ada.username), "{events}");
    });
}

/// The console counts what the server and the command line make, on the same store.
#[test]
fn the_console_counts_what_there_is() {
    on_every_database(async |server| {
        assert_eq!(counts(&server)["users"], 0);
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        app.sign_in(&server.browser(), &ada, app.request()).await;

        let counts = counts(&server);
        for (what, number) in [("users", 1), ("clients", 1), ("sessions", 1), ("grants", 1)] {
            assert_eq!(counts[what], number, "{what}: {counts}");
        }
        // The one that signs, and perhaps already the next one.
        assert!(matches!(counts["signing_keys"].as_i64(), Some(1 | 2)), "{counts}");
    });
}

fn counts(site: &Site) -> Value {
    let output = site.console(&["--print", "json"]).output().expect("the console starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// A group of thousands and a role of hundreds are listed whole, in one order on both databases.
#[test]
fn everybody_of_a_group_or_role_is_listed_however_many_they_are() {
    on_every_site(Durability::Relaxed, async |site| {
        let amount = ["--users", "6000", "--clients", "2", "--sessions", "6000", "--events", "1"];
        site.cli(&[&["db", "seed"][..], &amount].concat()).done();
        site.cli(&["group", "add", "staff"]).done();
        site.cli(&["role", "add", "clerk"]).done();
        // To add them one by one, nobody can wait for.
        site.database.run(
            "INSERT INTO group_users (group_id, user_id) SELECT user_groups.id, users.id
                 FROM user_groups, users WHERE username <> 'person100000010';
             INSERT INTO user_roles (role_id, user_id) SELECT roles.id, users.id
                 FROM roles, users WHERE name = 'clerk' AND username < 'person100000700'",
        );
        for (of, count, last) in [
            (&["--group", "staff"][..], 5999, "person100006000"),
            (&["--role", "clerk"], 699, "person100000699"),
            (&["--role", "administrator"], 0, ""),
        ] {
            let listed = site.cli(&[&["user", "list"][..], of].concat()).done();
            let names: Vec<_> =
                listed.as_array().unwrap().iter().map(|user| &user["username"]).collect();
            let names: Vec<_> = names.into_iter().filter_map(Value::as_str).collect();
            assert!(names.is_sorted_by(|one, other| one < other), "{of:?}");
            assert_eq!((names.len(), names.last().copied().unwrap_or_default()), (count, last));
        }
        site.cli(&["user", "list", "--group", "nobodies"]).assert_failed(3, &["nobodies"]);
        site.cli(&["user", "list", "--group", "staff", "--role", "clerk"])
            .assert_failed(2, &["cannot be used with"]);

        let named = ["--id", "batch", "--name", "Batch", "--kind", "service"];
        site.cli(&[&["client", "add"][..], &named].concat()).done();
        site.cli(&["group", "join", "staff", "--client", "batch"]).done();
        site.cli(&["role", "give", "clerk", "--client", "batch"]).done();
        for of in [["--group", "staff"], ["--role", "clerk"]] {
            let listed = site.cli(&[&["client", "list"][..], &of].concat()).done();
            assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
            assert_eq!(listed[0]["client_id"], "batch", "{listed}");
        }
    });
}

/// A store that is filled is read part by part, in one order on both databases, and no row
/// is missed or comes twice.
#[test]
fn lists_of_many_are_read_whole_and_in_order() {
    on_every_site(Durability::Relaxed, async |site| {
        let amount =
            ["--users", "6000", "--clients", "1200", "--sessions", "7000", "--events", "50"];
        site.cli(&[&["db", "seed"][..], &amount].concat()).done();
        site.cli(&["db", "seed"]).assert_failed(3, &["only an empty one"]);
        for (screen, filter, count) in [
            ("users", "", 6000),
            ("users", "person10000", 6000),
            ("users", "person1000000", 99),
            ("users", "PERSON100000001@", 1),
            ("users", "*01@example", 60),
            ("clients", "app7.example", 1),
            ("clients", "", 1200),
            ("sessions", "", 7000),
            ("sessions", "person100000007", 2),
            ("sessions", "Person1000000", 197),
            ("sessions", "user:person1000000", 197),
            ("sessions", "person10000", 7000),
            ("sessions", "erson1000000", 0),
            ("sessions", "person1000000%", 0),
            ("sessions", "seed-session-100000007", 1),
            ("grants", "person100000007", 1),
            ("grants", "person1000000", 99),
            ("grants", "person10000", 6000),
            ("grants", "seed-grant-100000007", 1),
            ("consents", "person1000000", 99),
            ("consents", "person10000", 6000),
        ] {
            let output = site.console(&["--screen", screen, "--filter", filter, "--print", "json"]);
            let output = { output }.output().expect("the console starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let rows: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
            let ids: Vec<_> =
                rows.as_array().unwrap().iter().map(|row| row["id"].to_string()).collect();
            let different: std::collections::BTreeSet<_> = ids.iter().collect();
            assert_eq!((ids.len(), different.len()), (count, count), "{screen} {filter:?}");
            if screen == "users" {
                assert!(ids.is_sorted(), "{screen} {filter:?}");
            }
        }
    });
}
