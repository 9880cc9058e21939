//! `/api/v1/oauth/scopes`, `…/token-definitions` and `…/signing-keys`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{both, id};

const SCOPES: &str = "/api/v1/oauth/scopes";
const DEFINITIONS: &str = "/api/v1/oauth/token-definitions";
const KEYS: &str = "/api/v1/oauth/signing-keys";

both!(
    async fn scopes_are_made_by_administrators_and_seen_by_all_who_are_signed_in(desk) {
        let alice = desk.developer("alice").await;
        let before = desk.changes().await;
        alice.post(SCOPES, json!({"name": "orders", "kind": "plain"})).await.problem(403, "forbidden");
        desk.anonymous().get(SCOPES).await.problem(401, "unauthenticated");
        desk.assert_nothing_happened(before).await;
        let made = desk.admin.make(SCOPES, json!({"name": "orders", "kind": "plain", "description": "See orders"})).await;
        let path = format!("{SCOPES}/{}", id(&made));
        assert_eq!(alice.get(&path).await.expect(200).json()["description"], "See orders");
        desk.admin.post(SCOPES, json!({"name": "orders", "kind": "plain"})).await.problem(409, "taken");
        desk.admin.post(SCOPES, json!({"name": "a b", "kind": "plain"})).await.names("name");
        desk.admin.post(SCOPES, json!({"name": "x", "kind": "plain", "role": "gold"})).await.names("role");
        let role = desk.admin.make(SCOPES, json!({"name": "ROLE_USER", "kind": "role"})).await;
        assert_eq!(role["role"], "ROLE_USER");
        let client = json!({"name": "Batch", "client_type": "non_interactive", "scopes": ["orders"]});
        alice.make("/api/v1/api-clients", client).await;
        desk.admin.delete(&path).await.problem(409, "in_use");
        let claims = json!({"claims": [{"claim": "salary", "userinfo": true}]});
        assert_eq!(desk.admin.patch(&path, claims).await.expect(200).json()["claims"][0]["claim"], "salary");
        alice.is_refused(&[(Method::PATCH, path.clone(), json!({})), (Method::DELETE, path, Value::Null)], 403, "forbidden").await;
    }
);

both!(
    async fn scopes_that_are_built_in_stay(desk) {
        let all = desk.admin.get(SCOPES).await.expect(200).json();
        let all = all["items"].as_array().unwrap();
        let names: Vec<&str> = all.iter().map(|scope| scope["name"].as_str().unwrap()).collect();
        for name in domain::BUILT_IN_SCOPES {
            assert!(names.contains(&name));
        }
        let path = format!("{SCOPES}/{}", id(&all[0]));
        desk.admin.delete(&path).await.problem(409, "built_in");
        desk.admin.patch(&path, json!({"kind": "plain"})).await.names("kind");
    }
);

both!(
    async fn token_definitions_are_made_changed_and_removed(desk) {
        let alice = desk.developer("alice").await;
        alice.post(DEFINITIONS, json!({"name": "Banking", "algorithm": "ES256"})).await.problem(403, "forbidden");
        let new = json!({"name": "Banking", "algorithm": "EdDSA", "issuer": "https://bank.example", "audience": ["https://api.bank.example"],
            "key_series": "banking", "claims": {"org": "partner_name"}});
        let made = desk.admin.make(DEFINITIONS, new).await;
        let path = format!("{DEFINITIONS}/{}", id(&made));
        desk.admin.post(DEFINITIONS, json!({"name": "BANKING", "algorithm": "ES256"})).await.problem(409, "taken");
        desk.admin.post(DEFINITIONS, json!({"name": "x", "algorithm": "HS256"})).await.names("algorithm");
        desk.admin.post(DEFINITIONS, json!({"name": "x", "algorithm": "none"})).await.names("algorithm");
        desk.admin.patch(&path, json!({"issuer": "http://bank.example"})).await.names("issuer");
        desk.admin.patch(&path, json!({"claims": {"sub": "partner_id"}})).await.names("claims.sub");
        desk.admin.patch(&path, json!({"claims": {"who": "password"}})).await.names("claims.who");
        desk.admin.patch(&path, json!({"algorithm": "PS256"})).await.expect(200);
        desk.admin.delete(&path).await.expect(204);
        let default = desk.admin.get(DEFINITIONS).await.json();
        let default = format!("{DEFINITIONS}/{}", id(&default["items"][0]));
        desk.admin.delete(&default).await.problem(409, "is_default");
    }
);

both!(
    async fn signing_keys_are_shown_without_their_private_parts_and_revoked(desk) {
        let alice = desk.developer("alice").await;
        alice.get(KEYS).await.problem(403, "forbidden");
        alice.post(&format!("{KEYS}/rotate"), json!({})).await.problem(403, "forbidden");
        let made = desk.admin.post(&format!("{KEYS}/rotate"), json!({"algorithm": "EdDSA"})).await.expect(200);
        let key = made.json()[0].clone();
        assert_eq!((&key["state"], &key["algorithm"]), (&json!("pending"), &json!("EdDSA")));
        let path = format!("{KEYS}/{}", id(&key));
        let shown = desk.admin.get(&path).await.expect(200);
        assert_eq!(shown.json()["public_jwk"]["kid"], key["id"]);
        assert!(shown.json()["public_jwk"]["d"].is_null() && !shown.text.contains("private"));
        alice.post(&format!("{path}/revoke"), json!({})).await.problem(403, "forbidden");
        assert_eq!(desk.admin.post(&format!("{path}/revoke"), json!({})).await.expect(200).json()["state"], "revoked");
        desk.admin.post(&format!("{path}/revoke"), json!({})).await.problem(409, "state");
        let reader = desk.token(&["oauth:read"]).await;
        reader.get(KEYS).await.expect(200);
        reader.post(&format!("{KEYS}/rotate"), json!({})).await.problem(403, "forbidden");
    }
);
