//! `/api/v1/administrators`

use domain::AdministratorRole;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, at_once, both, id, visitor};

const PATH: &str = "/api/v1/administrators";
const PASSWORD: &str = "eleven odd kettles hum";

async fn make(desk: &Desk, name: &str, role: &str) -> Value {
    let body = json!({"email": format!("{name}@example.com"), "password": PASSWORD, "role": role});
    desk.admin.make(PATH, body).await
}

both!(
    async fn an_administrator_is_made_changed_shut_out_and_let_in(desk) {
        let admin = &desk.admin;
        let ada = make(&desk, "ada", "auditor").await;
        assert_eq!((&ada["role"], &ada["gateway_id"], &ada["disabled_at"]), (&json!("auditor"), &Value::Null, &Value::Null));
        assert!(!ada.to_string().contains("argon2"));
        let path = format!("{PATH}/{}", id(&ada));
        assert_eq!(admin.get(&path).await.expect(200).json(), ada);
        let gateway = admin.make("/api/v1/gateways", json!({"name": "X"})).await;
        let provider = json!({"role": "provider", "gateway_id": id(&gateway)});
        admin.send(Method::PATCH, &path, &[], Some(&provider)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&provider)).await.expect(200).json();
        assert_eq!((&changed["role"], &changed["gateway_id"]), (&json!("provider"), &gateway["id"]));
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&provider)).await.problem(412, "stale");
        let list = admin.get(PATH).await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);

        let root = make(&desk, "root", "administrator").await;
        let session = desk.app.sign_in_administrator(&visitor(), "ada@example.com", PASSWORD, "t").await.unwrap();
        let ada = desk.session(session.secret.expose());
        ada.get("/api/v1/account/sessions").await.expect(200);
        let out = admin.post(&format!("{path}/disable"), json!({})).await.expect(200).json();
        assert!(out["disabled_at"].is_string());
        admin.post(&format!("{path}/disable"), json!({})).await.problem(409, "state");
        ada.get("/api/v1/account/sessions").await.problem(401, "unauthenticated");
        let refused = desk.app.sign_in_administrator(&visitor(), "ada@example.com", PASSWORD, "t").await;
        assert_eq!(refused.unwrap_err().to_string(), "your account is not open");
        let refused = desk.app.identify_basic(&visitor(), "ada@example.com", PASSWORD).await;
        assert_eq!(refused.unwrap_err().to_string(), "your account is not open");
        admin.post(&format!("{path}/enable"), json!({})).await.expect(200);
        admin.post(&format!("{path}/enable"), json!({})).await.problem(409, "state");
        desk.app.sign_in_administrator(&visitor(), "ada@example.com", PASSWORD, "t").await.unwrap();
        ada.get("/api/v1/account/sessions").await.problem(401, "unauthenticated");
        // Only one may do everything, and stays.
        let root = format!("{PATH}/{}", id(&root));
        admin.post(&format!("{root}/disable"), json!({})).await.problem(409, "last_administrator");
        admin.patch(&root, json!({"role": "auditor"})).await.problem(409, "last_administrator");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let ada = make(&desk, "ada", "approver").await;
        let before = desk.changes().await;
        let new = |body: Value| {
            let mut all = json!({"email": "eve@example.com", "password": PASSWORD, "role": "auditor"});
            all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            desk.admin.post(PATH, all)
        };
        new(json!({"email": "nobody"})).await.names("email");
        new(json!({"password": "short"})).await.names("password");
        new(json!({"role": "root"})).await.names("role");
        new(json!({"role": "provider"})).await.names("gateway_id");
        new(json!({"role": "provider", "gateway_id": uuid::Uuid::nil()})).await.names("gateway_id");
        new(json!({"gateway_id": uuid::Uuid::nil()})).await.names("gateway_id");
        new(json!({"more": 1})).await.names("more");
        new(json!({"email": "ADA@example.com"})).await.problem(409, "taken");
        let path = format!("{PATH}/{}", id(&ada));
        desk.admin.patch(&path, json!({"role": "provider"})).await.names("gateway_id");
        desk.admin.patch(&format!("{PATH}/{}", uuid::Uuid::nil()), json!({"role": "auditor"})).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_163_only_administrators_make_administrators(desk) {
        let ada = make(&desk, "ada", "auditor").await;
        let path = format!("{PATH}/{}", id(&ada));
        let gateway = desk.admin.make("/api/v1/gateways", json!({"name": "X"})).await;
        let provider = AdministratorRole::Provider { gateway_id: id(&gateway).parse().unwrap() };
        let users = [
            desk.developer("alice").await,
            desk.administrator_as("decides", AdministratorRole::Approver).await,
            desk.administrator_as("looks", AdministratorRole::Auditor).await,
            desk.administrator_as("gateway", provider).await,
            desk.token(&["administrators:read"]).await,
            // It could make somebody who may do more than itself.
            desk.token(&["administrators:write"]).await,
        ];
        let new = json!({"email": "eve@example.com", "password": PASSWORD, "role": "administrator"});
        let requests = [
            (Method::POST, PATH.to_owned(), new.clone()),
            (Method::PATCH, path.clone(), json!({"role": "administrator"})),
            (Method::POST, format!("{path}/disable"), json!({})),
            (Method::POST, format!("{path}/enable"), json!({})),
        ];
        let before = desk.changes().await;
        for user in &users {
            user.is_refused(&requests, 403, "forbidden").await;
        }
        desk.anonymous().is_refused(&requests, 401, "unauthenticated").await;
        desk.assert_nothing_happened(before).await;
        // Nor does a token that ends.
        let ends = json!({"name": "T", "scopes": ["*:write"], "expires_at": "2026-11-24T00:00:00Z"});
        let ends = desk.admin.make("/api/v1/tokens", ends).await;
        let ends = desk.session(ends["token"].as_str().unwrap());
        ends.post(PATH, new.clone()).await.problem(403, "forbidden");
        let root = desk.administrator().await;
        root.post(PATH, new).await.expect(201);
    }
);

