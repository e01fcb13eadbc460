//! How fast the server is, beside the floor of the machine: what a server costs that does
//! nothing but sign, or hash, or answer the same document (`server/examples/floor.rs`).
//!
//! Run by `scripts/bench`, which builds both. What is measured takes turns with the floor,
//! so that a machine that changes its mind changes it for both.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on ends here and now, and its words are its result"
)]

mod console;
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../harness/mod.rs"]
mod harness;
mod load;
mod process;
mod scenario;
mod wire;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use harness::client::{RelyingParty, basic};
use harness::database::{Database, Durability, Kind};
use harness::server::{Server, Site};
use load::Measured;
use process::memory;
use scenario::{Login, Worker};
use wire::{get, post};

const CONNECTIONS: [usize; 3] = [1, 8, 32];
/// How often the server and the floor take turns.
const ROUNDS: usize = 3;
/// Overload is so many times the load that was carried, from so many connections.
const OVERLOAD: f64 = 10.0;
const OVERLOAD_CONNECTIONS: usize = 320;
const COLD_STARTS: usize = 11;

/// What the arguments say.
struct Options {
    /// How long each turn is.
    turn: Duration,
    only: Option<String>,
    /// Whether it is the console that is measured.
    console: bool,
}

fn main() {
    let mut options = Options { turn: Duration::from_secs(1), only: None, console: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => {
                let seconds = arguments.next().expect("--seconds has a number");
                let seconds = seconds.parse().expect("--seconds has a number");
                options.turn = Duration::from_secs_f64(seconds);
            }
            "--console" => options.console = true,
            "--only" => options.only = arguments.next(),
            // cargo says so to every benchmark.
            "--bench" => {}
            other => {
                panic!("unknown argument {other}; there are --seconds N, --only NAME and --console")
            }
        }
    }
    // One thread: the load must not take more than it has to.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(measure(&options));
}

async fn measure(options: &Options) {
    describe_machine();
    if options.console {
        return console::measure().await;
    }
    let floor = Floor::start();
    for kind in Kind::asked_for() {
        println!("\n## {kind:?}\n");
        let mut site = Site::new(|folder| Database::fresh(kind, Durability::Full, folder));
        site.set("SIGNET_LOG_LEVEL", "warn");
        let server = site.clone().start().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let idle = memory(server.pid(), "VmRSS");
        let bench = Bench { server: &server, floor: &floor, options };
        bench.scenarios().await;
        println!(
            "\nmemory idle {idle:.1} MiB, most under load {:.1} MiB",
            memory(server.pid(), "VmHWM")
        );
        bench.overload().await;
        drop(server);
        cold_start(&site).await;
    }
}

/// The server that does nothing else.
struct Floor {
    process: Child,
    address: SocketAddr,
}

