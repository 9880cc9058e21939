//! `/api/v1/approvals`, `/api/v1/approval-flows` and `/api/v1/approval-policies`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, User, both, id, ids};

const FLOWS: &str = "/api/v1/approval-flows";
const POLICY: &str = "/api/v1/approval-policies/applications";
const MISSING: &str = "00000000-0000-7000-8000-000000000000";

/// A flow in which these decide, and the policy that new applications go through it.
async fn policy(desk: &Desk, approvers: Value, everyone: bool) -> String {
    let steps = json!([{"approvers": approvers, "everyone": everyone}]);
    let flow = id(&desk.admin.make(FLOWS, json!({"name": "Flow", "steps": steps})).await).to_owned();
    let policy = json!({"steps": [{"kind": "flow", "flow_id": flow}]});
    desk.admin.put(POLICY, policy).await.expect(200);
    flow
}

/// Somebody asks for an application at a gateway. Where the request is.
async fn ask(desk: &Desk, user: &User, name: &str) -> String {
    let gateway = id(&desk.admin.make("/api/v1/gateways", json!({"name": name})).await).to_owned();
    let api = id(&desk.admin.make("/api/v1/apis", json!({"name": name})).await).to_owned();
    desk.admin.put(&format!("/api/v1/gateways/{gateway}/apis/{api}"), json!({})).await.expect(200);
    let wish = json!({"kind": "create", "name": name, "apis": [api]});
    format!("/api/v1/requests/{}", id(&user.make("/api/v1/requests", wish).await))
}

async fn status(user: &User, request: &str) -> String {
    user.get(request).await.expect(200).json()["status"].as_str().unwrap().to_owned()
}

both!(
    async fn approvers_find_what_waits_for_them_and_decide(desk) {
        let (alice, ada, ben) = (desk.developer("alice").await, desk.developer("ada").await, desk.developer("ben").await);
        policy(&desk, json!([{"developer": ada.id}, {"developer": ben.id}]), true).await;
        let request = ask(&desk, &alice, "Pets").await;
        assert_eq!(status(&alice, &request).await, "approval_pending");
        let inbox = ids(&ada.get("/api/v1/approvals").await);
        assert_eq!((inbox.len(), ids(&ben.get("/api/v1/approvals").await)), (1, inbox.clone()));
        assert_eq!(ids(&alice.get("/api/v1/approvals").await), [""; 0]);
        let path = format!("/api/v1/approvals/{}", inbox[0]);
        let shown = ada.get(&path).await.expect(200).json();
        assert_eq!((&shown["state"], &shown["developer_id"]), (&json!("pending"), &Value::Null));
        assert!(request.ends_with(shown["request_id"].as_str().unwrap()));
        assert_eq!((&shown["stages"][0]["current"], &shown["stages"][0]["everyone"]), (&json!(true), &json!(true)));

        let comment = json!({"comment": "fine by me"});
        let voted = ada.post(&format!("{path}/approve"), comment).await.expect(200).json();
        assert_eq!((&voted["state"], &voted["stages"][0]["votes"][0]["person"]), (&json!("pending"), &json!({"developer": ada.id})));
        // What somebody has decided does not wait for them any more.
        assert_eq!(ids(&ada.get("/api/v1/approvals").await), [""; 0]);
        ada.post(&format!("{path}/approve"), json!({})).await.problem(409, "voted");
        let decided = ben.post(&format!("{path}/approve"), json!({})).await.expect(200).json();
        assert_eq!(decided["state"], "approved");
        assert_ne!(status(&alice, &request).await, "approval_pending");
        assert_eq!(ids(&desk.admin.get("/api/v1/approvals?state=approved").await), inbox);
        assert_eq!(ids(&desk.admin.get("/api/v1/approvals?state=pending").await), [""; 0]);

        let request = ask(&desk, &alice, "Weather").await;
        let next = ids(&ada.get("/api/v1/approvals").await);
        let long = json!({"comment": "x".repeat(4_001)});
        let reject = format!("/api/v1/approvals/{}/reject", next[0]);
        let problem = ada.post(&reject, long).await.problem(400, "invalid");
        assert_eq!(problem["invalid_parameters"][0]["field"], "comment");
        ada.post(&reject, json!({"comment": "not today"})).await.expect(200);
        assert_eq!(status(&alice, &request).await, "rejected");
        let story = alice.get(&request).await.json();
        assert_eq!(story["trace"].as_array().unwrap().last().unwrap()["reason"], "not today");
    }
);

