//! Text that people type: names, descriptions, addresses. Checked once, at the border.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

use crate::Invalid;

/// A name on one line: NFC, trimmed, no control, bidi or invisible characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The longest name, in characters.
    pub const MAX: usize = 256;

    /// Checks and normalises a name.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`; the field is left empty for the caller to fill by [`crate::Checks`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name: String = text.trim().nfc().collect();
        if name.is_empty() {
            return Err(Invalid::field("", "required", "must not be empty"));
        }
        if name.chars().count() > Self::MAX {
            return Err(Invalid::field(
                "",
                "too_long",
                format!("must have at most {} characters", Self::MAX),
            ));
        }
        if name.chars().any(is_unprintable) {
            return Err(Invalid::field(
                "",
                "invalid",
                "must not hold control, direction or invisible characters",
            ));
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which look-alikes collide (UTS #39 skeleton of the case-folded NFKC form): `Acme`, `ACME`,
    /// `Ａcme` and `Аcme` with a Cyrillic А share one. Made here and not by a database, so that both agree.
    pub fn unique_key(&self) -> String {
        let folded: String = self.0.nfkc().flat_map(char::to_lowercase).collect();
        skeleton(&folded).flat_map(char::to_lowercase).nfkc().filter(|c| !c.is_whitespace()).collect()
    }

    /// The form that searches look into.
    pub fn search_key(&self) -> String {
        search_key(&self.0)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person typed, in the form that is compared when searching: NFKC, lower case.
pub fn search_key(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// Longer text in paragraphs: a description, a comment. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// The longest text, in characters.
    pub const MAX: usize = 4_000;

    /// Checks and normalises a text; line breaks become `\n`.
    ///
    /// # Errors
    /// `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text: String = text.replace("\r\n", "\n").trim().nfc().collect();
        if text.chars().count() > Self::MAX {
            return Err(Invalid::field(
                "",
                "too_long",
                format!("must have at most {} characters", Self::MAX),
            ));
        }
        if text.chars().any(|c| c != '\n' && c != '\t' && is_unprintable(c)) {
            return Err(Invalid::field(
                "",
                "invalid",
                "must not hold control, direction or invisible characters",
            ));
        }
        Ok(Self(text))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address that we are willing to write to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Checks an address: ASCII, one `@`, an unquoted local part, a host name with a dot (or `localhost`).
    /// The domain is lower-cased; look-alike letters are refused rather than folded.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid =
            || Invalid::field("", "invalid", "must be one plain e-mail address like ada@example.com");
        if text.is_empty() {
            return Err(Invalid::field("", "required", "must not be empty"));
        }
        if text.len() > 254 {
            return Err(Invalid::field("", "too_long", "must have at most 254 characters"));
        }
        let (local, domain) = text.split_once('@').ok_or_else(invalid)?;
        let local_fits = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let domain = domain.to_ascii_lowercase();
        if !local_fits || !is_host_name(&domain) {
            return Err(invalid());
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form under which an address is unique: ASCII lower case.
    pub fn unique_key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Host names as mail domains: dotted labels of letters, digits and inner hyphens; the last one is not a number.
fn is_host_name(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let well_formed = labels.iter().all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    let top = labels.last().copied().unwrap_or_default();
    well_formed && (domain == "localhost" || labels.len() > 1) && !top.bytes().all(|b| b.is_ascii_digit())
}

/// A label that programs compare: a role, a scope, a tag.
///
/// # Errors
/// `invalid` unless it has 1 to 64 of the characters that an OAuth scope may have (RFC 6749 §3.3).
pub fn parse_label(text: &str) -> Result<String, Invalid> {
    let fits = !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'"' && b != b'\\');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Invalid::field(
            "",
            "invalid",
            "must have 1 to 64 visible ASCII characters without quote or backslash",
        ))
    }
}

/// Checks a list of labels; doubles are dropped, the order is kept.
///
/// # Errors
/// `too_many` above 50 entries, or the entry that is wrong, as `[i]`.
pub fn parse_labels(texts: &[String]) -> Result<Vec<String>, Invalid> {
    if texts.len() > 50 {
        return Err(Invalid::field("", "too_many", "must have at most 50 entries"));
    }
    let mut labels = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        let label = parse_label(text).map_err(|e| e.within(&format!("[{i}]")))?;
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    Ok(labels)
}

/// Control characters, line and paragraph separators, direction marks and characters that show nothing.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_274_look_alike_names_share_a_key() {
        let key = |text: &str| Name::parse(text).unwrap().unique_key();
        for alike in ["ACME", "Acme ", "Аcme", "ＡＣＭＥ", "A cme"] {
            assert_eq!(key(alike), key("Acme"), "{alike}");
        }
        assert_ne!(key("Acme"), key("Acme 2"));
        for refused in ["Acme\u{200b}", "Acme\u{202e}gpj", "Ac\u{0}me", "a\nb", "", "  "] {
            assert!(Name::parse(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_275_composed_and_decomposed_are_one_name() {
        assert_eq!(Name::parse("Cafe\u{301}").unwrap(), Name::parse("Café").unwrap());
        let key = |text: &str| Name::parse(text).unwrap().unique_key();
        assert_eq!(key("\u{212A}elvin"), key("kelvin"));
    }

    #[test]
    fn a_122_only_one_plain_address_is_an_address() {
        for refused in [
            "alice@x.test,evil@e.test",
            "a@b@corp.test",
            "\"a@evil.test\"@corp.test",
            "alice@x.test\u{0}",
            "alice@x.test\r\nBcc: e",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "alice",
            "@x.test",
            "a@",
            "a@x..test",
            "mıke@x.test",
            "mike@ⓧ.test",
            "a@corp.test.",
            "a@corp.test%0a",
            " a@x.test",
            "",
        ] {
            assert!(Email::parse(refused).is_err(), "{refused:?}");
        }
        let mike = Email::parse("Mike@X.Test").unwrap();
        assert_eq!((mike.as_str(), mike.unique_key().as_str()), ("Mike@x.test", "mike@x.test"));
    }
}
