//! `/api/v1/partners`

use reqwest::Method;
use serde_json::json;

use crate::support::{both, id};

const PATH: &str = "/api/v1/partners";

both!(
    async fn a_partner_is_made_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let made = admin.post(PATH, json!({"name": " Acme ", "roles": ["gold", "gold"], "contact_email": "a@acme.test"})).await.expect(201);
        let partner = made.json();
        assert_eq!(made.header("location"), format!("{PATH}/{}", id(&partner)));
        assert_eq!(made.header("etag"), "\"v1\"");
        assert_eq!((&partner["name"], &partner["roles"]), (&json!("Acme"), &json!(["gold"])));
        let path = format!("{PATH}/{}", id(&partner));
        assert_eq!(admin.get(&path).await.expect(200).json(), partner);

        let change = json!({"description": "Sells things", "contact_email": null});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200);
        assert_eq!(changed.header("etag"), "\"v2\"");
        assert_eq!(changed.json()["contact_email"], json!(null));
        assert_eq!(changed.json()["name"], "Acme");
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");

        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        admin.post(PATH, json!({"name": ""})).await.names("name");
        admin.post(PATH, json!({})).await.names("name");
        admin.post(PATH, json!({"name": 5})).await.names("name");
        admin.post(PATH, json!({"name": "x", "nmae": "y"})).await.names("nmae");
        admin.post(PATH, json!({"name": "x", "contact_email": "nobody"})).await.names("contact_email");
        admin.post(PATH, json!({"name": "x", "roles": ["a b"]})).await.names("roles[0]");
        admin.post(PATH, json!({"name": "x", "id": "mine"})).await.names("id");
        admin.get("/api/v1/partners?limit=0").await.names("limit");
        admin.get("/api/v1/partners?sort=name").await.names("sort");
        admin.get("/api/v1/partners?cursor=abc").await.names("cursor");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn names_are_unique_look_alikes_included(desk) {
        desk.admin.make(PATH, json!({"name": "Acme"})).await;
        for alike in ["Acme", "ACME", "Аcme", "ＡＣＭＥ"] {
            desk.admin.post(PATH, json!({"name": alike})).await.problem(409, "taken");
        }
    }
);

both!(
    async fn lists_come_in_pages_and_are_searched(desk) {
        let admin = &desk.admin;
        for n in 0..5 {
            admin.make(PATH, json!({"name": format!("Partner {n} 100%_sure")})).await;
        }
        let mut seen = Vec::new();
        let mut next = format!("{PATH}?limit=2");
        loop {
            let page = admin.get(&next).await.expect(200).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{PATH}?limit=2&cursor={cursor}");
            admin.get(&format!("{PATH}?limit=2&name_contains=x&cursor={cursor}")).await.names("cursor");
        }
        assert_eq!(seen.len(), 5);
        seen.dedup();
        assert_eq!(seen.len(), 5);
        let found = |needle: &'static str| async move {
            admin.get(&format!("{PATH}?name_contains={needle}")).await.expect(200).json()["items"].as_array().unwrap().len()
        };
        assert_eq!(found("PARTNER%203").await, 1);
        assert_eq!(found("100%25").await, 5);
        assert_eq!(found("%25r").await, 0);
        assert_eq!(found("0_s").await, 0);
    }
);

both!(
    async fn a_149_strangers_and_other_developers_see_nothing(desk) {
        let partner = desk.admin.make(PATH, json!({"name": "Acme"})).await;
        let path = format!("{PATH}/{}", id(&partner));
        let (alice, bob, carol) = (desk.developer("alice").await, desk.developer("bob").await, desk.developer("carol").await);
        let member = |user: &crate::support::User| format!("{path}/members/{}", user.id);
        desk.admin.put(&member(&alice), json!({"role": "OWNER"})).await.expect(200);
        desk.admin.put(&member(&carol), json!({"role": "READ_ONLY"})).await.expect(200);
        let reader = desk.token(&["partners:read"]).await;
        let other = desk.token(&["applications:write"]).await;
        let before = desk.changes().await;
        let change = json!({"description": "x"});

        let nobody = desk.anonymous();
        for answer in [
            nobody.get(PATH).await,
            nobody.post(PATH, json!({"name": "x"})).await,
            nobody.get(&path).await,
            nobody.patch(&path, change.clone()).await,
            nobody.delete(&path).await,
            nobody.put(&member(&bob), json!({"role": "OWNER"})).await,
            nobody.delete(&member(&alice)).await,
        ] {
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"keywright\"");
            answer.problem(401, "unauthenticated");
        }

        let missing = format!("{PATH}/00000000-0000-7000-8000-000000000000");
        let mut unknown = bob.get(&missing).await.problem(404, "not_found");
        let mut foreign = bob.get(&path).await.problem(404, "not_found");
        unknown["request_id"].take();
        foreign["request_id"].take();
        assert_eq!(unknown, foreign);
        bob.patch(&path, change.clone()).await.problem(404, "not_found");
        bob.put(&member(&bob), json!({"role": "OWNER"})).await.problem(404, "not_found");
        bob.delete(&member(&alice)).await.problem(404, "not_found");
        bob.delete(&path).await.problem(403, "forbidden");
        assert_eq!(bob.get(PATH).await.expect(200).json()["items"], json!([]));

        carol.get(&path).await.expect(200);
        carol.patch(&path, change.clone()).await.problem(403, "forbidden");
        carol.put(&member(&bob), json!({"role": "OWNER"})).await.problem(403, "forbidden");
        carol.delete(&member(&alice)).await.problem(403, "forbidden");
        alice.post(PATH, json!({"name": "Mine"})).await.problem(403, "forbidden");
        alice.delete(&path).await.problem(403, "forbidden");
        alice.patch(&path, json!({"roles": ["gold"]})).await.problem(403, "forbidden");

        reader.get(&path).await.expect(200);
        reader.patch(&path, change.clone()).await.problem(403, "forbidden");
        reader.post(PATH, json!({"name": "x"})).await.problem(403, "forbidden");
        other.get(&path).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;

        alice.patch(&path, change).await.expect(200);
        alice.put(&member(&bob), json!({"role": "READ_ONLY"})).await.expect(200);
        bob.get(&path).await.expect(200);
        alice.delete(&member(&bob)).await.expect(200);
        bob.get(&path).await.problem(404, "not_found");
        alice.delete(&member(&alice)).await.problem(409, "last_owner");
        alice.put(&member(&alice), json!({"role": "READ_ONLY"})).await.problem(409, "last_owner");
    }
);

both!(
    async fn the_same_idempotency_key_makes_one(desk) {
        let send = |name: &'static str| {
            let admin = desk.admin.clone();
            async move { admin.send(Method::POST, PATH, &[("idempotency-key", "k1")], Some(&json!({"name": name}))).await }
        };
        let first = send("Acme").await.expect(201);
        let again = send("Acme").await.expect(201);
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        assert_eq!(first.json(), again.json());
        send("Other").await.problem(422, "idempotency_mismatch");
        let other = desk.token(&["partners:write"]).await;
        let key = [("idempotency-key", "k1")];
        let theirs = other.send(Method::POST, PATH, &key, Some(&json!({"name": "Theirs"}))).await.expect(201);
        assert_ne!(theirs.json()["id"], first.json()["id"]);
    }
);
