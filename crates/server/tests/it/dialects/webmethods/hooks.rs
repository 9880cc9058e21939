//! `/rest/v1/hooks` and `/rest/v1/providers`.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Portal, developer, settings};
use crate::support::{Answer, both};

#[track_caller]
fn says(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.json()["errors"], json!([error]), "{}", answer.text);
}

both!(
    async fn hooks_take_both_shapes_and_never_show_a_password(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let admin = &portal.admin;
        let url = "http://127.0.0.1:9999/hook";
        says(&admin.post("/rest/v1/hooks", json!({})).await, "Url is missing");
        let with = |parameters: Value| admin.post("/rest/v1/hooks", json!({"url": url, "parameters": parameters}));
        says(&with(json!({"authentication": "BASIC", "username": "a"})).await, "Password is missing");
        says(&with(json!({"authentication": "BASIC", "password": "a"})).await, "Username is missing");
        with(json!({"authentication": "SSL", "type": "jks"})).await.expect(400);
        admin.post("/rest/v1/hooks", json!({"url": url, "subscriptions": ["NOTHING_EVENT"]})).await.expect(400);
        // where the address guard says no, so does this.
        admin.post("/rest/v1/hooks", json!({"url": "http://169.254.169.254/latest"})).await.expect(400);

        let body = json!({
            "url": url, "subscriptions": ["SIGN_UP_EVENT", {"id": "EXTERNAL_VERIFICATION"}],
            "parameters": {"authentication": "BASIC", "username": "user", "password": "not to be seen"},
        });
        let hook = admin.make("/portal/rest/v1/hooks", body).await;
        let one = format!("/rest/v1/hooks/{hook}");
        let shown = admin.get(&one).await.expect(200);
        assert!(!shown.text.contains("not to be seen"));
        assert_eq!(shown.json(), json!({
            "id": hook, "url": url, "configuration_type": "SYSTEM", "enabled": true,
            "subscriptions": [{"id": "SIGN_UP_EVENT"}, {"id": "EXTERNAL_VERIFICATION_EVENT"}],
            "parameters": {"authentication": "BASIC", "username": "user"},
        }));
        // What is shown can be sent back: the password stays.
        let mut back = shown.json();
        back["enabled"] = json!(false);
        for method in [Method::PUT, Method::POST] {
            assert_eq!(admin.send(method, &one, Some(&back)).await.expect(200).json(), back);
        }
        let list = admin.get("/rest/v1/hooks").await.expect(200).json();
        assert_eq!((&list["count"], &list["_links"]["_self"]), (&json!(1), &json!("/portal/rest/v1/hooks?page=0")));
        let events = admin.get("/rest/v1/hooks/events").await.expect(200).json();
        assert!(events.as_array().unwrap().iter().any(|it| it["id"] == "GATEWAY_APPLICATION_UPDATION_REQUEST_EVENT"));
        admin.delete(&one).await.expect(204);
        let gone = admin.get(&one).await.expect(404).json();
        assert_eq!(gone["message"], format!("Unable to find the Webhook with id [{hook}]"));
    }
);

both!(
    async fn a_client_certificate_that_was_set_elsewhere_stays(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let url = "https://127.0.0.1:9999/hook";
        let hook = portal.admin.make("/rest/v1/hooks", json!({"url": url})).await;
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(["keywright".to_owned()]).unwrap().self_signed(&key).unwrap();
        let auth = json!({"kind": "certificate", "certificate": certificate.pem(), "private_key": key.serialize_pem()});
        let path = format!("/api/v1/webhook-endpoints/{hook}");
        let set = desk.admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&json!({"auth": auth}))).await;
        set.expect(200);
        let one = format!("/rest/v1/hooks/{hook}");
        let mut shown = portal.admin.get(&one).await.expect(200).json();
        assert_eq!(shown["parameters"], json!({"authentication": "SSL"}));
        shown["enabled"] = json!(false);
        assert_eq!(portal.admin.put(&one, shown.clone()).await.expect(200).json(), shown);
        assert_eq!(desk.admin.get(&path).await.json()["auth"]["certificate"], certificate.pem());
        // Without TLS there is none.
        shown["url"] = json!("http://127.0.0.1:9999/hook");
        portal.admin.put(&one, shown).await.expect(400);
        portal.admin.put(&one, json!({"url": url, "parameters": {"authentication": "NONE"}})).await.expect(200);
        assert_eq!(desk.admin.get(&path).await.json()["auth"], json!({"kind": "none"}));
    }
);

