//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::rejection::ExtensionRejection;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use shared::config::{Config, ForwardedHeader};

use crate::app::App;

/// Who made a request, as far as it says so.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The network address it came from.
    pub(crate) address: IpAddr,
    /// What the browser calls itself.
    pub(crate) user_agent: Option<String>,
}

/// More of a `User-Agent` says nothing. Bytes.
const LONGEST_USER_AGENT: usize = 400;

impl FromRequestParts<App> for Caller {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await?;
        let headers = &parts.headers;
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect());
        Ok(Self { address: client_ip(&app.config, peer.ip(), headers), user_agent })
    }
}

/// The address of whoever made the request.
///
/// Trusted proxies are believed on it, in the one header that the settings name and only
/// as far as they wrote it themselves: read from the right, the first address that is no
/// trusted proxy.
pub(crate) fn client_ip(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let Config { trusted_proxies, forwarded_header, .. } = config;
    nearest(peer.to_canonical(), &hops(*forwarded_header, headers), trusted_proxies)
}

fn nearest(peer: IpAddr, hops: &[Option<IpAddr>], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(&nearest) {
            break;
        }
        let Some(address) = hop else { break };
        nearest = *address;
    }
    nearest
}

/// Every hop in the order the proxies wrote them; `None` for one that is no address.
fn hops(header: ForwardedHeader, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let name = match header {
        ForwardedHeader::XForwardedFor => "x-forwarded-for",
        ForwardedHeader::Forwarded => "forwarded",
    };
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let elements = values.flat_map(|value| value.split(','));
    match header {
        ForwardedHeader::XForwardedFor => elements.map(address).collect(),
        ForwardedHeader::Forwarded => elements.map(node).collect(),
    }
}

/// The `for` parameter of an element of `Forwarded` (RFC 7239 §4).
fn node(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| address(value.trim_matches('"')))?
    })
}

/// An address, with or without a port, in brackets or not (RFC 7239 §6).
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if text.matches(':').count() == 1 => text.split(':').next()?,
        None => text,
    };
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, settings: &str, headers: &[(&'static str, &str)]) -> String {
        let config = Config::load(Some(settings), []).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        client_ip(&config, peer.parse().unwrap(), &map).to_string()
    }

    const PROXY: &str = "trusted_proxies = [\"10.0.0.0/8\"]";
    const FORWARDED: &str = "trusted_proxies = [\"10.0.0.0/8\"]\nforwarded_header = \"forwarded\"";

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        let header = [("x-forwarded-for", "1.2.3.4")];
        assert_eq!(seen("9.9.9.9", PROXY, &header), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", PROXY, &header), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", "", &header), "10.0.0.1");
    }

    #[test]
    fn what_a_client_wrote_itself_does_not_count() {
        let header = [("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.2")];
        assert_eq!(seen("10.0.0.1", PROXY, &header), "1.2.3.4");
        let header = [("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https")];
        assert_eq!(seen("10.0.0.1", FORWARDED, &header), "2001:db8::1");
    }

    #[test]
    fn the_other_header_is_never_read() {
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "1.2.3.4")];
        assert_eq!(seen("10.0.0.1", PROXY, &both), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", FORWARDED, &both), "6.6.6.6");
        assert_eq!(seen("10.0.0.1", PROXY, &both[..1]), "10.0.0.1");
    }

    #[test]
    fn an_unreadable_hop_ends_the_reading() {
        let header = [("forwarded", "for=6.6.6.6, for=unknown")];
        assert_eq!(seen("10.0.0.1", FORWARDED, &header), "10.0.0.1");
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_one() {
        assert_eq!(seen("::ffff:9.9.9.9", "", &[]), "9.9.9.9");
    }
}
