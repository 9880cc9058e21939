//! Who may ask for what.

use reqwest::Method;
use serde_json::{Value, json};

use super::{MISSING, PATH, Shop, application_of, send};
use crate::support::{anonymous, at_once, both, id, ids, one_was_made};

both!(
    async fn only_a_developer_s_wish_for_a_plan_that_needs_approval_waits(desk) {
        let shop = Shop::open(&desk).await;
        for (user, plan, status) in [
            (&shop.alice, &shop.free, "approved"),
            (&shop.alice, &shop.gold, "pending"),
            (&desk.admin, &shop.gold, "approved"),
        ] {
            let made = user.make(PATH, shop.wish(plan)).await;
            assert_eq!(made["status"], status);
            user.delete(&format!("{PATH}/{}", id(&made))).await.expect(204);
        }
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let shop = Shop::open(&desk).await;
        let stranger = desk.plan("Stranger", false).await;
        let before = desk.changes().await;
        for user in [&shop.alice, &desk.admin] {
            let with = |field: &str, value: Value| {
                let mut wish = shop.wish(&shop.free);
                wish[field] = value;
                user.post(PATH, wish)
            };
            user.post(PATH, json!({})).await.names("application_id");
            with("api_version_id", json!("v1")).await.names("api_version_id");
            with("api_version_id", json!(MISSING)).await.names("api_version_id");
            with("plan_id", json!(null)).await.names("plan_id");
            with("comment", json!("a\u{0}b")).await.names("comment");
            with("comment", json!("x".repeat(4001))).await.names("comment");
            // the state is not the caller's to set.
            with("status", json!("approved")).await.names("status");
            with("requested_plan_id", json!(shop.gold)).await.names("requested_plan_id");
            with("application_id", json!(MISSING)).await.problem(404, "not_found");
            // a plan that is not offered here is as unknown as one that does not exist.
            let unknown = anonymous(with("plan_id", json!(MISSING)).await.names("plan_id"));
            assert_eq!(anonymous(with("plan_id", json!(stranger)).await.names("plan_id")), unknown);
            user.get(&format!("{PATH}?status=maybe")).await.names("status");
            user.get(&format!("{PATH}?undecided=maybe")).await.names("undecided");
            user.get(&format!("{PATH}?plan_id=gold")).await.names("plan_id");
            user.get(&format!("{PATH}?visible_to={}", shop.alice.id)).await.names("visible_to");
        }
        desk.assert_nothing_happened(before).await;

        let path = shop.subscribe(&shop.free).await;
        let before = desk.changes().await;
        send(&shop.alice, &path, "change-plan", json!({"plan_id": stranger})).await.names("plan_id");
        send(&shop.alice, &path, "change-plan", json!({"plan_id": MISSING})).await.names("plan_id");
        send(&shop.alice, &path, "change-plan", json!({})).await.names("plan_id");
        for verb in ["approve", "reject", "revoke"] {
            send(&desk.admin, &path, verb, json!({"comment": "a\u{202e}b"})).await.names("comment");
            send(&desk.admin, &path, verb, json!({"plan_id": shop.gold})).await.names("plan_id");
        }
        shop.alice.patch(&path, json!({"status": "approved"})).await.problem(405, "method_not_allowed");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn f_49_an_application_subscribes_once(desk) {
        let shop = Shop::open(&desk).await;
        let answers = at_once(10, |n| {
            let user = if n % 2 == 0 { shop.alice.clone() } else { desk.admin.clone() };
            let wish = shop.wish(if n % 3 == 0 { &shop.free } else { &shop.gold });
            async move { user.post(PATH, wish).await }
        })
        .await;
        one_was_made(answers, "already_subscribed");
        let problem = shop.alice.post(PATH, shop.wish(&shop.gold)).await.problem(409, "already_subscribed");
        assert!(problem["detail"].as_str().unwrap().contains("has a subscription"), "{problem}");
        assert_eq!(ids(&shop.alice.get(PATH).await).len(), 1);
    }
);

both!(
    async fn the_same_idempotency_key_makes_one(desk) {
        let shop = Shop::open(&desk).await;
        let key = [("idempotency-key", "k1")];
        let first = shop.alice.send(Method::POST, PATH, &key, Some(&shop.wish(&shop.free))).await.expect(201);
        let again = shop.alice.send(Method::POST, PATH, &key, Some(&shop.wish(&shop.free))).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
        let other = shop.wish(&shop.gold);
        shop.alice.send(Method::POST, PATH, &key, Some(&other)).await.problem(422, "idempotency_mismatch");
    }
);

both!(
    async fn a_151_what_is_not_on_offer_is_as_unknown_as_what_does_not_exist(desk) {
        let shop = Shop::open(&desk).await;
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme", "roles": ["silver"]})).await;
        let member = format!("/api/v1/partners/{}/members/{}", id(&partner), shop.alice.id);
        desk.admin.put(&member, json!({"role": "OWNER"})).await.expect(200);
        let partners = application_of(&desk, id(&partner)).await;
        let plans = json!([shop.free]);
        let private = desk.version("/private", json!({"plan_ids": plans, "private": true})).await;
        let golden = desk.version("/gold", json!({"plan_ids": plans, "required_roles": ["silver", "gold"]})).await;
        let ask = |application: &str, version: &str| {
            let wish = json!({"application_id": application, "api_version_id": version, "plan_id": shop.free});
            shop.alice.post(PATH, wish)
        };
        let before = desk.changes().await;
        for application in [&shop.application, &partners] {
            let unknown = anonymous(ask(application, MISSING).await.names("api_version_id"));
            for version in [&private, &golden] {
                assert_eq!(anonymous(ask(application, version).await.names("api_version_id")), unknown);
            }
        }
        desk.assert_nothing_happened(before).await;

        let path = format!("/api/v1/partners/{}", id(&partner));
        desk.admin.patch(&path, json!({"roles": ["gold", "silver"]})).await.expect(200);
        ask(&partners, &golden).await.expect(201);
        ask(&partners, &private).await.names("api_version_id");
        ask(&shop.application, &golden).await.names("api_version_id");
        // Administrators know what they do.
        let wish = json!({"application_id": shop.application, "api_version_id": private, "plan_id": shop.free});
        desk.admin.make(PATH, wish).await;
    }
);

both!(
    async fn a_163_members_who_are_no_owners_look_on(desk) {
        let shop = Shop::open(&desk).await;
        let path = shop.subscribe(&shop.free).await;
        let stock = desk.version("/stock", json!({"plan_ids": [shop.free]})).await;
        let (dev, reader) = (desk.developer("dev").await, desk.developer("reader").await);
        let members = format!("/api/v1/applications/{}/members", shop.application);
        for (user, role) in [(&dev, "DEVELOPER"), (&reader, "READ_ONLY")] {
            shop.alice.put(&format!("{members}/{}", user.id), json!({"role": role})).await.expect(200);
        }
        let mut wish = shop.wish(&shop.free);
        wish["api_version_id"] = json!(stock);
        let writes = [
            (Method::POST, PATH.to_owned(), wish.clone()),
            (Method::POST, format!("{path}/change-plan"), json!({"plan_id": shop.gold})),
            (Method::POST, format!("{path}/approve"), json!({})),
            (Method::DELETE, path.clone(), json!(null)),
        ];
        let before = desk.changes().await;
        for user in [&dev, &reader] {
            user.is_refused(&writes, 403, "forbidden").await;
            user.get(&path).await.expect(200);
            assert_eq!(ids(&user.get(PATH).await).len(), 1);
        }
        desk.assert_nothing_happened(before).await;
        // who is taken off sees nothing any more.
        shop.alice.delete(&format!("{members}/{}", dev.id)).await.expect(200);
        dev.get(&path).await.problem(404, "not_found");
        dev.is_refused(&writes, 404, "not_found").await;
    }
);

both!(
    async fn a_162_a_partner_s_readers_look_on_and_its_owners_subscribe(desk) {
        let shop = Shop::open(&desk).await;
        let (owner, reader) = (desk.developer("owner").await, desk.developer("reader").await);
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
        let members = format!("/api/v1/partners/{}/members", id(&partner));
        desk.admin.put(&format!("{members}/{}", owner.id), json!({"role": "OWNER"})).await.expect(200);
        desk.admin.put(&format!("{members}/{}", reader.id), json!({"role": "READ_ONLY"})).await.expect(200);
        let application = application_of(&desk, id(&partner)).await;
        let mut wish = shop.wish(&shop.free);
        wish["application_id"] = json!(application);
        reader.post(PATH, wish.clone()).await.problem(403, "forbidden");
        let path = format!("{PATH}/{}", id(&owner.make(PATH, wish).await));
        reader.get(&path).await.expect(200);
        send(&reader, &path, "change-plan", json!({"plan_id": shop.gold})).await.problem(403, "forbidden");
        reader.delete(&path).await.problem(403, "forbidden");
        send(&owner, &path, "change-plan", json!({"plan_id": shop.gold})).await.expect(200);
        owner.delete(&path).await.expect(204);
    }
);
