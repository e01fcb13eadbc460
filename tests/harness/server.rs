//! The real program, in a process of its own.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use tempfile::TempDir;

use super::browser::Browser;
use super::database::Database;
use super::http::{Answer, Http};

/// How long a server may take to start. Debug builds on a busy machine are slow.
const START: Duration = Duration::from_mins(1);

/// All that a server needs: a folder, a database, a port and settings.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    folder: Arc<TempDir>,
    pub(crate) database: Database,
    port: u16,
    settings: BTreeMap<String, String>,
}

impl Site {
    pub(crate) fn new(database: impl FnOnce(&Path) -> Database) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder can be made"));
        let database = database(folder.path());
        let port = free_port();
        let mut site = Self { folder, database, port, settings: BTreeMap::new() };
        let key = site.path("master.key").display().to_string();
        let url = site.database.url.clone();
        for (name, value) in [
            ("SIGNET_ISSUER", format!("http://localhost:{port}").as_str()),
            ("SIGNET_LISTEN", &format!("127.0.0.1:{port}")),
            ("SIGNET_DATABASE_URL", &url),
            ("SIGNET_MASTER_KEY_FILE", &key),
            ("SIGNET_LOG_FORMAT", "json"),
        ] {
            site.set(name, value);
        }
        site
    }

    /// The same site with another port: a second server for the same issuer.
    pub(crate) fn twin(&self) -> Self {
        let mut twin = Self { port: free_port(), ..self.clone() };
        twin.set("SIGNET_LISTEN", &format!("127.0.0.1:{}", twin.port));
        twin
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Puts the issuer below a path.
    pub(crate) fn set_issuer_path(&mut self, path: &str) {
        self.set("SIGNET_ISSUER", &format!("http://localhost:{}{path}", self.port));
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.settings["SIGNET_ISSUER"]
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// A file of this site's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Somebody who talks to this site's server.
    pub(crate) fn http(&self) -> Http {
        let issuer = url::Url::parse(self.issuer()).expect("the issuer is a URL");
        Http::new(issuer.origin().ascii_serialization(), self.address())
    }

    /// The server's program with this site's settings and none of the tests' own surroundings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_of(program(), args)
    }

    /// The console, in the same manner.
    pub(crate) fn console(&self, args: &[&str]) -> Command {
        self.command_of(console_program(), args)
    }

    /// Any program, in the same manner.
    pub(crate) fn command_of(&self, program: PathBuf, args: &[&str]) -> Command {
        let mut command = if cfg!(target_os = "linux") {
            // However the tests end, nothing they started stays. The kernel does this when
            // the thread ends that started it; each test is a thread.
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| name.to_string_lossy().starts_with("SIGNET_")) {
            command.env_remove(name);
        }
        command.envs(&self.settings).args(args).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(self) -> Server {
        let mut server = self.spawn();
        server.wait_until_ready().await;
        server
    }

    /// Starts a server without waiting for it.
    pub(crate) fn spawn(self) -> Server {
        self.spawn_with(&[])
    }

    /// The same, with more words for the command.
    pub(crate) fn spawn_with(self, args: &[&str]) -> Server {
        let process = self.serve(args);
        Server { site: self, process }
    }

    fn serve(&self, args: &[&str]) -> Child {
        let log = std::fs::File::options().create(true).append(true).open(self.log_path());
        let log = log.expect("the log can be written");
        let copy = log.try_clone().expect("the log can be written");
        let mut command = self.command(&[&["serve"], args].concat());
        command.stdout(log).stderr(copy).spawn().expect("signet starts")
    }

    fn log_path(&self) -> PathBuf {
        self.path(&format!("server-{}.log", self.port))
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }
}

/// A server process. It ends with the test; where the test fails, its log is shown.
#[derive(Debug)]
pub(crate) struct Server {
    site: Site,
    process: Child,
}

impl Deref for Server {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Server {
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.http())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Fetches something below the issuer, without cookies.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.http().get(&format!("{}{path}", self.issuer().trim_end_matches('/'))).await
    }

    /// Waits until the server says that it can sign people in.
    pub(crate) async fn wait_until_ready(&mut self) {
        let http = self.http();
        let deadline = Instant::now() + START;
        loop {
            let asked = http.request(Method::GET, "/readyz").send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                panic!("signet ended at its start: {status}");
            }
            assert!(Instant::now() < deadline, "signet is not ready after {START:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the process as a power cut would: at once, without a word.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("the process can be killed");
        self.process.wait().expect("the process ends");
    }

    /// Starts a process again where one was killed.
    pub(crate) async fn start_again(&mut self) {
        self.process = self.site.serve(&[]);
        self.wait_until_ready().await;
    }

    /// Starts a process again with another setting where one was killed.
    pub(crate) async fn start_again_with(&mut self, name: &str, value: &str) {
        self.site.set(name, value);
        self.start_again().await;
    }

    /// Asks the process to end (SIGTERM).
    pub(crate) fn terminate(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "the process can be asked to end");
    }

    /// Waits for the process to end.
    pub(crate) async fn ended(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.process.try_wait().expect("the process can be asked") {
                return status;
            }
            assert!(Instant::now() < deadline, "signet still runs after {within:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("failed on {}; its log ends so:\n{last}", self.site.database);
        }
    }
}

/// The program under test: beside the tests, as cargo lays it, or where `SIGNET_BIN` says.
fn program() -> PathBuf {
    if let Some(given) = std::env::var_os("SIGNET_BIN") {
        return given.into();
    }
    let tests = std::env::current_exe().expect("the tests know where they are");
    let folder = tests.parent().and_then(Path::parent).expect("they lie in target/*/deps");
    let program = folder.join("signet");
    assert!(program.exists(), "{} is not built: cargo build -p server", program.display());
    program
}

/// The console, beside the server.
pub(crate) fn console_program() -> PathBuf {
    let console = program().with_file_name("signet-admin");
    assert!(console.exists(), "{} is not built: cargo build -p admin-tui", console.display());
    console
}

/// A port that nobody listens on, below those that the system gives to clients: no other
/// connection of these tests can take it before the server does.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
