//! Requests of all types, applications, what is shared, and what gateways report.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Basic, Portal, api_key, developer, settings};
use crate::support::{both, id};

both!(
    async fn every_type_of_request_goes_its_way(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let ask = async |kind: &str, context: Value| {
            let wish = json!({"type": kind, "context": context});
            Asked::of(&desk, &alice.make("/rest/v1/requests", wish).await).await
        };
        let answer = async |asked: &Asked| portal.gateway.put(&asked.callback(), json!(null)).await.expect(200);

        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        let app = asked.application.clone();
        let path = format!("/rest/v1/applications/{app}");
        let fresh = alice.get(&path).await.expect(200).json();
        assert_eq!((&fresh["status"], &fresh["apis"], &fresh["credentials"]), (&json!("INACTIVE"), &json!([]), &json!([])));
        portal.gateway.put(&asked.callback(), api_key("k")).await.expect(200);

        let more = ask("APPLICATION_API_REGISTRATION_REQUEST", json!({"application": app, "apis": [portal.apis[1]]})).await;
        // Nothing is asked twice while the first is on its way, nor what is there already.
        for apis in [json!([portal.apis[1]]), json!([portal.apis[0]]), json!([]), json!([portal.apis[0], portal.apis[0]])] {
            let wish = json!({"type": "APPLICATION_API_REGISTRATION_REQUEST", "context": {"application": app, "apis": apis}});
            let status = alice.post("/rest/v1/requests", wish).await.status.as_u16();
            assert!([400, 409].contains(&status), "{apis}: {status}");
        }
        answer(&more).await;
        let change = ask("APPLICATION_UPDATE_REQUEST", json!({"application": app, "name": "Renamed", "redirect_uris": ["https://a.example/cb"]})).await;
        assert_eq!(alice.get(&path).await.expect(200).json()["name"], "Petstore App", "before the gateway has answered");
        answer(&change).await;
        let less = ask("APPLICATION_API_DEREGISTRATION_REQUEST", json!({"application": app, "apis": [portal.apis[0]]})).await;
        answer(&less).await;
        let now = alice.get(&path).await.expect(200).json();
        assert_eq!((&now["name"], &now["apis"]), (&json!("Renamed"), &json!([portal.apis[1]])));
        let end = ask("APPLICATION_DELETION_REQUEST", json!({"application": app})).await;
        answer(&end).await;
        alice.get(&path).await.expect(404);
        answer(&end).await;

        let plan = desk.plan("Gold", false).await;
        let context = json!({"name": "Bundle", "package": portal.apis[0], "plan": plan});
        let bought = ask("SUBSCRIPTION_CREATION_REQUEST", context).await;
        portal.gateway.put(&bought.callback(), api_key("k")).await.expect(200);
        let path = format!("/rest/v1/applications/{}", bought.application);
        let now = alice.get(&path).await.expect(200).json();
        assert_eq!((&now["app_type"], &now["packageId"], &now["planId"]), (&json!("SUBSCRIPTION"), &json!(portal.apis[0]), &json!(plan)));
        let end = ask("SUBSCRIPTION_REVOKE_REQUEST", json!({"application": bought.application})).await;
        answer(&end).await;
        alice.get(&path).await.expect(404);
        let wrong = json!({"type": "RENEW_REQUEST", "context": {}});
        alice.post("/rest/v1/requests", wrong).await.expect(400);
    }
);

both!(
    async fn one_state_for_each_api_and_the_worst_sums_it_up(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let context = json!({"name": "Both", "apis": portal.apis});
        let wish = json!({"type": "APPLICATION_CREATION_REQUEST", "context": context});
        let request = portal.admin.make("/rest/v1/requests", wish).await;
        let story = desk.app.request_story(&app::Caller::operator(), request.parse().unwrap()).await.unwrap();
        let path = format!("/rest/v1/requests/{request}");
        let shown = portal.admin.get(&path).await.expect(200).json();
        assert_eq!(shown["state"].as_object().unwrap().len(), 2);
        assert_eq!((&shown["context"]["subscription"], &shown["context"]["tenant"]), (&json!("false"), &json!("default")));
        let callback = |n: usize| {
            format!("/rest/v1/applications/{}?eventId={}", story.request.application_id, story.request.states[n].event_id)
        };
        portal.gateway.put(&callback(0), api_key("k")).await.expect(200);
        let half = portal.admin.get(&path).await.expect(200).json();
        assert_ne!(half["status"], "COMPLETED");
        let deleted = portal.admin.delete(&path).await.expect(400).json();
        assert_eq!(deleted["message"], format!("Unable to delete the user request in status [{}]", half["status"].as_str().unwrap()));
        portal.gateway.put(&callback(1), json!(null)).await.expect(200);
        assert_eq!(portal.admin.get(&path).await.expect(200).json()["status"], "COMPLETED");
    }
);

