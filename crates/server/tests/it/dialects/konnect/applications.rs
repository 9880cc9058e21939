//! `/api/v2/applications` and their credentials.

use app::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use super::Client;
use crate::support::{Answer, Desk, Engine, both, id};

const PATH: &str = "/api/v2/applications";

#[track_caller]
fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

both!(
    async fn an_application_is_made_changed_and_deleted(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let strategies = ada.get("/api/v2/applications/auth-strategies").await.is(200, "strategies");
        let default = &strategies["data"][0];
        assert_eq!(default["key_names"], json!(["x-api-key"]));
        let body = json!({"name": "Shop", "reference_id": "shop-1", "redirect_uri": "https://shop.example.com/back",
            "description": "Sells", "auth_strategy_id": null, "scopes": []});
        let made = ada.post(PATH, body).await.is(201, "application_made");
        assert_eq!((&made["reference_id"], &made["auth_strategy"]), (&json!("shop-1"), default));
        let place = format!("{PATH}/{}", id(&made));
        assert_eq!(ada.get(&place).await.is(200, "application"), made);

        // A reference is made up, and may be sent back unchanged.
        let plain = ada.post(PATH, json!({"name": "Plain", "auth_strategy_id": default["id"]})).await;
        let plain = plain.is(201, "application_made");
        assert_eq!(plain["description"], json!(null));
        let other = format!("{PATH}/{}", id(&plain));
        let again = json!({"reference_id": plain["reference_id"], "description": "New"});
        let changed = ada.patch(&other, again).await.is(200, "application");
        assert_eq!((&changed["description"], &changed["reference_id"]), (&json!("New"), &plain["reference_id"]));
        for taken in [json!("shop-1"), made["id"].clone()] {
            ada.patch(&other, json!({"reference_id": taken})).await.refused(409, "Conflict");
            ada.post(PATH, json!({"name": "x", "reference_id": taken})).await.refused(409, "Conflict");
        }
        ada.patch(&place, json!({"reference_id": "shop-1", "name": "Shop 2"})).await.is(200, "application");
        let known = ada.patch(&other, json!({"reference_id": "plain-1"})).await.is(200, "application");
        assert_eq!(known["reference_id"], "plain-1");
        // Names may repeat.
        for _ in 0..2 {
            ada.post(PATH, json!({"name": "Shop 2"})).await.is(201, "application_made");
        }
        ada.delete(&place).await.empty(204);
        ada.get(&place).await.refused(404, "Not Found");
        ada.delete(&place).await.refused(404, "Not Found");
        ada.patch(&other, json!({"auth_strategy_id": default["id"]})).await.wrong(&["body auth_strategy_id unknown_property"]);
        ada.patch(&other, json!({"description": null})).await.wrong(&["body description is_string"]);
    }
);

both!(
    async fn applications_are_listed_by_page_and_filter(desk) {
        let (ada, bob) = (Client::developer(&desk, "ada").await, Client::developer(&desk, "bob").await);
        let method = json!({"kind": "key_auth", "locations": [{"header": "x-other"}, {"query": "k"}]});
        let other = desk.admin.make("/api/v1/auth-strategies", json!({"name": "Other", "method": method})).await;
        bob.application("Shop").await;
        for (name, strategy) in [("Shop", json!(null)), ("Shöp window", json!(null)), ("Till", other["id"].clone())] {
            ada.post(PATH, json!({"name": name, "auth_strategy_id": strategy})).await.is(201, "application_made");
        }
        let other = id(&other);
        for (query, found, total) in [
            ("", vec!["Till", "Shöp window", "Shop"], 3),
            ("page[size]=2", vec!["Till", "Shöp window"], 3),
            ("page%5Bsize%5D=2&page%5Bnumber%5D=2", vec!["Shop"], 3),
            ("page[size]=&page[number]=", vec!["Till", "Shöp window", "Shop"], 3),
            ("filter[name]=Shop", vec!["Shop"], 1),
            ("filter[name][eq]=shop", vec![], 0),
            ("filter[name]=", vec![], 0),
            ("filter[name][contains]=SHÖP+w", vec!["Shöp window"], 1),
            ("filter[name][contains]=%25", vec![], 0),
            (&format!("filter[auth_strategy_id]={other}"), vec!["Till"], 1),
            (&format!("filter[auth_strategy_id][eq]={other}&filter[name]=Shop"), vec![], 0),
            ("sort=name", vec!["Till", "Shöp window", "Shop"], 3),
        ] {
            let page = ada.get(&format!("{PATH}?{query}")).await.is(200, "applications");
            assert_eq!(names(&page), found, "{query}");
            assert_eq!(page["meta"]["page"]["total"], total, "{query}");
        }
        let strategies = format!("{PATH}/auth-strategies");
        for (query, found) in [
            ("", 2),
            ("filter[credential_type][eq]=key_auth", 2),
            ("filter[credential_type][eq]=client_credentials", 0),
            ("filter[name][contains]=OTH", 1),
        ] {
            let page = ada.get(&format!("{strategies}?{query}")).await.is(200, "strategies");
            assert_eq!(page["meta"]["page"]["total"], found, "{query}");
        }
        ada.get(&format!("{strategies}?filter[credential_type]=key_auth")).await.wrong(&["query filter[credential_type] invalid"]);
        let wrong = ada.get(&format!("{strategies}?filter[credential_type][eq]=x")).await;
        let wrong = wrong.wrong(&["query filter[credential_type][eq] enum"]);
        assert_eq!(wrong["invalid_parameters"][0]["choices"].as_array().unwrap().len(), 3);
    }
);

