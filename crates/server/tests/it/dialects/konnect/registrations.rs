//! `/api/v2/applications/{applicationId}/registrations`, and applications by version.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, product};
use crate::support::{Desk, both, id};

fn place(application: &str) -> String {
    format!("/api/v2/applications/{application}/registrations")
}

/// What an administrator decides about a registration.
async fn decide(desk: &Desk, registration: &Value, what: &str) {
    let path = format!("/api/v1/subscriptions/{}/{what}", id(registration));
    desk.admin.send(Method::POST, &path, &[("if-match", "*")], None).await.expect(200);
}

both!(
    async fn a_registration_waits_is_decided_and_ends(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (api, version) = product(&desk, "Orders", json!({})).await;
        let path = place(&ada.application("Shop").await);
        let body = json!({"product_version_id": version});
        let made = ada.post(&path, body.clone()).await.is(201, "registration");
        assert_eq!((&made["status"], &made["product_name"]), (&json!("pending"), &json!("Orders")));
        assert_eq!((&made["product_id"], &made["product_version_name"]), (&json!(api), &json!("v1")));
        let one = format!("{path}/{}", id(&made));
        assert_eq!(ada.get(&one).await.is(200, "registration"), made);
        ada.post(&path, body.clone()).await.refused(409, "Conflict");

        decide(&desk, &made, "reject").await;
        assert_eq!(ada.get(&one).await.is(200, "registration")["status"], "rejected");
        ada.post(&path, body.clone()).await.refused(409, "Conflict");
        ada.delete(&one).await.empty(204);
        ada.get(&one).await.refused(404, "Not Found");
        ada.delete(&one).await.refused(404, "Not Found");

        let made = ada.post(&path, body.clone()).await.is(201, "registration");
        let one = format!("{path}/{}", id(&made));
        for (what, status) in [("approve", "approved"), ("revoke", "revoked"), ("approve", "approved")] {
            decide(&desk, &made, what).await;
            assert_eq!(ada.get(&one).await.is(200, "registration")["status"], status);
        }
        // Whoever could delete what was revoked could ask anew, and have it back.
        decide(&desk, &made, "revoke").await;
        ada.delete(&one).await.refused(409, "Conflict");
        ada.get(&format!("{one}/granted-scopes")).await.refused(422, "Unsupported IDP");
        let scopes = path.replace("registrations", &format!("product-versions/{version}/granted-scopes"));
        let refused = ada.get(&scopes).await.refused(422, "Unsupported IDP");
        assert_eq!(refused["type"], "https://kongapi.info/konnect/portal/granted-scopes-unavailable");
        assert_eq!(refused["detail"], "This feature is not supported by the application.");
    }
);

both!(
    async fn who_approves_is_decided_by_portal_version_and_plan(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let path = place(&ada.application("Shop").await);
        let status = async |version: &str| {
            let made = ada.post(&path, json!({"product_version_id": version})).await.is(201, "registration");
            made["status"].as_str().unwrap().to_owned()
        };
        let config = async |(api, version): &(String, String)| {
            let version = ada.get(&format!("/api/v2/products/{api}/versions/{version}")).await.is(200, "version");
            version["registration_configs"][0].clone()
        };
        let by_plan = product(&desk, "ByPlan", json!({})).await;
        let automatic = product(&desk, "Automatic", json!({"approval": "automatic"})).await;
        let manual = product(&desk, "Manual", json!({"approval": "manual"})).await;
        for (product, is_automatic) in [(&by_plan, false), (&automatic, true), (&manual, false)] {
            assert_eq!(config(product).await["registration_auto_approve"], is_automatic);
            assert_eq!(status(&product.1).await, if is_automatic { "approved" } else { "pending" });
        }
        desk.admin.patch("/api/v1/portal", json!({"approves_subscriptions": true})).await.expect(200);
        let overridden = product(&desk, "Overridden", json!({"approval": "manual"})).await;
        assert_eq!(config(&overridden).await["registration_auto_approve"], true);
        assert_eq!(status(&overridden.1).await, "approved");
        // What waits goes on waiting.
        let page = ada.get(&format!("{path}?filter[status]=pending")).await.is(200, "registrations");
        assert_eq!(page["meta"]["page"]["total"], 2);

        let closed = product(&desk, "Closed", json!({"open_for_subscriptions": false})).await;
        let unplanned = product(&desk, "Unplanned", json!({"plan_ids": []})).await;
        for product in [&closed, &unplanned] {
            assert_eq!(config(product).await["registration_enabled"], false);
            let body = json!({"product_version_id": product.1});
            ada.post(&path, body).await.refused(409, "Conflict");
        }
        let change = json!({"open_for_subscriptions": false});
        desk.admin.patch(&format!("/api/v1/api-versions/{}", automatic.1), change).await.expect(200);
        let page = ada.get(&format!("{path}?filter[product_name]=Automatic")).await.is(200, "registrations");
        assert_eq!(page["data"][0]["status"], "approved");

        let method = json!({"kind": "key_auth", "locations": [{"header": "x-other"}]});
        let other = desk.admin.make("/api/v1/auth-strategies", json!({"name": "Other", "method": method})).await;
        let elsewhere = product(&desk, "Elsewhere", json!({"auth_strategy_id": other["id"]})).await;
        ada.post(&path, json!({"product_version_id": elsewhere.1})).await.refused(409, "Conflict");
        let unknown = json!({"product_version_id": "00000000-0000-7000-8000-000000000000"});
        ada.post(&path, unknown).await.refused(404, "Not Found");
        ada.post(&path, json!({})).await.wrong(&["body product_version_id required"]);
        ada.post(&path, json!({"product_version_id": 5})).await.wrong(&["body product_version_id is_string"]);
        let scoped = json!({"product_version_id": by_plan.1, "scopes": ["a"]});
        let wrong = ada.post(&path, scoped).await.wrong(&["body scopes dependent_fields"]);
        assert_eq!(wrong["invalid_parameters"][0]["dependents"], json!(["product_version_id"]));
    }
);

