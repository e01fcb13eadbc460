//! Every setting, once: what it is, its unit, its default and what is allowed.
//!
//! A setting is a key of the TOML file or the environment variable `SIGNET_<KEY>`,
//! which wins. An unknown or wrong one stops the start, with its name, what was
//! given and what is allowed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::model::{AndroidApp, AppleApp, Level, MfaPolicy};
use crate::rules::acr::AcrNames;
use crate::rules::redirect_uri::is_loopback;
use crate::rules::sign_in;
use crate::rules::token_claims::Lifetimes;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No setting has this name.
    #[error("unknown setting {name}{}", suggestion(name))]
    Unknown {
        /// As it was given.
        name: String,
    },
    /// The value is not one of those allowed.
    #[error("setting {name}: {given:?} was given; allowed: {allowed}")]
    Invalid {
        /// The setting, as a TOML key.
        name: String,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// The file is no TOML. The line itself is not shown: there may be a password in it.
    #[error("the settings file is not TOML: {0}")]
    Toml(String),
    /// A variable of the environment is no text.
    #[error("{0} is not UTF-8")]
    NotText(String),
    /// The file cannot be read.
    #[error("{path}: {problem}")]
    File {
        /// Its path.
        path: String,
        /// Why not.
        problem: String,
    },
}

fn suggestion(name: &str) -> String {
    let known = |key: &&Setting| key.name.starts_with(name) || name.starts_with(key.name);
    let similar = Config::SETTINGS.iter().find(known);
    similar.map(|key| format!("; did you mean {}?", key.name)).unwrap_or_default()
}

/// One line of the settings reference.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The TOML key.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The default, as it would be written.
    pub default: &'static str,
    /// What is allowed.
    pub allowed: &'static str,
}

/// Declares the settings: for each its doc, name, type, default and allowed values.
macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:literal, $allowed:literal;)*) => {
        /// All settings, checked.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[doc = $doc])* pub $name: $type,)*
        }

        impl Config {
            /// The settings reference.
            pub const SETTINGS: &'static [Setting] = &[$(Setting {
                name: stringify!($name),
                doc: concat!($($doc),*),
                default: $default,
                allowed: $allowed,
            },)*];

            /// Reads the given values over the defaults.
            fn read(given: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
                Ok(Self {$(
                    $name: {
                        let text = given.get(stringify!($name)).map_or($default, String::as_str);
                        <$type as Value>::read(text).ok_or_else(|| ConfigError::Invalid {
                            name: stringify!($name).to_owned(),
                            given: shown(stringify!($name), text),
                            allowed: $allowed.to_owned(),
                        })?
                    },
                )*})
            }

            /// Every setting with its value as it would be written in TOML.
            pub fn print(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($name), self.$name.write()),)*]
            }
        }
    };
}

