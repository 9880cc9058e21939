//! What a token must carry for single operations of an API version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::openapi::Operation;
use crate::route::is_under;
use crate::{Checks, Invalid, parse_labels};

/// What a token must carry for the calls of one operation, in the place of what the version demands of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationScopes {
    /// In capitals; none: every method. One for `GET` is one for `HEAD`, too.
    pub method: Option<String>,
    /// The whole path of the call as a template, such as `/shop/orders/{id}`: `{…}` stands for one segment.
    pub path: String,
    /// All of them; `a|b` stands for one of the two. None: a token without any will do.
    pub scopes: Vec<String>,
}

/// How many operations of a version may have scopes of their own.
const MOST: usize = 1_000;
/// The longest template.
const LONGEST: usize = 2_000;
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

impl OperationScopes {
    /// Checks a list for a version that is published at some path prefixes.
    ///
    /// # Errors
    /// Every wrong entry, by its number.
    pub(crate) fn check_all(given: Vec<Self>, prefixes: &[String]) -> Result<Vec<Self>, Invalid> {
        if given.len() > MOST {
            return Err(Invalid::field("", "too_many", format!("must have at most {MOST} entries")));
        }
        let mut checks = Checks::new();
        let mut kept: Vec<Self> = Vec::with_capacity(given.len());
        for (i, it) in given.into_iter().enumerate() {
            let Some(it) = checks.take(&format!("[{i}]"), it.check(prefixes)) else { continue };
            let is_new = !kept.iter().any(|other| other.is_place_of(&it));
            let message = "is there twice: one entry for each method and path";
            checks.require(is_new, &format!("[{i}]"), "duplicate", message);
            kept.push(it);
        }
        checks.build(|| Some(kept))
    }

    fn check(self, prefixes: &[String]) -> Result<Self, Invalid> {
        let mut checks = Checks::new();
        let is_known = self.method.as_deref().is_none_or(|method| METHODS.contains(&method));
        checks.require(is_known, "method", "invalid", "must be a method in capitals, such as GET");
        let message =
            "must be a path template such as /orders/{id}: segments of plain characters, or one {name} each";
        checks.require(is_template(&self.path), "path", "invalid", message);
        let message = "must begin with one of the paths of this version";
        let is_ours = prefixes.iter().any(|prefix| is_under(&self.path, prefix));
        checks.require(is_ours, "path", "elsewhere", message);
        let scopes = checks.take("scopes", parse_labels(&self.scopes));
        checks.build(|| Some(Self { scopes: scopes?, ..self }))
    }

    /// Whether another one is for the same method and the same paths.
    fn is_place_of(&self, other: &Self) -> bool {
        let same_segment = |(a, b): (&str, &str)| is_any(a) && is_any(b) || a.eq_ignore_ascii_case(b);
        let (ours, theirs) = (self.path.split('/'), other.path.split('/'));
        self.method == other.method
            && ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(same_segment)
    }

    /// What a specification demands of tokens, for a version that is published at some path prefixes: its paths are what
    /// comes after them, unless they begin with one.
    pub fn of_specification(operations: &[Operation], prefixes: &[String]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for operation in operations.iter().filter(|operation| !operation.scopes.is_empty()) {
            let path = whole_segments(&operation.path);
            let is_whole = prefixes.iter().any(|prefix| is_under(&path, prefix));
            let places = if is_whole {
                vec![path]
            } else {
                prefixes.iter().map(|prefix| format!("{}{path}", prefix.trim_end_matches('/'))).collect()
            };
            for path in places {
                let method = Some(operation.method.clone());
                let it = Self { method, path, scopes: operation.scopes.clone() };
                // Two that cannot be told apart: a token must carry what both demand.
                match all.iter_mut().find(|other| other.is_place_of(&it)) {
                    Some(other) => other.scopes.extend(it.scopes),
                    None => all.push(it),
                }
            }
        }
        all
    }
}

/// Segments that are a parameter in part, such as `{id}.json`, stand for whole segments: that is the stricter reading.
fn whole_segments(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    let is_one = |segment: &str| segment.starts_with('{') && segment.find('}') == Some(segment.len() - 1);
    let whole = |segment: &str| match segment.contains('{') && !is_one(segment) {
        true => "{any}".to_owned(),
        false => segment.to_owned(),
    };
    trimmed.split('/').map(whole).collect::<Vec<_>>().join("/")
}

