//! Who gets in, and what they see and may do there.

use super::{give, operator, protected};
use crate::account;
use crate::harness::console::{Console, LARGE, SMALL};
use crate::harness::on_every_database;

/// What nobody sees who did not sign in.
const INSIDE: [&str; 5] = ["Home", "Users", "Clients", "Audit", "ada@people.example"];

#[track_caller]
fn assert_shows_nothing(console: &Console) {
    let screen = console.screen();
    for word in INSIDE {
        assert!(!screen.contains(word), "{word} is on:\n{screen}");
    }
}

#[test]
fn nothing_is_shown_before_somebody_signed_in() {
    on_every_database(async |server| {
        let ada = operator(&server, "ada", "administrator").await;
        for size in [SMALL, LARGE] {
            let console = server.open_console(size, "").await;
            console.wait_for("Sign in to Signet").await;
            assert_shows_nothing(&console);
            // Keys that lead somewhere else inside are letters of a name here.
            console.text("2:?q");
            console.wait_for("› User name 2:?q").await;
            console.keys(&["C-u"]).await;

            let password = &ada.person.password;
            console.enter("ada", "a wrong password", &ada.authenticator.code(0)).await;
            console.wait_for("not right").await;
            assert_shows_nothing(&console);
            console.password(password, "000000").await;
            console.wait_for("not right").await;
            assert_shows_nothing(&console);
            // A code works once, so the second window takes a recovery code.
            let code = if size == SMALL {
                ada.authenticator.code(0)
            } else {
                ada.recovery_codes[0].clone()
            };
            console.password(password, &code).await;
            console.wait_for("Signet › Home").await;
            console.go("Users").await;
            console.wait_for("ada@people.example").await;
            if size == LARGE {
                console.wait_for("ada (administrator)").await;
            }
        }
        let told = server.actions();
        for action in ["console.entered", "login.failed", "second_factor.failed"] {
            let times = told.iter().filter(|each| *each == action).count();
            assert_eq!(times, 2, "{action} in {told:?}");
        }
    });
}

