//! `/api/v1/apis`

use reqwest::Method;
use serde_json::json;

use crate::support::{at_once, both, id, ids, one_was_made};

const PATH: &str = "/api/v1/apis";

both!(
    async fn an_api_is_made_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let made = admin.post(PATH, json!({"name": " Orders ", "tags": ["shop", "shop", "b2b"]})).await.expect(201);
        let api = made.json();
        let path = format!("{PATH}/{}", id(&api));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        assert_eq!((&api["name"], &api["tags"]), (&json!("Orders"), &json!(["shop", "b2b"])));
        assert_eq!(admin.get(&path).await.expect(200).json(), api);

        let change = json!({"description": "Sell things\r\nfast", "tags": []});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200);
        assert_eq!((changed.header("etag"), &changed.json()["description"]), ("\"v2\"", &json!("Sell things\nfast")));
        assert_eq!((&changed.json()["name"], &changed.json()["tags"]), (&json!("Orders"), &json!([])));
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");
        admin.send(Method::DELETE, &path, &[("if-match", "\"v1\"")], None).await.problem(412, "stale");

        let version = admin.make(&format!("{path}/versions"), json!({"name": "v1", "path_prefixes": ["/orders"]})).await;
        admin.delete(&path).await.problem(409, "in_use");
        admin.delete(&format!("/api/v1/api-versions/{}", id(&version))).await.expect(204);
        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
        admin.patch(&path, change).await.problem(404, "not_found");
        admin.delete(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        admin.post(PATH, json!({})).await.names("name");
        admin.post(PATH, json!({"name": "a\u{202e}b"})).await.names("name");
        admin.post(PATH, json!({"name": "x".repeat(257)})).await.names("name");
        admin.post(PATH, json!({"name": "x", "description": "\u{0}"})).await.names("description");
        admin.post(PATH, json!({"name": "x", "tags": ["ok", "not ok"]})).await.names("tags[1]");
        admin.post(PATH, json!({"name": "x", "tags": vec!["a"; 51]})).await.names("tags");
        admin.post(PATH, json!({"name": "x", "versions": []})).await.names("versions");
        admin.get(&format!("{PATH}?tag=x")).await.names("tag");
        admin.get(&format!("{PATH}?limit=201")).await.names("limit");
        admin.get(&format!("{PATH}/not-an-id")).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn lists_come_in_pages_and_are_searched(desk) {
        let admin = &desk.admin;
        let mut made = Vec::new();
        for name in ["Orders", "Order lines", "Größen", "Stock 50%"] {
            made.insert(0, id(&admin.make(PATH, json!({"name": name})).await).to_owned());
        }
        let first = admin.get(&format!("{PATH}?limit=3")).await.expect(200);
        assert_eq!(ids(&first), made[..3]);
        let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
        let rest = admin.get(&format!("{PATH}?limit=3&cursor={cursor}")).await.expect(200);
        assert_eq!((ids(&rest), &rest.json()["next_cursor"]), (made[3..].to_vec(), &json!(null)));
        admin.get(&format!("{PATH}?name_contains=o&cursor={cursor}")).await.names("cursor");
        admin.get(&format!("/api/v1/plans?cursor={cursor}")).await.names("cursor");
        for (text, found) in [("ORDER", 2), ("grö", 1), ("GRÖ", 1), ("%25", 1), ("_", 0), ("", 4)] {
            let page = admin.get(&format!("{PATH}?name_contains={text}")).await.expect(200);
            assert_eq!(ids(&page).len(), found, "{text}");
        }
    }
);

both!(
    async fn f_49_of_many_at_once_one_gets_the_name(desk) {
        let answers = at_once(20, |n| {
            let admin = desk.admin.clone();
            let name = ["Café", "Cafe\u{301}", "CAFÉ", "Ｃafé"][n % 4];
            async move { admin.post(PATH, json!({"name": name})).await }
        })
        .await;
        one_was_made(answers, "taken");
        assert_eq!(ids(&desk.admin.get(PATH).await).len(), 1);
    }
);

both!(
    async fn the_same_idempotency_key_makes_one(desk) {
        let key = [("idempotency-key", "k1")];
        let first = desk.admin.send(Method::POST, PATH, &key, Some(&json!({"name": "Orders"}))).await.expect(201);
        let again = desk.admin.send(Method::POST, PATH, &key, Some(&json!({"name": "Orders"}))).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
        let other = json!({"name": "Other"});
        desk.admin.send(Method::POST, PATH, &key, Some(&other)).await.problem(422, "idempotency_mismatch");
    }
);

both!(
    async fn a_169_developers_look_and_administrators_change(desk) {
        let api = desk.admin.make(PATH, json!({"name": "Orders"})).await;
        let path = format!("{PATH}/{}", id(&api));
        let reads = [
            (Method::GET, PATH.to_owned(), json!(null)),
            (Method::GET, path.clone(), json!(null)),
        ];
        let writes = [
            (Method::POST, PATH.to_owned(), json!({"name": "x"})),
            (Method::PATCH, path.clone(), json!({"description": "x"})),
            (Method::DELETE, path.clone(), json!(null)),
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
        desk.assert_nothing_happened(before).await;
        // Without a version there is nothing on offer yet.
        alice.get(&path).await.problem(404, "not_found");
        desk.admin.make(&format!("{path}/versions"), json!({"name": "v1", "path_prefixes": ["/orders"]})).await;
        for user in [&alice, &reader] {
            assert_eq!(user.get(&path).await.expect(200).json(), api);
            assert_eq!(ids(&user.get(PATH).await.expect(200)), [id(&api)]);
        }
    }
);
