//! Redirect URIs: what may be registered, and whether a request names one that is.
//!
//! The check is a comparison of bytes (RFC 9700 §2.1). There is one exception, the port of a native application's
//! loopback address (RFC 8252 §7.3), and it is made on text, too: there are never two parsers to disagree.

use url::{Host, Url};

/// Why a URI cannot be registered, as a predicate: "must be …".
pub type Complaint = &'static str;

/// Whether a URI may be registered. `native`: it belongs to an application on somebody's own device, which may have a
/// scheme of its own or a loopback address.
///
/// # Errors
/// What is wrong with it.
pub fn may_be_registered(text: &str, native: bool) -> Result<(), Complaint> {
    if text.len() > 2_000 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("must be at most 2000 visible ASCII characters");
    }
    // RFC 6749 §3.1.2.
    if text.contains('#') {
        return Err("must not have a fragment");
    }
    // A wildcard would be compared literally; whoever writes one expects something else.
    if text.contains('*') {
        return Err("must not have a wildcard: every redirect URI is registered in full");
    }
    let url =
        Url::parse(text).map_err(|_| "must be an absolute URI like https://app.example.com/callback")?;
    // What a browser reads must be what is written: no user, no backslashes, no other spelling of the host, no dots.
    if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
        return Err(
            "must be written as browsers write it: lower-case scheme and host, no default port, no dot segments",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not name a user");
    }
    if url.host_str().is_some_and(|host| !is_plain_host(host)) {
        return Err("must name its host by letters, digits, dots and hyphens, or by an IP address");
    }
    if has_hidden_path(text) {
        return Err("must not have encoded dots, slashes or backslashes in its path");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("must use https; http is for 127.0.0.1, [::1] and localhost only"),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" | "ftp" | "ws" | "wss" | "mailto" => {
            Err("must not use this scheme")
        }
        // RFC 8252 §7.1: a domain name under one's control, reversed.
        _ if native && url.scheme().contains('.') => Ok(()),
        _ if native => Err("must use a scheme with a dot in it, such as com.example.app"),
        _ => Err("must use https"),
    }
}

/// The registered URI that a request names, if one is.
pub fn find<'a>(registered: &'a [String], asked: &str, native: bool) -> Option<&'a str> {
    let is_same = |known: &&String| *known == asked || (native && differs_in_loopback_port(known, asked));
    registered.iter().find(is_same).map(String::as_str)
}

/// RFC 8252 §7.3: any port of the same literal loopback address. `localhost` is a name, which somebody else may answer
/// for (§8.3), so it is compared in full.
fn differs_in_loopback_port(known: &str, asked: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].iter().any(|base| {
        let rest = |uri: &'_ str| -> Option<String> {
            let rest = uri.strip_prefix(base)?;
            let Some(port) = rest.strip_prefix(':') else {
                return (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| rest.to_owned());
            };
            let end = port.find(['/', '?']).unwrap_or(port.len());
            let (digits, rest) = port.split_at(end);
            let is_port = !digits.starts_with(['0', '+']) && digits.parse::<u16>().is_ok();
            is_port.then(|| rest.to_owned())
        };
        let (known, asked) = (rest(known), rest(asked));
        known.is_some() && known == asked
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_plain_host(host: &str) -> bool {
    let is_address = host.starts_with('[');
    is_address
        || (!host.ends_with('.')
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')))
}

fn has_hidden_path(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default().to_ascii_lowercase();
    ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|code| path.contains(code))
}

/// Adds parameters to the query of a redirect URI, which keeps the one it has (RFC 6749 §3.1.2).
pub fn with_query<'a>(uri: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let join = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, existing)) if existing.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{join}{query}")
}

/// Puts parameters into the fragment of a redirect URI (RFC 6749 §4.2.2).
pub fn with_fragment<'a>(uri: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    // In a fragment a plus is a plus to some parsers.
    format!("{uri}#{}", fragment.replace('+', "%20"))
}

/// What a person is shown of where they are sent: host, or the scheme of an application on their device.
pub fn shown(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) => match url.host_str() {
            Some(host) => host.to_owned(),
            None => format!("{}:", url.scheme()),
        },
        Err(_) => uri.chars().take(60).collect(),
    }
}

