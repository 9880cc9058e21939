//! Schemas as rows of a table: one for each field, those inside below with their whole path.

use serde_json::Value;

use super::openapi::{Additional, Kind, Members, Schema};
use super::prose::Prose;

/// How deep fields within fields are shown.
const MAX_DEPTH: usize = 6;

/// A field or a parameter.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    /// Where a parameter is sent; empty for fields.
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) nullable: bool,
    /// Bounds of the value, in words.
    pub(super) limits: Vec<String>,
    /// The words of a closed set.
    pub(super) words: Vec<String>,
    pub(super) description: Prose,
}

/// All fields of a schema.
pub(super) fn rows(schema: &Schema, schemas: &Members<Schema>) -> Vec<Row> {
    let mut rows = Vec::new();
    collect("", schema, schemas, 0, &mut rows);
    rows
}

/// A schema itself, under a name.
pub(super) fn row(name: &str, schema: &Schema, required: bool, schemas: &Members<Schema>) -> Row {
    let (inner, nullable) = resolve(schema, schemas);
    // What is said of a field here is closer than what is said of its type.
    let said =
        schema.description.as_ref().or_else(|| schema.one_of.iter().find_map(|one| one.description.as_ref()));
    Row {
        name: name.to_owned(),
        place: String::new(),
        kind: kind(inner, schemas),
        required,
        nullable,
        limits: limits(inner),
        words: words(inner, schemas),
        description: Prose::read(said.or(inner.description.as_ref()).map(String::as_str).unwrap_or_default()),
    }
}

fn collect(path: &str, schema: &Schema, schemas: &Members<Schema>, depth: usize, rows: &mut Vec<Row>) {
    let (schema, _) = resolve(schema, schemas);
    if depth > MAX_DEPTH {
        return;
    }
    for part in &schema.all_of {
        collect(path, part, schemas, depth + 1, rows);
    }
    for (name, field) in &schema.properties.0 {
        let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        rows.push(row(&place, field, schema.required.contains(name), schemas));
        collect(&place, field, schemas, depth + 1, rows);
    }
    if let Some(items) = &schema.items {
        collect(&format!("{path}[]"), items, schemas, depth + 1, rows);
    }
    if let Some(Additional::Must(value)) = &schema.additional_properties {
        collect(&format!("{path}.{{key}}"), value, schemas, depth + 1, rows);
    }
}

/// Follows references, and takes `null` out of alternatives.
fn resolve<'a>(schema: &'a Schema, schemas: &'a Members<Schema>) -> (&'a Schema, bool) {
    let name = schema.reference.as_ref().and_then(|reference| reference.rsplit('/').next());
    if let Some(target) = name.and_then(|name| schemas.get(name)) {
        return resolve(target, schemas);
    }
    let is_null = |one: &&Schema| types(one).eq(["null"]);
    let mut others = schema.one_of.iter().filter(|one| !is_null(one));
    match (others.next(), others.next()) {
        (Some(only), None) => (resolve(only, schemas).0, schema.one_of.len() > 1),
        _ => (schema, types(schema).any(|kind| kind == "null")),
    }
}

fn types(schema: &Schema) -> impl Iterator<Item = &str> {
    match &schema.kind {
        Kind::One(kind) => std::slice::from_ref(kind),
        Kind::Several(kinds) => kinds.as_slice(),
    }
    .iter()
    .map(String::as_str)
}

fn kind(schema: &Schema, schemas: &Members<Schema>) -> String {
    let (schema, _) = resolve(schema, schemas);
    if let Some(items) = &schema.items {
        return format!("list of {}", kind(items, schemas));
    }
    if let Some(Additional::Must(value)) = &schema.additional_properties {
        let key = schema.property_names.as_deref().map_or("string".to_owned(), |key| kind(key, schemas));
        return format!("map of {key} to {}", kind(value, schemas));
    }
    let format = schema.format.as_deref().filter(|format| !format.starts_with("int"));
    format.or_else(|| types(schema).find(|kind| *kind != "null")).unwrap_or("object").to_owned()
}

fn limits(schema: &Schema) -> Vec<String> {
    let range = |low: Option<String>, high: Option<String>, unit: &str| match (low, high) {
        (Some(low), Some(high)) if low == high => Some(format!("{low}{unit}")),
        (Some(low), Some(high)) => Some(format!("{low} to {high}{unit}")),
        (Some(low), None) => Some(format!("at least {low}{unit}")),
        (None, Some(high)) => Some(format!("at most {high}{unit}")),
        (None, None) => None,
    };
    let number = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    let count = |value: Option<u64>| value.map(|count| count.to_string());
    let limits = [
        range(count(schema.min_length), count(schema.max_length), " characters"),
        range(count(schema.min_items), count(schema.max_items), " entries"),
        range(number(&schema.minimum), number(&schema.maximum), ""),
        schema.pattern.as_ref().map(|pattern| format!("matches {pattern}")),
        schema.default.as_ref().map(|value| format!("{value} if left out")),
    ];
    limits.into_iter().flatten().collect()
}

/// The words that a value, or each of its entries, is one of.
fn words(schema: &Schema, schemas: &Members<Schema>) -> Vec<String> {
    let entries = match &schema.additional_properties {
        Some(Additional::Must(value)) => Some(value),
        _ => schema.items.as_ref(),
    };
    let schema = entries.map_or(schema, |entries| resolve(entries, schemas).0);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    schema.words.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_within_fields_are_resolved() {
        let schemas: Members<Schema> = serde_json::from_str(
            r##"{"Role": {"type": "string", "enum": ["OWNER", "READ_ONLY"], "description": "What one may do."},
                 "Limit": {"type": "object", "required": ["per"], "properties": {"per": {"type": "integer", "minimum": 1, "maximum": 60}}}}"##,
        )
        .unwrap();
        let schema: Schema = serde_json::from_str(
            r##"{"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 120, "description": "Unique."},
                "role": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Role"}]},
                "limits": {"type": "array", "items": {"$ref": "#/components/schemas/Limit"}, "maxItems": 5},
                "members": {"type": "object", "propertyNames": {"type": "string", "format": "uuid"}, "additionalProperties": {"$ref": "#/components/schemas/Role"}}}}"##,
        )
        .unwrap();
        let shown: Vec<String> = rows(&schema, &schemas)
            .iter()
            .map(|row| {
                let flags =
                    format!("{}{}", if row.required { "!" } else { "" }, if row.nullable { "?" } else { "" });
                format!("{}{flags}: {} {:?} {:?}", row.name, row.kind, row.limits, row.words)
            })
            .collect();
        assert_eq!(
            shown,
            [
                r#"name!: string ["1 to 120 characters"] []"#,
                r#"role?: string [] ["OWNER", "READ_ONLY"]"#,
                r#"limits: list of object ["at most 5 entries"] []"#,
                r#"limits[].per!: integer ["1 to 60"] []"#,
                r#"members: map of uuid to string [] ["OWNER", "READ_ONLY"]"#,
            ]
        );
    }
}
