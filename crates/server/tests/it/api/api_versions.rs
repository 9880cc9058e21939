//! `/api/v1/api-versions` and `/api/v1/apis/{id}/versions`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, anonymous, at_once, both, id, ids, one_was_made};
use crate::verifier;

const PATH: &str = "/api/v1/api-versions";
const MISSING: &str = "00000000-0000-7000-8000-000000000000";

/// A new API: where its versions are.
async fn api(desk: &Desk, name: &str) -> String {
    format!("/api/v1/apis/{}/versions", id(&desk.admin.make("/api/v1/apis", json!({"name": name})).await))
}

both!(
    async fn a_version_is_made_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let versions = api(&desk, "Orders").await;
        let made = admin.post(&versions, json!({"name": " v1 ", "path_prefixes": ["/orders"]})).await.expect(201);
        let version = made.json();
        let path = format!("{PATH}/{}", id(&version));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        let expected = json!({
            "id": id(&version), "api_id": versions.split('/').nth(4), "name": "v1", "description": "", "tags": [],
            "deprecated": false, "private": false, "cors": false,
            "auth_strategy_id": ids(&admin.get("/api/v1/auth-strategies").await)[0],
            "accepted_credentials": ["api_key"], "required_roles": [], "required_scopes": [], "operation_scopes": [],
            "audiences": [], "subscription_required": true, "plan_ids": [], "hosts": [], "path_prefixes": ["/orders"], "methods": [],
            "approval": "by_plan", "open_for_subscriptions": true,
            "specification": null, "created_at": "2026-11-23T04:00:00Z", "updated_at": "2026-11-23T04:00:00Z",
        });
        assert_eq!(version, expected);
        assert_eq!(admin.get(&path).await.expect(200).json(), expected);

        let strategy = json!({"name": "Query", "method": {"kind": "key_auth", "locations": [{"query": "key"}]}});
        let strategy = admin.make("/api/v1/auth-strategies", strategy).await;
        let plan = desk.plan("Free", false).await;
        let change = json!({
            "name": "v2", "description": "Better", "tags": ["b2b"], "deprecated": true, "private": true, "cors": true,
            "auth_strategy_id": id(&strategy), "accepted_credentials": ["api_key", "basic", "bearer"], "required_roles": ["gold"],
            "required_scopes": ["orders:read"], "audiences": ["https://api.test/orders"], "subscription_required": false, "plan_ids": [plan],
            "hosts": ["api.example.com"], "path_prefixes": ["/orders/v2", "/o2"], "methods": ["GET", "POST"],
        });
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        desk.clock.advance(std::time::Duration::from_secs(5));
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200);
        let mut expected = expected;
        expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        expected["updated_at"] = json!("2026-11-23T04:00:05Z");
        assert_eq!((changed.header("etag"), changed.json()), ("\"v2\"", expected.clone()));
        let same = admin.patch(&path, json!({})).await.expect(200).json();
        assert_eq!(same, expected);
        admin.send(Method::PATCH, &path, &[("if-match", "\"v2\"")], Some(&change)).await.problem(412, "stale");
        admin.send(Method::DELETE, &path, &[("if-match", "\"v2\"")], None).await.problem(412, "stale");

        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
        admin.patch(&path, json!({"name": "v3"})).await.problem(404, "not_found");
        admin.delete(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn what_is_left_out_gets_a_sensible_value(desk) {
        let admin = &desk.admin;
        let versions = api(&desk, "Orders").await;
        let default = json!({"name": "Standard", "offered_by_default": true});
        let default = admin.make("/api/v1/plans", default).await;
        let gold = desk.plan("Gold", true).await;
        let make = |settings: Value| admin.make(&versions, settings);
        let offered = make(json!({"name": "v1", "path_prefixes": ["/v1"]})).await;
        assert_eq!(offered["plan_ids"], json!([id(&default)]));
        let named = make(json!({"name": "v2", "path_prefixes": ["/v2"], "plan_ids": [gold, gold]})).await;
        assert_eq!(named["plan_ids"], json!([gold]));
        let none = make(json!({"name": "v3", "path_prefixes": ["/v3"], "plan_ids": []})).await;
        assert_eq!(none["plan_ids"], json!([]));
        let open = make(json!({"name": "v4", "path_prefixes": ["/v4"], "accepted_credentials": []})).await;
        assert_eq!(open["subscription_required"], json!(false));
        let hosts = make(json!({"name": "v5", "path_prefixes": ["/v5"], "hosts": ["API.Example.com"]})).await;
        assert_eq!(hosts["hosts"], json!(["api.example.com"]));
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let versions = api(&desk, "Orders").await;
        let plan = desk.plan("Free", false).await;
        let before = desk.changes().await;
        let with = |field: &str, value: Value| {
            let mut version = json!({"name": "v1", "path_prefixes": ["/orders"]});
            version[field] = value;
            admin.post(&versions, version)
        };
        admin.post(&versions, json!({"name": "v1"})).await.names("path_prefixes");
        admin.post(&versions, json!({"path_prefixes": ["/v1"]})).await.names("name");
        with("path_prefixes", json!([])).await.names("path_prefixes");
        with("path_prefixes", json!(["/a", "/a/../b"])).await.names("path_prefixes[1]");
        with("path_prefixes", json!(["/a%2fb"])).await.names("path_prefixes[0]");
        with("path_prefixes", json!(["orders"])).await.names("path_prefixes[0]");
        with("hosts", json!(["https://api.example.com"])).await.names("hosts[0]");
        with("hosts", json!(["api.example.com:8443"])).await.names("hosts[0]");
        with("methods", json!(["get"])).await.names("methods[0]");
        with("methods", json!(["PURGE"])).await.names("methods[0]");
        with("required_roles", json!(["a b"])).await.names("required_roles[0]");
        with("required_scopes", json!([""])).await.names("required_scopes[0]");
        with("tags", json!("b2b")).await.names("tags");
        with("accepted_credentials", json!(["password"])).await.names("accepted_credentials[0]");
        with("auth_strategy_id", json!("default")).await.names("auth_strategy_id");
        with("auth_strategy_id", json!(MISSING)).await.names("auth_strategy_id");
        with("plan_ids", json!([plan, MISSING])).await.names("plan_ids[1]");
        with("plan_ids", json!(["free"])).await.names("plan_ids[0]");
        with("api_id", json!(MISSING)).await.names("api_id");
        with("specification", json!({})).await.names("specification");
        let mut open = json!({"name": "v1", "path_prefixes": ["/orders"], "accepted_credentials": []});
        open["subscription_required"] = json!(true);
        admin.post(&versions, open).await.names("subscription_required");
        let new = json!({"name": "v1", "path_prefixes": ["/orders"]});
        admin.post(&format!("/api/v1/apis/{MISSING}/versions"), new).await.problem(404, "not_found");
        admin.get(&format!("/api/v1/apis/{MISSING}/versions")).await.problem(404, "not_found");
        admin.get(&format!("{PATH}?api_id=1")).await.names("api_id");
        admin.get(&format!("{PATH}?private=true")).await.names("private");
        desk.assert_nothing_happened(before).await;

        let path = format!("{PATH}/{}", desk.version("/stock", json!({})).await);
        let before = desk.changes().await;
        admin.patch(&path, json!({"auth_strategy_id": MISSING})).await.names("auth_strategy_id");
        admin.patch(&path, json!({"plan_ids": [MISSING]})).await.names("plan_ids[0]");
        admin.patch(&path, json!({"cors": null})).await.names("cors");
        admin.patch(&path, json!({"accepted_credentials": []})).await.names("subscription_required");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn two_versions_are_never_published_at_one_place(desk) {
        let admin = &desk.admin;
        let versions = api(&desk, "Orders").await;
        let publish = |name: &str, hosts: &[&str], prefixes: &[&str], methods: &[&str]| {
            let version = json!({"name": name, "hosts": hosts, "path_prefixes": prefixes, "methods": methods});
            admin.post(&versions, version)
        };
        publish("v1", &[], &["/orders"], &[]).await.expect(201);
        let taken = publish("a", &[], &["/other", "/orders"], &[]).await.problem(409, "route_taken");
        assert!(taken["detail"].as_str().unwrap().contains("/orders is published already by version v1"), "{taken}");
        assert_eq!(taken["invalid_parameters"][0]["field"], "path_prefixes", "{taken}");
        for alike in ["/Orders", "/ORDERS"] {
            publish("a", &[], &[alike], &[]).await.problem(409, "route_taken");
        }
        publish("a", &[], &["/orders"], &["GET"]).await.problem(409, "route_taken");
        publish("v2", &[], &["/orders/v2"], &[]).await.expect(201);
        publish("v3", &["api.example.com"], &["/orders"], &["GET"]).await.expect(201);
        publish("a", &["b.example.com", "API.example.com"], &["/orders"], &["GET"]).await.problem(409, "route_taken");
        let posts = publish("v4", &["api.example.com"], &["/orders"], &["POST"]).await.expect(201).json();
        publish("a", &["api.example.com"], &["/Orders"], &["PUT"]).await.problem(409, "route_taken");

        let path = format!("{PATH}/{}", id(&posts));
        admin.patch(&path, json!({"methods": ["POST", "GET"]})).await.problem(409, "route_taken");
        admin.patch(&path, json!({"hosts": []})).await.problem(409, "route_taken");
        admin.patch(&path, json!({"path_prefixes": ["/orders"]})).await.expect(200);
    }
);

both!(
    async fn of_many_at_once_one_gets_the_place(desk) {
        let mut apis = Vec::new();
        for n in 0..8 {
            apis.push(api(&desk, &format!("API {n}")).await);
        }
        let answers = at_once(apis.len(), |n| {
            let (admin, versions) = (desk.admin.clone(), apis[n].clone());
            let prefix = ["/orders", "/Orders"][n % 2];
            async move { admin.post(&versions, json!({"name": "v1", "path_prefixes": [prefix]})).await }
        })
        .await;
        one_was_made(answers, "route_taken");
        assert_eq!(ids(&desk.admin.get(PATH).await).len(), 1);
    }
);

both!(
    async fn f_49_names_are_unique_within_an_api(desk) {
        let (orders, stock) = (api(&desk, "Orders").await, api(&desk, "Stock").await);
        let answers = at_once(8, |n| {
            let (admin, orders) = (desk.admin.clone(), orders.clone());
            let version = json!({"name": (["v1", "V1", "ｖ1"][n % 3]), "path_prefixes": [format!("/{n}")]});
            async move { admin.post(&orders, version).await }
        })
        .await;
        one_was_made(answers, "taken");
        assert_eq!(ids(&desk.admin.get(&orders).await).len(), 1);
        desk.admin.make(&stock, json!({"name": "v1", "path_prefixes": ["/stock"]})).await;
    }
);

both!(
    async fn the_same_idempotency_key_makes_one_in_each_api(desk) {
        let (orders, stock) = (api(&desk, "Orders").await, api(&desk, "Stock").await);
        let key = [("idempotency-key", "k1")];
        let version = |path: &str| json!({"name": "v1", "path_prefixes": [path]});
        let first = desk.admin.send(Method::POST, &orders, &key, Some(&version("/orders"))).await.expect(201);
        let again = desk.admin.send(Method::POST, &orders, &key, Some(&version("/orders"))).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
        let other = desk.admin.send(Method::POST, &stock, &key, Some(&version("/stock"))).await.expect(201);
        assert_eq!(other.header("idempotent-replayed"), "");
    }
);

both!(
    async fn lists_are_of_one_api_or_of_all(desk) {
        let (orders, stock) = (api(&desk, "Orders").await, api(&desk, "Stock").await);
        let mut made = Vec::new();
        for (n, versions) in [&orders, &stock, &orders, &orders].into_iter().enumerate() {
            let version = json!({"name": format!("v{n}"), "path_prefixes": [format!("/{n}")]});
            made.insert(0, id(&desk.admin.make(versions, version).await).to_owned());
        }
        let of_orders = [made[0].clone(), made[1].clone(), made[3].clone()];
        let api_id = orders.split('/').nth(4).unwrap();
        assert_eq!(ids(&desk.admin.get(PATH).await), made);
        assert_eq!(ids(&desk.admin.get(&orders).await), of_orders);
        assert_eq!(ids(&desk.admin.get(&format!("{PATH}?api_id={api_id}")).await), of_orders);
        assert_eq!(ids(&desk.admin.get(&format!("{PATH}?api_id={MISSING}")).await), [""; 0]);

        let first = desk.admin.get(&format!("{orders}?limit=2")).await.expect(200);
        let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
        assert_eq!(ids(&desk.admin.get(&format!("{orders}?limit=2&cursor={cursor}")).await), of_orders[2..]);
        desk.admin.get(&format!("{stock}?limit=2&cursor={cursor}")).await.names("cursor");
        desk.admin.get(&format!("{PATH}?limit=2&cursor={cursor}")).await.names("cursor");
    }
);

both!(
    async fn a_151_private_versions_are_unknown_to_those_without_a_subscription(desk) {
        let plan = desk.plan("Free", false).await;
        let public = desk.version("/public", json!({"plan_ids": [plan]})).await;
        let private = desk.version("/private", json!({"plan_ids": [plan], "private": true})).await;
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let application = alice.application().await;
        let path = format!("{PATH}/{private}");
        let api = desk.admin.get(&path).await.json()["api_id"].as_str().unwrap().to_owned();
        let versions = format!("/api/v1/apis/{api}/versions");
        let routes = |id: &str| ["", "/specification", "/operations"].map(|part| format!("{PATH}/{id}{part}"));
        for (foreign, missing) in routes(&private).iter().zip(&routes(MISSING)) {
            let unknown = anonymous(bob.get(missing).await.problem(404, "not_found"));
            assert_eq!(anonymous(bob.get(foreign).await.problem(404, "not_found")), unknown);
        }
        // lists and their lengths do not give it away either.
        assert_eq!(ids(&bob.get(PATH).await.expect(200)), [public.as_str()]);
        assert_eq!(bob.get(&format!("{PATH}?limit=1")).await.json()["next_cursor"], json!(null));
        bob.get(&versions).await.problem(404, "not_found");
        // Nor the API itself: its name may say what is being prepared.
        let apis = "/api/v1/apis";
        let of_bob = ids(&bob.get(apis).await.expect(200));
        assert!(of_bob.len() == 1 && !of_bob.contains(&api), "{of_bob:?}");
        let unknown = anonymous(bob.get(&format!("{apis}/{MISSING}")).await.problem(404, "not_found"));
        assert_eq!(anonymous(bob.get(&format!("{apis}/{api}")).await.problem(404, "not_found")), unknown);
        assert_eq!(ids(&desk.admin.get(apis).await.expect(200)).len(), 2);
        assert_eq!(ids(&bob.get(&format!("{PATH}?api_id={api}")).await.expect(200)), [""; 0]);

        let wish = json!({"application_id": application, "api_version_id": private, "plan_id": plan});
        let subscription = desk.admin.make("/api/v1/subscriptions", wish).await;
        alice.get(&path).await.expect(200);
        alice.get(&format!("{path}/operations")).await.expect(200);
        assert_eq!(ids(&alice.get(PATH).await), [private.as_str(), public.as_str()]);
        assert_eq!(ids(&alice.get(&versions).await), [private.as_str()]);
        alice.get(&format!("{apis}/{api}")).await.expect(200);
        assert_eq!(ids(&alice.get(apis).await.expect(200)).len(), 2);
        assert_eq!(ids(&bob.get(PATH).await), [public.as_str()]);
        alice.delete(&format!("/api/v1/subscriptions/{}", id(&subscription))).await.expect(204);
        alice.get(&path).await.problem(404, "not_found");
        alice.get(&versions).await.problem(404, "not_found");
    }
);

both!(
    async fn a_169_developers_look_and_administrators_change(desk) {
        let version = desk.version("/orders", json!({})).await;
        let path = format!("{PATH}/{version}");
        let api = desk.admin.get(&path).await.json()["api_id"].as_str().unwrap().to_owned();
        let versions = format!("/api/v1/apis/{api}/versions");
        let reads = [PATH, versions.as_str(), path.as_str()].map(|path| (Method::GET, path.to_owned(), json!(null)));
        let writes = [
            (Method::POST, versions.clone(), json!({"name": "v2", "path_prefixes": ["/v2"]})),
            (Method::PATCH, path.clone(), json!({"required_roles": []})),
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
        for user in [&alice, &reader] {
            assert_eq!(id(&user.get(&path).await.expect(200).json()), version);
            assert_eq!(ids(&user.get(PATH).await.expect(200)), [version.as_str()]);
            assert_eq!(ids(&user.get(&versions).await.expect(200)), [version.as_str()]);
        }
    }
);

both!(
    async fn the_gateway_goes_by_a_changed_version_at_once(desk) {
        let version = desk.version("/orders", json!({"subscription_required": false})).await;
        let path = format!("{PATH}/{version}");
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let get = |target: &str| verifier::get(&desk, target, &key).map(|_| ());
        let change = |change: Value| desk.admin.patch(&path, change);
        assert_eq!((get("/orders/1"), get("/Orders/1")), (Ok(()), Err("path_case")));

        change(json!({"path_prefixes": ["/o"]})).await.expect(200);
        assert_eq!((get("/orders/1"), get("/o/1")), (Err("api_unknown"), Ok(())));
        change(json!({"methods": ["POST"]})).await.expect(200);
        assert_eq!(get("/o"), Err("method_not_offered"));
        change(json!({"methods": [], "required_roles": ["gold"]})).await.expect(200);
        assert_eq!(get("/o"), Err("role_missing"));
        change(json!({"required_roles": [], "subscription_required": true})).await.expect(200);
        assert_eq!(get("/o"), Err("subscription_missing"));
        let open = json!({"accepted_credentials": [], "subscription_required": false});
        change(open).await.expect(200);
        assert!(verifier::call(&desk, "GET", "/o", &[]).is_ok());
        desk.admin.delete(&path).await.expect(204);
        assert_eq!(get("/o"), Err("api_unknown"));
    }
);

both!(
    async fn changes_at_once_wait_for_each_other_or_are_stale_but_do_not_block(desk) {
        let version = desk.version("/orders", json!({})).await;
        let path = format!("{PATH}/{version}");
        let answers = at_once(24, |n| {
            let (admin, path) = (desk.admin.clone(), path.clone());
            async move {
                match n % 2 {
                    0 => admin.patch(&path, json!({"description": format!("Change {n}")})).await,
                    _ => {
                        let (place, text) = (format!("{path}/specification"), json!({"openapi": "3.1.0", "n": n}));
                        admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&text)).await
                    }
                }
            }
        })
        .await;
        for answer in answers {
            if answer.status != 200 {
                answer.problem(412, "stale");
            }
        }
    }
);
