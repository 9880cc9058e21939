//! The parameters of a request: from a query or a form, each at most once.

use std::borrow::Cow;

use crate::{OAuthError, Result};

/// Names and values in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// At most so many parameters are read.
    pub const MAX: usize = 64;

    /// Reads `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    ///
    /// # Errors
    /// If it is not UTF-8, or there are far too many.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let mut pairs = Vec::new();
        for pair in text.split(|byte| *byte == b'&') {
            let Some((name, value)) = read_pair(pair)? else { continue };
            if pairs.len() == Self::MAX {
                return Err(OAuthError::invalid_request("there are too many parameters"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter. One without a value counts as left out (RFC 6749 §3.1).
    ///
    /// # Errors
    /// If it is there more than once (RFC 6749 §3.1 and §3.2).
    pub fn get(&self, name: &'static str) -> Result<Option<&str>> {
        let mut values = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(OAuthError::invalid_request(format!("{name} must be given once")));
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// If it is not, or more than once.
    pub fn require(&self, name: &'static str) -> Result<&str> {
        self.get(name)?.ok_or_else(|| OAuthError::invalid_request(format!("{name} is required")))
    }

    /// All values of a parameter that may be repeated: `resource` (RFC 8707 §2).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// No parameter but those that may be repeated is there twice, known or not.
    ///
    /// # Errors
    /// If one is. Its name is not repeated unless we know it: it may hold anything.
    pub fn must_be_single(&self, repeatable: &[&str]) -> Result<()> {
        let mut names: Vec<&str> =
            self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !repeatable.contains(name)).collect();
        names.sort_unstable();
        match names.windows(2).any(|pair| pair[0] == pair[1]) {
            true => Err(OAuthError::invalid_request("a parameter is given more than once")),
            false => Ok(()),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same in the form in which it came.
    pub fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// One pair of a form: its name and its value. `None` if nothing is there.
fn read_pair(pair: &[u8]) -> Result<Option<(Cow<'_, str>, Cow<'_, str>)>> {
    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
    if let (Some(name), Some(value)) = (plain(name), plain(value)) {
        return Ok((!pair.is_empty()).then_some((name.into(), value.into())));
    }
    let Some((name, value)) = form_urlencoded::parse(pair).next() else { return Ok(None) };
    // What was not UTF-8 was replaced, and stands for something else in each program that reads it.
    if [&name, &value].iter().any(|text| text.contains(['\u{fffd}', '\0'])) {
        return Err(OAuthError::invalid_request("parameters must be UTF-8 without NUL"));
    }
    Ok(Some((name, value)))
}

/// The characters that stand for themselves everywhere (RFC 3986 §2.3).
static UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let is_other = matches!(byte as u8, b'-' | b'.' | b'_' | b'~');
        table[byte] = (byte as u8).is_ascii_alphanumeric() || is_other;
        byte += 1;
    }
    table
};

/// A text of such characters only. Most names and values are; they need not be decoded byte by byte.
fn plain(text: &[u8]) -> Option<&str> {
    text.iter().all(|byte| UNRESERVED[usize::from(*byte)]).then(|| str::from_utf8(text).ok()).flatten()
}

/// Decodes one form-encoded value (RFC 6749 appendix B): `+` is a space, `%xx` a byte. `None` if it is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if plain(text.as_bytes()).is_some() {
        return Some(text.into());
    }
    if text.contains(['&', '=']) {
        return None;
    }
    let (value, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    (!value.contains('\u{fffd}')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_1_repeated_parameters_are_refused_and_empty_ones_left_out() {
        let params = Params::parse(b"a=1&b=&c=2&c=3&resource=x&resource=y").unwrap();
        assert_eq!(params.get("a").unwrap(), Some("1"));
        assert_eq!(params.get("b").unwrap(), None);
        assert_eq!(params.get("d").unwrap(), None);
        assert!(params.get("c").unwrap_err().description.contains("c must be given once"));
        assert!(params.require("b").is_err());
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["x", "y"]);
        assert!(params.must_be_single(&["resource"]).is_err());
        assert!(params.must_be_single(&["resource", "c"]).is_ok());
    }

    #[test]
    fn what_stands_for_itself_is_read_as_the_library_reads_it() {
        let texts =
            ["a=b", "a", "a=", "=a", "=", "a=b=c", "a=b&&c=d&", "&", "", "a=b+c&d=e", "a-._~=%41", "a%3Db=c"];
        for text in texts {
            let read = Params::parse(text.as_bytes()).unwrap();
            let by_library: Params = form_urlencoded::parse(text.as_bytes()).collect();
            assert_eq!(read, by_library, "{text:?}");
        }
    }

    #[test]
    fn rfc6749_b_values_are_form_encoded_utf_8() {
        assert_eq!(Params::parse(b"a=%E2%82%AC+x").unwrap().get("a").unwrap(), Some("\u{20ac} x"));
        assert!(Params::parse(b"a=%FF").is_err());
        assert!(Params::parse(b"a=%00").is_err());
        assert!(Params::parse("x=1&".repeat(65).as_bytes()).is_err());
        assert_eq!(decode("a%3Ab+c").as_deref(), Some("a:b c"));
        assert_eq!(decode("a&b"), None);
        assert_eq!(decode("a=b"), None);
        assert_eq!(decode("a-b").as_deref(), Some("a-b"));
    }
}
