//! `/apis`, `/api-versions/{id}/changes`

use reqwest::Method;
use serde_json::json;

use super::Browser;
use crate::support::{both, id};

both!(
    async fn apis_are_found_by_words_and_tags(desk) {
        let own = Browser::of(&desk, &desk.developer("alice").await);
        for (name, tags) in [("Orders", json!(["shop"])), ("Invoices", json!(["shop", "money"]))] {
            let api = desk.admin.make("/api/v1/apis", json!({"name": name, "tags": tags})).await;
            let version = json!({"name": "v1", "path_prefixes": [format!("/{name}").to_lowercase()]});
            desk.admin.make(&format!("/api/v1/apis/{}/versions", id(&api)), version).await;
        }
        let found = async |query: &str| {
            let page = own.open(&format!("/apis?{query}")).await.page(200, "APIs");
            (page.text.contains(">Orders</a>"), page.text.contains(">Invoices</a>"), page.text)
        };
        let (orders, invoices, page) = found("").await;
        assert!(orders && invoices && page.contains("2 APIs") && page.contains("shop (2)"), "{page}");
        assert!(page.find(">Invoices</a>") < page.find(">Orders</a>"), "the newest first: {page}");
        let (.., page) = found("sort=name").await;
        assert!(page.find(">Invoices</a>") < page.find(">Orders</a>"), "by name: {page}");
        let (orders, invoices, page) = found("tag=money").await;
        assert!(!orders && invoices && page.contains("href=\"/apis?tag=shop\""), "{page}");
        let (orders, invoices, _) = found("q=ORD").await;
        assert!(orders && !invoices);
        let (orders, invoices, page) = found("q=nothing&page=99999999999999999999").await;
        assert!(!orders && !invoices && page.contains("No API is like this"), "{page}");
        let (orders, invoices, _) = found("page=18446744073709551615").await;
        assert!(!orders && !invoices);
    }
);

both!(
    async fn a_version_says_what_it_changes(desk) {
        let own = Browser::of(&desk, &desk.developer("alice").await);
        let api = id(&desk.admin.make("/api/v1/apis", json!({"name": "Orders"})).await).to_owned();
        let version = async |name: &str, paths: serde_json::Value| {
            let draft = json!({"name": name, "path_prefixes": [format!("/orders/{name}")]});
            let version = desk.admin.make(&format!("/api/v1/apis/{api}/versions"), draft).await;
            let path = format!("/api/v1/api-versions/{}/specification", id(&version));
            let document = json!({"openapi": "3.1.0", "info": {"title": "Orders", "version": name}, "paths": paths});
            desk.admin.send(Method::PUT, &path, &[("if-match", "*")], Some(&document)).await.expect(200);
            id(&version).to_owned()
        };
        let first = version("v1", json!({"/orders": {"get": {}}, "/old": {"get": {}}})).await;
        let needed = json!({"get": {"parameters": [{"name": "q", "in": "query", "required": true}]}});
        let second = version("v2", json!({"/orders": needed, "/<new>": {"post": {}}})).await;
        let page = own.open(&format!("/api-versions/{second}/changes")).await.page(200, "What v2 changes");
        for words in ["2 operations may refuse", "query parameter q is new and required", "GET /old", "POST /&#60;new&#62;"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        let back = own.open(&format!("/api-versions/{first}/changes?since={second}")).await.page(200, "What v1 changes");
        assert!(back.text.contains("Compared with v2"), "{}", back.text);
        let same = version("v3", json!({"/orders": needed, "/<new>": {"post": {}}})).await;
        let page = own.open(&format!("/api-versions/{same}/changes?since={second}")).await.page(200, "What v3 changes");
        assert!(page.text.contains("Both specifications say the same"), "{}", page.text);
    }
);
