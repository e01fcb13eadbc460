//! The types of the settings: how each value is read, and written as TOML.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::model::{AndroidApp, AppleApp, MfaPolicy};
use crate::rules::redirect_uri::is_loopback;

/// A value as it stands in a file or in the environment.
pub(super) trait Value: Sized {
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

    /// Its host, if that is a domain name.
    pub(super) fn domain(&self) -> Option<&str> {
        self.url.domain()
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
        quoted(&crate::span_text(self.0))
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
        quoted(&crate::span_text(self.0))
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
