//! Granted scopes, and clients that send people somewhere.

use app::Settings;
use domain::ClientAuthMethod;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, product};
use crate::support::{Answer, Desk, both, id};

const PATH: &str = "/api/v2/applications";

/// A strategy whose clients are made here, with scopes to choose from or none.
async fn strategy(desk: &Desk, name: &str, scopes: &[&str]) -> String {
    let method =
        json!({"kind": "client_credentials", "auth_methods": ["client_credentials"], "scopes": scopes});
    let made = desk.admin.make("/api/v1/auth-strategies", json!({"name": name, "method": method})).await;
    id(&made).to_owned()
}

async fn scope(desk: &Desk, name: &str) {
    let body = json!({"name": name, "kind": "plain", "description": "For trying"});
    desk.admin.make("/api/v1/oauth/scopes", body).await;
}

/// A token for the client itself, with a scope or none.
async fn token(desk: &Desk, proof: &Value, scope: &str) -> Answer {
    let scope = if scope.is_empty() { String::new() } else { format!("&scope={scope}") };
    let request = desk
        .http
        .post(format!("{}/oauth2/token", desk.url))
        .basic_auth(proof["client_id"].as_str().unwrap(), proof["client_secret"].as_str())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("grant_type=client_credentials{scope}"));
    Answer::of(request).await
}

/// The two places that tell the granted scopes of an application.
async fn granted(ada: &Client, place: &str, version: &str) -> [Answer; 2] {
    let path = format!("{place}/registrations");
    let page = ada.get(&path).await.is(200, "registrations");
    let registration = match page["data"].get(0) {
        Some(known) => id(known).to_owned(),
        None => {
            let made = ada.post(&path, json!({"product_version_id": version})).await.is(201, "registration");
            id(&made).to_owned()
        }
    };
    [
        ada.get(&format!("{place}/product-versions/{version}/granted-scopes")).await,
        ada.get(&format!("{path}/{registration}/granted-scopes")).await,
    ]
}

