//! The terminal that the console was lent, and scripts that have none.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::console::{Console, LARGE, SMALL};
use crate::harness::on_every_database;
use crate::harness::server::Site;

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} can be sent");
}

/// Lines, echo, cursor, mouse and the shell's own screen are as they were before.
#[test]
fn the_terminal_is_given_back_however_the_console_ends() {
    on_every_database(async |server| {
        for size in [SMALL, LARGE] {
            let console = server.terminal(size).await;
            let before = console.settings().await;
            assert!(before.contains(" echo ") && before.contains("alternate_on=0"), "{before}");
            for way in ["q", "C-c", "-TERM", "-INT", "-HUP"] {
                console.text("clear; echo what stood here");
                console.keys(&["Enter"]).await;
                console.text("signet-admin --break-glass; echo it ended with $?");
                console.keys(&["Enter"]).await;
                console.wait_for("Signet › Home").await;
                assert_eq!(console.of_terminal("alternate_on"), "1");
                assert_eq!(console.of_terminal("mouse_any_flag"), "1");
                if way.starts_with('-') {
                    signal(way, console.pid());
                } else {
                    console.keys(&[way]).await;
                }
                console.wait_for_shell().await;
                console.wait_for("it ended with 0").await;
                console.wait_for("what stood here").await;
                assert_eq!(console.settings().await, before, "after {way}");
            }
        }
    });
}

/// By OSC 52, which reaches the clipboard of whoever sits in front of the terminal over ssh too.
#[test]
fn what_is_copied_is_on_the_clipboard_of_the_terminal() {
    on_every_database(async |server| {
        server.client("shop-of-ada");
        for size in [SMALL, LARGE] {
            let console = server.console_of_machine(size).await;
            console.go("Clients").await;
            console.wait_for("shop-of-ada").await;
            console.keys(&["y"]).await;
            console.wait_for("Copied, if the terminal allows it").await;
            assert_eq!(console.clipboard(), "shop-of-ada");

            // A secret that is shown once can be copied too.
            console.keys(&["P"]).await;
            console.wait_for("Do it?").await;
            console.keys(&["y"]).await;
            console.wait_for("It is shown this once and never again.").await;
            console.keys(&["y"]).await;
            console
                .wait_until("the secret that was copied", |screen| {
                    let copied = console.clipboard();
                    copied.len() == 43 && screen.contains(&copied)
                })
                .await;
        }
    });
}

/// Also while nobody has signed in, and while something is typed.
#[test]
fn the_terminal_is_given_back_from_the_sign_in_screen() {
    on_every_database(async |server| {
        let console = server.terminal(SMALL).await;
        let before = console.settings().await;
        for keys in [&["Escape"][..], &["C-c"]] {
            console.start("").await;
            console.wait_for("› User name").await;
            console.keys(keys).await;
            console.wait_for_shell().await;
            assert_eq!(console.settings().await, before);
        }
    });
}

/// The same while something is typed, which nobody else gets to read.
#[test]
fn the_terminal_is_given_back_in_the_middle_of_typing() {
    on_every_database(async |server| {
        let console = server.terminal(LARGE).await;
        let before = console.settings().await;
        console.start("").await;
        console.wait_for("› User name").await;
        console.text("ada");
        console.keys(&["Enter"]).await;
        console.wait_for("› Password").await;
        console.text("korrekt pferd");
        signal("-TERM", console.pid());
        console.wait_for_shell().await;
        assert!(!console.screen().contains("pferd"), "{}", console.screen());
        assert_eq!(console.settings().await, before);

        console.start("--break-glass").await;
        console.wait_for("Signet › Home").await;
        console.go("Users").await;
        console.open_form("a", "Add a person").await;
        console.text("eve");
        signal("-TERM", console.pid());
        console.wait_for_shell().await;
        assert_eq!(console.settings().await, before);
        server.cli(&["user", "show", "eve"]).assert_failed(3, &["eve"]);
        console.text("echo it is $((40 + 2))");
        console.keys(&["Enter"]).await;
        console.wait_for("it is 42").await;
    });
}

/// A console whose terminal is gone does not stay behind, whatever it does at that moment:
/// each of these has just heard a key that changes nothing.
#[test]
fn a_console_ends_with_its_terminal() {
    on_every_database(async |server| {
        for wait in 0..8 {
            let mut console = server.console_of_machine(LARGE).await;
            let process = console.pid();
            console.text("j");
            std::thread::sleep(Duration::from_millis(wait));
            console.hang_up();
            // What a process was started with; one that has ended was started with nothing.
            let words = format!("/proc/{process}/cmdline");
            let deadline = Instant::now() + Duration::from_secs(10);
            while std::fs::read(&words).is_ok_and(|words| !words.is_empty()) {
                if Instant::now() > deadline {
                    signal("-KILL", process);
                    panic!("the console has no terminal and is still there");
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
}

/// A window that is made smaller than the console is made for says so, and is used again
/// when it is large enough.
#[test]
fn a_window_is_made_smaller_and_larger() {
    on_every_database(async |server| {
        let console: Console = server.console_of_machine(LARGE).await;
        console.resize((70, 20));
        console.wait_for("The window is too small").await;
        console.resize(SMALL);
        console.wait_for("Signet › Home").await;
        console.wait_for("BREAK GLASS").await;
    });
}

fn printed(site: &Site, words: &[&str]) -> String {
    let output = site.console(words).output().expect("the console starts");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn scripts_get_lists_without_a_terminal() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        server.add_user("bob");
        app.sign_in(&server.browser(), &ada, app.request()).await;

        let text = printed(&server, &["--screen", "users", "--print", "json"]);
        let all: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
        let filtered = ["--screen", "users", "--filter", "ada", "--print"];
        let text = printed(&server, &[&filtered[..], &["json"]].concat());
        let one: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(one.as_array().unwrap().len(), 1, "{one}");
        assert_eq!(one[0]["id"], *ada.id);
        assert_eq!(one[0]["username"], "ada");
        assert_eq!(one[0]["email"], *ada.email);
        assert_eq!(one[0]["state"], "active");

        let text = printed(&server, &[&filtered[..], &["table"]].concat());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        for (head, cell) in [("USERNAME", "ada"), ("EMAIL", &*ada.email), ("STATE", "active")] {
            let at = lines[0].find(head).unwrap_or_else(|| panic!("no {head}: {text}"));
            assert!(lines[1][at..].starts_with(cell), "{cell}: {text}");
        }
        // Of one person, and nothing at all.
        let of_ada = ["--screen", "sessions", "--user", "ada", "--print", "json"];
        let text = printed(&server, &of_ada);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()[0]["username"], "ada", "{text}");
        let none = ["--screen", "users", "--filter", "nobody", "--print", "json"];
        assert_eq!(
            serde_json::from_str::<Value>(&printed(&server, &none)).unwrap(),
            serde_json::json!([])
        );

        for (words, said) in [
            (&["--screen", "nowhere", "--print", "json"][..], "nowhere"),
            (&["--screen", "users"], "needs a terminal"),
            (&["--break-glass", "--print", "json"], "cannot be used with"),
        ] {
            let output = server.console(words).output().unwrap();
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{words:?}: {complaint}");
            assert!(complaint.contains(said), "{words:?}: {complaint}");
            assert!(output.stdout.is_empty(), "{words:?}");
        }
    });
}