both!(
    async fn only_approvers_decide(desk) {
        let (alice, ada) = (desk.developer("alice").await, desk.developer("ada").await);
        policy(&desk, json!([{"developer": ada.id}]), false).await;
        ask(&desk, &alice, "Pets").await;
        let root = desk.administrator().await;
        let inbox = ids(&ada.get("/api/v1/approvals").await);
        let path = format!("/api/v1/approvals/{}", inbox[0]);
        let before = desk.changes().await;
        let decide = [
            (Method::POST, format!("{path}/approve"), json!({})),
            (Method::POST, format!("{path}/reject"), json!({})),
        ];
        // Not who asked, no stranger, and no administrator who is no approver.
        alice.is_refused(&decide, 404, "not_found").await;
        alice.get(&path).await.problem(404, "not_found");
        root.is_refused(&decide, 403, "forbidden").await;
        desk.admin.is_refused(&decide, 403, "forbidden").await;
        desk.anonymous().is_refused(&decide, 401, "unauthenticated").await;
        desk.anonymous().get("/api/v1/approvals").await.problem(401, "unauthenticated");
        desk.admin.get(&format!("/api/v1/approvals/{MISSING}")).await.problem(404, "not_found");
        alice.get("/api/v1/approvals?theirs=false").await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn flows_and_policies_are_made_read_changed_and_deleted(desk) {
        let ada = desk.developer("ada").await;
        let admin = &desk.admin;
        let flow = policy(&desk, json!([{"developer": ada.id}]), true).await;
        let path = format!("{FLOWS}/{flow}");
        let shown = admin.get(&path).await.expect(200);
        assert_eq!(shown.json()["steps"], json!([{"approvers": [{"developer": ada.id}], "everyone": true}]));
        let change = json!({"description": "For applications"});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200);
        assert_eq!((&changed.json()["description"], &changed.json()["steps"][0]["everyone"]), (&json!("For applications"), &json!(true)));
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");
        admin.delete(&path).await.problem(409, "in_use");
        assert_eq!(ids(&admin.get(FLOWS).await), [flow.as_str()]);

        let policies = admin.get("/api/v1/approval-policies").await.expect(200).json();
        assert_eq!(policies.as_array().unwrap().len(), 1);
        let one = admin.get(POLICY).await.expect(200);
        assert_eq!((&one.json()["scope"], &one.json()["steps"][0]["flow_id"]), (&json!("applications"), &json!(flow)));
        admin.get("/api/v1/approval-policies/accounts").await.problem(404, "not_found");
        admin.get("/api/v1/approval-policies/nothing").await.problem(404, "not_found");
        for (wrong, field) in [
            (json!({"steps": [{"kind": "flow", "flow_id": MISSING}]}), "steps[0].flow_id"),
            (json!({"steps": [{"kind": "external", "expires_s": 0}]}), "steps[0]"),
            (json!({"steps": [{"kind": "email", "expires_s": 3600}]}), "steps[0]"),
            (json!({}), "steps"),
        ] {
            let problem = admin.put(POLICY, wrong.clone()).await.problem(400, "invalid");
            assert_eq!(problem["invalid_parameters"][0]["field"], field, "{wrong}");
        }
        for (wrong, field) in [
            (json!({"name": "A", "steps": []}), "steps"),
            (json!({"name": "A", "steps": [{"approvers": []}]}), "steps[0].approvers"),
            (json!({"name": "A", "steps": [{"approvers": [{"group": MISSING}]}]}), "steps[0].approvers[0]"),
        ] {
            let problem = admin.post(FLOWS, wrong.clone()).await.problem(400, "invalid");
            assert_eq!(problem["invalid_parameters"][0]["field"], field, "{wrong}");
        }
        let accounts = json!({"steps": [{"kind": "email", "expires_s": 3600}, {"kind": "external", "expires_s": 60}]});
        admin.put("/api/v1/approval-policies/accounts", accounts).await.expect(200);
        admin.delete("/api/v1/approval-policies/accounts").await.expect(204);
        admin.delete(POLICY).await.expect(204);
        admin.delete(&path).await.expect(204);
    }
);

both!(
    async fn setting_approval_up_is_for_administrators(desk) {
        let ada = desk.developer("ada").await;
        let flow = policy(&desk, json!([{"developer": ada.id}]), true).await;
        let tool = desk.token(&["plans:write"]).await;
        let before = desk.changes().await;
        let steps = json!([{"approvers": [{"developer": ada.id}]}]);
        let requests = [
            (Method::GET, FLOWS.to_owned(), Value::Null),
            (Method::POST, FLOWS.to_owned(), json!({"name": "Mine", "steps": steps})),
            (Method::GET, format!("{FLOWS}/{flow}"), Value::Null),
            (Method::DELETE, format!("{FLOWS}/{flow}"), Value::Null),
            (Method::GET, "/api/v1/approval-policies".to_owned(), Value::Null),
            (Method::GET, POLICY.to_owned(), Value::Null),
            (Method::PUT, POLICY.to_owned(), json!({"steps": []})),
            (Method::DELETE, POLICY.to_owned(), Value::Null),
        ];
        ada.is_refused(&requests, 403, "forbidden").await;
        tool.is_refused(&requests, 403, "forbidden").await;
        desk.anonymous().is_refused(&requests, 401, "unauthenticated").await;
        desk.assert_nothing_happened(before).await;
    }
);
