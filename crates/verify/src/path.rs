//! The path of the original call, in the one spelling that every server reads alike.

use std::fmt;

use crate::BadRequestReason;

/// The most bytes a path may have.
pub const MAX_PATH: usize = 8 * 1024;

/// An absolute path of RFC 3986 with nothing in it that a server might resolve, decode or cut off.
///
/// A gateway routes by its own reading of the path and the upstream by another. Where the two can differ
/// (dot segments, doubled slashes, path parameters, encodings of what needs none, encodings of what
/// separates) the path is refused, so that the rule that we apply is the rule of what the upstream serves.
/// Characters that are neither letters nor delimiters may be encoded (`a%40b`), as may text in other
/// scripts (`caf%C3%A9`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestPath<'a>(&'a str);

impl<'a> RequestPath<'a> {
    /// Reads a path that no query follows.
    pub fn parse(path: &'a str) -> Result<Self, BadRequestReason> {
        match Self::split(path)? {
            (path, "") => Ok(path),
            _ => Err(BadRequestReason::PathCharacter),
        }
    }

    /// Reads the path at the start of a request target, in one pass. What is left is empty or starts with
    /// the first `?`.
    pub(crate) fn split(target: &'a str) -> Result<(Self, &'a str), BadRequestReason> {
        let mut rest = match target.as_bytes() {
            [] => return Err(BadRequestReason::TargetEmpty),
            bytes @ [b'/', ..] => bytes,
            _ => return Err(BadRequestReason::TargetNotPath),
        };
        loop {
            rest = match rest {
                [] | [b'?', ..] => break,
                [b'/', segment @ ..] => {
                    check_segment_start(segment)?;
                    segment
                }
                [b'%', encoded @ ..] => skip_encoded(encoded)?,
                [b';', ..] => return Err(BadRequestReason::PathParameter),
                [byte, after @ ..] if is_literal(*byte) => after,
                _ => return Err(BadRequestReason::PathCharacter),
            };
        }
        let length = target.len() - rest.len();
        if length > MAX_PATH {
            return Err(BadRequestReason::TargetTooLong);
        }
        let (path, rest) = target.split_at_checked(length).ok_or(BadRequestReason::PathCharacter)?;
        Ok((Self(path), rest))
    }

