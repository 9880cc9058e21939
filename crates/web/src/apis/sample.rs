//! What an operation takes, as inputs of a form: its parameters and its body, filled with the specification's own
//! examples, or with what fits its schemas. References are followed within the document only, and only so deep.

use serde_json::{Map, Value, json};

use super::outline::followed;
use edge::words;

/// Deeper is left out.
const DEPTH: usize = 6;
/// More values than so many make no example.
const MOST: usize = 300;
/// More inputs than so many make no form.
const INPUTS: usize = 60;

/// For a text of which nothing is known.
const ANY_TEXT: &str = "text";

/// What an operation takes.
#[derive(Default)]
pub(super) struct Inputs {
    /// Parameters in the path and in the query.
    pub(super) parameters: Vec<Input>,
    /// Bodies that can be typed, by media type, the likeliest one first.
    pub(super) bodies: Vec<(String, String)>,
    /// Whether there must be one.
    pub(super) body_is_needed: bool,
    /// What cannot be sent from a form, for people.
    pub(super) left_out: Vec<String>,
}

/// One parameter.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) is_in_path: bool,
    pub(super) required: bool,
    pub(super) about: String,
    /// The only values there are; none: any.
    pub(super) choices: Vec<String>,
    pub(super) value: String,
}

/// What the operation with this method and path template takes; `None` if the document has none.
pub(super) fn inputs(document: &Value, method: &str, path: &str) -> Option<Inputs> {
    let item = document.get("paths")?.get(path)?;
    let operation = item.get(method.to_ascii_lowercase())?;
    let mut inputs = Inputs::default();
    let lists = [operation.get("parameters"), item.get("parameters")];
    for it in lists.into_iter().flatten().filter_map(Value::as_array).flatten() {
        inputs.take_parameter(document, followed(document, it));
    }
    // What the template names and nobody has described.
    for name in path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
        if !inputs.knows(name, true) {
            inputs.parameters.push(Input::of(document, name, true, &json!({})));
        }
    }
    if let Some(body) = operation.get("requestBody") {
        let body = followed(document, body);
        inputs.body_is_needed = body["required"] == true;
        for (media_type, content) in body.get("content").and_then(Value::as_object).into_iter().flatten() {
            inputs.take_body(document, media_type, content);
        }
    }
    inputs.bodies.sort_by_key(|(media_type, _)| !is_json(media_type));
    inputs.parameters.sort_by_key(|it| (!it.is_in_path, !it.required));
    inputs.parameters.truncate(INPUTS);
    Some(inputs)
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

impl Inputs {
    fn knows(&self, name: &str, is_in_path: bool) -> bool {
        self.parameters.iter().any(|it| it.name == name && it.is_in_path == is_in_path)
    }

    fn take_parameter(&mut self, document: &Value, it: &Value) {
        let name = it["name"].as_str().unwrap_or_default();
        match it["in"].as_str() {
            Some(place @ ("path" | "query")) => self.take_value(document, name, place == "path", it),
            // OpenAPI 2.0 has the body among the parameters.
            Some("body") => {
                self.body_is_needed = it["required"] == true;
                self.take_body(document, "application/json", it);
            }
            Some(place) => self.left_out.push(format!("{name} ({place})")),
            None => {}
        }
    }

    /// What the operation says of it counts before what all of its path have.
    fn take_value(&mut self, document: &Value, name: &str, is_in_path: bool, it: &Value) {
        if !name.is_empty() && !self.knows(name, is_in_path) {
            self.parameters.push(Input::of(document, name, is_in_path, it));
        }
    }

