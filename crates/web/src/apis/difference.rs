//! What is another in one specification than in another one: operation by operation, for those who call them.

use std::collections::BTreeMap;

use super::outline::{Described, Parameter};
use edge::words;
use edge::words::Words;

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is new.
    Added,
    /// It is another than before.
    Changed,
    /// It is gone.
    Removed,
}

/// An operation that is not as it was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) fate: Fate,
    pub(super) method: String,
    pub(super) path: String,
    /// What is another, a line each.
    pub(super) lines: Vec<Words>,
    /// Whether calls that were right before may be wrong now.
    pub(super) breaks: bool,
}

impl Difference {
    fn new(fate: Fate, operation: &Described, lines: Vec<Words>, breaks: bool) -> Self {
        Self { fate, method: operation.method.clone(), path: operation.path.clone(), lines, breaks }
    }
}

/// Lines about one operation, and whether one of them breaks calls.
#[derive(Default)]
struct Lines {
    lines: Vec<Words>,
    breaks: bool,
}

impl Lines {
    fn say(&mut self, line: impl Into<Words>, breaks: bool) {
        self.lines.push(line.into());
        self.breaks |= breaks;
    }
}

/// Everything that is another, in the order of method and path; what breaks calls first.
pub(super) fn differences(before: &[Described], after: &[Described]) -> Vec<Difference> {
    let (before, after) = (by_name(before), by_name(after));
    let mut found = Vec::new();
    for (name, old) in &before {
        match after.get(name) {
            None => found.push(Difference::new(Fate::Removed, old, Vec::new(), true)),
            Some(new) => {
                let Lines { lines, breaks } = compared(old, new);
                if !lines.is_empty() {
                    found.push(Difference::new(Fate::Changed, new, lines, breaks));
                }
            }
        }
    }
    let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
    found.extend(added.map(|(_, new)| Difference::new(Fate::Added, new, Vec::new(), false)));
    found.sort_by_key(|it| !it.breaks);
    found
}

fn by_name(operations: &[Described]) -> BTreeMap<(&str, &str), &Described> {
    operations.iter().map(|it| ((it.path.as_str(), it.method.as_str()), it)).collect()
}

fn compared(old: &Described, new: &Described) -> Lines {
    let mut lines = Lines::default();
    if new.deprecated != old.deprecated {
        lines.say(if new.deprecated { "is deprecated now" } else { "is not deprecated any more" }, false);
    }
    parameters(&mut lines, &old.parameters, &new.parameters);
    bodies(&mut lines, old, new);
    lines
}

fn parameters(lines: &mut Lines, old: &[Parameter], new: &[Parameter]) {
    let find = |all: &[Parameter], it: &Parameter| {
        all.iter().position(|other| (&other.place, &other.name) == (&it.place, &it.name))
    };
    for it in old.iter().filter(|it| find(new, it).is_none()) {
        lines.say(words!("{place} parameter {name} is gone", place = it.place, name = it.name), true);
    }
    for it in new {
        let (place, name) = (&it.place, &it.name);
        match find(old, it).and_then(|at| old.get(at)) {
            None if it.required => {
                lines.say(words!("{place} parameter {name} is new and required", place, name), true)
            }
            None => lines.say(words!("{place} parameter {name} is new", place, name), false),
            Some(was) => {
                if it.required && !was.required {
                    lines.say(words!("{place} parameter {name} is required now", place, name), true);
                } else if was.required && !it.required {
                    lines
                        .say(words!("{place} parameter {name} is not required any more", place, name), false);
                }
                if it.kind != was.kind {
                    lines.say(
                        words!(
                            "{place} parameter {name} is {now} now, and was {before}",
                            place,
                            name,
                            now = it.kind,
                            before = was.kind
                        ),
                        true,
                    );
                }
            }
        }
    }
}

/// Bodies and answers, by their titles. Of one that is another, nobody can say from outside whether that breaks calls.
fn bodies(lines: &mut Lines, old: &Described, new: &Described) {
    let small = |title: &str| title.replacen("Answer", "answer", 1).replacen("Body", "body", 1);
    for was in &old.bodies {
        match new.bodies.iter().find(|it| it.title == was.title) {
            None => lines.say(words!("{what} is gone", what = small(&was.title)), true),
            Some(it) if it.outline != was.outline => {
                lines.say(words!("{what} has another schema", what = small(&it.title)), true);
            }
            Some(_) => {}
        }
    }
    let added = new.bodies.iter().filter(|it| !old.bodies.iter().any(|was| was.title == it.title));
    for it in added {
        lines.say(words!("{what} is new", what = small(&it.title)), false);
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline;
    use super::*;
    use serde_json::{Value, json};

    fn found(before: &Value, after: &Value) -> Vec<(Fate, String, Vec<String>, bool)> {
        let read = |document: &Value| -> Vec<Described> {
            outline::operations(document).into_iter().flat_map(|(_, group)| group).collect()
        };
        let all = differences(&read(before), &read(after)).into_iter();
        all.map(|it| {
            (
                it.fate,
                format!("{} {}", it.method, it.path),
                it.lines.into_iter().map(String::from).collect(),
                it.breaks,
            )
        })
        .collect()
    }

    fn orders(parameters: &Value, schema: &Value) -> Value {
        json!({"paths": {"/orders": {"get": {
            "parameters": parameters,
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}},
        }}}, "components": {"schemas": {"Order": schema}}})
    }

    #[test]
    fn the_same_is_no_difference() {
        let document = orders(&json!([]), &json!({"type": "object"}));
        assert_eq!(found(&document, &document), []);
    }

    #[test]
    fn what_breaks_calls_comes_first() {
        let old = json!([{"name": "q", "in": "query", "schema": {"type": "string"}}, {"name": "old", "in": "query"}]);
        let new = json!([
            {"name": "q", "in": "query", "required": true, "schema": {"type": "integer"}},
            {"name": "page", "in": "query", "schema": {"type": "integer"}}
        ]);
        let before = orders(&old, &json!({"type": "object", "properties": {"id": {"type": "string"}}}));
        let mut after = orders(&new, &json!({"type": "object", "properties": {"id": {"type": "integer"}}}));
        after["paths"]["/again"] = json!({"post": {}});
        let lines = [
            "query parameter old is gone",
            "query parameter q is required now",
            "query parameter q is integer now, and was string",
            "query parameter page is new",
            "answer 200 (application/json) has another schema",
        ];
        assert_eq!(
            found(&before, &after),
            [
                (Fate::Changed, "GET /orders".to_owned(), lines.map(str::to_owned).to_vec(), true),
                (Fate::Added, "POST /again".to_owned(), vec![], false),
            ]
        );
        assert_eq!(found(&after, &before)[0], (Fate::Removed, "POST /again".to_owned(), vec![], true));
    }
}
