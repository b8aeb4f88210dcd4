//! Whose request it is: the address behind our own proxies.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// The other end of the TCP connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The client's address. `X-Forwarded-For` is believed as far as our proxies wrote it: from the right, the first
/// address that is none of them.
pub fn client(peer: Peer, headers: &HeaderMap, proxies: &BTreeSet<IpAddr>) -> IpAddr {
    let direct = peer.0.ip().to_canonical();
    if !proxies.contains(&direct) {
        return direct;
    }
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let hops = forwarded.iter().rev().map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    hops.map(|hop| hop.to_canonical()).find(|hop| !proxies.contains(hop)).unwrap_or(direct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_proxies_are_believed() {
        let proxies = BTreeSet::from(["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()]);
        let from = |peer: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            client(Peer(SocketAddr::new(peer.parse().unwrap(), 1)), &headers, &proxies).to_string()
        };
        assert_eq!(from("203.0.113.9", "1.2.3.4"), "203.0.113.9", "a stranger's header is a claim");
        assert_eq!(from("10.0.0.1", "6.6.6.6, 1.2.3.4"), "1.2.3.4");
        assert_eq!(from("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4");
        assert_eq!(from("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1", "1.2.3.4"), "1.2.3.4");
    }
}