both!(
    async fn a_169_nobody_changes_their_own_account_and_a_role_counts_at_once(desk) {
        let root = desk.administrator().await;
        let own = format!("{PATH}/{}", root.id);
        root.patch(&own, json!({"role": "auditor"})).await.problem(409, "own_account");
        root.post(&format!("{own}/disable"), json!({})).await.problem(409, "own_account");
        let other = desk.administrator_as("other", AdministratorRole::Administrator).await;
        other.post("/api/v1/plans", json!({"name": "Gold"})).await.expect(201);
        root.patch(&format!("{PATH}/{}", other.id), json!({"role": "auditor"})).await.expect(200);
        other.post("/api/v1/plans", json!({"name": "Silver"})).await.problem(403, "forbidden");
        other.get("/api/v1/plans").await.expect(200);
    }
);

both!(
    async fn f_53_of_two_who_shut_each_other_out_at_once_one_remains(desk) {
        let first = desk.administrator_as("first", AdministratorRole::Administrator).await;
        let second = desk.administrator_as("second", AdministratorRole::Administrator).await;
        let answers = at_once(2, |n| {
            let (by, whom) = if n == 0 { (first.clone(), second.id.clone()) } else { (second.clone(), first.id.clone()) };
            async move { by.post(&format!("{PATH}/{whom}/disable"), json!({})).await.status.as_u16() }
        })
        .await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        let left = desk.admin.get(PATH).await.expect(200).json();
        let left = left["items"].as_array().unwrap().iter().filter(|it| it["disabled_at"].is_null()).count();
        assert_eq!(left, 1);
    }
);

