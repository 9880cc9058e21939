//! `/api/v1/developers`

use serde_json::{Value, json};

use crate::support::{User, both, id};
use app::Settings;

const PATH: &str = "/api/v1/developers";

both!(
    async fn administrators_see_all_and_search(desk) {
        desk.developer("alice").await;
        let bob = desk.developer("bob").await;
        desk.anonymous().post("/api/v1/account/register", json!({"email": "carol@corp.test", "name": "Carol_1"})).await.expect(202);
        let names = |query: &'static str| {
            let admin = desk.admin.clone();
            async move {
                let page = admin.get(&format!("{PATH}{query}")).await.expect(200).json();
                page["items"].as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(names("").await, ["Carol_1", "bob", "alice"]);
        assert_eq!(names("?text=CAROL_").await, ["Carol_1"]);
        assert_eq!(names("?text=corp.TEST").await, ["Carol_1"]);
        assert_eq!(names("?text=%25").await, [""; 0]);
        assert_eq!(names("?state=unverified").await, ["Carol_1"]);
        assert_eq!(names("?state=approved&text=a").await, ["bob", "alice"]);
        desk.admin.get(&format!("{PATH}?state=open")).await.names("state");

        let first = desk.admin.get(&format!("{PATH}?limit=1")).await.expect(200).json();
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = desk.admin.get(&format!("{PATH}?limit=1&cursor={cursor}")).await.expect(200).json();
        assert_eq!(second["items"][0]["id"], bob.id);
        desk.admin.get(&format!("{PATH}?state=approved&cursor={cursor}")).await.names("cursor");

        let one = desk.admin.get(&format!("{PATH}/{}", bob.id)).await.expect(200);
        assert_eq!(one.json(), second["items"][0]);
        let fields: Vec<&String> = second["items"][0].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["created_at", "email", "id", "name", "state", "updated_at", "verified_at"]);
    }
);

both!(
    async fn nobody_makes_developers(desk) {
        let body = json!({"email": "x@example.com", "name": "X"});
        let before = desk.changes().await;
        let refused = desk.admin.post(PATH, body.clone()).await;
        assert_eq!(refused.header("allow"), "GET,HEAD");
        refused.problem(405, "method_not_allowed");
        desk.admin.put(&format!("{PATH}/0198c5e2-7d1a-7bcd-8f00-1234567890ab"), body).await.problem(405, "method_not_allowed");
        desk.assert_nothing_happened(before).await;
        let document: Value = serde_json::from_str(&keywright_server::openapi_json()).unwrap();
        let operations: Vec<&String> = document["paths"][PATH].as_object().unwrap().keys().collect();
        assert_eq!(operations, ["get"]);
        let makers = document["paths"].as_object().unwrap().iter().filter(|(path, item)| {
            path.starts_with(PATH) && (item.get("put").is_some() || item.get("post").is_some())
        });
        let makers: Vec<&str> = makers.map(|(path, _)| path.rsplit('/').next().unwrap()).collect();
        assert_eq!(makers, ["approve", "reject", "revoke"]);
    }
);

both!(
    async fn a_developer_waits_is_approved_rejected_and_shut_out(desk, Settings { approve_developers: false, ..Settings::default() }) {
        let admin = &desk.admin;
        let register = |email: &'static str| {
            let desk = &desk;
            async move {
                desk.anonymous().post("/api/v1/account/register", json!({"email": email, "name": "X"})).await.expect(202);
                let found = desk.admin.get(&format!("{PATH}?text={email}")).await.expect(200).json();
                format!("{PATH}/{}", id(&found["items"][0]))
            }
        };
        let ada = register("ada@example.com").await;
        let verb = |path: &str, verb: &str| format!("{path}/{verb}");
        for early in ["approve", "reject", "revoke"] {
            admin.post(&verb(&ada, early), json!({})).await.problem(409, "state");
        }
        let token = desk.token_in_last_mail("ada@example.com").await;
        let proof = json!({"token": token, "password": "seven wet otters juggle"});
        desk.anonymous().post("/api/v1/account/verify-email", proof).await.expect(200);
        assert_eq!(admin.get(&ada).await.expect(200).json()["state"], "pending");
        admin.post(&verb(&ada, "revoke"), json!({})).await.problem(409, "state");

        let post = |path: String, tag: &'static str| {
            let admin = admin.clone();
            async move { admin.send(reqwest::Method::POST, &path, &[("if-match", tag)], None).await }
        };
        post(verb(&ada, "reject"), "\"v1\"").await.problem(412, "stale");
        let tag = admin.get(&ada).await.header("etag").to_owned();
        let rejected = admin.send(reqwest::Method::POST, &verb(&ada, "reject"), &[("if-match", &tag)], None).await.expect(200);
        assert_eq!(rejected.json()["state"], "rejected");
        assert_ne!(rejected.header("etag"), tag);
        assert_eq!(post(verb(&ada, "approve"), "*").await.expect(200).json()["state"], "approved");
        let (subject, text) = desk.mails("ada@example.com").await.swap_remove(0);
        assert_eq!(subject, "Your account is approved");
        assert!(text.starts_with("Hello X,"), "{text}");
        admin.post(&verb(&ada, "approve"), json!({})).await.problem(409, "state");

        let body = json!({"email": "ada@example.com", "password": "seven wet otters juggle"});
        let session = desk.anonymous().post("/api/v1/account/sessions", body.clone()).await.expect(201).json();
        let user = desk.session(session["secret"].as_str().unwrap());
        user.get(&ada).await.expect(200);
        assert_eq!(admin.post(&verb(&ada, "revoke"), json!({})).await.expect(200).json()["state"], "revoked");
        user.get(&ada).await.problem(401, "unauthenticated");
        let refused = desk.anonymous().post("/api/v1/account/sessions", body).await.problem(401, "unauthenticated");
        assert_eq!(refused["detail"], "your account is not open");

        admin.delete(&ada).await.expect(204);
        admin.get(&ada).await.problem(404, "not_found");
        admin.delete(&ada).await.problem(404, "not_found");
    }
);