settings! {
    /// The issuer: the address under which browsers and clients reach this server, and
    /// the `iss` of all tokens. May have a path.
    issuer: Issuer = "http://localhost:8080", "an https URL without query and fragment; http only for localhost, 127.0.0.1 and [::1], or with allow_http_issuer";
    /// Whether an issuer that is not https is accepted on a host that is not this machine.
    allow_http_issuer: bool = "false", "true or false";
    /// The address and port to listen on.
    listen: SocketAddr = "127.0.0.1:8080", "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080";
    /// The file with this server's certificate and those that lead from it to an authority,
    /// in PEM; empty where a proxy in front speaks TLS. Read anew when it changes.
    tls_certificate: OptionalPath = "", "a path, or nothing; with tls_key";
    /// The file with the private key of the certificate, in PEM.
    tls_key: OptionalPath = "", "a path, or nothing; with tls_certificate";
    /// The proxies whose word is believed on where a request comes from.
    trusted_proxies: Vec<IpNet> = "[]", "a list of IP addresses and networks, such as [\"127.0.0.1\", \"10.0.0.0/8\"]";
    /// The one header in which they say it. Proxies pass on what a client wrote into the
    /// others, so those are never read.
    forwarded_header: ForwardedHeader = "x-forwarded-for", "x-forwarded-for or forwarded";
    /// The store.
    database_url: DatabaseUrl = "sqlite:data/signet.db", "sqlite:PATH or postgres://USER@HOST:PORT/DATABASE";
    /// The most connections to PostgreSQL.
    database_connections: Count<1, 1000> = "16", "a number from 1 to 1000";
    /// The file with the key under which secrets in the store are sealed. Made with mode
    /// 0600 if it is missing and nothing is sealed yet. Without it, they are lost.
    master_key_file: PathBuf = "data/master.key", "a path";
    /// The size of signing keys, in bits.
    signing_key_bits: KeyBits = "2048", "2048, 3072 or 4096";
    /// How long a signing key signs before the next one takes its place; 0s is for good.
    signing_key_rotation: Span<0, 315_360_000> = "90d", "0s to 3650d";
    /// How long clients and APIs may keep the metadata and the signing keys. A new key is
    /// published at least that long before it signs.
    jwks_cache_lifetime: Span<1, 86_400> = "5m", "1s to 24h";
    /// A file with PEM certificates of authorities that are trusted, beside the usual
    /// ones, where this server fetches the keys of clients; empty is none.
    fetch_trust_anchor: OptionalPath = "", "a path, or nothing";
    /// Whether the keys of clients may be fetched from this machine, and over http; for
    /// development.
    fetch_from_loopback: bool = "false", "true or false";
    /// How long a code may be exchanged.
    code_lifetime: Span<1, 600> = "60s", "1s to 10m";
    /// How long an access token is good.
    access_token_lifetime: Span<1, 86_400> = "15m", "1s to 24h";
    /// How long an ID token is good.
    id_token_lifetime: Span<1, 86_400> = "15m", "1s to 24h";
    /// How long a refresh token is good if it is not used.
    refresh_token_lifetime: Span<1, 31_536_000> = "30d", "1s to 365d";
    /// How long after its use a refresh token may come again, because the answer was
    /// lost, as long as its successor was never used.
    refresh_retry_window: Span<0, 604_800> = "24h", "0s to 7d";
    /// How long after its use a refresh token may come again from another window of the
    /// same client, which then gets a token of its own.
    refresh_overlap: Span<0, 60> = "10s", "0s to 60s";
    /// How long a grant lasts, whatever is refreshed.
    grant_lifetime: Span<1, 157_680_000> = "365d", "1s to 1825d";
    /// How long somebody stays signed in in a browser.
    session_lifetime: Span<1, 31_536_000> = "12h", "1s to 365d";
    /// How long sign-ins that have ended are remembered: sessions, grants, used codes and
    /// refresh tokens. So long a token that was stolen is told from one that never was. The
    /// audit log is kept.
    sign_in_retention: Span<604_800, 315_360_000> = "30d", "7d to 3650d";
    /// How long a sign-in may take, from the client's request to the answer.
    interaction_lifetime: Span<1, 86_400> = "30m", "1s to 24h";
    /// Whether a second factor is asked for: not, of whoever has one, or of everybody. A
    /// client may have a policy of its own, and roles may ask for more.
    mfa: MfaPolicy = "optional", "off, optional or required";
    /// How long people may choose not to be asked for a second factor in a browser; 0s is
    /// not at all.
    remember_browser: Span<0, 31_536_000> = "30d", "0s to 365d";
    /// What clients call a sign-in by password alone (`acr`).
    acr_password: Word = "password", "a word of ASCII, another one than the other two";
    /// What clients call a sign-in with two factors.
    acr_multi_factor: Word = "multi-factor", "a word of ASCII, another one than the other two";
    /// What clients call a sign-in that nobody can be tricked into giving away.
    acr_phishing_resistant: Word = "phishing-resistant", "a word of ASCII, another one than the other two";
    /// The host that passkeys are bound to, for good: the issuer's, or a domain above it;
    /// empty is the issuer's. Without a domain name there are no passkeys.
    passkey_rp_id: RpId = "", "a domain name, or nothing";
    /// Other sites that may use the passkeys of this server.
    passkey_origins: Vec<WebOrigin> = "[]", "a list of https origins, such as [\"https://shop.example\"]";
    /// The models of authenticators that may be enrolled; empty is any. Browsers are believed
    /// on what model it is.
    passkey_models: Vec<Model> = "[]", "a list of AAGUIDs";
    /// Android applications that may use them, beside those of clients.
    android_apps: Vec<AndroidApp> = "[]", "a list such as [\"com.example.app:14:6D:E9:…\"], with the SHA-256 of the signing certificate";
    /// Apple applications that may use them, beside those of clients.
    apple_apps: Vec<AppleApp> = "[]", "a list such as [\"ABCDE12345.com.example.app\"]";
    /// How long is kept what went wrong with the requests of applications, for `signet why`.
    incident_retention: Span<3600, 31_536_000> = "7d", "1h to 365d";
    /// How many requests of clients are worked on at once; others wait a moment, and if
    /// there are too many are told to come again. 0 is 16 per core.
    requests_at_once: Count<0, 100_000> = "0", "a number from 0 to 100000";
    /// How many passwords are checked at once; 0 is one per core.
    password_hash_permits: Count<0, 1024> = "0", "a number from 0 to 1024";
    /// How long a sign-in waits to have the password checked before it is told to come
    /// again. A core checks some fifty in a second.
    password_hash_wait: Pause<60_000> = "400ms", "0ms to 60s";
    /// How long requests may go on after the server was told to stop.
    shutdown_grace: Span<0, 600> = "25s", "0s to 10m";
    /// What the log looks like; auto is text on a terminal and JSON elsewhere.
    log_format: LogFormat = "auto", "auto, text or json";
    /// How much is logged.
    log_level: LogLevel = "info", "error, warn, info, debug or trace";
}

