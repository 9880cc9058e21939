//! `/api/v1/api-versions/{id}/specification` and `…/operations`

use domain::openapi::MAX_SPECIFICATION;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Desk, User, both};

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";

/// A version without specification: where it is.
async fn version(desk: &Desk) -> String {
    format!("/api/v1/api-versions/{}", desk.version("/orders", json!({})).await)
}

async fn put(user: &User, version: &str, kind: &str, text: impl Into<reqwest::Body>) -> Answer {
    put_if(user, version, "*", kind, text).await
}

async fn put_if(
    user: &User,
    version: &str,
    matches: &str,
    kind: &str,
    text: impl Into<reqwest::Body>,
) -> Answer {
    let request = user.request(Method::PUT, &format!("{version}/specification"));
    Answer::of(request.header("if-match", matches).header("content-type", kind).body(text)).await
}

async fn remove(user: &User, version: &str, matches: &str) -> Answer {
    user.send(Method::DELETE, &format!("{version}/specification"), &[("if-match", matches)], None).await
}

fn operations() -> Value {
    json!([
        {"method": "GET", "path": "/orders/{id}", "operation_id": "getOrder", "summary": "One order",
         "tags": ["orders"], "deprecated": true, "scopes": []},
        {"method": "POST", "path": "/orders", "operation_id": null, "summary": null, "tags": [], "deprecated": false,
         "scopes": []},
    ])
}

both!(
    async fn yaml_and_json_are_kept_as_they_were_sent(desk) {
        let path = version(&desk).await;
        let admin = &desk.admin;
        admin.get(&format!("{path}/specification")).await.problem(404, "not_found");
        remove(admin, &path, "*").await.problem(404, "not_found");
        assert_eq!(admin.get(&format!("{path}/operations")).await.expect(200).json()["items"], json!([]));

        let yaml = "# ours\r\nopenapi: 3.1.0\r\ninfo: {title: Orders, version: '1'}\r\npaths:\r\n  /orders/{id}:\r\n    get:\r\n      operationId: getOrder\r\n      summary: One order\r\n      tags: [orders]\r\n      deprecated: true\r\n  /orders:\r\n    post: {}\r\n";
        let changed = put(admin, &path, "text/plain", yaml).await.expect(200);
        assert_eq!(changed.header("etag"), "\"v2\"");
        let summary = changed.json()["specification"].clone();
        assert_eq!((&summary["title"], &summary["operations"]), (&json!("Orders"), &json!(2)));
        assert_eq!((&summary["format"], summary["sha256"].as_str().unwrap().len()), (&json!("openapi 3.1.0"), 64));
        let got = admin.get(&format!("{path}/specification")).await.expect(200);
        assert_eq!((got.header("content-type"), got.text.as_str()), (YAML, yaml));
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("content-disposition"), "attachment; filename=\"openapi.yaml\"");
        assert!(got.header("content-security-policy").starts_with("default-src 'none'"));
        let mut listed = admin.get(&format!("{path}/operations")).await.expect(200).json();
        let by_path = |a: &Value, b: &Value| b["path"].as_str().cmp(&a["path"].as_str());
        listed["items"].as_array_mut().unwrap().sort_by(by_path);
        assert_eq!(listed, json!({"items": operations(), "next_cursor": null}));

        let json = r#" {"swagger": "2.0", "info": {"title": "<script>alert(1)</script>", "version": "1"}}"#;
        let changed = put(admin, &path, JSON, json).await.expect(200).json();
        assert_eq!(changed["specification"]["format"], "swagger 2.0");
        assert_ne!(changed["specification"]["sha256"], summary["sha256"]);
        let got = admin.get(&format!("{path}/specification")).await.expect(200);
        assert_eq!((got.header("content-type"), got.text.as_str()), (JSON, json));
        assert_eq!(got.header("content-disposition"), "attachment; filename=\"openapi.json\"");
        assert_eq!(admin.get(&format!("{path}/operations")).await.expect(200).json()["items"], json!([]));

        let removed = remove(admin, &path, "\"v3\"").await.expect(200);
        assert_eq!((removed.header("etag"), &removed.json()["specification"]), ("\"v4\"", &json!(null)));
        admin.get(&format!("{path}/specification")).await.problem(404, "not_found");
        put(admin, &path, JSON, json).await.expect(200);
        admin.delete(&path).await.expect(204);
    }
);

