//! OpenAPI documents in outline: operations with their parameters, bodies and answers, and schemas as short texts.
//! References are followed within the document only, and only so deep.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::markdown::{self, Html};
use edge::words;
use edge::words::Words;

/// Deeper is shown as a name.
const DEPTH: usize = 6;
/// Longer outlines are cut.
const LONGEST: usize = 20_000;
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation.
pub(super) struct Described {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: Html,
    pub(super) deprecated: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) bodies: Vec<Shape>,
    /// Where it is tried out, if it can be.
    pub(super) try_path: Option<String>,
}

/// A parameter of an operation.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) description: String,
}

/// A body, or a schema with a name.
pub(super) struct Shape {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) outline: String,
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// All operations, by their first tag, in the order of the document.
pub(super) fn operations(document: &Value) -> Vec<(String, Vec<Described>)> {
    let mut groups: Vec<(String, Vec<Described>)> = Vec::new();
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or("Operations").to_owned();
            let described = describe(document, path, item, method, operation);
            match groups.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, group)) => group.push(described),
                None => groups.push((tag, vec![described])),
            }
        }
    }
    groups
}

fn describe(document: &Value, path: &str, item: &Value, method: &str, operation: &Value) -> Described {
    let lists = [item.get("parameters"), operation.get("parameters")];
    let given: Vec<&Value> = lists
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
        .map(|it| followed(document, it))
        .collect();
    // OpenAPI 2.0 has the body among the parameters.
    let (bodies, given): (Vec<&Value>, Vec<&Value>) = given.into_iter().partition(|it| it["in"] == "body");
    let parameters = given.into_iter().map(|it| parameter(document, it)).collect();
    let old = bodies.into_iter().map(|it| Shape {
        title: Words::from("Body").into(),
        description: text(it, "description"),
        outline: it.get("schema").map(|schema| outline(document, schema)).unwrap_or_default(),
    });
    let mut bodies: Vec<Shape> = old.collect();
    if let Some(body) = operation.get("requestBody") {
        bodies.extend(messages(document, followed(document, body), &Words::from("Body")));
    }
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    for (status, response) in responses {
        bodies.extend(messages(document, followed(document, response), &words!("Answer {status}", status)));
    }
    Described {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        description: markdown::render(
            operation.get("description").and_then(Value::as_str).unwrap_or_default(),
        ),
        deprecated: operation["deprecated"] == true,
        parameters,
        bodies,
        try_path: None,
    }
}

fn parameter(document: &Value, it: &Value) -> Parameter {
    let schema = it.get("schema").unwrap_or(it);
    Parameter {
        name: text(it, "name"),
        place: text(it, "in"),
        kind: kind(followed(document, schema)),
        required: it["required"] == true,
        description: text(it, "description"),
    }
}

/// A body for each media type.
fn messages(document: &Value, message: &Value, title: &str) -> Vec<Shape> {
    let description = text(message, "description");
    let content = message.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        let schema = message.get("schema").map(|schema| outline(document, schema)).unwrap_or_default();
        return vec![Shape { title: title.to_owned(), description, outline: schema }];
    };
    let shapes = content.iter().map(|(media_type, it)| Shape {
        title: format!("{title} ({media_type})"),
        description: description.clone(),
        outline: it.get("schema").map(|schema| outline(document, schema)).unwrap_or_default(),
    });
    shapes.collect()
}

/// The schemas with a name.
pub(super) fn schemas(document: &Value) -> Vec<Shape> {
    let all = document.pointer("/components/schemas").or_else(|| document.get("definitions"));
    let all = all.and_then(Value::as_object).into_iter().flatten();
    let shapes = all.map(|(name, schema)| Shape {
        title: name.clone(),
        description: text(schema, "description").lines().next().unwrap_or_default().to_owned(),
        outline: outline(document, schema),
    });
    shapes.collect()
}

/// What a reference within the document leads to; the thing itself if it is none.
pub(super) fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..DEPTH {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { break };
        match reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// A schema as a short text.
fn outline(document: &Value, schema: &Value) -> String {
    let mut text = String::new();
    write_schema(&mut text, document, schema, 0);
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|i| text.is_char_boundary(*i)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

fn write_schema(out: &mut String, document: &Value, schema: &Value, depth: usize) {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.rsplit('/').next());
    if depth >= DEPTH || out.len() > LONGEST {
        out.push_str(name.unwrap_or("…"));
        return;
    }
    let schema = followed(document, schema);
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        write_object(out, document, schema, properties, depth);
    } else if let Some(items) = schema.get("items") {
        out.push_str("list of ");
        write_schema(out, document, items, depth + 1);
    } else if let Some((word, parts)) =
        ["allOf", "oneOf", "anyOf"].iter().find_map(|it| Some((*it, schema.get(*it)?.as_array()?)))
    {
        let between = if word == "allOf" { " and " } else { " or " };
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                out.push_str(between);
            }
            write_schema(out, document, part, depth + 1);
        }
    } else {
        out.push_str(&kind(schema));
    }
}

fn write_object(
    out: &mut String,
    document: &Value,
    schema: &Value,
    properties: &Map<String, Value>,
    depth: usize,
) {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    out.push_str("{\n");
    for (name, property) in properties {
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        let _ = write!(out, "{}{name}{mark}: ", "  ".repeat(depth + 1));
        write_schema(out, document, property, depth + 1);
        out.push('\n');
    }
    let _ = write!(out, "{}}}", "  ".repeat(depth));
}

/// A simple type in words: `string (date-time)`, `"a" or "b"`.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    }
    let kind = match schema.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
        }
        _ => Words::from("anything").into(),
    };
    match schema.get("format").and_then(Value::as_str) {
        Some(format) => format!("{kind} ({format})"),
        None => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_outlined_whatever_is_in_them() {
        let document = json!({
            "paths": {"/orders/{id}": {"parameters": [{"$ref": "#/components/parameters/Id"}], "get": {
                "summary": "One", "description": "<script>x</script>", "tags": ["Orders"],
                "responses": {"200": {"description": "It", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}}
            }}},
            "components": {
                "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}}},
                "schemas": {
                    "Order": {"required": ["id"], "properties": {"id": {"type": "string"}, "parts": {"items": {"$ref": "#/components/schemas/Order"}}}},
                    "Loop": {"$ref": "#/components/schemas/Loop"}
                }
            }
        });
        let groups = operations(&document);
        assert_eq!(groups[0].0, "Orders");
        let operation = &groups[0].1[0];
        assert_eq!(
            (operation.parameters[0].name.as_str(), operation.parameters[0].kind.as_str()),
            ("id", "string (uuid)")
        );
        assert!(
            operation.bodies[0].outline.starts_with("{\n  id: string\n  parts?: list of {"),
            "{}",
            operation.bodies[0].outline
        );
        assert!(!operation.description.to_string().contains("<script"));
        assert_eq!(schemas(&document).len(), 2);
        for odd in [json!(null), json!([]), json!({"paths": []}), json!({"paths": {"/a": {"get": 1}}})] {
            operations(&odd);
            schemas(&odd);
        }
    }
}