    fn take_body(&mut self, document: &Value, media_type: &str, content: &Value) {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let is_text = is_json(media_type)
            || essence.starts_with("text/")
            || essence.ends_with("+xml")
            || ["application/xml", "application/x-www-form-urlencoded", "application/yaml"]
                .contains(&essence);
        if !is_text || essence.contains('*') {
            self.left_out.push(words!("a body of type {media_type}", media_type).into());
            return;
        }
        let mut budget = MOST;
        let given = example(document, content);
        let schema = content.get("schema");
        let made = given
            .or_else(|| is_json(media_type).then(|| sample(document, schema?, 0, &mut budget)).flatten());
        let text = match made {
            Some(Value::String(text)) if !is_json(media_type) => text,
            Some(value) if is_json(media_type) && budget > 0 => {
                serde_json::to_string_pretty(&value).unwrap_or_default()
            }
            _ => String::new(),
        };
        let text = if text.len() > app::MAX_TRIAL_BODY { String::new() } else { text };
        self.bodies.push((media_type.to_owned(), text));
    }
}

impl Input {
    fn of(document: &Value, name: &str, is_in_path: bool, it: &Value) -> Self {
        let schema = followed(document, it.get("schema").unwrap_or(it));
        let plain = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let choices = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(plain);
        let mut choices: Vec<String> = choices.collect();
        if schema["type"] == "boolean" {
            choices = vec!["true".to_owned(), "false".to_owned()];
        }
        let required = is_in_path || it["required"] == true;
        let given = example(document, it).or_else(|| named_value(schema).cloned());
        let example = given.as_ref().and_then(plain);
        let about = it["description"].as_str().unwrap_or_default().lines().next().unwrap_or_default().trim();
        let mut about: String = about.chars().take(300).collect();
        let value = if required {
            let mut budget = MOST;
            let mut made = || sample(document, schema, 0, &mut budget).filter(|it| *it != ANY_TEXT);
            example.or_else(|| made().as_ref().and_then(plain)).unwrap_or_default()
        } else {
            // What may be left out is, until somebody wants it.
            let such = example.filter(|it| !it.is_empty()).map(|it| words!("Such as {it}.", it).into());
            about = [about, such.unwrap_or_default()].join(" ").trim().to_owned();
            String::new()
        };
        Self { name: name.to_owned(), is_in_path, required, about, value, choices }
    }
}

/// What the document itself gives as an example of a parameter or a body (OpenAPI 3.1, “Media Type Object”).
fn example(document: &Value, it: &Value) -> Option<Value> {
    if let Some(example) = it.get("example") {
        return Some(example.clone());
    }
    let first = it.get("examples")?.as_object()?.values().next()?;
    followed(document, first).get("value").cloned()
}

/// The value that a schema names as an example, or takes for granted.
fn named_value(schema: &Value) -> Option<&Value> {
    schema.get("example").or_else(|| first_of(schema, "examples")).or_else(|| schema.get("default"))
}

fn first_of<'a>(schema: &'a Value, list: &str) -> Option<&'a Value> {
    schema.get(list).and_then(Value::as_array).and_then(|all| all.first())
}

/// A value that fits a schema; `None` where the schema is too deep. `budget`: how many values may still be made.
fn sample(document: &Value, schema: &Value, depth: usize, budget: &mut usize) -> Option<Value> {
    if depth >= DEPTH || *budget == 0 {
        return None;
    }
    *budget -= 1;
    let schema = followed(document, schema);
    let known = named_value(schema).or_else(|| schema.get("const")).or_else(|| first_of(schema, "enum"));
    if let Some(known) = known {
        return Some(known.clone());
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        return Some(Value::Object(members(document, properties, depth, budget)));
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            if let Some(Value::Object(some)) = sample(document, part, depth + 1, budget) {
                whole.extend(some);
            }
        }
        return Some(Value::Object(whole));
    }
    if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|it| schema.get(*it)?.as_array()?.first()) {
        return sample(document, first, depth + 1, budget);
    }
    if let Some(items) = schema.get("items") {
        return Some(sample(document, items, depth + 1, budget).into_iter().collect());
    }
    Some(simple(schema))
}

fn members(
    document: &Value,
    properties: &Map<String, Value>,
    depth: usize,
    budget: &mut usize,
) -> Map<String, Value> {
    let mut made = Map::new();
    for (name, property) in properties {
        // What only answers have is not sent.
        if followed(document, property)["readOnly"] == true {
            continue;
        }
        if let Some(value) = sample(document, property, depth + 1, budget) {
            made.insert(name.clone(), value);
        }
    }
    made
}

