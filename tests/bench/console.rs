//! How fast the console is on a store of a million people, in a terminal of its own.

use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::harness::database::{Database, Durability, Kind};
use crate::harness::server::{Site, console_program};
use crate::process::memory;

const ROWS: NonZero<u16> = NonZero::new(60).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(200).unwrap();
const STARTS: usize = 5;
const EVENTS: usize = 10;
/// A screen that does not change for so long has come to rest.
const REST: Duration = Duration::from_millis(400);
/// Whoever waits longer has found a fault.
const PATIENCE: Duration = Duration::from_mins(1);

/// Seeds a store of each kind and measures how long the first screen, each list and each key
/// take, and how much memory the console has then.
pub(crate) async fn measure() {
    for kind in Kind::asked_for() {
        println!("\n## {kind:?}\n");
        let site = Site::new(|folder| Database::fresh(kind, Durability::Full, folder));
        let began = Instant::now();
        site.cli(&["db", "seed"]).done();
        println!("seeded in {:.0} s", began.elapsed().as_secs_f64());
        // A server makes the keys; the console then works without it.
        drop(site.clone().start().await);

        println!("\n| what | median ms | most ms |\n|---|--:|--:|");
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let mut terminal = Terminal::open(&site);
            starts.push(terminal.until(|screen| screen.contains("login.")));
            terminal.press("q");
        }
        say("first screen with what happens", starts);
        let mut terminal = Terminal::open(&site);
        terminal.until(|screen| screen.contains("login."));
        let seen = (0..EVENTS).map(|number| {
            let id = format!("seen-{number}");
            site.cli(&["client", "add", "--name", &id, "--id", &id, "--kind", "service"]).done();
            terminal.since = Instant::now();
            terminal.until(|screen| screen.contains(&id))
        });
        say("an event, after it happened", seen.collect());
        for (name, filter) in [
            ("Users", "person1005000"),
            ("Clients", "app77"),
            ("Sessions", "person100500777"),
            ("Grants", "client:seed-client-100000007"),
            ("Consents", "person100500777"),
            ("Audit", "address:192.0.2.7"),
        ] {
            terminal.look_through(name, filter);
        }
        terminal.go("Sessions");
        terminal.press("X");
        let counted = terminal.until(|screen| screen.contains("Ends 5000000 sessions"));
        say("how many sessions would end: 5,000,000", vec![counted]);
        let pid = terminal.console_pid();
        println!("\nmemory now {:.1} MiB", memory(pid, "VmRSS"));
        println!("memory at most {:.1} MiB", memory(pid, "VmHWM"));
    }
}

fn say(what: &str, mut spans: Vec<Duration>) {
    spans.sort_unstable();
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    let (median, most) = (spans[spans.len() / 2], *spans.last().unwrap());
    println!("| {what} | {:.1} | {:.1} |", millis(median), millis(most));
}

/// The console in a terminal that `script` gives it.
struct Terminal {
    process: Child,
    keys: ChildStdin,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// When the last key was pressed, or the console started.
    since: Instant,
}

impl Terminal {
    fn open(site: &Site) -> Self {
        let program = console_program().display().to_string();
        let words = format!("stty rows {ROWS} cols {COLUMNS}; exec {program} --break-glass");
        let mut command = site.command_of("script".into(), &["-qefc", &words, "/dev/null"]);
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        let since = Instant::now();
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script(1) gives a terminal");
        let keys = process.stdin.take().expect("its input is a pipe");
        let mut drawn = process.stdout.take().expect("its output is a pipe");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut part = [0; 16384];
            while let Ok(length @ 1..) = drawn.read(&mut part) {
                if send.send(part[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        let screen = vt100::Parser::new(ROWS, COLUMNS, 0);
        Self { process, keys, output, screen, since }
    }

    fn press(&mut self, keys: &str) {
        self.since = Instant::now();
        self.keys.write_all(keys.as_bytes()).expect("the console reads keys");
        self.keys.flush().expect("the console reads keys");
    }

    /// Reads what is drawn, for at most so long; false if nothing came.
    fn read(&mut self, span: Duration) -> bool {
        match self.output.recv_timeout(span) {
            Ok(part) => {
                self.screen.process(&part);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => panic!("the console is gone"),
        }
    }

    /// How long after the last key the screen was so.
    fn until(&mut self, holds: impl Fn(&str) -> bool) -> Duration {
        loop {
            let screen = self.screen.screen().contents();
            let span = self.since.elapsed();
            if holds(&screen) {
                return span;
            }
            assert!(span < PATIENCE, "it does not come:\n{screen}");
            self.read(Duration::from_millis(100));
        }
    }

    /// How long after a key the screen is another. Waits until it comes to rest.
    fn key(&mut self, key: &str) -> Duration {
        let before = self.screen.screen().contents_formatted();
        self.press(key);
        let span = loop {
            assert!(self.since.elapsed() < PATIENCE, "{key:?} changes nothing");
            if self.read(Duration::from_millis(100))
                && self.screen.screen().contents_formatted() != before
            {
                break self.since.elapsed();
            }
        };
        let until = Instant::now() + 4 * REST;
        while Instant::now() < until && self.read(REST) {}
        span
    }

    /// How long after a key the screen was another for the last time before it came to rest.
    fn rests_after(&mut self, key: &str) -> Duration {
        let mut before = self.screen.screen().contents_formatted();
        self.press(key);
        let mut span = Duration::ZERO;
        while self.read(REST) && self.since.elapsed() < PATIENCE {
            let now = self.screen.screen().contents_formatted();
            if now != before {
                (before, span) = (now, self.since.elapsed());
            }
        }
        span
    }

    fn go(&mut self, name: &str) -> Duration {
        self.key(":");
        self.press(name);
        while self.read(REST) {}
        self.press("\r");
        let head = format!("Signet › {name}");
        // Below the head stands its first row.
        let span = self.until(|screen| {
            screen.contains(&head)
                && screen.lines().any(|line| line.contains('›') && line.contains('│'))
        });
        while self.read(REST) {}
        span
    }

    /// Opens a list, pages through it, goes to its end and back, and filters it.
    fn look_through(&mut self, name: &str, filter: &str) {
        say(&format!("{name}: opened"), vec![self.go(name)]);
        let moves = ["j", "j", "k", "\x1b[6~", "\x1b[6~", "\x1b[6~", "\x1b[6~", "\x1b[6~"];
        say(&format!("{name}: moving and paging"), moves.map(|key| self.key(key)).into());
        let ends = ["G", "\x1b[5~", "g"].map(|key| self.rests_after(key));
        say(&format!("{name}: to its last row, up and to its first"), ends.into());
        self.key("/");
        let typed = filter.chars().map(|letter| self.key(&letter.to_string()));
        say(&format!("{name}: each letter of the filter {filter}"), typed.collect());
        self.press("\x1b");
        while self.read(REST) {}
        self.press("\x1b");
        while self.read(REST) {}
    }

    /// The console's own process, below that of `script`.
    fn console_pid(&self) -> u32 {
        let below = |pid: u32| {
            let path = format!("/proc/{pid}/task/{pid}/children");
            let children = std::fs::read_to_string(path).expect("the process lives");
            children.split_whitespace().next().map(|pid| pid.parse().expect("it is a number"))
        };
        let mut pid = self.process.id();
        while let Some(child) = below(pid) {
            pid = child;
        }
        pid
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