both!(
    async fn nobody_overwrites_what_they_have_not_seen(desk) {
        let path = version(&desk).await;
        let admin = &desk.admin;
        let text = json!({"openapi": "3.1.0"}).to_string();
        let place = format!("{path}/specification");
        admin.send_text(Method::PUT, &place, JSON, text.clone()).await.problem(428, "precondition_required");
        admin.delete(&place).await.problem(428, "precondition_required");
        let put = put_if(admin, &path, "\"v1\"", JSON, text.clone()).await.expect(200);
        assert_eq!(put.header("etag"), "\"v2\"");
        let before = desk.changes().await;
        put_if(admin, &path, "\"v1\"", JSON, text.clone()).await.problem(412, "stale");
        remove(admin, &path, "\"v1\"").await.problem(412, "stale");
        put_if(admin, &path, "v2", JSON, text).await.names("If-Match");
        desk.assert_nothing_happened(before).await;
        remove(admin, &path, "\"v2\"").await.expect(200);
    }
);

both!(
    async fn a_265_five_mebibytes_are_taken_and_not_a_byte_more(desk) {
        let path = version(&desk).await;
        let sized = |size: usize| {
            let (head, tail) = ("{\"openapi\":\"3.1.0\",\"info\":{\"description\":\"", "\"}}");
            format!("{head}{}{tail}", "x".repeat(size - head.len() - tail.len()))
        };
        let largest = sized(MAX_SPECIFICATION);
        put(&desk.admin, &path, JSON, largest.clone()).await.expect(200);
        assert_eq!(desk.admin.get(&format!("{path}/specification")).await.expect(200).text, largest);
        let before = desk.changes().await;
        put(&desk.admin, &path, JSON, sized(MAX_SPECIFICATION + 1)).await.problem(413, "body_too_large");
        // Nothing but specifications may be that large.
        let large = json!({"name": "x", "description": "x".repeat(300 * 1024)});
        desk.admin.post("/api/v1/apis", large).await.problem(413, "body_too_large");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_263_bombs_and_a_267_broken_text_are_refused_and_nothing_happens(desk) {
        let path = version(&desk).await;
        let before = desk.changes().await;
        let deep = 100_000;
        let nested = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
        let aliases = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\nopenapi: 3.1.0\n";
        for bad in [
            String::new(),
            "hello".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            "null".to_owned(),
            "{\"openapi\":\"3.1.0\"".to_owned(),
            "{\"openapi\":\"3.1.0\"} {}".to_owned(),
            "{\"openapi\":\"4.0.0\"}".to_owned(),
            "{\"openapi\":3.1}".to_owned(),
            "openapi: [3.1.0]".to_owned(),
            format!("{{\"openapi\":\"3.{}\"}}", "1".repeat(100_000)),
            format!("{{\"openapi\":\"3.1.0\",\"x\":{}}}", nested("[", "]", deep)),
            format!("{{\"openapi\":\"3.1.0\",\"x\":{}1{}}}", "{\"a\":".repeat(deep), "}".repeat(deep)),
            format!("openapi: 3.1.0\nx: {}\n", nested("[", "]", deep)),
            format!("openapi: 3.1.0\nx: {}\n", nested("[", "]", 1_900)),
            format!("openapi: 3.1.0\nx: {}\n", nested("{a: ", "}", 1_900)),
            format!("openapi: 3.1.0\nx:\n{}", (1..1_900).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>()),
            format!("openapi: 3.1.0\nx:\n  {}1\n", "- ".repeat(1_900)),
            aliases.to_owned(),
            "a: &a [*a]\nopenapi: 3.1.0\n".to_owned(),
            "{\"openapi\":\"3.1.0\",\"x\":\"\u{0}\"}".to_owned(),
            "{\"openapi\":\"3.1.0\",\"x\":\"\\ud800\"}".to_owned(),
            "openapi: 3.1.0 # \u{0}\n".to_owned(),
        ] {
            let shown: String = bad.chars().take(60).collect();
            let answer = put(&desk.admin, &path, YAML, bad).await;
            assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
            answer.names("specification");
        }
        put(&desk.admin, &path, JSON, &b"{\"openapi\":\"3.1.0\",\"x\":\"\xff\"}"[..]).await.problem(400, "malformed");
        put(&desk.admin, &path, JSON, &b"\xff\xfe{\x00}\x00"[..]).await.problem(400, "malformed");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_267_escaped_nuls_do_not_reach_the_database(desk) {
        let path = version(&desk).await;
        let before = desk.changes().await;
        for bad in [
            "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"a\\u0000b\"}}",
            "{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"get\":{\"summary\":\"a\\u0000b\"}}}}",
            "openapi: 3.1.0\npaths:\n  \"/a\\0\": {get: {}}\n",
        ] {
            put(&desk.admin, &path, YAML, bad).await.names("specification");
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn too_many_operations_are_refused(desk) {
        let path = version(&desk).await;
        let with = |count: usize| {
            let paths: Vec<String> = (0..count).map(|n| format!("\"/{n}\":{{\"get\":{{}}}}")).collect();
            format!("{{\"openapi\":\"3.0.3\",\"paths\":{{{}}}}}", paths.join(","))
        };
        put(&desk.admin, &path, JSON, with(5_001)).await.names("specification");
        let summary = put(&desk.admin, &path, JSON, with(5_000)).await.expect(200).json();
        assert_eq!(summary["specification"]["operations"], 5_000);
        let listed = desk.admin.get(&format!("{path}/operations")).await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 5_000);
    }
);

/// A specification that demands scopes, and where a version that takes tokens is.
async fn demanding(desk: &Desk) -> (String, Value) {
    let settings = json!({"accepted_credentials": ["bearer"], "required_scopes": ["orders"]});
    let path = format!("/api/v1/api-versions/{}", desk.version("/shop", settings).await);
    let text = json!({
        "openapi": "3.1.0",
        "components": {"securitySchemes": {"login": {"type": "oauth2"}, "key": {"type": "apiKey"}}},
        "paths": {
            "/orders/{id}": {"get": {"security": [{"key": []}, {"login": ["orders:read"]}]}, "delete": {}},
            "/orders": {"post": {"security": [{"login": ["orders:write", "stock"]}]}},
        },
    });
    (path, text)
}

both!(
    async fn scopes_of_operations_come_from_the_specification_or_are_typed(desk) {
        let (path, text) = demanding(&desk).await;
        let adopt = format!("{path}/adopt-operation-scopes");
        let post = async |matches: &str| desk.admin.send(Method::POST, &adopt, &[("if-match", matches)], None).await;
        post("*").await.problem(404, "not_found");
        put(&desk.admin, &path, JSON, text.to_string()).await.expect(200);
        let listed = desk.admin.get(&format!("{path}/operations")).await.expect(200).json();
        assert_eq!(listed["items"][0]["scopes"], json!(["orders:write", "stock"]));
        post("\"v1\"").await.problem(412, "stale");
        let adopted = post("\"v2\"").await.expect(200).json();
        let expected = json!([
            {"method": "POST", "path": "/shop/orders", "scopes": ["orders:write", "stock"]},
            {"method": "GET", "path": "/shop/orders/{id}", "scopes": ["orders:read"]},
        ]);
        let mut all = adopted["operation_scopes"].as_array().unwrap().clone();
        all.sort_by_key(|it| it["path"].as_str().map(str::len));
        assert_eq!(json!(all), expected);

        let patch = async |list: Value| {
            let change = json!({"operation_scopes": list});
            desk.admin.send(Method::PATCH, &path, &[("if-match", "*")], Some(&change)).await
        };
        patch(json!([{"path": "/elsewhere", "scopes": []}])).await.names("operation_scopes[0].path");
        patch(json!([{"method": "get", "path": "/shop", "scopes": []}])).await.names("operation_scopes[0].method");
        patch(json!([{"path": "/shop/{}", "scopes": []}])).await.names("operation_scopes[0].path");
        patch(json!([{"path": "/shop", "scopes": ["a b"]}])).await.names("operation_scopes[0].scopes[0]");
        let twice = json!([{"path": "/shop/{a}", "scopes": []}, {"path": "/shop/{b}", "scopes": []}]);
        patch(twice).await.names("operation_scopes[1]");
        let typed = json!([{"path": "/shop/{any}", "scopes": ["orders:read"]}]);
        let changed = patch(typed).await.expect(200).json();
        assert_eq!(changed["operation_scopes"], json!([{"method": null, "path": "/shop/{any}", "scopes": ["orders:read"]}]));
        let open = json!({"accepted_credentials": [], "required_scopes": [], "subscription_required": false});
        desk.admin.send(Method::PATCH, &path, &[("if-match", "*")], Some(&open)).await.names("operation_scopes");
    }
);

both!(
    async fn a_specification_for_callers_names_the_authorization_server(desk) {
        let (path, text) = demanding(&desk).await;
        put(&desk.admin, &path, JSON, text.to_string()).await.expect(200);
        desk.admin.make("/api/v1/oauth/scopes", json!({"name": "orders", "kind": "plain", "description": "All orders"})).await;
        let place = format!("{path}/specification");
        let filled = desk.admin.get(&format!("{place}?view=for_callers")).await.expect(200).json();
        let discovered = desk.anonymous().get("/.well-known/openid-configuration").await.expect(200).json();
        let flows = &filled["components"]["securitySchemes"]["keywright"]["flows"];
        assert_eq!(flows["authorizationCode"]["authorizationUrl"], discovered["authorization_endpoint"]);
        for flow in ["authorizationCode", "clientCredentials"] {
            assert_eq!(flows[flow]["tokenUrl"], discovered["token_endpoint"]);
            assert_eq!(flows[flow]["scopes"]["orders"], "All orders");
        }
        assert_eq!(filled["components"]["securitySchemes"]["key"], text["components"]["securitySchemes"]["key"]);
        assert_eq!(filled["security"], json!([{"keywright": ["orders"]}]));
        // As it was put, it stays as it was put.
        for same in [place.clone(), format!("{place}?view=as_put")] {
            assert_eq!(desk.admin.get(&same).await.expect(200).json(), text);
        }
        desk.admin.get(&format!("{place}?view=other")).await.expect(400);
        desk.anonymous().get(&format!("{place}?view=for_callers")).await.expect(401);
        // Where no token opens it, none is named.
        let keys = format!("/api/v1/api-versions/{}", desk.version("/keys", json!({})).await);
        put(&desk.admin, &keys, YAML, "openapi: 3.1.0\n").await.expect(200);
        let plain = desk.admin.get(&format!("{keys}/specification?view=for_callers")).await.expect(200).json();
        assert_eq!(plain, json!({"openapi": "3.1.0"}));
    }
);

both!(
    async fn a_169_developers_read_and_administrators_write(desk) {
        let path = version(&desk).await;
        let specification = format!("{path}/specification");
        let text = json!({"openapi": "3.1.0"});
        put(&desk.admin, &path, JSON, text.to_string()).await.expect(200);
        let reads = [
            (Method::GET, specification.clone(), json!(null)),
            (Method::GET, format!("{path}/operations"), json!(null)),
        ];
        let writes = [
            (Method::PUT, specification.clone(), text.clone()),
            (Method::DELETE, specification.clone(), json!(null)),
            (Method::POST, format!("{path}/adopt-operation-scopes"), json!(null)),
        ];
        let alice = desk.developer("alice").await;
        let (reader, other) = (desk.token(&["apis:read"]).await, desk.token(&["plans:write"]).await);
        let before = desk.changes().await;
        desk.anonymous().is_refused(&reads, 401, "unauthenticated").await;
        desk.anonymous().is_refused(&writes, 401, "unauthenticated").await;
        alice.is_refused(&writes, 403, "forbidden").await;
        reader.is_refused(&writes, 403, "forbidden").await;
        other.is_refused(&reads, 403, "forbidden").await;
        other.is_refused(&writes, 403, "forbidden").await;
        let missing = "/api/v1/api-versions/00000000-0000-7000-8000-000000000000";
        put(&desk.admin, missing, JSON, text.to_string()).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;
        for user in [&alice, &reader] {
            assert_eq!(user.get(&specification).await.expect(200).json(), text);
            user.get(&format!("{path}/operations")).await.expect(200);
        }
    }
);
