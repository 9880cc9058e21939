//! Host names, path prefixes and methods as people configure them. The gateway check refuses every call whose path
//! could be read in two ways, so what is configured must be plain as well.

use crate::Invalid;

/// The methods that the gateway check knows. Any other is refused.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Checks a host name: lower-cased, without port.
pub(crate) fn parse_host(text: &str) -> Result<String, Invalid> {
    let host = text.to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if host.len() <= 253 && host.split('.').all(label) {
        Ok(host)
    } else {
        Err(Invalid::field(
            "",
            "invalid",
            "must be a host name like api.example.com, without scheme and port",
        ))
    }
}

/// Whether a path is a prefix or goes on below it: `/shop/x` is under `/shop`, `/shopping` is not.
pub(crate) fn is_under(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Checks a path prefix: `/` or plain segments, without a slash at the end.
pub(crate) fn parse_path_prefix(text: &str) -> Result<String, Invalid> {
    let segment = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    };
    let plain = text.len() <= 512 && text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment));
    if text == "/" || plain {
        Ok(text.to_owned())
    } else {
        Err(Invalid::field(
            "",
            "invalid",
            "must be a path like /orders/v1: plain segments, no slash at the end",
        ))
    }
}

/// Checks a method.
pub(crate) fn parse_method(text: &str) -> Result<String, Invalid> {
    if METHODS.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::field("", "invalid", format!("must be one of {}", METHODS.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_prefixes_and_hosts_are_taken() {
        for good in ["/", "/v1", "/orders/v1.2"] {
            assert!(parse_path_prefix(good).is_ok(), "{good}");
        }
        for bad in ["", "v1", "/v1/", "//v1", "/a/../b", "/a%2fb", "/a?b", "/a#b", "/a;b", "/a b", "/ä"] {
            assert!(parse_path_prefix(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_host("API.Example.com").unwrap(), "api.example.com");
        for bad in ["", "a..b", "http://a", "a:80", "a_b", "-a", "ä.de", "a.b."] {
            assert!(parse_host(bad).is_err(), "{bad}");
        }
    }
}
