//! Running the server: health, settings, proxies, issuers, logs, its end.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::browser::Browser;
use crate::harness::client::RelyingParty;
use crate::harness::database::{Durability, Kind};
use crate::harness::http;
use crate::harness::server::{Server, Site};
use crate::harness::{on_every_database, on_every_database_with, on_every_site};

/// `/healthz` is about the process, `/readyz` about all that a sign-in needs.
#[test]
fn health_and_readiness_are_told_apart() {
    on_every_database(async |server| {
        for path in ["/healthz", "/readyz"] {
            let answer = server.http().get(path).await;
            assert_eq!(answer.status, 200, "{answer}");
        }
        if server.database.kind != Kind::Postgres {
            return;
        }
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        server.database.set_reachable(false);
        assert_eq!(server.http().get("/healthz").await.status, 200);
        let unready = server.http().get("/readyz").await;
        assert_eq!(unready.status, 503, "{unready}");

        // A fault is ours: it is told by the request's id alone.
        let page = browser.open(&shop.request().url()).await.page();
        assert!(page.answer.status >= 500, "{page}");
        assert_eq!(page.text("request-id"), page.answer.header("x-request-id"));
        let answer = shop.refresh("x").await;
        assert!(answer.status >= 500, "{answer}");
        let id = answer.header("x-request-id");
        assert!(!id.is_empty() && server.log().contains(&id), "{id} is not in the log");
        for body in [&page.answer.body, &answer.body, &unready.body] {
            for word in ["postgres", "sqlx", "connection", "database"] {
                assert!(!body.to_lowercase().contains(word), "{body}");
            }
        }

        server.database.set_reachable(true);
        // Each connection that was cut while nobody used it costs one answer.
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut in_a_row = 0;
        while in_a_row < 10 {
            assert!(Instant::now() < deadline, "it is not ready again");
            let is_ready = server.http().get("/readyz").await.status == 200;
            in_a_row = if is_ready { in_a_row + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shop.sign_in(&browser, &ada, shop.request()).await;
    });
}

/// Every answer has an id of its own, and nobody else chooses it; it says when it was made:
/// 170 (RFC 9110 §6.6.1).
#[test]
fn each_request_has_its_own_id() {
    on_every_database(async |server| {
        let mut seen = std::collections::BTreeSet::new();
        for path in ["/", "/healthz", "/jwks", "/nothing-here", "/authorize", "/token", "/userinfo"]
        {
            for _ in 0..2 {
                let request = server.http().request(Method::GET, path);
                let answer = http::answer(request.header("x-request-id", "mine")).await;
                let id = answer.header("x-request-id");
                assert!(id.len() >= 8 && id != "mine", "{answer}");
                assert!(seen.insert(id), "{path}");
                assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer}");
                let date = chrono::DateTime::parse_from_rfc2822(&answer.header("date"));
                let date = date.expect("a date is a date").timestamp();
                let now = std::time::UNIX_EPOCH.elapsed().expect("it is later").as_secs();
                assert!(now.abs_diff(u64::try_from(date).expect("it is later")) < 300, "{answer}");
            }
        }
    });
}

/// What a log holds, many can read, for long.
#[test]
fn nothing_secret_or_personal_is_logged() {
    on_every_database_with(&[("SIGNET_LOG_LEVEL", "trace")], async |server| {
        let ada = server.add_user("zaphod-beeblebrox");
        let shop = server.client_with("shop", "web", &["--auth-method", "client_secret_post"]);
        let browser = server.browser();
        let mut secrets = vec![
            ada.username.clone(),
            ada.email.clone(),
            ada.password.clone(),
            "zaphod".to_owned(),
            shop.secret.clone(),
        ];
        let mistyped = "the password in the name field".to_owned();
        let request = shop.offline_request().with("login_hint", &ada.email);
        let login = browser.open(&request.url()).await.page();
        let again = browser.enter(&login, &mistyped, "a wrong password").await.page();
        let consent = browser.enter(&again, &ada.email, &ada.password).await.page();
        let returned = browser.press(&consent, "consent-allow", &[]).await.returned();
        let tokens = shop.redeem(&request, &returned).await;
        let second = shop.refreshed(tokens.refresh()).await;
        shop.userinfo(&second.access_token).await;
        shop.refresh("a-bad-refresh-token").await;
        shop.userinfo("a-bad-access-token").await;
        server.get("/userinfo?access_token=a-token-in-a-query").await;
        shop.token(&shop.code_form(&request, &returned)).await;
        let wrong = RelyingParty { secret: "a-wrong-secret".to_owned(), ..shop.clone() };
        wrong.refresh(second.refresh()).await;
        let logout = browser.open(&shop.at("/logout")).await.page();
        browser.press(&logout, "logout-confirm", &[]).await.page();

        secrets.extend([
            mistyped,
            returned.code().to_owned(),
            request.verifier.clone(),
            request.params.get("state").to_owned(),
            request.params.get("nonce").to_owned(),
        ]);
        for each in [tokens, second] {
            let id_token = each.id_token.clone().expect("there is an ID token");
            secrets.extend([each.access_token.clone(), each.refresh().to_owned(), id_token]);
        }
        for page in [login, again, consent, logout] {
            let button = ["login-submit", "consent-allow", "logout-confirm"]
                .into_iter()
                .find(|id| page.has(id));
            let form = page.form_of(button.expect("there is a button"), &[]);
            let csrf = form.fields.iter().find(|(name, _)| name == "csrf");
            secrets.push(csrf.expect("the form has a csrf field").1.clone());
        }
        for cookie in browser.set_cookies() {
            let value = cookie.split(['=', ';']).nth(1).unwrap_or_default().to_owned();
            secrets.extend((!value.is_empty()).then_some(value));
        }
        secrets.extend(
            ["a wrong password", "a-bad-", "a-token-in-a-query", "a-wrong-secret"].map(Into::into),
        );

        let log = server.log();
        assert!(log.lines().count() > 15, "{log}");
        for secret in secrets {
            // A log may write a character otherwise; whole words of it are enough.
            let start: String = secret.chars().take(20).collect();
            assert!(!log.contains(&start), "{secret} is in the log");
        }
        for line in log.lines() {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(line);
            assert!(parsed.is_ok(), "not JSON: {line}");
        }
    });
}

/// A request that is under way when the server is told to stop gets its whole answer.
#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_began() {
    on_every_database(async |mut server| {
        let idle = TcpStream::connect(server.address()).await.expect("the server listens");
        let mut busy = TcpStream::connect(server.address()).await.expect("the server listens");
        let body = "grant_type=refresh_token&client_id=nobody&refresh_token=x";
        let (sent, rest) = body.split_at(20);
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{sent}",
            body.len()
        );
        busy.write_all(head.as_bytes()).await.expect("the server reads");
        tokio::time::sleep(Duration::from_millis(300)).await;

        server.terminate();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(TcpStream::connect(server.address()).await.is_err(), "it takes new connections");
        busy.write_all(rest.as_bytes()).await.expect("the server still reads");
        let mut answer = String::new();
        busy.read_to_string(&mut answer).await.expect("the server still answers");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.ends_with('}'), "{answer}");

        let status = server.ended(Duration::from_secs(10)).await;
        assert_eq!(status.code(), Some(0), "{status}");
        drop(idle);
        server.start_again().await;
    });
}

