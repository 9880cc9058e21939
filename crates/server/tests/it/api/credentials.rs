//! `/api/v1/credentials` and `/api/v1/applications/{id}/credentials`

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, User, both, id};

/// An application of a developer; its path.
async fn application(user: &User) -> String {
    let application = user.make("/api/v1/applications", json!({"name": "Shop"})).await;
    format!("/api/v1/applications/{}", id(&application))
}

async fn key(user: &User, application: &str, name: &str) -> Value {
    user.make(&format!("{application}/credentials"), json!({"name": name})).await
}

fn at(credential: &Value) -> String {
    format!("/api/v1/credentials/{}", id(credential))
}

/// How many credentials the gateway check of this node knows.
fn in_memory(desk: &Desk) -> usize {
    desk.app.verifier().credentials()
}

both!(
    async fn a_181_a_key_is_shown_once(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        let issued = alice.post(&format!("{shop}/credentials"), json!({"name": "Production"})).await.expect(201);
        assert_eq!(issued.header("cache-control"), "no-store");
        let issued = issued.json();
        let secret = issued["secret"].as_str().unwrap();
        assert!(secret.starts_with("kw_key_") && secret.len() == 56, "{secret}");
        assert_eq!(issued["last4"], &secret[52..]);
        assert_eq!(issued["prefix"], &secret[..11]);
        assert_eq!(in_memory(&desk), 1);
        for path in [at(&issued), format!("/api/v1/credentials?application_id={}", issued["application_id"].as_str().unwrap()), "/api/v1/credentials".to_owned()] {
            let shown = alice.get(&path).await.expect(200).text;
            assert!(shown.contains("Production") && !shown.contains(&secret[12..50]), "{shown}");
        }
    }
);

both!(
    async fn a_key_is_renamed_disabled_enabled_and_revoked(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        let issued = key(&alice, &shop, "k").await;
        let path = at(&issued);
        let status = |answer: crate::support::Answer| answer.expect(200).json()["status"].as_str().unwrap().to_owned();
        assert_eq!(status(alice.post(&format!("{path}/disable"), json!({})).await), "disabled");
        assert_eq!(status(alice.post(&format!("{path}/enable"), json!({})).await), "active");
        let renamed = alice.patch(&path, json!({"name": "n", "expires_at": "2026-11-23T05:00:00Z"})).await.expect(200).json();
        assert_eq!((&renamed["name"], &renamed["expires_at"]), (&json!("n"), &json!("2026-11-23T05:00:00Z")));
        alice.patch(&path, json!({"expires_at": "2020-01-01T00:00:00Z"})).await.names("expires_at");
        alice.patch(&path, json!({"name": null})).await.names("name");
        assert_eq!(alice.patch(&path, json!({"expires_at": null})).await.expect(200).json()["expires_at"], json!(null));
        assert_eq!(status(alice.post(&format!("{path}/revoke"), json!({})).await), "revoked");
        alice.post(&format!("{path}/revoke"), json!({})).await.problem(409, "revoked");
        alice.post(&format!("{path}/enable"), json!({})).await.problem(409, "revoked");
        alice.patch(&path, json!({"name": "z"})).await.problem(409, "revoked");
        alice.post(&format!("{path}/rotate"), json!({})).await.problem(409, "state");
    }
);

both!(
    async fn a_key_expires_by_itself(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        let new = json!({"name": "short", "expires_at": "2026-11-23T04:10:00Z"});
        let issued = alice.make(&format!("{shop}/credentials"), new).await;
        assert_eq!(issued["status"], "active");
        desk.clock.advance(Duration::from_secs(601));
        assert_eq!(desk.admin.get(&at(&issued)).await.expect(200).json()["status"], "expired");
        desk.admin.post(&format!("{}/enable", at(&issued)), json!({})).await.problem(409, "expired");
    }
);

both!(
    async fn a_rotated_key_and_its_successor_live_side_by_side_for_a_while(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        let old = key(&alice, &shop, "k").await;
        let rotate = format!("{}/rotate", at(&old));
        alice.post(&rotate, json!({"overlap_seconds": 7_776_001})).await.names("overlap_seconds");
        let new = alice.post(&rotate, json!({"overlap_seconds": 60})).await.expect(201).json();
        assert_ne!(new["secret"], old["secret"]);
        let shown = alice.get(&at(&old)).await.expect(200).json();
        assert_eq!((&shown["status"], &shown["replaced_by"]), (&json!("rotating"), &new["id"]));
        alice.post(&rotate, json!({})).await.problem(409, "rotating");
        desk.clock.advance(Duration::from_secs(61));
        assert_eq!(alice.get(&at(&old)).await.expect(200).json()["status"], "expired");
        assert_eq!(alice.get(&at(&new)).await.expect(200).json()["status"], "active");
    }
);

