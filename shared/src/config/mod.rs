//! Every setting, once: what it is, its unit, its default and what is allowed.
//!
//! A setting is a key of the TOML file or the environment variable `SIGNET_<KEY>`,
//! which wins. An unknown or wrong one stops the start, with its name, what was
//! given and what is allowed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use url::Url;

use crate::model::{AndroidApp, AppleApp, Level, MfaPolicy};
use crate::rules::acr::AcrNames;
use crate::rules::sign_in;
use crate::rules::token_claims::Lifetimes;

mod values;
use values::Value;
pub use values::{
    Count, DatabaseUrl, ForwardedHeader, Issuer, KeyBits, LogFormat, LogLevel, Model, OptionalPath,
    Pause, RpId, Span, WebOrigin, Word,
};

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
    remember_browser: Span<0, 31_536_000> = "30d", "whole days up to 365d, or 0s";
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
            if let Some(key) = name.strip_prefix("SIGNET_").filter(|key| !is_no_setting(key)) {
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
        let remembered = self.remember_browser.0;
        if !remembered.as_secs().is_multiple_of(crate::DAY) {
            return Err(Self::invalid("remember_browser", &crate::span_text(remembered)));
        }
        self.acr_names().map(drop)
    }

    /// The host that passkeys are bound to; none where the issuer has no domain name.
    pub fn rp_id(&self) -> Option<&str> {
        let host = self.issuer.domain()?;
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

/// What is in the environment and no setting of ours: what the console looks like, and what
/// Kubernetes puts there for everything beside a service called `signet`.
fn is_no_setting(key: &str) -> bool {
    key == "ADMIN_THEME" || key == "PORT" || key.starts_with("PORT_") || key.starts_with("SERVICE_")
}

fn known(name: String) -> Result<String, ConfigError> {
    if Config::SETTINGS.iter().any(|setting| setting.name == name) {
        return Ok(name);
    }
    Err(ConfigError::Unknown { name })
}

#[cfg(test)]
mod tests;
