//! `/api/v1/openapi.json`, `/api/v1/docs`, and what they promise.

use std::collections::BTreeSet;

use keywright_server as server;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both;

fn document() -> Value {
    serde_json::from_str(&server::openapi_json()).unwrap()
}

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Every operation: path, method, description.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, op)| (path.as_str(), method.as_str(), op))
        })
        .collect()
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let operations = operations(&document);
    let ids: BTreeSet<&str> =
        operations.iter().map(|(_, _, op)| op["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len(), "{ids:?}");
    for (path, method, operation) in operations {
        assert!(
            operation["summary"].as_str().is_some_and(|s| !s.is_empty()),
            "{method} {path} has no summary"
        );
        let tags = operation["tags"].as_array().unwrap();
        assert_eq!(tags.len(), 1, "{method} {path} has one tag");
        let described = document["tags"].as_array().unwrap().iter().any(|tag| tag["name"] == tags[0]);
        assert!(described, "{method} {path}: the tag {} is described in api/document.rs", tags[0]);
    }
}

#[test]
fn lists_describe_cursor_and_limit_and_changes_describe_if_match() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let names: Vec<&str> = operation["parameters"]
            .as_array()
            .map(|all| all.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect())
            .unwrap_or_default();
        let answer = operation.pointer("/responses/200/content/application~1json/schema/$ref");
        // Sessions, consents and links are few, operations are parts of one document, documents of one tree, and counts are
        // bounded by the time they are asked for: each come on one page.
        let whole = [
            "_Session",
            "_Operation",
            "_Document",
            "_DocumentSummary",
            "_Consent",
            "_Usage",
            "_OwnLinkedIdentity",
        ];
        let paged = |name: &str| name.contains("/List_") && !whole.iter().any(|end| name.ends_with(end));
        if answer.and_then(Value::as_str).is_some_and(paged) {
            assert!(names.contains(&"cursor") && names.contains(&"limit"), "{method} {path}: {names:?}");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(responses.contains_key("412"), names.contains(&"If-Match"), "{method} {path}");
        assert_eq!(responses.contains_key("422"), names.contains(&"Idempotency-Key"), "{method} {path}");
        if method == "patch" {
            assert!(responses.contains_key("428"), "{method} {path} needs If-Match");
        }
        // Signing in twice makes two sessions, on purpose; of secrets the last one counts; a user's address is taken the
        // second time.
        let repeatable = [
            "/api/v1/account/sessions",
            "/api/v1/api-clients/{id}/regenerate-secret",
            "/api/v1/gateways/{id}/users",
        ];
        if responses.contains_key("201") && !repeatable.contains(&path) {
            assert!(names.contains(&"Idempotency-Key"), "{method} {path} takes an Idempotency-Key");
        }
    }
}

both!(
    async fn the_document_and_the_page_are_served_to_everybody(desk) {
        let nobody = desk.anonymous();
        let served = nobody.get("/api/v1/openapi.json").await.expect(200);
        assert_eq!(served.header("content-type"), "application/json");
        assert_eq!(served.json(), document());

        let page = nobody.get("/api/v1/docs").await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        for forbidden in ["<script", "<style", " style=", " onclick="] {
            assert!(!page.text.contains(forbidden), "{forbidden}");
        }
        for route in server::routes().into_iter().filter(|route| route.path.starts_with("/api/")) {
            assert!(page.text.contains(&format!("<code>{}</code>", route.path)), "{} is missing", route.path);
        }
        let stylesheet = page.text.split("<link rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let css = nobody.get(stylesheet).await.expect(200);
        assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(css.header("cache-control"), "public, max-age=31536000, immutable");
    }
);

both!(
    async fn every_path_and_method_that_is_described_is_there(desk) {
        for route in server::routes() {
            let path = route.path.replace(['{', '}'], "");
            let answer = desk.anonymous().send(route.method.parse().unwrap(), &path, &[], Some(&json!({}))).await;
            // 405 says the method is missing; 404 of the router has words of its own.
            assert_ne!(answer.status, 405, "{} {}", route.method, route.path);
            assert!(!answer.text.contains("there is nothing at this path"), "{} {}", route.method, route.path);
        }
        desk.anonymous().get("/api/v1/nothing").await.problem(404, "not_found");
        let wrong = desk.anonymous().send(Method::PUT, "/api/v1/partners", &[], None).await;
        assert_eq!(wrong.header("allow"), "GET,HEAD,POST");
        wrong.problem(405, "method_not_allowed");
    }
);

both!(
    async fn a_303_assets_are_the_built_in_ones_and_nothing_else(desk) {
        for path in ["/assets/", "/assets/docs.css", "/assets/..%2f..%2fetc%2fpasswd", "/assets//etc/passwd", "/assets/%ff", "/.git/config"] {
            desk.anonymous().get(path).await.problem(404, "not_found");
        }
    }
);

both!(
    async fn probes_answer_strangers(desk) {
        for path in ["/healthz", "/readyz"] {
            let answer = desk.anonymous().get(path).await.expect(200);
            assert_eq!((answer.text.as_str(), answer.header("cache-control")), ("ok\n", "no-store"));
        }
        // The gateway check's memory grows too old when nobody refreshes it.
        desk.clock.advance(std::time::Duration::from_secs(61));
        desk.anonymous().get("/healthz").await.expect(200);
        desk.anonymous().get("/readyz").await.problem(503, "unavailable");
    }
);
