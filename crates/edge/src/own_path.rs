//! Where somebody wants to go on to, out of an address that anybody could have made.

/// A path of our own to go on to; `None` for everything that a browser might take for an address elsewhere. Two slashes
/// begin a host, and browsers take a backslash for a slash and leave tabs and line ends out.
pub fn own_path(text: &str) -> Option<&str> {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let fits = text.len() <= 8_192 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (is_path && fits).then_some(text)
}

/// The same, or a page of one of these origins (scheme, host and port, without a slash at the end).
pub fn known_place<'a, 'o>(text: &'a str, origins: impl IntoIterator<Item = &'o str>) -> Option<&'a str> {
    // Behind the origin nothing may come that would still be a part of the host.
    let is_known = |origin: &str| {
        text.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    };
    let fits = text.len() <= 8_192 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let known = fits && origins.into_iter().any(|origin| !origin.is_empty() && is_known(origin));
    if known { Some(text) } else { own_path(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_109_pages_of_known_origins_and_no_others() {
        let known =
            |text: &str| known_place(text, ["https://portal.test", "http://127.0.0.1:8080"]).is_some();
        for place in [
            "https://portal.test",
            "https://portal.test/",
            "https://portal.test/a?b=//c",
            "https://portal.test?x",
            "http://127.0.0.1:8080/login",
            "/login",
        ] {
            assert!(known(place), "{place}");
        }
        for other in [
            "https://portal.test.evil.test/",
            "https://portal.test@evil.test/",
            "https://portal.test:8443/",
            "https://portal.test\\@evil.test",
            "http://127.0.0.1:80800/",
            "http://portal.test/",
            "HTTPS://portal.test/",
            "https://evil.test/https://portal.test/",
            "//portal.test/",
            "https://portal.test/a b",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!known(other), "{other}");
        }
    }

    #[test]
    fn a_109_only_own_paths_are_gone_on_to() {
        for own in ["/", "/home", "/oauth2/authorize?client_id=a&x=https%3A%2F%2Fb", "/a//b", "/a?b=//c"] {
            assert_eq!(own_path(own), Some(own));
        }
        for other in [
            "",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\evil.test",
            "/\t/evil.test",
            "\t//evil.test",
            "/a\r\nSet-Cookie: a=b",
            "https:evil.test",
            "https://evil.test",
            "@evil.test",
            "javascript:alert(1)",
            "evil.test",
            "/é",
            " /home",
        ] {
            assert_eq!(own_path(other), None, "{other}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(8_192))), None);
    }
}
