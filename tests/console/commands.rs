//! The commands that the console shows as doing the same.

use std::process::Command;

use crate::harness::server::console_program;

/// What the console shows for every action, with plain values and with awkward ones; its own
/// tests keep it.
const SHOWN: &str = include_str!("../../admin-tui/src/snapshots/commands.txt");

/// A shell passes each to the real program, which understands it: all that is wrong is the
/// store, which is looked at last.
#[test]
fn every_command_that_is_shown_is_understood() {
    let console = console_program();
    let beside = console.parent().expect("it lies in a folder");
    let path = format!("{}:/usr/bin:/bin", beside.display());
    for command in SHOWN.lines().flat_map(|line| line.split(" && ")) {
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", &path).env("SIGNET_DATABASE_URL", "nowhere");
        let said = shell.args(["-c", command]).output().expect("there is a shell");
        let complaint = String::from_utf8_lossy(&said.stderr);
        assert!(complaint.contains("setting database_url"), "{command}: {complaint}");
    }
}
