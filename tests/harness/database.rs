//! Fresh databases: SQLite files, and a PostgreSQL cluster of the tests' own.
//!
//! A missing PostgreSQL fails the run. Who wants to leave it out says so with
//! `TEST_SQLITE_ONLY=1`.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// The databases that this run is about.
    pub(crate) fn asked_for() -> Vec<Self> {
        let sqlite_only = std::env::var("TEST_SQLITE_ONLY").is_ok_and(|value| value == "1");
        if sqlite_only { vec![Self::Sqlite] } else { vec![Self::Sqlite, Self::Postgres] }
    }
}

/// Whether PostgreSQL waits for the disk. Only tests that lose a process care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    Relaxed,
    Full,
}

/// A database that nobody used before.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    /// Where the cluster listens, and what the database is called in it.
    place: Option<(PathBuf, String)>,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.kind, self.url)
    }
}

impl Database {
    /// Makes one; an SQLite file lies in `folder`.
    pub(crate) fn fresh(kind: Kind, durability: Durability, folder: &Path) -> Self {
        match kind {
            Kind::Sqlite => {
                let url = format!("sqlite:{}", folder.join("signet.db").display());
                Self { kind, url, place: None }
            }
            Kind::Postgres => Cluster::running(durability).create_database(),
        }
    }

    /// Runs statements on the tables and gives what they say. Only for what no operator can
    /// do and nobody can wait for: that months pass.
    pub(crate) fn run(&self, statements: &str) -> String {
        let output = if let Some((socket_folder, name)) = &self.place {
            let mut psql = postgres_tool("psql", socket_folder);
            run(psql.args(["-qAt", "-d", name, "-c", statements]))
        } else {
            let file = self.url.trim_start_matches("sqlite:");
            run(Command::new("sqlite3").args([file, statements]))
        };
        output.trim().to_owned()
    }

    /// Changes something in a unit of work that ends 0.7 s after it has begun.
    pub(crate) fn run_slowly(&self, change: &str) {
        if let Some((socket_folder, name)) = &self.place {
            let work = format!("BEGIN; {change}; SELECT pg_sleep(0.7); COMMIT");
            run(postgres_tool("psql", socket_folder).args(["-qAt", "-d", name, "-c", &work]));
        } else {
            let file = self.url.trim_start_matches("sqlite:");
            let begin = format!("BEGIN IMMEDIATE; {change}");
            run(Command::new("sqlite3").args([file, &begin, ".shell sleep 0.7", "COMMIT"]));
        }
    }

    /// Makes PostgreSQL send everybody away from this database, or let them in again.
    pub(crate) fn set_reachable(&self, reachable: bool) {
        let (socket_folder, name) = self.place.as_ref().expect("only PostgreSQL can be closed");
        let mut words = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {reachable};");
        if !reachable {
            words += "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '";
            words += name;
            words += "'";
        }
        run(postgres_tool("psql", socket_folder).args(["-qAt", "-d", "postgres", "-c", &words]));
    }
}

/// A PostgreSQL cluster that ends with this process.
struct Cluster {
    socket_folder: PathBuf,
    databases: AtomicU32,
    /// Holds the pipe whose end tells the supervisor that the tests are over, however
    /// they ended.
    _supervisor: Child,
}

/// Makes a cluster, says where it is, and removes it once standard input ends.
const SUPERVISOR: &str = r#"
set -eu
folder=$(mktemp -d /tmp/signet-tests.XXXXXX)
trap 'rm -rf "$folder"' EXIT
{
    "$1/initdb" --no-sync --auth=trust --username=postgres --encoding=UTF8 --locale=C \
        -D "$folder/data" &&
    "$1/pg_ctl" -w -D "$folder/data" -l "$folder/server.log" \
        -o "-k $folder -c listen_addresses='' -c fsync=$2 -c max_connections=400" start
} >"$folder/setup.log" 2>&1 </dev/null || { cat "$folder"/*.log >&2; exit 1; }
echo "$folder"
cat >/dev/null
"$1/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
"#;

impl Cluster {
    fn running(durability: Durability) -> &'static Self {
        static RELAXED: OnceLock<Cluster> = OnceLock::new();
        static FULL: OnceLock<Cluster> = OnceLock::new();
        match durability {
            Durability::Relaxed => RELAXED.get_or_init(|| Self::start("off")),
            Durability::Full => FULL.get_or_init(|| Self::start("on")),
        }
    }

    fn start(fsync: &str) -> Self {
        let mut command = as_no_root("sh");
        command.args(["-c", SUPERVISOR, "signet-tests"]).arg(binaries()).arg(fsync);
        // Interrupting the tests must not interrupt the one who cleans up after them.
        command.process_group(0).current_dir("/");
        let mut supervisor = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the supervisor of PostgreSQL starts");
        let mut folder = String::new();
        let output = supervisor.stdout.take().expect("its output is a pipe");
        BufReader::new(output).read_line(&mut folder).expect("its output is read");
        assert!(!folder.is_empty(), "PostgreSQL does not start; its log stands above");
        Self {
            socket_folder: PathBuf::from(folder.trim()),
            databases: AtomicU32::new(0),
            _supervisor: supervisor,
        }
    }

    fn create_database(&self) -> Database {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // template0, as nobody is ever connected to it: several can be made at once.
        run(postgres_tool("createdb", &self.socket_folder).args(["-T", "template0", &name]));
        let host = self.socket_folder.display();
        let url = format!("postgres:///{name}?host={host}&user=postgres");
        Database { kind: Kind::Postgres, url, place: Some((self.socket_folder.clone(), name)) }
    }
}

/// PostgreSQL refuses to run as root; where the tests do, it runs as its own account.
fn as_no_root(program: &str) -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--", program]);
    command
}

fn postgres_tool(program: &str, socket_folder: &Path) -> Command {
    let mut command = Command::new(binaries().join(program));
    command.arg("-h").arg(socket_folder).args(["-U", "postgres"]);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program of the database starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Where PostgreSQL's programs are: its newest version, as Debian lays them, or what
/// `pg_config` says.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions
        .filter_map(|entry| {
            let number: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, newest)) = found.pop() {
        return newest;
    }
    let asked = Command::new("pg_config").arg("--bindir").output();
    let folder = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let folder = PathBuf::from(folder.unwrap_or_default());
    assert!(
        folder.join("initdb").exists(),
        "PostgreSQL is not installed; to test without it set TEST_SQLITE_ONLY=1"
    );
    folder
}
