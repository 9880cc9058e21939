//! The vendor's tutorial in its order, with a gateway that is a program of its own. Each answer is compared with the
//! page's, ids and times as placeholders.

use reqwest::Method;
use serde_json::{Value, json};

use super::gateway::{LOGIN, LittleGateway};
use super::{Asked, Portal, looks_like, settings, until};
use crate::support::{Desk, both, id};

async fn hook(desk: &Desk, portal: &Portal, gateway: &LittleGateway) -> String {
    let hook = json!({
        "url": gateway.url,
        "configuration_type": "PROVIDER",
        "subscriptions": [
            {"id": "GATEWAY_APPLICATION_CREATION_REQUEST_EVENT"},
            {"id": "GATEWAY_APPLICATION_SCOPE_INCREASE_REQUEST_EVENT"},
            "GATEWAY_APPLICATION_SCOPE_DECREASE_REQUEST_EVENT",
            "GATEWAY_APPLICATION_UPDATION_REQUEST_EVENT",
        ],
        "parameters": {"authentication": "BASIC", "username": LOGIN.0, "password": LOGIN.1},
    });
    let hook = portal.admin.make("/portal/rest/v1/hooks", hook).await;
    let provider = json!({
        "name": "X Gateway", "id": portal.provider, "stage": "X Gateway", "type": "THIRD_PARTY",
        "summary": "Another's", "description": "Provisions petstores", "webhooks": [hook],
    });
    let path = format!("/rest/v1/providers/{}", portal.provider);
    let stored = portal.admin.put(&path, provider).await.expect(200).json();
    assert_eq!((&stored["documentType"], &stored["webhooks"]), (&json!("PROVIDER"), &json!([hook])));
    assert!(!desk.everything_kept().await.contains(LOGIN.1), "the hook's password is kept in clear");
    hook
}

fn executor() -> Value {
    json!({"id": "<uuid>", "email": null, "lastname": "System", "firstname": "Administrator", "name": "administrator"})
}

fn asked_for(portal: &Portal, api: usize, reference: &str, application: &str) -> Value {
    json!({
        "executor": executor(),
        "source": {"id": portal.apis[api], "externalref": reference},
        "contextdata": {
            "consumer_appName": "Petstore App",
            "consumer_appDesc": "Sells pets",
            "tenant": "default",
            "redirect_uris": ["http://127.0.0.1:8080/portal/rest/v1/oauth/callback"],
            "provider_id": portal.provider,
            "api_id": portal.apis[api],
            "application_id": application,
        },
        "type": "REQUEST_ACCESS_TOKEN",
        "creationdate": "<second>",
        "eventid": "<uuid>",
        "status": "NEW",
    })
}

fn updated() -> Value {
    json!({"status": 200, "body": {"code": 200, "message": "Application is updated successfully"}})
}

both!(
    async fn seed_004_the_tutorial_from_its_beginning_to_its_end(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let gateway = LittleGateway::start(&desk);
        hook(&desk, &portal, &gateway).await;
        Portal::deliver(&desk);
        let admin = &portal.admin;

        // An application is asked for; the gateway hears of it, makes credentials, and stores them by call-back.
        let wish = json!({
            "context": {"name": "Petstore App", "description": "Sells pets", "apis": [portal.apis[0]]},
            "type": "APPLICATION_CREATION_REQUEST",
        });
        let made = admin.post("/rest/v1/requests", wish).await.expect(201).json();
        looks_like(&made, &json!({"id": "<uuid>", "_self": format!("/portal/rest/v1/requests/{}", id(&made))}));
        let asked = Asked::of(&desk, id(&made)).await;
        let heard = gateway.heard(0).await;
        assert_eq!((&heard["authorized"], &heard["content_type"]), (&json!(true), &json!("application/json")));
        let expected = asked_for(&portal, 0, "24372f80-072e-455f-9235-5c01fbe6f139", &asked.application);
        looks_like(&heard["event"], &expected);
        assert_eq!(heard["event"]["eventid"], asked.event);
        assert_eq!(gateway.answered(0).await, updated());

        // Another API: the same application, the other API, an event of its own.
        let wish = json!({
            "context": {"application": asked.application, "apis": [portal.apis[1]]},
            "type": "APPLICATION_API_REGISTRATION_REQUEST",
        });
        admin.post("/rest/v1/requests", wish).await.expect(201);
        let heard = gateway.heard(1).await;
        looks_like(&heard["event"], &asked_for(&portal, 1, "other", &asked.application));
        assert_ne!(heard["event"]["eventid"], asked.event);
        assert_eq!(gateway.answered(1).await, updated());

        // The application as it is now: both APIs, one set of credentials.
        let path = format!("/rest/v1/applications/{}", asked.application);
        let application = admin.get(&path).await.expect(200).json();
        looks_like(&application, &shown(&portal, &asked.application, &[0, 1]));

        // One API is given up. The gateway answers without a body.
        let wish = json!({
            "context": {"application": asked.application, "apis": [portal.apis[0]]},
            "type": "APPLICATION_API_DEREGISTRATION_REQUEST",
        });
        admin.post("/rest/v1/requests", wish).await.expect(201);
        let revoke = json!({
            "executor": executor(),
            "source": {"id": asked.application, "externalref": null},
            "contextdata": {
                "api": {"id": portal.apis[0], "externalRef": "24372f80-072e-455f-9235-5c01fbe6f139"},
                "application_id": asked.application,
            },
            "type": "REVOKE_ACCESS_TOKEN",
            "creationdate": "<second>",
            "eventid": "<uuid>",
            "status": "NEW",
        });
        looks_like(&gateway.heard(2).await["event"], &revoke);
        assert_eq!(gateway.answered(2).await, updated());
        let after = admin.get(&path).await.expect(200).json();
        looks_like(&after, &shown(&portal, &asked.application, &[1]));
        assert_eq!(after["credentials"], application["credentials"], "credentials went without being replaced");

        a_failed_delivery_is_seen_and_retried(&desk, &portal, &gateway).await;
    }
);

