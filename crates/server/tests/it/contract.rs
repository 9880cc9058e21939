//! What the OpenAPI document says, for tests that are made from it: they cover each route that is added.

use std::collections::BTreeMap;

use keywright_server as server;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Answer, User};

/// An operation, with every reference resolved.
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub parameters: Vec<Value>,
    /// The schema of the body that it takes as JSON.
    pub body: Option<Value>,
    /// Whether the body may be left out.
    pub body_is_free: bool,
    /// The schema of the JSON that it answers with when it was carried out.
    pub answer: Option<Value>,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Operation {
    /// Whether its path names something.
    pub fn names_something(&self) -> bool {
        self.path.contains('{')
    }

    /// The names of its parameters in the query.
    pub fn query(&self) -> impl Iterator<Item = &Value> {
        self.parameters.iter().filter(|parameter| parameter["in"] == "query")
    }

    /// Sends it as it should be; `path` has its ids filled in.
    pub async fn send(&self, user: &User, path: &str, body: Option<&Value>) -> Answer {
        user.send(self.method.clone(), path, &[("if-match", "*")], body).await
    }
}

/// Every operation of the API.
pub fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&server::openapi_json()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let operation = resolve(operation, &document);
            let responses = operation["responses"].as_object().unwrap();
            let done = responses.iter().find(|(status, _)| status.starts_with('2'));
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
                body: json_schema(&operation["requestBody"]),
                body_is_free: operation["requestBody"]["required"] != true,
                answer: done.and_then(|(_, response)| json_schema(response)),
            });
        }
    }
    operations
}

/// The schema of a message that is JSON and nothing else.
fn json_schema(message: &Value) -> Option<Value> {
    if message["content"].as_object()?.len() > 1 {
        return None;
    }
    message.pointer("/content/application~1json/schema").cloned()
}

/// A copy in which every `$ref` is what it refers to.
fn resolve(value: &Value, document: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => resolve(document.pointer(&reference[1..]).unwrap(), document),
            None => members.iter().map(|(name, member)| (name.clone(), resolve(member, document))).collect(),
        },
        Value::Array(items) => items.iter().map(|item| resolve(item, document)).collect(),
        other => other.clone(),
    }
}

/// The fields of an object, those of its parts included.
pub fn fields(schema: &Value) -> BTreeMap<String, Value> {
    let parts =
        ["allOf", "oneOf"].into_iter().filter_map(|all| schema[all].as_array()).flatten().flat_map(fields);
    let own = schema["properties"].as_object().into_iter().flatten();
    parts.chain(own.map(|(name, field)| (name.clone(), field.clone()))).collect()
}

/// Whether a field may be null.
pub fn is_nullable(schema: &Value) -> bool {
    let null = json!("null");
    schema["type"] == null
        || schema["type"].as_array().is_some_and(|types| types.contains(&null))
        || schema["oneOf"].as_array().is_some_and(|all| all.iter().any(is_nullable))
}

/// The smallest body that an operation takes: what is required, as its schema says.
pub fn body(operation: &Operation) -> Option<Value> {
    let mut body = sample(operation.body.as_ref()?);
    // Where one of two fields must be given, the schema cannot say so.
    let missing = match operation.path.rsplit('/').next().unwrap() {
        "import" => json!({"value": "f3Zq8LmN0pR7tVx2Yb5DcGhJ"}),
        "transfer" => json!({"owner": {"developer": uuid::Uuid::nil()}}),
        _ => json!({}),
    };
    if let Some(fields) = body.as_object_mut() {
        fields.extend(missing.as_object().unwrap().clone());
    }
    Some(body)
}

/// A value that fits a schema.
fn sample(schema: &Value) -> Value {
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    if let Some(one) = schema["oneOf"].as_array().into_iter().flatten().find(|one| !is_nullable(one)) {
        return sample(one);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match (kind, schema["format"].as_str()) {
        ("string", Some("uuid")) => json!(uuid::Uuid::nil()),
        ("string", Some("date-time")) => json!("2030-01-01T00:00:00Z"),
        ("string", _) if schema["example"].is_string() => schema["example"].clone(),
        ("string", _) => {
            json!(
                "sample value"
                    .repeat(1 + usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap() / 12)
            )
        }
        ("integer" | "number", _) => json!(schema["minimum"].as_i64().unwrap_or(0)),
        ("boolean", _) => json!(false),
        ("array", _) if schema["example"].is_array() => schema["example"].clone(),
        ("array", _) => {
            let count = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
            Value::Array(vec![sample(&schema["items"]); count])
        }
        _ => {
            let all = fields(schema);
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            Value::Object(required.map(|name| (name.to_owned(), sample(&all[name]))).collect::<Map<_, _>>())
        }
    }
}
