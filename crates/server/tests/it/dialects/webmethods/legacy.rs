//! The doors of older gateways: closed unless they are opened, and under the same checks.

use reqwest::Method;
use serde_json::json;

use super::{Portal, developer, settings};
use crate::support::{Desk, Engine, both};

fn open_doors() -> keywright_server::Options {
    let many = 1_000_000;
    keywright_server::Options {
        legacy_doors: true,
        token_requests_per_minute: many,
        stranger_requests_per_minute: many,
        ..keywright_server::Options::default()
    }
}

both!(
    async fn a_250_they_are_closed_by_default(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let asked = portal.ask(&desk, &portal.admin, "App").await;
        let before = desk.changes().await;
        for (method, path) in [
            (Method::POST, format!("/portal/abs/apirepository/v1/accesstokens/?eventId={}", asked.event)),
            (Method::POST, format!("/abs/apirepository/v1/accesstokens?eventId={}", asked.event)),
            (Method::GET, "/abs/apirepository/v1/events".to_owned()),
            (Method::POST, "/abs/apirepository/v1/events".to_owned()),
            (Method::POST, "/abs/apirepository/providers".to_owned()),
            (Method::PUT, format!("/abs/apirepository/providers/{}/apis", portal.provider)),
            (Method::DELETE, format!("/abs/apirepository/v1/providers/{}/apis", portal.provider)),
        ] {
            let body = json!([{"eventId": asked.event, "eventStatus": "REJECTED"}]);
            portal.gateway.send(method.clone(), &path, Some(&body)).await.expect(404);
            desk.anonymous().send(method, &path, &[], Some(&body)).await.expect(401);
        }
        desk.assert_nothing_happened(before).await;
    }
);

async fn open(engine: Engine) {
    let desk = Desk::start_with(engine, settings(), open_doors()).await;
    let portal = Portal::open(&desk).await;
    let alice = developer(&desk, "alice").await;

    // Gateways in the older form.
    let provider = json!({"name": "Old Gateway", "description": "Of 9.12"});
    let made = portal.admin.make("/abs/apirepository/providers", provider.clone()).await;
    let apis = format!("/abs/apirepository/providers/{made}/apis");
    for user in [&alice, &portal.gateway] {
        user.post("/abs/apirepository/providers", provider.clone()).await.expect(403);
        user.put(&apis, json!([portal.apis[0]])).await.expect(403);
    }
    let other = desk.admin.make("/api/v1/apis", json!({"name": "Old API"})).await;
    portal.admin.put(&apis, json!([other["id"]])).await.expect(200);
    let listed = portal.admin.get(&format!("/rest/v1/providers/{made}/apis")).await.expect(200).json();
    assert_eq!(listed, json!([other["id"]]));
    portal.admin.send(Method::DELETE, &apis, Some(&json!([other["id"]]))).await.expect(200);
    let events = "/abs/apirepository/v1/events";

    // A gateway that cannot be called asks by itself.
    let asked = portal.ask(&desk, &alice, "First App").await;
    let list = portal.gateway.get(&format!("{events}?eventStatus=NEW")).await.expect(200).json();
    assert_eq!(
        (&list[0]["eventid"], &list[0]["type"]),
        (&json!(asked.event), &json!("REQUEST_ACCESS_TOKEN"))
    );
    let answer = |status: &str| json!([{"eventId": asked.event, "eventStatus": status}]);
    let before = desk.changes().await;
    alice.post(events, answer("REJECTED")).await.expect(403);
    alice.get(events).await.expect(403);
    let foreign = json!([{"eventId": uuid::Uuid::now_v7(), "eventStatus": "REJECTED"}]);
    portal.gateway.post(events, foreign).await.expect(404);
    portal.gateway.post(events, answer("MAYBE")).await.expect(400);
    desk.assert_nothing_happened(before).await;
    portal.gateway.post(events, answer("ACCEPTED")).await.expect(200);
    let list = portal.gateway.get(&format!("{events}?eventStatus=INPROGRESS")).await.expect(200).json();
    assert_eq!(list[0]["status"], "INPROGRESS");

    // API-Portal's own way to store credentials.
    let stored = json!({
        "name": "First App", "appId": asked.application, "userId": "x", "type": "Application",
        "accessTokenDetails": [
            {"type": "APIKey", "properties": [{"key": "apiKeyString", "value": "old door key"}]},
            {"type": "OAuth2", "properties": [
                {"key": "clientId", "value": "c"}, {"key": "clientSecret", "value": "s"},
                {"key": "redirect_uris", "value": "[\"https://a.example/cb\"]"}, {"key": "refreshCount", "value": 3},
            ]},
        ],
    });
    let path = format!("/abs/apirepository/v1/accesstokens?eventId={}", asked.event);
    alice.post(&path, stored.clone()).await.expect(403);
    let done = portal.gateway.post(&path, stored).await.expect(200).json();
    assert_eq!(done["accesstokenuuid"], asked.application);
    let shown = alice.get(&format!("/rest/v1/applications/{}", asked.application)).await.expect(200).json();
    assert_eq!(shown["credentials"][0]["apiKey"], "old door key");
    assert_eq!(shown["credentials"][1]["redirectUris"], json!(["https://a.example/cb"]));
    assert_eq!(
        (&shown["status"], &shown["credentials"][1]["tokenRefreshLimit"]),
        (&json!("LIVE"), &json!(3))
    );

    // The two steps that were published for another vendor's gateway.
    let second = portal.ask(&desk, &alice, "Second App").await;
    let path = format!("/portal/abs/apirepository/v1/accesstokens/?eventId={}", second.event);
    let done = portal.gateway.post(&path, json!({"name": "Second App"})).await.expect(200).json();
    assert_eq!(
        done,
        json!({"message": "Application created successfully", "accessTokenUuid": second.application, "status": "SUCCESS"})
    );
    let path = format!("/portal/rest/v1/applications/{}", second.application);
    portal.gateway.put(&path, super::api_key("second step")).await.expect(200);
    assert_eq!(alice.get(&path).await.expect(200).json()["credentials"][0]["apiKey"], "second step");

    // And the only way to say no.
    let third = portal.ask(&desk, &alice, "Third App").await;
    let no = json!([{"eventId": third.event, "eventStatus": "REJECTED", "reason": "we do not know you"}]);
    portal.gateway.post(events, no).await.expect(200);
    let request = alice.get(&format!("/rest/v1/requests/{}", third.request)).await.expect(200).json();
    assert_eq!(request["status"], "REJECTED");
    let (subject, text) = desk.mails("alice@example.com").await.swap_remove(0);
    assert!(subject.contains("refused") && text.contains("we do not know you"), "{subject}: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_gateways_ask_answer_and_refuse_sqlite() {
    open(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_gateways_ask_answer_and_refuse_postgres() {
    open(Engine::Postgres).await;
}
