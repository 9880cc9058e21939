//! Where a request really comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use ipnet::IpNet;

/// The address of the caller: the peer's, or if the peer is a trusted proxy, the last one in `X-Forwarded-For` that is
/// not. An entry that is no address makes the caller unknown.
pub(super) fn client_address(parts: &Parts, trusted: &[IpNet]) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let hops = parts.headers.get_all("x-forwarded-for").iter();
    let hops: Vec<&str> = hops.map(|value| value.to_str().unwrap_or("?")).collect();
    walk(peer.ip(), &hops, trusted)
}

fn walk(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(&address.to_canonical()));
    let mut address = peer;
    for hop in hops.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&address) {
            break;
        }
        address = hop.trim().parse().ok()?;
    }
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_191_only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let at =
            |peer: &str, hops: &[&str]| walk(peer.parse().unwrap(), hops, &trusted).map(|ip| ip.to_string());
        assert_eq!(at("9.9.9.9", &["1.1.1.1"]).as_deref(), Some("9.9.9.9"));
        assert_eq!(at("10.0.0.1", &["6.6.6.6, 1.1.1.1"]).as_deref(), Some("1.1.1.1"));
        assert_eq!(at("10.0.0.1", &["6.6.6.6", "1.1.1.1, 10.0.0.2"]).as_deref(), Some("1.1.1.1"));
        assert_eq!(at("10.0.0.1", &[]).as_deref(), Some("10.0.0.1"));
        assert_eq!(at("10.0.0.1", &["1.1.1.1, unknown"]), None);
        assert_eq!(at("::ffff:10.0.0.1", &["1.1.1.1"]).as_deref(), Some("1.1.1.1"));
    }
}
