//! Fields that are not to be set, and values of the wrong type, on every route that takes a body.

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract::{self, Operation, fields};
use crate::support::{Answer, Desk, User, both};
use crate::world::World;

/// Sends a body that need not be JSON.
async fn send_as(user: &User, operation: &Operation, path: &str, kind: Option<&str>, body: &str) -> Answer {
    let request = user.request(operation.method.clone(), path).header("if-match", "*").body(body.to_owned());
    Answer::of(match kind {
        Some(kind) => request.header("content-type", kind),
        None => request,
    })
    .await
}

/// A value that is not the one given.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(yes) => json!(!yes),
        Value::Number(_) => json!(424_242),
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        Value::String(_) | Value::Null => json!("changed"),
    }
}

fn with_bodies() -> impl Iterator<Item = Operation> {
    contract::operations().into_iter().filter(|operation| operation.body.is_some())
}

/// Whoever a route is for: accounts are for developers, the rest is for administrators.
fn caller<'a>(desk: &'a Desk, world: &'a World, operation: &Operation) -> &'a User {
    if operation.path.starts_with("/api/v1/account") { &world.alice } else { &desk.admin }
}

both!(
    async fn a_254_what_is_only_answered_cannot_be_sent(desk) {
        let world = World::new(&desk).await;
        let all = contract::operations();
        for change in all.iter().filter(|one| one.method == Method::PATCH) {
            let user = caller(&desk, &world, change);
            let path = world.path(change);
            let shown = user.get(&path).await.expect(200).json();
            let settable = fields(change.body.as_ref().unwrap());
            let before = desk.changes().await;
            for (name, value) in shown.as_object().unwrap() {
                if settable.contains_key(name) {
                    continue;
                }
                let body = json!({name: other(value)});
                let problem = change.send(user, &path, Some(&body)).await.names(name);
                assert_eq!(problem["invalid_parameters"][0]["code"], "unknown_field", "{change}: {problem}");
            }
            for smuggled in ["owner_id", "version", "deleted", "roles", "scopes", "$stage", "__proto__", "constructor"] {
                if !settable.contains_key(smuggled) {
                    change.send(user, &path, Some(&json!({smuggled: "x"}))).await.names(smuggled);
                }
            }
            assert_eq!(user.get(&path).await.expect(200).json(), shown, "{change}");
            desk.assert_nothing_happened(before).await;
        }
    }
);

both!(
    async fn a_254_a_create_takes_no_field_that_only_the_answer_has(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for create in with_bodies().filter(|one| one.method == Method::POST && one.answer.is_some()) {
            let user = caller(&desk, &world, &create);
            let settable = fields(create.body.as_ref().unwrap());
            for name in fields(create.answer.as_ref().unwrap()).keys().filter(|name| !settable.contains_key(*name)) {
                let mut body = contract::body(&create).unwrap();
                body[name] = json!("0198c5e2-7d1a-7bcd-8f00-1234567890ab");
                create.send(user, &world.path(&create), Some(&body)).await.names(name);
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_255_null_is_not_absent_and_every_field_has_its_type(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for operation in with_bodies() {
            let user = caller(&desk, &world, &operation);
            let path = world.path(&operation);
            for (name, schema) in fields(operation.body.as_ref().unwrap()) {
                let is_text = schema["type"] == "string" || schema["type"][0] == "string";
                let mut wrong = vec![if is_text { json!(5) } else { json!("text") }, json!({"a": [1]})];
                if !contract::is_nullable(&schema) {
                    wrong.push(Value::Null);
                }
                for value in wrong {
                    let mut body = contract::body(&operation).unwrap();
                    body[&name] = value.clone();
                    let answer = operation.send(user, &path, Some(&body)).await;
                    assert_eq!(answer.status, 400, "{operation} {name} = {value}: {}", answer.text);
                    let problem = answer.json();
                    let mut fields = problem["invalid_parameters"].as_array().into_iter().flatten();
                    let named = fields.any(|it| it["field"].as_str().is_some_and(|field| field.starts_with(&name)));
                    assert!(named, "{operation} {name} = {value}: {}", answer.text);
                }
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_255_every_required_field_is_missed(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for operation in with_bodies() {
            let required = operation.body.as_ref().unwrap()["required"].as_array().cloned().unwrap_or_default();
            for name in required.iter().filter_map(Value::as_str) {
                let mut body = contract::body(&operation).unwrap();
                body.as_object_mut().unwrap().remove(name);
                let user = caller(&desk, &world, &operation);
                let problem = operation.send(user, &world.path(&operation), Some(&body)).await.names(name);
                assert_eq!(problem["invalid_parameters"][0]["code"], "required", "{operation}: {problem}");
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_255_only_json_is_taken_for_json(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for operation in with_bodies() {
            let user = caller(&desk, &world, &operation);
            let path = world.path(&operation);
            let body = contract::body(&operation).unwrap().to_string();
            let foreign = [
                None,
                Some("text/plain"),
                Some("application/x-www-form-urlencoded"),
                Some("application/json-patch+json"),
                Some("application/merge-patch+json"),
                Some("application/jsonx"),
                Some("application/json, text/plain"),
            ];
            for kind in foreign {
                let answer = send_as(user, &operation, &path, kind, &body).await;
                assert_eq!(answer.status, 415, "{operation} as {kind:?}: {}", answer.text);
                answer.problem(415, "unsupported_media_type");
            }
            let patch = r#"[{"op": "replace", "path": "/owner", "value": "x"}]"#;
            send_as(user, &operation, &path, Some("application/json"), patch).await.names("body");
            if !operation.body_is_free {
                send_as(user, &operation, &path, Some("application/json"), "").await.problem(400, "malformed");
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_257_special_keys_are_unknown_fields(desk) {
        let path = "/api/v1/partners";
        let before = desk.changes().await;
        for key in ["__proto__", "constructor", "", "na\u{0}me", "name ", "NAME", "名前", "a.b", "a[0]", "\u{202e}eman"] {
            let answer = desk.admin.post(path, json!({"name": "x", key: "y"})).await;
            let problem = answer.problem(400, "invalid");
            let field = problem["invalid_parameters"][0]["field"].as_str().unwrap();
            assert!(!field.chars().any(char::is_control), "{field:?}");
        }
        let long = "k".repeat(100_000);
        let answer = desk.admin.post(path, json!({"name": "x", long: "y"})).await;
        assert!(answer.text.len() < 2_000, "an answer does not repeat what was sent");
        answer.problem(400, "invalid");
        let many: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("k{n}"), json!(n))).collect();
        desk.admin.post(path, Value::Object(many)).await.problem(400, "invalid");
        let operation = contract::operations().into_iter().find(|one| one.to_string() == "POST /api/v1/partners").unwrap();
        let twice = r#"{"name": "x", "name": "y"}"#;
        send_as(&desk.admin, &operation, path, Some("application/json"), twice).await.names("name");
        desk.assert_nothing_happened(before).await;
    }
);
