//! `/api/v1/identity-providers`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{both, id, ids, one_was_made};

const PATH: &str = "/api/v1/identity-providers";

fn corp() -> Value {
    json!({
        "name": "Corp", "slug": "corp", "issuer": "https://login.example.com/realms/corp",
        "client_id": "desk", "client_secret": "a secret of ours",
    })
}

fn with(change: Value) -> Value {
    let mut body = corp();
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

both!(
    async fn a_provider_is_set_up_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let made = admin.post(PATH, corp()).await.expect(201);
        let provider = made.json();
        let path = format!("{PATH}/{}", id(&provider));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        let shown = json!({
            "id": provider["id"], "name": "Corp", "slug": "corp", "issuer": "https://login.example.com/realms/corp",
            "client_id": "desk", "token_auth": "client_secret_basic", "scopes": ["openid", "email", "profile"],
            "developers": true, "administrators": false, "makes_developers": false, "enabled": true,
            "claims": {"required": {}, "name": "name", "email": "email", "email_verified": "email_verified",
                "role": null, "roles": {}},
            "redirect_uri": "http://127.0.0.1:8080/sign-in/with/corp/callback",
            "created_at": provider["created_at"], "updated_at": provider["updated_at"],
        });
        assert_eq!(provider, shown);
        assert_eq!(admin.get(&path).await.expect(200).json(), shown);
        assert_eq!(ids(&admin.get(PATH).await), [id(&provider)]);

        let claims = json!({"required": {"groups": ["apis"]}, "role": "groups", "roles": {"ops": "administrator"}});
        let change = json!({"name": "Corp 2", "claims": claims, "administrators": true, "scopes": ["groups"]});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200).json();
        assert_eq!((&changed["name"], &changed["scopes"]), (&json!("Corp 2"), &json!(["openid", "groups"])));
        assert_eq!((&changed["claims"]["roles"], &changed["claims"]["email"]), (&json!({"ops": "administrator"}), &json!("email")));
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");
        // Nothing is known of anybody there yet.
        assert_eq!(admin.get(&format!("{path}/identities")).await.expect(200).json()["items"], json!([]));
        let report = admin.post(&format!("{path}/check"), Value::Null).await.expect(200).json();
        assert_eq!((&report["works"], &report["code"]), (&json!(false), &json!("unreachable")));

        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
        admin.patch(&path, change).await.problem(404, "not_found");
        admin.post(&format!("{path}/check"), Value::Null).await.problem(404, "not_found");
        admin.get(&format!("{path}/identities")).await.problem(404, "not_found");
    }
);

both!(
    async fn what_is_wrong_is_named(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        let post = async |change: Value| admin.post(PATH, with(change)).await;
        post(json!({"name": ""})).await.names("name");
        post(json!({"slug": "Corp Inc"})).await.names("slug");
        post(json!({"issuer": "http://login.example.com"})).await.names("issuer");
        post(json!({"issuer": "https://127.0.0.1"})).await.names("issuer");
        post(json!({"client_id": ""})).await.names("client_id");
        post(json!({"client_secret": null})).await.names("client_secret");
        post(json!({"client_secret": "two\nlines"})).await.names("client_secret");
        post(json!({"scopes": ["a b"]})).await.names("scopes[0]");
        post(json!({"developers": false})).await.names("developers");
        post(json!({"claims": {"email": ""}})).await.names("claims.email");
        post(json!({"claims": {"required": {"groups": []}}})).await.names("claims.required");
        post(json!({"claims": {"roles": {"ops": "administrator"}}})).await.names("claims.role");
        post(json!({"claims": {"role": "groups", "roles": {"ops": "root"}}})).await.problem(400, "invalid");
        post(json!({"secret": "x"})).await.names("secret");
        desk.assert_nothing_happened(before).await;
        let made = admin.make(PATH, corp()).await;
        let path = format!("{PATH}/{}", id(&made));
        let before = desk.changes().await;
        admin.patch(&path, json!({"issuer": "https://evil.test"})).await.names("issuer");
        admin.patch(&path, json!({"slug": "other"})).await.names("slug");
        admin.patch(&path, json!({"name": null})).await.problem(400, "invalid");
        admin.post(PATH, with(json!({"name": "CORP", "slug": "other"}))).await.problem(409, "taken");
        admin.post(PATH, with(json!({"name": "Other"}))).await.problem(409, "taken");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn the_secret_is_sealed_and_never_told(desk) {
        let admin = &desk.admin;
        let secret = "a secret of ours";
        let made = admin.make(PATH, corp()).await;
        let path = format!("{PATH}/{}", id(&made));
        admin.patch(&path, json!({"name": "Corp 2"})).await.expect(200);
        admin.patch(&path, json!({"client_secret": "another one of ours"})).await.expect(200);
        // Without a way to use it, it is not kept.
        admin.patch(&path, json!({"token_auth": "none"})).await.expect(200);
        admin.patch(&path, json!({"token_auth": "client_secret_post"})).await.names("client_secret");
        let told = admin.get(&path).await.expect(200).text;
        let kept = desk.everything_kept().await;
        for secret in [secret, "another one of ours"] {
            assert!(!told.contains(secret) && !kept.contains(secret));
        }
    }
);

both!(
    async fn one_of_many_at_once_is_set_up(desk) {
        let answers = crate::support::at_once(8, |n| {
            let admin = desk.admin.clone();
            async move { admin.post(PATH, with(json!({"name": format!("Corp {n}")}))).await }
        })
        .await;
        one_was_made(answers, "taken");
    }
);

both!(
    async fn a_163_only_administrators_know_of_them(desk) {
        let made = desk.admin.make(PATH, corp()).await;
        let path = format!("{PATH}/{}", id(&made));
        let alice = desk.developer("alice").await;
        let tool = desk.token(&["auth-strategies:write"]).await;
        let before = desk.changes().await;
        let requests = [
            (Method::GET, PATH.to_owned(), Value::Null),
            (Method::POST, PATH.to_owned(), corp()),
            (Method::GET, path.clone(), Value::Null),
            (Method::PATCH, path.clone(), json!({"enabled": false})),
            (Method::DELETE, path.clone(), Value::Null),
            (Method::POST, format!("{path}/check"), Value::Null),
            (Method::GET, format!("{path}/identities"), Value::Null),
            (Method::DELETE, format!("{path}/identities/{}", id(&made)), Value::Null),
        ];
        desk.anonymous().is_refused(&requests, 401, "unauthenticated").await;
        alice.is_refused(&requests, 403, "forbidden").await;
        tool.is_refused(&requests, 403, "forbidden").await;
        let own = "/api/v1/account/identities";
        desk.anonymous().get(own).await.problem(401, "unauthenticated");
        // Tools are no people.
        desk.admin.get(own).await.problem(403, "forbidden");
        alice.delete(&format!("{own}/{}", id(&made))).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;
    }
);