    /// The path as it was sent.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for RequestPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// RFC 3986 §2.3: the characters that mean themselves everywhere and need no encoding.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986 §3.3 `pchar` without percent-encoding, and without the `;` of path parameters.
const fn is_literal(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

/// Looks ahead from a slash. Encoded dots need no thought here: they are refused wherever they stand.
fn check_segment_start(segment: &[u8]) -> Result<(), BadRequestReason> {
    match segment {
        [b'/', ..] => Err(BadRequestReason::PathEmptySegment),
        [b'.'] | [b'.', b'/' | b'?', ..] | [b'.', b'.'] | [b'.', b'.', b'/' | b'?', ..] => {
            Err(BadRequestReason::PathDotSegment)
        }
        _ => Ok(()),
    }
}

/// Reads one percent-encoded character (up to four triplets), given what follows its first percent sign.
fn skip_encoded(encoded: &[u8]) -> Result<&[u8], BadRequestReason> {
    let (first, mut rest) = hex_pair(encoded)?;
    let length = match first {
        0x00..=0x7f => {
            check_encoded_ascii(first)?;
            return Ok(rest);
        }
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Err(BadRequestReason::PathNotUtf8),
    };
    let mut utf8 = [first, 0, 0, 0];
    for byte in utf8.iter_mut().take(length).skip(1) {
        let [b'%', encoded @ ..] = rest else { return Err(BadRequestReason::PathNotUtf8) };
        (*byte, rest) = hex_pair(encoded)?;
    }
    let text = utf8.get(..length).and_then(|utf8| str::from_utf8(utf8).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(character) => check_encoded_unicode(character).map(|()| rest),
        None => Err(BadRequestReason::PathNotUtf8),
    }
}

fn hex_pair(encoded: &[u8]) -> Result<(u8, &[u8]), BadRequestReason> {
    if let [high, low, rest @ ..] = encoded
        && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
    {
        return Ok((high << 4 | low, rest));
    }
    Err(BadRequestReason::PathBadPercent)
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

const fn check_encoded_ascii(byte: u8) -> Result<(), BadRequestReason> {
    match byte {
        b'/' | b'\\' | b'%' | b'?' | b'#' | b';' => Err(BadRequestReason::PathEncodedDelimiter),
        _ if byte.is_ascii_control() => Err(BadRequestReason::PathEncodedControl),
        _ if is_unreserved(byte) => Err(BadRequestReason::PathEncodedUnreserved),
        _ => Ok(()),
    }
}

fn check_encoded_unicode(character: char) -> Result<(), BadRequestReason> {
    if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
        Err(BadRequestReason::PathEncodedControl)
    } else if folds_to_ascii(character) {
        Err(BadRequestReason::PathLookalike)
    } else {
        Ok(())
    }
}

/// Characters that normalisation (NFKC) or a best-fit code page turns into a path delimiter, those whose
/// lower case is ASCII, and the full-width copy of ASCII.
///
/// Letters that NFKC turns into ASCII otherwise (`²`, `™`, `ª`) stay: people write them.
const fn folds_to_ascii(character: char) -> bool {
    matches!(character,
        '\u{37e}' // Greek question mark: a semicolon
        | '\u{2024}'..='\u{2026}' // dot leaders, ellipsis
        | '\u{2044}' | '\u{2215}' | '\u{2216}' | '\u{29f5}' | '\u{29f8}' | '\u{29f9}' // slashes of mathematics
        | '\u{2047}'..='\u{2049}' // doubled question and exclamation marks
        | '\u{2100}' | '\u{2101}' | '\u{2105}' | '\u{2106}' // a/c, a/s, c/o, c/u
        | '\u{212a}' // Kelvin sign: a k
        | '\u{2488}'..='\u{249b}' | '\u{1f100}' // digits with a full stop
        | '\u{33c2}' | '\u{33c7}' | '\u{33d8}' // a.m., Co., p.m.
        | '\u{fe10}'..='\u{fe1f}' | '\u{fe30}' // vertical forms
        | '\u{fe50}'..='\u{fe6f}' // small forms
        | '\u{ff01}'..='\u{ff5e}' // full-width ASCII
    )
}

#[cfg(test)]
mod tests {
    use BadRequestReason::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    /// Every byte of `text`, percent-encoded.
    fn encode(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    #[track_caller]
    fn assert_refused(path: &str, reason: BadRequestReason) {
        assert_eq!(RequestPath::parse(path), Err(reason), "{path:?}");
    }

    #[test]
    fn ordinary_paths_are_accepted_as_they_are() {
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/v1/orders/7b1c-3_4~5.json",
            "/.well-known/x",
            "/..a/a../...",
            "/users/a@b.example:x/$metadata(1)",
            "/users/a%40b.example",
            "/a%20b/%5B0%5D",
            "/caf%C3%A9/%e6%97%a5%e6%9c%ac/%F0%9F%94%91",
            "/n%C2%BA/m%C2%B2",
        ] {
            assert_eq!(RequestPath::parse(path).map(RequestPath::as_str), Ok(path));
        }
    }

    #[test]
    fn dot_segments_are_refused_in_every_mix() {
        for path in ["/.", "/..", "/./", "/../", "/v1/..", "/v1/../admin", "/v1/./x", "/v1/."] {
            assert_refused(path, PathDotSegment);
        }
        for path in ["/%2e", "/%2E%2e/admin", "/v1/.%2e/admin", "/v1/%2e./admin", "/v1/%2e%2E"] {
            assert_refused(path, PathEncodedUnreserved);
        }
        assert_refused("/v1/..%2fadmin", PathEncodedDelimiter);
        assert_refused("/v1/..%5cadmin", PathEncodedDelimiter);
        assert_refused("/v1/..%252fadmin", PathEncodedDelimiter);
        assert_refused("/v1/%252e%252e/admin", PathEncodedDelimiter);
        assert_refused("/v1/..\\admin", PathCharacter);
        assert_refused("/v1/..;/admin", PathParameter);
        assert_refused("/v1/..%3bx/admin", PathEncodedDelimiter);
        assert_refused("/v1/..%00/admin", PathEncodedControl);
    }

    #[test]
    fn slashes_are_never_doubled() {
        for path in ["//", "//v1", "/v1//x", "/v1//", "//evil.test/v1"] {
            assert_refused(path, PathEmptySegment);
        }
        assert_refused("/v1/%2f", PathEncodedDelimiter);
        assert_refused("/\\evil.test", PathCharacter);
    }

    #[test]
    fn a_277_overlong_and_mixed_encodings() {
        for path in [
            "/%c0%af",
            "/%c0%ae%c0%ae/",
            "/%c1%9c",
            "/%e0%80%af",
            "/%f0%80%80%af",
            "/%ed%a0%80",
            "/%f5%80%80%80",
            "/%ff",
            "/%80",
            "/%c3",
            "/%c3/",
            "/%c3%28",
            "/%c3x%a9",
            "/%e6%97",
            "/%E6%97x",
            "/%f4%90%80%80",
        ] {
            assert_refused(path, PathNotUtf8);
        }
        for path in
            ["/%u002f", "/%", "/%4", "/%4/", "/%zz", "/%2", "/%+1", "/%c3%a", "/%c3%", "/%%35%63", "/% 41"]
        {
            assert_refused(path, PathBadPercent);
        }
        assert_refused("/%ef%bc%8f", PathLookalike);
        assert_refused("/%EF%BC%8E%ef%bc%8e/admin", PathLookalike);
        assert_refused("/%ef%bd%81dmin", PathLookalike);
        assert_refused("/{uuid}", PathCharacter);
    }

    /// Each literal byte in a path, all 128 of ASCII: exactly `pchar` without `;`, plus what is tested above.
    #[test]
    fn literal_characters_are_those_of_rfc_3986() {
        let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/";
        for byte in 0u8..128 {
            let path = format!("/a{}a", char::from(byte));
            let expected = match byte {
                b'%' => Err(PathBadPercent),
                b';' => Err(PathParameter),
                _ if allowed.as_bytes().contains(&byte) => Ok(path.as_str()),
                _ => Err(PathCharacter),
            };
            assert_eq!(RequestPath::parse(&path).map(RequestPath::as_str), expected);
        }
        assert_refused("/caf\u{e9}", PathCharacter);
    }

    #[test]
    fn encoded_ascii_is_what_neither_needs_no_encoding_nor_separates() {
        let accepted: String = (0u8..128)
            .filter(|byte| RequestPath::parse(&format!("/%{byte:02x}")).is_ok())
            .map(char::from)
            .collect();
        assert_eq!(accepted, " !\"$&'()*+,:<=>@[]^`{|}");
        assert_refused("/%00", PathEncodedControl);
        assert_refused("/%0d%0aX-Consumer-Id:x", PathEncodedControl);
        assert_refused("/%7f", PathEncodedControl);
        assert_refused("/%61dmin", PathEncodedUnreserved);
    }

    /// The table was written by hand; Unicode's own tables say whether it is complete.
    #[test]
    fn no_character_that_folds_to_a_delimiter_is_accepted() {
        let is_delimiter = |c: char| "/\\.%?#;".contains(c) || c.is_control();
        let mut refused = 0;
        for character in ('\u{80}'..=char::MAX).filter(|c| {
            c.is_control()
                || std::iter::once(*c).nfkc().any(is_delimiter)
                || c.to_lowercase().all(|lower| lower.is_ascii())
        }) {
            let path = format!("/{}", encode(&character.to_string()));
            assert!(RequestPath::parse(&path).is_err(), "U+{:04X} is accepted", u32::from(character));
            refused += 1;
        }
        assert!(refused > 80, "only {refused} characters were tried");
        assert_refused("/%e2%80%a8", PathEncodedControl);
        assert_refused("/%c2%85", PathEncodedControl);
    }

    #[test]
    fn length_is_bounded() {
        let longest = format!("/{}", "a".repeat(MAX_PATH - 1));
        assert!(RequestPath::parse(&longest).is_ok());
        assert_refused(&format!("{longest}a"), TargetTooLong);
    }
}