both!(
    async fn a_130_a_session_from_before_approval_was_withdrawn_opens_nothing(desk) {
        let bob = desk.developer("bob").await;
        desk.admin.post(&format!("{PATH}/{}/revoke", bob.id), json!({})).await.expect(200);
        let before = desk.changes().await;
        let open_to_all = ["/api/v1/docs", "/api/v1/openapi.json"];
        let routes = keywright_server::routes().into_iter();
        for route in routes.filter(|route| route.path.starts_with("/api/") && !open_to_all.contains(&route.path.as_str())) {
            let path: String = route.path.split('/').map(|part| if part.starts_with('{') { bob.id.as_str() } else { part }).collect::<Vec<_>>().join("/");
            let method = route.method.parse().unwrap();
            let headers = [("if-match", "*"), ("content-type", "application/json")];
            bob.send(method, &path, &headers, Some(&json!({}))).await.problem(401, "unauthenticated");
        }
        desk.assert_nothing_happened(before).await;

        // Approved again, the old session stays ended.
        desk.admin.post(&format!("{PATH}/{}/approve", bob.id), json!({})).await.expect(200);
        bob.get("/api/v1/account").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn administrators_sign_people_out(desk) {
        let bob = desk.developer("bob").await;
        let path = format!("{PATH}/{}/sessions", bob.id);
        let sessions = desk.admin.get(&path).await.expect(200).json();
        assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
        assert_eq!(sessions["items"][0]["current"], false);
        desk.admin.delete(&path).await.expect(204);
        assert_eq!(desk.admin.get(&path).await.expect(200).json()["items"], json!([]));
        bob.get("/api/v1/account").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn a_149_strangers_and_developers_manage_nobody(desk) {
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let reader = desk.token(&["developers:read"]).await;
        let other = desk.token(&["partners:write"]).await;
        let path = format!("{PATH}/{}", bob.id);
        let missing = format!("{PATH}/0198c5e2-7d1a-7bcd-8f00-1234567890ab");
        let sessions = format!("{path}/sessions");
        let before = desk.changes().await;

        let changes = |user: &User| {
            let (user, path, sessions) = (user.clone(), path.clone(), sessions.clone());
            async move {
                let mut answers = vec![user.delete(&sessions).await];
                for verb in ["approve", "reject", "revoke"] {
                    answers.push(user.post(&format!("{path}/{verb}"), json!({})).await);
                }
                answers
            }
        };
        for (user, status, code) in [(&desk.anonymous(), 401, "unauthenticated"), (&alice, 403, "forbidden"), (&reader, 403, "forbidden"), (&other, 403, "forbidden")] {
            for answer in changes(user).await {
                answer.problem(status, code);
            }
        }
        for (user, status, code) in [(&desk.anonymous(), 401, "unauthenticated"), (&alice, 403, "forbidden"), (&other, 403, "forbidden")] {
            user.get(PATH).await.problem(status, code);
            user.get(&sessions).await.problem(status, code);
        }
        desk.anonymous().get(&path).await.problem(401, "unauthenticated");
        desk.anonymous().delete(&path).await.problem(401, "unauthenticated");
        other.get(&path).await.problem(403, "forbidden");
        other.delete(&path).await.problem(403, "forbidden");
        reader.delete(&path).await.problem(403, "forbidden");
        reader.get(&path).await.expect(200);
        for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
            let mut foreign = alice.send(method.clone(), &path, &[], None).await.problem(404, "not_found");
            let mut unknown = alice.send(method, &missing, &[], None).await.problem(404, "not_found");
            foreign["request_id"].take();
            unknown["request_id"].take();
            assert_eq!(foreign, unknown);
        }
        desk.assert_nothing_happened(before).await;

        bob.get(&path).await.expect(200);
        bob.delete(&path).await.expect(204);
    }
);
