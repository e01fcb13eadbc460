//! Where answers may be sent.

use url::{Host, Url};

use crate::model::{Client, ClientKind};

/// The loopback addresses whose port a native client may choose at run time.
///
/// Not `localhost`, which a resolver or the hosts file may send elsewhere (RFC 8252 §8.3).
const LOOPBACK_PREFIXES: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Whether `presented` is one of the client's, character by character (RFC 9700 §4.1.3).
///
/// The one exception: a native client's loopback address may come with any port
/// (RFC 8252 §7.3).
pub fn is_registered(client: &Client, presented: &str) -> bool {
    client.redirect_uris.iter().any(|registered| {
        registered == presented
            || (client.kind == ClientKind::Native && same_but_for_port(registered, presented))
    })
}

fn same_but_for_port(registered: &str, presented: &str) -> bool {
    LOOPBACK_PREFIXES.iter().any(|prefix| {
        let rest = |uri| without_port(str::strip_prefix(uri, prefix)?);
        matches!((rest(registered), rest(presented)), (Some(one), Some(other)) if one == other)
    })
}

/// What follows the port, if that is a path, a query or nothing.
fn without_port(rest: &str) -> Option<&str> {
    let rest = match rest.strip_prefix(':') {
        Some(port_and_rest) => after_port(port_and_rest)?,
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}

fn after_port(port_and_rest: &str) -> Option<&str> {
    let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = port_and_rest.split_at_checked(digits)?;
    port.parse::<u16>().ok().filter(|&port| port != 0)?;
    Some(rest)
}

/// Checks a URI that somebody wants to register.
///
/// # Errors
/// Why it may not be, in words for the operator.
pub fn check(kind: ClientKind, uri: &str) -> Result<(), &'static str> {
    if uri.len() > 2000 {
        return Err("it is longer than 2000 characters");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it has blanks, control characters or letters outside ASCII; encode them");
    }
    if uri.contains(['#', '*', '\\']) {
        return Err("a fragment (#), a wildcard (*) and a backslash are not allowed");
    }
    let url = Url::parse(uri).map_err(|_| "it is not an absolute URI")?;
    let authority = authority(uri);
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err("a user name or password in it is not allowed");
    }
    if url.port() == Some(0) || authority.is_some_and(|authority| authority.ends_with(':')) {
        return Err("an empty port and port 0 are not allowed; leave the port out");
    }
    // A browser takes an encoded dot for a dot.
    let plain = uri.to_ascii_lowercase().replace("%2e", ".");
    if plain.split([':', '/', '?']).any(|segment| segment == "." || segment == "..") {
        return Err("dot segments are not allowed");
    }
    match (url.scheme(), kind) {
        ("https" | "http", _) if authority.is_none_or(str::is_empty) => {
            Err("it has no host after //")
        }
        ("https", _) => Ok(()),
        ("http", _) if is_loopback(&url) => Ok(()),
        ("http", _) => Err("http is allowed for localhost, 127.0.0.1 and [::1] only; use https"),
        (scheme, ClientKind::Native) if scheme.contains('.') => Ok(()),
        (_, ClientKind::Native) => {
            Err("a private-use scheme must be a reversed domain name, such as com.example.app")
        }
        _ => Err("only https, or http on a loopback host, is allowed for this kind of client"),
    }
}

/// The authority by RFC 3986 §3.2. A browser finds one in more places: none of those is
/// registered, as a client's own library may go elsewhere.
fn authority(uri: &str) -> Option<&str> {
    uri.split_once(':')?.1.strip_prefix("//")?.split(['/', '?']).next()
}

/// Whether a URL's host is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where the browser goes with an answer, as a person would name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A site, by its host and port.
    Website(String),
    /// An application on the person's own device, by its loopback address or URI scheme
    /// (RFC 8252 §7).
    Device(String),
}

