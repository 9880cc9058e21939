//! The host that was called, and the hosts that APIs are published under.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::BadRequestReason;

/// The most bytes a host may have, with its port.
pub const MAX_HOST: usize = 255;

/// A host name or address without a port, in lower case, so that equality and hashing are those of DNS.
///
/// A configured host is a `Host<'static>` from [`str::parse`]; an incoming one borrows from the request
/// and is only copied if it holds capitals or is an IPv6 address. A map with `Host<'static>` keys is
/// looked up with `incoming.as_str()`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host<'a>(Cow<'a, str>);

impl<'a> Host<'a> {
    /// Reads the host of a request; a port is checked and dropped.
    pub fn parse(authority: &'a [u8]) -> Result<Self, BadRequestReason> {
        if authority.len() > MAX_HOST {
            return Err(BadRequestReason::HostTooLong);
        }
        let authority = str::from_utf8(authority).map_err(|_| BadRequestReason::HostCharacter)?;
        // The colons of a bracketed address are its own.
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                check_port(port)?;
                Self::without_port(host)
            }
            _ => Self::without_port(authority),
        }
    }

    fn without_port(host: &'a str) -> Result<Self, BadRequestReason> {
        if host.is_empty() {
            return Err(BadRequestReason::HostEmpty);
        }
        if host.len() > MAX_HOST {
            return Err(BadRequestReason::HostTooLong);
        }
        if let Some(address) = host.strip_prefix('[') {
            let address: Option<Ipv6Addr> =
                address.strip_suffix(']').and_then(|address| address.parse().ok());
            // An address has many spellings; the standard library writes the canonical one.
            let address = address.ok_or(BadRequestReason::HostAddress)?;
            return Ok(Self(Cow::Owned(format!("[{address}]"))));
        }
        check_name(host)?;
        let has_capitals = host.bytes().any(|byte| byte.is_ascii_uppercase());
        Ok(Self(if has_capitals { Cow::Owned(host.to_ascii_lowercase()) } else { Cow::Borrowed(host) }))
    }

    /// The host as text: lower case, IPv6 addresses canonical and in brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same host, no longer borrowed from the request.
    #[must_use]
    pub fn into_owned(self) -> Host<'static> {
        Host(Cow::Owned(self.0.into_owned()))
    }
}

/// A configured host has no port: APIs are told apart by name, and a port that is quietly ignored misleads.
impl FromStr for Host<'static> {
    type Err = BadRequestReason;

    fn from_str(text: &str) -> Result<Self, BadRequestReason> {
        Host::without_port(text).map(Host::into_owned)
    }
}

impl Borrow<str> for Host<'_> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn check_port(port: &str) -> Result<(), BadRequestReason> {
    let canonical = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    if canonical && port.parse::<u16>().is_ok() { Ok(()) } else { Err(BadRequestReason::HostPort) }
}

/// RFC 1123 names: letters, digits, hyphens. An underscore is not a host name, and no certificate has one.
fn check_name(name: &str) -> Result<(), BadRequestReason> {
    if !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.')) {
        return Err(BadRequestReason::HostCharacter);
    }
    let fits =
        |label: &str| matches!(label.len(), 1..=63) && !label.starts_with('-') && !label.ends_with('-');
    if !name.split('.').all(fits) {
        return Err(BadRequestReason::HostLabel);
    }
    if ends_in_a_number(name) && name.parse::<Ipv4Addr>().is_err() {
        return Err(BadRequestReason::HostAddress);
    }
    Ok(())
}

