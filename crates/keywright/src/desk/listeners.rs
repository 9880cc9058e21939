//! The two addresses that a serving Keywright listens on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::config::Config;
use crate::output::{Failure, Problem};

/// One of the two addresses, as configured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    /// Who connects to it.
    pub(crate) for_whom: &'static str,
    /// The flag that changes it.
    pub(crate) flag: &'static str,
}

impl Listener {
    /// The address for people and APIs.
    pub(crate) fn public(config: &Config) -> Self {
        Self { address: config.server.listen, for_whom: "people and APIs", flag: "--listen" }
    }

    /// The address for gateways and metrics.
    pub(crate) fn gateway(config: &Config) -> Self {
        Self { address: config.gateway.listen, for_whom: "gateways", flag: "--gateway-listen" }
    }

    /// Begins to listen.
    pub(crate) async fn try_bind(self) -> io::Result<TcpListener> {
        TcpListener::bind(self.address).await
    }

    async fn bind(self) -> Result<TcpListener, Failure> {
        self.try_bind().await.map_err(|error| Failure::failed(self.problem(&error)))
    }

    /// Why it cannot be listened on, and what to do.
    pub(crate) fn problem(self, error: &io::Error) -> Problem {
        let Self { address, for_whom, flag } = self;
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("another program listens there, maybe another Keywright; choose with {flag} ADDR")
            }
            io::ErrorKind::PermissionDenied => {
                format!("ports below 1024 are for root; choose with {flag} ADDR")
            }
            _ => format!("choose with {flag} ADDR"),
        };
        Problem::new(format!("cannot listen on {address} for {for_whom}: {error}")).hint(hint)
    }
}

/// Both, bound: from here on whoever connects waits for an answer.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) public: TcpListener,
    pub(super) gateway: TcpListener,
}

impl Listeners {
    /// Binds both. This comes before anything else, so that a second start by mistake changes nothing.
    pub(super) async fn bind(config: &Config) -> Result<Self, Failure> {
        let public = Listener::public(config).bind().await?;
        let gateway = Listener::gateway(config).bind().await?;
        Ok(Self { public, gateway })
    }
}

/// How this machine itself reaches an address that is listened on.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