/// The origin that a form's answer may lead to (CSP `form-action`): scheme, host and port, or the bare scheme.
pub fn origin(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    match url.origin() {
        origin if origin.is_tuple() => Some(origin.ascii_serialization()),
        _ => Some(format!("{}:", url.scheme())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered() -> Vec<String> {
        vec!["https://rp.test/cb".to_owned()]
    }

    #[test]
    fn a_001_rfc9700_2_1_only_the_very_same_text_is_found() {
        assert_eq!(find(&registered(), "https://rp.test/cb", false), Some("https://rp.test/cb"));
        for other in [
            "https://rp.test/cb/",
            "https://rp.test/cb?x=1",
            "https://rp.test/cb#f",
            "https://rp.test/cb/../cb",
            "https://rp.test/cb/%2e%2e/cb",
            "https://rp.test/cb/%252e%252e/x",
            "https://rp.test/CB",
            "https://RP.test/cb",
            "HTTPS://rp.test/cb",
            "http://rp.test/cb",
            "https://rp.test:443/cb",
            "https://rp.test./cb",
            "https://sub.rp.test/cb",
            "//rp.test/cb",
            "/cb",
            "file:///cb",
            "",
        ] {
            assert_eq!(find(&registered(), other, false), None, "{other}");
            assert_eq!(find(&registered(), other, true), None, "{other}");
        }
    }

    #[test]
    fn a_002_what_two_parsers_read_differently_is_neither_found_nor_registered() {
        for odd in [
            "https://rp.test@evil.test/cb",
            "https://rp.test\\@evil.test/cb",
            "https://evil.test\\.rp.test/cb",
            "https://rp.test%2f@evil.test",
            "https://rp.test%00.evil.test/cb",
            "https://rp.test\tevil",
            "https:rp.test/cb",
            "https:///rp.test/cb",
            "https://rp\u{3002}test/cb",
            "https://RP.test/cb",
            "https://rp.test:443/cb",
            "https://rp.test/a/../cb",
            "https://rp.test/%2e%2e/cb",
            "https://rp.test/cb#f",
            "https://*.rp.test/cb",
            "http://rp.test/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "/cb",
            "",
            "https://user:pass@rp.test/cb",
            "ws://rp.test/cb",
            "https://0x7f000001/cb",
        ] {
            assert_eq!(find(&registered(), odd, false), None, "{odd}");
            assert!(may_be_registered(odd, false).is_err(), "{odd}");
            assert!(may_be_registered(odd, true).is_err(), "{odd}");
        }
        assert!(may_be_registered("https://rp.test;evil.test/cb", false).is_err());
    }

    #[test]
    fn a_003_rfc8252_7_3_only_the_port_of_a_native_loopback_address_may_differ() {
        let known = vec!["http://127.0.0.1/cb".to_owned()];
        for port in ["1", "80", "51004", "65535"] {
            let asked = format!("http://127.0.0.1:{port}/cb");
            assert!(find(&known, &asked, true).is_some(), "{port}");
            assert!(find(&known, &asked, false).is_none(), "{port}");
        }
        for other in [
            "http://127.0.0.1:80@evil.test/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1/cb?add=1",
            "http://localhost:1/cb",
            "http://[::1]:1/cb",
            "http://0x7f000001/cb",
            "https://127.0.0.1:1/cb",
            "http://127.0.0.1:+1/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:01/cb",
            "http://127.0.0.2:1/cb",
            "http://127.0.0.1:1/CB",
            "http://127.0.0.1:1",
        ] {
            assert!(find(&known, other, true).is_none(), "{other}");
        }
        assert!(find(&["http://[::1]:7/x?y=1".to_owned()], "http://[::1]:9/x?y=1", true).is_some());
        assert!(find(&["http://localhost:7/x".to_owned()], "http://localhost:9/x", true).is_none());
    }

    #[test]
    fn rfc8252_7_1_native_applications_have_schemes_with_a_dot() {
        assert_eq!(may_be_registered("com.example.app:/callback", true), Ok(()));
        assert!(may_be_registered("com.example.app:/callback", false).is_err());
        assert!(may_be_registered("myapp:/callback", true).is_err());
        assert_eq!(may_be_registered("http://127.0.0.1/cb", true), Ok(()));
        assert_eq!(may_be_registered("http://localhost:3000/cb", false), Ok(()));
        assert_eq!(may_be_registered("https://rp.test/cb?tenant=1", false), Ok(()));
        assert_eq!(may_be_registered("https://rp.test", false), Ok(()));
    }

    #[test]
    fn rfc6749_3_1_2_the_query_of_a_redirect_uri_is_kept() {
        assert_eq!(
            with_query("https://a.test/cb?x=%2F", [("code", "a b&c")]),
            "https://a.test/cb?x=%2F&code=a+b%26c"
        );
        assert_eq!(with_query("https://a.test/cb", [("code", "1")]), "https://a.test/cb?code=1");
        assert_eq!(with_query("https://a.test/cb?", [("code", "1")]), "https://a.test/cb?code=1");
        assert_eq!(with_fragment("https://a.test/cb", [("scope", "a b")]), "https://a.test/cb#scope=a%20b");
        assert_eq!(shown("https://a.test:8443/cb"), "a.test");
        assert_eq!(shown("com.example.app:/cb"), "com.example.app:");
        assert_eq!(origin("https://a.test:8443/cb").as_deref(), Some("https://a.test:8443"));
        assert_eq!(origin("com.example.app:/cb").as_deref(), Some("com.example.app:"));
    }
}
