//! Where a call of an operation goes, made of its path template and of values that somebody typed.
//!
//! The values stay values: none of them can become another segment, another query parameter or another place.

use std::fmt::Write;

use crate::route::is_under;
use crate::{Checks, Invalid};

/// The longest target, in bytes.
const LONGEST: usize = 1_800;

/// A value of a parameter, by its name.
type Value = (String, String);

/// The path and query of a call, as they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTarget {
    path: String,
    query: String,
}

impl CallTarget {
    /// Fills a template in. The paths of a specification come after those of the version, unless they begin with one,
    /// as [`crate::OperationScopes::of_specification`] has it.
    ///
    /// # Errors
    /// `operation` for a template that is no plain path; `path[name]` and `query[name]` for values.
    pub fn build(
        template: &str,
        prefixes: &[String],
        path: &[Value],
        query: &[Value],
    ) -> Result<Self, Invalid> {
        let whole = whole(template, prefixes);
        if !template.starts_with('/') || !is_plain_template(&whole) {
            let message = "has a path that cannot be called from here";
            return Err(Invalid::field("operation", "invalid", message));
        }
        let mut checks = Checks::new();
        for (name, value) in path {
            let field = format!("path[{name}]");
            checks.require(!value.is_empty(), &field, "required", "must not be empty");
            let message = "must hold no slash, none of \\ % ? # ; and no control character";
            let fits =
                !value.contains(['/', '\\', '%', '?', '#', ';']) && !value.chars().any(char::is_control);
            checks.require(fits, &field, "invalid", message);
        }
        for (name, value) in query {
            let message = "must hold no control character";
            let fits = !value.chars().any(char::is_control);
            checks.require(fits, &format!("query[{name}]"), "invalid", message);
        }
        checks.build(|| Some(()))?;
        let target = Self { path: filled(&whole, path)?, query: encoded_query(query) };
        if target.path.len() + target.query.len() > LONGEST {
            let message = format!("must be shorter: the whole address may have {LONGEST} bytes");
            return Err(Invalid::field("operation", "too_long", message));
        }
        Ok(target)
    }

    /// One more query parameter, after the others.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        let pair = (name.to_owned(), value.to_owned());
        let separator = if self.query.is_empty() { "" } else { "&" };
        let _ = write!(self.query, "{separator}{}", encoded_query(std::slice::from_ref(&pair)));
        self
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path, and the query if there is one.
    pub fn as_sent(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// The template below the version's path.
fn whole(template: &str, prefixes: &[String]) -> String {
    if prefixes.iter().any(|prefix| is_under(template, prefix)) {
        return template.to_owned();
    }
    let prefix = prefixes.first().map_or("", |prefix| prefix.trim_end_matches('/'));
    // `/` stands for the place of the version itself.
    let template = if template == "/" && !prefix.is_empty() { "" } else { template };
    format!("{prefix}{template}")
}

/// Whether it is a path of plain characters and parameters, without empty segments and dot segments: RFC 3986 §3.3
/// without encodings, and without the `;` of path parameters.
fn is_plain_template(template: &str) -> bool {
    let Some(rest) = template.strip_prefix('/') else { return false };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&b);
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && !is_dots(segment)
            && pieces(segment).is_some_and(|pieces| {
                pieces.iter().all(|piece| match piece {
                    Piece::Text(text) => text.bytes().all(is_plain),
                    Piece::Parameter(name) => !name.is_empty(),
                })
            })
    };
    rest.is_empty() || rest.strip_suffix('/').unwrap_or(rest).split('/').all(is_segment)
}

fn is_dots(segment: &str) -> bool {
    segment == "." || segment == ".."
}