impl Floor {
    fn start() -> Self {
        let program = std::env::var_os("FLOOR_BIN").expect("scripts/bench says where it is");
        let mut command = Command::new(program);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the floor starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("it was asked to talk");
        BufReader::new(output).read_line(&mut line).expect("it says where it listens");
        Self { process, address: line.trim().parse().expect("it is an address") }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

struct Bench<'a> {
    server: &'a Server,
    floor: &'a Floor,
    options: &'a Options,
}

impl Bench<'_> {
    async fn scenarios(&self) {
        println!(
            "| what | connections | req/s | shed | p50 ms | p99 ms | CPU µs | floor req/s | share |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        let actors = Actors::add(self.server).await;
        for name in [
            "discovery",
            "jwks",
            "client_credentials",
            "refresh",
            "userinfo",
            "introspection",
            "login",
            "whole login",
        ] {
            if self.options.only.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            for connections in CONNECTIONS {
                let mut workers = Vec::new();
                for _ in 0..connections {
                    workers.push(actors.worker(name).await);
                }
                self.compare(name, workers).await;
            }
        }
    }

    /// Lets the workers and the floor take turns, and prints a line.
    async fn compare(&self, name: &str, mut workers: Vec<Worker>) {
        let floor_requests = match name {
            "discovery" | "jwks" => vec![get("/json", "")],
            "client_credentials" => vec![post("/sign/1", "", "")],
            "refresh" => vec![post("/sign/2", "", "")],
            "login" => vec![post("/argon2", "", "")],
            // As many requests as a sign-in takes, and all that must be computed.
            "whole login" => {
                let page = get("/json", "");
                vec![page.clone(), page, post("/argon2", "", ""), post("/sign/2", "", "")]
            }
            _ => Vec::new(),
        };
        let (mut server, mut floor) = (Measured::default(), Measured::default());
        for _ in 0..ROUNDS {
            if !floor_requests.is_empty() {
                let mut idlers: Vec<_> =
                    workers.iter().map(|_| Worker::Fixed(floor_requests.clone())).collect();
                floor = floor
                    .and(self.turn(self.floor.address, self.floor.process.id(), &mut idlers).await);
            }
            let address = self.server.address();
            server = server.and(self.turn(address, self.server.pid(), &mut workers).await);
        }
        assert!(server.failed == 0, "{name}: {} failed", server.failed);
        let beside = if floor_requests.is_empty() {
            "– | –".to_owned()
        } else {
            let share = server.per_second() / floor.per_second() * 100.0;
            format!("{:.0} | {share:.0} %", floor.per_second())
        };
        println!(
            "| {name} | {} | {:.0} | {} | {:.2} | {:.2} | {:.0} | {beside} |",
            workers.len(),
            server.per_second(),
            server.shed,
            server.percentile(50),
            server.percentile(99),
            server.cpu_micros(),
        );
    }

    async fn turn(&self, address: SocketAddr, pid: u32, workers: &mut [Worker]) -> Measured {
        load::run(address, pid, workers, self.options.turn, None).await
    }

    /// Ten times the load that it carries.
    async fn overload(&self) {
        println!(
            "\n| overload | carried req/s | p99 ms | offered req/s | accepted | shed | without Retry-After | failed | p99 ms of accepted |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        let actors = Actors::add(self.server).await;
        let (address, pid) = (self.server.address(), self.server.pid());
        for name in ["client_credentials", "refresh", "login"] {
            if self.options.only.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            let mut workers = Vec::new();
            for _ in 0..OVERLOAD_CONNECTIONS {
                workers.push(actors.worker(name).await);
            }
            let span = self.options.turn * 3;
            let carried = load::run(address, pid, &mut workers[..32], span, None).await;
            let offered = carried.per_second() * OVERLOAD;
            let pace = Duration::from_secs_f64(OVERLOAD_CONNECTIONS as f64 / offered);
            let under = load::run(address, pid, &mut workers, span * 2, Some(pace)).await;
            println!(
                "| {name} | {:.0} | {:.1} | {offered:.0} | {} | {} | {} | {} | {:.1} |",
                carried.per_second(),
                carried.percentile(99),
                under.accepted(),
                under.shed,
                under.shed_without_word,
                under.failed,
                under.percentile(99),
            );
        }
    }
}

/// Those who do what is measured.
struct Actors {
    batch: RelyingParty,
    app: RelyingParty,
    api: RelyingParty,
    person: harness::cli::Person,
    browser: harness::browser::Browser,
}

impl Actors {
    async fn add(server: &Server) -> Self {
        let name = |base: &str| format!("{base}{}", another());
        let person = server.add_user(&name("ada"));
        let app = server.client_with(&name("app"), "spa", &["--first-party"]);
        let browser = server.browser();
        browser.sign_in(&app.request().url(), &person).await;
        Self {
            batch: server.client_with(&name("batch"), "service", &["--scope", "orders:read"]),
            api: server.client_with(&name("api"), "web", &["--introspect-any"]),
            app,
            person,
            browser,
        }
    }

    async fn worker(&self, name: &str) -> Worker {
        match name {
            "discovery" => Worker::Fixed(vec![get("/.well-known/openid-configuration", "")]),
            "jwks" => Worker::Fixed(vec![get("/jwks", "")]),
            "client_credentials" => {
                let body = "grant_type=client_credentials";
                Worker::Fixed(vec![post("/token", &authorization(&self.batch), body)])
            }
            "refresh" => Worker::Refresh {
                client_id: self.app.id.clone(),
                token: self.tokens().await.refresh().to_owned(),
            },
            "userinfo" => {
                let token = self.tokens().await.access_token;
                let header = format!("authorization: Bearer {token}\r\n");
                Worker::Fixed(vec![get("/userinfo", &header)])
            }
            "introspection" => {
                let body = format!("token={}", self.tokens().await.access_token);
                Worker::Fixed(vec![post("/introspect", &authorization(&self.api), &body)])
            }
            "login" | "whole login" => Worker::Login(Box::new(Login {
                app: self.app.clone(),
                person: self.person.clone(),
            })),
            other => panic!("nobody does {other}"),
        }
    }

    async fn tokens(&self) -> harness::client::Tokens {
        let request =
            self.app.offline_request().with("scope", "openid profile email offline_access");
        let returned = self.browser.open(&request.url()).await.returned();
        self.app.redeem(&request, &returned).await
    }
}

fn authorization(party: &RelyingParty) -> String {
    format!("authorization: {}\r\n", basic(&party.id, &party.secret))
}

/// A number that is another one each time.
fn another() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// From the start of the process to its first answer, on a store that is there already.
async fn cold_start(site: &Site) {
    let mut spans = Vec::new();
    for _ in 0..COLD_STARTS {
        let began = Instant::now();
        let server = site.clone().spawn();
        while !is_ready(server.address()).await {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        spans.push(began.elapsed());
    }
    spans.sort_unstable();
    println!(
        "\ncold start {:.1} ms (median of {COLD_STARTS})",
        spans[COLD_STARTS / 2].as_secs_f64() * 1e3
    );
}

async fn is_ready(address: SocketAddr) -> bool {
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return false;
    }
    wire::Connection::open(address).await.ask(&get("/readyz", "")).await.header("date").is_some()
}

fn describe_machine() {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.map_or_else(
            |_| "?".to_owned(),
            |output| {
                String::from_utf8_lossy(&output.stdout)
                    .lines()
                    .next()
                    .unwrap_or("?")
                    .trim()
                    .to_owned()
            },
        )
    };
    let line = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let found =
            text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        found.map_or("?", |(_, value)| value.trim()).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    println!(
        "{}, {cores} cores, {} memory, Linux {}, {}, store on {}",
        line("/proc/cpuinfo", "model name"),
        line("/proc/meminfo", "MemTotal"),
        run("uname", &["-r"]),
        run("rustc", &["--version"]),
        run("stat", &["-f", "-c", "%T", "/tmp"]),
    );
}