impl Config {
    /// Reads the settings as a program's arguments name them: the file, over it this
    /// process's environment, and over both the address of the store.
    ///
    /// # Errors
    /// The file if it cannot be read, else the first setting that is unknown or wrong.
    pub fn open(file: Option<&Path>, database_url: Option<String>) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                ConfigError::File { path: path.display().to_string(), problem: error.to_string() }
            })?),
            None => None,
        };
        let mut environment = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => environment.push((name, value)),
                Err(_) if name.starts_with("SIGNET_") => return Err(ConfigError::NotText(name)),
                Err(_) => {}
            }
        }
        // Comes last, so it wins.
        environment.extend(database_url.map(|url| ("SIGNET_DATABASE_URL".to_owned(), url)));
        Self::load(text.as_deref(), environment)
    }

    /// Reads a TOML file's text and the environment, and checks it.
    ///
    /// # Errors
    /// The first setting that is unknown or wrong.
    pub fn load(
        toml: Option<&str>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut given = BTreeMap::new();
        if let Some(text) = toml {
            let table: toml::Table =
                text.parse().map_err(|fault| ConfigError::Toml(toml_problem(text, &fault)))?;
            for (name, value) in table {
                let text = match value {
                    toml::Value::String(text) => text,
                    other => other.to_string(),
                };
                given.insert(known(name)?, text);
            }
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("SIGNET_").filter(|key| !is_kubernetes(key)) {
                let key = known(key.to_lowercase()).map_err(|_| ConfigError::Unknown { name })?;
                given.insert(key, value);
            }
        }
        let config = Self::read(&given)?;
        config.check()?;
        Ok(config)
    }

    /// What no setting can say alone.
    fn check(&self) -> Result<(), ConfigError> {
        if !self.issuer.is_https() && !self.issuer.is_loopback() && !self.allow_http_issuer {
            return Err(Self::invalid("issuer", self.issuer.as_str()));
        }
        let missing = match (&self.tls_certificate.0, &self.tls_key.0) {
            (Some(_), None) => Some("tls_key"),
            (None, Some(_)) => Some("tls_certificate"),
            _ => None,
        };
        if let Some(name) = missing {
            return Err(Self::invalid(name, ""));
        }
        if !self.passkey_rp_id.0.is_empty() && self.rp_id().is_none() {
            return Err(Self::invalid("passkey_rp_id", &self.passkey_rp_id.0));
        }
        self.acr_names().map(drop)
    }

    /// The host that passkeys are bound to; none where the issuer has no domain name.
    pub fn rp_id(&self) -> Option<&str> {
        let host = self.issuer.url.domain()?;
        let set = self.passkey_rp_id.0.as_str();
        let is_above = || host.strip_suffix(set).is_some_and(|rest| rest.ends_with('.'));
        match set {
            "" => Some(host),
            set if set == host || (set.contains('.') && is_above()) => Some(set),
            _ => None,
        }
    }

    /// The origins in browsers that may use passkeys, this server's own first.
    pub fn passkey_sites(&self) -> Vec<Url> {
        let own = Url::parse(&self.issuer.origin()).ok();
        own.into_iter().chain(self.passkey_origins.iter().map(|origin| origin.0.clone())).collect()
    }

    /// How long tokens are good where a client has no wish of its own.
    pub fn token_lifetimes(&self) -> Lifetimes {
        Lifetimes { access_token: self.access_token_lifetime.0, id_token: self.id_token_lifetime.0 }
    }

    /// What these settings say about sign-ins.
    pub fn sign_in_rules(&self) -> sign_in::Rules {
        let has_keys = self.rp_id().is_some();
        let enrolable = if has_keys { Level::PhishingResistant } else { Level::MultiFactor };
        sign_in::Rules { mfa: self.mfa, enrolable, remembers: !self.remember_browser.0.is_zero() }
    }

    /// What clients call the levels of sign-ins.
    ///
    /// # Errors
    /// If two have the same name, which [`Config::load`] has ruled out.
    pub fn acr_names(&self) -> Result<AcrNames, ConfigError> {
        let names = [&self.acr_password, &self.acr_multi_factor, &self.acr_phishing_resistant];
        AcrNames::new(names.map(|name| name.0.as_str()))
            .ok_or_else(|| Self::invalid("acr_phishing_resistant", &self.acr_phishing_resistant.0))
    }

    fn invalid(name: &str, given: &str) -> ConfigError {
        let setting = Self::SETTINGS.iter().find(|setting| setting.name == name);
        ConfigError::Invalid {
            name: name.to_owned(),
            given: given.to_owned(),
            allowed: setting.map(|setting| setting.allowed).unwrap_or_default().to_owned(),
        }
    }
}

