//! The call that a gateway holds back while it asks us.

use std::fmt;

use crate::{BadRequestReason, Host, MAX_PATH, MAX_QUERY, Method, RequestPath, query};

/// What the gateway said about the original call, unchecked. What it did not say is empty.
#[derive(Clone, Copy)]
pub struct RawOriginal<'a> {
    /// The host that was called, with or without a port.
    pub host: &'a [u8],
    /// The method token.
    pub method: &'a [u8],
    /// The request target: path and query.
    pub target: &'a [u8],
}

/// The original call, every part in the one spelling that we accept.
#[derive(Clone, PartialEq, Eq)]
pub struct Original<'a> {
    /// The host that was called, without its port.
    pub host: Host<'a>,
    /// The method.
    pub method: Method,
    /// The path: the only part that prefix rules see.
    pub path: RequestPath<'a>,
    /// What follows the first `?`, as it was sent. See [`query_values`](crate::query_values).
    pub query: Option<&'a str>,
}

impl<'a> Original<'a> {
    /// Checks what the gateway said. Nothing is copied but a host that is not in lower case or is IPv6.
    pub fn parse(raw: RawOriginal<'a>) -> Result<Self, BadRequestReason> {
        let method = Method::parse(raw.method)?;
        let host = Host::parse(raw.host)?;
        if raw.target.len() > MAX_PATH + 1 + MAX_QUERY {
            return Err(BadRequestReason::TargetTooLong);
        }
        let target = str::from_utf8(raw.target).map_err(|_| BadRequestReason::PathCharacter)?;
        let (path, rest) = RequestPath::split(target)?;
        Ok(Self { host, method, path, query: query::parse(rest)? })
    }
}

/// A query may hold a key, so it is not printed.
impl fmt::Debug for Original<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original")
            .field("host", &self.host.as_str())
            .field("method", &self.method)
            .field("path", &self.path.as_str())
            .field("query", &self.query.map(|_| "…"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use BadRequestReason::*;

    use super::*;
    use crate::PathPrefix;

    fn get(target: &[u8]) -> Result<Original<'_>, BadRequestReason> {
        Original::parse(RawOriginal { host: b"api.example.com", method: b"GET", target })
    }

    #[test]
    fn the_parts_of_a_call() {
        let raw = RawOriginal { host: b"API.example.com:8443", method: b"POST", target: b"/v1/x?a=/b?c" };
        let original = Original::parse(raw).unwrap();
        assert_eq!(original.host.as_str(), "api.example.com");
        assert_eq!(original.method, Method::Post);
        assert_eq!(original.path.as_str(), "/v1/x");
        assert_eq!(original.query, Some("a=/b?c"));
        assert_eq!(get(b"/v1").unwrap().query, None);
        assert_eq!(get(b"/v1?").unwrap().query, Some(""));
    }

    #[test]
    fn a_207_malformed_uri() {
        let long = format!("/{}", "a".repeat(64 * 1024));
        let long_query = format!("/?{}", "a".repeat(64 * 1024));
        for (target, reason) in [
            (&b""[..], TargetEmpty),
            (b"http://[::1", TargetNotPath),
            (b"http://api.example.com/v1", TargetNotPath),
            (b"*", TargetNotPath),
            (b"v1", TargetNotPath),
            (b"?a=1", TargetNotPath),
            (b" /v1", TargetNotPath),
            (b"api.example.com:443", TargetNotPath),
            (b"//api.example.com/v1", PathEmptySegment),
            (b"/%zz", PathBadPercent),
            (b"/\x80", PathCharacter),
            (b"/caf\xc3\xa9", PathCharacter),
            (b"/v1?\xff", PathCharacter),
            (b"/v1?caf\xc3\xa9", QueryCharacter),
            (b"/v1 ", PathCharacter),
            (b"/v1 HTTP/1.1", PathCharacter),
            (b"/v1\r\nX-Consumer-Id: admin", PathCharacter),
            (b"/v1\0", PathCharacter),
            (b"/v1?a b", QueryCharacter),
            (b"/v1?a\r\nX-Consumer-Id: admin", QueryCharacter),
            (long.as_bytes(), TargetTooLong),
            (long_query.as_bytes(), TargetTooLong),
        ] {
            assert_eq!(get(target), Err(reason), "{:?}", String::from_utf8_lossy(target));
        }
    }

    #[test]
    fn the_longest_path_and_the_longest_query_fit_together() {
        let longest = format!("/{}?{}", "a".repeat(MAX_PATH - 1), "a".repeat(MAX_QUERY));
        assert!(get(longest.as_bytes()).is_ok());
        assert_eq!(get(format!("{longest}a").as_bytes()), Err(TargetTooLong));
    }

    #[test]
    fn a_209_query_or_fragment_in_path_rules() {
        let public: PathPrefix = "/public".parse().unwrap();
        let admin: PathPrefix = "/admin".parse().unwrap();
        for target in ["/admin?x=/public", "/admin?/public/health", "/admin?/../public", "/admin??/public"] {
            let path = get(target.as_bytes()).unwrap().path;
            assert_eq!(path.as_str(), "/admin");
            assert!(admin.matches(path) && !public.matches(path));
        }
        for (target, reason) in [
            ("/admin%23/public", PathEncodedDelimiter),
            ("/admin%3f/public", PathEncodedDelimiter),
            ("/admin#/public", PathCharacter),
            ("/public#/../admin", PathCharacter),
            ("/public?#/admin", QueryCharacter),
            ("/public/..?x", PathDotSegment),
            ("/public/.?x", PathDotSegment),
        ] {
            assert_eq!(get(target.as_bytes()), Err(reason), "{target}");
        }
    }

    #[test]
    fn a_211_missing_method_and_a_217_missing_host() {
        let raw = RawOriginal { host: b"api.example.com", method: b"GET", target: b"/v1" };
        assert!(Original::parse(raw).is_ok());
        assert_eq!(Original::parse(RawOriginal { method: b"", ..raw }), Err(MethodUnknown));
        assert_eq!(Original::parse(RawOriginal { method: b"get", ..raw }), Err(MethodUnknown));
        assert_eq!(Original::parse(RawOriginal { host: b"", ..raw }), Err(HostEmpty));
        assert_eq!(Original::parse(RawOriginal { target: b"http://evil.test/", ..raw }), Err(TargetNotPath));
    }

    #[test]
    fn a_key_in_the_query_is_not_printed() {
        let printed = format!("{:?}", get(b"/v1?api_key=kw_secret").unwrap());
        assert!(printed.contains("/v1") && !printed.contains("secret"), "{printed}");
    }
}
