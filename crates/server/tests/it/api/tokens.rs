//! `/api/v1/tokens`

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{Desk, User, both, id};

const PATH: &str = "/api/v1/tokens";

/// A caller with a secret that an answer showed.
fn bearer(desk: &Desk, secret: &serde_json::Value) -> User {
    let mut user = desk.anonymous();
    user.bearer = Some(secret.as_str().unwrap().to_owned());
    user
}

both!(
    async fn a_token_is_made_used_shown_without_its_secret_and_revoked(desk) {
        let admin = &desk.admin;
        let draft = json!({"name": "Terraform", "scopes": ["partners:read", "partners:read"], "expires_at": "2026-12-24T00:00:00+01:00"});
        let made = admin.post(PATH, draft).await.expect(201);
        let mut token = made.json();
        assert_eq!(made.header("location"), format!("{PATH}/{}", id(&token)));
        assert_eq!((&token["scopes"], &token["expires_at"]), (&json!(["partners:read"]), &json!("2026-12-23T23:00:00Z")));
        let secret = token.as_object_mut().unwrap().remove("token").unwrap();
        let (prefix, last4) = (token["prefix"].as_str().unwrap(), token["last4"].as_str().unwrap());
        assert!(secret.as_str().unwrap().starts_with(prefix) && secret.as_str().unwrap().ends_with(last4));
        assert!(prefix.len() < 16);

        let path = format!("{PATH}/{}", id(&token));
        let shown = admin.get(&path).await.expect(200);
        assert_eq!(shown.header("etag"), "\"v1\"");
        assert_eq!(shown.json(), token);
        assert!(admin.get(PATH).await.expect(200).json()["items"].as_array().unwrap().contains(&token));

        let tool = bearer(&desk, &secret);
        tool.get("/api/v1/partners").await.expect(200);
        let revoked = admin.post(&format!("{path}/revoke"), json!({})).await.expect(200).json();
        assert_eq!(revoked["revoked_at"], "2026-11-23T04:00:00Z");
        tool.get("/api/v1/partners").await.problem(401, "unauthenticated");
        admin.post(&format!("{path}/revoke"), json!({})).await.problem(409, "revoked");
    }
);

both!(
    async fn a_token_is_worth_nothing_once_it_has_expired(desk) {
        let draft = json!({"name": "Short", "scopes": ["*:read"], "expires_at": "2026-11-23T04:01:00Z"});
        let tool = bearer(&desk, &desk.admin.make(PATH, draft).await["token"]);
        desk.clock.advance(Duration::from_secs(59));
        tool.get(PATH).await.expect(200);
        desk.clock.advance(Duration::from_secs(1));
        tool.get(PATH).await.problem(401, "unauthenticated");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        admin.post(PATH, json!({"scopes": ["*:read"]})).await.names("name");
        admin.post(PATH, json!({"name": "x"})).await.names("scopes");
        admin.post(PATH, json!({"name": "x", "scopes": []})).await.names("scopes");
        admin.post(PATH, json!({"name": "x", "scopes": vec!["*:read"; 51]})).await.names("scopes");
        admin.post(PATH, json!({"name": "x", "scopes": ["*:read", "*:delete"]})).await.names("scopes[1]");
        admin.post(PATH, json!({"name": "x", "scopes": ["*:read"], "expires_at": "2026-11-23T04:00:00Z"})).await.names("expires_at");
        admin.post(PATH, json!({"name": "x", "scopes": ["*:read"], "expires_at": "tomorrow"})).await.names("expires_at");
        admin.post(PATH, json!({"name": "x", "scopes": ["*:read"], "token": "kw_pat_mine"})).await.names("token");
        admin.get(&format!("{PATH}?name=x")).await.names("name");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_165_no_token_makes_or_ends_one_that_opens_more(desk) {
        let strong = desk.admin.make(PATH, json!({"name": "Strong", "scopes": ["*:write"]})).await;
        let weak = desk.token(&["tokens:write", "partners:read"]).await;
        let before = desk.changes().await;
        for scopes in [json!(["partners:write"]), json!(["*:read"]), json!(["tokens:write", "audit:read"])] {
            weak.post(PATH, json!({"name": "Lift", "scopes": scopes})).await.problem(403, "forbidden");
        }
        weak.post(&format!("{PATH}/{}/revoke", id(&strong)), json!({})).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
        weak.make(PATH, json!({"name": "Same", "scopes": ["tokens:write", "partners:read"]})).await;
    }
);

both!(
    async fn a_185_the_same_idempotency_key_shows_the_same_secret_for_ten_minutes(desk) {
        let draft = json!({"name": "Once", "scopes": ["partners:read"]});
        let send = || desk.admin.send(Method::POST, PATH, &[("idempotency-key", "k1")], Some(&draft));
        let first = send().await.expect(201);
        desk.clock.advance(Duration::from_secs(599));
        let again = send().await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(first.json(), again.json());
        desk.clock.advance(Duration::from_secs(1));
        send().await.problem(409, "secret_already_shown");
    }
);

both!(
    async fn a_149_only_administrators_with_the_scope_reach_tokens(desk) {
        let path = format!("{PATH}/{}", desk.admin.id);
        let revoke = format!("{path}/revoke");
        let draft = json!({"name": "x", "scopes": ["*:read"]});
        let (alice, reader, other) = (desk.developer("alice").await, desk.token(&["tokens:read"]).await, desk.token(&["partners:write"]).await);
        let before = desk.changes().await;
        let nobody = desk.anonymous();
        for (user, status, code) in [(&nobody, 401, "unauthenticated"), (&alice, 403, "forbidden"), (&other, 403, "forbidden")] {
            user.get(PATH).await.problem(status, code);
            user.get(&path).await.problem(status, code);
            user.post(PATH, draft.clone()).await.problem(status, code);
            user.post(&revoke, json!({})).await.problem(status, code);
        }
        reader.get(PATH).await.expect(200);
        reader.get(&path).await.expect(200);
        reader.post(PATH, draft).await.problem(403, "forbidden");
        reader.post(&revoke, json!({})).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);
