//! The two addresses that a serving Keywright listens on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use crate::config::Config;
use crate::output::{Failure, Problem};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

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

    /// Takes the port, without listening: connections are refused until then.
    pub(crate) fn try_bind(self) -> io::Result<TcpSocket> {
        let socket = match self.address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // Or else a restart would have to wait until the last connections of the one before are forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        Ok(socket)
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

/// Both ports, taken. This comes before anything else, so that a second start by mistake changes nothing; listening
/// comes last, so that whoever can connect is answered.
pub(super) struct Ports {
    public: (Listener, TcpSocket),
    gateway: (Listener, TcpSocket),
}

impl Ports {
    /// Takes both.
    pub(super) fn take(config: &Config) -> Result<Self, Failure> {
        let take = |listener: Listener| match listener.try_bind() {
            Ok(socket) => Ok((listener, socket)),
            Err(error) => Err(Failure::failed(listener.problem(&error))),
        };
        Ok(Self { public: take(Listener::public(config))?, gateway: take(Listener::gateway(config))? })
    }

    /// The addresses for people and for gateways. Where any port was asked for, the one that was given.
    pub(super) fn addresses(&self) -> io::Result<[SocketAddr; 2]> {
        Ok([self.public.1.local_addr()?, self.gateway.1.local_addr()?])
    }

    /// Listens on both.
    pub(super) fn listen(self) -> Result<[TcpListener; 2], Failure> {
        let listen = |(listener, socket): (Listener, TcpSocket)| {
            socket.listen(BACKLOG).map_err(|error| Failure::failed(listener.problem(&error)))
        };
        Ok([listen(self.public)?, listen(self.gateway)?])
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
