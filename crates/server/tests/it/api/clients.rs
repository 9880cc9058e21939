//! `/api/v1/applications/{id}/client`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, User, both};

/// An application of a developer's own; the path of its client.
async fn shop(user: &User) -> String {
    format!("/api/v1/applications/{}/client", user.application().await)
}

fn web() -> Value {
    json!({"client_type": "web", "redirect_uris": ["https://app.example/back"]})
}

/// An application of a partner with one member in each role; the path of its client.
async fn of_partner(desk: &Desk, owner: &User, others: [(&User, &str); 2]) -> String {
    let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
    let member = format!("/api/v1/partners/{}/members/{}", partner["id"].as_str().unwrap(), owner.id);
    desk.admin.put(&member, json!({"role": "OWNER"})).await.expect(200);
    let application = json!({"name": "Shop", "owner": {"partner": partner["id"]}});
    let application = owner.make("/api/v1/applications", application).await;
    let application = format!("/api/v1/applications/{}", application["id"].as_str().unwrap());
    for (user, role) in others {
        let member = format!("{application}/members/{}", user.id);
        desk.admin.put(&member, json!({"role": role})).await.expect(200);
    }
    format!("{application}/client")
}

both!(
    async fn ceptor_create_application_client_id_and_secret_are_made_and_the_secret_is_shown_once(desk) {
        let alice = desk.developer("alice").await;
        let path = shop(&alice).await;
        alice.get(&path).await.problem(404, "not_found");
        let made = alice.post(&path, web()).await.expect(201);
        assert_eq!(made.header("cache-control"), "no-store");
        let made = made.json();
        let client_id = made["client_id"].as_str().unwrap();
        assert!(domain::parse_uuid(client_id).is_some(), "{client_id}");
        let secret = made["client_secret"].as_str().unwrap();
        assert!(secret.starts_with("kw_cs_"), "{secret}");
        let shown = alice.get(&path).await.expect(200);
        assert_eq!(shown.json()["client_id"], client_id);
        assert!(!shown.text.contains(&secret[10..40]) && shown.json()["client_secret"].is_null());
        assert!(!desk.everything_kept().await.contains(&secret[10..40]));
        let bob = desk.developer("bob").await;
        let other = bob.make(&shop(&bob).await, web()).await;
        assert_ne!((&other["client_id"], &other["client_secret"]), (&made["client_id"], &made["client_secret"]));
        alice.post(&path, web()).await.problem(409, "client_exists");
    }
);

both!(
    async fn ceptor_app_roles_owner_developer_and_read_only(desk) {
        let (olga, dora, rita) =
            (desk.developer("olga").await, desk.developer("dora").await, desk.developer("rita").await);
        let path = of_partner(&desk, &olga, [(&dora, "DEVELOPER"), (&rita, "READ_ONLY")]).await;
        let before = desk.changes().await;
        for user in [&dora, &rita] {
            user.post(&path, web()).await.problem(403, "forbidden");
        }
        desk.assert_nothing_happened(before).await;
        olga.make(&path, web()).await;
        let eve = desk.developer("eve").await;
        let before = desk.changes().await;
        let regenerate = format!("{path}/regenerate-secret");
        let revoke = format!("{path}/revoke");
        let rename = format!("{path}/rename");
        let end = format!("{path}/end-tokens");
        for user in [&dora, &rita] {
            user.get(&path).await.expect(200);
            user.is_refused(
                &[
                    (Method::PATCH, path.clone(), json!({"redirect_uris": ["https://evil.example/"]})),
                    (Method::POST, regenerate.clone(), json!({})),
                    (Method::POST, rename.clone(), json!({})),
                    (Method::POST, end.clone(), Value::Null),
                    (Method::POST, revoke.clone(), Value::Null),
                ],
                403,
                "forbidden",
            )
            .await;
        }
        desk.anonymous().get(&path).await.problem(401, "unauthenticated");
        eve.get(&path).await.problem(404, "not_found");
        eve.post(&revoke, json!({})).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;
        let changed = olga.patch(&path, json!({"redirect_uris": ["https://app.example/2"]})).await.expect(200);
        assert_eq!(changed.json()["redirect_uris"], json!(["https://app.example/2"]));
        assert!(!desk.token(&["clients:read"]).await.patch(&path, json!({})).await.status.is_success());
        desk.token(&["clients:write"]).await.patch(&path, json!({"require_pkce": false})).await.expect(200);
    }
);

both!(
    async fn ceptor_client_id_uniqueness_and_chosen_client_id_and_secret(desk) {
        let alice = desk.developer("alice").await;
        let bob = desk.developer("bob").await;
        let (of_alice, of_bob) = (shop(&alice).await, shop(&bob).await);
        let secret = "vT9-qLm4.xZ_77kd-PwQ";
        let chosen = json!({"client_type": "non_interactive", "client_id": "https://acme.example/", "client_secret": secret});
        let before = desk.changes().await;
        alice.post(&of_alice, chosen.clone()).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
        let made = desk.admin.make(&of_alice, chosen).await;
        assert_eq!((&made["client_id"], &made["client_secret"]), (&json!("https://acme.example/"), &Value::Null));
        bob.make(&of_bob, web()).await;
        let taken = json!({"client_id": "https://acme.example/"});
        bob.post(&format!("{of_bob}/rename"), taken.clone()).await.problem(403, "forbidden");
        desk.admin.post(&format!("{of_bob}/rename"), taken).await.problem(409, "taken");
        let free = json!({"client_id": "acme-2"});
        let renamed = desk.admin.post(&format!("{of_bob}/rename"), free).await.expect(200).json();
        assert_eq!(renamed["client_id"], "acme-2");
        // Made here: the owner may ask for that.
        let renamed = bob.post(&format!("{of_bob}/rename"), json!({})).await.expect(200).json();
        assert!(domain::parse_uuid(renamed["client_id"].as_str().unwrap()).is_some());
        assert!(!desk.everything_kept().await.contains(secret));
    }
);