/// The last step of the page: what could not be delivered is found in a list, and sent again by hand.
async fn a_failed_delivery_is_seen_and_retried(desk: &Desk, portal: &Portal, gateway: &LittleGateway) {
    gateway.refuse(true);
    let asked = portal.ask(desk, &portal.admin, "Second App").await;
    let path = format!("/portal/rest/v1/applications/{}/requests", asked.application);
    let failed = until("a failed delivery", async || {
        let list = portal.admin.get(&path).await.expect(200).json();
        (list["result"][0]["status"] == "DELIVERY_UNSUCCESSFUL").then_some(list)
    })
    .await;
    let expected = json!({
        "result": [{
            "owner": "<uuid>",
            "id": asked.request,
            "modified": "<minute>",
            "created": "<minute>",
            "documentType": "USER_REQUEST",
            "type": "APPLICATION_CREATION_REQUEST",
            "status": "DELIVERY_UNSUCCESSFUL",
            "application": asked.application,
            "state": {asked.state.clone(): "DELIVERY_UNSUCCESSFUL"},
        }],
        "count": 1,
    });
    looks_like(&failed, &expected);

    gateway.refuse(false);
    let (heard, answers) = (gateway.count(), 3);
    let retry = format!("/rest/v1/requests/{}/retry?state={}", asked.request, asked.state);
    let answer = portal.admin.send(Method::PUT, &retry, None).await.expect(200).json();
    looks_like(&answer, &json!({"code": 200, "message": "User request retried successfully"}));
    // The same event: who knows it already can tell.
    assert_eq!(gateway.heard(heard).await["event"]["eventid"], asked.event);
    assert_eq!(gateway.answered(answers).await, updated());
    let done = portal.admin.get(&path).await.expect(200).json();
    assert_eq!(done["result"][0]["status"], "COMPLETED", "{done}");
    let trace =
        portal.admin.get(&format!("/rest/v1/requests/{}/trace", asked.request)).await.expect(200).json();
    let events: Vec<&str> = trace["trace"]["petstore1"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| entry["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        events[..3],
        [
            "PORTAL_APPLICATION_CREATION_REQUEST_EVENT",
            "APPLICATION_REQUEST_APPROVED_EVENT",
            "GATEWAY_APPLICATION_CREATION_REQUEST_EVENT"
        ]
    );
    assert!(events.contains(&"USER_REQUEST_RETRY_EVENT"), "{events:?}");
    let failed = &trace["trace"]["petstore1"].as_array().unwrap().iter().rev().nth(2).unwrap();
    assert_eq!((&failed["code"], &failed["status"]), (&json!("500"), &json!("FAILED")), "{trace}");
}

/// The application as the page shows it.
fn shown(portal: &Portal, application: &str, apis: &[usize]) -> Value {
    let apis: Vec<&String> = apis.iter().map(|&api| &portal.apis[api]).collect();
    json!({
        "name": "Petstore App",
        "owner": "<uuid>",
        "id": application,
        "documentType": "APPLICATION",
        "providerRef": portal.provider,
        "access": {"teams": [], "users": []},
        "apis": apis,
        "credentials": [
            {"expiry": null, "apiKey": "<uuid>", "type": "APIKey"},
            {
                "clientId": "<uuid>",
                "clientSecret": "<uuid>",
                "scopes": [],
                "tokenLifeTime": 3600,
                "tokenRefreshLimit": 0,
                "authorizationUris": ["https://gateway.example:5543/authorize"],
                "accessTokenUris": ["https://gateway.example:5543/token"],
                "redirectUris": ["https://desk.example/portal/rest/v1/oauth/callback"],
                "refreshTokenUris": ["https://gateway.example:5543/refresh"],
                "type": "OAuth2",
            },
            {
                "claimsets": [{"name": "default", "claims": [{"key": "app_id", "value": "<uuid>"}]}],
                "accesstoken_uris": null,
                "type": "JWT",
            },
        ],
        "status": "LIVE",
        "slots": {"$stage": "X Gateway"},
        "deleted": false,
        "description": "Sells pets",
        "app_type": "API",
    })
}
