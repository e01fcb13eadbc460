//! Where a request comes from.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address of whoever made the request.
///
/// `Forwarded` (RFC 7239) and `X-Forwarded-For` are believed only as far as trusted
/// proxies wrote them: read from the right, the first address that is no trusted proxy.
pub(crate) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let peer = peer.to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let mut nearest = peer;
    for hop in hops(headers).iter().rev() {
        let Some(address) = hop else { break };
        nearest = *address;
        if !is_trusted(address) {
            break;
        }
    }
    nearest
}

/// Every hop in the order the proxies wrote them; `None` for one that is no address.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(|part| part.trim().to_owned()).collect()
    };
    let forwarded = list("forwarded");
    if forwarded.is_empty() {
        return list("x-forwarded-for").iter().map(|text| address(text)).collect();
    }
    let node = |element: &String| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            name.eq_ignore_ascii_case("for").then(|| address(value.trim_matches('"')))?
        })
    };
    forwarded.iter().map(node).collect()
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

    fn seen(peer: &str, trusted: &[&str], headers: &[(&'static str, &str)]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        client_ip(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    const PROXY: &[&str] = &["10.0.0.0/8"];

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        let header = [("x-forwarded-for", "1.2.3.4")];
        assert_eq!(seen("9.9.9.9", PROXY, &header), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", PROXY, &header), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &[], &header), "10.0.0.1");
    }

    #[test]
    fn what_a_client_wrote_itself_does_not_count() {
        let header = [("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.2")];
        assert_eq!(seen("10.0.0.1", PROXY, &header), "1.2.3.4");
        let header = [("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https")];
        assert_eq!(seen("10.0.0.1", PROXY, &header), "2001:db8::1");
    }

    #[test]
    fn an_unreadable_hop_ends_the_reading() {
        let header = [("forwarded", "for=6.6.6.6, for=unknown")];
        assert_eq!(seen("10.0.0.1", PROXY, &header), "10.0.0.1");
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_one() {
        assert_eq!(seen("::ffff:9.9.9.9", &[], &[]), "9.9.9.9");
    }
}