/// What was given, as it may be repeated: an address of a store may have a password in it,
/// wherever somebody who mistyped it has put it.
fn shown(name: &str, given: &str) -> String {
    match given.split_once(':') {
        Some((scheme, _)) if name == "database_url" => format!("{scheme}:***"),
        None if name == "database_url" => "***".to_owned(),
        _ => given.to_owned(),
    }
}

/// What is wrong with a TOML text, and where.
fn toml_problem(text: &str, fault: &toml::de::Error) -> String {
    let before = fault.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| before.matches('\n').count().saturating_add(1));
    match line {
        Some(line) => format!("line {line}: {}", fault.message()),
        None => fault.message().to_owned(),
    }
}

/// What Kubernetes puts into the environment of everything beside a service called
/// `signet`, and no setting of ours.
fn is_kubernetes(key: &str) -> bool {
    key == "PORT" || key.starts_with("PORT_") || key.starts_with("SERVICE_")
}

fn known(name: String) -> Result<String, ConfigError> {
    if Config::SETTINGS.iter().any(|setting| setting.name == name) {
        return Ok(name);
    }
    Err(ConfigError::Unknown { name })
}

/// A value as it stands in a file or in the environment.
trait Value: Sized {
    fn read(text: &str) -> Option<Self>;
    /// As it would be written in TOML.
    fn write(&self) -> String;
}

