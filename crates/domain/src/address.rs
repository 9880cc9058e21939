//! Where Keywright may connect to on somebody's behalf: the rules that keep a webhook from reaching what is inside.
//!
//! A URL is judged twice: when it is saved, as far as its text tells, and at each connection, by the address that its
//! host resolves to. Both go by [`AddressRules`].

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

use crate::Invalid;

/// Networks inside that may be connected to although they are private, and without TLS.
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    /// In CIDR notation.
    pub allow_private: Vec<IpNet>,
}

/// Ports of services that take whatever is sent to them for commands.
const REFUSED_PORTS: [u16; 25] = [
    1_080, 1_433, 1_521, 2_049, 2_375, 2_376, 2_379, 2_380, 3_128, 3_306, 3_389, 4_369, 5_432, 5_672, 5_900,
    5_984, 6_000, 6_379, 6_667, 9_042, 9_200, 9_300, 10_250, 11_211, 27_017,
];

impl AddressRules {
    /// Whether an address is in a network that was allowed by name.
    pub fn is_allowed_private(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allow_private.iter().any(|network| network.contains(&address))
    }

    /// Whether an address may be connected to, with TLS or without.
    pub fn may_connect(&self, address: IpAddr, tls: bool) -> bool {
        self.is_allowed_private(address) || (tls && is_public(address))
    }
}

/// Whether an address is somewhere on the Internet: not this machine, not a network inside, nothing reserved, and no
/// IPv6 spelling of an IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The IANA IPv4 Special-Purpose Address Registry (RFC 6890 and later), multicast and class E.
const SPECIAL_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    SPECIAL_V4.iter().all(|(network, length)| {
        let mask = u32::MAX << (32 - length);
        bits & mask != u32::from_be_bytes(*network) & mask
    })
}

/// Only global unicast (RFC 4291 §2.4, as IANA hands it out: 2000::/3) can be public, and of that neither protocol
/// assignments and Teredo (2001::/23), documentation (2001:db8::/32, 3fff::/20), 6to4 (2002::/16) nor what is reserved
/// for AS112. NAT64 (64:ff9b::/96, 64:ff9b:1::/48), SRv6 (5f00::/16), ULA, link-local and multicast are outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    let global_unicast = a & 0xe000 == 0x2000;
    let protocols = a == 0x2001 && b < 0x0200;
    let documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    let six_to_four = a == 0x2002;
    let as112 = (a, b, c) == (0x2620, 0x004f, 0x8000);
    global_unicast && !protocols && !documentation && !six_to_four && !as112
}

/// A URL that may be called, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct OutgoingUrl(String);

impl OutgoingUrl {
    /// The longest URL, in bytes.
    pub const MAX: usize = 2_048;

    /// Reads a URL and brings it into the one form that is also used to connect: `127.1`, `0x7f000001` and full-width
    /// digits become the address that they are.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`; `blocked_address` if it leads inside.
    pub fn parse(text: &str, rules: &AddressRules) -> Result<Self, Invalid> {
        let invalid = |message: &str| Invalid::field("", "invalid", message);
        if text.is_empty() {
            return Err(Invalid::field("", "required", "must not be empty"));
        }
        if text.len() > Self::MAX {
            return Err(Invalid::field("", "too_long", format!("must have at most {} bytes", Self::MAX)));
        }
        // The URL standard drops tabs and line breaks and repairs backslashes: what others may read differently is
        // refused.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(invalid("must not hold spaces, control characters or backslashes"));
        }
        let url =
            Url::parse(text).map_err(|_| invalid("must be a URL like https://gateway.example.com/hook"))?;
        if !matches!(url.scheme(), "https" | "http") || url.cannot_be_a_base() {
            return Err(invalid("must begin with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() || has_at_in_authority(text) {
            return Err(invalid("must not hold a user name or password; choose an authentication instead"));
        }
        if url.fragment().is_some() {
            return Err(invalid("must not have a fragment (#…)"));
        }
        if has_encoded_line_break(text) {
            return Err(invalid("must not hold an encoded line break or NUL"));
        }
        check_port(url.port_or_known_default().unwrap_or_default())?;
        check_host(&url, rules)?;
        Ok(Self(url.into()))
    }

    /// A URL that was checked before it was stored.
    ///
    /// # Errors
    /// If it is no URL at all.
    pub fn stored(text: &str) -> Result<Self, Invalid> {
        let url = Url::parse(text).map_err(|_| Invalid::field("", "invalid", "must be a URL"))?;
        Ok(Self(url.into()))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, as requests to one server are counted.
    pub fn host_and_port(&self) -> String {
        let Ok(url) = Url::parse(&self.0) else { return String::new() };
        format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
    }
}

impl fmt::Display for OutgoingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_port(port: u16) -> Result<(), Invalid> {
    let fits = matches!(port, 80 | 443) || (port >= 1_024 && !REFUSED_PORTS.contains(&port));
    if fits {
        Ok(())
    } else {
        Err(Invalid::field(
            "",
            "blocked_port",
            "must have port 443, 80, or one above 1023 at which no other well-known service listens",
        ))
    }
}

fn check_host(url: &Url, rules: &AddressRules) -> Result<(), Invalid> {
    let blocked = |message: &str| Err(Invalid::field("", "blocked_address", message));
    let tls = url.scheme() == "https";
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(name)) => this_machine(name),
        None => return blocked("must name a host"),
    };
    match address {
        Some(address) if rules.may_connect(address, tls) => Ok(()),
        Some(address) if tls || !is_public(address) => blocked(
            "must not lead to this machine or a network inside; outbound.allow_private makes exceptions",
        ),
        // Without TLS only to networks that were allowed by name; what a name resolves to is seen at the connection.
        None if tls || !rules.allow_private.is_empty() => Ok(()),
        Some(_) | None => Err(Invalid::field(
            "",
            "invalid",
            "must begin with https://; plain http is for outbound.allow_private only",
        )),
    }
}

