//! Scopes: what a token may be used for, as a request names it (RFC 6749 §3.3).

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{OAuthError, Params, Result};

/// Scopes in the order in which they were asked for, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// At most so many in one request.
    pub const MAX: usize = 100;

    /// Reads `scope` of a request.
    ///
    /// # Errors
    /// As [`Scopes::parse`].
    pub fn of_request(params: &Params) -> Result<Option<Self>> {
        params.get("scope")?.map(Self::parse).transpose()
    }

    /// Reads scopes with one space between each two.
    ///
    /// # Errors
    /// `invalid_scope` if a character is not allowed, a space is too many, or there are too many.
    pub fn parse(text: &str) -> Result<Self> {
        let mut scopes = Self::default();
        for token in text.split(' ') {
            if !is_token(token) {
                return Err(OAuthError::invalid_scope(
                    "scope must be names with one space between them; names have no spaces, quotes or backslashes",
                ));
            }
            if scopes.0.len() == Self::MAX {
                return Err(OAuthError::invalid_scope("there are too many scopes"));
            }
            scopes.push(token);
        }
        Ok(scopes)
    }

    fn push(&mut self, token: &str) {
        if !self.contains(token) {
            self.0.push(token.to_owned());
        }
    }

    /// Whether one is there; names are case-sensitive.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope == name)
    }

    /// Whether all of another list are there.
    pub fn includes(&self, others: &Self) -> bool {
        others.iter().all(|scope| self.contains(scope))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Those that pass.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        self.iter().filter(|scope| keep(scope)).collect()
    }

    /// Their names, taken out.
    pub fn into_vec(self) -> Vec<String> {
        self.0
    }
}

impl<S: AsRef<str>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut scopes = Self::default();
        names.into_iter().for_each(|name| scopes.push(name.as_ref()));
        scopes
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// RFC 6749 §3.3: `1*( %x21 / %x23-5B / %x5D-7E )`.
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// What may be had, out of what is asked for. `allowed` is everything that this client may ask for in this way.
///
/// # Errors
/// `invalid_scope` if something else is asked for, or nothing is and `must_ask` says that the client has to
/// (RFC 6749 §3.3: a default, or failure).
pub fn choose(asked: Option<Scopes>, allowed: &Scopes, must_ask: bool) -> Result<Scopes> {
    match asked {
        Some(asked) if allowed.includes(&asked) => Ok(asked),
        Some(_) => Err(OAuthError::invalid_scope(format!(
            "a scope is unknown, or not for this client; allowed: {}",
            list(allowed)
        ))),
        None if must_ask => Err(OAuthError::invalid_scope(format!(
            "this client must name the scopes it asks for; allowed: {}",
            list(allowed)
        ))),
        None => Ok(allowed.clone()),
    }
}

/// What a refresh gives: what is asked for out of what was granted; all of it if nothing is (RFC 6749 §6).
///
/// # Errors
/// `invalid_scope` if more is asked for.
pub fn narrow(granted: &Scopes, asked: Option<Scopes>) -> Result<Scopes> {
    match asked {
        None => Ok(granted.clone()),
        Some(asked) if granted.includes(&asked) => Ok(asked),
        Some(_) => Err(OAuthError::invalid_scope("scope must not be more than was granted at first")),
    }
}

fn list(scopes: &Scopes) -> String {
    if scopes.is_empty() { "none".to_owned() } else { scopes.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }

    #[test]
    fn a_034_rfc6749_3_3_scopes_have_one_spelling() {
        assert_eq!(scopes("b a b").to_string(), "b a");
        for odd in ["a  b", " a", "a ", "a\tb", "a\0b", "\"a\"", "a\\b", "\u{e9}"] {
            assert!(Scopes::parse(odd).is_err(), "{odd:?}");
        }
        let many: Vec<String> = (0..2_000).map(|n| n.to_string()).collect();
        assert!(Scopes::parse(&many.join(" ")).is_err());
    }

    #[test]
    fn rfc6749_3_3_nothing_asked_is_a_default_or_an_error_that_says_what_to_do() {
        let allowed = scopes("read write");
        assert_eq!(choose(None, &allowed, false), Ok(allowed.clone()));
        let error = choose(None, &allowed, true).unwrap_err();
        assert_eq!(error.description, "this client must name the scopes it asks for; allowed: read write");
        assert_eq!(choose(Some(scopes("write")), &allowed, true), Ok(scopes("write")));
        assert!(choose(Some(scopes("WRITE")), &allowed, true).is_err());
        assert!(choose(Some(scopes("write admin")), &allowed, false).is_err());
    }

    #[test]
    fn a_050_rfc6749_6_a_refresh_narrows_and_never_widens() {
        let granted = scopes("a b");
        assert_eq!(narrow(&granted, None), Ok(granted.clone()));
        assert_eq!(narrow(&granted, Some(scopes("b"))), Ok(scopes("b")));
        assert!(narrow(&granted, Some(scopes("b c"))).is_err());
    }
}