enum Piece<'a> {
    Text(&'a str),
    Parameter(&'a str),
}

/// Takes a segment such as `{id}.json` apart; `None` if its braces do not fit.
fn pieces(mut rest: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        pieces.extend([Piece::Text(before), Piece::Parameter(name)]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Some(pieces)
}

/// Puts the values in. None of them makes a segment that leads elsewhere.
fn filled(template: &str, values: &[Value]) -> Result<String, Invalid> {
    let mut path = String::with_capacity(template.len());
    for (i, segment) in template.split('/').enumerate() {
        if i > 0 {
            path.push('/');
        }
        let start = path.len();
        for piece in pieces(segment).unwrap_or_default() {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Parameter(name) => {
                    let value = values.iter().find(|(given, _)| given == name);
                    let Some((_, value)) = value else {
                        return Err(Invalid::field(format!("path[{name}]"), "required", "must not be empty"));
                    };
                    encode(&mut path, value);
                }
            }
        }
        if path.get(start..).is_some_and(is_dots) {
            let name = segment.trim_start_matches('{').split('}').next().unwrap_or_default();
            return Err(Invalid::field(format!("path[{name}]"), "invalid", "must not be one or two dots"));
        }
    }
    Ok(path)
}

fn encoded_query(pairs: &[Value]) -> String {
    let mut query = String::new();
    for (i, (name, value)) in pairs.iter().enumerate() {
        if i > 0 {
            query.push('&');
        }
        encode(&mut query, name);
        query.push('=');
        encode(&mut query, value);
    }
    query
}

/// RFC 3986 §2.1: everything but the unreserved characters of §2.3 is encoded.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Vec<Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn built(template: &str, path: &[(&str, &str)], query: &[(&str, &str)]) -> Result<String, String> {
        let target = CallTarget::build(template, &["/shop".to_owned()], &values(path), &values(query));
        target.map(|it| it.as_sent()).map_err(|wrong| wrong.fields()[0].field.clone())
    }

    #[test]
    fn values_take_the_places_of_parameters() {
        for (template, path, query, sent) in [
            ("/orders", &[][..], &[][..], "/shop/orders"),
            ("/shop/orders", &[], &[], "/shop/orders"),
            ("/shopping", &[], &[], "/shop/shopping"),
            ("/", &[], &[], "/shop"),
            ("/orders/{id}", &[("id", "a b")], &[("q", "x&y=z")], "/shop/orders/a%20b?q=x%26y%3Dz"),
            (
                "/orders/{id}.json",
                &[("id", "é")],
                &[("a", "1"), ("b", "")],
                "/shop/orders/%C3%A9.json?a=1&b=",
            ),
            ("/a/{x}-{y}/", &[("x", "1"), ("y", "2")], &[], "/shop/a/1-2/"),
            ("/o", &[], &[("filter[a]", "#?")], "/shop/o?filter%5Ba%5D=%23%3F"),
        ] {
            assert_eq!(built(template, path, query).as_deref(), Ok(sent), "{template}");
        }
        let target = CallTarget::build("/o", &["/".to_owned()], &[], &values(&[("a", "1")])).unwrap();
        assert_eq!(target.with_query("api_key", "k/1").as_sent(), "/o?a=1&api_key=k%2F1");
    }

    #[test]
    fn a_221_no_value_leads_elsewhere() {
        let separators = ["a/b", "../admin", "..\\admin", "%2e%2e%2fadmin", "50%", "a?b", "a#b", "a;b=c"];
        let others = ["", "..", ".", "a\r\nHost: evil.test", "a\u{0}", "\t"];
        for wrong in separators.into_iter().chain(others) {
            assert_eq!(built("/orders/{id}", &[("id", wrong)], &[]), Err("path[id]".to_owned()), "{wrong:?}");
        }
        assert_eq!(built("/orders/{id}", &[], &[]), Err("path[id]".to_owned()));
        assert_eq!(built("/o", &[], &[("q", "a\r\nX: y")]), Err("query[q]".to_owned()));
        assert_eq!(
            built("/o/{id}", &[("id", "@evil.test:80")], &[]).as_deref(),
            Ok("/shop/o/%40evil.test%3A80")
        );
        assert_eq!(built("/o/{a}{b}", &[("a", "."), ("b", ".")], &[]), Err("path[a]".to_owned()));
        let long = "x".repeat(2_000);
        assert_eq!(built("/o/{id}", &[("id", &long)], &[]), Err("operation".to_owned()));
    }

    #[test]
    fn a_221_nor_does_a_template() {
        for template in [
            "//evil.test/x",
            "/../admin",
            "/a/./b",
            "/a//b",
            "/a?x=y",
            "/a#b",
            "/a%2e%2e/b",
            "/a;b",
            "/{a",
            "/{}",
            "https://evil.test/",
            "@evil.test/",
            "\\evil",
            "/a b",
            "/a\r\nb",
        ] {
            let told = built(template, &[("a", "1")], &[]);
            assert_eq!(told, Err("operation".to_owned()), "{template}");
        }
    }
}