impl Destination {
    /// Names the receiver of a redirect URI.
    pub fn of(redirect_uri: &str) -> Self {
        let url = Url::parse(redirect_uri).ok();
        let Some(url) = url.filter(|url| matches!(url.scheme(), "https" | "http")) else {
            let scheme = redirect_uri.split_once(':').map_or(redirect_uri, |(scheme, _)| scheme);
            return Self::Device(scheme.to_owned());
        };
        let mut name = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            name = format!("{name}:{port}");
        }
        if is_loopback(&url) { Self::Device(name) } else { Self::Website(name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::authorize::tests::client;

    fn native(uri: &str) -> Client {
        Client { kind: ClientKind::Native, redirect_uris: vec![uri.to_owned()], ..client() }
    }

    #[test]
    fn only_the_very_same_characters_match() {
        let client = Client { redirect_uris: vec!["https://a.example/cb?x=1".into()], ..client() };
        assert!(is_registered(&client, "https://a.example/cb?x=1"));
        for other in [
            "https://a.example/cb",
            "https://a.example/cb?x=1&y=2",
            "https://a.example/cb?x=1#f",
            "https://a.example/cb/?x=1",
            "https://a.example/CB?x=1",
            "https://A.example/cb?x=1",
            "https://a.example:443/cb?x=1",
            "https://u@a.example/cb?x=1",
            "https://a.example/x/../cb?x=1",
            "https://a.example/%63b?x=1",
            "http://a.example/cb?x=1",
            " https://a.example/cb?x=1",
        ] {
            assert!(!is_registered(&client, other), "{other}");
        }
    }

    #[test]
    fn a_native_loopback_address_matches_on_any_port() {
        for (registered, presented, same) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:4711/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true),
            ("http://[::1]:1/cb", "http://[::1]:65535/cb", true),
            ("http://127.0.0.1", "http://127.0.0.1:80", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1:2/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1@evil.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
            ("http://localhost/cb", "http://localhost:1/cb", false),
        ] {
            assert_eq!(is_registered(&native(registered), presented), same, "{presented}");
        }
    }

    /// A call for each port would run out of stack, and the server with it.
    #[test]
    fn a_chain_of_ports_as_long_as_a_request_may_be_is_refused() {
        let presented = format!("http://127.0.0.1{}/cb", ":1".repeat(32 * 1024));
        assert!(!is_registered(&native("http://127.0.0.1/cb"), &presented));
    }

    #[test]
    fn a_web_client_has_no_loopback_exception() {
        let client = Client { redirect_uris: vec!["http://127.0.0.1/cb".into()], ..client() };
        assert!(!is_registered(&client, "http://127.0.0.1:1/cb"));
    }

    #[test]
    fn what_may_be_registered() {
        use ClientKind::{Native, Spa, Web};
        for (kind, uri, allowed) in [
            (Web, "https://a.example/cb", true),
            (Web, "https://a.example/cb?x=1", true),
            (Spa, "http://localhost:3000/cb", true),
            (Native, "com.example.app:/cb", true),
            (Native, "http://127.0.0.1/cb", true),
            (Native, "http://127.0.0.1:0/cb", false),
            (Native, "http://[::1]:/cb", false),
            (Native, "myapp:/cb", false),
            (Native, "javascript:alert(1)", false),
            (Web, "com.example.app:/cb", false),
            (Web, "data:text/html,x", false),
            (Web, "http://a.example/cb", false),
            (Web, "https://a.example/cb#f", false),
            (Web, "https://*.example/cb", false),
            (Web, "https://u:p@a.example/cb", false),
            (Web, "https://@a.example/cb", false),
            (Web, "https:a.example/cb", false),
            (Web, "https:///a.example/cb", false),
            (Web, "https://a.example/x/../cb", false),
            (Web, "https://a.example/x/%2e%2E/cb", false),
            (Native, "com.example.app:../cb", false),
            (Web, "https://a.example/ cb", false),
            (Web, "/cb", false),
        ] {
            assert_eq!(check(kind, uri).is_ok(), allowed, "{uri}");
        }
    }

    #[test]
    fn a_destination_tells_websites_from_this_device() {
        let website = |name: &str| Destination::Website(name.to_owned());
        let device = |name: &str| Destination::Device(name.to_owned());
        for (redirect_uri, expected) in [
            ("https://shop.example/cb", website("shop.example")),
            ("https://sh\u{f6}p.example:8443/cb", website("xn--shp-tna.example:8443")),
            ("https://shop.example@evil.example/", website("evil.example")),
            ("http://127.0.0.1:4711/cb", device("127.0.0.1:4711")),
            ("http://[::1]:4711/cb", device("[::1]:4711")),
            ("http://localhost/cb", device("localhost")),
            ("com.example.app:/cb", device("com.example.app")),
        ] {
            assert_eq!(Destination::of(redirect_uri), expected, "{redirect_uri}");
        }
    }
}
