//! The operator at the command line, on the store of a running server.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use super::server::Site;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The document of a command that went well.
    #[track_caller]
    pub(crate) fn done(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        self.json()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit code of a command that was not carried out, and that what it says
    /// about it goes to standard error alone and names these things.
    #[track_caller]
    pub(crate) fn assert_failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word} is not in {self:?}");
        }
    }
}

/// Somebody with an account here.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

impl Site {
    /// Runs a command with `--json`.
    pub(crate) fn cli(&self, args: &[&str]) -> Outcome {
        self.cli_with_input(args, "")
    }

    /// Runs a command with `--json` and gives it something to read.
    pub(crate) fn cli_with_input(&self, args: &[&str], input: &str) -> Outcome {
        let mut command = self.command(args);
        command.arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("signet starts");
        let mut stdin = process.stdin.take().expect("its input is a pipe");
        // A command that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = process.wait_with_output().expect("signet ends");
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What people did, newest first, each by the word of its event. A server makes its keys
    /// when it finds the time, so that is left out.
    pub(crate) fn actions(&self) -> Vec<String> {
        let events = self.cli(&["audit", "list"]).done();
        let words = events.as_array().unwrap().iter().map(|event| &event["action"]);
        let of_people = words.filter(|action| **action != "key.created");
        of_people.map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    /// Adds a person with a name, an address and a password of their own.
    pub(crate) fn add_user(&self, username: &str) -> Person {
        self.add_user_with(username, &[])
    }

    /// Adds a person, with more words for the command.
    pub(crate) fn add_user_with(&self, username: &str, more: &[&str]) -> Person {
        let email = format!("{username}@people.example");
        let password = format!("korrekt pferd {username}");
        let mut args = vec!["user", "add", username, "--email", &email, "--password-stdin"];
        args.extend(more);
        let added = self.cli_with_input(&args, &format!("{password}\n")).done();
        Person {
            id: added["id"].as_str().expect("a person has an id").to_owned(),
            username: username.to_owned(),
            email,
            password,
        }
    }
}