both!(
    async fn keys_are_issued_once_renamed_and_ended(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let path = format!("{PATH}/{}/credentials", ada.application("Shop").await);
        let made = ada.post(&path, json!({"display_name": "Main"})).await.is(201, "credential_made");
        let secret = made["credential"].as_str().unwrap();
        assert!(secret.starts_with("kw_key_"));
        // Without a body, as a form, and as an empty object.
        let form = "application/x-www-form-urlencoded";
        let bare = Answer::of(ada.request(Method::POST, &path).header("content-type", form).body("")).await;
        bare.is(201, "credential_made");
        ada.send(Method::POST, &path, None).await.is(201, "credential_made");
        ada.post(&path, json!({})).await.is(201, "credential_made");
        let page = ada.get(&format!("{path}?page[size]=3")).await.is(200, "credentials");
        assert_eq!(page["meta"]["page"], json!({"number": 1, "size": 3, "total": 4}));
        assert!(!page.to_string().contains(secret));

        let place = format!("{path}/{}", id(&made));
        ada.put(&place, json!({"display_name": "Other"})).await.empty(200);
        ada.put(&place, json!({})).await.wrong(&["body display_name required"]);
        let page = ada.get(&format!("{path}?page[size]=100")).await.is(200, "credentials");
        assert_eq!(page["data"][3]["display_name"], "Other");
        ada.delete(&place).await.empty(204);
        ada.delete(&place).await.refused(404, "Not Found");
        ada.put(&place, json!({"display_name": "x"})).await.refused(404, "Not Found");
        let page = ada.get(&path).await.is(200, "credentials");
        assert_eq!(page["meta"]["page"]["total"], 3);
        // A key of another application is not found below this one.
        let foreign = format!("{PATH}/{}/credentials/{}", ada.application("Till").await, id(&page["data"][0]));
        ada.delete(&foreign).await.refused(404, "Not Found");
        ada.post(&path, json!({"display_name": "x".repeat(256)})).await.wrong(&["body display_name max_length"]);
        let refresh = path.replace("credentials", "refresh-token");
        let refused = Answer::of(ada.request(Method::POST, &refresh).header("content-type", form).body("")).await;
        refused.wrong(&["path applicationId invalid"]);
    }
);

both!(
    async fn there_are_only_so_many(desk, Settings {
        credentials_per_application: 2, applications_per_developer: 2, ..Settings::default()
    }) {
        let ada = Client::developer(&desk, "ada").await;
        let path = format!("{PATH}/{}/credentials", ada.application("Shop").await);
        for _ in 0..2 {
            ada.post(&path, json!({})).await.is(201, "credential_made");
        }
        let refused = ada.post(&path, json!({})).await.refused(403, "Forbidden");
        assert_eq!(refused["detail"], "Maximum number of Credentials exceeded. Max Allowed: 2");
        ada.application("Till").await;
        let refused = ada.post(PATH, json!({"name": "x"})).await.refused(403, "Forbidden");
        assert_eq!(refused["detail"], "Maximum number of Applications exceeded. Max Allowed: 2");
    }
);

