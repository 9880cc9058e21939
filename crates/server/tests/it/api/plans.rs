//! `/api/v1/plans`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{at_once, both, id, ids, one_was_made};
use crate::verifier;
use crate::web::{Browser, error_of};

const PATH: &str = "/api/v1/plans";

both!(
    async fn a_conflict_names_the_field_that_is_to_blame(desk) {
        let admin = &desk.admin;
        let plan = admin.make(PATH, json!({"name": "Gold"})).await;
        let taken = admin.post(PATH, json!({"name": "GOLD"})).await.problem(409, "taken");
        let wrong = json!([{"field": "name", "code": "taken", "reason": "is taken; choose another"}]);
        assert_eq!((&taken["detail"], &taken["invalid_parameters"]), (&json!("name is taken; choose another"), &wrong));
        let version = desk.version("/orders", json!({"plan_ids": [id(&plan)]})).await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": id(&plan)});
        alice.make("/api/v1/subscriptions", wish.clone()).await;
        let twice = alice.post("/api/v1/subscriptions", wish).await.problem(409, "already_subscribed");
        assert_eq!(twice["invalid_parameters"][0]["field"], "api_version_id", "{twice}");
        // Where no field is to blame, none is named.
        let used = admin.send(Method::DELETE, &format!("{PATH}/{}", id(&plan)), &[("if-match", "\"v1\"")], None).await;
        assert_eq!(used.problem(409, "in_use").get("invalid_parameters"), None);

        // In a form it is said beside the field, and nothing that was typed is lost.
        let root = Browser::of_administrator(&desk).await;
        let new = "/console/plans/new";
        let page = root.fill(new, new, &[("name", "gold"), ("description", "As dear")]).await.expect(409);
        assert_eq!(error_of(&page, "name"), "Name is taken; choose another.");
        assert!(page.text.contains("As dear"), "{}", page.text);
    }
);

both!(
    async fn a_plan_is_made_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let limits = json!([{"requests": 1000, "per": "day"}, {"requests": 10, "per": "second"}]);
        let made = admin.post(PATH, json!({"name": "Gold", "limits": limits, "needs_approval": true})).await.expect(201);
        let plan = made.json();
        let path = format!("{PATH}/{}", id(&plan));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        assert_eq!((&plan["limits"], &plan["description"]), (&limits, &json!("")));
        assert_eq!((&plan["needs_approval"], &plan["offered_by_default"]), (&json!(true), &json!(false)));
        assert_eq!(admin.get(&path).await.expect(200).json(), plan);

        let change = json!({"description": "Much", "limits": [], "needs_approval": false, "offered_by_default": true});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200).json();
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(&changed[field], value);
        }
        assert_eq!(changed["name"], "Gold");
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");
        admin.send(Method::DELETE, &path, &[("if-match", "\"v1\"")], None).await.problem(412, "stale");

        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
        admin.patch(&path, json!({"name": "x"})).await.problem(404, "not_found");
        admin.delete(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        let limits = |limits: Value| admin.post(PATH, json!({"name": "x", "limits": limits}));
        admin.post(PATH, json!({"name": " "})).await.names("name");
        admin.post(PATH, json!({"name": "x", "needs_approval": "yes"})).await.names("needs_approval");
        admin.post(PATH, json!({"name": "x", "price": 5})).await.names("price");
        limits(json!([{"requests": 0, "per": "day"}])).await.names("limits[0].requests");
        limits(json!([{"requests": -1, "per": "day"}])).await.names("limits[0].requests");
        limits(json!([{"requests": 1.5, "per": "day"}])).await.names("limits[0].requests");
        limits(json!([{"requests": u64::MAX, "per": "day"}])).await.names("limits[0].requests");
        limits(json!([{"requests": 1}])).await.names("limits[0].per");
        limits(json!([{"requests": 1, "per": "week"}])).await.names("limits[0].per");
        limits(json!([{"requests": 1, "per": "day"}, {"requests": 2, "per": "day"}])).await.names("limits[1].per");
        limits(json!([{"requests": 1, "per": "day", "burst": 2}])).await.names("limits[0].burst");
        desk.assert_nothing_happened(before).await;
        let path = format!("{PATH}/{}", desk.plan("Free", false).await);
        admin.patch(&path, json!({"limits": null})).await.names("limits");
        admin.patch(&path, json!({"name": ""})).await.names("name");
    }
);

both!(
    async fn f_49_of_many_at_once_one_gets_the_name(desk) {
        let answers = at_once(12, |n| {
            let admin = desk.admin.clone();
            let name = ["Gold", "GOLD", "Gоld", "Ｇold"][n % 4];
            async move { admin.post(PATH, json!({"name": name})).await }
        })
        .await;
        one_was_made(answers, "taken");
        assert_eq!(ids(&desk.admin.get(PATH).await).len(), 1);
        let silver = desk.plan("Silver", false).await;
        desk.admin.patch(&format!("{PATH}/{silver}"), json!({"name": "gold"})).await.problem(409, "taken");
    }
);

