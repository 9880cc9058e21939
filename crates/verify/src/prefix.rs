//! Where an API is published: the part of the path that its calls have in common.

use std::fmt;
use std::str::FromStr;

use crate::path::is_unreserved;
use crate::{BadRequestReason, RequestPath};

/// A configured path prefix, which covers whole segments: `/v1` covers `/v1` and `/v1/x`, not `/v10`.
///
/// It consists of characters that [`RequestPath`] accepts in one spelling only, so no encoding of a path
/// can move it from one prefix to another. There is no trailing slash, except on the root `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPrefix(String);

/// Why a text cannot be a path prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPrefix {
    /// It would be refused as a path as well.
    #[error(transparent)]
    Path(#[from] BadRequestReason),
    /// It holds a character that a path could also spell percent-encoded, or a query.
    #[error(
        "The prefix holds something other than letters, digits, hyphens, dots, underscores, tildes and slashes."
    )]
    Character,
    /// It ends with a slash and is not the root.
    #[error("The prefix ends with a slash.")]
    TrailingSlash,
}

impl BadPrefix {
    /// The stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Path(reason) => reason.code(),
            Self::Character => "prefix_character",
            Self::TrailingSlash => "prefix_trailing_slash",
        }
    }
}

impl FromStr for PathPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        if !text.bytes().all(|byte| byte == b'/' || is_unreserved(byte)) {
            return Err(BadPrefix::Character);
        }
        let path = RequestPath::parse(text)?;
        if text != "/" && text.ends_with('/') {
            return Err(BadPrefix::TrailingSlash);
        }
        Ok(Self(path.as_str().to_owned()))
    }
}

impl PathPrefix {
    /// Does the prefix cover this path? Of all that do, the longest is the most specific.
    #[must_use]
    pub fn matches(&self, path: RequestPath<'_>) -> bool {
        self.matches_with(path, |start, prefix| start == prefix)
    }

    /// Would the prefix cover this path on an upstream that ignores case?
    ///
    /// Where this is true and [`matches`](Self::matches) is false, gateway and upstream may disagree about
    /// which API is called, so the caller refuses the path.
    #[must_use]
    pub fn matches_ignoring_case(&self, path: RequestPath<'_>) -> bool {
        self.matches_with(path, str::eq_ignore_ascii_case)
    }

    fn matches_with(&self, path: RequestPath<'_>, same: impl Fn(&str, &str) -> bool) -> bool {
        let prefix = self.0.strip_suffix('/').unwrap_or(&self.0);
        path.as_str()
            .split_at_checked(prefix.len())
            .is_some_and(|(start, rest)| (rest.is_empty() || rest.starts_with('/')) && same(start, prefix))
    }

    /// The prefix as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_segments_only() {
        for (prefix, path, matches) in [
            ("/", "/", true),
            ("/", "/v1", true),
            ("/v1", "/", false),
            ("/v1", "/v1", true),
            ("/v1", "/v1/", true),
            ("/v1", "/v1/x", true),
            ("/v1", "/v10", false),
            ("/v1", "/v1.1", false),
            ("/v1", "/v1%20", false),
            ("/v1", "/v", false),
            ("/v1", "/x/v1", false),
            ("/v1/a", "/v1/a/b", true),
            ("/v1/a", "/v1/ab", false),
            ("/v1/a", "/v1", false),
            ("/v1", "/V1/x", false),
            ("/caf", "/caf%C3%A9", false),
        ] {
            let prefix: PathPrefix = prefix.parse().unwrap();
            let path = RequestPath::parse(path).unwrap();
            assert_eq!(prefix.matches(path), matches, "{prefix} {path}");
        }
    }

    #[test]
    fn case_is_told_apart_and_can_be_ignored() {
        let prefix: PathPrefix = "/v1/Admin".parse().unwrap();
        let path = RequestPath::parse("/V1/aDMIN/x").unwrap();
        assert!(!prefix.matches(path) && prefix.matches_ignoring_case(path));
        let longer = RequestPath::parse("/V1/aDMINx").unwrap();
        assert!(!prefix.matches_ignoring_case(longer));
    }

    #[test]
    fn a_prefix_has_one_spelling() {
        for (text, refusal) in [
            ("", BadPrefix::Path(BadRequestReason::TargetEmpty)),
            ("v1", BadPrefix::Path(BadRequestReason::TargetNotPath)),
            ("//", BadPrefix::Path(BadRequestReason::PathEmptySegment)),
            ("/v1//x", BadPrefix::Path(BadRequestReason::PathEmptySegment)),
            ("/v1/../x", BadPrefix::Path(BadRequestReason::PathDotSegment)),
            ("/v1/", BadPrefix::TrailingSlash),
            ("/v1?x", BadPrefix::Character),
            ("/v1#x", BadPrefix::Character),
            ("/v1;x", BadPrefix::Character),
            ("/a%20b", BadPrefix::Character),
            ("/@me", BadPrefix::Character),
            ("/{id}", BadPrefix::Character),
            ("/v1/*", BadPrefix::Character),
            ("/caf\u{e9}", BadPrefix::Character),
            ("/v1 ", BadPrefix::Character),
        ] {
            assert_eq!(text.parse::<PathPrefix>(), Err(refusal), "{text:?}");
        }
        assert_eq!(
            "/My_api/v1.2-rc~1".parse::<PathPrefix>().map(|p| p.to_string()),
            Ok("/My_api/v1.2-rc~1".into())
        );
        assert_eq!(BadPrefix::Path(BadRequestReason::TargetEmpty).code(), "target_empty");
        assert_ne!(BadPrefix::Character.code(), BadPrefix::TrailingSlash.code());
    }
}
