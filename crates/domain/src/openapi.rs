//! Reads API specifications: OpenAPI 3.x and 2.0, as JSON or YAML, and lists their operations.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::secret::sha256;
use crate::{Invalid, SpecificationSummary};

/// The largest specification, in bytes.
pub const MAX_SPECIFICATION: usize = 5 * 1024 * 1024;
const MAX_OPERATIONS: usize = 5_000;
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A specification that was read.
#[derive(Clone, Debug)]
pub struct Specification {
    /// What is remembered beside the text.
    pub summary: SpecificationSummary,
    /// Its operations, in the order of the document.
    pub operations: Vec<Operation>,
}

/// One operation of an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// The path template, such as `/orders/{id}`.
    pub path: String,
    /// `operationId`, if it has one.
    pub operation_id: Option<String>,
    /// A line for people.
    pub summary: Option<String>,
    /// The groups it is in.
    pub tags: Vec<String>,
    /// Whether it is on its way out.
    pub deprecated: bool,
    /// What its first way of authenticating by tokens demands of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

/// Reads a specification.
///
/// # Errors
/// If it is too large, neither JSON nor YAML, or no OpenAPI document.
pub fn parse(text: &str) -> Result<Specification, Invalid> {
    let wrong = |code, message: String| Invalid::field("specification", code, message);
    if text.len() > MAX_SPECIFICATION {
        return Err(wrong("too_long", "must have at most 5 MiB".to_owned()));
    }
    let document = read(text).map_err(|reason| wrong("malformed", format!("cannot be read: {reason}")))?;
    // Written out or escaped: PostgreSQL keeps no NUL in text or JSON.
    if text.contains('\0') || holds_nul(&document) {
        return Err(wrong("invalid", "must not hold NUL characters".to_owned()));
    }
    let version = ["openapi", "swagger"].iter().find_map(|key| Some((*key, document.get(key)?.as_str()?)));
    let format = match version {
        Some((key, version)) if is_known(version) => format!("{key} {version}"),
        Some((_, version)) => {
            let message = format!("is OpenAPI {version:.20}, but 2.0 and 3.x are known here");
            return Err(wrong("unsupported", message));
        }
        None => {
            return Err(wrong("invalid", "must be an OpenAPI document with an `openapi` field".to_owned()));
        }
    };
    let operations = operations(&document);
    if operations.len() > MAX_OPERATIONS {
        return Err(wrong("too_many", format!("must have at most {MAX_OPERATIONS} operations")));
    }
    let title = document.pointer("/info/title").and_then(Value::as_str).unwrap_or_default();
    let summary = SpecificationSummary {
        title: title.chars().take(200).collect(),
        format,
        operations: operations.len(),
        sha256: hex::encode(sha256(text.as_bytes())),
    };
    Ok(Specification { summary, operations })
}

fn is_known(version: &str) -> bool {
    version == "2.0" || (version.starts_with("3.") && version.len() <= 20)
}

/// Whether a specification is JSON: it begins like that. Otherwise it is YAML.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The document that a text holds; `None` if it cannot be read.
pub fn document(text: &str) -> Option<Value> {
    read(text).ok()
}

/// Both readers limit depth; the YAML one limits aliases too.
fn read(text: &str) -> Result<Value, String> {
    if is_json(text) {
        serde_json::from_str(text).map_err(|e| e.to_string())
    } else {
        serde_saphyr::from_str_with_options(text, yaml_limits())
            .map_err(|e| e.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

/// Room for the largest text that is written by hand or by tools; little for what is repeated by aliases.
fn yaml_limits() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 1_000_000, max_events: 4_000_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document.get("paths").and_then(Value::as_object);
    let items = paths.into_iter().flatten().filter_map(|(path, item)| Some((path, item.as_object()?)));
    items
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let description = item.get(*method)?;
                let scopes = scopes(document, description);
                Some(Operation { scopes, ..operation(method, path, description) })
            })
        })
        .collect()
}

fn operation(method: &str, path: &str, description: &Value) -> Operation {
    let text = |key: &str| description.get(key).and_then(Value::as_str).map(str::to_owned);
    let tags = description.get("tags").and_then(Value::as_array);
    Operation {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        operation_id: text("operationId"),
        summary: text("summary"),
        tags: tags.into_iter().flatten().filter_map(|tag| Some(tag.as_str()?.to_owned())).collect(),
        deprecated: description.get("deprecated").and_then(Value::as_bool).unwrap_or(false),
        scopes: Vec::new(),
    }
}