both!(
    async fn the_same_idempotency_key_makes_one(desk) {
        let key = [("idempotency-key", "k1")];
        let first = desk.admin.send(Method::POST, PATH, &key, Some(&json!({"name": "Gold"}))).await.expect(201);
        let again = desk.admin.send(Method::POST, PATH, &key, Some(&json!({"name": "Gold"}))).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
        desk.admin.send(Method::POST, PATH, &key, Some(&json!({"name": "Tin"}))).await.problem(422, "idempotency_mismatch");
    }
);

both!(
    async fn a_plan_in_use_stays_and_an_unused_one_is_offered_no_more(desk) {
        let admin = &desk.admin;
        let (free, gold) = (desk.plan("Free", false).await, desk.plan("Gold", true).await);
        let version = desk.version("/orders", json!({"plan_ids": [free, gold]})).await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": free});
        let subscription = admin.make("/api/v1/subscriptions", wish).await;
        admin.delete(&format!("{PATH}/{free}")).await.problem(409, "in_use");

        // The one that is wanted is in use as well.
        let change = format!("/api/v1/subscriptions/{}/change-plan", id(&subscription));
        alice.post(&change, json!({"plan_id": gold})).await.expect(200);
        admin.delete(&format!("{PATH}/{gold}")).await.problem(409, "in_use");
        alice.post(&change, json!({"plan_id": free})).await.expect(200);
        admin.delete(&format!("{PATH}/{gold}")).await.expect(204);
        let version = admin.get(&format!("/api/v1/api-versions/{version}")).await.expect(200);
        assert_eq!((&version.json()["plan_ids"], version.header("etag")), (&json!([free]), "\"v2\""));
    }
);

both!(
    async fn a_169_developers_look_and_administrators_change(desk) {
        let plan = desk.plan("Free", false).await;
        let path = format!("{PATH}/{plan}");
        let reads = [
            (Method::GET, PATH.to_owned(), json!(null)),
            (Method::GET, path.clone(), json!(null)),
        ];
        let writes = [
            (Method::POST, PATH.to_owned(), json!({"name": "x"})),
            (Method::PATCH, path.clone(), json!({"needs_approval": false})),
            (Method::DELETE, path.clone(), json!(null)),
        ];
        let alice = desk.developer("alice").await;
        let (reader, other) = (desk.token(&["plans:read"]).await, desk.token(&["apis:write"]).await);
        let before = desk.changes().await;
        desk.anonymous().is_refused(&reads, 401, "unauthenticated").await;
        desk.anonymous().is_refused(&writes, 401, "unauthenticated").await;
        alice.is_refused(&writes, 403, "forbidden").await;
        reader.is_refused(&writes, 403, "forbidden").await;
        other.is_refused(&reads, 403, "forbidden").await;
        other.is_refused(&writes, 403, "forbidden").await;
        desk.assert_nothing_happened(before).await;
        for user in [&alice, &reader] {
            assert_eq!(user.get(&path).await.expect(200).json()["name"], "Free");
            assert_eq!(ids(&user.get(PATH).await.expect(200)), [plan.as_str()]);
        }
    }
);

both!(
    async fn a_renamed_plan_is_named_so_at_the_gateway_at_once(desk) {
        let plan = desk.plan("Free", false).await;
        let version = desk.version("/orders", json!({"plan_ids": [plan]})).await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        desk.admin.make("/api/v1/subscriptions", wish).await;
        let named = || verifier::get(&desk, "/orders", &key).unwrap().plan().map(str::to_owned);
        assert_eq!(named().as_deref(), Some("Free"));
        desk.admin.patch(&format!("{PATH}/{plan}"), json!({"name": "Gratis für alle"})).await.expect(200);
        assert_eq!(named().as_deref(), Some("Gratis f%C3%BCr alle"));
    }
);

both!(
    async fn a_plan_that_is_deleted_at_the_same_time_is_offered_nowhere(desk) {
        let plan = desk.plan("Free", false).await;
        let api = desk.admin.make("/api/v1/apis", json!({"name": "Orders"})).await;
        let versions = format!("/api/v1/apis/{}/versions", id(&api));
        let answers = at_once(10, |n| {
            let (admin, versions, plan) = (desk.admin.clone(), versions.clone(), plan.clone());
            let version = json!({"name": format!("v{n}"), "path_prefixes": [format!("/{n}")], "plan_ids": [plan]});
            async move {
                match n {
                    3 => admin.delete(&format!("{PATH}/{plan}")).await,
                    _ => admin.post(&versions, version).await,
                }
            }
        })
        .await;
        for answer in answers {
            if answer.status == 400 {
                answer.names("plan_ids[0]");
            } else {
                assert!(answer.status.is_success(), "{}", answer.text);
            }
        }
        let listed = desk.admin.get("/api/v1/api-versions").await.json();
        for version in listed["items"].as_array().unwrap() {
            assert_eq!(version["plan_ids"], json!([]));
        }
        desk.admin.get(&format!("{PATH}/{plan}")).await.problem(404, "not_found");
    }
);