/// The address that a name always has (RFC 6761 §6.3), and what must never be asked: metadata services.
fn this_machine(name: &str) -> Option<IpAddr> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let top = name.rsplit('.').next().unwrap_or_default();
    if top == "localhost" {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let metadata = ["metadata", "metadata.google.internal", "instance-data"].contains(&name.as_str());
    metadata.then_some(IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)))
}

/// `https://@host` has an empty user name, which the parser drops.
fn has_at_in_authority(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn has_encoded_line_break(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["%0d", "%0a", "%00"].iter().any(|code| lower.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(networks: &[&str]) -> AddressRules {
        AddressRules { allow_private: networks.iter().map(|network| network.parse().unwrap()).collect() }
    }

    fn code(text: &str, rules: &AddressRules) -> Option<&'static str> {
        OutgoingUrl::parse(text, rules).err().map(|invalid| invalid.fields()[0].code)
    }

    /// Every spelling of a place inside that is known to have fooled somebody.
    const INSIDE: [&str; 86] = [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0177.0.0.1",
        "0177.0.0.01",
        "017700000001",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "0.1",
        "00.0.0.0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:a00:1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[2001:10::1]",
        "[2001:20::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[100::1]",
        "[fc00::1]",
        "[fd12:3456:789a::1]",
        "[fe80::1]",
        "[febf::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[ff0e::1]",
        "[2620:4f:8000::1]",
        "[::ffff:0:127.0.0.1]",
        "169.254.169.254",
        "169.254.0.1",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "100.64.0.1",
        "100.127.255.255",
        "100.100.100.200",
        "10.0.0.1",
        "10.1",
        "012.0.0.1",
        "167772161",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.1",
        "0xc0a80001",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.31.196.1",
        "192.52.193.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "１２７.0.0.1",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "ⓛocalhost",
        "metadata.google.internal",
        "%31%32%37.0.0.1",
    ];

    #[test]
    fn a_218_no_spelling_of_a_place_inside_is_saved() {
        for host in INSIDE {
            let told = code(&format!("https://{host}/hook"), &rules(&[]));
            assert_eq!(told, Some("blocked_address"), "{host}");
        }
        // A zone is no part of a URL.
        assert_eq!(code("https://[fe80::1%25lo]/", &rules(&[])), Some("invalid"));
    }

    #[test]
    fn what_is_outside_or_allowed_is_saved() {
        for url in [
            "https://gateway.example.com/hook",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]:8443/a?b=c",
            "https://EXAMPLE.com:4430/",
            "https://xn--bcher-kva.example/",
        ] {
            assert_eq!(code(url, &rules(&[])), None, "{url}");
        }
        let inside = rules(&["127.0.0.0/8", "10.1.0.0/16", "fd00::/8"]);
        for url in [
            "http://127.0.0.1:9000/",
            "https://10.1.2.3/",
            "http://[fd00::1]/",
            "http://name.example/",
            "http://[::ffff:10.1.2.3]/",
        ] {
            assert_eq!(code(url, &inside), None, "{url}");
        }
        assert_eq!(code("https://10.2.0.1/", &inside), Some("blocked_address"));
        assert_eq!(code("http://1.1.1.1/", &inside), Some("invalid"));
    }

    #[test]
    fn a_221_scheme_port_user_and_line_breaks() {
        for (url, told) in [
            ("file:///etc/passwd", "invalid"),
            ("gopher://example.com/", "invalid"),
            ("ftp://example.com/", "invalid"),
            ("javascript:alert(1)", "invalid"),
            ("data:text/plain,x", "invalid"),
            ("http://example.com/", "invalid"),
            ("https://u:p@example.com/", "invalid"),
            ("https://u@example.com/", "invalid"),
            ("https://@example.com/", "invalid"),
            ("https://example.com:22/", "blocked_port"),
            ("https://example.com:25/", "blocked_port"),
            ("https://example.com:6379/", "blocked_port"),
            ("https://example.com:11211/", "blocked_port"),
            ("https://example.com/%0d%0aX:%20y", "invalid"),
            ("https://example.com/\r\nX: y", "invalid"),
            ("https://exa\tmple.com/", "invalid"),
            (r"https:\\example.com\", "invalid"),
            (r"https://example.com\@127.0.0.1/", "invalid"),
            ("https://example.com/#x", "invalid"),
            ("https://", "invalid"),
            ("//example.com/", "invalid"),
            ("example.com", "invalid"),
            ("", "required"),
        ] {
            assert_eq!(code(url, &rules(&[])), Some(told), "{url}");
        }
        assert_eq!(
            code(&format!("https://example.com/{}", "x".repeat(2_048)), &rules(&[])),
            Some("too_long")
        );
    }
}
