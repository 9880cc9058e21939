//! `/api/v1/api-clients`: the rows of AppDirect's table.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{User, both, id};

const CLIENTS: &str = "/api/v1/api-clients";

fn web(name: &str) -> Value {
    json!({"name": name, "client_type": "web", "grant_types": ["authorization_code"], "redirect_urls": ["https://app.example/back"]})
}

fn with(mut client: Value, more: Value) -> Value {
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
}

fn at(client: &Value) -> String {
    format!("{CLIENTS}/{}", id(client))
}

/// The fifteen scopes of AppDirect, as the example file has them.
async fn fifteen(admin: &User) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dialects/appdirect-scopes.json");
    let scopes: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let scopes = scopes.as_array().unwrap();
    assert_eq!(scopes.len(), 12, "openid, profile and email are built in");
    for scope in scopes {
        admin.make("/api/v1/oauth/scopes", scope.clone()).await;
    }
}

both!(
    async fn appdirect_create_web_client_and_one_time_secret_with_its_warning(desk) {
        let alice = desk.developer("alice").await;
        let answer = alice.post(CLIENTS, with(web("Shop"), json!({"id_token": true, "basic_user_information": true}))).await;
        let made = answer.expect(201).json();
        let secret = made["consumer_secret"].as_str().unwrap();
        assert!(made["message"].as_str().unwrap().contains("cannot be shown again"));
        let shown = alice.get(&at(&made)).await.expect(200);
        assert!(!shown.text.contains(&secret[10..40]));
        let shown = shown.json();
        assert_eq!(shown["consumer_key"], made["consumer_key"]);
        assert_eq!((&shown["id_token"], &shown["basic_user_information"]), (&json!(true), &json!(true)));
        assert_eq!((&shown["status"], &shown["require_requested_scopes"]), (&json!("live"), &json!(true)));
        let by_key = format!("{CLIENTS}?consumer_key={}", made["consumer_key"].as_str().unwrap());
        assert_eq!(alice.get(&by_key).await.expect(200).json()["items"][0]["name"], "Shop");
        let settings = alice.get(&format!("/api/v1/applications/{}/client", shown["application_id"].as_str().unwrap())).await;
        assert_eq!(settings.expect(200).json()["access_token_lifetime_s"], 43_200);
    }
);

