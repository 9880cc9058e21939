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

pub(crate) use body::{Create, Json, MayJson, Text};
pub(crate) use caller::{Visitor, Who};
pub(crate) use form::Form;
pub(crate) use path::Path;
pub(crate) use precondition::{IfMatch, MayMatch};
pub(crate) use query::Query;

/// The id of the request, given by the middleware.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// At most so many characters of a field's name are repeated.
const SHOWN: usize = 64;

/// A field's name as it may be shown.
pub(crate) fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// Turns what serde says about wrong input into a field error that repeats no value of the input: it may be a secret.
pub(crate) fn field_error(path: &str, message: &str) -> domain::Invalid {
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
    let expected =
        message.split("expected ").nth(1).map(|rest| rest.split(" at line ").next().unwrap_or(rest));
    let field = if path.is_empty() { "body" } else { path };
    match expected {
        Some(expected) => domain::Invalid::field(field, "invalid", format!("must be {expected}")),
        None => domain::Invalid::field(field, "invalid", "is not valid"),
    }
}
