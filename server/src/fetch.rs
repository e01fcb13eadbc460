//! Fetching what a client's registration points at, without being made to fetch anything
//! else: a guard against server-side request forgery (RFC 7591 §5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use shared::config::Config;
use shared::rules::redirect_uri::is_loopback;
use url::{Host, Url};

/// How long a fetch may take, all in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest document that is read.
const LARGEST: usize = 64 * 1024;

/// Fetches documents from the web: https, public addresses, no redirects, bounded in size
/// and time.
pub(crate) struct Fetcher {
    anchors: Vec<Certificate>,
    /// Whether this machine may be asked too, and over http.
    loopback: bool,
    /// Made when it is first needed: most servers never need it.
    client: OnceLock<Option<Client>>,
}

/// Why nothing was fetched. It names no more than the administrator of the other end
/// knows already.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address is not one that is fetched from.
    #[error("the address is not https on a public host")]
    Address,
    /// The connection or its encryption failed.
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    /// The answer was not 200.
    #[error("the answer was {0}")]
    Status(u16),
    /// The answer was too large.
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    /// There is no client to fetch with.
    #[error("the trust anchors cannot be used")]
    NoClient,
}

impl Fetcher {
    /// As the settings say.
    ///
    /// # Errors
    /// If the file of trust anchors cannot be read.
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        let anchors = match &config.fetch_trust_anchor.0 {
            Some(path) => read_anchors(path)
                .map_err(|problem| format!("fetch_trust_anchor {}: {problem}", path.display()))?,
            None => Vec::new(),
        };
        Ok(Self { anchors, loopback: config.fetch_from_loopback, client: OnceLock::new() })
    }

    /// The document at this address.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::Address)?;
        self.check(&url)?;
        let client = self.client.get_or_init(|| self.build()).as_ref();
        let client = client.ok_or(FetchError::NoClient)?;
        let mut answer = client.get(url).send().await.map_err(FetchError::Connection)?;
        if answer.status() != 200 {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(FetchError::Connection)? {
            if body.len().saturating_add(chunk.len()) > LARGEST {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// What can be said of an address before its name is resolved.
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        // An address that is a number is never resolved, so it is looked at here.
        let good = match url.host() {
            Some(Host::Ipv4(address)) => self.may_reach(address.into()),
            Some(Host::Ipv6(address)) => self.may_reach(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        let scheme = url.scheme() == "https"
            || (url.scheme() == "http" && self.loopback && is_loopback(url));
        if good && scheme { Ok(()) } else { Err(FetchError::Address) }
    }

    fn may_reach(&self, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && address.to_canonical().is_loopback())
    }

    fn build(&self) -> Option<Client> {
        let builder = Client::builder()
            .user_agent("signet")
            .redirect(Policy::none())
            // A proxy would resolve names where nobody looks.
            .no_proxy()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(PublicOnly { loopback: self.loopback }));
        let builder = if self.anchors.is_empty() {
            builder
        } else {
            builder.tls_certs_merge(self.anchors.iter().cloned())
        };
        builder
            .build()
            .inspect_err(|fault| tracing::error!(causes = shared::causes(fault), "no TLS"))
            .ok()
    }
}

fn read_anchors(path: &std::path::Path) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(path).map_err(|fault| fault.to_string())?;
    let anchors = Certificate::from_pem_bundle(&pem).map_err(|_| "it is not PEM".to_owned())?;
    if anchors.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(anchors) }
}

/// Resolves names to public addresses only. The connection goes to the very address that
/// was looked at: a name that resolves otherwise a moment later gains nothing.
struct PublicOnly {
    loopback: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may = |address: &SocketAddr| {
                is_public(address.ip()) || (loopback && address.ip().to_canonical().is_loopback())
            };
            let addresses: Vec<_> = found.filter(may).collect();
            if addresses.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to somebody on the internet, and not to this machine, its
/// network or a special purpose (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        0 | 10 | 127 | 224.. => true,
        100 => (64..=127).contains(&b),
        169 => b == 254,
        172 => (16..=31).contains(&b),
        192 => b == 168 || (b == 0 && matches!(c, 0 | 2)) || (b == 88 && c == 99),
        198 => matches!(b, 18 | 19) || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !special
}

/// Global unicast (`2000::/3`) without tunnels, which may lead to any IPv4 address, and
/// without what is for documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = (0x2000..0x4000).contains(&a);
    let tunnel = a == 0x2002 || (a == 0x2001 && b < 0x0200);
    let documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    global && !tunnel && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_the_internet_are_public() {
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_not_https_on_a_public_host_is_not_fetched() {
        let fetcher = |toml: &str| Fetcher::new(&Config::load(Some(toml), []).unwrap()).unwrap();
        let may = |fetcher: &Fetcher, url: &str| fetcher.check(&Url::parse(url).unwrap()).is_ok();
        let usual = fetcher("");
        assert!(may(&usual, "https://shop.example/jwks"));
        for url in [
            "http://shop.example/jwks",
            "https://127.0.0.1/",
            "https://[::1]/",
            "http://localhost/",
            "https://169.254.169.254/",
            "https://2130706433/",
            "file:///etc/passwd",
            "ftp://a.b/",
        ] {
            assert!(!may(&usual, url), "{url}");
        }
        let development = fetcher("fetch_from_loopback = true");
        assert!(may(&development, "http://127.0.0.1:9/jwks"));
        assert!(may(&development, "http://localhost:9/jwks"));
        assert!(!may(&development, "http://shop.example/jwks"));
        assert!(!may(&development, "https://10.0.0.1/jwks"));
    }

    #[tokio::test]
    async fn a_name_that_means_this_machine_is_not_reached() {
        let name = "localhost".parse().unwrap();
        assert!(PublicOnly { loopback: false }.resolve(name).await.is_err());
    }
}