/// What was wrong is not told: whoever guesses passwords would learn that one is right.
#[test]
fn what_was_wrong_is_told_in_the_same_words() {
    on_every_database(async |server| {
        let ada = operator(&server, "ada", "administrator").await;
        let console = server.open_console(SMALL, "").await;
        let mut told = Vec::new();
        let password = &ada.person.password;
        for (name, password, code) in [
            ("nobody", "a wrong password", "123456"),
            ("ada", "a wrong password", "123456"),
            ("ada", password, "123456"),
        ] {
            console.enter(name, password, code).await;
            console.wait_for("not right").await;
            let screen = console.screen();
            told.extend(screen.lines().find(|line| line.contains("not right")).map(str::to_owned));
            console.keys(&["Escape", "C-u"]).await;
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:#?}");
        assert!(told[0].contains("password") && told[0].contains("code"), "{}", told[0]);
    });
}

#[test]
fn whoever_is_no_operator_is_told_what_is_missing() {
    on_every_database(async |server| {
        let (bob, eve) = (protected(&server, "bob").await, server.add_user("eve"));
        give(&server, "administrator", &eve);
        let console = server.open_console(SMALL, "").await;
        console.enter("bob", &bob.person.password, &bob.authenticator.code(0)).await;
        console.wait_for("none of your roles is an operator's").await;
        assert_shows_nothing(&console);

        let console = server.open_console(SMALL, "").await;
        console.enter("eve", &eve.password, "123456").await;
        console.wait_for("the console needs a second factor").await;
        assert_shows_nothing(&console);
    });
}

/// What the lists offer to whoever may change them: at the bottom, where the window has room
/// for it, and in the help.
const OFFERED: [(&str, &str, &str); 2] = [
    ("Users", "bob@people.example", "Adds a person."),
    ("Clients", "door-of-bob", "Adds a client."),
];

#[test]
fn whoever_only_reads_is_offered_nothing_else() {
    on_every_database(async |server| {
        let bob = operator(&server, "bob", "read-only").await;
        // Whoever may do everything is offered what is looked for below.
        let console = server.console_of_machine(LARGE).await;
        for (list, row, help) in OFFERED {
            console.go(list).await;
            console.wait_for(row).await;
            for word in [" a add", "e edit"] {
                console.wait_for(word).await;
            }
            console.keys(&["?"]).await;
            console.wait_for(help).await;
            console.keys(&["Escape"]).await;
            console.wait_until_gone(help).await;
        }
        drop(console);

        let console = server.open_console(LARGE, "").await;
        console.sign_in(&bob).await;
        console.wait_for("bob (read-only)").await;
        for (list, row, help) in OFFERED {
            console.go(list).await;
            console.wait_for(row).await;
            let screen = console.screen();
            for word in [" a add", "e edit", "X delete", "disable"] {
                assert!(!screen.contains(word), "{word} is on:\n{screen}");
            }
            console.keys(&["?"]).await;
            console.wait_for("Shows only rows that have what you type.").await;
            let screen = console.screen();
            for word in [help, "Deletes", "Actions"] {
                assert!(!screen.contains(word), "{word} is on:\n{screen}");
            }
            console.keys(&["Escape"]).await;
            console.wait_until_gone("Shows only rows").await;
            console.keys(&["a", "X", ":"]).await;
            console.wait_for("Go to or do").await;
            console.text("add");
            console.wait_for("Nothing has such a name.").await;
            console.keys(&["Escape"]).await;
            console.wait_until_gone("Go to or do").await;
        }
    });
}

/// Support helps people, changes nothing that was set up, and has no power over whoever may
/// do more than it.
#[test]
fn support_helps_people_and_nothing_else() {
    on_every_database(async |server| {
        let bob = operator(&server, "bob", "support").await;
        operator(&server, "root", "administrator").await;
        let (eve, app) = (server.add_user("eve"), server.app("app"));
        let tokens = app.sign_in(&server.browser(), &eve, app.offline_request()).await;
        let console = server.open_console(LARGE, "").await;
        console.sign_in(&bob).await;
        console.wait_for("bob (support)").await;

        console.go("Sessions").await;
        console.filter("eve").await;
        console.wait_for("› eve").await;
        console.keys(&["E"]).await;
        console.agree("Ends 1 session").await;
        console.wait_until_gone("› eve").await;
        console.go("Consents").await;
        console.filter("eve").await;
        console.wait_for("› eve").await;
        console.keys(&["W"]).await;
        console.agree("eve forgets to have allowed app").await;
        console.wait_until_gone("› eve").await;
        app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        console.go("Users").await;
        console.filter("eve").await;
        console.wait_for("› eve").await;
        console.keys(&["D"]).await;
        console.agree("eve can no longer sign in.").await;
        console.wait_for("disabled").await;
        console.keys(&["Escape"]).await;
        console.wait_until_gone("filter: eve").await;

        for (list, row) in [("Users", "root@people.example"), ("Clients", "door-of-bob")] {
            console.go(list).await;
            console.wait_for(row).await;
            let screen = console.screen();
            for word in [" a add", "e edit", "X delete"] {
                assert!(!screen.contains(word), "{word} is on:\n{screen}");
            }
        }
        console.go("Users").await;
        console.filter("root").await;
        console.wait_for("› root").await;
        console.keys(&["D"]).await;
        console.agree("root can no longer sign in.").await;
        console.wait_for("this is for operators who may do as much themselves").await;
        console.keys(&["Escape"]).await;
        let words = console.words();
        assert!(words.contains("root@people.example active"), "{words}");
    });
}

/// What the console offers is one thing; the core looks itself, each time.
#[test]
fn the_core_refuses_whoever_lost_a_role_meanwhile() {
    on_every_database(async |server| {
        let (ada, bob) = (operator(&server, "ada", "administrator").await, server.add_user("bob"));
        give(&server, "administrator", &bob);
        let console = server.open_console(SMALL, "").await;
        console.sign_in(&ada).await;
        console.go("Users").await;
        console.open_form("a", "Add a person").await;
        give(&server, "read-only", &ada.person);
        server.cli(&["role", "take", "administrator", "ada"]).done();
        console.fill(&["eve"]).await;
        console.wait_for("users.write").await;
        // What was typed is not lost.
        console.wait_for("User name eve").await;
        server.cli(&["user", "show", "eve"]).assert_failed(3, &["eve"]);
        give(&server, "administrator", &ada.person);
        console.keys(&["C-s"]).await;
        console.wait_for("eve is added.").await;
    });
}

/// Who fails at the console waits in the browser too, and the other way round.
#[test]
fn the_console_counts_failures_with_the_pages() {
    on_every_database(async |server| {
        let (ada, bob) = (
            operator(&server, "ada", "administrator").await,
            operator(&server, "bob", "administrator").await,
        );
        let app = server.app("app");
        let console = server.open_console(SMALL, "").await;
        // Codes.
        let browser = server.browser();
        let page = browser.log_in(&app.request().url(), &ada.person).await.page();
        console.enter("ada", &ada.person.password, "000000").await;
        fail(&console, &ada.person.password).await;
        let blocked = browser.show(&page, &ada.authenticator.code(0)).await.page();
        assert_eq!(blocked.answer.status, 429, "{blocked}");
        // Passwords.
        let browser = server.browser();
        let page = browser.open(&app.request().url()).await.page();
        let console = server.open_console(SMALL, "").await;
        console.enter("bob", "a wrong password", "000000").await;
        fail(&console, "a wrong password").await;
        let blocked = browser.enter(&page, "bob", &bob.person.password).await.page();
        assert_eq!(blocked.answer.status, 429, "{blocked}");
        // It ends.
        console.wait_until_gone("Too many tries").await;
        console.password(&bob.person.password, &bob.authenticator.code(0)).await;
        console.wait_for("Signet › Home").await;
        assert!(server.actions().contains(&"login.throttled".to_owned()));
    });
}

/// Fails again with this password and a wrong code until one has to wait.
async fn fail(console: &Console, password: &str) {
    for _ in 0..5 {
        console.wait_for("not right").await;
        console.password(password, "000000").await;
    }
    console.wait_for("Too many tries").await;
}

#[test]
fn whoever_has_the_machine_enters_without_and_that_is_seen_everywhere() {
    on_every_database(async |server| {
        for size in [SMALL, LARGE] {
            let console = server.console_of_machine(size).await;
            for screen in [
                "Users",
                "Clients",
                "APIs",
                "Permissions",
                "Roles",
                "Groups",
                "Sessions",
                "Grants",
                "Consents",
                "Keys",
                "Audit",
                "Why",
            ] {
                console.wait_for("BREAK GLASS").await;
                console.go(screen).await;
            }
            console.wait_for("BREAK GLASS").await;
        }
        let told = server.actions();
        assert_eq!(told.iter().filter(|each| *each == "console.glass_broken").count(), 2);
    });
}

#[test]
fn the_glass_is_broken_only_where_the_master_key_is() {
    on_every_database(async |server| {
        let (key, away) = (server.path("master.key"), server.path("away.key"));
        std::fs::rename(&key, &away).unwrap();
        let console = server.terminal(SMALL).await;
        console.start("--break-glass").await;
        console.wait_for("it is not on this machine").await;
        console.wait_for_shell().await;
        // Another key opens nothing either.
        std::fs::copy(&away, &key).unwrap();
        std::fs::write(&key, "A".repeat(43)).unwrap();
        console.start("--break-glass; echo it ended with $?").await;
        console.wait_for("it ended with 1").await;
        assert_shows_nothing(&console);
        assert!(!server.actions().contains(&"console.glass_broken".to_owned()));
    });
}

/// It is the role that asks for a factor, not an application: whoever signs in for their own
/// page is asked to enrol, and comes into the console with what they have then.
#[test]
fn an_operator_enrols_at_their_own_account() {
    on_every_database(async |server| {
        let ada = server.add_user("ada");
        give(&server, "administrator", &ada);
        let browser = server.browser();
        let page = account::open(&server, &browser, &ada, "/account").await;
        assert!(page.has("totp-seed"), "{page}");
        let (ada, _) = browser.enrol(&page, &ada).await;
        let console = server.open_console(SMALL, "").await;
        console.sign_in(&ada).await;
        assert!(!console.screen().contains("BREAK GLASS"), "{}", console.screen());
    });
}

/// RFC 6238 §5.2, and the same of a recovery code.
#[test]
fn a_code_lets_nobody_in_twice() {
    on_every_database(async |server| {
        let ada = operator(&server, "ada", "administrator").await;
        let code = ada.authenticator.code(0);
        for code in [&*code, &*ada.recovery_codes[0]] {
            let enter = async |console: &Console| {
                console.enter("ada", &ada.person.password, code).await;
            };
            let console = server.open_console(SMALL, "").await;
            enter(&console).await;
            console.wait_for("Signet › Home").await;
            let console = server.open_console(LARGE, "").await;
            enter(&console).await;
            console.wait_for("not right").await;
            assert_shows_nothing(&console);
        }
    });
}

/// Whoever is no operator any more learns nothing more, whatever they do.
#[test]
fn whoever_is_disabled_meanwhile_sees_nothing_more() {
    on_every_database(async |server| {
        let ada = operator(&server, "ada", "administrator").await;
        give(&server, "administrator", &server.add_user("bob"));
        let console = server.open_console(LARGE, "").await;
        console.sign_in(&ada).await;
        console.go("Users").await;
        console.wait_for("bob@people.example").await;
        server.cli(&["user", "disable", "ada"]).done();
        server.add_user("carol");
        server.client("shop");
        for (screen, permission) in
            [("Users", "users"), ("Clients", "clients"), ("Audit", "audit"), ("Users", "users")]
        {
            console.go(screen).await;
            console.wait_for(&format!("this needs the permission {permission}.read")).await;
            let shown = console.screen();
            for word in ["STORE GONE", "bob@people", "shop.example", "carol", "user.disabled"] {
                assert!(!shown.contains(word), "{word} is on:\n{shown}");
            }
        }
        // Nor may they do what the console still offers.
        console.keys(&["a"]).await;
        console
            .wait_until("that it needs users.write", |screen| {
                screen.contains("Add a person") || screen.contains("users.write")
            })
            .await;
        console.fill(&["eve"]).await;
        console.wait_for("users.write").await;
        server.cli(&["user", "show", "eve"]).assert_failed(3, &["eve"]);
    });
}

/// Also in front of what is looked at, and where something is done.
#[test]
fn the_broken_glass_is_told_beside_every_dialog() {
    on_every_database(async |server| {
        server.add_user("ada");
        for size in [SMALL, LARGE] {
            let console = server.console_of_machine(size).await;
            console.go("Users").await;
            console.wait_for("› ada").await;
            for (key, shown) in [
                ("a", "╭ Add a person ─"),
                ("D", "ada can no longer sign in."),
                ("?", "╭ Keys ─"),
                (":", "Go to or do"),
                ("Enter", "Signet › Users › ada"),
            ] {
                console.keys(&[key]).await;
                console.wait_for(shown).await;
                let screen = console.screen();
                assert!(screen.contains("BREAK GLASS"), "{shown}:\n{screen}");
                console.keys(&["Escape"]).await;
                console.wait_until_gone(shown).await;
            }
        }
    });
}
