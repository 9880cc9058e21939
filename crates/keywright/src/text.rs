//! Text that came from outside, made safe to print: no character of it may move the cursor, start a new
//! line, or turn the reading direction around.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// Whether a character acts on the terminal or the line instead of being read.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}' | '\u{2029}' // line and paragraph separators
            | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction
            | '\u{feff}')
}

/// The text with every unprintable character written as an escape (`\n`, `\u{1b}`).
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !is_unprintable(c) {
            clean.push(c);
        } else if matches!(c, '\n' | '\r' | '\t') {
            clean.extend(c.escape_default());
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(clean, "{}", c.escape_unicode());
        }
    }
    Cow::Owned(clean)
}

/// A path as a word of a shell's command line, the same from any folder.
pub(crate) fn quoted(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if text.chars().all(is_plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed_untouched() {
        assert!(matches!(printable("Äpp 株式会社 \"x\" \\"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_acts_on_a_terminal_becomes_an_escape() {
        let cases = [
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("x\u{9b}31m", "x\\u{9b}31m"),
            ("\u{202e}gpj", "\\u{202e}gpj"),
            ("1\u{2028}2\u{7f}", "1\\u{2028}2\\u{7f}"),
        ];
        for (given, wanted) in cases {
            assert_eq!(printable(given), wanted);
        }
    }

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        for (path, word) in [
            ("/var/lib/keywright", "/var/lib/keywright"),
            ("/a b/$(c)", "'/a b/$(c)'"),
            ("/it's", r"'/it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
        assert!(quoted(Path::new("here")).starts_with('/'));
    }
}
