//! Redirect URIs: which may be registered, and which then match.
//!
//! An input is a letter for the kind of client, the registered URI, a line break and the
//! one that comes. A capital letter repeats the end of the latter until it is as long as
//! a request may be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::model::{Client, ClientKind};
use shared::rules::redirect_uri::{check, is_registered};
use url::Url;

const LONGEST: usize = 64 * 1024;

fuzz_target!(|input: &[u8]| {
    let Some((letter, text)) = signet_fuzz::letter_and_text(input) else { return };
    let kind = match letter.to_ascii_lowercase() {
        b'n' => ClientKind::Native,
        b's' => ClientKind::Spa,
        _ => ClientKind::Web,
    };
    let (registered, presented) = text.split_once('\n').unwrap_or((text, text));
    for uri in [registered, presented] {
        if check(kind, uri).is_ok() {
            what_is_registered_is_plain(kind, uri);
        }
    }
    if check(kind, registered).is_err() {
        return;
    }
    let client = Client { redirect_uris: vec![registered.to_owned()], ..signet_fuzz::client(kind) };
    assert!(is_registered(&client, registered));
    if letter.is_ascii_uppercase() {
        on_little_stack(|| {
            what_matches_is_the_same(&client, registered, &repeat_end(presented));
        });
    } else {
        what_matches_is_the_same(&client, registered, presented);
    }
    any_port_of_a_native_loopback_matches(&client, registered, presented.len());
});

fn repeat_end(text: &str) -> String {
    let start = text.char_indices().rev().nth(1).map_or(0, |(position, _)| position);
    let end = &text[start..];
    let times = LONGEST.saturating_sub(text.len()).checked_div(end.len());
    text.to_owned() + &end.repeat(times.unwrap_or_default())
}

/// A server's thread has 2 MiB, for much more than this.
fn on_little_stack(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 * 1024);
        thread.spawn_scoped(scope, work).expect("it starts").join().expect("it ends well");
    });
}

/// The parts of a URI as RFC 3986 appendix B takes them apart, which browsers do not.
struct Parts<'a> {
    scheme: &'a str,
    authority: Option<&'a str>,
    path_and_query: &'a str,
}

fn parts(uri: &str) -> Parts<'_> {
    let (scheme, rest) = uri.split_once(':').expect("it is absolute");
    let Some(rest) = rest.strip_prefix("//") else {
        return Parts { scheme, authority: None, path_and_query: rest };
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Parts { scheme, authority: Some(&rest[..end]), path_and_query: &rest[end..] }
}

fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    let after_host = authority.rfind(']').map_or(0, |position| position + 1);
    match authority[after_host..].find(':') {
        None => (authority, None),
        Some(colon) => {
            (&authority[..after_host + colon], Some(&authority[after_host + colon + 1..]))
        }
    }
}

fn what_is_registered_is_plain(kind: ClientKind, uri: &str) {
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(!uri.contains(['#', '*', '\\']));
    let url = Url::parse(uri).expect("it is absolute");
    let parts = parts(uri);

    assert_eq!(url.fragment(), None);
    assert!(url.username().is_empty() && url.password().is_none());
    let authority = parts.authority.unwrap_or_default();
    assert!(!authority.contains('@'), "a user name, be it empty: {uri}");

    let path = parts.path_and_query.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let dots = path.split('/').map(|segment| segment.replace("%2e", "."));
    assert!(!dots.into_iter().any(|segment| segment == "." || segment == ".."), "{uri}");

    let scheme = parts.scheme.to_ascii_lowercase();
    assert_eq!(url.scheme(), scheme);
    match scheme.as_str() {
        "https" | "http" => {
            // Else browsers and RFC 3986 do not agree what the host is.
            assert!(!host_and_port(authority).0.is_empty(), "no host: {uri}");
            assert!(scheme == "https" || shared::rules::redirect_uri::is_loopback(&url));
        }
        _ => assert!(kind == ClientKind::Native && scheme.contains('.')),
    }
}

fn what_matches_is_the_same(client: &Client, registered: &str, presented: &str) {
    if !is_registered(client, presented) {
        return assert_ne!(registered, presented);
    }
    if registered == presented {
        return;
    }
    assert_eq!(client.kind, ClientKind::Native, "{presented:?} is not {registered:?}");
    let (ours, theirs) = (parts(registered), parts(presented));
    assert_eq!((ours.scheme, theirs.scheme), ("http", "http"));
    assert_eq!(ours.path_and_query, theirs.path_and_query);
    let (host, _) = host_and_port(ours.authority.expect("it has a host"));
    let (other_host, port) = host_and_port(theirs.authority.expect("it has a host"));
    assert_eq!(host, other_host);
    assert!(["127.0.0.1", "[::1]"].contains(&host));
    if let Some(port) = port {
        assert!(port.bytes().all(|byte| byte.is_ascii_digit()));
        assert_ne!(port.parse::<u16>().expect("it is a port"), 0);
    }

    // A browser finds the same differences: none but the port.
    let [mut ours, mut theirs] =
        [registered, presented].map(|uri| Url::parse(uri).expect("it was accepted"));
    for url in [&mut ours, &mut theirs] {
        url.set_port(None).expect("it has a host");
    }
    assert_eq!(ours, theirs);
    assert_eq!(theirs.fragment(), None);
    assert!(theirs.username().is_empty() && theirs.password().is_none());
}

fn any_port_of_a_native_loopback_matches(client: &Client, registered: &str, number: usize) {
    let parts = parts(registered);
    let (host, _) = host_and_port(parts.authority.unwrap_or_default());
    let free = client.kind == ClientKind::Native
        && parts.scheme == "http"
        && ["127.0.0.1", "[::1]"].contains(&host);
    let with_port = |port: &str| format!("http://{host}{port}{}", parts.path_and_query);
    let port = number % 65535 + 1;
    for other in [with_port(""), with_port(&format!(":{port}"))] {
        assert_eq!(is_registered(client, &other), free || other == registered, "{other}");
    }
    for no_port in [":", ":0", ":-1", ":+1", ":0x1", ":65536", ":1:1", ":1@a.example", "1"] {
        let other = with_port(no_port);
        assert!(!is_registered(client, &other), "{other}");
    }
}