/// The issuer, with what is derived from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// Byte for byte as it was set: the `iss` of all tokens (Discovery §4.3).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is reached over TLS; decides on the cookies' names and HSTS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether its host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Its path without a slash at the end: empty, or such as `/tenant1`.
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Scheme, host and port, as browsers write `Origin` (RFC 6454 §6.1).
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Its host, as people read it.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address of something below it.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text.trim_end_matches('/'))
    }
}

impl Value for Issuer {
    fn read(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url.host().is_some();
        // What a client computes from it must be what is served: no other spelling of it.
        let canonical = url.as_str() == text || url.as_str() == format!("{text}/");
        // Both are for whoever watches the server, whatever the issuer is.
        let own = ["/healthz", "/readyz"].iter().any(|own| url.path().starts_with(own));
        let clean = url.path().bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b))
            && !url.path().contains("//")
            && !own;
        (matches!(url.scheme(), "http" | "https") && plain && canonical && clean)
            .then(|| Self { text: text.to_owned(), url })
    }

    fn write(&self) -> String {
        quoted(&self.text)
    }
}

/// The address of the store. A password in it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address with everything in it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The SQLite file, if it is one.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        if !self.0.starts_with("sqlite:") {
            return None;
        }
        // As the driver reads it, percent signs and all.
        let options: sqlx::sqlite::SqliteConnectOptions = self.0.parse().ok()?;
        Some(options.get_filename().to_owned())
    }

    /// The address without its password, wherever in it PostgreSQL accepts one.
    pub fn redacted(&self) -> String {
        if self.sqlite_path().is_some() {
            return self.0.clone();
        }
        let Ok(mut url) = Url::parse(&self.0) else {
            // Nobody can tell which part of it is the password.
            return format!("{}:***", self.0.split(':').next().unwrap_or_default());
        };
        if url.password().is_some() {
            // A URL with a password can have it replaced.
            let _ = url.set_password(Some("***"));
        }
        if let Some(query) = url.query() {
            let query: Vec<_> = query.split('&').map(without_password).collect();
            url.set_query(Some(&query.join("&")));
        }
        url.to_string()
    }
}

/// One parameter of an address; sqlx takes the password also from there.
fn without_password(parameter: &str) -> &str {
    let name = url::form_urlencoded::parse(parameter.as_bytes()).next().map(|(name, _)| name);
    if name.is_some_and(|name| name == "password") { "password=***" } else { parameter }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Value for DatabaseUrl {
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let known = matches!(scheme, "sqlite" | "postgres" | "postgresql");
        // A store in memory would be another one for each connection.
        let in_memory = text.contains(":memory:") || text.contains("mode=memory");
        let named = !rest.trim_start_matches('/').is_empty();
        (known && named && !in_memory).then(|| Self(text.to_owned()))
    }

    fn write(&self) -> String {
        quoted(&self.redacted())
    }
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> Value for Count<LEAST, MOST> {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number| (LEAST..=MOST).contains(number)).map(Self)
    }

    fn write(&self) -> String {
        self.0.to_string()
    }
}

/// A size of RSA keys, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyBits(pub u32);

impl Value for KeyBits {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|bits| [2048, 3072, 4096].contains(bits)).map(Self)
    }

    fn write(&self) -> String {
        self.0.to_string()
    }
}

/// A span of time from `LEAST` to `MOST` seconds, written as `90s`, `15m`, `12h` or `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<const LEAST: u64, const MOST: u64>(pub Duration);