both!(
    async fn registrations_are_filtered_and_found_by_version(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let (orders, v1) = product(&desk, "Orders", json!({})).await;
        let (_, v2) = product(&desk, "Weather", json!({"name": "v2", "approval": "automatic"})).await;
        let (shop, till) = (ada.application("Shop").await, ada.application("Till").await);
        let made = ada.post(&place(&shop), json!({"product_version_id": v1})).await.is(201, "registration");
        ada.post(&place(&shop), json!({"product_version_id": v2})).await.is(201, "registration");
        for (query, total) in [
            ("", 2),
            ("filter[status]=approved", 1),
            ("filter[status][eq]=revoked", 0),
            (&format!("filter[id]={}", id(&made)), 1),
            ("filter[product_name][contains]=ORD", 1),
            ("filter[product_name]=Weather&filter[product_version_name][contains]=V", 1),
            ("filter[product_version_name][eq]=v1", 1),
            ("page[size]=1", 2),
        ] {
            let page = ada.get(&format!("{}?{query}", place(&shop))).await.is(200, "registrations");
            assert_eq!(page["meta"]["page"]["total"], total, "{query}");
        }
        let wrong = ada.get(&format!("{}?filter[status]=x", place(&shop))).await.wrong(&["query filter[status] enum"]);
        assert_eq!(wrong["invalid_parameters"][0]["choices"], json!(["approved", "pending", "rejected", "revoked"]));

        let path = format!("/api/v2/products/{orders}/versions/{v1}/applications");
        let named = async |query: &str| {
            let page = ada.get(&format!("{path}{query}")).await.is(200, "version_applications");
            let data = page["data"].as_array().unwrap().clone();
            data.iter().map(|it| format!("{} {}", it["name"], it["registration_status"])).collect::<Vec<_>>()
        };
        assert_eq!(named("").await, [r#""Shop" "pending""#]);
        assert_eq!(named("?unregistered=true").await, [r#""Till" null"#]);
        assert_eq!(named("?unregistered=").await, [r#""Till" null"#]);
        assert_eq!(named("?unregistered=false&filter[status]=approved").await, [""; 0]);
        assert_eq!(named("?filter[name][contains]=sho").await.len(), 1);
        ada.get(&format!("{path}?unregistered=maybe")).await.wrong(&["query unregistered is_boolean"]);
        // An application takes its registrations with it.
        ada.delete(&format!("/api/v2/applications/{shop}")).await.empty(204);
        assert_eq!(named("").await, [""; 0]);
        ada.get(&place(&shop)).await.refused(404, "Not Found");
        assert_eq!(ada.get(&place(&till)).await.is(200, "registrations")["meta"]["page"]["total"], 0);
    }
);