both!(
    async fn hooks_and_providers_are_administrators(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let hook = portal.admin.make("/rest/v1/hooks", json!({"url": "http://127.0.0.1:9999/x"})).await;
        let (hook, provider) = (format!("/rest/v1/hooks/{hook}"), format!("/rest/v1/providers/{}", portal.provider));
        let before = desk.changes().await;
        for (method, path, body) in [
            (Method::GET, "/rest/v1/hooks".to_owned(), json!(null)),
            (Method::POST, "/rest/v1/hooks".to_owned(), json!({"url": "http://127.0.0.1:9999/y"})),
            (Method::GET, "/rest/v1/hooks/events".to_owned(), json!(null)),
            (Method::GET, hook.clone(), json!(null)),
            (Method::PUT, hook.clone(), json!({"url": "http://127.0.0.1:9999/z"})),
            (Method::DELETE, hook, json!(null)),
            (Method::POST, "/rest/v1/providers".to_owned(), json!({"name": "Mine"})),
            (Method::PUT, provider.clone(), json!({"name": "Mine"})),
            (Method::DELETE, provider.clone(), json!(null)),
            (Method::PUT, format!("{provider}/apis"), json!([portal.apis[0]])),
            (Method::DELETE, format!("{provider}/apis"), json!([portal.apis[0]])),
            (Method::PUT, format!("{provider}/packages"), json!([portal.apis[0]])),
            (Method::DELETE, format!("{provider}/packages"), json!([portal.apis[0]])),
        ] {
            let body = Some(&body).filter(|body| !body.is_null());
            alice.send(method.clone(), &path, body).await.expect(403);
            desk.anonymous().send(method, &path, &[], body).await.expect(401);
        }
        desk.assert_nothing_happened(before).await;
        // Whoever is signed in sees which there are; not what they are called at.
        let shown = alice.get(&provider).await.expect(200).json();
        assert_eq!((&shown["name"], &shown["hooks"]), (&json!("X Gateway"), &json!([])));
    }
);

both!(
    async fn providers_come_in_three_forms(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let admin = &portal.admin;
        let prefix = "com.aris.umc.apiportal.external.event.notify";
        let legacy = json!({
            "name": "Old Gateway", "external_key_provider": true, "credentials": "dXNlcjpzZWNyZXQ=", "apiportaluuid": "x",
            "notificationPlugins": [{"id": "HTTP", "pluginParameters": {
                format!("{prefix}.endpoint"): "http://127.0.0.1:9999/old",
                format!("{prefix}.method"): "POST", format!("{prefix}.contentType"): "application/json",
            }}],
        });
        let old = admin.make("/rest/v1/providers", legacy).await;
        let one = format!("/rest/v1/providers/{old}");
        let shown = admin.get(&one).await.expect(200).json();
        assert_eq!(shown["hooks"][0]["url"], "http://127.0.0.1:9999/old");
        assert_eq!(shown["hooks"][0]["parameters"], json!({"authentication": "BASIC", "username": "user"}));
        let list = admin.get("/portal/rest/v1/providers?limit=1").await.expect(200).json();
        assert_eq!(list["_links"]["_next"], "/portal/rest/v1/providers?page=1&limit=1");
        let last = admin.get("/portal/rest/v1/providers?limit=1&page=1").await.expect(200).json();
        assert!(last["_links"].get("_next").is_none() && last["count"] == 2, "{last}");
        admin.get("/rest/v1/providers?page=-1").await.expect(400);
        admin.get("/rest/v1/providers?limit=0").await.expect(400);

        // An API is one gateway's at most.
        let apis = format!("{one}/apis");
        admin.put(&apis, json!([portal.apis[0]])).await.expect(409);
        let free = desk.admin.make("/api/v1/apis", json!({"name": "free"})).await["id"].clone();
        let linked = admin.put(&apis, json!([free])).await.expect(200).json();
        assert_eq!(linked["message"], "API/s  linked successfully with provider");
        assert_eq!(admin.get(&apis).await.expect(200).json(), json!([free]));
        let gone = admin.send(Method::DELETE, &apis, Some(&json!([free]))).await.expect(200).json();
        assert_eq!(gone["message"], "API/s  un-linked successfully with provider");
        admin.put(&apis, json!([uuid::Uuid::now_v7()])).await.expect(400);
        admin.delete(&one).await.expect(204);
        let gone = admin.get(&one).await.expect(404).json();
        assert_eq!(gone, json!({"code": 404, "message": format!("Unable to find the Provider with id [{old}]")}));
        assert_eq!(admin.get("/rest/v1/hooks").await.expect(200).json()["count"], 0);
        let x = admin.get("/rest/v1/providers/x").await.expect(404).json();
        assert_eq!(x["message"], "Unable to find the Provider with id [x]");
    }
);
