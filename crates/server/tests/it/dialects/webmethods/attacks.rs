//! Who may answer a gateway's event, and who may not (group U of the attacks).

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Basic, GATEWAY, PASSWORD, Portal, api_key, developer, settings};
use crate::support::{Answer, Desk, at_once, both, id};

#[track_caller]
fn fault(answer: &Answer, code: u16, message: &str) {
    assert_eq!(answer.status.as_u16(), code, "{}", answer.text);
    let json = answer.json();
    assert_eq!((&json["code"], &json["message"]), (&json!(code), &json!(message)), "{json}");
}

async fn status(portal: &Portal, request: &str) -> Value {
    portal.admin.get(&format!("/rest/v1/requests/{request}")).await.expect(200).json()["status"].clone()
}

/// Another gateway with a technical user of its own.
async fn other_gateway(desk: &Desk, portal: &Portal) -> Basic {
    let other = portal.admin.make("/rest/v1/providers", json!({"name": "Y Gateway"})).await;
    let user = json!({"email": "y-gateway@example.com", "password": PASSWORD});
    desk.admin.post(&format!("/api/v1/gateways/{other}/users"), user).await.expect(201);
    Basic::new(desk, "y-gateway@example.com", PASSWORD)
}

both!(
    async fn a_241_no_or_wrong_credentials(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let asked = portal.ask(&desk, &portal.admin, "Petstore App").await;
        let path = asked.callback();
        let wrong = Basic::new(&desk, GATEWAY, "not the password of anybody");
        let unknown = Basic::new(&desk, "nobody@example.com", PASSWORD);
        let before = desk.changes().await;
        for answer in [
            desk.anonymous().put(&path, api_key("k")).await,
            wrong.put(&path, api_key("k")).await,
            unknown.put(&path, api_key("k")).await,
            desk.session("kw_ses_nobody").put(&path, api_key("k")).await,
            desk.anonymous().send(Method::PUT, &path, &[("cookie", "session=1")], Some(&api_key("k"))).await,
            desk.anonymous().send(Method::PUT, &path, &[("authorization", "Basic !")], Some(&api_key("k"))).await,
        ] {
            fault(&answer, 401, "Invalid credentials");
            assert!(answer.header("www-authenticate").starts_with("Basic "));
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_241_guesses_are_slowed_down_as_at_sign_in(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let wrong = Basic::new(&desk, GATEWAY, "not the password of anybody");
        let mut statuses = Vec::new();
        for _ in 0..7 {
            statuses.push(wrong.get("/rest/v1/applications").await.status);
        }
        assert_eq!(statuses[..5], [StatusCode::UNAUTHORIZED; 5]);
        assert!(statuses[5..].contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
        desk.clock.advance(Duration::from_secs(120));
        portal.gateway.get("/rest/v1/applications").await.expect(200);
    }
);

both!(
    async fn a_136_a_browser_needs_the_token_that_it_was_given(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let wish = json!({"name": "Z Gateway"});
        let send = |token: Option<String>, headers: [(&'static str, &'static str); 1]| {
            let mut request = portal.admin.request(Method::POST, "/portal/rest/v1/providers").json(&wish);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            if let Some(token) = token {
                request = request.header("xsrf-token", token);
            }
            Answer::of(request)
        };
        let before = desk.changes().await;
        for headers in [[("origin", "https://evil.example")], [("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-origin")]] {
            fault(&send(None, headers).await, 403, "The xsrf-token is missing or wrong");
            fault(&send(Some("0".repeat(32)), headers).await, 403, "The xsrf-token is missing or wrong");
        }
        desk.assert_nothing_happened(before).await;
        let given = portal.admin.get("/portal/rest/v1/csrf").await.expect(200);
        let token = given.header("xsrf-token").to_owned();
        send(Some(token), [("sec-fetch-site", "same-origin")]).await.expect(201);
    }
);

both!(
    async fn a_242_who_asked_cannot_answer(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        let before = desk.changes().await;
        for path in [
            asked.callback(),
            format!("/portal/rest/v1/applications/{}", asked.application),
            format!("/rest/v1/applications/{}?eventId=nonsense", asked.application),
        ] {
            fault(&alice.put(&path, api_key("k")).await, 403, "Insufficient privileges");
        }
        desk.assert_nothing_happened(before).await;
        portal.gateway.put(&asked.callback(), api_key("made by the gateway")).await.expect(200);
        let shown = alice.get(&format!("/rest/v1/applications/{}", asked.application)).await.expect(200).json();
        assert_eq!(shown["credentials"][0]["apiKey"], "made by the gateway");
        // Each look is noted, and nothing is kept in clear.
        let kept = desk.everything_kept().await;
        assert!(kept.contains("credential.revealed") && !kept.contains("made by the gateway"));
    }
);

both!(
    async fn a_243_a_gateway_answers_its_own_events_only(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let other = other_gateway(&desk, &portal).await;
        let (first, second) =
            (portal.ask(&desk, &portal.admin, "One").await, portal.ask(&desk, &portal.admin, "Two").await);
        let before = desk.changes().await;
        let crossed = format!("/rest/v1/applications/{}?eventId={}", first.application, second.event);
        let unknown = format!("/rest/v1/applications/{}?eventId={}", first.application, uuid::Uuid::now_v7());
        let nothing = format!("/rest/v1/applications/{}?eventId=x", first.application);
        for (user, path) in [
            (&other, first.callback()),
            (&portal.gateway, crossed),
            (&portal.gateway, unknown),
            (&portal.gateway, nothing),
            (&other, format!("/rest/v1/applications/{}", first.application)),
            (&portal.gateway, format!("/rest/v1/applications/x?eventId={}", first.event)),
        ] {
            fault(&user.put(&path, api_key("k")).await, 404, "Unable to find the Application");
        }
        desk.assert_nothing_happened(before).await;
        // It does not even see the other's applications.
        fault(
            &other.get(&format!("/rest/v1/applications/{}", first.application)).await,
            404,
            "Unable to find the Application",
        );
        assert_eq!(other.get("/rest/v1/applications").await.expect(200).json()["count"], 0);
        assert_eq!(portal.gateway.get("/rest/v1/applications").await.expect(200).json()["count"], 2);
    }
);

both!(
    async fn a_245_an_answer_counts_once(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let asked = portal.ask(&desk, &portal.admin, "Petstore App").await;
        portal.gateway.put(&asked.callback(), api_key("first")).await.expect(200);
        let before = desk.changes().await;
        // The same again, in another spelling, is the same.
        let spelled = r#"{ "credentials": [{"type": "APIKey", "apiKey": "first", "expiry": null}], "name": "Petstore App"}"#;
        let request = portal.gateway.request(Method::PUT, &asked.callback()).body(spelled);
        Answer::of(request.header("content-type", "application/json; charset=utf-8")).await.expect(200);
        portal.gateway.put(&asked.callback(), api_key("second")).await.expect(409);
        portal.admin.put(&asked.callback(), api_key("second")).await.expect(409);
        desk.assert_nothing_happened(before).await;

        let late = portal.ask(&desk, &portal.admin, "Late App").await;
        desk.clock.advance(Duration::from_secs(31 * 24 * 3600));
        desk.app.sweep().await.unwrap();
        assert_eq!(status(&portal, &late.request).await, "FAILED");
        portal.gateway.put(&late.callback(), api_key("late")).await.expect(410);
    }
);

both!(
    async fn a_246_of_different_answers_at_once_one_is_stored_whole(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let asked = portal.ask(&desk, &portal.admin, "Petstore App").await;
        let answers = at_once(12, |n| {
            let (gateway, path) = (portal.gateway.clone(), asked.callback());
            let key = |part: &str| json!({"apiKey": format!("{part}-{n}"), "type": "APIKey"});
            let body = json!({"name": "x", "credentials": [key("a"), key("b")]});
            async move { gateway.put(&path, body).await }
        })
        .await;
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.status, 409, "{}", answer.text);
        }
        let path = format!("/rest/v1/applications/{}", asked.application);
        let shown = portal.admin.get(&path).await.expect(200).json();
        let keys: Vec<&str> =
            shown["credentials"].as_array().unwrap().iter().map(|one| one["apiKey"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0].split_once('-').unwrap().1, keys[1].split_once('-').unwrap().1, "{keys:?}");
    }
);

both!(
    async fn a_247_without_an_event_no_request_is_answered(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let alice = developer(&desk, "alice").await;
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        let path = format!("/rest/v1/applications/{}", asked.application);
        fault(&alice.put(&path, api_key("k")).await, 403, "Insufficient privileges");
        let whole = json!({"name": "Petstore App", "apis": [], "status": "LIVE", "owner": "x", "credentials": [{"apiKey": "rotated outside", "type": "APIKey"}]});
        portal.gateway.put(&path, whole).await.expect(200);
        let before = status(&portal, &asked.request).await;
        assert_ne!(before, "COMPLETED");
        let shown = portal.admin.get(&path).await.expect(200).json();
        assert_eq!((&shown["status"], &shown["credentials"][0]["apiKey"]), (&json!("INACTIVE"), &json!("rotated outside")));
        // And no API is lost by leaving it out.
        portal.gateway.put(&asked.callback(), api_key("k")).await.expect(200);
        portal.gateway.put(&path, json!({"name": "Petstore App", "apis": []})).await.expect(200);
        assert_eq!(portal.admin.get(&path).await.expect(200).json()["apis"], json!([portal.apis[0]]));
    }
);

both!(
    async fn a_249_retries_are_for_one_s_own_open_requests(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (alice, bob) = (developer(&desk, "alice").await, developer(&desk, "bob").await);
        let asked = portal.ask(&desk, &alice, "Petstore App").await;
        let retry = |state: &str| format!("/rest/v1/requests/{}/retry?state={state}", asked.request);
        let before = desk.changes().await;
        fault(&bob.send(Method::PUT, &retry(&asked.state), None).await, 404, "Unable to find the User Request");
        fault(&portal.gateway.send(Method::PUT, &retry(&asked.state), None).await, 403, "Insufficient privileges");
        for wrong in ["", "x", &asked.event, &asked.request] {
            fault(&alice.send(Method::PUT, &retry(wrong), None).await, 400, "User provided data is not correct");
        }
        desk.assert_nothing_happened(before).await;
        // Nobody could be told, so it may be tried again; once it is done, it may not.
        alice.send(Method::PUT, &retry(&asked.state), None).await.expect(200);
        portal.gateway.put(&asked.callback(), api_key("k")).await.expect(200);
        let again = alice.send(Method::PUT, &retry(&asked.state), None).await;
        fault(&again, 400, "User provided data is not correct");
    }
);

both!(
    async fn a_254_what_is_not_the_caller_s_to_set_is_left_aside(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let asked = portal.ask(&desk, &portal.admin, "Petstore App").await;
        let path = format!("/rest/v1/applications/{}", asked.application);
        let before = portal.admin.get(&path).await.expect(200).json();
        let mut forged = before.clone();
        for (key, value) in [("id", json!("x")), ("owner", json!(GATEWAY)), ("status", json!("LIVE")), ("deleted", json!(true)), ("apis", json!([portal.apis[1]])), ("providerRef", json!("x")), ("slots", json!({"$stage": "mine"}))] {
            forged[key] = value;
        }
        forged.as_object_mut().unwrap().remove("credentials");
        portal.gateway.put(&path, forged).await.expect(200);
        assert_eq!(portal.admin.get(&path).await.expect(200).json(), before);
    }
);

both!(
    async fn a_257_custom_values_are_data_under_limits(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let wish = |custom: Value| {
            let context = json!({"name": "App", "apis": [portal.apis[0]], "custom": custom});
            json!({"type": "APPLICATION_CREATION_REQUEST", "context": context})
        };
        let before = desk.changes().await;
        let many: serde_json::Map<String, Value> = (0..10_000).map(|n| (n.to_string(), json!("x"))).collect();
        for wrong in [json!({"": "x"}), json!({"a\u{0}": "x"}), Value::Object(many), json!({"k": "x".repeat(3_000)})] {
            portal.admin.post("/rest/v1/requests", wish(wrong)).await.expect(400);
        }
        desk.assert_nothing_happened(before).await;
        let odd = json!({"__proto__": "x", "constructor": {"a": 1}, "email": "a@example.com"});
        let request = portal.admin.make("/rest/v1/requests", wish(odd)).await;
        let shown = portal.admin.get(&format!("/rest/v1/requests/{request}")).await.expect(200).json();
        assert_eq!(shown["context"]["custom"]["__proto__"], "x");
        assert_eq!(shown["context"]["custom"]["constructor"], r#"{"a":1}"#);
    }
);

both!(
    async fn a_165_a_technical_user_can_do_nothing_else(desk, settings()) {
        let portal = Portal::open(&desk).await;
        let (group, plan) = (json!({"name": "Mine"}), json!({"name": "Gold"}));
        let before = desk.changes().await;
        for (method, path, body) in [
            (Method::POST, "/rest/v1/providers".to_owned(), json!({"name": "Mine"})),
            (Method::PUT, format!("/rest/v1/providers/{}/apis", portal.provider), json!([portal.apis[0]])),
            (Method::DELETE, format!("/rest/v1/providers/{}", portal.provider), json!(null)),
            (Method::POST, "/rest/v1/hooks".to_owned(), json!({"url": "https://example.com"})),
            (Method::GET, "/rest/v1/hooks".to_owned(), json!(null)),
            (Method::GET, "/rest/v1/applications/_all".to_owned(), json!(null)),
            (Method::GET, "/rest/v1/events".to_owned(), json!(null)),
            (Method::GET, "/rest/v1/approvals".to_owned(), json!(null)),
            (Method::PUT, "/rest/v1/approval/policy?type=APPLICATION_CREATION".to_owned(), json!({"policies": []})),
            (Method::POST, "/abs/apirepository/accesstokens/external".to_owned(), json!({})),
            (Method::POST, "/rest/v1/requests".to_owned(), json!({"type": "APPLICATION_CREATION_REQUEST", "context": {"name": "x", "apis": [portal.apis[0]]}})),
        ] {
            let body = Some(&body).filter(|body| !body.is_null());
            let answer = portal.gateway.send(method.clone(), &path, body).await;
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
        }
        desk.assert_nothing_happened(before).await;
        // Nor with a session in our own API.
        let signed_in = desk
            .app
            .sign_in_administrator(&crate::support::visitor(), GATEWAY, PASSWORD, "test")
            .await
            .unwrap();
        let session = desk.session(signed_in.secret.expose());
        for (path, body) in [("/api/v1/groups", group), ("/api/v1/plans", plan)] {
            session.post(path, body).await.problem(403, "forbidden");
        }
        session.get("/api/v1/developers").await.problem(403, "forbidden");
        let own = session.get("/api/v1/gateways").await.expect(200).json();
        assert_eq!(id(&own["items"][0]), portal.provider);
    }
);
