//! Where a browser may be sent: redirect URIs as they are registered. They are compared as texts, so one spelling is
//! all that is checked here.

use url::{Host, Url};

use super::ClientType;
use crate::{Checks, Invalid};

/// How many a client may have.
const MAX: usize = 50;
/// The longest one.
const MAX_LENGTH: usize = 2_000;
/// Schemes that make a browser do something else than go somewhere.
const REFUSED: [&str; 9] =
    ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "ws", "wss"];

/// Checks all URIs of a list; doubles are dropped, the order is kept.
pub(super) fn check_all(uris: &[String], kind: ClientType) -> Result<Vec<String>, Invalid> {
    if uris.len() > MAX {
        return Err(Invalid::field("", "too_many", format!("must have at most {MAX} entries")));
    }
    let mut checks = Checks::new();
    let mut checked = Vec::new();
    for (i, uri) in uris.iter().enumerate() {
        let uri = checks.take(&format!("[{i}]"), check(uri, kind));
        checked.extend(uri.filter(|uri| !checked.contains(uri)));
    }
    checks.build(|| Some(checked))
}

/// The places of those that are web pages, as browsers name them (RFC 6454 §6.2).
pub(super) fn origins(uris: &[String]) -> Vec<String> {
    let places = uris.iter().filter_map(|uri| Url::parse(uri).ok()).map(|uri| uri.origin());
    let mut origins: Vec<String> =
        places.filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization()).collect();
    origins.sort();
    origins.dedup();
    origins
}

fn check(uri: &str, kind: ClientType) -> Result<String, Invalid> {
    let invalid = |message: &str| Invalid::field("", "invalid", message);
    if uri.is_empty() || uri.len() > MAX_LENGTH || !uri.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(invalid("must be a URI of at most 2,000 visible ASCII characters"));
    }
    if uri.contains('#') {
        return Err(invalid("must not have a fragment"));
    }
    // Browsers read a backslash as a slash; in a URI it is not allowed at all (RFC 3986 §2).
    if uri.bytes().any(|b| b"\\\"<>^`{|}".contains(&b)) {
        return Err(invalid("must be a URI: escape other characters by %"));
    }
    let parsed =
        Url::parse(uri).map_err(|_| invalid("must be an absolute URI, such as https://app.example/back"))?;
    let scheme = parsed.scheme();
    if REFUSED.contains(&scheme) || !uri.starts_with(scheme) {
        return Err(invalid("must not have this scheme, and be in lower case"));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(invalid("must not hold a user name or a password"));
    }
    match scheme {
        "https" | "http" => check_web(uri, &parsed),
        _ if kind == ClientType::Native || kind == ClientType::Custom => check_private(scheme),
        _ => Err(invalid("must begin with https://; only native clients may have schemes of their own")),
    }?;
    Ok(uri.to_owned())
}

fn check_web(uri: &str, parsed: &Url) -> Result<(), Invalid> {
    let invalid = |message: &str| Err(Invalid::field("", "invalid", message));
    // One spelling only: what a browser would read as another host, or as another path, is refused and not repaired.
    let canonical = parsed.as_str();
    if canonical != uri && canonical.strip_suffix('/') != Some(uri) {
        return invalid(
            "must be written as browsers write it: lower-case host, no default port, no dot segments",
        );
    }
    match parsed.host() {
        None => invalid("must name a host"),
        Some(Host::Domain(host)) if host.contains('*') => {
            invalid("must name one host: there are no wildcards")
        }
        Some(host) if parsed.scheme() == "http" && !is_loopback(&host) => {
            invalid("must begin with https://; http is for 127.0.0.1, [::1] and localhost only")
        }
        Some(_) => Ok(()),
    }
}

/// A scheme of a program's own must be the reverse of a domain name (RFC 8252 §7.1): others cannot claim it by accident.
fn check_private(scheme: &str) -> Result<(), Invalid> {
    if scheme.contains('.') {
        return Ok(());
    }
    let message = "must have a scheme that is a domain name in reverse, such as com.example.app:/back";
    Err(Invalid::field("", "invalid", message))
}

/// This machine itself (RFC 8252 §7.3).
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_001_what_is_registered_has_one_spelling() {
        for fine in [
            "https://app.example/back",
            "https://app.example",
            "https://app.example:8443/back?tenant=a%20b",
            "http://127.0.0.1/back",
            "http://[::1]:5000/back",
            "http://localhost:3000/",
        ] {
            assert_eq!(check(fine, ClientType::Web).unwrap(), fine);
        }
        for refused in [
            "",
            "/redir1",
            "//app.example/back",
            "app.example/back",
            "https://app.example/back#x",
            "https://App.example/back",
            "HTTPS://app.example/back",
            "https://app.example:443/back",
            "https://app.example/a/../back",
            "https://app.example\\@evil.example/",
            "https://user@app.example/back",
            "https://*.app.example/back",
            "https://app.example/ba ck",
            "https://аpp.example/back",
            "https:app.example/back",
            "https:///app.example/back",
            "http://app.example/back",
            "http://127.0.0.1.evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:/back",
        ] {
            assert!(check(refused, ClientType::Web).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_008_schemes_of_their_own_are_for_native_clients() {
        assert!(check("com.example.app:/back", ClientType::Native).is_ok());
        for refused in
            ["myapp:/back", "javascript:x", "file:///etc/passwd", "data:x", "com.example.app:/back#f"]
        {
            assert!(check(refused, ClientType::Native).is_err(), "{refused}");
        }
    }
}
