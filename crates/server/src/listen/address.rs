//! How many connections each address holds.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections by address.
#[derive(Debug)]
pub(super) struct Addresses {
    limit: Option<usize>,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place. Dropped, it is free for another.
#[derive(Debug)]
pub(super) struct Place(Option<(Arc<Addresses>, IpAddr)>);

impl Addresses {
    pub(super) fn new(limit: Option<usize>) -> Self {
        Self { limit, held: Mutex::default() }
    }

    /// A place for a connection from here; `None` if the address holds its share already.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let Some(limit) = self.limit else { return Some(Place(None)) };
        let client = client(address);
        let mut held = self.held();
        let count = held.entry(client).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Place(Some((Arc::clone(self), client))))
    }

    fn leave(&self, client: IpAddr) {
        let mut held = self.held();
        if let Some(count) = held.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                held.remove(&client);
            }
        }
    }

    /// Nothing panics while it is locked; and if it did, the counts would still be counts.
    fn held(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((addresses, client)) = self.0.take() {
            addresses.leave(client);
        }
    }
}

/// Whoever has one IPv6 address has 2⁶⁴ of them.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_share() {
        let addresses = Arc::new(Addresses::new(Some(2)));
        let enter = |address: &str| addresses.enter(address.parse().unwrap());
        let first = enter("10.0.0.1");
        let second = enter("::ffff:10.0.0.1");
        assert!(first.is_some() && second.is_some());
        assert!(enter("10.0.0.1").is_none());
        assert!(enter("10.0.0.2").is_some());
        drop(first);
        assert!(enter("10.0.0.1").is_some());
        drop(second);
        assert!(addresses.held().is_empty(), "nothing is kept of who left");
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let addresses = Arc::new(Addresses::new(Some(1)));
        let held = addresses.enter("2001:db8::1".parse().unwrap());
        assert!(held.is_some());
        assert!(addresses.enter("2001:db8::ffff:2".parse().unwrap()).is_none());
        assert!(addresses.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let addresses = Arc::new(Addresses::new(None));
        let held: Vec<_> = (0..1000).map(|_| addresses.enter("10.0.0.1".parse().unwrap())).collect();
        assert!(held.iter().all(Option::is_some) && addresses.held().is_empty());
    }
}