both!(
    async fn requests_are_seen_by_who_made_them_and_by_administrators(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (alice, bob) = (developer(&desk, "alice").await, developer(&desk, "bob").await);
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        let (one, list) = (format!("/rest/v1/requests/{}", asked.request), "/portal/rest/v1/requests?type=APPLICATION_CREATION_REQUEST");
        assert_eq!(alice.get(list).await.expect(200).json()["count"], 1);
        assert_eq!(bob.get(list).await.expect(200).json()["count"], 0);
        assert_eq!(portal.admin.get(list).await.expect(200).json()["count"], 0);
        let all = portal.admin.get(&format!("{list}&allusers=true")).await.expect(200).json();
        assert_eq!(all["_links"]["_self"], "/portal/rest/v1/requests?type=APPLICATION_CREATION_REQUEST&allusers=true&page=0");
        assert!(all["result"][0].get("context").is_none());
        let before = desk.changes().await;
        for (method, path) in [
            (Method::GET, one.clone()),
            (Method::DELETE, one.clone()),
            (Method::GET, format!("{one}/trace")),
            (Method::GET, "/rest/v1/requests/x".to_owned()),
            (Method::GET, format!("/rest/v1/requests/{}", uuid::Uuid::now_v7())),
        ] {
            let answer = bob.send(method.clone(), &path, None).await.expect(404).json();
            assert_eq!(answer, json!({"code": 404, "message": "Unable to find the User Request"}), "{method} {path}");
            desk.anonymous().send(method, &path, &[], None).await.expect(401);
        }
        for path in [format!("{list}&allusers=true"), "/rest/v1/requests/pending?type=APPLICATION_CREATION_REQUEST".to_owned()] {
            alice.get(&path).await.expect(403);
            desk.anonymous().get(&path).await.expect(401);
        }
        for path in ["/rest/v1/requests", "/rest/v1/requests?type=x", "/rest/v1/requests/pending"] {
            portal.admin.get(path).await.expect(400);
        }
        for wrong in [json!({}), json!([]), json!("x"), json!({"type": "APPLICATION_CREATION_REQUEST"}), json!(null)] {
            let answer = alice.post("/rest/v1/requests", wrong).await.expect(400).json();
            assert_eq!(answer["message"], "The payload given is invalid");
        }
        desk.assert_nothing_happened(before).await;
        let named = portal.ask(&desk, &alice, "Other").await;
        let twice = json!({"type": "APPLICATION_CREATION_REQUEST", "context": {"name": "Other", "apis": [portal.apis[0]]}});
        alice.post("/rest/v1/requests", twice).await.expect(409);
        assert_eq!(alice.get(&format!("/rest/v1/applications/{}/requests", named.application)).await.expect(200).json()["count"], 1);
    }
);