both!(
    async fn appdirect_regenerate_secret_keeps_the_key(desk) {
        let alice = desk.developer("alice").await;
        let made = alice.make(CLIENTS, web("Shop")).await;
        let again = alice.post(&format!("{}/regenerate-secret", at(&made)), json!({})).await.expect(201).json();
        assert_eq!(again["consumer_key"], made["consumer_key"]);
        assert_ne!(again["consumer_secret"], made["consumer_secret"]);
        let shown = alice.get(&at(&made)).await.json();
        let secrets = format!("/api/v1/credentials?application_id={}", shown["application_id"].as_str().unwrap());
        let secrets = alice.get(&secrets).await.expect(200).json();
        let states: Vec<&Value> = secrets["items"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
        assert_eq!(states, ["active", "revoked"]);
    }
);

both!(
    async fn appdirect_revoke_access_is_final_and_the_name_is_free_again(desk) {
        let alice = desk.developer("alice").await;
        let made = alice.make(CLIENTS, web("Shop")).await;
        alice.post(CLIENTS, web("Shop")).await.problem(409, "taken");
        let revoked = alice.post(&format!("{}/revoke-access", at(&made)), json!({})).await.expect(200).json();
        assert_eq!(revoked["status"], "revoked");
        alice.post(&format!("{}/revoke-access", at(&made)), json!({})).await.problem(409, "revoked");
        alice.patch(&at(&made), json!({"name": "Shop 2"})).await.problem(409, "revoked");
        alice.post(&format!("{}/regenerate-secret", at(&made)), json!({})).await.problem(409, "revoked");
        desk.clock.advance(Duration::from_secs(1));
        let again = alice.make(CLIENTS, web("Shop")).await;
        assert_ne!(again["consumer_key"], made["consumer_key"]);
        let live = alice.get(&format!("{CLIENTS}?status=live")).await.json();
        assert_eq!(live["items"].as_array().unwrap().len(), 1);
    }
);

both!(
    async fn appdirect_key_and_secret_cannot_be_edited(desk) {
        let alice = desk.developer("alice").await;
        let made = alice.make(CLIENTS, web("Shop")).await;
        alice.patch(&at(&made), json!({"consumer_key": "mine"})).await.names("consumer_key");
        alice.patch(&at(&made), json!({"consumer_secret": "mine"})).await.names("consumer_secret");
    }
);

both!(
    async fn appdirect_client_types_and_their_grants(desk) {
        let alice = desk.developer("alice").await;
        let back = json!(["https://app.example/back"]);
        for (kind, grants, field) in [
            ("web", json!(["authorization_code", "refresh_token"]), None),
            ("web", json!(["implicit"]), Some("grant_types")),
            ("web", json!(["refresh_token"]), Some("grant_types")),
            ("single_page", json!(["authorization_code"]), None),
            ("single_page", json!(["authorization_code", "refresh_token"]), Some("grant_types")),
            ("native", json!(["authorization_code", "refresh_token"]), None),
            ("native", json!(["refresh_token"]), Some("grant_types")),
            ("custom", json!(["authorization_code"]), Some("client_type")),
        ] {
            let client = json!({"name": format!("{kind} {grants}"), "client_type": kind, "grant_types": grants, "redirect_urls": back});
            let answer = alice.post(CLIENTS, client).await;
            match field {
                None => drop(answer.expect(201)),
                Some(field) => {
                    let problem = answer.problem(400, "invalid");
                    assert_eq!(problem["invalid_parameters"][0]["field"], field, "{kind} {grants}");
                }
            }
        }
        let other = json!({"name": "Other", "client_type": "other"});
        alice.post(CLIENTS, other).await.names("client_type");
        let machine = alice.make(CLIENTS, json!({"name": "Batch", "client_type": "non_interactive"})).await;
        let shown = alice.get(&at(&machine)).await.json();
        assert_eq!(shown["grant_types"], json!(["client_credentials"]));
        let answer = alice.patch(&at(&machine), json!({"grant_types": ["client_credentials", "refresh_token"]})).await;
        answer.problem(400, "invalid");
        let page = json!({"name": "Page", "client_type": "single_page", "redirect_urls": back});
        assert_eq!(alice.make(CLIENTS, page).await["consumer_secret"], Value::Null);
    }
);

both!(
    async fn appdirect_scopes_policy_is_on_for_new_clients_and_goes_one_way(desk) {
        let alice = desk.developer("alice").await;
        alice.post(CLIENTS, with(web("Shop"), json!({"require_requested_scopes": false}))).await.names("require_requested_scopes");
        let made = alice.make(CLIENTS, web("Shop")).await;
        for user in [&alice, &desk.admin] {
            user.patch(&at(&made), json!({"require_requested_scopes": false})).await.names("require_requested_scopes");
        }
        alice.patch(&at(&made), json!({"require_requested_scopes": true})).await.expect(200);
    }
);

both!(
    async fn a_170_an_imported_client_keeps_its_policy_until_it_is_turned_on(desk) {
        let alice = desk.developer("alice").await;
        let path = format!("/api/v1/applications/{}/client", alice.application().await);
        let old = json!({"client_type": "web", "redirect_uris": ["https://app.example/back"], "imported": true, "requested_scopes_required": false});
        alice.post(&path, old.clone()).await.problem(403, "forbidden");
        desk.admin.make(&path, old).await;
        alice.patch(&path, json!({"require_pkce": false})).await.expect(200);
        let on = alice.patch(&path, json!({"requested_scopes_required": true})).await.expect(200).json();
        assert_eq!(on["requested_scopes_required"], true);
        desk.admin.patch(&path, json!({"requested_scopes_required": false})).await.names("requested_scopes_required");
    }
);

both!(
    async fn appdirect_persistent_sso_only_with_id_token(desk) {
        let alice = desk.developer("alice").await;
        alice.post(CLIENTS, with(web("Shop"), json!({"persistent_sso": true}))).await.problem(400, "invalid");
        let made = alice.make(CLIENTS, with(web("Shop"), json!({"persistent_sso": true, "id_token": true}))).await;
        alice.patch(&at(&made), json!({"id_token": false})).await.problem(400, "invalid");
        alice.patch(&at(&made), json!({"id_token": false, "persistent_sso": false})).await.expect(200);
    }
);

both!(
    async fn appdirect_refresh_lifetime_only_with_the_grant_and_within_bounds(desk) {
        let alice = desk.developer("alice").await;
        let days = |days: i64| json!({"refresh_token_lifetime_days": days});
        alice.post(CLIENTS, with(web("Shop"), days(7))).await.names("refresh_token_lifetime_days");
        let refresh = json!({"grant_types": ["authorization_code", "refresh_token"]});
        for wrong in [0, -1, 366] {
            let client = with(with(web("Shop"), refresh.clone()), days(wrong));
            alice.post(CLIENTS, client).await.names("refresh_token_lifetime_days");
        }
        let made = alice.make(CLIENTS, with(with(web("Shop"), refresh), days(7))).await;
        assert_eq!(alice.get(&at(&made)).await.json()["refresh_token_lifetime_days"], 7);
    }
);

both!(
    async fn a_195_appdirect_allowed_addresses_are_checked_on_save(desk) {
        let alice = desk.developer("alice").await;
        for wrong in ["10.0.0.1/8", "10.0.0.0/33", "1.2.3.4,,", " ", "01.02.03.04"] {
            let client = with(web("Shop"), json!({"allowed_ip_addresses": ["192.0.2.1", wrong]}));
            alice.post(CLIENTS, client).await.names("allowed_ip_addresses[1]");
        }
        let many: Vec<String> = (0..10_000).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
        alice.post(CLIENTS, with(web("Shop"), json!({"allowed_ip_addresses": many}))).await.names("allowed_ip_addresses");
        let right = json!({"allowed_ip_addresses": ["192.0.2.7", "2001:db8::/32"]});
        let made = alice.make(CLIENTS, with(web("Shop"), right)).await;
        let shown = alice.get(&at(&made)).await.json();
        assert_eq!(shown["allowed_ip_addresses"], json!(["192.0.2.7/32", "2001:db8::/32"]));
    }
);

both!(
    async fn appdirect_fifteen_scopes_and_whom_they_are_for(desk) {
        fifteen(&desk.admin).await;
        let alice = desk.developer("alice").await;
        let users = json!({"id_token": true, "basic_user_information": true, "scopes": ["ROLE_USER", "ROLE_BILLING_ADMIN"]});
        let made = alice.make(CLIENTS, with(web("Shop"), users)).await;
        assert_eq!(alice.get(&at(&made)).await.json()["scopes"], json!(["ROLE_USER", "ROLE_BILLING_ADMIN"]));
        let system = json!({"scopes": ["ROLE_PARTNER"]});
        alice.patch(&at(&made), system.clone()).await.problem(400, "invalid");
        let machine = json!({"name": "Batch", "client_type": "non_interactive"});
        let both_systems = json!({"scopes": ["ROLE_PARTNER", "ROLE_PARTNER_READ"]});
        alice.post(CLIENTS, with(machine.clone(), both_systems)).await.names("scopes");
        alice.post(CLIENTS, with(machine.clone(), json!({"scopes": ["ROLE_USER"]}))).await.names("scopes[0]");
        alice.make(CLIENTS, with(machine, system)).await;
    }
);

both!(
    async fn others_see_and_change_no_api_client(desk) {
        let alice = desk.developer("alice").await;
        let made = alice.make(CLIENTS, web("Shop")).await;
        let eve = desk.developer("eve").await;
        let reader = desk.token(&["clients:read"]).await;
        let before = desk.changes().await;
        assert_eq!(eve.get(CLIENTS).await.expect(200).json()["items"], json!([]));
        eve.is_refused(
            &[
                (Method::GET, at(&made), Value::Null),
                (Method::PATCH, at(&made), json!({"name": "Mine"})),
                (Method::POST, format!("{}/regenerate-secret", at(&made)), Value::Null),
                (Method::POST, format!("{}/revoke-access", at(&made)), Value::Null),
            ],
            404,
            "not_found",
        )
        .await;
        desk.anonymous().get(CLIENTS).await.problem(401, "unauthenticated");
        reader.get(&at(&made)).await.expect(200);
        reader.patch(&at(&made), json!({"name": "Mine"})).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
        assert_eq!(desk.admin.get(CLIENTS).await.expect(200).json()["items"][0]["id"], made["id"]);
    }
);
