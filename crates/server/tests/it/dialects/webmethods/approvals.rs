//! Who has to say yes before a gateway hears of anything.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Basic, PASSWORD, Portal, api_key, developer, settings};
use crate::support::{Desk, both, id};

const POLICY: &str = "/portal/rest/v1/approval/policy?type=APPLICATION_CREATION";

async fn group(desk: &Desk, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"developer": id})).collect();
    let group = desk.admin.make("/api/v1/groups", json!({"name": name, "members": members})).await;
    group["id"].as_str().unwrap().to_owned()
}

/// The policy: these steps of a flow, one after the other.
async fn require(portal: &Portal, steps: Value) -> String {
    let flow = json!({"name": "Flow", "description": "", "steps": steps});
    let flow = portal.admin.make("/portal/rest/v1/approvals", flow).await;
    let policy = json!({"policies": [{"type": "INTERNAL_APPROVAL", "parameters": {"flow_id": flow}}]});
    assert_eq!(portal.admin.put(POLICY, policy.clone()).await.expect(200).json(), policy);
    flow
}

async fn status(portal: &Portal, asked: &Asked) -> Value {
    portal.admin.get(&format!("/rest/v1/requests/{}", asked.request)).await.expect(200).json()["status"]
        .clone()
}

/// What waits for somebody.
async fn waiting(user: &Basic) -> Vec<String> {
    let list = user.get("/portal/rest/v1/approvals/request").await.expect(200).json();
    list["result"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

async fn decide(user: &Basic, id: &str, verb: &str) -> u16 {
    let path = format!("/portal/rest/v1/approvals/request/{id}/{verb}?comments=because");
    user.send(Method::PUT, &path, None).await.status.as_u16()
}

both!(
    async fn two_steps_are_decided_one_after_the_other(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (ada, ben) = (desk.developer("ada").await, desk.developer("ben").await);
        let [ada_, ben_] = ["ada", "ben"].map(|name| {
            Basic::new(&desk, &format!("{name}@example.com"), &format!("{name} likes violet umbrellas"))
        });
        let both = group(&desk, "Both", &[&ada.id, &ben.id]).await;
        require(&portal, json!([
            {"approver": [{"id": ada.id, "name": "Ada"}], "approver_type": "USER", "mode": "ANYONE"},
            {"approver": [{"id": both, "name": "Both"}], "approverType": "GROUP", "mode": "EVERYONE"},
        ])).await;
        let alice = developer(&desk, "alice").await;
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        assert_eq!(status(&portal, &asked).await, "APPROVAL_PENDING");
        assert_eq!(desk.mails("ada@example.com").await[0].0, "A request waits for your approval");
        let pending = portal.admin.get("/rest/v1/requests/pending?type=APPLICATION_CREATION_REQUEST").await;
        assert_eq!(pending.expect(200).json()["count"], 1);
        // The gateway cannot run ahead.
        portal.gateway.put(&asked.callback(), api_key("k")).await.expect(409);

        let [id] = waiting(&ada_).await.try_into().unwrap();
        assert!(waiting(&ben_).await.is_empty());
        for stranger in [&ben_, &alice, &portal.gateway] {
            assert!([403, 404].contains(&decide(stranger, &id, "approve").await));
        }
        assert_eq!(decide(&portal.admin, &id, "approve").await, 403, "an administrator is no approver by that alone");
        assert_eq!(decide(&ada_, &id, "approve").await, 200);
        assert_eq!(decide(&ada_, &id, "approve").await, 200);
        assert_eq!(decide(&ada_, &id, "approve").await, 409, "nobody says it twice");
        assert_eq!(status(&portal, &asked).await, "APPROVAL_PENDING");
        let bulk = portal_bulk(&ben_, "approve", &[&id]).await;
        assert_eq!(bulk, 200);
        assert_ne!(status(&portal, &asked).await, "APPROVAL_PENDING");
        portal.gateway.put(&asked.callback(), api_key("k")).await.expect(200);
        assert_eq!(status(&portal, &asked).await, "COMPLETED");
        let trace = portal.admin.get(&format!("/rest/v1/approvals/instance/{id}/trace")).await.expect(200).json();
        assert_eq!(trace["trace"][1]["decisions"].as_array().unwrap().len(), 2, "{trace}");
    }
);

async fn portal_bulk(user: &Basic, verb: &str, ids: &[&str]) -> u16 {
    let path = format!("/rest/v1/approvals/request/{verb}");
    user.put(&path, json!(ids)).await.status.as_u16()
}

both!(
    async fn one_no_is_enough_and_all_are_told(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (ada, ben) = (desk.developer("ada").await, desk.developer("ben").await);
        let ada_ = Basic::new(&desk, "ada@example.com", "ada likes violet umbrellas");
        let both = group(&desk, "Both", &[&ada.id, &ben.id]).await;
        require(&portal, json!([{"approver": [{"id": both}], "approver_type": "GROUP", "mode": "EVERYONE"}])).await;
        let alice = developer(&desk, "alice").await;
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        let [id] = waiting(&ada_).await.try_into().unwrap();
        assert_eq!(decide(&ada_, &id, "reject").await, 200);
        assert_eq!(status(&portal, &asked).await, "REJECTED");
        let path = format!("/rest/v1/applications/{}", asked.application);
        assert_eq!(alice.get(&path).await.expect(200).json()["status"], "REJECTED");
        let (subject, text) = desk.mails("alice@example.com").await.swap_remove(0);
        assert!(subject.contains("refused") && text.contains("because"), "{subject}: {text}");
        assert_eq!(desk.mails("ben@example.com").await[0].0, "A request was rejected");
        portal.gateway.put(&asked.callback(), api_key("k")).await.expect(409);
    }
);

both!(
    async fn an_empty_group_approves_nothing(desk, settings()) {
        let portal = Portal::open(&desk).await;
        for (mode, name) in [("ANYONE", "One"), ("EVERYONE", "Two")] {
            let nobody = group(&desk, name, &[]).await;
            let steps = json!([{"approver": [{"id": nobody}], "approver_type": "GROUP", "mode": mode}]);
            let flow = json!({"name": name, "steps": steps});
            let flow = portal.admin.make("/rest/v1/approvals", flow).await;
            let policy = json!({"policies": [{"type": "INTERNAL_APPROVAL", "parameters": {"flow_id": flow}}]});
            portal.admin.put(POLICY, policy).await.expect(200);
            let asked = portal.ask(&desk, &portal.admin, name).await;
            assert_eq!(status(&portal, &asked).await, "APPROVAL_PENDING", "{mode}");
            // Until nobody outside knows, it can be taken back.
            portal.admin.delete(&format!("/rest/v1/requests/{}", asked.request)).await.expect(204);
            portal.admin.get(&format!("/rest/v1/requests/{}", asked.request)).await.expect(404);
            portal.admin.get(&format!("/rest/v1/applications/{}", asked.application)).await.expect(404);
        }
    }
);

both!(
    async fn an_outside_system_decides_by_link_and_login_and_in_time(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let policy = json!({"policies": [{"type": "EXTERNAL_APPROVAL", "parameters": {"expiry": "10d"}}]});
        assert_eq!(portal.admin.put(POLICY, policy.clone()).await.expect(200).json(), policy);
        let alice = developer(&desk, "alice").await;
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        assert_eq!(status(&portal, &asked).await, "APPROVAL_PENDING");
        let (operator, filter) = (app::Caller::operator(), app::WebhookEventFilter::default());
        let events = desk.app.webhook_events(&operator, &filter, app::PageRequest::first(50)).await.unwrap().items;
        let event = events.iter().find(|event| event.kind == "approval.external_requested").expect("an event");
        let link = event.data["link_id"].as_str().unwrap();
        let path = |link: &str| format!("/portal/rest/v1/approvals/request/external/{link}/approve?comments=ok");
        // The link alone opens nothing.
        let before = desk.changes().await;
        desk.anonymous().send(Method::PUT, &path(link), &[], None).await.expect(401);
        for user in [&alice, &portal.gateway] {
            user.send(Method::PUT, &path(link), None).await.expect(403);
        }
        portal.admin.send(Method::PUT, &path(&asked.event), None).await.expect(404);
        desk.assert_nothing_happened(before).await;
        portal.admin.send(Method::PUT, &path(link), None).await.expect(200);
        portal.admin.send(Method::PUT, &path(link), None).await.expect(404);
        assert_ne!(status(&portal, &asked).await, "APPROVAL_PENDING");

        let late = portal.ask(&desk, &alice, "Late App").await;
        desk.clock.advance(Duration::from_secs(11 * 24 * 3600));
        desk.app.sweep().await.unwrap();
        assert_eq!(status(&portal, &late).await, "REJECTED");
    }
);

both!(
    async fn policies_and_flows_are_administrators(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let flow = require(&portal, json!([{"approver": [{"id": desk.developer("ada").await.id}], "approver_type": "USER", "mode": "ANYONE"}])).await;
        let one = format!("/rest/v1/approvals/{flow}");
        let before = desk.changes().await;
        for (method, path, body) in [
            (Method::GET, POLICY.to_owned(), json!(null)),
            (Method::PUT, POLICY.to_owned(), json!({"policies": []})),
            (Method::GET, "/rest/v1/approvals".to_owned(), json!(null)),
            (Method::POST, "/rest/v1/approvals".to_owned(), json!({"name": "x", "steps": []})),
            (Method::GET, one.clone(), json!(null)),
            (Method::PUT, one.clone(), json!({"name": "x", "steps": []})),
            (Method::DELETE, one.clone(), json!(null)),
            (Method::GET, "/rest/v1/approvals/instance".to_owned(), json!(null)),
        ] {
            let body = Some(&body).filter(|body| !body.is_null());
            alice.send(method.clone(), &path, body).await.expect(403);
            desk.anonymous().send(method, &path, &[], body).await.expect(401);
        }
        // What is wrong is named.
        let wrong = |policy: Value| portal.admin.put(POLICY, json!({"policies": [policy]}));
        wrong(json!({"type": "EMAIL_VERIFICATION", "parameters": {"expiry": "2d"}})).await.expect(400);
        wrong(json!({"type": "EXTERNAL_APPROVAL", "parameters": {"expiry": "soon"}})).await.expect(400);
        wrong(json!({"type": "INTERNAL_APPROVAL", "parameters": {"flow_id": uuid::Uuid::now_v7()}})).await.expect(400);
        portal.admin.delete(&one).await.expect(409);
        desk.assert_nothing_happened(before).await;
        portal.admin.get("/rest/v1/approvals/policy?type=USER_CREATION").await.expect(200);
        portal.admin.put(POLICY, json!({"policies": []})).await.expect(200);
        portal.admin.delete(&one).await.expect(204);
    }
);

both!(
    async fn new_users_are_approved_by_people_and_by_outside_systems(desk, settings()) {
        const USERS: &str = "/portal/rest/v1/approval/policy?type=USER_CREATION";
        let portal = Portal::open(&desk).await;
        let ada = desk.developer("ada").await;
        let ada_ = Basic::new(&desk, "ada@example.com", "ada likes violet umbrellas");
        let steps = json!([{"approver": [{"id": ada.id}], "approver_type": "USER", "mode": "ANYONE"}]);
        let flow = json!({"name": "Accounts", "description": "", "steps": steps});
        let flow = portal.admin.make("/portal/rest/v1/approvals", flow).await;
        let people = json!({"type": "INTERNAL_APPROVAL", "parameters": {"flow_id": flow}});
        let outside = json!({"type": "EXTERNAL_APPROVAL", "parameters": {"expiry": "10d"}});
        let mail = json!({"type": "EMAIL_VERIFICATION", "parameters": {"expiry": "2d"}});
        // The proof of the address has its place at the beginning.
        portal.admin.put(USERS, json!({"policies": [people, mail]})).await.expect(400);
        let policy = json!({"policies": [mail, people, outside]});
        assert_eq!(portal.admin.put(USERS, policy.clone()).await.expect(200).json(), policy);
        assert_eq!(portal.admin.get(USERS).await.expect(200).json(), policy);
        for user in [&ada_, &portal.gateway] {
            user.put(USERS, json!({"policies": []})).await.expect(403);
        }

        let visitor = crate::support::visitor();
        let register = async |name: &str| {
            let email = format!("{name}@example.com");
            desk.app.register(&visitor, &email, &format!("{name} Onboarded")).await.unwrap();
            let (_, text) = desk.mails(&email).await.remove(0);
            assert!(text.contains("within 2 days"), "{text}");
            let token = desk.token_in_last_mail(&email).await;
            desk.app.verify_email(&visitor, &token, Some(PASSWORD)).await.unwrap();
        };
        let sign_in = async |name: &str| {
            let email = format!("{name}@example.com");
            desk.app.sign_in(&visitor, &email, PASSWORD, "test").await.is_ok()
        };
        register("nora").await;
        assert!(!sign_in("nora").await);
        let first = waiting(&ada_).await.remove(0);
        let shown = ada_.get(&format!("/portal/rest/v1/approvals/request/{first}")).await.expect(200).json();
        assert_eq!((&shown["type"], &shown["contextData"]["email"]), (&json!("USER_ONBOARDING"), &json!("nora@example.com")));
        assert_eq!(decide(&ada_, &first, "approve").await, 200);
        assert!(!sign_in("nora").await);
        let (operator, filter) = (app::Caller::operator(), app::WebhookEventFilter::default());
        let events = desk.app.webhook_events(&operator, &filter, app::PageRequest::first(50)).await.unwrap().items;
        let event = events.iter().find(|event| event.kind == "approval.external_requested").expect("an event");
        assert_eq!(event.data["email"], "nora@example.com");
        let link = event.data["link_id"].as_str().unwrap();
        let path = format!("/portal/rest/v1/approvals/request/external/{link}/approve");
        portal.admin.send(Method::PUT, &path, None).await.expect(200);
        assert!(sign_in("nora").await);

        // Who is rejected stays outside; an administrator who decides alone takes it from the approvers.
        register("nils").await;
        let second = waiting(&ada_).await.remove(0);
        assert_eq!(decide(&ada_, &second, "reject").await, 200);
        assert!(!sign_in("nils").await);
        register("nina").await;
        let people = desk.admin.get("/api/v1/developers").await.expect(200).json();
        let nina = id(&people["items"][0]).to_owned();
        assert_eq!(people["items"][0]["email"], "nina@example.com");
        desk.admin.post(&format!("/api/v1/developers/{nina}/approve"), json!({})).await.expect(200);
        assert!(waiting(&ada_).await.is_empty());
        assert!(sign_in("nina").await);
    }
);