both!(
    async fn applications_are_shared_by_their_owners_and_ended_by_request(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (alice, bob) = (developer(&desk, "alice").await, developer(&desk, "bob").await);
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        portal.gateway.put(&asked.callback(), api_key("alice's key")).await.expect(200);
        let one = format!("/portal/rest/v1/applications/{}", asked.application);
        let share = format!("{one}/share");
        let before = desk.changes().await;
        for (method, path) in [
            (Method::GET, one.clone()), (Method::DELETE, one.clone()), (Method::GET, format!("{one}/requests")),
            (Method::PUT, share.clone()), (Method::DELETE, share.clone()),
        ] {
            let body = json!({"users": [], "teams": []});
            let answer = bob.send(method.clone(), &path, Some(&body)).await.expect(404).json();
            assert_eq!(answer, json!({"code": 404, "message": "Unable to find the Application"}), "{method} {path}");
            desk.anonymous().send(method, &path, &[], Some(&body)).await.expect(401);
        }
        bob.get("/rest/v1/applications/_all").await.expect(403);
        bob.post("/rest/v1/applications", json!({"name": "x", "apis": [portal.apis[0]]})).await.expect(403);
        desk.assert_nothing_happened(before).await;

        let bob_id = desk.admin.get("/api/v1/developers?text=bob").await.json()["items"][0]["id"].clone();
        let done = alice.put(&share, json!({"users": [bob_id], "teams": []})).await.expect(200).json();
        assert_eq!(done["message"], "Application is shared successfully");
        alice.put(&share, json!({"users": [], "teams": ["t"]})).await.expect(400);
        let seen = bob.get(&one).await.expect(200).json();
        assert_eq!((&seen["access"]["users"], &seen["credentials"]), (&json!([bob_id]), &json!([])), "secrets are the owner's");
        bob.put(&share, json!({"users": [], "teams": []})).await.expect(200);
        bob.put(&share, json!({"users": [bob_id]})).await.expect(403);
        bob.send(Method::DELETE, &one, None).await.expect(403);
        assert_eq!(bob.get("/rest/v1/applications").await.expect(200).json()["count"], 1);
        let done = alice.send(Method::DELETE, &share, Some(&json!({"users": [bob_id]}))).await.expect(200).json();
        assert_eq!(done["message"], "Application is unshared successfully");
        bob.get(&one).await.expect(404);

        let list = portal.admin.get("/rest/v1/applications/_all").await.expect(200).json();
        assert_eq!((&list["count"], &list["result"][0]["credentials"]), (&json!(1), &json!([])));
        // Ended by request: the gateway is asked first. Only administrators end it on this side alone.
        alice.delete(&one).await.expect(204);
        let requests = alice.get(&format!("{one}/requests")).await.expect(200).json();
        assert_eq!(requests["result"][0]["type"], "APPLICATION_DELETION_REQUEST");
        alice.delete(&format!("{one}?force=true")).await.expect(403);
        portal.admin.delete(&format!("{one}?force=true")).await.expect(204);
        alice.get(&one).await.expect(404);

        let made = portal.admin.make("/rest/v1/applications", json!({"name": "Direct", "apis": [portal.apis[0]]})).await;
        let made = portal.admin.get(&format!("/rest/v1/applications/{made}")).await.expect(200).json();
        assert_eq!((&made["status"], &made["apis"]), (&json!("LIVE"), &json!([portal.apis[0]])));
    }
);

both!(
    async fn external_credentials_stand_beside_our_own_and_are_shown_by_an_act(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (alice, bob) = (developer(&desk, "alice").await, desk.developer("bob").await);
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        portal.gateway.put(&asked.callback(), api_key("709cb14b-f19f-4df9-98b8-eebe727f7844")).await.expect(200);
        let visitor = crate::support::visitor();
        let signed_in = desk.app.sign_in(&visitor, "alice@example.com", "alice likes violet umbrellas", "test");
        let session = desk.session(signed_in.await.unwrap().secret.expose());
        session.key(&asked.application).await;
        let path = format!("/api/v1/credentials?application_id={}", asked.application);
        let list = session.get(&path).await.expect(200);
        assert!(!list.text.contains("709cb14b"));
        let list = list.json();
        let kinds: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
        assert_eq!(kinds, ["api_key", "external"]);
        let (own, external) = (id(&list["items"][0]), id(&list["items"][1]));
        let before = desk.changes().await;
        bob.post(&format!("/api/v1/credentials/{external}/reveal"), json!(null)).await.problem(404, "not_found");
        desk.anonymous().post(&format!("/api/v1/credentials/{external}/reveal"), json!(null)).await.problem(401, "unauthenticated");
        session.post(&format!("/api/v1/credentials/{own}/reveal"), json!(null)).await.problem(409, "not_kept");
        session.post(&format!("/api/v1/credentials/{external}/rotate"), json!({"overlap_seconds": 0})).await.problem(409, "not_rotated_here");
        desk.assert_nothing_happened(before).await;
        let shown = session.post(&format!("/api/v1/credentials/{external}/reveal"), json!(null)).await.expect(200).json();
        assert_eq!(shown["values"]["key"], "709cb14b-f19f-4df9-98b8-eebe727f7844");
        assert!(desk.changes().await > before, "a look is noted");
    }
);