both!(
    async fn a_163_an_approver_decides_on_what_waits_and_sees_nothing_else(desk) {
        let approver = desk.administrator_as("decides", AdministratorRole::Approver).await;
        let alice = desk.developer("alice").await;
        let plan = desk.plan("Gold", true).await;
        let version = desk.version("/a", json!({"plan_ids": [plan]})).await;
        let shop = alice.application().await;
        let other = id(&alice.make("/api/v1/applications", json!({"name": "Other"})).await).to_owned();
        approver.get(&format!("/api/v1/applications/{shop}")).await.problem(404, "not_found");
        approver.get(&format!("/api/v1/developers/{}", alice.id)).await.problem(404, "not_found");
        let ask = json!({"application_id": shop, "api_version_id": version, "plan_id": plan});
        let asked = id(&alice.make("/api/v1/subscriptions", ask).await).to_owned();
        let path = format!("/api/v1/subscriptions/{asked}");
        assert_eq!(approver.get("/api/v1/subscriptions").await.expect(200).json()["items"][0]["id"], json!(asked));
        approver.get(&path).await.expect(200);
        approver.get(&format!("/api/v1/applications/{shop}")).await.expect(200);
        approver.get(&format!("/api/v1/developers/{}", alice.id)).await.expect(200);
        approver.get(&format!("/api/v1/applications/{other}")).await.problem(404, "not_found");
        let before = desk.changes().await;
        let requests = [
            (Method::PATCH, format!("/api/v1/applications/{shop}"), json!({"name": "Mine"})),
            (Method::DELETE, format!("/api/v1/applications/{shop}"), Value::Null),
            (Method::DELETE, path.clone(), Value::Null),
            (Method::POST, format!("{path}/revoke"), json!({})),
            (Method::GET, format!("/api/v1/credentials?application_id={shop}"), Value::Null),
            (Method::GET, "/api/v1/applications".to_owned(), Value::Null),
            (Method::GET, "/api/v1/audit".to_owned(), Value::Null),
            (Method::POST, "/api/v1/requests".to_owned(), json!({"kind": "create", "name": "Pets", "apis": []})),
        ];
        approver.is_refused(&requests, 403, "forbidden").await;
        desk.assert_nothing_happened(before).await;
        approver.post(&format!("{path}/approve"), json!({})).await.expect(200);
        approver.get(&path).await.problem(404, "not_found");
        approver.post(&format!("{path}/approve"), json!({})).await.problem(404, "not_found");
        approver.get(&format!("/api/v1/applications/{shop}")).await.problem(404, "not_found");
        assert_eq!(alice.get(&path).await.expect(200).json()["status"], "approved");
    }
);

both!(
    async fn a_163_a_provider_sees_its_own_gateway(desk) {
        let admin = &desk.admin;
        let mut gateways = Vec::new();
        for name in ["One", "Two"] {
            let gateway = id(&admin.make("/api/v1/gateways", json!({"name": name})).await).to_owned();
            let api = id(&admin.make("/api/v1/apis", json!({"name": format!("API of {name}")})).await).to_owned();
            admin.put(&format!("/api/v1/gateways/{gateway}/apis/{api}"), json!({})).await.expect(200);
            gateways.push((gateway, api));
        }
        let role = AdministratorRole::Provider { gateway_id: gateways[0].0.parse().unwrap() };
        let provider = desk.administrator_as("gateway", role).await;
        let alice = desk.developer("alice").await;
        let mut requests = Vec::new();
        for (_, api) in &gateways {
            let body = json!({"kind": "create", "name": format!("Pets {api}"), "apis": [api]});
            requests.push(id(&alice.make("/api/v1/requests", body).await).to_owned());
        }
        provider.get(&format!("/api/v1/gateways/{}", gateways[0].0)).await.expect(200);
        provider.get(&format!("/api/v1/gateways/{}", gateways[1].0)).await.problem(404, "not_found");
        assert_eq!(provider.get("/api/v1/gateways").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
        let listed = provider.get("/api/v1/requests").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(listed["items"][0]["id"], json!(requests[0]));
        provider.get(&format!("/api/v1/requests/{}", requests[0])).await.expect(200);
        provider.get(&format!("/api/v1/requests/{}", requests[1])).await.problem(404, "not_found");
        let before = desk.changes().await;
        provider.delete(&format!("/api/v1/requests/{}", requests[0])).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);