/// The scopes that an operation demands: those of the first alternative that takes tokens (OpenAPI 3.1, “Security
/// Requirement Object”). None, if it can be called without.
fn scopes(document: &Value, description: &Value) -> Vec<String> {
    let security = description.get("security").or_else(|| document.get("security")).and_then(Value::as_array);
    let schemes =
        document.pointer("/components/securitySchemes").or_else(|| document.get("securityDefinitions"));
    let takes_tokens = |name: &String| {
        let kind = schemes.and_then(|schemes| schemes.get(name)?.get("type")?.as_str());
        matches!(kind, Some("oauth2" | "openIdConnect"))
    };
    let alternatives: Vec<_> = security.into_iter().flatten().filter_map(Value::as_object).collect();
    if alternatives.iter().any(|all| all.is_empty()) {
        return Vec::new();
    }
    let by_token = alternatives.into_iter().find(|all| all.keys().any(takes_tokens));
    let demanded = by_token.into_iter().flatten().filter(|(name, _)| takes_tokens(name));
    let named = demanded.filter_map(|(_, scopes)| scopes.as_array()).flatten();
    named.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_yaml_say_the_same() {
        let yaml = "openapi: 3.1.0\ninfo: {title: Orders, version: '1'}\npaths:\n  /orders/{id}:\n    get:\n      operationId: getOrder\n      tags: [orders]\n    parameters: []\n";
        let json = r#"{"openapi":"3.1.0","info":{"title":"Orders","version":"1"},"paths":{"/orders/{id}":{"get":{"operationId":"getOrder","tags":["orders"]},"parameters":[]}}}"#;
        let (a, b) = (parse(yaml).unwrap(), parse(json).unwrap());
        assert_eq!(a.operations, b.operations);
        assert_eq!(a.operations.len(), 1);
        assert_eq!((a.summary.title.as_str(), a.summary.format.as_str()), ("Orders", "openapi 3.1.0"));
    }

    #[test]
    fn an_operation_demands_the_scopes_of_its_first_way_with_tokens() {
        let text = r#"{"openapi":"3.1.0","security":[{"key":[]},{"login":["all"]}],
            "components":{"securitySchemes":{"key":{"type":"apiKey"},"login":{"type":"oauth2"},"oidc":{"type":"openIdConnect"}}},
            "paths":{"/a":{"get":{},"put":{"security":[{"login":["w"],"oidc":["x"],"key":[]}]},
            "post":{"security":[{"login":["w"]},{}]},"delete":{"security":[]}}}}"#;
        let scopes: Vec<_> =
            parse(text).unwrap().operations.into_iter().map(|it| (it.method, it.scopes.join(" "))).collect();
        let told: Vec<_> = scopes.iter().map(|(method, scopes)| (method.as_str(), scopes.as_str())).collect();
        assert_eq!(told, [("GET", "all"), ("PUT", "w x"), ("POST", ""), ("DELETE", "")]);
    }

    #[test]
    fn large_documents_are_read() {
        let numbers = format!("openapi: 3.1.0\nx-numbers: [{}]\n", "1,".repeat(300_000));
        assert!(parse(&numbers).is_ok());
    }

    #[test]
    fn a_263_bombs_and_broken_documents_are_refused() {
        let nested =
            format!("{{\"openapi\":\"3.1.0\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let aliases = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\nopenapi: 3.1.0\n";
        for bad in [
            nested.as_str(),
            aliases,
            "",
            "[]",
            "hello",
            "{\"openapi\":\"4.0\"}",
            "{",
            "{\"swagger\":\"1.2\"}",
            "{\"openapi\":\"3.1234567890123456789\"}",
            "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"a\\u0000b\"}}",
            "openapi: 3.1.0\npaths:\n  /a:\n    get: {summary: \"a\\0b\"}\n",
            "openapi: 3.1.0\npaths:\n  \"/a\\x00\": {}\n",
            "openapi: 3.1.0 # \0\n",
        ] {
            assert!(parse(bad).is_err(), "{}", bad.chars().take(40).collect::<String>());
        }
    }
}