impl<const LEAST: u64, const MOST: u64> Value for Span<LEAST, MOST> {
    fn read(text: &str) -> Option<Self> {
        let span = humantime::parse_duration(text).ok()?;
        let whole = span.subsec_nanos() == 0;
        (whole && (LEAST..=MOST).contains(&span.as_secs())).then_some(Self(span))
    }

    fn write(&self) -> String {
        quoted(&humantime::format_duration(self.0).to_string())
    }
}

/// A short while of at most `MOST` milliseconds, written as `500ms` or `2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause<const MOST: u64>(pub Duration);

impl<const MOST: u64> Value for Pause<MOST> {
    fn read(text: &str) -> Option<Self> {
        let pause = humantime::parse_duration(text).ok()?;
        (pause <= Duration::from_millis(MOST)).then_some(Self(pause))
    }

    fn write(&self) -> String {
        quoted(&humantime::format_duration(self.0).to_string())
    }
}

/// The header in which trusted proxies say where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, as most proxies write it.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Value for ForwardedHeader {
    fn read(text: &str) -> Option<Self> {
        match text {
            "x-forwarded-for" => Some(Self::XForwardedFor),
            "forwarded" => Some(Self::Forwarded),
            _ => None,
        }
    }

    fn write(&self) -> String {
        quoted(match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        })
    }
}

/// What the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