/// Such a name is taken for an IPv4 address by browsers and resolvers: `127.1`, `2130706433`, `0x7f.1`.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use BadRequestReason::*;

    use super::*;

    #[test]
    fn accepted_hosts_have_one_spelling() {
        for (authority, host) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.COM", "api.example.com"),
            ("api.example.com:8443", "api.example.com"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("3com.example", "3com.example"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[::1]:65535", "[::1]"),
            ("[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"),
        ] {
            let parsed = Host::parse(authority.as_bytes());
            assert_eq!(parsed.as_ref().map(Host::as_str), Ok(host), "{authority}");
            assert_eq!(Host::parse(host.as_bytes()), parsed, "parsing {host} again changes it");
        }
    }

    #[test]
    fn a_217_host_that_another_parser_reads_differently() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = "abc.".repeat(64);
        for (authority, reason) in [
            ("", HostEmpty),
            (":80", HostEmpty),
            (&long_name, HostTooLong),
            ("admin@api.example.com", HostCharacter),
            ("api.example.com:80@evil.test", HostPort),
            ("user:secret@api.example.com:80", HostCharacter),
            ("api.example.com ", HostCharacter),
            (" api.example.com", HostCharacter),
            ("api.example.com, evil.test", HostCharacter),
            ("api.example.com\0", HostCharacter),
            ("api.example.com\r\nx: y", HostPort),
            ("api.example.com/v1", HostCharacter),
            ("http://api.example.com", HostPort),
            ("api.example.com\\evil.test", HostCharacter),
            ("api.example.com#evil.test", HostCharacter),
            ("api%2eexample.com", HostCharacter),
            ("api_internal.example.com", HostCharacter),
            ("b\u{fc}cher.example", HostCharacter),
            ("api\u{ff0e}example.com", HostCharacter),
            ("*.example.com", HostCharacter),
            ("api.example.com.", HostLabel),
            (".example.com", HostLabel),
            ("api..example.com", HostLabel),
            ("-api.example.com", HostLabel),
            ("api-.example.com", HostLabel),
            (&long_label, HostLabel),
            ("127.1", HostAddress),
            ("2130706433", HostAddress),
            ("0x7f.1", HostAddress),
            ("0x7f000001", HostAddress),
            ("127.0.0.01", HostAddress),
            ("256.0.0.1", HostAddress),
            ("api.example.1", HostAddress),
            ("::1", HostCharacter),
            ("[::1", HostAddress),
            ("[]", HostAddress),
            ("[::1]x", HostPort),
            ("[fe80::1%eth0]", HostAddress),
            ("[fe80::1%25eth0]", HostAddress),
            ("[v1.x]", HostAddress),
            ("[127.0.0.1]", HostAddress),
            ("api.example.com:", HostPort),
            ("api.example.com:0", HostPort),
            ("api.example.com:080", HostPort),
            ("api.example.com:65536", HostPort),
            ("api.example.com:+80", HostPort),
            ("api.example.com:80:80", HostCharacter),
        ] {
            assert_eq!(Host::parse(authority.as_bytes()), Err(reason), "{authority:?}");
        }
        assert_eq!(Host::parse(b"api.example.com\x80"), Err(HostCharacter));
    }

    #[test]
    fn a_configured_host_has_no_port() {
        let configured: Result<Host<'static>, _> = "API.example.com".parse();
        assert_eq!(configured.as_ref().map(Host::as_str), Ok("api.example.com"));
        assert_eq!("api.example.com:443".parse::<Host<'static>>(), Err(HostCharacter));
        assert_eq!("[::1]:443".parse::<Host<'static>>(), Err(HostAddress));
        assert_eq!("abc.".repeat(64).parse::<Host<'static>>(), Err(HostTooLong));
    }

    #[test]
    fn configured_hosts_are_found_by_incoming_ones() {
        let configured: Host<'static> = "Api.Example.com".parse().unwrap();
        let apis = HashMap::from([(configured, 1)]);
        let incoming = Host::parse(b"api.eXample.com:443").unwrap();
        assert_eq!(apis.get(incoming.as_str()), Some(&1));
    }

    #[test]
    fn a_lower_case_name_is_not_copied() {
        assert!(matches!(Host::parse(b"api.example.com:443"), Ok(Host(Cow::Borrowed("api.example.com")))));
    }
}