both!(
    async fn clients_of_developers_are_known_by_their_reference(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let method = json!({"kind": "self_managed_client_credentials", "issuer": "https://issuer.example.com",
            "auth_methods": ["client_credentials", "bearer"]});
        let strategy = desk.admin.make("/api/v1/auth-strategies", json!({"name": "OIDC", "method": method})).await;
        let body = json!({"name": "Shop", "reference_id": "client-7", "auth_strategy_id": strategy["id"]});
        let made = ada.post(PATH, body).await.is(201, "application_made");
        assert_eq!(made["auth_strategy"]["credential_type"], "self_managed_client_credentials");
        assert_eq!(made["auth_strategy"]["auth_methods"], json!(["client_credentials", "bearer"]));
        assert!(made.get("credentials").is_none());
        let path = format!("{PATH}/{}", id(&made));
        ada.post(&format!("{path}/credentials"), json!({})).await.wrong(&["path applicationId invalid"]);
        ada.send(Method::POST, &format!("{path}/refresh-token"), None).await.wrong(&["path applicationId invalid"]);
    }
);

both!(
    async fn clients_are_made_with_their_applications(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let method = json!({"kind": "client_credentials", "auth_methods": ["client_credentials"]});
        let strategy = desk.admin.make("/api/v1/auth-strategies", json!({"name": "OAuth", "method": method})).await;
        let body = |more: Value| {
            let mut body = json!({"name": "Shop", "auth_strategy_id": strategy["id"]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let before = desk.changes().await;
        ada.post(PATH, body(json!({"reference_id": "mine"}))).await.wrong(&["body reference_id invalid"]);
        ada.post(PATH, body(json!({"scopes": ["admin"]}))).await.wrong(&["body scopes dependent_fields"]);
        desk.assert_nothing_happened(before).await;
        let (transactions, _) = desk.load();
        let more = json!({"redirect_uri": "https://shop.example.com/back"});
        let made = ada.post(PATH, body(more)).await.is(201, "application_made");
        assert_eq!(desk.load().0 - transactions, 1);
        assert_eq!(made["reference_id"], made["credentials"]["client_id"]);
        assert_eq!(made["auth_strategy"]["credential_type"], "client_credentials");
        assert_eq!(made["redirect_uri"], "https://shop.example.com/back");
        let secret = made["credentials"]["client_secret"].as_str().unwrap();
        assert!(secret.starts_with("kw_cs_"), "{secret}");
        let place = format!("{PATH}/{}", id(&made));
        let shown = ada.get(&place).await.is(200, "application");
        assert!(!shown.to_string().contains(secret));

        // The reference comes back unchanged, and cannot be another.
        let change = json!({"reference_id": made["reference_id"], "description": "x"});
        ada.patch(&place, change).await.is(200, "application");
        let before = desk.changes().await;
        ada.patch(&place, json!({"reference_id": "other"})).await.wrong(&["body reference_id invalid"]);
        ada.patch(&place, json!({"name": "x", "scopes": ["admin"]})).await.wrong(&["body scopes dependent_fields"]);
        ada.post(&format!("{place}/credentials"), json!({})).await.wrong(&["path applicationId invalid"]);
        desk.assert_nothing_happened(before).await;

        let replaced = ada.send(Method::POST, &format!("{place}/refresh-token"), None).await.is(201, "client_secret");
        assert_eq!(replaced["client_id"], made["reference_id"]);
        assert_ne!(replaced["client_secret"], secret);
        let credentials = format!("/api/v1/credentials?application_id={}", id(&made));
        let all = desk.admin.get(&credentials).await.expect(200).json();
        let states: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
        assert_eq!(states, [&json!("active"), &json!("revoked")]);
        ada.delete(&place).await.empty(204);
    }
);

/// The later wire format, when it is switched on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_say_more_where_it_is_wanted() {
    let konnect = keywright_server::KonnectOptions { typed_credentials: true, plain_http_cookies: true };
    let options =
        keywright_server::Options { konnect, stranger_requests_per_minute: 1_000, ..Default::default() };
    let desk = Desk::start_with(Engine::Sqlite, Settings::default(), options).await;
    let ada = Client::developer(&desk, "ada").await;
    let path = format!("{PATH}/{}/credentials", ada.application("Shop").await);
    let made = ada.post(&path, json!({"display_name": "Main"})).await.expect(201).json();
    assert_eq!(
        (&made["type"], &made["status"], &made["expires_at"]),
        (&json!("api_key"), &json!("active"), &json!(null))
    );
    let page = ada.get(&path).await.expect(200).json();
    let mut listed = made;
    listed.as_object_mut().unwrap().remove("credential");
    assert_eq!(page["data"][0], listed);
    let mut again = ada;
    let answer = again.sign_in(&super::password("ada")).await;
    for line in answer.headers.get_all("set-cookie") {
        assert!(line.to_str().unwrap().ends_with("; HttpOnly; SameSite=Lax"), "{line:?}");
    }
}