fn is_any(segment: &str) -> bool {
    segment.starts_with('{')
}

fn is_template(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else { return false };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@%".contains(&b);
    let is_segment = |segment: &str| match segment.strip_prefix('{') {
        Some(name) => {
            name.strip_suffix('}').is_some_and(|name| !name.is_empty() && !name.contains(['{', '}']))
        }
        None => !segment.is_empty() && segment.bytes().all(is_plain),
    };
    path.len() <= LONGEST && (segments.is_empty() || segments.split('/').all(is_segment))
}

/// As it is typed in one line: `GET /orders/{id} orders:read`.
impl fmt::Display for OperationScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_deref().unwrap_or("*");
        write!(f, "{method} {} {}", self.path, self.scopes.join(" "))
    }
}

impl FromStr for OperationScopes {
    type Err = std::convert::Infallible;

    /// Takes a line apart; nothing is checked yet.
    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let method = words.next().filter(|method| method != "*");
        Ok(Self { method, path: words.next().unwrap_or_default(), scopes: words.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> OperationScopes {
        let Ok(it) = text.parse();
        it
    }

    fn refused(lines: &[&str]) -> Vec<(String, &'static str)> {
        let given = lines.iter().map(|it| line(it)).collect();
        let checked = OperationScopes::check_all(given, &["/shop".to_owned()]);
        checked.err().map_or_else(Vec::new, |wrong| {
            wrong.fields().iter().map(|it| (it.field.clone(), it.code)).collect()
        })
    }

    #[test]
    fn an_entry_is_a_method_a_template_and_scopes() {
        for fine in ["GET /shop a", "* /shop/{id}", "POST /shop/{id}/pay a|b c", "GET /shop/caf%C3%A9 a"] {
            assert_eq!(refused(&[fine]), [], "{fine}");
            assert_eq!(line(fine).to_string().trim_end(), fine);
        }
        for (wrong, field, code) in [
            ("get /shop a", "[0].method", "invalid"),
            ("GET shop a", "[0].path", "invalid"),
            ("GET /shop/{} a", "[0].path", "invalid"),
            ("GET /shop/{a}.json a", "[0].path", "invalid"),
            ("GET /shop//x a", "[0].path", "invalid"),
            ("GET /shop/x;y a", "[0].path", "invalid"),
            ("GET /shopping a", "[0].path", "elsewhere"),
        ] {
            assert!(
                refused(&[wrong]).contains(&(field.to_owned(), code)),
                "{wrong}: {:?}",
                refused(&[wrong])
            );
        }
        assert_eq!(refused(&["GET /shop/{a} x", "GET /Shop/{b} y"]), [("[1].path".to_owned(), "elsewhere")]);
        assert_eq!(refused(&["GET /shop/{a} x", "GET /shop/{b} y"]), [("[1]".to_owned(), "duplicate")]);
        assert_eq!(refused(&["GET /shop/{a} x", "PUT /shop/{b} y", "* /shop/{c} z"]), []);
    }

    #[test]
    fn a_specification_s_paths_come_after_the_version_s() {
        let operation = |path: &str, scopes: &[&str]| Operation {
            method: "GET".to_owned(),
            path: path.to_owned(),
            operation_id: None,
            summary: None,
            tags: Vec::new(),
            deprecated: false,
            scopes: scopes.iter().map(|it| (*it).to_owned()).collect(),
        };
        let operations = [
            operation("/orders/{id}", &["read"]),
            operation("/shop/items/{id}.json", &["items"]),
            operation("/shop/items/{id}", &["more"]),
            operation("/free", &[]),
        ];
        let prefixes = ["/shop".to_owned(), "/".to_owned()];
        let told = |prefixes: &[String]| {
            let all = OperationScopes::of_specification(&operations, prefixes);
            assert!(OperationScopes::check_all(all.clone(), prefixes).is_ok());
            all.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told(&prefixes[..1]), ["GET /shop/orders/{id} read", "GET /shop/items/{any} items more"]);
        assert_eq!(told(&prefixes[1..]), ["GET /orders/{id} read", "GET /shop/items/{any} items more"]);
    }
}