both!(
    async fn the_scopes_of_a_client_are_chosen_granted_and_changed(desk) {
        for name in ["orders.read", "orders.write"] {
            scope(&desk, name).await;
        }
        let by = strategy(&desk, "OAuth", &["orders.read", "orders.write"]).await;
        let (_, version) = product(&desk, "Orders", json!({"auth_strategy_id": by})).await;
        let (ada, bob) = (Client::developer(&desk, "ada").await, Client::developer(&desk, "bob").await);
        let body = |scopes: Value| json!({"name": "Shop", "auth_strategy_id": by, "scopes": scopes});
        let made = ada.post(PATH, body(json!(["orders.read"]))).await.is(201, "application_made");
        assert_eq!(made["scopes"], json!(["orders.read"]));
        assert_eq!(made["auth_strategy"]["available_scopes"], json!(["orders.read", "orders.write"]));
        let place = format!("{PATH}/{}", id(&made));
        for answer in granted(&ada, &place, &version).await {
            assert_eq!(answer.is(200, "scopes"), json!({"scopes": ["orders.read"]}));
        }
        let changed = ada.patch(&place, json!({"scopes": ["orders.write", "orders.read"]})).await;
        assert_eq!(changed.is(200, "application")["scopes"].as_array().unwrap().len(), 2);
        let shown = ada.get(&place).await.is(200, "application");
        for answer in granted(&ada, &place, &version).await {
            assert_eq!(answer.is(200, "scopes")["scopes"], shown["scopes"]);
        }
        // What was granted is what tokens may have.
        let answer = token(&desk, &made["credentials"], "orders.write").await.expect(200).json();
        assert_eq!(answer["scope"], "orders.write");

        // None is chosen, and that is a choice; what is not offered cannot be chosen.
        let none = ada.post(PATH, body(json!([]))).await.is(201, "application_made");
        assert_eq!(none["scopes"], json!([]));
        let before = desk.changes().await;
        ada.post(PATH, body(json!(["admin"]))).await.wrong(&["body scopes dependent_fields"]);
        ada.post(PATH, body(json!("orders.read"))).await.wrong(&["body scopes is_array"]);
        ada.patch(&place, json!({"scopes": ["openid"]})).await.wrong(&["body scopes dependent_fields"]);
        let unknown = version.replace(&version[..8], "00000000");
        ada.get(&format!("{place}/product-versions/{unknown}/granted-scopes")).await.refused(404, "Not Found");
        for answer in granted(&ada, &place, &version).await {
            answer.expect(200);
        }
        let foreign = format!("{place}/product-versions/{version}/granted-scopes");
        bob.get(&foreign).await.refused(404, "Not Found");
        Client::nobody(&desk).get(&foreign).await.refused(401, "Unauthorized");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn where_there_are_none_to_choose_it_is_422(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let own = strategy(&desk, "Bare", &[]).await;
        let method = json!({"kind": "self_managed_client_credentials", "issuer": "https://issuer.example.com"});
        let theirs = desk.admin.make("/api/v1/auth-strategies", json!({"name": "OIDC", "method": method})).await;
        let cases = [(json!({"auth_strategy_id": own}), "Bare"), (json!({"auth_strategy_id": theirs["id"]}), "Oidc"), (json!({}), "Keys")];
        for (by, name) in cases {
            let (_, version) = product(&desk, name, by.clone()).await;
            let mut body = by;
            body["name"] = json!(name);
            let made = ada.post(PATH, body.clone()).await.is(201, "application_made");
            assert!(made.get("scopes").is_none(), "{made:#}");
            for answer in granted(&ada, &format!("{PATH}/{}", id(&made)), &version).await {
                let refused = answer.refused(422, "Unsupported IDP");
                assert_eq!(refused["type"], "https://kongapi.info/konnect/portal/granted-scopes-unavailable");
            }
            body["scopes"] = json!(["a"]);
            ada.post(PATH, body).await.wrong(&["body scopes dependent_fields"]);
        }
    }
);

/// The OAuth settings of an application.
async fn client_of(desk: &Desk, application: &Value) -> Value {
    let path = format!("/api/v1/applications/{}/client", id(application));
    desk.admin.get(&path).await.expect(200).json()
}

both!(
    async fn a_redirect_uri_is_the_client_s_as_well(desk) {
        scope(&desk, "orders.read").await;
        let by = strategy(&desk, "OAuth", &["orders.read"]).await;
        let ada = Client::developer(&desk, "ada").await;
        let plain = ada.post(PATH, json!({"name": "Plain", "auth_strategy_id": by})).await;
        let plain = plain.is(201, "application_made");
        let client = client_of(&desk, &plain).await;
        assert_eq!((&client["grant_types"], &client["redirect_uris"]), (&json!(["client_credentials"]), &json!([])));

        let body = json!({"name": "Shop", "auth_strategy_id": by, "scopes": ["orders.read"],
            "redirect_uri": "https://shop.example.com/back"});
        let made = ada.post(PATH, body).await.is(201, "application_made");
        // It signs people in, so it asks who they are; that is no scope to be chosen.
        assert_eq!(made["scopes"], json!(["orders.read"]));
        let client = client_of(&desk, &made).await;
        assert_eq!(client["redirect_uris"], json!(["https://shop.example.com/back"]));
        assert_eq!(client["grant_types"], json!(["authorization_code", "client_credentials", "refresh_token"]));
        let place = format!("{PATH}/{}", id(&made));
        assert_eq!(ada.get(&place).await.is(200, "application")["scopes"], json!(["orders.read"]));
        // It still acts for itself.
        token(&desk, &made["credentials"], "orders.read").await.expect(200);

        ada.patch(&place, json!({"redirect_uri": "https://shop.example.com/other"})).await.is(200, "application");
        assert_eq!(client_of(&desk, &made).await["redirect_uris"], json!(["https://shop.example.com/other"]));
        let place = format!("{PATH}/{}", id(&plain));
        ada.patch(&place, json!({"redirect_uri": "https://plain.example.com/"})).await.is(200, "application");
        assert_eq!(client_of(&desk, &plain).await["redirect_uris"], json!(["https://plain.example.com/"]));
        // Taken away again by the management API, which can.
        let own = format!("/api/v1/applications/{}", id(&plain));
        desk.admin.patch(&own, json!({"redirect_uri": null})).await.expect(200);
        let client = client_of(&desk, &plain).await;
        assert_eq!((&client["grant_types"], &client["redirect_uris"]), (&json!(["client_credentials"]), &json!([])));

        // What a client may not have, an application of a client may not have either.
        let before = desk.changes().await;
        for wrong in ["http://shop.example.com/back", "https://shop.example.com/../back", "app:/back"] {
            let body = json!({"name": "x", "auth_strategy_id": by, "redirect_uri": wrong});
            ada.post(PATH, body).await.wrong(&["body redirect_uri invalid"]);
            ada.patch(&place, json!({"redirect_uri": wrong})).await.wrong(&["body redirect_uri invalid"]);
        }
        desk.admin.patch(&own, json!({"reference": "mine"})).await.names("reference");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn the_management_api_gives_such_applications_a_client(desk, Settings::default()) {
        let by = strategy(&desk, "OAuth", &[]).await;
        let alice = desk.developer("alice").await;
        let body = json!({"name": "Shop", "auth_strategy_id": by});
        let headers = [("idempotency-key", "the-same-one")];
        let made = alice.send(Method::POST, "/api/v1/applications", &headers, Some(&body)).await.expect(201).json();
        let (reference, secret) = (made["reference"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
        assert!(secret.starts_with("kw_cs_"), "{secret}");
        let again = alice.send(Method::POST, "/api/v1/applications", &headers, Some(&body)).await.expect(201);
        assert_eq!(again.json(), made);
        let client = client_of(&desk, &made).await;
        assert_eq!(client["client_id"], reference);
        assert_eq!(client["token_endpoint_auth_method"], json!(ClientAuthMethod::ClientSecretBasic));
        let place = format!("/api/v1/applications/{}", id(&made));
        assert!(alice.get(&place).await.expect(200).json().get("client_secret").is_none());
        let proof = json!({"client_id": reference, "client_secret": secret});
        token(&desk, &proof, "").await.expect(200);
        let body = json!({"name": "Till", "auth_strategy_id": by, "reference": "mine"});
        alice.post("/api/v1/applications", body).await.names("reference");
        // One that holds keys has none.
        let keyed = alice.make("/api/v1/applications", json!({"name": "Keys"})).await;
        assert_eq!(keyed["client_secret"], json!(null));
    }
);
