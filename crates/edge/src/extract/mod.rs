//! What handlers take out of a request. Each refuses with a [`crate::Problem`].

mod address;
mod body;
mod caller;
mod form;
mod objects;
mod path;
mod precondition;
mod query;

use uuid::Uuid;

pub use address::forwarded_address;
pub use body::{Create, Json, MayJson, Raw, Text, idempotency_claim};
pub use body::{must_be_json, read as read_body};
pub use caller::{Machine, Visitor, Who, caller_of, limit, stranger};
pub use form::{Form, form_body, form_params};
pub use path::Path;
pub use precondition::{IfMatch, MayMatch};
pub use query::Query;

/// The id of the request, given by the middleware.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// Where the one who takes the caller out of a request leaves word of who it is, for the middleware.
#[derive(Clone, Debug, Default)]
pub struct Seen(std::sync::Arc<std::sync::OnceLock<app::Caller>>);

impl Seen {
    /// Leaves word.
    pub fn note(&self, caller: &app::Caller) {
        // The first word counts: a request has one caller.
        let _ = self.0.set(caller.clone());
    }

    /// The caller, if anybody asked who it is.
    pub fn caller(&self) -> Option<&app::Caller> {
        self.0.get()
    }
}

/// At most so many characters of a field's name are repeated.
const SHOWN: usize = 64;

/// A field's name as it may be shown.
pub fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// Turns what serde says about wrong input into a field error that repeats no value of the input: it may be a secret.
pub fn field_error(path: &str, message: &str) -> domain::Invalid {
    let path = if path == "." { "" } else { path };
    // A name from the input is shown, so that a typing error is found; but not at any length, nor all its characters.
    let path = &printable(path);
    let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next().map(printable);
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    // serde_path_to_error's path ends with the field itself where the field is known.
    let inner = |name: &str| {
        if path == name || path.ends_with(&format!(".{name}")) { path.to_owned() } else { at(name) }
    };
    if let Some(name) = named("unknown field `") {
        return domain::Invalid::field(inner(&name), "unknown_field", "is not known here");
    }
    if let Some(name) = named("missing field `") {
        return domain::Invalid::field(inner(&name), "required", "is required");
    }
    if let Some(name) = named("duplicate field `") {
        return domain::Invalid::field(inner(&name), "duplicate", "must be given once");
    }
    let expected = message.split("expected ").nth(1).and_then(|rest| rest.split(" at line ").next());
    let field = if path.is_empty() { "body" } else { path };
    match expected {
        Some(expected) => domain::Invalid::field(field, "invalid", format!("must be {}", in_words(expected))),
        None => domain::Invalid::field(field, "invalid", "is not valid"),
    }
}

/// What Rust calls a type, as others call it.
fn in_words(expected: &str) -> &str {
    match expected.split_whitespace().next().unwrap_or_default() {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => {
            "a whole number in range"
        }
        "struct" | "map" => "an object",
        "a" if expected == "a map" => "an object",
        "a" if expected == "a sequence" => "a list",
        "enum" | "variant" => "one of the words that are described",
        _ => expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &str, message: &str) -> String {
        field_error(path, message).to_string()
    }

    #[test]
    fn wrong_fields_are_named_in_words() {
        assert_eq!(reason("a.b", "missing field `c` at line 1 column 2"), "a.b.c is required");
        assert_eq!(reason("a.b", "unknown field `b`, expected `c`"), "a.b is not known here");
        assert_eq!(
            reason("n", "invalid type: floating point `1.5`, expected u64"),
            "n must be a whole number in range"
        );
        assert_eq!(
            reason(".", "invalid type: sequence, expected struct Partner at line 1"),
            "body must be an object"
        );
        assert_eq!(reason("l", "invalid type: string \"kw_pat_x\", expected a sequence"), "l must be a list");
        assert_eq!(reason("s", "invalid type: integer `5`, expected a string"), "s must be a string");
        assert_eq!(reason("s", "whatever"), "s is not valid");
    }

    #[test]
    fn a_257_names_are_shown_short_and_without_controls() {
        let long = format!("unknown field `{}`", "k".repeat(1_000));
        assert_eq!(reason("", &long), format!("{} is not known here", "k".repeat(SHOWN)));
        assert_eq!(reason("", "unknown field `a\u{0}b`"), "ab is not known here");
    }
}