both!(
    async fn a_090_a_chosen_secret_that_is_easy_to_guess_is_refused(desk) {
        let alice = desk.developer("alice").await;
        let path = shop(&alice).await;
        alice.make(&path, web()).await;
        let regenerate = format!("{path}/regenerate-secret");
        for weak in ["1234", "aaaaaaaaaaaaaaaaaaaa", "passwordpassword", "kw_cs_something-long-enough", "sixteen chars öä"] {
            desk.admin.post(&regenerate, json!({"client_secret": weak})).await.names("client_secret");
        }
        alice.post(&regenerate, json!({"client_secret": "vT9-qLm4.xZ_77kd-PwQ"})).await.problem(403, "forbidden");
        let chosen = desk.admin.post(&regenerate, json!({"client_secret": "vT9-qLm4.xZ_77kd-PwQ"})).await;
        assert_eq!(chosen.expect(201).json()["client_secret"], Value::Null);
    }
);

both!(
    async fn ceptor_token_name_must_be_one_that_exists(desk) {
        let alice = desk.developer("alice").await;
        let path = shop(&alice).await;
        let mut named = web();
        named["token_definition"] = json!("Banking");
        alice.post(&path, named.clone()).await.names("token_definition");
        let definition = json!({"name": "Banking", "algorithm": "EdDSA", "issuer": "https://bank.example"});
        let definition = desk.admin.make("/api/v1/oauth/token-definitions", definition).await;
        let made = alice.make(&path, named).await;
        assert_eq!(made["token_definition"], "Banking");
        let at = format!("/api/v1/oauth/token-definitions/{}", definition["id"].as_str().unwrap());
        desk.admin.delete(&at).await.problem(409, "in_use");
        alice.patch(&path, json!({"token_definition": null})).await.expect(200);
        desk.admin.delete(&at).await.expect(204);
    }
);

both!(
    async fn a_client_is_revoked_for_good_and_the_application_may_get_another(desk) {
        let alice = desk.developer("alice").await;
        let path = shop(&alice).await;
        let first = alice.make(&path, web()).await;
        let revoked = alice.post(&format!("{path}/revoke"), json!({})).await.expect(200).json();
        assert_eq!(revoked["state"], "revoked");
        for (method, path) in [(Method::GET, path.clone()), (Method::POST, format!("{path}/revoke"))] {
            alice.send(method, &path, &[], None).await.problem(404, "not_found");
        }
        let application = first["application_id"].as_str().unwrap();
        let secrets = alice.get(&format!("/api/v1/credentials?application_id={application}")).await.json();
        assert_eq!(secrets["items"][0]["status"], "revoked");
        let second = alice.make(&path, web()).await;
        assert_ne!(first["client_id"], second["client_id"]);
    }
);

both!(
    async fn wrong_settings_are_named(desk) {
        let alice = desk.developer("alice").await;
        let path = shop(&alice).await;
        for (settings, field) in [
            (json!({"client_type": "other"}), "client_type"),
            (json!({"client_type": "web"}), "redirect_uris"),
            (json!({"client_type": "web", "redirect_uris": ["/redir1"]}), "redirect_uris[0]"),
            (json!({"client_type": "non_interactive", "scopes": ["nothing"]}), "scopes[0]"),
            (json!({"client_type": "non_interactive", "requested_scopes_required": false}), "requested_scopes_required"),
            (json!({"client_type": "non_interactive", "allowed_ips": ["10.0.0.0/33"]}), "allowed_ips[0]"),
            (json!({"client_type": "non_interactive", "access_token_lifetime_s": 1}), "access_token_lifetime_s"),
            (json!({"client_type": "non_interactive", "colour": "red"}), "colour"),
            (json!({"client_type": "custom", "grant_types": ["password"], "scopes": ["openid"]}), "grant_types"),
        ] {
            alice.post(&path, settings).await.names(field);
        }
        alice.make(&path, json!({"client_type": "non_interactive"})).await;
        alice.patch(&path, json!({"client_type": "custom"})).await.problem(400, "invalid");
        alice.patch(&path, json!({"client_id": "mine"})).await.names("client_id");
    }
);

both!(
    async fn f_051_a_repeated_create_shows_the_same_secret(desk) {
        let alice = desk.developer("alice").await;
        let path = shop(&alice).await;
        let create = || alice.request(Method::POST, &path).header("idempotency-key", "k").json(&web());
        let first = crate::support::Answer::of(create()).await.expect(201).json();
        let again = crate::support::Answer::of(create()).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.json()["client_secret"], first["client_secret"]);
    }
);
