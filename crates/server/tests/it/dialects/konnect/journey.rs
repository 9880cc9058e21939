//! From the first letter of an address to a call that passes a real gateway, and back.

use reqwest::Method;
use serde_json::json;

use super::{Client, product};
use crate::gateway::call::Call;
use crate::gateway::door::Door;
use crate::gateway::front::{Front, Kind};
use crate::gateway::upstream::Upstream;
use crate::support::{both, id};

both!(
    async fn a_developer_gets_a_key_through_a_real_nginx(desk) {
        let door = Door::open(&desk).await;
        let upstream = Upstream::start().await;
        let front = Front::start(Kind::Nginx, door.address, upstream.address);
        let call = async |key: &str| Call::get("/shop/1").key(key).send(front.address).await;
        let (api, version) = product(&desk, "Shop", json!({"approval": "automatic"})).await;

        // POST /api/v2/developer, the mail, the login.
        let ada = Client::developer(&desk, "grace").await;
        let hits = ada.get("/api/v2/search/product-catalog?q=shop&page[size]=12").await.is(200, "hits");
        assert_eq!(hits["data"][0]["source"]["id"], json!(api));
        let versions = ada.get(&format!("/api/v2/products/{api}/versions")).await.is(200, "versions");
        let strategy = &versions["data"][0]["registration_configs"][0]["id"];
        let body = json!({"name": "My shop", "auth_strategy_id": strategy});
        let application = ada.post("/api/v2/applications", body).await.is(201, "application_made");
        let path = format!("/api/v2/applications/{}", id(&application));
        let made = ada.post(&format!("{path}/credentials"), json!({"display_name": "Main"})).await;
        let made = made.is(201, "credential_made");
        let key = made["credential"].as_str().unwrap();
        call(key).await.refused(403, "subscription_missing");
        let body = json!({"product_version_id": version});
        let registration = ada.post(&format!("{path}/registrations"), body).await.is(201, "registration");
        assert_eq!(registration["status"], "approved");
        upstream.saw_nothing();

        assert_eq!(call(key).await.status, 200);
        assert_eq!(upstream.saw()["headers"]["x-keywright-application-id"][0], application["id"]);
        let revoke = format!("/api/v1/subscriptions/{}/revoke", id(&registration));
        desk.admin.send(Method::POST, &revoke, &[("if-match", "*")], None).await.expect(200);
        call(key).await.refused(403, "subscription_revoked");
        ada.delete(&format!("{path}/credentials/{}", id(&made))).await.empty(204);
        call(key).await.refused(401, "credential_revoked");
        upstream.saw_nothing();
    }
);