fn simple(schema: &Value) -> Value {
    let kind = match &schema["type"] {
        Value::Array(several) => several.iter().find(|it| *it != "null").and_then(Value::as_str),
        one => one.as_str(),
    };
    match (kind, schema["format"].as_str()) {
        (Some("integer" | "number"), _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
        (Some("boolean"), _) => json!(true),
        (Some("object"), _) => json!({}),
        (Some("array"), _) => json!([]),
        (Some("null"), _) => Value::Null,
        (_, Some("date-time")) => json!("2026-01-31T12:00:00Z"),
        (_, Some("date")) => json!("2026-01-31"),
        (_, Some("uuid")) => json!("3f0f3a52-6a0c-4b0f-9d7e-1c2b3a4d5e6f"),
        (_, Some("email")) => json!("ada@example.com"),
        (_, Some("uri" | "url")) => json!("https://example.com/"),
        _ => json!(ANY_TEXT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "paths": {"/orders/{id}/{part}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}, {"name": "full", "in": "query", "schema": {"type": "boolean"}}],
                "post": {
                    "parameters": [
                        {"name": "state", "in": "query", "required": true, "schema": {"enum": ["open", "done"]}},
                        {"name": "X-Trace", "in": "header"}
                    ],
                    "requestBody": {"required": true, "content": {
                        "multipart/form-data": {},
                        "text/plain": {"example": "as it is"},
                        "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}
                    }}
                }
            }},
            "components": {
                "parameters": {"Id": {"name": "id", "in": "path", "example": 17, "description": "Which.\nMore."}},
                "schemas": {
                    "Order": {"properties": {
                        "id": {"type": "string", "readOnly": true}, "count": {"type": "integer", "minimum": 3},
                        "when": {"type": "string", "format": "date"}, "tags": {"type": "array", "items": {"default": "new"}},
                        "next": {"$ref": "#/components/schemas/Order"}
                    }}
                }
            }
        })
    }

    #[test]
    fn a_form_is_filled_with_what_fits() {
        let inputs = inputs(&document(), "POST", "/orders/{id}/{part}").unwrap();
        let told: Vec<_> =
            inputs.parameters.iter().map(|it| (it.name.as_str(), it.is_in_path, it.value.as_str())).collect();
        assert_eq!(
            told,
            [("id", true, "17"), ("part", true, ""), ("state", false, "open"), ("full", false, "")]
        );
        assert_eq!(
            (inputs.parameters[0].about.as_str(), &inputs.parameters[3].choices),
            ("Which.", &vec!["true".to_owned(), "false".to_owned()])
        );
        assert_eq!(inputs.left_out, ["X-Trace (header)", "a body of type multipart/form-data"]);
        assert!(inputs.body_is_needed);
        assert_eq!(inputs.bodies[1], ("text/plain".to_owned(), "as it is".to_owned()));
        let body: Value = serde_json::from_str(&inputs.bodies[0].1).unwrap();
        assert_eq!(
            (&body["count"], &body["when"], &body["tags"]),
            (&json!(3), &json!("2026-01-31"), &json!(["new"]))
        );
        assert!(body.get("id").is_none() && body["next"]["next"]["count"] == 3);
    }

    #[test]
    fn odd_documents_make_no_form_and_bombs_a_small_one() {
        for odd in [json!(null), json!([]), json!({"paths": []}), json!({"paths": {"/a": 1}})] {
            assert!(inputs(&odd, "GET", "/a").is_none());
        }
        assert!(inputs(&json!({"paths": {"/a": {"get": 1}}}), "GET", "/a").is_some());
        let wide: Map<String, Value> =
            (0..50).map(|n| (format!("p{n}"), json!({"$ref": "#/components/schemas/S"}))).collect();
        let bomb = json!({
            "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}}}}},
            "components": {"schemas": {"S": {"properties": wide}}}
        });
        assert_eq!(inputs(&bomb, "POST", "/a").unwrap().bodies[0].1, "");
    }
}
