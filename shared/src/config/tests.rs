use std::time::Duration;

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
    assert_eq!(error, "setting signing_key_bits: \"1024\" was given; allowed: 2048, 3072 or 4096");
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
fn what_others_set_in_the_environment_is_no_setting() {
    for name in ["ADMIN_THEME", "SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP_ADDR"] {
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