/// Connections that say nothing end by themselves, so nobody keeps others out with many of them:
/// before a first word, after HTTP/1.1's first request, and in HTTP/2 though it answers pings.
#[test]
fn a_silent_connection_is_closed() {
    on_every_database(async |server| {
        let speechless = TcpStream::connect(server.address()).await.expect("the server listens");
        let mut done = TcpStream::connect(server.address()).await.expect("the server listens");
        done.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .expect("it reads");
        let mut polite = TcpStream::connect(server.address()).await.expect("the server listens");
        let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        polite.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("it reads");
        polite.write_all(&empty_settings).await.expect("it reads");

        let closed = tokio::join!(until_closed(speechless), until_closed(done), async {
            tokio::time::timeout(Duration::from_secs(100), answer_pings(polite)).await.is_ok()
        });
        assert_eq!(closed, (true, true, true));
    });
}

async fn until_closed(mut connection: TcpStream) -> bool {
    let mut said = Vec::new();
    let closed = connection.read_to_end(&mut said);
    tokio::time::timeout(Duration::from_secs(70), closed).await.is_ok()
}

/// Speaks as much HTTP/2 as it takes to seem alive (RFC 9113 §6.7), until the other side closes.
async fn answer_pings(mut connection: TcpStream) {
    loop {
        let mut head = [0; 9];
        if connection.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        if connection.read_exact(&mut payload).await.is_err() {
            return;
        }
        let (kind, flags) = (head[3], head[4]);
        if kind == 6 && flags & 1 == 0 {
            head[4] = 1;
            let answer = [&head[..], &payload].concat();
            drop(connection.write_all(&answer).await);
        }
    }
}