impl Value for LogFormat {
    fn read(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn write(&self) -> String {
        quoted(match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

/// How much is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel(pub String);

impl Value for LogLevel {
    fn read(text: &str) -> Option<Self> {
        let known = ["error", "warn", "info", "debug", "trace"].contains(&text);
        known.then(|| Self(text.to_owned()))
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for bool {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

impl Value for SocketAddr {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for PathBuf {
    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn write(&self) -> String {
        quoted(&self.display().to_string())
    }
}

impl Value for MfaPolicy {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn write(&self) -> String {
        quoted(self.as_str())
    }
}

/// A word of printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(pub String);

impl Value for Word {
    fn read(text: &str) -> Option<Self> {
        let good = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| Self(text.to_owned()))
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

/// A path, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionalPath(pub Option<PathBuf>);

impl Value for OptionalPath {
    fn read(text: &str) -> Option<Self> {
        Some(Self((!text.is_empty()).then(|| PathBuf::from(text))))
    }

    fn write(&self) -> String {
        quoted(&self.0.as_deref().map(|path| path.display().to_string()).unwrap_or_default())
    }
}

/// What a list may hold.
trait Item: Sized + std::fmt::Display {
    fn read(word: &str) -> Option<Self>;
}

impl<T: Item> Value for Vec<T> {
    /// A TOML list, or in the environment words with commas between.
    fn read(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner
            .unwrap_or(text)
            .split(',')
            .map(|word| word.trim().trim_matches(['"', '\'']))
            .filter(|word| !word.is_empty())
            .map(T::read)
            .collect()
    }

    fn write(&self) -> String {
        let words: Vec<_> = self.iter().map(|item| quoted(&item.to_string())).collect();
        format!("[{}]", words.join(", "))
    }
}

impl Item for IpNet {
    fn read(word: &str) -> Option<Self> {
        word.parse().ok().or_else(|| Some(Self::from(word.parse::<std::net::IpAddr>().ok()?)))
    }
}

impl Item for AndroidApp {
    fn read(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

impl Item for AppleApp {
    fn read(word: &str) -> Option<Self> {
        Self::parse(word)
    }
}

/// A site on the web: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(pub Url);

impl std::fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl Item for WebOrigin {
    fn read(word: &str) -> Option<Self> {
        let url = Url::parse(word).ok()?;
        let plain = url.origin().ascii_serialization() == word;
        (plain && (url.scheme() == "https" || is_loopback(&url))).then_some(Self(url))
    }
}

/// A model of authenticators, by its AAGUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model(pub uuid::Uuid);

impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Item for Model {
    fn read(word: &str) -> Option<Self> {
        uuid::Uuid::try_parse(word).ok().map(Self)
    }
}

/// The host that passkeys are bound to; empty where it is the issuer's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpId(pub String);

impl Value for RpId {
    fn read(text: &str) -> Option<Self> {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        text.bytes().all(plain).then(|| Self(text.to_owned()))
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_environment(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::load(None, [(format!("SIGNET_{name}"), value.to_owned())])
    }

    #[test]
    fn every_default_is_allowed_and_prints_as_toml_that_reads_back() {
        let config = Config::load(None, []).unwrap();
        let lines: Vec<_> =
            config.print().iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let text = lines.join("\n");
        let again = Config::load(Some(&text), []).unwrap();
        assert_eq!(config.print(), again.print());
        assert_eq!(config.print().len(), Config::SETTINGS.len());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let environment = [("SIGNET_CODE_LIFETIME".to_owned(), "5s".to_owned())];
        let config = Config::load(Some("code_lifetime = \"30s\""), environment).unwrap();
        assert_eq!(config.code_lifetime.0, Duration::from_secs(5));
    }

    #[test]
    fn a_wrong_value_is_named_with_what_was_given_and_what_is_allowed() {
        let error = from_environment("SIGNING_KEY_BITS", "1024").unwrap_err().to_string();
        assert_eq!(
            error,
            "setting signing_key_bits: \"1024\" was given; allowed: 2048, 3072 or 4096"
        );
    }

    #[test]
    fn an_unknown_setting_is_named_as_it_was_given() {
        let error = from_environment("CODE_LIFE", "5s").unwrap_err().to_string();
        assert_eq!(error, "unknown setting SIGNET_CODE_LIFE");
        let error = Config::load(Some("code_life = 5"), []).unwrap_err().to_string();
        assert_eq!(error, "unknown setting code_life; did you mean code_lifetime?");
    }

    #[test]
    fn which_issuers_are_accepted() {
        for (issuer, accepted) in [
            ("https://id.example", true),
            ("https://id.example/", true),
            ("https://id.example:8443/tenant1", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080/a/b", true),
            ("http://id.example", false),
            ("https://id.example/?x=1", false),
            ("https://id.example/#f", false),
            ("https://u@id.example/", false),
            ("https://ID.example/", false),
            ("https://id.example/a//b", false),
            ("https://id.example/{a}", false),
            ("ftp://id.example", false),
            ("id.example", false),
            ("https://id.example/healthz", false),
        ] {
            assert_eq!(from_environment("ISSUER", issuer).is_ok(), accepted, "{issuer}");
        }
        let environment =
            [("SIGNET_ISSUER", "http://id.example"), ("SIGNET_ALLOW_HTTP_ISSUER", "true")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(Config::load(None, environment).is_ok());
    }

    #[test]
    fn a_store_is_a_named_file_or_a_server() {
        for url in ["sqlite:", "sqlite::memory:", "sqlite:a?mode=memory", "mysql://h/d", "data"] {
            assert!(from_environment("DATABASE_URL", url).is_err(), "{url}");
        }
        let config = from_environment("DATABASE_URL", "sqlite:a%20b/c.db?mode=rwc").unwrap();
        assert_eq!(config.database_url.sqlite_path(), Some(PathBuf::from("a b/c.db")));
    }

    #[test]
    fn a_database_password_is_not_printed() {
        for url in [
            "postgres://u:hunter2@h/d",
            "postgres://u@h/d?password=hunter2",
            "postgresql:///d?host=/run&pass%77ord=hunter2",
            "postgres://u:hunter2@h:port/d",
        ] {
            let config = from_environment("DATABASE_URL", url).unwrap();
            assert!(!format!("{config:?} {:?}", config.print()).contains("hunter2"), "{url}");
            assert!(config.database_url.expose().contains("hunter2"));
        }
    }

    #[test]
    fn no_error_repeats_a_password() {
        for url in ["postgress://u:hunter2@h/d", "u:hunter2@h", "hunter2", "sqlite:"] {
            let error = from_environment("DATABASE_URL", url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let text = "issuer = \"https://a.example\"\ndatabase_url = \"postgres://u:hunter2@h/d\nx";
        let error = Config::load(Some(text), []).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert!(error.to_string().contains("line "), "{error}");
    }

    #[test]
    fn what_kubernetes_sets_beside_a_service_of_this_name_is_no_setting() {
        for name in ["SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP_ADDR"] {
            assert!(from_environment(name, "tcp://10.0.0.1:8080").is_ok(), "{name}");
        }
    }

    #[test]
    fn an_address_without_a_password_is_printed_as_it_was_given() {
        for url in ["sqlite:data/my store.db", "postgres:///d?host=/run/pg&user=u"] {
            let config = from_environment("DATABASE_URL", url).unwrap();
            assert_eq!(config.database_url.redacted(), url);
        }
    }

    #[test]
    fn the_address_of_the_store_that_was_typed_wins_over_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "database_url = \"sqlite:a\"\ncode_lifetime = \"5s\"").unwrap();
        let config = Config::open(Some(file.path()), Some("sqlite:b".to_owned())).unwrap();
        assert_eq!(config.database_url.expose(), "sqlite:b");
        assert_eq!(config.code_lifetime.0, Duration::from_secs(5));
    }

    #[test]
    fn a_settings_file_that_is_not_there_is_named() {
        let error = Config::open(Some(Path::new("/no/such.toml")), None).unwrap_err();
        assert!(error.to_string().starts_with("/no/such.toml: "), "{error}");
    }

    #[test]
    fn passkeys_are_bound_to_the_issuers_host_or_a_domain_above_it() {
        let load = |issuer: &str, rp_id: &str| {
            let environment = [("SIGNET_ISSUER", issuer), ("SIGNET_PASSKEY_RP_ID", rp_id)];
            Config::load(None, environment.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        for (issuer, rp_id, bound) in [
            ("https://id.example.org", "", Some(Some("id.example.org"))),
            ("https://id.example.org", "example.org", Some(Some("example.org"))),
            ("https://id.example.org", "id.example.org", Some(Some("id.example.org"))),
            ("http://localhost:8080", "", Some(Some("localhost"))),
            ("http://127.0.0.1:8080", "", Some(None)),
            ("https://id.example.org", "org", None),
            ("https://id.example.org", "ample.org", None),
            ("https://id.example.org", "other.example.org", None),
            ("http://127.0.0.1:8080", "example.org", None),
        ] {
            let config = load(issuer, rp_id).ok();
            assert_eq!(config.as_ref().map(Config::rp_id), bound, "{issuer} {rp_id}");
        }
    }

    #[test]
    fn lists_for_passkeys_are_checked() {
        for (name, value, good) in [
            ("PASSKEY_ORIGINS", "https://shop.example, https://a.example:8443", true),
            ("PASSKEY_ORIGINS", "https://shop.example/path", false),
            ("PASSKEY_ORIGINS", "http://shop.example", false),
            ("PASSKEY_MODELS", "01020304-0506-0708-0102-030405060708", true),
            ("PASSKEY_MODELS", "yubikey", false),
            ("APPLE_APPS", "ABCDE12345.com.example.app", true),
            ("APPLE_APPS", "com.example.app", false),
            ("ANDROID_APPS", "com.example.app", false),
        ] {
            assert_eq!(from_environment(name, value).is_ok(), good, "{name} {value}");
        }
    }

    #[test]
    fn proxies_are_read_from_toml_and_from_the_environment() {
        let config = Config::load(Some("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]"), []);
        assert_eq!(config.unwrap().trusted_proxies.len(), 2);
        let config = from_environment("TRUSTED_PROXIES", "127.0.0.1, ::1").unwrap();
        assert_eq!(config.trusted_proxies.len(), 2);
        assert!(from_environment("TRUSTED_PROXIES", "proxy").is_err());
    }
}