both!(
    async fn existing_keys_are_imported_by_administrators(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        let import = format!("{shop}/credentials/import");
        let admin = &desk.admin;
        let value = "9fQ2-7xKp_Zr4Lm8Vt1Ws6-abghij";
        let imported = admin.make(&import, json!({"name": "old", "value": value})).await;
        assert_eq!((&imported["imported"], &imported["last4"]), (&json!(true), &json!("ghij")));
        assert_eq!(imported["secret"], json!(null));
        let sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        admin.make(&import, json!({"name": "sha", "sha256": sha, "last4": "x1y2"})).await;
        // that a key is somebody's already is not told.
        let taken = admin.post(&import, json!({"name": "again", "value": value})).await.names("value");
        assert_eq!(taken["invalid_parameters"][0]["code"], "unusable");
        admin.post(&import, json!({"name": "x"})).await.names("value");
        admin.post(&import, json!({"name": "x", "value": value, "sha256": sha})).await.names("value");
        admin.post(&import, json!({"name": "x", "value": "short"})).await.names("value");
        admin.post(&import, json!({"name": "x", "value": "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"})).await.names("value");
        admin.post(&import, json!({"name": "x", "sha256": "zz"})).await.names("sha256");
        alice.post(&import, json!({"name": "mine", "value": "chosen-by-me-0123456789"})).await.problem(403, "forbidden");
    }
);

both!(
    async fn a_175_the_limit_holds_and_says_so(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        for n in 0..20 {
            key(&alice, &shop, &format!("k{n}")).await;
        }
        let problem = alice.post(&format!("{shop}/credentials"), json!({"name": "one more"})).await.problem(403, "quota_exceeded");
        assert_eq!(problem["detail"], "Maximum number of Credentials exceeded. Max Allowed: 20");
        let list = alice.get("/api/v1/credentials?limit=1").await.json();
        alice.post(&format!("{}/revoke", at(&list["items"][0])), json!({})).await.expect(200);
        key(&alice, &shop, "one more").await;
    }
);

both!(
    async fn a_185_a_repeated_issue_shows_the_same_key_for_ten_minutes(desk) {
        let alice = desk.developer("alice").await;
        let shop = application(&alice).await;
        let issue = |user: User| {
            let path = format!("{shop}/credentials");
            async move { user.send(Method::POST, &path, &[("idempotency-key", "once")], Some(&json!({"name": "k"}))).await }
        };
        let first = issue(alice.clone()).await.expect(201).json();
        let again = issue(alice.clone()).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.json(), first);
        assert_eq!(in_memory(&desk), 1);
        desk.clock.advance(Duration::from_secs(601));
        issue(alice.clone()).await.problem(409, "secret_already_shown");
    }
);

both!(
    async fn a_149_a_150_foreign_credentials_are_unknown(desk) {
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let shop = application(&alice).await;
        let credential = key(&alice, &shop, "k").await;
        let path = at(&credential);
        let reader = desk.token(&["credentials:read", "applications:write"]).await;
        let before = desk.changes().await;
        let writes = |user: User| {
            let (path, shop) = (path.clone(), shop.clone());
            async move {
                vec![
                    user.patch(&path, json!({"name": "x"})).await,
                    user.post(&format!("{path}/enable"), json!({})).await,
                    user.post(&format!("{path}/disable"), json!({})).await,
                    user.post(&format!("{path}/rotate"), json!({})).await,
                    user.post(&format!("{path}/revoke"), json!({})).await,
                    user.post(&format!("{shop}/credentials"), json!({"name": "x"})).await,
                    user.post(&format!("{shop}/credentials/import"), json!({"name": "x", "value": "0123456789abcdefghijkl"})).await,
                ]
            }
        };
        for answer in writes(desk.anonymous()).await {
            answer.problem(401, "unauthenticated");
        }
        desk.anonymous().get(&path).await.problem(401, "unauthenticated");
        desk.anonymous().get("/api/v1/credentials").await.problem(401, "unauthenticated");
        for answer in writes(bob.clone()).await {
            answer.problem(404, "not_found");
        }
        bob.get(&path).await.problem(404, "not_found");
        bob.get(&format!("/api/v1/credentials?application_id={}", credential["application_id"].as_str().unwrap())).await.problem(404, "not_found");
        assert_eq!(bob.get("/api/v1/credentials").await.expect(200).json()["items"], json!([]));
        reader.get(&path).await.expect(200);
        for answer in writes(reader.clone()).await {
            answer.problem(403, "forbidden");
        }
        desk.assert_nothing_happened(before).await;
    }
);