/// What was to be written down is written down though the database was away for a moment.
#[test]
fn no_audit_event_is_lost_when_connections_break() {
    on_every_database(async |server| {
        if server.database.kind != Kind::Postgres {
            return;
        }
        let shop = server.client("shop");
        let wrong = RelyingParty { secret: "wrong".into(), ..shop.clone() };
        let form = crate::harness::client::Params::new(&[("token", "x")]);
        let failed = |action: &&String| *action == "client.authentication_failed";
        for round in 1..=3 {
            // The first connections of all that broke are found out by those who use them.
            while wrong.post("/revoke", &form).await.status != 401 {}
            server.database.set_reachable(false);
            server.database.set_reachable(true);
            let deadline = Instant::now() + Duration::from_secs(10);
            while server.actions().iter().filter(failed).count() < round {
                assert!(Instant::now() < deadline, "{}", server.log());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
}

/// A request that takes long has as long as the settings give to those that are under way.
#[test]
fn what_was_begun_may_take_the_whole_grace() {
    on_every_database_with(&[("SIGNET_SHUTDOWN_GRACE", "60s")], async |mut server| {
        if server.database.kind != Kind::Postgres {
            // Nobody holds up SQLite for longer than its writer waits.
            return;
        }
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let request = app.request();
        let returned = browser.sign_in(&request.url(), &ada).await;
        let form = app.code_form(&request, &returned);
        let database = server.database.clone();
        let held = "BEGIN; UPDATE grants SET seen_generation = 0; SELECT pg_sleep(35); COMMIT";
        let held = tokio::task::spawn_blocking(move || database.run(held));
        tokio::time::sleep(Duration::from_millis(500)).await;
        let answer = tokio::spawn(async move { app.token(&form).await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.terminate();
        assert_eq!(answer.await.expect("it is answered").status, 200);
        held.await.expect("it ends");
        assert_eq!(server.ended(Duration::from_secs(10)).await.code(), Some(0));
    });
}

/// How a server that does not start leaves, and what it says.
async fn assert_no_start(site: &Site, args: &[&str], code: i32, words: &[&str]) {
    let before = site.log().len();
    let mut server = site.clone().spawn_with(args);
    let status = server.ended(Duration::from_mins(1)).await;
    let log = server.log();
    let said = &log[before..];
    assert_eq!(status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in {said}");
    }
}

/// A wrong setting stops the start with its name, what was given and what is allowed.
#[test]
fn a_wrong_setting_stops_the_start() {
    on_every_site(Durability::Relaxed, async |site| {
        for (name, value, allowed) in [
            ("SIGNET_CODE_LIFETIME", "0s", "1s to 10m"),
            ("SIGNET_CODE_LIFETIME", "soon", "1s to 10m"),
            ("SIGNET_ACCESS_TOKEN_LIFETIME", "25h", "24h"),
            ("SIGNET_SIGNING_KEY_BITS", "1024", "2048"),
            ("SIGNET_LISTEN", "localhost", "an IP address and a port"),
            ("SIGNET_ISSUER", "http://id.example", "https"),
            ("SIGNET_ISSUER", "https://id.example/?x=1", "https"),
            ("SIGNET_ISSUER", "https://id.example/#x", "https"),
            ("SIGNET_ISSUER", "https://somebody@id.example", "https"),
            ("SIGNET_ISSUER", "id.example", "https"),
            ("SIGNET_LOG_FORMAT", "xml", "json"),
            ("SIGNET_TRUSTED_PROXIES", "proxy.example", "10.0.0.0/8"),
            ("SIGNET_DATABASE_URL", "mysql:***", "postgres://"),
        ] {
            let mut wrong = site.clone();
            wrong.set(name, value);
            let key = name.trim_start_matches("SIGNET_").to_lowercase();
            assert_no_start(&wrong, &[], 2, &[&key, value, allowed]).await;
        }
        let mut unknown = site.clone();
        unknown.set("SIGNET_CODE_LIFETIM", "60s");
        assert_no_start(&unknown, &[], 2, &["SIGNET_CODE_LIFETIM"]).await;

        let file = site.path("signet.toml").display().to_string();
        let write = |text: &str| std::fs::write(&file, text).expect("the file can be written");
        for (text, words) in [
            ("code_lifetim = \"60s\"", ["code_lifetim", "unknown"]),
            ("session_lifetime = \"0s\"", ["session_lifetime", "365d"]),
            ("session_lifetime = ", ["settings", "TOML"]),
        ] {
            write(text);
            assert_no_start(&site, &["--config", &file], 2, &words).await;
        }
        assert_no_start(&site, &["--config", "/nowhere/signet.toml"], 2, &["/nowhere/signet.toml"])
            .await;
        // The environment wins over the file.
        write("code_lifetime = \"30s\"\nsession_lifetime = \"1h\"");
        let mut both = site.clone();
        both.set("SIGNET_CODE_LIFETIME", "5s");
        let printed = both.cli(&["config", "print", "--config", &file]).done();
        assert!(printed["code_lifetime"].to_string().contains("5s"), "{printed}");
        assert!(printed["session_lifetime"].to_string().contains("1h"), "{printed}");
    });
}

/// The key under which secrets are sealed is for its owner alone; a server that cannot open
/// its secrets does not make new ones in their place.
#[test]
fn the_master_key_is_private_and_irreplaceable() {
    on_every_database(async |mut server| {
        let path = server.path("master.key");
        let mode = std::fs::metadata(&path).expect("there is a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let keys = server.get("/jwks").await.body;
        server.kill();

        let key = std::fs::read(&path).expect("the key can be read");
        std::fs::remove_file(&path).expect("the key can be removed");
        assert_no_start(&server, &[], 1, &["master_key_file", &path.display().to_string()]).await;
        assert!(!path.exists(), "another key was made");
        std::fs::write(&path, "not a key").expect("the key can be written");
        assert_no_start(&server, &[], 1, &["master"]).await;
        let mut other = key.clone();
        let position = other.iter().position(u8::is_ascii_alphanumeric).expect("a key is text");
        other[position] = if other[position] == b'A' { b'B' } else { b'A' };
        std::fs::write(&path, other).expect("the key can be written");
        assert_no_start(&server, &[], 1, &["master"]).await;

        std::fs::write(&path, key).expect("the key can be written");
        server.start_again().await;
        assert_eq!(server.get("/jwks").await.body, keys, "the keys outlive a restart");
    });
}

/// A port that is taken is a fault with a name.
#[test]
fn a_taken_port_stops_the_start() {
    on_every_database(async |server| {
        assert_no_start(&server, &[], 1, &["listen", &server.address().to_string()]).await;
        assert_eq!(server.http().get("/readyz").await.status, 200);
    });
}

/// The address of the last sign-in, as the audit log has it.
fn last_address(server: &Server) -> String {
    let events = server.cli(&["audit", "list"]).done();
    let events = events.as_array().expect("a list of events").clone();
    let login = events.iter().find(|event| !event["address"].is_null());
    login.expect("there was a sign-in")["address"].as_str().unwrap_or_default().to_owned()
}

/// 171 (RFC 7239 §8.1)
#[test]
fn forwarded_headers_count_only_from_a_trusted_proxy() {
    for (trusted, address) in [("10.0.0.0/8", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")] {
        on_every_database_with(&[("SIGNET_TRUSTED_PROXIES", trusted)], async |server| {
            let (ada, shop) = (server.add_user("ada"), server.client("shop"));
            let http = server
                .http()
                .adding("x-forwarded-for", "198.51.100.1, 203.0.113.9")
                .adding("x-forwarded-host", "evil.example")
                .adding("x-forwarded-proto", "https")
                .adding("x-forwarded-prefix", "/evil");
            let browser = Browser::new(http.clone());
            shop.sign_in(&browser, &ada, shop.request()).await;
            assert_eq!(last_address(&server), address);

            let liar = http.adding("forwarded", "for=203.0.113.9;host=evil.example;proto=https");
            let browser = Browser::new(liar.clone());
            let login = browser.open(&shop.request().url()).await.page();
            assert!(login.url.as_str().starts_with(server.issuer()), "{login}");
            browser.enter(&login, &ada.username, "wrong").await.page();
            assert_eq!(last_address(&server), address);
            for cookie in browser.set_cookies() {
                assert!(!cookie.contains("Secure"), "{cookie}");
            }
            // Nor does the Host header name anything.
            for http in [liar, server.http().adding("host", "evil.example")] {
                let answer = http.get("/.well-known/openid-configuration").await;
                assert!(!answer.body.contains("evil"), "{answer}");
                assert_eq!(answer.json()["issuer"], *server.issuer());
            }
        });
    }
}