both!(
    async fn gateways_report_calls_of_their_own_apis(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let path = "/portal/rest/v1/events/transactions";
        let call = |api: &str| json!({"apiId": api, "apiName": "petstore1", "applicationId": uuid::Uuid::now_v7(), "responseCode": 200, "totalTime": 12});
        let foreign = desk.admin.make("/api/v1/apis", json!({"name": "foreign"})).await["id"].as_str().unwrap().to_owned();
        let before = desk.changes().await;
        alice.post(path, call(&portal.apis[0])).await.expect(403);
        desk.anonymous().post(path, call(&portal.apis[0])).await.expect(401);
        portal.gateway.post(path, call(&foreign)).await.expect(404);
        portal.gateway.post(path, json!([])).await.expect(400);
        desk.assert_nothing_happened(before).await;
        assert_eq!(portal.gateway.post(path, call(&portal.apis[0])).await.expect(202).text, "");
        portal.admin.post(path, call(&foreign)).await.expect(202);

        let events = portal.admin.get("/rest/v1/events?type=GATEWAY_CREATED_EVENT").await.expect(200).json();
        assert_eq!((&events["count"], &events["result"][0]["documentType"]), (&json!(1), &json!("EVENTS")));
        let one = format!("/rest/v1/events/{}", id(&events["result"][0]));
        assert_eq!(portal.admin.get(&one).await.expect(200).json(), events["result"][0]);
        portal.admin.get("/rest/v1/events?from=2000-01-01&to=2000-01-02").await.expect(200);
        for user in [&alice, &portal.gateway] {
            user.get("/rest/v1/events").await.expect(403);
            user.get(&one).await.expect(403);
        }
        desk.anonymous().get("/rest/v1/events").await.expect(401);
        portal.admin.get("/rest/v1/events/x").await.expect(404);
    }
);

both!(
    async fn an_api_is_published_by_a_form_with_parts(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let specification = json!({"openapi": "3.1.0", "info": {"title": "Pets", "version": "2.1"},
            "paths": {"/pets": {"get": {"responses": {"200": {"description": "All"}}}}}}).to_string();
        let form = |parts: &[(&str, &str)]| {
            let part = |(name, value): &(&str, &str)| {
                format!("--xx\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            parts.iter().map(part).collect::<String>() + "--xx--\r\n"
        };
        let send = async |user: &Basic, body: String| {
            let request = user.request(reqwest::Method::POST, "/portal/rest/v1/apis");
            let request = request.header("content-type", "multipart/form-data; boundary=xx").body(body);
            crate::support::Answer::of(request).await
        };
        let whole = form(&[
            ("name", "Pets"), ("type", "openapi"), ("version", "2.1"), ("async", "false"), ("content", &specification),
            ("providerid", &portal.provider), ("externalRefKey", "gw-17"),
        ]);
        let before = desk.changes().await;
        for user in [&alice, &portal.gateway] {
            send(user, whole.clone()).await.expect(403);
        }
        for (wrong, status) in [
            (form(&[("name", "Pets"), ("url", "http://127.0.0.1/spec")]), 400),
            (form(&[("name", "Pets"), ("content", "no specification")]), 400),
            (form(&[("name", "Pets"), ("providerid", &portal.apis[0])]), 404),
            (form(&[("name", "")]), 400),
            (form(&[("name", "Pets"), ("name", "Dogs")]), 400),
            ("--xx\r\nbroken".to_owned(), 400),
        ] {
            send(&portal.admin, wrong.clone()).await.expect(status);
        }
        portal.admin.post("/portal/rest/v1/apis", json!({"name": "Pets"})).await.expect(400);
        desk.anonymous().post("/portal/rest/v1/apis", json!({})).await.expect(401);
        desk.assert_nothing_happened(before).await;

        let made = send(&portal.admin, whole).await.expect(201).json();
        let api = made["id"].as_str().unwrap();
        assert_eq!(made["_self"], format!("/portal/rest/v1/apis/{api}"));
        let versions = desk.admin.get(&format!("/api/v1/api-versions?api_id={api}")).await.expect(200).json();
        assert_eq!((&versions["items"][0]["name"], versions["items"].as_array().unwrap().len()), (&json!("2.1"), 1));
        let gateway = desk.admin.get(&format!("/api/v1/gateways/{}", portal.provider)).await.expect(200).json();
        let linked = gateway["apis"].as_array().unwrap().iter().find(|it| it["id"] == api).unwrap();
        assert_eq!(linked["external_ref"], "gw-17");
    }
);
